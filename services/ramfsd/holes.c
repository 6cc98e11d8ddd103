/* SPDX-License-Identifier: MPL-2.0 */
/* Holes of files: found, made, and filled. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>
#include "services/ramfsd/data.h"

constexpr uint32_t ALLOCATE_MODES =
	FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
constexpr uint64_t COMMIT = 1 << 20; /* bytes allocated by one call */

/* --- Finding --- */

/* Has [at, at + size) a page that is there (or, not wanted, that is not)? A clone counts its own.
 */
bool range_has(fut_handle memory, uint64_t at, uint64_t size, bool wanted)
{
	uint64_t whole, pages = wanted;
	uint32_t flags;
	fut_handle part;

	if (fut_vmo_clone(memory, at, size, &part) != OK)
		return true; /* what cannot be known counts as found */
	if (fut_vmo_info(part, &whole, &pages, &flags) != OK)
		pages = wanted;
	(void)fut_handle_close(part); /* ours */
	return wanted ? pages > 0 : pages < size / RAM_PAGE;
}

/* The first page from `at` on that is (or is not) there; `end` if there is none. */
static uint64_t page_find(fut_handle memory, uint64_t at, uint64_t end, bool wanted)
{
	if (at >= end || !range_has(memory, at, end - at, wanted))
		return end;
	while (end - at > RAM_PAGE) {
		uint64_t half = page_up((end - at) / 2);
		if (range_has(memory, at, half, wanted))
			end = at + half;
		else
			at += half;
	}
	return at;
}

int64_t ram_seek(struct files_session *s, uint64_t offset, uint32_t whence)
{
	const struct ram_node *n = ram_of(s->node);
	bool wanted = whence == SEEK_DATA;
	uint64_t end = page_up(n->node.size), found;

	if (n->data.packed != nullptr)
		return (int64_t)(wanted ? offset : n->node.size);
	if (n->data.memory == 0)
		return wanted ? -ENXIO : (int64_t)offset;
	found = page_find(n->data.memory, offset & ~(RAM_PAGE - 1), end, wanted);
	if (found >= end)
		return wanted ? -ENXIO : (int64_t)n->node.size;
	return (int64_t)(found > offset ? found : offset);
}

/* --- Making and filling --- */

/* May the file system have so many pages more, besides those that the file has there at best? */
static bool pages_may_fit(struct ram_node *n, uint64_t pages)
{
	const struct ram_system *fs = n->fs;

	if (fs->most_pages == 0 || fs->pages + pages <= fs->most_pages + n->data.pages)
		return true;
	data_count(n); /* the count may be a guess */
	return fs->pages + pages <= fs->most_pages + n->data.pages;
}

/* What cannot fit is refused at once: others would wait while it is filled and given back. */
static int allocate_pages(struct ram_node *n, uint64_t offset, uint64_t end)
{
	uint64_t at = offset & ~(RAM_PAGE - 1), done = 0;

	end = page_up(end);
	if (!pages_may_fit(n, (end - at) / RAM_PAGE))
		return -ENOSPC;
	for (; at < end; at += done) {
		uint64_t size = data_step(n, at, end - at < COMMIT ? end - at : COMMIT);
		if (fut_vmo_commit(n->data.memory, at, size, &done) != OK || done == 0 ||
		    data_keep(n, at, done) != 0)
			return -ENOSPC;
	}
	return 0;
}

/* Within one page at each end, and whole pages between. */
static int zero_range(struct ram_node *n, uint64_t offset, uint64_t end)
{
	uint64_t first = page_up(offset), last = end & ~(RAM_PAGE - 1);
	int e = 0;

	n->data.is_sparse = true;
	n->data.dense = first / RAM_PAGE < n->data.dense ? first / RAM_PAGE : n->data.dense;
	if (first > last) /* all in one page */
		return data_zero(n, offset, end - offset);
	if (offset < first)
		e = data_zero(n, offset, first - offset);
	if (e == 0 && first < last)
		e = error_of(fut_vmo_zero(n->data.memory, first, last - first));
	if (e == 0 && last < end)
		e = data_zero(n, last, end - last);
	data_count(n);
	return e;
}

/* Linux wants to be allowed to grow even where the size is to be kept. */
static int seals_check_allocate(const struct ram_node *n, uint32_t mode, uint64_t end)
{
	size_t nothing = 0;

	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return seals_check_write(n, 0, &nothing);
	return end > n->node.size ? seals_check_size(n, end) : 0;
}

/* Past the end of the file nothing is kept for later: others see no more of it than its size. */
int ram_allocate(struct files_session *s, uint32_t mode, uint64_t offset, uint64_t size)
{
	struct ram_node *n = ram_of(s->node);
	uint64_t was = n->node.size, end = offset + size;
	bool keeps = mode & FALLOC_FL_KEEP_SIZE, punches = mode & FALLOC_FL_PUNCH_HOLE;
	int e;

	if ((mode & ~ALLOCATE_MODES) ||
	    (punches && mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)))
		return -EOPNOTSUPP;
	e = seals_check_allocate(n, mode, end);
	if (e != 0)
		return e;
	if (keeps && end > was)
		end = was;
	if (offset >= end)
		return 0;
	e = end > was ? data_resize(n, end) : 0;
	if (e == 0)
		e = data_memory(n);
	if (e == 0 && (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
		e = zero_range(n, offset, end);
	if (e == 0 && !punches)
		e = allocate_pages(n, offset, end);
	if (e != 0 && n->node.size != was)
		(void)data_resize(n, was); /* as it was before */
	if (e == 0)
		ram_touch(n);
	return e;
}
