/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Contents of regular files. A memory object holds them, at least as large as the file; what lies
 * past the file's end is zero, or becomes so before the file grows. Once somebody else has the
 * object it is as large as the file in whole pages. A file of the bundle is read where it lies
 * until somebody writes or maps it.
 *
 * A busy file's object is mapped here, for the kernel to copy to and from; we never touch the
 * mapping ourselves, since for that the quota might have no page left.
 */
#include <stdlib.h>
#include <string.h>
#include "services/ramfsd/data.h"

constexpr size_t PIECE = 65536;             /* copied at a time, where two copies are needed */
constexpr uint64_t SIZE_LIMIT = 1ull << 46; /* half of what a memory object may have */
constexpr uint64_t HEADROOM = 1 << 20;      /* what a growing object gets beforehand, at most */
constexpr unsigned BUSY = 4;                /* calls, until an object is mapped */
constexpr uint64_t MAP_LEAST = 1 << 16, MAP_MOST = 1 << 30;

static char piece[PIECE];

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int error_of(enum err e)
{
	return e == OK ? 0 : e == ERR_NO_MEMORY || e == ERR_FULL ? -ENOSPC : -EIO;
}

/* --- What it occupies --- */

static void data_set_pages(struct ram_node *n, uint64_t pages)
{
	n->fs->pages += pages - n->data.pages;
	n->data.pages = pages;
}

void data_count(struct ram_node *n)
{
	uint64_t size, pages;
	uint32_t flags;

	if (n->data.memory != 0 && fut_vmo_info(n->data.memory, &size, &pages, &flags) == OK)
		data_set_pages(n, pages);
}

/* By mappings: a file without holes gets none. */
static bool may_get_pages(const struct ram_data *d)
{
	return (d->is_shared || d->is_sparse) && d->dense < d->room / RAM_PAGE;
}

bool data_unsteady(const struct ram_data *d)
{
	return may_get_pages(d);
}

uint64_t data_pages(struct ram_node *n)
{
	if (n->data.packed != nullptr)
		return page_up(n->data.packed_size) / RAM_PAGE;
	if (may_get_pages(&n->data))
		data_count(n);
	return n->data.pages;
}

/* [offset, offset + size) has been written. Without holes that says which pages are new. */
static void data_wrote(struct ram_node *n, uint64_t offset, uint64_t size)
{
	struct ram_data *d = &n->data;
	uint64_t first = offset / RAM_PAGE, end = page_up(offset + size) / RAM_PAGE;

	if (first > d->dense) {
		/* At most so many: data_count finds out. */
		d->is_sparse = true;
		data_set_pages(n, min(d->pages + (end - first), d->room / RAM_PAGE));
	} else if (end > d->dense) {
		data_set_pages(n, min(d->pages + (end - d->dense), d->room / RAM_PAGE));
		d->dense = end;
	}
}

uint64_t data_step(struct ram_node *n, uint64_t offset, uint64_t size)
{
	uint64_t most = n->fs->most_pages;
	uint64_t need = page_up(offset % RAM_PAGE + size) / RAM_PAGE;

	if (most == 0 || n->fs->pages + need <= most)
		return size;
	data_count(n); /* others may have written by mappings, and counts of holes are guesses */
	return n->fs->pages + need <= most ? size : min(size, RAM_PAGE - offset % RAM_PAGE);
}

int data_keep(struct ram_node *n, uint64_t offset, uint64_t size)
{
	uint64_t before = n->data.pages;

	if (n->fs->most_pages == 0 || n->fs->pages + size / RAM_PAGE + 1 < n->fs->most_pages) {
		data_wrote(n, offset, size);
		return 0;
	}
	data_count(n);
	if (n->data.pages <= before || n->fs->pages <= n->fs->most_pages)
		return 0;
	/* It was a page, and new. Zeroing one page is never too much. */
	(void)fut_vmo_zero(n->data.memory, offset & ~(RAM_PAGE - 1), RAM_PAGE);
	data_count(n);
	return -ENOSPC;
}

/* --- Memory --- */

static bool page_is_there(const struct ram_node *n, uint64_t index)
{
	const struct ram_data *d = &n->data;

	if (index < d->dense)
		return true;
	return (d->is_sparse || d->is_shared) &&
	       range_has(d->memory, index * RAM_PAGE, RAM_PAGE, true);
}

int data_zero(struct ram_node *n, uint64_t offset, uint64_t size)
{
	static const char zero[RAM_PAGE];

	if (!page_is_there(n, offset / RAM_PAGE))
		return 0;
	return error_of(fut_vmo_write(n->data.memory, offset, zero, size));
}

/* Zero what lies in the page of `from`, behind it. */
static int data_zero_tail(struct ram_node *n, uint64_t from)
{
	uint64_t end = page_up(from);

	return from == end || end > n->data.room ? 0 : data_zero(n, from, end - from);
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
	d->dense = d->room / RAM_PAGE;
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

int data_memory(struct ram_node *n)
{
	struct ram_data *d = &n->data;

	if (d->memory != 0)
		return 0;
	if (d->packed != nullptr)
		return data_unpack(n);
	uint64_t room = page_up(n->node.size);
	enum err e = fut_vmo_create(room ? room : RAM_PAGE, 0, &d->memory);
	if (e != OK)
		d->memory = 0;
	else
		d->room = room ? room : RAM_PAGE;
	return error_of(e);
}

static void data_unmap(struct ram_data *d)
{
	if (d->map == nullptr)
		return;
	/* If it stays mapped for lack of memory it is only unused. */
	(void)fut_space_unmap(0, (uint64_t)d->map, d->map_size);
	d->map = nullptr;
	d->map_size = 0;
}

/* Is [0, end) mapped? It is if the file is busy; with space to grow into. */
static bool data_map(struct ram_data *d, uint64_t end)
{
	uint64_t size = d->map_size ? 2 * d->map_size : MAP_LEAST, at;

	if (end <= d->map_size)
		return true;
	if (d->uses < BUSY || end > MAP_MOST) {
		d->uses++;
		return false;
	}
	data_unmap(d);
	while (size < end)
		size *= 2;
	if (fut_space_map(0, d->memory, 0, 0, size, MAP_READ | MAP_WRITE, &at) != OK)
		return false;
	d->map = (char *)at;
	d->map_size = size;
	return true;
}

/* --- Size --- */

static void data_set_size(struct ram_node *n, uint64_t size)
{
	n->node.size = size;
	if (n->data.size_page != 0)
		/* This cannot fail: the page is there. */
		(void)fut_vmo_write(n->data.size_page, 0, &size, sizeof(size));
}

static int data_set_room(struct ram_data *d, uint64_t room)
{
	enum err e = room != d->room ? fut_vmo_resize(d->memory, room) : OK;

	if (e == OK)
		d->room = room;
	return error_of(e);
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
	int e = data_set_room(d, page_up(size));
	if (e != 0)
		return e;
	d->dense = min(d->dense, d->room / RAM_PAGE);
	if (d->is_sparse || d->is_shared)
		data_count(n);
	else
		data_set_pages(n, d->dense);
	return data_zero_tail(n, size);
}

/* Make room for the size. Others must not see more of the object than the file has. */
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
	if (room <= d->room)
		return 0;
	if (!d->is_given)
		room += min(d->room, HEADROOM);
	return data_set_room(d, room);
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
	data_set_pages(n, 0);
	data_unmap(&n->data);
	seals_fini(&n->data);
	if (n->data.memory != 0)
		(void)fut_handle_close(n->data.memory); /* ours */
	if (n->data.size_page != 0)
		(void)fut_handle_close(n->data.size_page); /* ours */
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
	struct ram_data *d = &n->data;

	if (d->packed != nullptr)
		return files_give(to, done, d->packed + offset, size);
	if (d->memory == 0)
		return read_zeros(to, done, size);
	if (data_map(d, offset + size))
		return files_give(to, done, d->map + offset, size);
	size = min(size, PIECE);
	enum err e = fut_vmo_read(d->memory, offset, piece, size);
	return e == OK ? files_give(to, done, piece, size) : error_of(e);
}

/* As Linux does where nothing else is said (relatime): once after each change, and once a day. */
static void atime_update(struct files_server *server, struct ram_node *n)
{
	constexpr int64_t DAY = 86'400'000'000'000;
	int64_t now = files_now();

	if (n->atime > n->mtime && n->atime > n->ctime && now - n->atime < DAY)
		return;
	files_changed(server, FILES_CHANGES_FILE);
	n->atime = now;
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
		atime_update(s->line->server, node);
	return (int64_t)done;
}

/* `data` is small, and in our own memory: it goes by the kernel too, which may be out of pages. */
static int64_t write_piece(struct ram_node *n, uint64_t offset, const struct lent *from,
			   const char *data, uint64_t done, size_t size)
{
	int64_t e;

	size = data_step(n, offset, size);
	if (data == nullptr && data_map(&n->data, offset + size)) {
		e = files_take(from, done, n->data.map + offset, size);
	} else {
		size = min(size, PIECE);
		e = data == nullptr ? files_take(from, done, piece, size) : 0;
		if (e >= 0)
			e = error_of(fut_vmo_write(n->data.memory, offset,
						   data ? data + done : piece, size));
	}
	if (e >= 0)
		e = data_keep(n, offset, size);
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
	int64_t done = seals_check_write(n, offset, &size);
	if (done == 0)
		done = data_memory(n);
	if (done == 0 && offset + size > end)
		done = data_grow(n, offset + size);
	if (done == 0)
		done = write_pieces(n, offset, from, data, size);
	if (done > 0 && offset + (uint64_t)done > end)
		data_set_size(n, end = offset + (uint64_t)done);
	if (done > 0)
		ram_touch(n);
	window_wrote(s);
	if (done < (int64_t)size && n->data.memory != 0)
		(void)data_shrink(n, end); /* what grew for nothing; if it stays it does no harm */
	return done;
}

/* --- Sharing --- */

int ram_contents(struct files_session *s, bool write, fut_handle *memory)
{
	struct ram_node *n = ram_of(s->node);

	if (n->data.memory == 0 || write)
		files_changed(s->line->server, FILES_CHANGES_FILE); /* how many pages there are */
	int e = data_memory(n);
	if (e == 0)
		e = data_set_room(&n->data, page_up(n->node.size));
	if (e != 0)
		return e;
	n->data.is_given = true;
	n->data.is_shared = n->data.is_shared || write;
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
