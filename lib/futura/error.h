/* SPDX-License-Identifier: MPL-2.0 */
/* What errors are called. */
#pragma once
#include "abi/kernel.h"

/* "no_memory" for ERR_NO_MEMORY, "ok" for OK, "unknown error" for what is none. */
const char *error_name(enum err e);
