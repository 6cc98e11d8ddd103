/* SPDX-License-Identifier: MPL-2.0 */
/* Allocation that is remembered, so that an applet run inside the shell leaves nothing behind. */
#include "apps/applet/mem.h"
#include <stdarg.h>
#include <stdckdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/err.h"

/* Before every block; 16 bytes, so that what follows is aligned for every type. */
struct block {
	struct block *older;
	struct block *newer;
};

static struct block *newest;

static void *block_link(struct block *b)
{
	b->older = newest;
	b->newer = nullptr;
	if (newest != nullptr)
		newest->newer = b;
	newest = b;
	return b + 1;
}

static void block_unlink(struct block *b)
{
	if (b->older != nullptr)
		b->older->newer = b->newer;
	if (b->newer != nullptr)
		b->newer->older = b->older;
	else
		newest = b->older;
}

static size_t block_size(size_t n, size_t size)
{
	size_t total;

	if (ckd_mul(&total, n, size) || ckd_add(&total, total, sizeof(struct block)))
		err_fatal("memory exhausted");
	return total;
}

void *mem_resize(void *old, size_t n, size_t size)
{
	size_t total = block_size(n, size);
	struct block *b = old == nullptr ? nullptr : (struct block *)old - 1;

	if (b != nullptr)
		block_unlink(b);
	struct block *moved = realloc(b, total);
	if (moved == nullptr) {
		if (b != nullptr)
			block_link(b);
		err_fatal("memory exhausted");
	}
	return block_link(moved);
}

void *mem_alloc(size_t size)
{
	return mem_resize(nullptr, size, 1);
}

void *mem_zero(size_t n, size_t size)
{
	struct block *b = calloc(1, block_size(n, size));

	if (b == nullptr)
		err_fatal("memory exhausted");
	return block_link(b);
}

void mem_free(void *p)
{
	if (p == nullptr)
		return;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is in the list is not freed */
	block_unlink((struct block *)p - 1);
	free((struct block *)p - 1);
}

void *mem_mark(void)
{
	return newest;
}

void mem_release(void *mark)
{
	while (newest != nullptr && newest != mark)
		mem_free(newest + 1);
}

char *mem_dup_bytes(const void *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (n != 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *mem_dup(const char *s)
{
	return mem_dup_bytes(s, strlen(s));
}

char *mem_format(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(nullptr, 0, format, args);
	va_end(args);
	if (n < 0)
		err_fatal_errno("cannot format text");
	char *s = mem_alloc((size_t)n + 1);
	va_start(args, format);
	vsnprintf(s, (size_t)n + 1, format, args);
	va_end(args);
	return s;
}

char *mem_path(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return mem_format(n != 0 && dir[n - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

void *mem_room(void *p, size_t used, size_t *capacity, size_t size)
{
	if (used < *capacity)
		return p;
	*capacity = *capacity < 8 ? 8 : *capacity * 2;
	return mem_resize(p, *capacity, size);
}

/* Makes room for `n` more bytes and the NUL. */
static void text_room(struct text *t, size_t n)
{
	size_t need;

	if (ckd_add(&need, t->len, n) || ckd_add(&need, need, 1))
		err_fatal("memory exhausted");
	if (need <= t->capacity)
		return;
	t->capacity = need < 32 ? 32 : need + need / 2;
	t->bytes = mem_resize(t->bytes, t->capacity, 1);
}

void text_add(struct text *t, const void *bytes, size_t n)
{
	text_room(t, n);
	if (n != 0)
		memcpy(t->bytes + t->len, bytes, n);
	t->len += n;
	t->bytes[t->len] = '\0';
}

void text_add_string(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_add_char(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void text_format(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(nullptr, 0, format, args);
	va_end(args);
	if (n < 0)
		err_fatal_errno("cannot format text");
	text_room(t, (size_t)n);
	va_start(args, format);
	vsnprintf(t->bytes + t->len, (size_t)n + 1, format, args);
	va_end(args);
	t->len += (size_t)n;
}
