/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/locks.h"
#include <linux/fcntl.h>
#include <linux/fs.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/idle.h"
#include "posix/files/path.h"

/* We own locks under one number at each server; the few servers are told apart by their line. */
constexpr unsigned OWNERS = 8;

static struct owner {
	struct line *line; /* identifies; not a reference */
	uint64_t number;
	fut_handle token; /* our locks last as long as it */
} owners[OWNERS];
static bool any_record_lock; /* this process ever asked for one: closing must tell */

static int64_t owner_of(struct description *d, uint64_t *number)
{
	struct remote r = { .session = d->a };
	unsigned i = 0;
	int32_t outcome;

	for (; i < OWNERS && owners[i].line != nullptr; i++) {
		if (owners[i].line == d->line) {
			*number = owners[i].number;
			return 0;
		}
	}
	if (i == OWNERS)
		return -ENOLCK;
	enum err e = file_owner(&r, &owners[i].token, &owners[i].number, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	owners[i].line = d->line;
	*number = owners[i].number;
	return 0;
}

void lock_forked(void)
{
	if (!any_record_lock && owners[0].line == nullptr)
		return; /* writing would copy the page */
	for (unsigned i = 0; i < OWNERS; i++)
		owners[i] = (struct owner){}; /* fork did not copy the tokens */
	any_record_lock = false;
}

struct held {
	uint64_t start, length;
	uint32_t pid, type;
};

static int64_t ask(struct description *d, uint32_t kind, uint32_t type, uint64_t start,
		   uint64_t length, struct held *h)
{
	struct remote r = { .session = d->a };
	uint64_t owner = 0;
	int32_t outcome;
	int64_t error = (kind & 3) == FILE_LOCK_RECORD ? owner_of(d, &owner) : 0;

	if (error != 0)
		return error;
	enum err e = file_lock(&r, owner, start, length, type, kind, process.pid, &h->start,
			       &h->length, &h->pid, &h->type, &outcome);
	return e != OK ? file_error(e) : outcome;
}

/* The event is that of all processes which have the descriptor from one another, and whoever wakes
 * takes the signal: one that asked before it and waits after it would wait for ever. */
constexpr uint64_t LOOK_AGAIN = 20'000'000; /* ns */

static int64_t wait_for_lock(struct description *d)
{
	struct remote r = { .session = d->a };
	fut_handle event;
	int32_t outcome;
	enum err e = file_ready(&r, &event, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	int64_t error =
		wait_object(event, FILE_READY_LOCK, FILE_READY_LOCK, clock_now() + LOOK_AGAIN);
	(void)fut_handle_close(event); /* ours */
	return error == -ETIMEDOUT ? 0 : error;
}

static int64_t set(struct description *d, uint32_t kind, uint32_t type, uint64_t start,
		   uint64_t length, bool wait)
{
	struct held held;
	int64_t result;

	if (kind != FILE_LOCK_RECORD)
		idle_never(d); /* its end gives the lock up */
	uint32_t waits = wait && kind == FILE_LOCK_RECORD ? FILE_LOCK_WAIT : 0;
	while ((result = ask(d, kind | waits, type, start, length, &held)) == -EAGAIN && wait) {
		result = wait_for_lock(d);
		if (result == 0)
			continue;
		if (waits != 0) /* no more; if that fails the server is gone */
			(void)ask(d, kind | waits | FILE_LOCK_TEST, type, start, length, &held);
		break;
	}
	return result;
}

static int64_t base_of(struct description *d, int whence, int64_t *base)
{
	struct remote r = { .session = d->a };
	int64_t outcome = 0;
	enum err e = OK;

	if (whence == SEEK_CUR)
		*base = (int64_t)atomic_load(&d->state->offset);
	else if (whence == SEEK_END)
		e = file_seek(&r, 0, SEEK_END, &outcome), *base = outcome;
	else if (whence != SEEK_SET)
		return -EINVAL;
	return e != OK ? file_error(e) : outcome < 0 ? outcome : 0;
}

/* struct flock's range as a start and a length, 0 for all that follows. */
static int64_t range_of(struct description *d, const struct flock *f, uint64_t *start,
			uint64_t *length)
{
	int64_t base = 0, first, size = f->l_len, offset = (int64_t)atomic_load(&d->state->offset);
	int64_t error = base_of(d, f->l_whence, &base);

	if (f->l_whence == SEEK_END)
		atomic_store(&d->state->offset, (uint64_t)offset);
	if (error != 0)
		return error;
	if (__builtin_add_overflow(base, f->l_start, &first))
		return -EOVERFLOW;
	if (size < 0) {
		first += size;
		size = -size;
	}
	if (first < 0)
		return -EINVAL;
	*start = (uint64_t)first;
	*length = (uint64_t)size;
	return 0;
}

static int64_t test(struct description *d, uint32_t kind, struct flock *f, uint64_t start,
		    uint64_t length)
{
	static const short types[] = { F_RDLCK, F_WRLCK, F_UNLCK };
	struct held held;
	int64_t error = ask(d, kind | FILE_LOCK_TEST,
			    f->l_type == F_WRLCK ? FILE_LOCK_EXCLUSIVE : FILE_LOCK_SHARED, start,
			    length, &held);

	if (error != 0)
		return error;
	f->l_type = types[held.type <= FILE_LOCK_NONE ? held.type : FILE_LOCK_NONE];
	if (f->l_type != F_UNLCK) {
		f->l_whence = SEEK_SET;
		f->l_start = (int64_t)held.start;
		f->l_len = (int64_t)held.length;
		f->l_pid = kind == FILE_LOCK_RECORD ? (int)held.pid : -1;
	}
	return 0;
}

static int64_t lock_one(struct description *d, uint64_t argument, uint32_t kind, bool is_test,
			bool wait)
{
	struct flock f;
	uint64_t start, length;
	int64_t error = guest_get(&f, argument, sizeof(f));

	if (error == 0 && kind == FILE_LOCK_DESCRIPTION && f.l_pid != 0)
		error = -EINVAL;
	if (error == 0)
		error = range_of(d, &f, &start, &length);
	if (error != 0)
		return error;
	if (is_test) {
		if (f.l_type != F_RDLCK && f.l_type != F_WRLCK)
			return -EINVAL;
		error = test(d, kind, &f, start, length);
		return error != 0 ? error : guest_put(argument, &f, sizeof(f));
	}
	if ((f.l_type == F_RDLCK && (d->access & 1) == 0) ||
	    (f.l_type == F_WRLCK && (d->access & 2) == 0))
		return -EBADF;
	if (f.l_type != F_RDLCK && f.l_type != F_WRLCK && f.l_type != F_UNLCK)
		return -EINVAL;
	any_record_lock |= kind == FILE_LOCK_RECORD;
	return set(d, kind,
		   f.l_type == F_UNLCK   ? FILE_LOCK_NONE
		   : f.l_type == F_WRLCK ? FILE_LOCK_EXCLUSIVE
					 : FILE_LOCK_SHARED,
		   start, length, wait);
}

int64_t lock_control(struct description *d, uint32_t command, uint64_t argument)
{
	bool is_test = command == F_GETLK || command == F_OFD_GETLK;
	bool wait = command == F_SETLKW || command == F_OFD_SETLKW;

	switch (command) {
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return d->kind == DESCRIPTOR_FILE
			       ? lock_one(d, argument, FILE_LOCK_RECORD, is_test, wait)
			       : -EINVAL;
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return d->kind == DESCRIPTOR_FILE
			       ? lock_one(d, argument, FILE_LOCK_DESCRIPTION, is_test, wait)
			       : -EINVAL;
	default:
		return -ENOSYS;
	}
}

void lock_closing(struct description *d)
{
	if (any_record_lock && d->access != 0)
		(void)set(d, FILE_LOCK_RECORD, FILE_LOCK_NONE, 0, 0,
			  false); /* a dead server holds none */
}

CALL2(flock, int, fd, uint32_t, operation)
{
	constexpr uint32_t NO_WAIT = 4; /* LOCK_NB */
	struct description *d = fd_get(fd);
	int64_t result = -EINVAL;

	if (d == nullptr || d->access == 0)
		result = -EBADF;
	else if (d->kind == DESCRIPTOR_FILE && (operation & ~NO_WAIT) == LOCK_SH)
		result =
			set(d, FILE_LOCK_WHOLE, FILE_LOCK_SHARED, 0, 0, (operation & NO_WAIT) == 0);
	else if (d->kind == DESCRIPTOR_FILE && (operation & ~NO_WAIT) == LOCK_EX)
		result = set(d, FILE_LOCK_WHOLE, FILE_LOCK_EXCLUSIVE, 0, 0,
			     (operation & NO_WAIT) == 0);
	else if (d->kind == DESCRIPTOR_FILE && (operation & ~NO_WAIT) == LOCK_UN)
		result = set(d, FILE_LOCK_WHOLE, FILE_LOCK_NONE, 0, 0, false);
	description_drop(d);
	return result;
}
