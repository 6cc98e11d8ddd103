/* SPDX-License-Identifier: MPL-2.0 */
/* The system's log: /dev/kmsg (Linux, Documentation/ABI/testing/dev-kmsg) and syslog(2). */
#include <linux/fs.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/line.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/device.h"
#include "posix/files/path.h"
#include "protocol/posix.h"

constexpr size_t PIECE = 4000;             /* bytes of the log in one answer */
constexpr size_t LOG_SIZE = 32768;         /* that the kernel keeps */
constexpr uint64_t PATIENCE = 250'000'000; /* ns between looks of a reader that waits */

/* Bytes of the log from *position on, which goes behind them. */
static int64_t log_read(uint64_t *position, char *to)
{
	size_t n = 0;
	int32_t outcome = 0;
	enum err e = posix_log_read(&process.posix, *position, position, &outcome, to, PIECE, &n);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	return (int64_t)n;
}

/* One line, without its end, as "priority,number,microseconds,flags;text". Lines have no times. */
static int64_t put_record(uint64_t to, uint64_t size, uint64_t number, const char *text, size_t n)
{
	struct line_text l = {};

	line_add(&l, "6,");
	line_number(&l, number);
	line_add(&l, ",0,-;");
	if (l.n + n + 1 > sizeof(l.text))
		n = sizeof(l.text) - l.n - 1;
	memcpy(l.text + l.n, text, n);
	l.text[l.n + n] = '\n';
	l.n += n + 1;
	if (l.n > size)
		return -EINVAL;
	return guest_put(to, l.text, l.n) == 0 ? (int64_t)l.n : -EFAULT;
}

/* The next line, which begins at the description's offset. */
static int64_t read_line(struct description *d, uint64_t to, uint64_t size)
{
	uint64_t at = atomic_load(&d->state->offset), next = at;
	char piece[PIECE];
	int64_t n = log_read(&next, piece);

	if (n <= 0)
		return n < 0 ? n : -EAGAIN;
	const char *end = memchr(piece, '\n', (size_t)n);
	size_t length = end != nullptr ? (size_t)(end - piece) : (size_t)n;
	uint64_t from = next - (uint64_t)n;
	int64_t put = put_record(to, size, from, piece, length);
	if (put > 0)
		atomic_store(&d->state->offset, from + length + (end != nullptr));
	return put;
}

/* Nobody is told of new lines: who waits for one looks again. */
static int64_t read_kmsg(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	int64_t n;

	(void)at;
	while ((n = read_line(d, to, size)) == -EAGAIN && !description_is_nonblocking(d)) {
		int64_t error = wait_until(clock_now() + PATIENCE);
		if (error != 0)
			return error;
	}
	return n;
}

/* A line; a priority in front of it, "<3>", is not kept. */
static int64_t write_kmsg(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	char text[LINE_MOST];
	size_t n = size < sizeof(text) ? size : sizeof(text), skip = 0;

	(void)d, (void)at;
	if (guest_get(text, from, n) != 0)
		return -EFAULT;
	const char *end = n > 2 && text[0] == '<' ? memchr(text, '>', n) : nullptr;
	if (end != nullptr)
		skip = (size_t)(end - text) + 1;
	while (n > skip && text[n - 1] == '\n')
		n--;
	enum err e = posix_log(&process.posix, text + skip, n - skip);
	return e == OK ? (int64_t)size : file_error(e);
}

static int64_t end_of_log(uint64_t *position)
{
	char piece[PIECE];
	int64_t n;

	do
		n = log_read(position, piece);
	while (n > 0);
	return n;
}

static int64_t seek_kmsg(struct description *d, int64_t offset, unsigned whence)
{
	uint64_t at = 0;
	int64_t error = 0;

	if (offset != 0)
		return -ESPIPE;
	if (whence == SEEK_END)
		error = end_of_log(&at);
	else if (whence != SEEK_SET && whence != SEEK_DATA)
		return -EINVAL;
	if (error == 0)
		atomic_store(&d->state->offset, at);
	return error;
}

const struct description_ops kmsg_ops = {
	.waits = true, .read = read_kmsg, .write = write_kmsg, .seek = seek_kmsg
};

/* --- syslog(2) --- */

/* All that is kept, or its last `size` bytes, with the priority that dmesg expects before each
 * line. */
static int64_t read_all(uint64_t to, size_t size)
{
	char *text = heap_new(LOG_SIZE + PIECE);
	uint64_t position = 0;
	size_t n = 0;
	int64_t got = 0;

	if (text == nullptr)
		return -ENOMEM;
	while (n < LOG_SIZE && (got = log_read(&position, text + n)) > 0)
		n += (size_t)got;
	size_t skip = n > size ? n - size : 0;
	if (got >= 0)
		got = guest_put(to, text + skip, n - skip) == 0 ? (int64_t)(n - skip) : -EFAULT;
	heap_free(text);
	return got;
}

CALL3(syslog, uint32_t, action, uint64_t, to, int32_t, size)
{
	constexpr uint32_t CLOSE = 0, OPEN = 1, READ_ALL = 3, SIZE_UNREAD = 9, SIZE_BUFFER = 10;

	switch (action) {
	case CLOSE:
	case OPEN:
	case SIZE_UNREAD:
		return 0;
	case READ_ALL:
		return size < 0 || to == 0 ? -EINVAL : read_all(to, (size_t)size);
	case SIZE_BUFFER:
		return LOG_SIZE;
	default: /* the log is for all who may read it: nobody empties it, or silences the console
		  */
		return action > SIZE_BUFFER ? -EINVAL : -EPERM;
	}
}
