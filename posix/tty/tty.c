/* SPDX-License-Identifier: MPL-2.0 */
/* Terminals as files: reading, writing, readiness; and how a device becomes one. */
#include "posix/tty/tty.h"
#include <asm/poll.h>
#include <linux/signal.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/device.h"
#include "posix/files/file.h"
#include "posix/files/mounts.h"
#include "posix/files/open_flags.h"
#include "posix/files/states.h"
#include "protocol/posix.h"
#include "protocol/tty.h"

constexpr uint64_t TENTH = 100000000; /* nanoseconds */
constexpr uint64_t PIECE = 65536;     /* bytes that a message lends */

/* The event with what is ready: fork copies it as the description's second handle. */
static int64_t event_get(struct description *d)
{
	struct remote r = tty_remote(d);
	fut_handle event, none = 0;
	int32_t outcome;

	if (__atomic_load_n(&d->b, __ATOMIC_ACQUIRE) != 0)
		return 0;
	enum err e = file_ready(&r, &event, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	if (!__atomic_compare_exchange_n(&d->b, &none, event, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		(void)fut_handle_close(event); /* another thread was first */
	return 0;
}

int64_t tty_wait(struct description *d, uint64_t signals, uint64_t deadline)
{
	int64_t error = event_get(d);

	return error != 0 ? error : wait_object(d->b, signals, 0, deadline);
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	struct remote r = tty_remote(d);
	uint32_t group = tty_group(d), flags = 0, wait;
	int64_t outcome, result = 0;

	(void)at;
	if (size > PIECE)
		size = PIECE;
	if (description_is_nonblocking(d))
		flags = TTY_READ_NOW;
	while (result == 0) {
		enum err e = tty_read(&r, group, flags, (void *)to, size, &outcome, &wait);
		if (e != OK)
			return file_error(e);
		if (wait == TTY_WAIT_NONE)
			return outcome;
		flags &= ~TTY_READ_EXPIRED;
		if (wait == TTY_WAIT_BACKGROUND)
			result = tty_background(d, SIGTTIN, &group);
		else if (wait == TTY_WAIT_TIMED)
			result = tty_wait(d, TTY_READY_MORE,
					  clock_now() + (uint64_t)outcome * TENTH);
		else
			result = tty_wait(d, TTY_READY_MORE, TIME_NEVER);
		if (result == -ETIMEDOUT) {
			flags |= TTY_READ_EXPIRED;
			result = 0;
		}
	}
	return result;
}

static int64_t write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	constexpr uint64_t SHORT = 1024;
	struct remote r = tty_remote(d);
	uint32_t group = tty_group(d), wait;
	int64_t outcome, result = 0;
	char data[SHORT];

	(void)at;
	if (size <= SHORT && guest_get(data, from, size) != 0)
		return -EFAULT;
	while (result == 0) {
		enum err e;
		if (size <= SHORT)
			e = tty_write_short(&r, group, data, size, &outcome, &wait);
		else
			e = tty_write(&r, group, (const void *)from, size < PIECE ? size : PIECE,
				      &outcome, &wait);
		if (e != OK)
			return file_error(e);
		if (wait == TTY_WAIT_NONE)
			return outcome;
		if (wait != TTY_WAIT_BACKGROUND)
			return -EAGAIN;
		result = tty_background(d, SIGTTOU, &group);
	}
	return result;
}

static uint64_t signals_of(uint32_t events)
{
	uint64_t signals = FILE_READY_HANGUP;

	if ((events & (POLLIN | POLLRDNORM)) != 0)
		signals |= FILE_READY_INPUT;
	if ((events & (POLLOUT | POLLWRNORM)) != 0)
		signals |= FILE_READY_OUTPUT;
	if ((events & POLLPRI) != 0)
		signals |= FILE_READY_PRIORITY;
	return signals;
}

static uint32_t ready(struct description *d, uint32_t events)
{
	uint64_t got;
	uint32_t now = 0;

	if (event_get(d) != 0)
		return POLLERR;
	if (fut_wait(d->b, signals_of(events), 0, 0, &got) != OK)
		return 0;
	if ((got & FILE_READY_INPUT) != 0)
		now |= POLLIN | POLLRDNORM;
	if ((got & FILE_READY_OUTPUT) != 0)
		now |= POLLOUT | POLLWRNORM;
	if ((got & FILE_READY_PRIORITY) != 0)
		now |= POLLPRI;
	if ((got & FILE_READY_HANGUP) != 0)
		now |= POLLHUP;
	return now & (events | POLLHUP | POLLERR);
}

static int64_t wait(struct description *d, uint32_t events, struct wait_for *w)
{
	int64_t error = event_get(d);

	if (error == 0)
		*w = (struct wait_for){ .object = d->b, .signals = signals_of(events) };
	return error;
}

static void close_tty(struct description *d)
{
	heap_free(d->own);
}

static const struct description_ops tty_ops = {
	.read = read,
	.write = write,
	.ready = ready,
	.wait = wait,
	.ioctl = tty_ioctl,
	.close = close_tty,
};

bool is_tty(const struct description *d)
{
	return d->ops == &tty_ops;
}

/* --- Devices --- */

/* dev_t as stat gives it: the low 8 bits of the minor, then 12 of the major. */
constexpr uint64_t TTY_MAJOR_OTHER = 5, PTS_MAJOR = 136, PTS_MAJORS = 8;

static bool is_pts(uint64_t major)
{
	return major >= PTS_MAJOR && major < PTS_MAJOR + PTS_MAJORS;
}

/* The name in ttyd's tree of the terminal with that number; false: there is no such. */
static bool terminal_name(uint64_t device, char name[16])
{
	uint64_t major = device >> 8 & 0xfff,
		 number = (major - PTS_MAJOR) * 256 + device_minor(device);
	char digits[8];
	unsigned n = 0;

	if (major == TTY_MAJOR_OTHER && device_minor(device) == 1)
		__builtin_memcpy(name, "console", 8);
	else if (major == TTY_MAJOR_OTHER && device_minor(device) == 2)
		__builtin_memcpy(name, "ptmx", 5);
	else if (is_pts(major)) {
		do
			digits[n++] = (char)('0' + number % 10);
		while ((number /= 10) != 0);
		for (unsigned i = 0; i < n; i++)
			name[i] = digits[n - 1 - i];
		name[n] = '\0';
	} else {
		return false;
	}
	return true;
}

/* A terminal that was not opened below /dev/pts is found by this name. */
static void path_set(struct description *d, const char *name)
{
	size_t n = __builtin_strlen(name) + 1;
	char *path = heap_new(sizeof("/dev/") - 1 + n);

	if (path != nullptr) {
		__builtin_memcpy(path, "/dev/", 5);
		__builtin_memcpy(path + 5, name, n);
		d->path = path;
	}
}

static int64_t node_become(struct description *d, const char *name)
{
	struct tty *own = heap_new(sizeof(*own));

	if (own == nullptr)
		return -ENOMEM;
	if (d->path == nullptr && !is_pts(d->device >> 8 & 0xfff))
		path_set(d, name);
	d->own = own;
	d->ops = &tty_ops;
	d->kind = DESCRIPTOR_TERMINAL;
	return 0;
}

/* Is the session one with ttyd? */
static bool is_ttyd(const struct description *d)
{
	struct remote r = tty_remote(d);
	uint16_t rows, columns, width, height;
	int32_t outcome;

	return tty_size(&r, &outcome, &rows, &columns, &width, &height) == OK;
}

/* The node is another server's, and means the terminal of that name. */
static int64_t open_at_ttyd(struct description *node, const char *name, uint32_t flags,
			    struct description **d)
{
	struct description *root;
	struct opened o = {};
	int32_t outcome;
	char rest[16];
	size_t rest_length;
	int64_t error = mount_place(POSIX_MOUNT_TERMINALS, false, &root);

	if (error != 0)
		return error == -EINVAL || error == -ENOENT ? -ENXIO : error;
	struct remote r = tty_remote(root);
	enum err e = file_open(&r, flags & (FILE_OPEN_READ | FILE_OPEN_WRITE), 0, name,
			       __builtin_strlen(name), &o.session, &outcome, &o.slot, &o.node,
			       &o.size, &o.mode, rest, sizeof(rest), &rest_length);
	if (e != OK || outcome != 0)
		error = e != OK ? file_error(e) : outcome < 0 ? outcome : -ENXIO;
	o.line = root->line;
	if (error == 0)
		error = file_description(&o, flags, atomic_load(&node->state->status), d);
	description_drop(root);
	return error;
}

int64_t tty_become(struct description **d, uint32_t flags)
{
	struct description *opened;
	char name[16];
	uint64_t device = (*d)->device, major = device >> 8 & 0xfff;
	int64_t error;

	if (major == TTY_MAJOR_OTHER && device_minor(device) == 0)
		return tty_open_controlling(d, flags);
	if (!terminal_name(device, name))
		return -ENXIO;
	if (is_ttyd(*d))
		return node_become(*d, name);
	error = open_at_ttyd(*d, name, flags, &opened);
	if (error != 0)
		return error;
	description_drop(*d);
	*d = opened;
	return 0;
}

int64_t terminal_opened(struct description *d)
{
	if (!is_tty(d) || process.session != process.pid)
		return 0;
	return tty_acquire_it(d, false);
}

void tty_start(void)
{
	struct description *d = fd_get(0);

	if (d != nullptr)
		(void)terminal_opened(d); /* else none controls us */
	description_drop(d);
}
