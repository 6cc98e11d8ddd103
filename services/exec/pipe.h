/* SPDX-License-Identifier: MPL-2.0 */
/* A native program's end of a pipe: posix/abi/pipe.h. */
#pragma once
#include "abi/user.h"
#include "posix/abi/pipe.h"

struct pipe {
	struct pipe_shared *shared;
	char *ring;
	uint32_t size;
	bool is_reader;   /* of this end */
	fut_handle event; /* this end */
};

/* A pipe whose other end, in `memory` and `event`, goes to a process. */
enum err pipe_create(struct pipe *p, bool is_reader, uint32_t size, fut_handle *memory,
		     fut_handle *event);
/* What can be moved now: 0 if nothing. */
size_t pipe_read(struct pipe *p, char *to, size_t n);
size_t pipe_write(struct pipe *p, const char *from, size_t n);
/* Nothing can be moved: let the other side signal when that changes. True if it has already. */
bool pipe_watch(struct pipe *p);
/* The other side's last end is closed. */
bool pipe_is_closed(const struct pipe *p);
void pipe_close(struct pipe *p);
