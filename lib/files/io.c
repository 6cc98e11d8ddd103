/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing, and the offset that all holders of a description share. */
#include <string.h>
#include <unistd.h>
#include "lib/files/internal.h"

/* --- The caller's memory --- */

static int64_t lent_result(enum err e, size_t n, int64_t no_memory)
{
	switch (e) {
	case OK:
		return (int64_t)n;
	case ERR_AGAIN:
		return FILES_AGAIN;
	case ERR_NO_MEMORY:
		return no_memory;
	default:
		return -EFAULT;
	}
}

int64_t files_give(const struct lent *to, uint64_t offset, const void *from, size_t n)
{
	return n == 0 ? 0 : lent_result(lent_write(to, offset, from, n), n, -ENOMEM);
}

/* What is taken goes to a file's pages, which there may be no room for. */
int64_t files_take(const struct lent *from, uint64_t offset, void *to, size_t n)
{
	return n == 0 ? 0 : lent_result(lent_read(from, offset, to, n), n, -ENOSPC);
}

int64_t files_read_text(const struct lent *to, size_t n, uint64_t offset, const void *text,
			size_t size)
{
	if (offset >= size)
		return 0;
	if (n > size - offset)
		n = size - offset;
	return files_give(to, 0, (const char *)text + offset, n);
}

int64_t files_take_text(const struct lent *from, const void *data, size_t n, char *text,
			size_t room)
{
	if (n >= room)
		return -EINVAL;
	if (from == nullptr)
		memcpy(text, data, n);
	else if (lent_read(from, 0, text, n) != OK)
		return -EFAULT;
	text[n] = '\0';
	return (int64_t)n;
}

/* An outcome for the caller, or the error that makes its stub repeat the call. */
static enum err told(int64_t outcome, int64_t *to)
{
	if (outcome == FILES_AGAIN)
		return ERR_AGAIN;
	*to = outcome;
	return OK;
}

/* --- The offset --- */

/* Where an operation at the slot's offset took place, for undoing. */
struct span {
	uint64_t at;
	size_t n;
	bool moved;
};

/*
 * Claim up to n bytes at `offset`, of a file that ends at `end`. The slot's offset is moved before
 * the data is, so that nobody else reads or writes the same.
 */
static struct span span_claim(struct files_session *s, uint64_t offset, size_t n, uint64_t end)
{
	struct span span = { offset, n, offset == FILE_AT_STATE };
	uint64_t was;

	if (span.moved)
		was = atomic_load_explicit(&s->state->offset, memory_order_relaxed);
	do {
		if (span.moved)
			span.at = was;
		if (span.at >= end)
			span.n = 0;
		else if (n > end - span.at)
			span.n = end - span.at;
	} while (span.moved && span.n > 0 &&
		 !atomic_compare_exchange_weak(&s->state->offset, &was, span.at + span.n));
	return span;
}

/* Only `done` bytes came of it. If others have moved the offset since, theirs counts. */
static void span_settle(struct files_session *s, const struct span *span, int64_t done)
{
	uint64_t claimed = span->at + span->n;

	if (span->moved && done != (int64_t)span->n)
		atomic_compare_exchange_strong(&s->state->offset, &claimed,
					       span->at + (done > 0 ? (uint64_t)done : 0));
}

/* --- Read --- */

static int64_t read_at(struct files_session *s, const struct file_read_args *a)
{
	const struct files_node_ops *ops = s->node->system->ops;
	bool is_sized = S_ISREG(s->node->mode) && !s->node->system->unsized;

	if (!(s->flags & FILE_OPEN_READ))
		return -EBADF;
	if (S_ISDIR(s->node->mode))
		return -EISDIR;
	if (ops->read == nullptr || (a->offset > INT64_MAX && a->offset != FILE_AT_STATE))
		return -EINVAL;
	struct span span = span_claim(s, a->offset, a->to.size,
				      is_sized ? s->node->size : (uint64_t)INT64_MAX);
	if (span.n == 0)
		return 0;
	int64_t done = ops->read(s, span.at, &a->to, span.n);
	span_settle(s, &span, done);
	return done;
}

enum err on_read(void *self, uint64_t badge, const struct file_read_args *a,
		 struct file_read_results *r)
{
	SESSION(s);
	return told(read_at(s, a), &r->outcome);
}

/* --- Write --- */

/* Move the slot's offset to where an appending write ends. */
static struct span span_append(struct files_session *s, uint64_t offset, size_t n)
{
	struct span span = { s->node->size, n, offset == FILE_AT_STATE };

	if (span.moved)
		atomic_store(&s->state->offset, span.at + n);
	return span;
}

static int64_t write_at(struct files_session *s, uint64_t offset, const struct lent *from,
			const void *data, size_t n)
{
	const struct files_node_ops *ops = s->node->system->ops;
	struct span span;

	if (!(s->flags & FILE_OPEN_WRITE))
		return -EBADF;
	if (ops->write == nullptr || (offset > INT64_MAX && offset != FILE_AT_STATE))
		return -EINVAL;
	if (n == 0)
		return 0;
	if (S_ISREG(s->node->mode) &&
	    (atomic_load_explicit(&s->state->status, memory_order_relaxed) & STATUS_APPEND))
		span = span_append(s, offset, n);
	else
		span = span_claim(s, offset, n, INT64_MAX);
	if (span.n == 0)
		return -EFBIG;
	privileges_drop(s->line, s->node);
	int64_t done = ops->write(s, span.at, from, data, span.n);
	span_settle(s, &span, done);
	return done;
}

enum err on_write(void *self, uint64_t badge, const struct file_write_args *a,
		  struct file_write_results *r)
{
	SESSION(s);
	return told(write_at(s, a->offset, &a->from, nullptr, a->from.size), &r->outcome);
}

enum err on_write_short(void *self, uint64_t badge, const struct file_write_short_args *a,
			struct file_write_short_results *r)
{
	SESSION(s);
	return told(write_at(s, a->offset, nullptr, a->data, a->data_len), &r->outcome);
}

/* --- Seek --- */

static int64_t seek_from(const struct files_session *s, int64_t by, uint32_t whence)
{
	int64_t base = 0;

	if (whence == SEEK_CUR)
		base = (int64_t)atomic_load(&s->state->offset);
	else if (whence == SEEK_END)
		base = (int64_t)s->node->size;
	if (__builtin_add_overflow(base, by, &base))
		return -EOVERFLOW;
	return base < 0 ? -EINVAL : base;
}

/* Without help from the file's operations, it is one piece of data up to its end. */
static int64_t seek_data(struct files_session *s, uint64_t offset, uint32_t whence)
{
	const struct files_node_ops *ops = s->node->system->ops;

	if (offset >= s->node->size)
		return -ENXIO;
	if (ops->seek != nullptr)
		return ops->seek(s, offset, whence);
	return (int64_t)(whence == SEEK_DATA ? offset : s->node->size);
}

static int64_t seek_to(struct files_session *s, const struct file_seek_args *a)
{
	uint32_t mode = s->node->mode;
	int64_t to;

	if (s->state == nullptr)
		return -EBADF;
	if (S_ISFIFO(mode) || S_ISSOCK(mode))
		return -ESPIPE;
	if (a->whence <= SEEK_END)
		to = seek_from(s, (int64_t)a->offset, a->whence);
	else if (S_ISREG(mode) && (a->whence == SEEK_DATA || a->whence == SEEK_HOLE))
		to = seek_data(s, a->offset, a->whence);
	else
		return -EINVAL;
	if (to >= 0)
		atomic_store(&s->state->offset, (uint64_t)to);
	return to;
}

enum err on_seek(void *self, uint64_t badge, const struct file_seek_args *a,
		 struct file_seek_results *r)
{
	SESSION(s);
	r->outcome = seek_to(s, a);
	return OK;
}

/* --- Memory --- */

/* A duplicate for the caller of memory that stays ours. */
static int memory_share(fut_handle memory, uint32_t rights, fut_handle *handle)
{
	enum err e = fut_handle_duplicate(
		memory, rights | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT,
		handle);

	return e == OK ? 0 : -ENOMEM;
}

/* What may be read may be run, as a library is; whether to run it as a program `open` has asked. */
static uint32_t contents_rights(uint32_t flags)
{
	return (flags & (FILE_OPEN_READ | FILE_EXECUTE) ? RIGHT_READ | RIGHT_EXECUTE : 0) |
	       (flags & FILE_OPEN_WRITE ? RIGHT_WRITE : 0);
}

enum err on_contents(void *self, uint64_t badge, const struct file_contents_args *a,
		     struct file_contents_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;
	uint32_t rights = contents_rights(s->flags);
	fut_handle memory;

	if (a->write == 0)
		rights &= ~RIGHT_WRITE;
	if (rights == 0)
		r->outcome = -EBADF;
	else if (!S_ISREG(s->node->mode) || ops->contents == nullptr)
		r->outcome = -ENODEV;
	else
		r->outcome = ops->contents(s, rights & RIGHT_WRITE, &memory);
	if (r->outcome == 0 && (rights & RIGHT_WRITE) && ops->lend != nullptr)
		r->outcome = ops->lend(s, &memory);
	r->lent = r->outcome == 1;
	if (r->outcome >= 0)
		r->outcome = memory_share(memory, rights, &r->memory);
	return OK;
}

enum err on_use(void *self, uint64_t badge, struct file_use_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;

	if (!(s->flags & FILE_OPEN_WRITE))
		r->outcome = -EBADF;
	else if (!S_ISREG(s->node->mode) || ops->use == nullptr)
		r->outcome = -EINVAL;
	else
		r->outcome = ops->use(s, &r->use);
	return OK;
}

enum err on_size_page(void *self, uint64_t badge, struct file_size_page_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;
	fut_handle page;

	if (s->state == nullptr)
		r->outcome = -EBADF;
	else if (!S_ISREG(s->node->mode) || ops->size_page == nullptr)
		r->outcome = -ENODEV;
	else
		r->outcome = ops->size_page(s, &page);
	if (r->outcome == 0)
		r->outcome = memory_share(page, RIGHT_READ, &r->page);
	return OK;
}

enum err on_window(void *self, uint64_t badge, struct file_window_results *r)
{
	SESSION(s);
	constexpr uint32_t BOTH = FILE_OPEN_READ | FILE_OPEN_WRITE;
	const struct files_node_ops *ops = s->node->system->ops;
	fut_handle memory;

	if ((s->flags & BOTH) != BOTH)
		r->outcome = -EBADF;
	else if (!S_ISREG(s->node->mode) || ops->window == nullptr)
		r->outcome = -ENODEV;
	else
		r->outcome = ops->window(s, &memory);
	if (r->outcome != 0)
		return OK;
	privileges_drop(s->line, s->node); /* it is about to be written */
	r->outcome = memory_share(memory, RIGHT_READ | RIGHT_WRITE, &r->memory);
	return OK;
}

/* --- The rest --- */

static int allocate(struct files_session *s, const struct file_allocate_args *a)
{
	const struct files_node_ops *ops = s->node->system->ops;

	if (!(s->flags & FILE_OPEN_WRITE))
		return -EBADF;
	if (S_ISDIR(s->node->mode))
		return -EISDIR;
	if (S_ISFIFO(s->node->mode))
		return -ESPIPE;
	if (!S_ISREG(s->node->mode))
		return -ENODEV;
	if (a->size == 0 || a->offset > INT64_MAX || a->size > INT64_MAX)
		return -EINVAL;
	if (a->size > INT64_MAX - a->offset)
		return -EFBIG;
	if (ops->allocate == nullptr)
		return -EOPNOTSUPP;
	privileges_drop(s->line, s->node);
	return ops->allocate(s, a->mode, a->offset, a->size);
}

enum err on_allocate(void *self, uint64_t badge, const struct file_allocate_args *a,
		     struct file_allocate_results *r)
{
	SESSION(s);
	r->outcome = allocate(s, a);
	return OK;
}

/* Seals are numbered as in Linux's fcntl. */
enum err on_seal(void *self, uint64_t badge, const struct file_seal_args *a,
		 struct file_seal_results *r)
{
	SESSION(s);
	constexpr uint32_t SEALS = 31; /* F_SEAL_SEAL to F_SEAL_FUTURE_WRITE */
	const struct files_node_ops *ops = s->node->system->ops;

	if (!(s->flags & FILE_OPEN_WRITE))
		r->outcome = -EPERM;
	else if (!S_ISREG(s->node->mode) || ops->seal == nullptr || (a->add & ~SEALS))
		r->outcome = -EINVAL;
	else
		r->outcome = ops->seal(s, a->add);
	return OK;
}

enum err on_seals(void *self, uint64_t badge, struct file_seals_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;

	if (!S_ISREG(s->node->mode) || ops->seals == nullptr)
		r->outcome = -EINVAL;
	else
		r->seals = ops->seals(s);
	return OK;
}

enum err on_sync(void *self, uint64_t badge, const struct file_sync_args *a,
		 struct file_sync_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;

	if (s->state == nullptr)
		r->outcome = -EBADF;
	else if (ops->sync != nullptr)
		r->outcome = ops->sync(s, a->data_only != 0);
	return OK;
}

enum err on_sync_all(void *self, uint64_t badge, struct file_sync_all_results *r)
{
	SESSION(s);
	struct files_system *fs = s->node->system;

	r->outcome = fs->ops->sync_all ? fs->ops->sync_all(fs) : 0;
	return OK;
}

/* As statfs(2) has them. */
static uint32_t statfs_flags(const struct files_session *s)
{
	constexpr uint32_t VALID = 0x20, READ_ONLY = 1, NO_PRIVILEGE = 2, NO_DEVICES = 4,
			   NO_EXECUTE = 8, RELATIVE_TIMES = 4096, NO_LINKS = 0x2000;
	uint32_t flags = s->line->who.flags;

	return VALID | RELATIVE_TIMES | (files_read_only(s->line, s->node) ? READ_ONLY : 0) |
	       (flags & FILES_LINE_NO_PRIVILEGE ? NO_PRIVILEGE : 0) |
	       (flags & FILES_LINE_NO_DEVICES ? NO_DEVICES : 0) |
	       (flags & FILES_LINE_NO_EXECUTE ? NO_EXECUTE : 0) |
	       (flags & FILES_LINE_NO_LINKS ? NO_LINKS : 0);
}

enum err on_statfs(void *self, uint64_t badge, struct file_statfs_results *r)
{
	SESSION(s);
	struct files_system *fs = s->node->system;

	r->block_size = 4096;
	r->name_max = FILES_NAME;
	r->id = fs->device;
	if (fs->ops->statfs != nullptr)
		fs->ops->statfs(fs, r);
	r->flags |= statfs_flags(s);
	return OK;
}

enum err on_pipe(void *self, uint64_t badge, struct file_pipe_results *r)
{
	SESSION(s);
	const struct files_node_ops *ops = s->node->system->ops;

	if (!S_ISFIFO(s->node->mode) || !(s->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE)) ||
	    ops->pipe == nullptr || ops->pipe(s, r) != 0)
		return ERR_BAD_STATE;
	return OK;
}
