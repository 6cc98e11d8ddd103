/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Contents of regular files: a memory object of which we are the pager. We know which of its pages
 * are there, since only we put and remove them. Past the file's end the last page is zero, or
 * becomes so before the file grows.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/futura/print.h"
#include "services/fsd/fsd.h"

constexpr size_t PIECE = 65536; /* copied at a time */
constexpr uint64_t AHEAD = 16;  /* pages that are read when one is wanted */
constexpr uint64_t AHEAD_FURTHER = DATA_STAGE / FSD_PAGE; /* and when the one before is there */
constexpr unsigned LISTED = 512;                          /* written pages looked at in one go */

static char piece[PIECE];
/* Pages move from here into files. It is mapped nowhere, so that no TLB has to forget them. */
static fut_handle stage;

static uint64_t page_up(uint64_t size)
{
	return (size + FSD_PAGE - 1) & ~(FSD_PAGE - 1);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int memory_error(enum err e)
{
	return e == OK ? 0 : e == ERR_NO_MEMORY || e == ERR_FULL ? -ENOMEM : -EIO;
}

/* --- The lists --- */

static void dirty_put(struct fsd_node *n)
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

static void dirty_take(struct fsd_node *n)
{
	if (!n->is_dirty)
		return;
	*n->dirty_at = n->dirty_next;
	if (n->dirty_next != nullptr)
		n->dirty_next->dirty_at = n->dirty_at;
	n->is_dirty = false;
}

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

/* --- The memory --- */

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

/* Make sure there is a memory object, of the file's size. */
static int data_memory(struct fsd_node *n)
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

/* Supply pages [first, first + count), none of which is there, with `contents`, or nullptr: with
 * what the volume has. */
static int pages_load(struct fsd_node *n, uint64_t first, uint64_t count, const char *contents)
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

/* How many pages from `at` on, before `end`, are there, or are not. */
static uint64_t run_present(const struct fsd_node *n, uint64_t at, uint64_t end, bool present)
{
	uint64_t count = 0;

	while (at + count < end && !(n->page[at + count] & PAGE_PRESENT) == !present)
		count++;
	return count;
}

/* Make the pages of [offset, offset + size) be there, and a few after those that were not. */
static int data_load(struct fsd_node *n, uint64_t offset, uint64_t size)
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

/* Unused files go, and then the pages of files in use that nobody else can write to, until so few
 * pages are left. */
static void cache_shrink(uint64_t most)
{
	uint64_t usual = fsd.most_pages;

	fsd.most_pages = most;
	nodes_trim();
	fsd.most_pages = usual;
	for (unsigned i = 0; fsd.npages > most && i < sizeof(fsd.hash) / sizeof(*fsd.hash); i++)
		for (struct fsd_node *n = fsd.hash[i]; n != nullptr; n = n->hash_next)
			if (n->memory != 0 && !n->is_mapped && data_flush(n) == 0)
				data_drop(n);
}

static void cache_trim(void)
{
	if (fsd.npages > fsd.most_pages)
		cache_shrink(fsd.most_pages);
}

/* data_load, with what has to go for it. */
static int data_need(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	cache_trim();
	int error = data_load(n, offset, size);
	if (error != -ENOMEM)
		return error;
	cache_shrink(fsd.npages / 2);
	return data_load(n, offset, size);
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

/* --- To the volume --- */

/* One run of written pages, as far as the file goes. */
static int run_flush(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	size_t done = 0;

	size = offset < n->node.size ? min(size, n->node.size - offset) : 0;
	if (size == 0)
		return 0;
	enum err e = fut_vmo_read(n->memory, offset, piece, size);
	if (e != OK)
		return memory_error(e);
	enum fs_err error = fs_write(fsd.fs, n->node.number, offset, piece, size, &done);
	/* It stays written, for a later try. Should somebody have written to his mapping just now,
	 * that is lost, as all would be otherwise. */
	if (error == FS_NO_MEMORY && fut_vmo_write(n->memory, offset, piece, size) == OK)
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
				(k - i) < PIECE / FSD_PAGE;
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

	while (at + count < end && count < PIECE / FSD_PAGE &&
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
	static uint64_t offset[LISTED];
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
static int dirty_forget(struct fsd_node *n)
{
	static uint64_t offset[LISTED];
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

/* --- Size --- */

static void size_set(struct fsd_node *n, uint64_t size)
{
	n->node.size = size;
	if (n->size_page != 0)
		(void)fut_vmo_write(n->size_page, 0, &size, sizeof(size)); /* its page is there */
}

/* Zero what lies in the page of `from`, behind it, if that is cached. */
static int tail_zero(struct fsd_node *n, uint64_t from)
{
	static const char zero[FSD_PAGE];
	uint64_t end = page_up(from);

	if (from == end || end > n->room || !(n->page[from / FSD_PAGE] & PAGE_PRESENT))
		return 0;
	return memory_error(fut_vmo_write(n->memory, from, zero, end - from));
}

static int room_set(struct fsd_node *n, uint64_t size)
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

int data_resize(struct fsd_node *n, uint64_t size)
{
	uint64_t was = n->node.size;

	if (!S_ISREG(n->node.mode))
		return -EINVAL;
	if (size > FS_FILE_MAX)
		return -EFBIG;
	/* What was promised past the new end would be kept for nothing. */
	int error = n->memory ? data_flush(n) : 0;
	if (error == 0)
		error = error_of(fs_truncate(fsd.fs, n->node.number, size));
	if (error == 0 && n->memory)
		error = tail_zero(n, min(was, size));
	if (error == 0)
		error = room_set(n, size);
	if (error == 0)
		size_set(n, size);
	return error;
}

/* --- Reading and writing --- */

int64_t fsd_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t size)
{
	struct fsd_node *n = node_of(s->node);
	size_t done = 0;
	int64_t e;

	if (!S_ISREG(s->node->mode))
		return s->node->mode & S_IFIFO ? -ENXIO : -EINVAL;
	e = data_memory(n);
	while (e >= 0 && done < size) {
		uint64_t at = offset + done, part = min(size - done, PIECE - at % FSD_PAGE);
		e = data_need(n, at, part);
		if (e == 0)
			e = memory_error(fut_vmo_read(n->memory, at, piece, part));
		if (e == 0)
			e = files_give(to, done, piece, part);
		if (e > 0)
			done += (size_t)e;
	}
	return e < 0 && (done == 0 || e == FILES_AGAIN) ? e : (int64_t)done;
}

/* Have the volume promise space for pages that were not promised yet. */
static int pages_promise(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	uint64_t end = page_up(offset + size) / FSD_PAGE;

	for (uint64_t at = offset / FSD_PAGE, next; at < end; at = next) {
		for (next = at; next < end && !(n->page[next] & PAGE_PROMISED); next++)
			;
		if (next > at) {
			enum fs_err e = fs_reserve(fsd.fs, n->node.number, at * FSD_PAGE,
						   (next - at) * FSD_PAGE);
			if (e != FS_OK)
				return error_of(e);
		}
		for (; at < next; at++)
			n->page[at] |= PAGE_PROMISED;
		while (next < end && (n->page[next] & PAGE_PROMISED))
			next++;
	}
	return 0;
}

/* Pages at the ends that are written in part have to be there; those between need not. */
static int ends_load(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	int error = 0;

	if (offset % FSD_PAGE != 0)
		error = data_load(n, offset, 1);
	if (error == 0 && (offset + size) % FSD_PAGE != 0)
		error = data_load(n, offset + size - 1, 1);
	return error;
}

/* Pages that are not there come with what is written. What others may write to has to be known as
 * dirty, which no page is that was supplied. */
static int pages_write(struct fsd_node *n, uint64_t offset, const char *data, size_t size)
{
	int error = 0;

	for (size_t done = 0, part; error == 0 && done < size; done += part) {
		uint64_t at = (offset + done) / FSD_PAGE, end = page_up(offset + size) / FSD_PAGE;
		bool present = n->page[at] & PAGE_PRESENT;
		uint64_t run_end = (at + run_present(n, at, end, present)) * FSD_PAGE;

		part = min(run_end - (offset + done), size - done);
		if (!present)
			error = pages_load(n, at, part / FSD_PAGE, data + done);
		if (error == 0 && (present || n->is_mapped))
			error = memory_error(
				fut_vmo_write(n->memory, offset + done, data + done, part));
	}
	return error;
}

static int64_t piece_write(struct fsd_node *n, uint64_t offset, const struct lent *from,
			   const char *data, uint64_t done, size_t size)
{
	int64_t e;

	e = pages_promise(n, offset, size);
	if (e == 0 && data == nullptr)
		e = files_take(from, done, piece, size);
	if (e >= 0)
		e = ends_load(n, offset, size);
	if (e < 0)
		return e;
	e = pages_write(n, offset, data ? data + done : piece, size);
	return e == 0 ? (int64_t)size : e;
}

/* Remember between which pages those are that we wrote. */
static void written_note(struct fsd_node *n, uint64_t offset, uint64_t size)
{
	uint64_t first = offset / FSD_PAGE, end = page_up(offset + size) / FSD_PAGE;

	if (n->written == n->written_end || first < n->written)
		n->written = first;
	n->written_end = end > n->written_end ? end : n->written_end;
}

int64_t fsd_write(struct files_session *s, uint64_t offset, const struct lent *from,
		  const void *data, size_t size)
{
	struct fsd_node *n = node_of(s->node);
	uint64_t end = n->node.size;
	size_t done = 0;
	int64_t e;

	if (!S_ISREG(s->node->mode))
		return s->node->mode & S_IFIFO ? -ENXIO : -EINVAL;
	if (fsd.system.read_only)
		return -EROFS;
	if (offset > FS_FILE_MAX || size > FS_FILE_MAX - offset)
		return -EFBIG;
	e = data_memory(n);
	if (e == 0 && offset + size > end && (e = tail_zero(n, end)) == 0)
		e = room_set(n, offset + size);
	while (e >= 0 && done < size) {
		uint64_t at = offset + done, part = min(size - done, PIECE - at % FSD_PAGE);
		cache_trim();
		e = piece_write(n, at, from, data, done, part);
		if (e == -ENOMEM) {
			cache_shrink(fsd.npages / 2);
			e = piece_write(n, at, from, data, done, part);
		}
		if (e > 0)
			done += (size_t)e;
	}
	if (offset + done > end)
		size_set(n, offset + done);
	(void)room_set(n, n->node.size); /* what grew for nothing does no harm if it stays */
	if (done > 0) {
		written_note(n, offset, done);
		n->has_mtime = true;
		n->mtime = files_now();
		dirty_put(n);
	}
	return e < 0 && (done == 0 || e == FILES_AGAIN) ? e : (int64_t)done;
}

/* --- Holes: the volume knows them, once it knows what was written --- */

int64_t fsd_seek(struct files_session *s, uint64_t offset, uint32_t whence)
{
	struct fsd_node *n = node_of(s->node);
	uint64_t found;
	int error = data_flush(n);

	if (error != 0)
		return error;
	enum fs_err e = fs_seek(fsd.fs, n->node.number, offset, whence == SEEK_HOLE, &found);
	if (e == FS_RANGE)
		return whence == SEEK_HOLE ? (int64_t)n->node.size : -ENXIO;
	return e == FS_OK ? (int64_t)min(found, n->node.size) : error_of(e);
}

int fsd_allocate(struct files_session *s, uint32_t mode, uint64_t offset, uint64_t size)
{
	struct fsd_node *n = node_of(s->node);
	bool keep = mode & FALLOC_FL_KEEP_SIZE;
	int error;

	if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE &&
	    mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (offset > FS_FILE_MAX || size > FS_FILE_MAX - offset)
		return -EFBIG;
	if ((error = data_memory(n)) != 0 || (error = data_flush(n)) != 0)
		return error;
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		error = error_of(fs_punch(fsd.fs, n->node.number, offset, size));
		data_drop(n);
		return error;
	}
	if (!keep && offset + size > n->node.size && (error = tail_zero(n, n->node.size)) != 0)
		return error;
	error = error_of(fs_allocate(fsd.fs, n->node.number, offset, size, keep));
	if (error != 0 || keep || offset + size <= n->node.size)
		return error;
	if ((error = room_set(n, offset + size)) == 0)
		size_set(n, offset + size);
	return error;
}

/* --- Sharing --- */

int fsd_contents(struct files_session *s, bool write, fut_handle *memory)
{
	struct fsd_node *n = node_of(s->node);
	int error = data_memory(n);

	if (error != 0)
		return error;
	if (write && !n->is_mapped && (error = dirty_forget(n)) != 0)
		return error;
	if (write) {
		n->is_mapped = true;
		dirty_put(n);
	}
	*memory = n->memory;
	return 0;
}

int fsd_size_page(struct files_session *s, fut_handle *page)
{
	struct fsd_node *n = node_of(s->node);

	if (n->size_page == 0) {
		fut_handle made;
		if (fut_vmo_create(FSD_PAGE, 0, &made) != OK)
			return -ENOMEM;
		if (fut_vmo_write(made, 0, &n->node.size, sizeof(n->node.size)) != OK) {
			(void)fut_handle_close(made); /* ours */
			return -ENOMEM;
		}
		n->size_page = made;
	}
	*page = n->size_page;
	return 0;
}
