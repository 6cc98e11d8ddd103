/* SPDX-License-Identifier: MPL-2.0 */
/* Buffered output: one buffer for standard output, others for files that utilities write. */
#include "apps/applet/out.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"

/* The pipe size of Linux: a larger buffer saves nothing, a smaller one costs switches. */
constexpr size_t OUT_SIZE = 65536;

static char std_buffer[OUT_SIZE];
struct out out_std = { .fd = STDOUT_FILENO, .size = OUT_SIZE, .buf = std_buffer };
static bool std_failed;
static signed char std_is_terminal; /* -1: not asked yet */

bool out_write_fully(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n != 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR && !applet_interrupted)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

[[noreturn]] static void out_fail(struct out *o)
{
	if (o == &out_std)
		std_failed = true;
	o->used = 0;
	if (errno == EINTR)
		applet_exit(130);
	if (o == &out_std)
		err_fatal_errno("write error");
	err_fatal_errno("%s", o->name);
}

void out_flush(struct out *o)
{
	size_t n = o->used;

	if (applet_interrupted) {
		o->used = 0;
		applet_exit(130);
	}
	o->used = 0;
	if (!out_write_fully(o->fd, o->buf, n))
		out_fail(o);
}

void out_write(struct out *o, const void *bytes, size_t n)
{
	if (n > o->size - o->used) {
		if (o->used != 0)
			out_flush(o);
		if (n >= o->size) {
			if (!out_write_fully(o->fd, bytes, n))
				out_fail(o);
			return;
		}
	}
	memcpy(o->buf + o->used, bytes, n);
	o->used += n;
}

static void out_format_list(struct out *o, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(o->buf + o->used, o->size - o->used, format, args);
	if (n >= 0 && (size_t)n < o->size - o->used) {
		o->used += (size_t)n;
	} else if (n >= 0) {
		char *s = mem_alloc((size_t)n + 1);
		vsnprintf(s, (size_t)n + 1, format, again);
		out_write(o, s, (size_t)n);
		mem_free(s);
	}
	va_end(again);
}

void out_format(struct out *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out_format_list(o, format, args);
	va_end(args);
}

void put_format(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out_format_list(&out_std, format, args);
	va_end(args);
}

void put_flush(void)
{
	out_flush(&out_std);
}

void out_open(struct out *o, int fd, const char *name)
{
	*o = (struct out){ .fd = fd, .name = name, .size = OUT_SIZE, .buf = mem_alloc(OUT_SIZE) };
}

void out_close(struct out *o)
{
	out_flush(o);
	if (o->fd != STDOUT_FILENO && close(o->fd) != 0)
		out_fail(o);
	mem_free(o->buf);
	*o = (struct out){ .fd = -1 };
}

void out_sync_terminal(void)
{
	if (std_is_terminal < 0)
		std_is_terminal = (signed char)isatty(STDOUT_FILENO);
	if (std_is_terminal && out_std.used != 0 && !std_failed)
		put_flush();
}

void out_begin(void)
{
	/* The outer applet's output comes first. */
	if (out_std.used != 0)
		put_flush();
	std_failed = false;
	std_is_terminal = -1;
}

bool out_end(void)
{
	size_t n = out_std.used;

	out_std.used = 0;
	if (n != 0 && !std_failed && !out_write_fully(STDOUT_FILENO, out_std.buf, n)) {
		std_failed = true;
		err_warn_errno("write error");
	}
	return !std_failed;
}
