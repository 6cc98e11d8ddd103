/* SPDX-License-Identifier: MPL-2.0 */
/* Checkpoints: a root from which everything can be found, written to two slots in turn. */
#pragma once

#include "futurafs/fs.h"

enum fs_err checkpoint_write(struct fs *fs);
/* Load the newest sound one: root, counters and streams, not yet the segment table. */
enum fs_err checkpoint_read(struct fs *fs);
/* Are both copies of the current checkpoint sound? */
bool checkpoint_is_whole(struct fs *fs);
/* Apply what was synced after it (replay.c). Reads only. `*any`: there was something. */
enum fs_err log_replay(struct fs *fs, bool *any);
