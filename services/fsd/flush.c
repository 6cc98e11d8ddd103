/* SPDX-License-Identifier: MPL-2.0 */
/* Contents on their way to the volume: which files were written, and which of their pages. */
#include "services/fsd/data.h"
#include <string.h>
#include "lib/futura/print.h"

char data_piece[DATA_PIECE];

void dirty_put(struct fsd_node *n)
{
	fsd.is_busy = true;
	if (n->is_dirty)
		return;
	n->is_dirty = true;
	n->dirty_next = fsd.dirty;
	n->dirty_at = &fsd.dirty;
	if (fsd.dirty != nullptr)
		fsd.dirty->dirty_at = &n->dirty_next;
	fsd.dirty = n;
}

void dirty_take(struct fsd_node *n)
{
	if (!n->is_dirty)
		return;
	*n->dirty_at = n->dirty_next;
	if (n->dirty_next != nullptr)
		n->dirty_next->dirty_at = n->dirty_at;
	n->is_dirty = false;
}

/* One run of written pages, as far as the file goes. */
static int run_flush(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	size_t done = 0;

	size = offset < n->node.size ? min(size, n->node.size - offset) : 0;
	if (size == 0)
		return 0;
	enum err e = fut_vmo_read(n->memory, offset, data_piece, size);
	if (e != OK)
		return memory_error(e);
	enum fs_err error = fs_write(fsd.fs, n->node.number, offset, data_piece, size, &done);
	/* It stays written, for a later try. Should somebody have written to his mapping just now,
	 * that is lost, as all would be otherwise. */
	if (error == FS_NO_MEMORY && fut_vmo_write(n->memory, offset, data_piece, size) == OK)
		return -ENOMEM;
	if (error != FS_OK || done != size)
		print("fsd: file %llu lost what was written at %llu: %s\n",
		      (unsigned long long)n->node.number, (unsigned long long)offset,
		      fs_err_text(error));
	return error_of(error);
}

/* The pages in the list, neighbours together. -ENOMEM: some of them stay written. */
static int pages_flush(struct fsd_node *n, const uint64_t *offset, unsigned count)
{
	int error = 0;

	for (unsigned i = 0, k; i < count; i = k) {
		for (k = i + 1; k < count && offset[k] == offset[i] + (k - i) * FSD_PAGE &&
				(k - i) < DATA_PIECE / FSD_PAGE;
		     k++)
			;
		int e = run_flush(n, offset[i], (k - i) * FSD_PAGE);
		error = error && e != -ENOMEM ? error : e;
		for (unsigned at = i; e != -ENOMEM && at < k; at++)
			n->page[offset[at] / FSD_PAGE] &= (uint8_t)~PAGE_PROMISED;
	}
	return error;
}

/* The time of the last write, which came before the volume heard of it. */
static int time_flush(struct fsd_node *n)
{
	struct fs_attr a = { .mtime = n->mtime, .ctime = n->mtime };

	if (!n->has_mtime)
		return 0;
	enum fs_err e = fs_setattr(fsd.fs, n->node.number, FS_SET_MTIME | FS_SET_CTIME, &a);
	n->has_mtime = e == FS_NO_MEMORY;
	return error_of(e);
}

/* How many pages from `at` on, before `end`, were written by us. */
static uint64_t run_length(const struct fsd_node *n, uint64_t at, uint64_t end)
{
	uint64_t count = 0;

	while (at + count < end && count < DATA_PIECE / FSD_PAGE &&
	       (n->page[at + count] & PAGE_PROMISED))
		count++;
	return count;
}

/* The next page of [at, end) that was written by us, or `end`. Most of a large file was not. */
static uint64_t run_find(const struct fsd_node *n, uint64_t at, uint64_t end)
{
	constexpr uint64_t NONE_OF_8 = 0x0101010101010101 * PAGE_PROMISED;
	uint64_t many[8];

	for (; at + sizeof(many) <= end; at += sizeof(many)) {
		memcpy(many, n->page + at, sizeof(many));
		if (((many[0] | many[1] | many[2] | many[3] | many[4] | many[5] | many[6] |
		      many[7]) &
		     NONE_OF_8) != 0)
			break;
	}
	while (at < end && !(n->page[at] & PAGE_PROMISED))
		at++;
	return at;
}

/* What only we wrote: we know where. The kernel may still hold such pages to be dirty. */
static int written_flush(struct fsd_node *n)
{
	uint64_t end = min(n->written_end, n->room / FSD_PAGE);
	int error = 0;

	for (uint64_t at = n->written, count; (at = run_find(n, at, end)) < end; at += count) {
		count = run_length(n, at, end);
		int failed = run_flush(n, at * FSD_PAGE, count * FSD_PAGE);
		error = error && failed != -ENOMEM ? error : failed;
		for (uint64_t i = 0; failed != -ENOMEM && i < count; i++)
			n->page[at + i] &= (uint8_t)~PAGE_PROMISED;
	}
	if (error != -ENOMEM)
		n->written = n->written_end = 0;
	return error;
}

/* All that was written, also by mappings. */
static int mapped_flush(struct fsd_node *n)
{
	static uint64_t offset[DATA_LISTED];
	uint64_t next = 0, ndirty = 0;
	int error = 0;

	while (next < n->room) {
		uint32_t count = 0;
		enum err e = fut_vmo_dirty(n->memory, next, DIRTY_CLEAN, offset, sizeof(offset),
					   &next, &count);
		if (e != OK)
			return memory_error(e);
		int failed = pages_flush(n, offset, count);
		if (failed == -ENOMEM)
			return failed;
		error = error ? error : failed;
		ndirty += count;
	}
	if (ndirty > 0 && !n->has_mtime) {
		n->has_mtime = true; /* it was written by a mapping, some time before */
		n->mtime = files_now();
	}
	n->written = n->written_end = 0;
	return error;
}

/* From now on dirty pages are those that others write, too. */
int dirty_forget(struct fsd_node *n)
{
	static uint64_t offset[DATA_LISTED];
	uint64_t next = 0;
	int error = data_flush(n);

	while (error == 0 && next < n->room) {
		uint32_t count;
		error = memory_error(fut_vmo_dirty(n->memory, next, DIRTY_CLEAN, offset,
						   sizeof(offset), &next, &count));
	}
	return error;
}

int data_flush(struct fsd_node *n)
{
	if (n->memory == 0 || !n->is_dirty)
		return 0;
	int error = n->is_mapped ? mapped_flush(n) : written_flush(n);
	if (error == -ENOMEM)
		return error; /* it is all to be done again */
	int failed = time_flush(n);
	if (!n->is_mapped || !data_is_shared(n)) {
		n->is_mapped = false;
		dirty_take(n);
	}
	return error ? error : failed;
}

int data_flush_all(void)
{
	int error = 0;

	for (struct fsd_node *n = fsd.dirty, *next; n != nullptr; n = next) {
		next = n->dirty_next;
		int failed = data_flush(n);
		error = error ? error : failed;
	}
	return error;
}
