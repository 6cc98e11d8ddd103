/* SPDX-License-Identifier: MPL-2.0 */
/* Memory of the personality itself: a heap that fork copies, and windows onto memory objects. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"

/* Zeroed; nullptr if there is none. */
void *heap_new(size_t size);
/* Not zeroed: for what is large and written before it is read. */
void *heap_room(size_t size);
void heap_free(void *p); /* may be nullptr */
/* A copy of a text. */
char *heap_text(const char *text);
/* The same with the contents moved to a place of another size; nullptr leaves the old one. */
void *heap_resize(void *p, size_t size);

/* Map a part of a memory object, whole pages, in our region. `flags`: MAP_READ and so on with an
 * inherit mode. */
enum err window_map(fut_handle vmo, uint64_t offset, uint64_t size, uint32_t flags, void **at);
void window_unmap(void *at, uint64_t size);

/* Everything that is mapped in our region and can be written is from now on copied by every kind of
 * fork. Before anything else here. */
void memory_init(void);
