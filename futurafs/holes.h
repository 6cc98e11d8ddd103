/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writing into holes: on a volume so full that emptying segments would move more than it gains,
 * data goes to the dead blocks of segments in use, one by one, as f2fs does (Lee et al., FAST
 * 2015).
 */
#pragma once

#include "futurafs/fs.h"

/* After a checkpoint: will data go to holes from now on, or to whole segments? */
enum fs_err holes_choose(struct fs *fs, bool wanted);
void holes_fini(struct fs *fs);

/*
 * Give the block a hole: it is on the device after holes_flush(). False in `*placed`: there is none
 * to be had, or holes are not used now.
 */
enum fs_err holes_put(struct fs *fs, const void *data, uint64_t *addr, bool *placed);
/* Write what waits, and go on in another segment: this one may be cleaned. */
enum fs_err holes_flush(struct fs *fs);
enum fs_err holes_leave(struct fs *fs);
/* Where the block at addr is in memory, if it waits to be written; else nullptr. */
const uint8_t *holes_find(const struct fs *fs, uint64_t addr);

/* n blocks came to life, or died: they are holes after the next checkpoint only. */
void holes_add(struct fs *fs, uint64_t addr, uint32_t n);
void holes_drop(struct fs *fs, uint64_t addr, uint32_t n);
/* A checkpoint is complete. */
void holes_settle(struct fs *fs);
