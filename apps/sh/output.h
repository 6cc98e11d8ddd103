/* SPDX-License-Identifier: MPL-2.0 */
/* Buffered output of built-ins. Errors are kept until output_end reports them. */
#pragma once

#include <stddef.h>
#include <string.h>

struct output {
	int fd; /* -1: kept in memory, for a substitution that needs no process */
	char *buf;
	size_t len, cap;
	int error; /* errno of the first write that failed */
};

extern struct output out1;

void output_write(struct output *o, const char *s, size_t n);
void output_printf(struct output *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void output_flush(struct output *o);
/* Flushes out1; after a failed write says so, in the name of `who`, and gives 1. */
int output_end(const char *who);

static inline void output_byte(struct output *o, char c)
{
	if (o->len < o->cap)
		o->buf[o->len++] = c;
	else
		output_write(o, &c, 1);
}

static inline void output_puts(struct output *o, const char *s)
{
	output_write(o, s, strlen(s));
}
