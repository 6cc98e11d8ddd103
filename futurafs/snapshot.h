/* SPDX-License-Identifier: MPL-2.0 */
/* Snapshots, for the library's own use. */
#pragma once

#include "futurafs/fs.h"

/* The first snapshot with a number of at least id. */
enum fs_err snapshot_seek(struct fs *fs, uint64_t *id, struct d_snapshot *d);
/* The sequence of the newest snapshot, 0 if there is none. */
enum fs_err snapshots_newest(struct fs *fs, uint64_t *seq);
/* Show the snapshot of this name instead of the volume. */
enum fs_err snapshot_enter(struct fs *fs, const char *name);
/* For repair: keep every segment that a snapshot leads to, whatever the segment table says. */
enum fs_err snapshots_hold(struct fs *fs);
