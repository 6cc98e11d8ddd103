/* SPDX-License-Identifier: MPL-2.0 */
/* The shell as a program. */
#pragma once

#include <stdbool.h>

/* posix: called as sh. */
int sh_main(int argc, char **argv, bool posix);
