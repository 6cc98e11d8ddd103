/* SPDX-License-Identifier: MPL-2.0 */
/* What holes.c needs of data.c. */
#pragma once
#include "services/ramfsd/ram.h"

static inline uint64_t page_up(uint64_t size)
{
	return (size + RAM_PAGE - 1) & ~(RAM_PAGE - 1);
}

/* ENOSPC for what is used up, else EIO. */
int error_of(enum err e);
/* Make sure that the file has memory, for its size. */
int data_memory(struct ram_node *n);
/* Zero bytes within one page, which stays a hole if it is one. */
int data_zero(struct ram_node *n, uint64_t offset, uint64_t size);
/* Has [at, at + size), whole pages, a page that is there (or, not wanted, that is not)? */
bool range_has(fut_handle memory, uint64_t at, uint64_t size, bool wanted);
/* Ask the kernel how many pages there are. */
void data_count(struct ram_node *n);
/*
 * How much of [offset, offset + size) may be written at a time: all, or near the file system's
 * limit what is in one page. data_keep is told when it was: if the page is new and there may be no
 * more, it goes again: ENOSPC.
 */
uint64_t data_step(struct ram_node *n, uint64_t offset, uint64_t size);
int data_keep(struct ram_node *n, uint64_t offset, uint64_t size);
