/* SPDX-License-Identifier: MPL-2.0 */
/* Snapshots, for the library's own use. */
#pragma once

#include "futurafs/fs.h"

/* The sequence of the newest snapshot, 0 if there is none. */
enum fs_err snapshots_newest(struct fs *fs, uint64_t *seq);
/* Show the snapshot of this name instead of the volume. */
enum fs_err snapshot_enter(struct fs *fs, const char *name);
