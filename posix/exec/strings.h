/* SPDX-License-Identifier: MPL-2.0 */
/* Arguments and environment on their way from one program to the next. */
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr size_t STRINGS_MOST = 2097152; /* as Linux's ARG_MAX with the usual stack */
constexpr size_t STRING_MOST = 131072;

/* Strings one after the other, each with its zero byte. From the heap. */
struct strings {
	char *text;
	size_t size, room;
	unsigned count;
};

/* 0, -E2BIG, -ENOMEM, -EFAULT. */
int64_t strings_add(struct strings *s, const char *text);
int64_t strings_add_guest(struct strings *s, uint64_t address);
/* All of a guest's array of pointers that ends with 0; a null array is empty. */
int64_t strings_add_array(struct strings *s, uint64_t array);
/* Replace the first `n` strings by those of another. */
int64_t strings_replace(struct strings *s, unsigned n, const struct strings *by);
void strings_free(struct strings *s);
