/* SPDX-License-Identifier: MPL-2.0 */
/* The table of descriptors: an array that grows, under locks.files. */
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/view.h"
#include "posix/files/description.h"
#include "posix/files/idle.h"
#include "posix/files/states.h"
#include "posix/ipc/epoll.h"

struct fd {
	struct description *description; /* nullptr: free */
	bool close_on_exec;
};

static struct fd *table;
static unsigned room, lowest_free; /* below lowest_free none is free */
unsigned fd_limit = 1024;

struct description *description_new(const struct description_ops *ops)
{
	struct description *d = heap_new(sizeof(*d));

	if (d != nullptr) {
		d->ops = ops;
		d->refs = 1;
		d->state = &d->own_state;
		d->identity = process.identity;
	}
	return d;
}

void description_free(struct description *d)
{
	if (d->a != 0)
		(void)fut_handle_close(d->a); /* ours */
	if (d->b != 0)
		(void)fut_handle_close(d->b); /* ours */
	line_drop(d->line);
	heap_free(d->path);
	heap_free(d->name);
	heap_free(d);
}

static void destroy(struct description *d)
{
	if (d->watched != nullptr)
		epoll_forget(d);
	if (d->ops->close != nullptr)
		d->ops->close(d);
	if (idle_keep(d))
		return;
	idle_leave(d);
	description_free(d);
}

void description_drop(struct description *d)
{
	if (d != nullptr && __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
		destroy(d);
}

static struct description *hold(struct description *d)
{
	__atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
	return d;
}

struct description *fd_get(int fd)
{
	struct description *d = nullptr;

	mutex_lock(&process.locks.files);
	if ((unsigned)fd < room && table[fd].description != nullptr)
		d = hold(table[fd].description);
	mutex_unlock(&process.locks.files);
	return d;
}

struct description *fd_get_for(int fd, uint32_t access)
{
	struct description *d = fd_get(fd);

	if (d != nullptr && (d->access == 0 || (d->access & access) != access)) {
		description_drop(d);
		return nullptr;
	}
	return d;
}

/* Make the table hold number `fd`. */
static bool grow(unsigned fd)
{
	unsigned n = room == 0 ? 64 : room;

	if (fd < room)
		return true;
	while (n <= fd)
		n *= 2;
	struct fd *new = heap_resize(table, n * sizeof(*new));
	if (new == nullptr)
		return false;
	table = new;
	room = n;
	return true;
}

static int64_t add(struct description *d, bool close_on_exec, unsigned least)
{
	unsigned fd = least < lowest_free ? lowest_free : least;

	while (fd < room && table[fd].description != nullptr)
		fd++;
	if (fd >= fd_limit)
		return -EMFILE;
	if (!grow(fd))
		return -ENOMEM;
	table[fd] = (struct fd){ d, close_on_exec };
	if (least <= lowest_free)
		lowest_free = fd + 1;
	return fd;
}

int64_t fd_add(struct description *d, bool close_on_exec, unsigned least)
{
	mutex_lock(&process.locks.files);
	int64_t fd = add(d, close_on_exec, least);
	mutex_unlock(&process.locks.files);
	if (fd < 0)
		description_drop(d);
	return fd;
}

/* Outside the lock: the last reference may call a server. */
static void closed(struct description *d)
{
	if (d->ops->closing != nullptr)
		d->ops->closing(d);
	description_drop(d);
}

int64_t fd_put(struct description *d, unsigned fd, bool close_on_exec)
{
	struct description *old = nullptr;
	int64_t result = fd;

	mutex_lock(&process.locks.files);
	if (fd >= fd_limit) {
		result = -EBADF;
	} else if (!grow(fd)) {
		result = -ENOMEM;
	} else {
		old = table[fd].description;
		table[fd] = (struct fd){ d, close_on_exec };
	}
	mutex_unlock(&process.locks.files);
	if (result < 0)
		description_drop(d);
	if (old != nullptr)
		closed(old);
	return result;
}

int64_t fd_close(unsigned fd)
{
	struct description *d = nullptr;

	mutex_lock(&process.locks.files);
	if (fd < room && (d = table[fd].description) != nullptr) {
		table[fd] = (struct fd){};
		if (fd < lowest_free)
			lowest_free = fd;
	}
	mutex_unlock(&process.locks.files);
	if (d == nullptr)
		return -EBADF;
	closed(d);
	return 0;
}

bool fd_flag(int fd, bool *close_on_exec)
{
	mutex_lock(&process.locks.files);
	bool is_open = (unsigned)fd < room && table[fd].description != nullptr;
	if (is_open)
		*close_on_exec = table[fd].close_on_exec;
	mutex_unlock(&process.locks.files);
	return is_open;
}

bool fd_set_flag(int fd, bool close_on_exec)
{
	mutex_lock(&process.locks.files);
	bool is_open = (unsigned)fd < room && table[fd].description != nullptr;
	if (is_open)
		table[fd].close_on_exec = close_on_exec;
	mutex_unlock(&process.locks.files);
	return is_open;
}

int fd_next(unsigned fd)
{
	mutex_lock(&process.locks.files);
	while (fd < room && table[fd].description == nullptr)
		fd++;
	int found = fd < room ? (int)fd : -1;
	mutex_unlock(&process.locks.files);
	return found;
}

void fd_close_on_exec(void)
{
	bool close;

	for (int fd = 0; (fd = fd_next((unsigned)fd)) >= 0; fd++)
		if (fd_flag(fd, &close) && close)
			(void)fd_close((unsigned)fd); /* it is open */
}

void fd_close_all(void)
{
	for (int fd = 0; (fd = fd_next((unsigned)fd)) >= 0; fd++)
		(void)fd_close((unsigned)fd); /* it is open */
}

void view_fds(struct process_view *v)
{
	v->fds = (uint64_t)&table;
	v->fds_room = (uint64_t)&room;
	v->fd.size = sizeof(struct fd);
	v->fd.description = offsetof(struct fd, description);
	v->fd.close_on_exec = offsetof(struct fd, close_on_exec);
}
