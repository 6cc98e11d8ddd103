/* SPDX-License-Identifier: MPL-2.0 */
/* The few functions of <string.h> that the kernel and the compiler's own calls need. */
#pragma once
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strncmp(const char *a, const char *b, size_t n);
/* Copy at most n - 1 bytes, and always end with a zero byte. */
void string_copy(char *to, const char *from, size_t n);
/* The text after `key` (which includes its '=') in a space-separated line, or nullptr if absent. */
const char *option_find(const char *line, const char *key);
