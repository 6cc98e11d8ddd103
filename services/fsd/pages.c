/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The pages of files in memory: memory objects of which we are the pager. We know which of their
 * pages are there, since only we put and remove them.
 */
#include "services/fsd/data.h"
#include <stdlib.h>
#include <string.h>

constexpr uint64_t AHEAD = 16; /* pages that are read when one is wanted */
constexpr uint64_t AHEAD_FURTHER = DATA_STAGE / FSD_PAGE; /* and when the one before is there */

/* Pages move from here into files. It is mapped nowhere, so that no TLB has to forget them. */
static fut_handle stage;

bool data_is_shared(const struct fsd_node *n)
{
	uint64_t size, npages;
	uint32_t flags;

	return n->memory != 0 && fut_vmo_info(n->memory, &size, &npages, &flags) == OK &&
	       (flags & VMO_INFO_SHARED) != 0;
}

bool data_is_mapped_anywhere(void)
{
	for (unsigned i = 0; i < sizeof(fsd.hash) / sizeof(*fsd.hash); i++)
		for (const struct fsd_node *n = fsd.hash[i]; n != nullptr; n = n->hash_next)
			if (data_is_shared(n))
				return true;
	return false;
}

static int stage_make(void)
{
	return stage != 0 ? 0 : memory_error(fut_vmo_create(DATA_STAGE, 0, &stage));
}

/* The bytes of `page` for a memory of that size; it only grows. */
static bool pages_grow(struct fsd_node *n, uint64_t room)
{
	uint64_t had = n->room / FSD_PAGE, want = room / FSD_PAGE;
	uint8_t *more = realloc(n->page, want ? want : 1);

	if (more == nullptr)
		return false;
	if (want > had)
		memset(more + had, 0, want - had);
	n->page = more;
	return true;
}

int data_memory(struct fsd_node *n)
{
	uint64_t room = page_up(n->node.size);

	if (n->memory != 0)
		return 0;
	int error = stage_make();
	if (error != 0)
		return error;
	if (!pages_grow(n, room))
		return -ENOMEM;
	enum err e = fut_vmo_create_pager(fsd.files.port, n->node.number, room ? room : FSD_PAGE,
					  &n->memory);
	if (e == OK && room == 0)
		e = fut_vmo_resize(n->memory, 0);
	n->room = room;
	return memory_error(e);
}

/* What the volume has in these pages, and zeros where it has nothing, into the stage. */
static int stage_fill(struct fsd_node *n, uint64_t offset, size_t size)
{
	size_t done = 0;
	enum fs_err e = fs_read(fsd.fs, n->node.number, offset, fsd.staged, size, &done);

	if (e != FS_OK)
		return error_of(e);
	memset(fsd.staged + done, 0, size - done);
	return memory_error(fut_vmo_write(stage, 0, fsd.staged, size));
}

static int stage_move(struct fsd_node *n, uint64_t offset, size_t size)
{
	uint64_t moved = 0;

	for (uint64_t at = 0; at < size; at += moved) {
		enum err e = fut_vmo_supply(n->memory, offset + at, size - at, stage, at, &moved);
		if (e != OK || moved == 0)
			return e == OK ? -EIO : memory_error(e);
	}
	return 0;
}

int pages_load(struct fsd_node *n, uint64_t first, uint64_t count, const char *contents)
{
	size_t size = count * FSD_PAGE;
	int error = contents ? memory_error(fut_vmo_write(stage, 0, contents, size))
			     : stage_fill(n, first * FSD_PAGE, size);

	if (error == 0)
		error = stage_move(n, first * FSD_PAGE, size);
	if (error != 0) {
		(void)fut_vmo_zero(stage, 0, DATA_STAGE); /* ours, and not pinned */
		return error;
	}
	for (uint64_t i = 0; i < count; i++)
		n->page[first + i] |= PAGE_PRESENT;
	fsd.npages += count;
	return 0;
}

uint64_t run_present(const struct fsd_node *n, uint64_t at, uint64_t end, bool present)
{
	uint64_t count = 0;

	while (at + count < end && !(n->page[at + count] & PAGE_PRESENT) == !present)
		count++;
	return count;
}

int data_fetch(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	uint64_t end = page_up(offset + size) / FSD_PAGE, npages = n->room / FSD_PAGE;

	for (uint64_t at = offset / FSD_PAGE; at < end;) {
		if (n->page[at] & PAGE_PRESENT) {
			at++;
			continue;
		}
		bool goes_on = at > 0 && (n->page[at - 1] & PAGE_PRESENT);
		uint64_t ahead = goes_on ? AHEAD_FURTHER : AHEAD;
		uint64_t most = min(ahead > end - at ? ahead : end - at, AHEAD_FURTHER);
		uint64_t count = run_present(n, at, min(at + most, npages), false);
		int error = pages_load(n, at, count, nullptr);
		if (error != 0)
			return error;
		at += count;
	}
	return 0;
}

static void present_drop(struct fsd_node *n, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++) {
		fsd.npages -= n->page[i] & PAGE_PRESENT;
		n->page[i] = 0;
	}
}

void data_drop(struct fsd_node *n)
{
	if (n->memory == 0 || fut_vmo_zero(n->memory, 0, n->room) != OK)
		return;
	present_drop(n, 0, n->room / FSD_PAGE);
}

void data_fini(struct fsd_node *n)
{
	dirty_take(n);
	if (n->memory != 0) {
		present_drop(n, 0, n->room / FSD_PAGE);
		fs_unreserve(fsd.fs, n->node.number);
		(void)fut_handle_close(n->memory); /* ours */
	}
	if (n->size_page != 0)
		(void)fut_handle_close(n->size_page); /* ours */
	free(n->page);
}

int data_room(struct fsd_node *n, uint64_t size)
{
	uint64_t room = page_up(size);

	if (n->memory == 0 || room == n->room)
		return 0;
	if (room > n->room && !pages_grow(n, room))
		return -ENOMEM;
	enum err e = fut_vmo_resize(n->memory, room);
	if (e != OK)
		return memory_error(e);
	if (room < n->room)
		present_drop(n, room / FSD_PAGE, n->room / FSD_PAGE);
	n->room = room;
	return 0;
}

/* Pages that others may write to: those go that nobody has written since they were brought to the
 * volume, which the kernel knows. */
static void clean_drop(struct fsd_node *n)
{
	static uint64_t offset[DATA_LISTED];
	uint64_t next = 0;

	while (next < n->room) {
		uint64_t at = next / FSD_PAGE;
		uint32_t count = 0;
		if (fut_vmo_dirty(n->memory, next, DIRTY_DROP, offset, sizeof(offset), &next,
				  &count) != OK)
			return;
		for (uint32_t i = 0; i < count; i++) {
			present_drop(n, at, offset[i] / FSD_PAGE);
			at = offset[i] / FSD_PAGE + 1;
		}
		present_drop(n, at, next / FSD_PAGE);
	}
}

static void shrink_files(uint64_t most, bool mapped)
{
	for (unsigned i = 0; fsd.npages > most && i < sizeof(fsd.hash) / sizeof(*fsd.hash); i++)
		for (struct fsd_node *n = fsd.hash[i]; n != nullptr; n = n->hash_next) {
			if (n->memory == 0 || n->is_mapped != mapped || data_flush(n) != 0)
				continue;
			if (mapped)
				clean_drop(n);
			else
				data_drop(n);
		}
}

void pages_shrink(uint64_t most)
{
	uint64_t usual = fsd.most_pages;

	fsd.most_pages = most;
	nodes_trim();
	fsd.most_pages = usual;
	shrink_files(most, false);
	shrink_files(most, true);
}

void pages_trim(void)
{
	if (fsd.npages > fsd.most_pages)
		pages_shrink(fsd.most_pages);
}

int data_need(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	pages_trim();
	int error = data_fetch(n, offset, size);
	if (error != -ENOMEM)
		return error;
	pages_shrink(fsd.npages / 2);
	return data_fetch(n, offset, size);
}

bool data_page_request(const void *, void *, struct message *m)
{
	struct fsd_node *n = node_find(m->badge);
	uint64_t offset = m->word[0];

	if (tag_method(m->tag) != PAGE_REQUEST)
		return message_answer(m, ERR_UNSUPPORTED);
	if (n == nullptr || n->memory == 0 || offset >= n->room)
		return message_answer(m, ERR_IO);
	return message_answer(m, data_need(n, offset, 1) == 0 ? OK : ERR_IO);
}
