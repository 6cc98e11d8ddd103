/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files that were only read stay open for a while after they were closed, as long as their server
 * counts no change of names (protocol/file.fipc, `changes`): a name that is opened again and again
 * costs no message. The server may take them back at any time. fork copies what is idle: whoever
 * takes it into use first has it, by the number in its slot, and the others drop theirs.
 */
#pragma once
#include "posix/files/path.h"

/* A name that is opened, as it was when the server's count was read. */
struct opening {
	const volatile uint64_t *changes; /* nullptr: it is not worth keeping, or cannot be */
	uint64_t count, epoch;
	fut_handle base;
	uint32_t hash;
};

/* Of a walk that has begun, to be opened for reading: the description if it is idle, now the
 * caller's; nullptr: the server is to be asked, and idle_named told of what it gave. */
struct description *idle_take(const struct walk *w, struct opening *o);
void idle_named(struct description *d, const struct walk *w, const struct opening *o);
/* The last reference to a description is gone: true if it is kept. */
bool idle_keep(struct description *d);
/* Others may come to use the description, or know of it: it is not kept. */
void idle_never(struct description *d);
/* In use, and to be closed: relatives may have handles to it from when it was idle, and the server
 * is to know that they do not use it. */
void idle_leave(struct description *d);
