/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory that dies in bulk: arenas, growing strings, and malloc that cannot fail.
 *
 * A command's words, fields and scratch strings live in `scratch` and go away together when the
 * command ends (arena_mark, arena_release), so the hot path never calls free. Syntax trees live in
 * arenas of their own, which a function definition keeps alive.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct chunk;

struct arena {
	char *p, *end; /* the free part of the newest chunk */
	struct chunk *top;
	struct chunk *spare; /* one chunk kept back, so a loop on a chunk's edge does not thrash */
};

struct mark {
	struct chunk *top;
	char *p;
};

extern struct arena scratch;

void *arena_more(struct arena *a, size_t n);
void arena_cut(struct arena *a, struct mark m);
void arena_free(struct arena *a);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Memory for any type but long double; never fails (the shell exits, saying so). */
static inline void *arena_alloc(struct arena *a, size_t n)
{
	n = (n + 7) & ~(size_t)7;
	if (n > (size_t)(a->end - a->p))
		return arena_more(a, n);
	void *p = a->p;
	a->p += n;
	return p;
}

static inline struct mark arena_mark(const struct arena *a)
{
	return (struct mark){ a->top, a->p };
}

static inline void arena_release(struct arena *a, struct mark m)
{
	if (a->top == m.top)
		a->p = m.p;
	else
		arena_cut(a, m);
}

/* A string that grows in `scratch`. It starts as {}; nobody may release a mark below it meanwhile.
 */
struct buf {
	char *p;
	size_t len, cap;
};

void buf_grow(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_num(struct buf *b, long long n);

static inline void buf_room(struct buf *b, size_t n)
{
	if (b->cap - b->len < n)
		buf_grow(b, n);
}

static inline void buf_add(struct buf *b, const char *s, size_t n)
{
	if (n == 0)
		return;
	buf_room(b, n);
	memcpy(b->p + b->len, s, n);
	b->len += n;
}

static inline void buf_byte(struct buf *b, int c)
{
	buf_room(b, 1);
	b->p[b->len++] = (char)c;
}

static inline void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* Ends the string with a NUL, not counted in len. */
static inline char *buf_str(struct buf *b)
{
	buf_room(b, 1);
	b->p[b->len] = '\0';
	return b->p;
}

void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

constexpr size_t NUM_MAX = 24; /* bytes that hold any 64-bit number and its NUL */

/* Writes n in decimal so that it ends at end[-1] == '\0'; returns where it starts. */
char *num_format(long long n, char *end);
