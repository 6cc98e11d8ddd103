/* SPDX-License-Identifier: MPL-2.0 */
/* The cleaner: empties segments by writing what is live in them elsewhere. */
#pragma once

#include "futurafs/fs.h"

enum clean_how : uint8_t {
	CLEAN_NOW,   /* space is needed: what frees most at once */
	CLEAN_CHEAP, /* the same, if it moves less than it frees */
	CLEAN_IDLE,  /* there is time: what pays in the long run */
};

/* Would emptying data segments move more than it frees? */
bool clean_is_dear(struct fs *fs);
/* Clean up to `most` segments, then write a checkpoint, which frees them. `*done`: how many. */
enum fs_err clean_segments(struct fs *fs, uint32_t most, enum clean_how how, uint32_t *done);
