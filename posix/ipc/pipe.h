/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes: posix/abi/pipe.h has how they lie in memory. */
#pragma once
#include "posix/files/description.h"

int64_t pipe_import(const struct descriptor *from, fut_handle memory, fut_handle event,
		    struct description **d);
/* A new pipe: both ends. */
int64_t pipe_new(uint32_t status, struct description **read_end, struct description **write_end);
/* `*d` is a FIFO as its server opened it: make a
 * pipe's end of it, when the other side is there too. */
int64_t fifo_become(struct description **d, uint32_t status);
/* The same for one that another process has opened. */
int64_t fifo_import(struct description **d);

bool is_pipe(const struct description *d);
int64_t pipe_size(const struct description *d);
/* Bytes that can be read; that can be written. */
uint32_t pipe_filled(const struct description *d);
uint32_t pipe_room(const struct description *d);
/* Copy at most `size` bytes to guest memory and leave them in the pipe; `*index` is where they
 * begin. How many there were; it does not wait. */
int64_t pipe_peek(struct description *in, uint64_t to, uint64_t size, uint32_t *index);
/* Take `n` of them out, unless somebody else has read meanwhile. */
void pipe_skip(struct description *in, uint32_t index, uint32_t n);
/* Copy at most `size` bytes from one pipe to another, or move them. EAGAIN, EPIPE, 0 at the end; it
 * does not wait. */
int64_t pipe_to_pipe(struct description *in, struct description *out, uint64_t size, bool move);

/* F_SETPIPE_SZ: the size that it has then. */
int64_t pipe_resize(struct description *d, uint64_t wanted);
