/* SPDX-License-Identifier: MPL-2.0 */
/* Buffered input by read(2), with lines found in place. */
#include "apps/applet/in.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

constexpr size_t IN_SIZE = 128 * 1024;

void in_open_fd(struct in *in, int fd, const char *name)
{
	/* One byte more than is ever read, for users that need an end mark. */
	*in = (struct in){ .fd = fd, .name = name, .size = IN_SIZE, .buf = mem_alloc(IN_SIZE + 1) };
}

bool in_open(struct in *in, const char *path)
{
	if (strcmp(path, "-") == 0) {
		in_open_fd(in, STDIN_FILENO, "-");
		return true;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_warn_errno("%s", path);
		*in = (struct in){ .fd = -1, .name = path, .eof = true, .failed = true };
		return false;
	}
	in_open_fd(in, fd, path);
	return true;
}

void in_close(struct in *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	mem_free(in->buf);
	in->buf = nullptr;
	in->fd = -1;
}

static void in_make_room(struct in *in)
{
	if (in->start == in->end) {
		in->start = in->end = 0;
	} else if (in->start > in->size / 2) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (in->end == in->size) {
		in->size *= 2;
		in->buf = mem_resize(in->buf, in->size + 1, 1);
	}
}

bool in_fill(struct in *in)
{
	if (in->eof)
		return false;
	in_make_room(in);
	out_sync_terminal();
	for (;;) {
		ssize_t n = read(in->fd, in->buf + in->end, in->size - in->end);
		if (n > 0) {
			in->end += (size_t)n;
			return true;
		}
		if (n < 0 && errno == EINTR && !applet_interrupted)
			continue;
		if (applet_interrupted)
			applet_exit(130);
		in->eof = true;
		if (n < 0) {
			in->failed = true;
			err_warn_errno("%s", in->name);
		}
		return false;
	}
}

bool in_line(struct in *in, int delim, char **line, size_t *len)
{
	size_t seen = 0; /* bytes of this line known to hold no delimiter */

	for (;;) {
		char *from = in->buf + in->start + seen;
		char *stop = in->buf + in->end;
		char *found = (char *)scan_byte(from, stop, delim);
		if (found != stop || (in->eof && in->start != in->end)) {
			*line = in->buf + in->start;
			*len = (size_t)(found - *line) + (found != stop);
			in->start += *len;
			return true;
		}
		seen = in->end - in->start;
		if (!in_fill(in) && in->start == in->end)
			return false;
	}
}

bool in_all(struct in *in, char **bytes, size_t *len)
{
	while (in_fill(in))
		;
	*bytes = in->buf + in->start;
	*len = in->end - in->start;
	(*bytes)[*len] = '\0';
	return !in->failed;
}
