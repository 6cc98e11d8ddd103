/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Buffered output whose errors are never lost: a failed write ends the applet with a message. */
#include <stddef.h>
#include <string.h>

struct out {
	int fd;
	const char *name; /* for messages; nullptr: standard output */
	size_t used;
	size_t size;
	char *buf;
};

/* Standard output of the applet. applet_run() opens and flushes it. */
extern struct out out_std;

/* Another file, which the caller opened. out_close() flushes, closes and frees the buffer. */
void out_open(struct out *o, int fd, const char *name);
void out_close(struct out *o);

void out_flush(struct out *o);
void out_write(struct out *o, const void *bytes, size_t n);
[[gnu::format(printf, 2, 3)]] void out_format(struct out *o, const char *format, ...);

static inline void out_char(struct out *o, int c)
{
	if (o->used == o->size)
		out_flush(o);
	o->buf[o->used++] = (char)c;
}

/* Standard output, in short. */
static inline void put_bytes(const void *bytes, size_t n)
{
	if (n > out_std.size - out_std.used) {
		out_write(&out_std, bytes, n);
		return;
	}
	memcpy(out_std.buf + out_std.used, bytes, n);
	out_std.used += n;
}

static inline void put_char(int c)
{
	out_char(&out_std, c);
}

static inline void put_string(const char *s)
{
	put_bytes(s, strlen(s));
}

[[gnu::format(printf, 1, 2)]] void put_format(const char *format, ...);

/* What was put so far becomes visible now; before a wait, a sleep, or a child's output. */
void put_flush(void);

/* Flushes standard output if it is a terminal: before input is waited for, or a message printed. */
void out_sync_terminal(void);

/* All of it to a descriptor, unbuffered; false with errno on failure. */
bool out_write_fully(int fd, const void *bytes, size_t n);

/* For applet_run() only. out_end() is false if a write failed; it has then been reported. */
void out_begin(void);
bool out_end(void);
