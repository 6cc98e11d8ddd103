/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Contents of regular files: sizes, reading and writing, holes, and memory for others. Past the
 * file's end the last page is zero, or becomes so before the file grows.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>
#include "services/fsd/data.h"

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
		error = data_room(n, size);
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
		uint64_t at = offset + done, part = min(size - done, DATA_PIECE - at % FSD_PAGE);
		e = data_need(n, at, part);
		if (e == 0)
			e = memory_error(fut_vmo_read(n->memory, at, data_piece, part));
		if (e == 0)
			e = files_give(to, done, data_piece, part);
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
		error = data_fetch(n, offset, 1);
	if (error == 0 && (offset + size) % FSD_PAGE != 0)
		error = data_fetch(n, offset + size - 1, 1);
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
		e = files_take(from, done, data_piece, size);
	if (e >= 0)
		e = ends_load(n, offset, size);
	if (e < 0)
		return e;
	e = pages_write(n, offset, data ? data + done : data_piece, size);
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
		e = data_room(n, offset + size);
	while (e >= 0 && done < size) {
		uint64_t at = offset + done, part = min(size - done, DATA_PIECE - at % FSD_PAGE);
		pages_trim();
		e = piece_write(n, at, from, data, done, part);
		if (e == -ENOMEM) {
			pages_shrink(fsd.npages / 2);
			e = piece_write(n, at, from, data, done, part);
		}
		if (e > 0)
			done += (size_t)e;
	}
	if (offset + done > end)
		size_set(n, offset + done);
	(void)data_room(n, n->node.size); /* what grew for nothing does no harm if it stays */
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
	if ((error = data_room(n, offset + size)) == 0)
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
