/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Memory for applets: never fails (it ends the applet with a message), freed when the applet ends.
 */
#include <stddef.h>

[[nodiscard]] void *mem_alloc(size_t size);
[[nodiscard]] void *mem_zero(size_t n, size_t size); /* an array of n, all zero */
/* `old` may be nullptr; `n` times `size` may not overflow. */
[[nodiscard]] void *mem_resize(void *old, size_t n, size_t size);
void mem_free(void *p);

char *mem_dup(const char *s);
char *mem_dup_bytes(const void *p, size_t n); /* a NUL follows the copy */
[[gnu::format(printf, 1, 2)]] char *mem_format(const char *format, ...);
/* dir/name, without a second slash. */
char *mem_path(const char *dir, const char *name);

/* Makes room for one more item in a growing array: p = mem_room(p, used, &capacity, sizeof *p). */
[[nodiscard]] void *mem_room(void *p, size_t used, size_t *capacity, size_t size);

/* For applet_run() only: a mark, and freeing of everything newer. */
void *mem_mark(void);
void mem_release(void *mark);

/* A string of bytes that grows. {} is an empty one; a NUL is kept behind the last byte. */
struct text {
	char *bytes;
	size_t len;
	size_t capacity;
};

void text_add(struct text *t, const void *bytes, size_t n);
void text_add_string(struct text *t, const char *s);
void text_add_char(struct text *t, char c);
[[gnu::format(printf, 2, 3)]] void text_format(struct text *t, const char *format, ...);
