/* SPDX-License-Identifier: MPL-2.0 */
/* Copies a directory of Linux into a volume. */
#pragma once

#include "futurafs/futurafs.h"

/* Copy what is below `dir` into the volume's root. 0, or -1 after a message. */
int populate(struct fs *fs, const char *dir);
