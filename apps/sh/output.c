/* SPDX-License-Identifier: MPL-2.0 */
/* Buffered output of built-ins. */
#include "apps/sh/output.h"
#include "apps/sh/error.h"
#include "apps/sh/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer1[4096];

struct output out1 = { .fd = STDOUT_FILENO, .buf = buffer1, .cap = sizeof(buffer1) };

static void write_all(struct output *o, const char *s, size_t n)
{
	while (n > 0 && o->error == 0) {
		ssize_t done = write(o->fd, s, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			o->error = errno;
			return;
		}
		s += done;
		n -= (size_t)done;
	}
}

void output_flush(struct output *o)
{
	if (o->fd < 0 || o->len == 0)
		return;
	size_t n = o->len;
	o->len = 0;
	write_all(o, o->buf, n);
}

void output_write(struct output *o, const char *s, size_t n)
{
	if (n == 0)
		return;
	if (n > o->cap - o->len) {
		if (o->fd < 0) {
			o->cap = (o->len + n) * 2 + 256;
			o->buf = xrealloc(o->buf, o->cap);
		} else {
			output_flush(o);
			if (n > o->cap) {
				write_all(o, s, n);
				return;
			}
		}
	}
	memcpy(o->buf + o->len, s, n);
	o->len += n;
}

void output_printf(struct output *o, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if ((size_t)n < sizeof(text)) {
		output_write(o, text, (size_t)n);
		return;
	}
	char *big = xmalloc((size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(big, (size_t)n + 1, fmt, ap);
	va_end(ap);
	output_write(o, big, (size_t)n);
	free(big);
}

int output_end(const char *who)
{
	output_flush(&out1);
	if (out1.error == 0)
		return 0;
	int e = out1.error;
	out1.error = 0;
	out1.len = 0;
	warn("%s: write error: %s", who, strerror(e));
	return 1;
}
