/* SPDX-License-Identifier: MPL-2.0 */
/*
 * O_ASYNC: a signal when something can be read or written, to the process, group or thread that
 * F_SETOWN names. Whoever makes that so, at the other end of a pipe or socket, sends it.
 */
#pragma once
#include "posix/files/description.h"

/* fcntl's commands about it; ENOSYS: it is another. */
int64_t async_control(struct description *d, uint32_t command, uint64_t argument);
/* ioctl's: FIOASYNC, FIOSETOWN and the like; ENOTTY. */
int64_t async_ioctl(struct description *d, uint32_t command, uint64_t argument);
void async_send(const struct file_state *s);

/* Something has changed for who has a description with this state. */
static inline void async_tell(const struct file_state *s)
{
	if ((atomic_load_explicit(&s->status, memory_order_relaxed) & STATUS_ASYNC) != 0)
		async_send(s);
}
