/* SPDX-License-Identifier: MPL-2.0 */
/* Arenas, growing strings, and malloc that cannot fail. */
#include "apps/sh/mem.h"
#include "apps/sh/error.h"

#include <stdarg.h>
#include <stdckdint.h>
#include <stdio.h>
#include <stdlib.h>

struct chunk {
	struct chunk *prev;
	char *end;
	char *prev_p; /* where the chunk below had come to */
	char data[];
};

constexpr size_t CHUNK_SIZE = 16 * 1024 - sizeof(struct chunk) - 32;

struct arena scratch;

[[noreturn]] static void mem_out(size_t n)
{
	error_oom(n);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n > 0 ? n : 1);

	if (p == nullptr)
		mem_out(n);
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n > 0 ? n : 1);

	if (p == nullptr)
		mem_out(n);
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

static struct chunk *chunk_take(struct arena *a, size_t n)
{
	struct chunk *c = a->spare;

	if (c != nullptr && (size_t)(c->end - c->data) >= n) {
		a->spare = nullptr;
		return c;
	}
	size_t size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
	size_t bytes;
	if (ckd_add(&bytes, size, sizeof(struct chunk)))
		mem_out(n);
	c = xmalloc(bytes);
	c->end = c->data + size;
	return c;
}

void *arena_more(struct arena *a, size_t n)
{
	struct chunk *c = chunk_take(a, n);

	c->prev = a->top;
	c->prev_p = a->p;
	a->top = c;
	a->p = c->data + n;
	a->end = c->end;
	return c->data;
}

void arena_cut(struct arena *a, struct mark m)
{
	while (a->top != m.top) {
		struct chunk *c = a->top;

		a->top = c->prev;
		a->p = c->prev_p;
		if (a->spare == nullptr && (size_t)(c->end - c->data) == CHUNK_SIZE)
			a->spare = c;
		else
			free(c);
	}
	a->end = a->top != nullptr ? a->top->end : nullptr;
	a->p = m.p;
}

void arena_free(struct arena *a)
{
	arena_cut(a, (struct mark){});
	free(a->spare);
	*a = (struct arena){};
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(nullptr, 0, fmt, ap);
	va_end(ap);
	char *p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

/* Grows in place when the string is the newest thing in `scratch`, which is the usual case. */
void buf_grow(struct buf *b, size_t n)
{
	size_t need;

	if (ckd_add(&need, b->len, n) || ckd_add(&need, need, need / 2 + 64))
		mem_out(n);
	need = (need + 7) & ~(size_t)7;
	if (b->p != nullptr && b->p + b->cap == scratch.p &&
	    need - b->cap <= (size_t)(scratch.end - scratch.p)) {
		scratch.p += need - b->cap;
		b->cap = need;
		return;
	}
	char *p = arena_alloc(&scratch, need);
	if (b->p != nullptr)
		memcpy(p, b->p, b->len);
	b->p = p;
	b->cap = need;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(nullptr, 0, fmt, ap);
	va_end(ap);
	buf_room(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

char *num_format(long long n, char *end)
{
	unsigned long long u = n < 0 ? -(unsigned long long)n : (unsigned long long)n;

	*--end = '\0';
	do {
		*--end = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (n < 0)
		*--end = '-';
	return end;
}

void buf_num(struct buf *b, long long n)
{
	char digits[NUM_MAX];

	buf_puts(b, num_format(n, digits + NUM_MAX));
}
