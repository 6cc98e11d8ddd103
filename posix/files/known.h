/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What servers said of names, kept as long as they count no change (protocol/file.fipc, `changes`):
 * a name that is asked for again and again costs no message.
 */
#pragma once
#include "posix/files/path.h"

/* What a server says of a file. */
struct attributes {
	uint64_t size, blocks, node, device, rdev;
	int64_t atime, mtime, ctime, btime;
	uint32_t mode, nlink, uid, gid, block_size;
};

/* A question, as it was when the server's count was read. */
struct question {
	const volatile uint64_t *changes; /* nullptr: the answer cannot be kept */
	uint64_t count, epoch;
	uint32_t hash, flags;
	fut_handle base;
};

/* Of a walk that has begun: is it known what it leads to? 0 or a negative errno in `result`. */
bool known_find(struct walk *w, uint32_t flags, struct question *q, struct attributes *a,
		int64_t *result);
/* The walk has ended so. */
void known_keep(const struct walk *w, const struct question *q, const struct attributes *a,
		int64_t result);
/* Of a walk that has begun: names that are asked for in one way, and whether one was lately. */
uint32_t known_hash(const struct walk *w, uint32_t flags);
bool known_is_asked_again(uint32_t hash);
/* Changes when what a base leads to does. */
uint64_t known_epoch(void);
/* The root or the working directory is another one from now on. */
void known_forget(void);
