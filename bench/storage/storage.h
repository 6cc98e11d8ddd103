/* SPDX-License-Identifier: MPL-2.0 */
/* What the parts of `storage` share. */
#pragma once
#include "bench/linux/measure.h"

/* Unpack the tar archive `path` into the folder `to`: files, folders, symbolic links. */
void tar_unpack(const char *path, const char *to);
/* Load Linux's modules that lie in /modules, in the order of their names; none there is fine. */
void modules_load(void);
/* lstat() everything below the folder `path`. Returns how many names there are. */
unsigned long tree_walk(const char *path);
/* Remove the folder `path` with all in it. */
void tree_remove(const char *path);
