/* SPDX-License-Identifier: MPL-2.0 */
/* A pidfd: posixd's event of the process's end, and in `node` its pid with posixd's number for it,
 * so that another process with that pid is not taken for it. */
#include "posix/process/pidfd.h"
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <linux/magic.h>
#include <linux/pidfd.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/open_flags.h"
#include "posix/files/path.h"
#include "posix/ipc/socket.h"
#include "protocol/file.h"
#include "protocol/posix.h"

constexpr uint64_t ENDED = 1; /* signal 0: protocol/posix.fipc */

static uint32_t ready(struct description *d, uint32_t events)
{
	uint64_t got;

	return fut_wait(d->a, ENDED, 0, 0, &got) == OK ? events & (POLLIN | POLLRDNORM) : 0;
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	(void)events;
	*w = (struct wait_for){ .object = d->a, .signals = ENDED };
	return 0;
}

static const struct description_ops pidfd_ops = {
	.name = "anon_inode:[pidfd]",
	.ready = ready,
	.wait = wait,
};

static int64_t describe(fut_handle ended, uint64_t node, struct description **d)
{
	*d = description_new(&pidfd_ops);
	if (*d == nullptr) {
		(void)fut_handle_close(ended); /* ours */
		return -ENOMEM;
	}
	(*d)->a = ended;
	(*d)->node = node;
	(*d)->access = 3;
	(*d)->kind = DESCRIPTOR_PIDFD;
	return 0;
}

int64_t pidfd_import(const struct descriptor *from, fut_handle ended, struct description **d)
{
	return describe(ended, from->node, d);
}

static int64_t pidfd_new(uint32_t pid, bool nonblocking)
{
	struct description *d;
	fut_handle ended = 0;
	int32_t outcome = 0;
	uint32_t serial = 0;
	enum err e = posix_pidfd(&process.posix, pid, &ended, &outcome, &serial);
	int64_t error = e != OK ? file_error(e) : outcome;

	if (error == 0)
		error = describe(ended, (uint64_t)serial << 32 | pid, &d);
	if (error != 0)
		return error;
	if (nonblocking)
		atomic_store(&d->state->status, STATUS_NONBLOCK);
	return fd_add(d, true, 0);
}

void pidfd_put(uint64_t to, uint32_t pid)
{
	int64_t fd = pidfd_new(pid, false);
	int32_t number = fd >= 0 ? (int32_t)fd : -1;

	if (guest_put(to, &number, sizeof(number)) != 0 && fd >= 0)
		(void)fd_close((unsigned)fd); /* nobody would know it */
}

int64_t pidfd_process(int fd, uint32_t *pid, uint32_t *serial, bool *nonblocking)
{
	struct description *d = fd_get(fd);
	int64_t error = d != nullptr && d->ops == &pidfd_ops ? 0 : -EBADF;

	if (error == 0) {
		*pid = (uint32_t)d->node;
		*serial = d->node >> 32;
		*nonblocking = description_is_nonblocking(d);
	}
	description_drop(d);
	return error;
}

/* Is it a file of the file system of processes? */
static bool is_of_proc(struct remote *r)
{
	uint64_t blocks, blocks_free, available, nodes, nodes_free, id;
	uint32_t type, block_size, name_max, flags;

	return file_statfs(r, &blocks, &blocks_free, &available, &nodes, &nodes_free, &id, &type,
			   &block_size, &name_max, &flags) == OK &&
	       type == PROC_SUPER_MAGIC;
}

/* What is called "/NUMBER" there is a process's directory; 0: `path` is not. */
static uint32_t number_of(const char *path, size_t n)
{
	uint32_t number = 0;

	if (n < 2 || n > sizeof("/4294967") - 1)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (path[i] < '0' || path[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(path[i] - '0');
	}
	return number;
}

/* Signals can be sent by a process's directory too, from before there were pidfds. */
static int64_t directory_process(int fd, uint32_t *pid)
{
	struct description *d = fd_get(fd);
	char path[PATH_MOST];
	int32_t outcome = 0;
	size_t n = 0;

	if (d == nullptr)
		return -EBADF;
	struct remote r = { .session = d->a };
	bool found = d->kind == DESCRIPTOR_FILE && is_of_proc(&r) &&
		     file_place(&r, &outcome, path, sizeof(path), &n) == OK && outcome == 0;
	description_drop(d);
	*pid = found ? number_of(path, n) : 0;
	return *pid != 0 ? 0 : -EBADF;
}

CALL3(pidfd_getfd, int, fd, uint32_t, other, uint32_t, flags)
{
	uint32_t pid, serial;
	bool nonblocking;

	if (flags != 0)
		return -EINVAL;
	int64_t error = pidfd_process(fd, &pid, &serial, &nonblocking);
	return error != 0 ? error : rights_take(pid, serial, other);
}

CALL2(pidfd_open, uint32_t, pid, uint32_t, flags)
{
	if ((flags & ~(uint32_t)PIDFD_NONBLOCK) != 0 || (int32_t)pid <= 0)
		return -EINVAL;
	return pidfd_new(pid, flags != 0);
}

static siginfo_t from_us(uint32_t signal)
{
	siginfo_t info = { .si_signo = (int)signal, .si_code = SI_USER };

	info.si_pid = (int)process.pid;
	info.si_uid = process.uid;
	return info;
}

CALL4(pidfd_send_signal, int, fd, uint32_t, signal, uint64_t, from, uint32_t, flags)
{
	siginfo_t info = from_us(signal);
	uint32_t pid, serial = 0;
	int32_t outcome = 0;
	bool nonblocking;

	if (flags != 0)
		return -EINVAL;
	if (pidfd_process(fd, &pid, &serial, &nonblocking) != 0 && directory_process(fd, &pid) != 0)
		return -EBADF;
	if (from != 0 && guest_get(&info, from, sizeof(info)) != 0)
		return -EFAULT;
	if (signal > SIGNALS || (uint32_t)info.si_signo != signal)
		return -EINVAL;
	if (from != 0 && pid != process.pid && (info.si_code >= 0 || info.si_code == SI_TKILL))
		return -EPERM;
	enum err e = posix_kill(&process.posix, from != 0 ? (uint64_t)info.si_ptr : 0, (int32_t)pid,
				signal, info.si_code, 0, serial, &outcome);
	return e != OK ? file_error(e) : outcome;
}
