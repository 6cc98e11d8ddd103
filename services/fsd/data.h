/* SPDX-License-Identifier: MPL-2.0 */
/* What the parts of contents share: pages.c, flush.c, data.c. */
#pragma once
#include "services/fsd/fsd.h"

constexpr size_t DATA_PIECE = 65536;  /* copied at a time */
constexpr unsigned DATA_LISTED = 512; /* written pages looked at in one go */
extern char data_piece[DATA_PIECE];

static inline uint64_t page_up(uint64_t size)
{
	return (size + FSD_PAGE - 1) & ~(FSD_PAGE - 1);
}

static inline uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline int memory_error(enum err e)
{
	return e == OK ? 0 : e == ERR_NO_MEMORY || e == ERR_FULL ? -ENOMEM : -EIO;
}

/* pages.c: make sure there is a memory object, of the file's size. */
int data_memory(struct fsd_node *n);
/* Make room for a file of that size in the memory, or give it back. */
int data_room(struct fsd_node *n, uint64_t size);
/* Supply pages [first, first + count), none of which is there, with `contents`, or nullptr: with
 * what the volume has. */
int pages_load(struct fsd_node *n, uint64_t first, uint64_t count, const char *contents);
/* How many pages from `at` on, before `end`, are there, or are not. */
uint64_t run_present(const struct fsd_node *n, uint64_t at, uint64_t end, bool present);
/* Make the pages of [offset, offset + size) be there, and a few after those that were not. */
int data_fetch(struct fsd_node *n, uint64_t offset, uint64_t size);
/* The same, with what has to go for it. */
int data_need(struct fsd_node *n, uint64_t offset, uint64_t size);
/* Let go of pages until there are no more than there should be, or than `most`: of unused files,
 * then of those in use, last of those that others may write to. */
void pages_trim(void);
void pages_shrink(uint64_t most);

/* flush.c: it was written, or may be by others; it has to be looked at. */
void dirty_put(struct fsd_node *n);
void dirty_take(struct fsd_node *n);
/* From now on dirty pages are those that others write, too. */
int dirty_forget(struct fsd_node *n);
