/* SPDX-License-Identifier: MPL-2.0 */
/* Texts that grow: what files show that are made when they are read. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"

struct text {
	char *at;
	size_t len, room;
	bool failed; /* no memory: what is there is not all */
};

[[gnu::format(printf, 2, 3)]] void text_add(struct text *t, const char *format, ...);
void text_bytes(struct text *t, const void *bytes, size_t n);

/* A line for each handle of the task: what it names, with which rights. */
void text_handles(struct text *t, fut_handle task);
