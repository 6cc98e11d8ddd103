/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Contents of regular files. A memory object holds them, as large as the file in whole pages; past
 * the file's end its last page is zero, or becomes so before the file grows. A file of the bundle
 * is read where it lies until somebody writes or maps it.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "services/ramfsd/ram.h"

constexpr size_t PIECE = 65536;             /* copied at a time */
constexpr uint64_t SIZE_LIMIT = 1ull << 46; /* half of what a memory object may have */
constexpr uint32_t KEEP_SIZE = FALLOC_FL_KEEP_SIZE, PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE,
		   ZERO_RANGE = FALLOC_FL_ZERO_RANGE;

static char piece[PIECE];

static uint64_t page_up(uint64_t size)
{
	return (size + RAM_PAGE - 1) & ~(RAM_PAGE - 1);
}

static int error_of(enum err e)
{
	return e == OK ? 0 : e == ERR_NO_MEMORY || e == ERR_FULL ? -ENOSPC : -EIO;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- What it occupies --- */

/* Pages that others made by mappings are known to the memory object alone. */
static uint64_t memory_pages(const struct ram_node *n)
{
	uint64_t size, pages;
	uint32_t flags;

	return fut_vmo_info(n->data.memory, &size, &pages, &flags) == OK ? pages : n->data.pages;
}

uint64_t data_pages(const struct ram_node *n)
{
	if (n->data.packed != nullptr)
		return page_up(n->data.packed_size) / RAM_PAGE;
	return n->data.is_shared ? memory_pages(n) : n->data.pages;
}

/* Bring the file system's count up to date. */
static void data_count(struct ram_node *n)
{
	uint64_t pages = n->data.memory ? memory_pages(n) : 0;

	n->fs->pages += pages - n->data.pages;
	n->data.pages = pages;
}

/*
 * How much of [offset, offset + size) may be written at a time: all, or near the file system's
 * limit a page, which data_keep then looks at.
 */
static uint64_t data_step(struct ram_node *n, uint64_t offset, uint64_t size)
{
	uint64_t most = n->fs->most_pages;
	uint64_t need = page_up(offset % RAM_PAGE + size) / RAM_PAGE;

	if (most == 0 || n->fs->pages + need <= most)
		return size;
	data_count(n); /* others may have written by mappings */
	return n->fs->pages + need <= most ? size : min(size, RAM_PAGE - offset % RAM_PAGE);
}

/* A page was written. If it is new and there may be no more, it goes. */
static int data_keep(struct ram_node *n, uint64_t offset)
{
	uint64_t before = n->data.pages;

	if (before * RAM_PAGE >= n->data.room)
		return 0; /* all of it was there before */
	data_count(n);
	if (n->data.pages <= before || n->fs->most_pages == 0 || n->fs->pages <= n->fs->most_pages)
		return 0;
	(void)fut_vmo_zero(n->data.memory, offset & ~(RAM_PAGE - 1), RAM_PAGE); /* one page is never
										   too much */
	data_count(n);
	return -ENOSPC;
}

/* --- Memory --- */

/* Zero what lies in the page of `from`, behind it. */
static int data_zero_tail(struct ram_node *n, uint64_t from)
{
	static const char zero[RAM_PAGE];
	uint64_t end = page_up(from);

	if (from == end || end > n->data.room)
		return 0;
	return error_of(fut_vmo_write(n->data.memory, from, zero, end - from));
}

static enum err memory_copy(struct ram_data *d, uint64_t room)
{
	enum err e = fut_vmo_create(room, 0, &d->memory);

	if (e != OK)
		return e;
	for (uint64_t at = 0; e == OK && at < d->packed_size; at += PIECE)
		e = fut_vmo_write(d->memory, at, d->packed + at, min(PIECE, d->packed_size - at));
	return e;
}

/* In the bundle something else may follow in the last page. */
static bool tail_is_zero(const struct ram_data *d)
{
	for (uint64_t i = d->packed_size; i % RAM_PAGE != 0; i++)
		if (d->packed[i] != '\0')
			return false;
	return true;
}

/* A file of the bundle gets memory of its own: shared with the bundle until it is written, if its
 * pages lie so. */
static int data_unpack(struct ram_node *n)
{
	struct ram_data *d = &n->data;
	int e = 0;

	d->room = page_up(n->node.size);
	d->memory = bundle_clone(d->packed, d->room);
	if (d->memory == 0)
		e = error_of(memory_copy(d, d->room));
	else if (!tail_is_zero(d))
		e = data_zero_tail(n, d->packed_size);
	if (e != 0) {
		if (d->memory != 0)
			(void)fut_handle_close(d->memory); /* ours */
		d->memory = 0;
		return e;
	}
	d->packed = nullptr;
	d->packed_size = 0;
	data_count(n);
	return 0;
}

/* Make sure there is memory for the file's size. */
static int data_memory(struct ram_node *n)
{
	struct ram_data *d = &n->data;

	if (d->memory != 0)
		return 0;
	if (d->packed != nullptr)
		return data_unpack(n);
	d->room = page_up(n->node.size);
	enum err e = fut_vmo_create(d->room ? d->room : RAM_PAGE, 0, &d->memory);
	if (e == OK && d->room == 0)
		e = fut_vmo_resize(d->memory, 0);
	return error_of(e);
}

static void data_set_size(struct ram_node *n, uint64_t size)
{
	n->node.size = size;
	if (n->data.size_page != 0)
		(void)fut_vmo_write(n->data.size_page, 0, &size,
				    sizeof(size)); /* its page is there */
}

static int data_shrink(struct ram_node *n, uint64_t size)
{
	struct ram_data *d = &n->data;

	if (d->packed != nullptr) {
		d->packed_size = min(d->packed_size, size);
		if (size == 0)
			d->packed = nullptr;
	}
	if (d->memory == 0)
		return 0;
	uint64_t room = page_up(size);
	enum err e = room != d->room ? fut_vmo_resize(d->memory, room) : OK;
	if (e != OK)
		return error_of(e);
	d->room = room;
	data_count(n);
	return data_zero_tail(n, size);
}

static int data_grow(struct ram_node *n, uint64_t size)
{
	struct ram_data *d = &n->data;
	uint64_t room = page_up(size);

	/* Packed, it would have to know where the bundle's bytes end and zeros begin, on pages. */
	if (d->packed != nullptr && data_unpack(n) != 0)
		return -ENOSPC;
	if (d->memory == 0)
		return 0;
	if (d->is_shared && data_zero_tail(n, n->node.size) != 0)
		return -ENOSPC;
	if (room != d->room) {
		enum err e = fut_vmo_resize(d->memory, room);
		if (e != OK)
			return e == ERR_BAD_ARGUMENT ? -EFBIG : error_of(e);
		d->room = room;
	}
	return 0;
}

int data_resize(struct ram_node *n, uint64_t size)
{
	int e;

	if (size > SIZE_LIMIT)
		return -EFBIG;
	if (size == n->node.size)
		return 0;
	e = size < n->node.size ? data_shrink(n, size) : data_grow(n, size);
	if (e == 0)
		data_set_size(n, size);
	return e;
}

void data_fini(struct ram_node *n)
{
	n->fs->pages -= n->data.pages;
	if (n->data.memory != 0)
		(void)fut_handle_close(n->data.memory); /* ours */
	if (n->data.size_page != 0)
		(void)fut_handle_close(n->data.size_page);
}

/* --- Reading and writing --- */

static int64_t read_zeros(const struct lent *to, uint64_t done, size_t n)
{
	memset(piece, 0, min(n, PIECE));
	return files_give(to, done, piece, min(n, PIECE));
}

/* One piece, from where the contents are. */
static int64_t read_piece(struct ram_node *n, uint64_t offset, const struct lent *to, uint64_t done,
			  size_t size)
{
	const struct ram_data *d = &n->data;

	if (d->packed != nullptr && offset < d->packed_size)
		return files_give(to, done, d->packed + offset, min(size, d->packed_size - offset));
	if (d->memory == 0)
		return read_zeros(to, done, size);
	size = min(size, PIECE);
	enum err e = fut_vmo_read(d->memory, offset, piece, size);
	return e == OK ? files_give(to, done, piece, size) : error_of(e);
}

int64_t ram_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t n)
{
	struct ram_node *node = ram_of(s->node);
	size_t done = 0;

	if (!S_ISREG(s->node->mode))
		return -EINVAL;
	while (done < n) {
		int64_t part = read_piece(node, offset + done, to, done, n - done);
		if (part < 0)
			return done > 0 && part != FILES_AGAIN ? (int64_t)done : part;
		done += (size_t)part;
	}
	if (!(atomic_load_explicit(&s->state->status, memory_order_relaxed) & STATUS_NOATIME))
		node->atime = files_now();
	return (int64_t)done;
}

static int64_t write_piece(struct ram_node *n, uint64_t offset, const struct lent *from,
			   const char *data, uint64_t done, size_t size)
{
	int64_t e;

	size = data_step(n, offset, min(size, PIECE));
	if (data == nullptr) {
		e = files_take(from, done, piece, size);
		if (e < 0)
			return e;
	}
	e = error_of(fut_vmo_write(n->data.memory, offset, data ? data + done : piece, size));
	if (e == 0)
		e = data_keep(n, offset);
	return e < 0 ? e : (int64_t)size;
}

/* Write as much as goes. What came of it: bytes, or why there were none. */
static int64_t write_pieces(struct ram_node *n, uint64_t offset, const struct lent *from,
			    const char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		int64_t part = write_piece(n, offset + done, from, data, done, size - done);
		if (part < 0)
			return done > 0 && part != FILES_AGAIN ? (int64_t)done : part;
		done += (size_t)part;
	}
	return (int64_t)done;
}

int64_t ram_write(struct files_session *s, uint64_t offset, const struct lent *from,
		  const void *data, size_t size)
{
	struct ram_node *n = ram_of(s->node);
	uint64_t end = n->node.size;

	if (!S_ISREG(s->node->mode))
		return -EINVAL;
	if (offset + size > SIZE_LIMIT)
		return -EFBIG;
	int64_t done = data_memory(n);
	if (done == 0 && offset + size > end)
		done = data_grow(n, offset + size);
	if (done == 0)
		done = write_pieces(n, offset, from, data, size);
	if (done > 0 && offset + (uint64_t)done > end)
		data_set_size(n, end = offset + (uint64_t)done);
	if (done > 0)
		ram_touch(n);
	else if (page_up(end) < n->data.room)
		(void)data_shrink(n, end); /* what grew for nothing; if it stays it does no harm */
	return done;
}

/* --- Holes --- */

constexpr uint64_t WINDOW = 4096 * RAM_PAGE;
constexpr unsigned WINDOWS = 64; /* looked at in one call; what is behind counts as data */

/* The first page from `at` on that is present or not, as `wanted` says, in one window. */
static enum err window_find(fut_handle memory, uint64_t at, uint64_t size, bool wanted,
			    uint64_t *found)
{
	uint64_t address;
	enum err e = fut_space_map(0, memory, 0, at, size, MAP_READ, &address);

	if (e != OK)
		return e;
	e = fut_space_present(address, size, piece, size / RAM_PAGE);
	(void)fut_space_unmap(0, address, size); /* if it stays it is only unused */
	*found = size;
	for (uint64_t i = size / RAM_PAGE; e == OK && i > 0; i--)
		if ((piece[i - 1] != 0) == wanted)
			*found = (i - 1) * RAM_PAGE;
	return e;
}

int64_t ram_seek(struct files_session *s, uint64_t offset, uint32_t whence)
{
	const struct ram_node *n = ram_of(s->node);
	bool wanted = whence == SEEK_DATA;
	uint64_t at = offset & ~(RAM_PAGE - 1), found;

	if (n->data.memory == 0 && n->data.packed != nullptr)
		return (int64_t)(wanted ? offset : n->node.size);
	if (n->data.memory == 0)
		return wanted ? -ENXIO : (int64_t)offset;
	for (unsigned i = 0; i < WINDOWS && at < n->data.room; i++, at += found) {
		uint64_t size = min(WINDOW, n->data.room - at);
		if (window_find(n->data.memory, at, size, wanted, &found) != OK)
			return -ENOMEM;
		if (found < size) {
			at += found;
			return (int64_t)(at > offset ? min(at, n->node.size) : offset);
		}
	}
	if (at < n->data.room)
		return (int64_t)(wanted ? at : n->node.size);
	return wanted ? -ENXIO : (int64_t)n->node.size;
}

static int allocate_pages(struct ram_node *n, uint64_t offset, uint64_t end)
{
	uint64_t at = offset & ~(RAM_PAGE - 1), done = 0;

	for (end = page_up(end); at < end; at += done) {
		uint64_t size = data_step(n, at, min(end - at, PIECE));
		size = page_up(size);
		if (fut_vmo_commit(n->data.memory, at, size, &done) != OK || done == 0 ||
		    data_keep(n, at) != 0)
			return -ENOSPC;
	}
	return 0;
}

/* Within one page at each end, and whole pages between. */
static int zero_range(struct ram_node *n, uint64_t offset, uint64_t end)
{
	static const char zero[RAM_PAGE];
	uint64_t first = page_up(offset), last = end & ~(RAM_PAGE - 1);
	fut_handle memory = n->data.memory;
	enum err e = OK;

	if (first > last) /* all in one page */
		return error_of(fut_vmo_write(memory, offset, zero, end - offset));
	if (offset < first)
		e = fut_vmo_write(memory, offset, zero, first - offset);
	if (e == OK && first < last)
		e = fut_vmo_zero(memory, first, last - first);
	if (e == OK && last < end)
		e = fut_vmo_write(memory, last, zero, end - last);
	data_count(n);
	return error_of(e);
}

int ram_allocate(struct files_session *s, uint32_t mode, uint64_t offset, uint64_t size)
{
	struct ram_node *n = ram_of(s->node);
	uint64_t was = n->node.size, end = offset + size;
	int e;

	if (mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & PUNCH_HOLE) && mode != (PUNCH_HOLE | KEEP_SIZE))
		return -EOPNOTSUPP;
	if (end > SIZE_LIMIT)
		return -EFBIG;
	/* What lies past the end is not kept for later: the object is as large as the file. */
	if (mode & KEEP_SIZE)
		end = min(end, was);
	if (offset >= end)
		return 0;
	e = data_memory(n);
	if (e == 0 && end > was)
		e = data_resize(n, end);
	if (e == 0 && (mode & (PUNCH_HOLE | ZERO_RANGE)))
		e = zero_range(n, offset, end);
	if (e == 0 && !(mode & PUNCH_HOLE))
		e = allocate_pages(n, offset, end);
	if (e != 0 && n->node.size != was)
		(void)data_resize(n, was); /* as it was before */
	if (e == 0)
		ram_touch(n);
	return e;
}

/* --- Sharing --- */

int ram_contents(struct files_session *s, fut_handle *memory)
{
	struct ram_node *n = ram_of(s->node);
	int e = data_memory(n);

	if (e != 0)
		return e;
	n->data.is_shared = n->data.is_shared || (s->flags & FILE_OPEN_WRITE);
	*memory = n->data.memory;
	return 0;
}

int ram_size_page(struct files_session *s, fut_handle *page)
{
	struct ram_node *n = ram_of(s->node);
	fut_handle made = n->data.size_page;

	if (made == 0) {
		if (fut_vmo_create(RAM_PAGE, 0, &made) != OK)
			return -ENOMEM;
		if (fut_vmo_write(made, 0, &n->node.size, sizeof(n->node.size)) != OK) {
			(void)fut_handle_close(made); /* ours */
			return -ENOMEM;
		}
		n->data.size_page = made;
	}
	*page = made;
	return 0;
}
