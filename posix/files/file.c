/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files of a server. The first reads are messages; a file that is read again has its contents and
 * its size mapped, and reading is a copy from then on. So is writing over what is there, where the
 * server allows it.
 */
#include "posix/files/file.h"
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/device.h"
#include "posix/files/idle.h"
#include "posix/files/known.h"
#include "posix/files/locks.h"
#include "posix/files/states.h"
#include "posix/files/place.h"
#include "posix/ipc/pipe.h"
#include "posix/mm/maps.h"

/* From how many reads or writes on it is worth mapping, and how much at most. */
constexpr unsigned USES_BEFORE_WINDOW = 2;
constexpr uint64_t WINDOW_MOST = 1ull << 30;
constexpr int64_t MESSAGE_MOST = 1048576; /* bytes that one message lends */

/* description.own of a regular file */
struct contents {
	_Atomic uint32_t users; /* threads that look into the window; WINDOW_CHANGES */
	unsigned nreads, nwrites;
	uint64_t written;   /* to here at most: only what is written again is worth a window */
	bool refused;       /* the server gives no memory object */
	bool is_writable;   /* the window is */
	bool write_refused; /* and is not to be */
	const volatile uint64_t *size;
	char *window;
	uint64_t window_size;
};

constexpr uint32_t WINDOW_CHANGES = 1u
				    << 31; /* one of them changes it: all others go by messages */

static bool window_enter(struct contents *c)
{
	if (c == nullptr)
		return false;
	if ((atomic_fetch_add(&c->users, 1) & WINDOW_CHANGES) == 0)
		return true;
	atomic_fetch_sub(&c->users, 1);
	return false;
}

static void window_leave(struct contents *c)
{
	atomic_fetch_sub(&c->users, 1);
}

/* Who has entered alone may change it. */
static bool window_change(struct contents *c)
{
	uint32_t one = 1;

	return atomic_compare_exchange_strong(&c->users, &one, 1 | WINDOW_CHANGES);
}

static void window_changed(struct contents *c)
{
	atomic_fetch_and(&c->users, ~WINDOW_CHANGES);
}

static struct remote remote_of(const struct description *d)
{
	return (struct remote){ .session = d->a };
}

static bool is_regular(const struct description *d)
{
	return S_ISREG(d->mode);
}

/* Whoever reads it gets all that he asks for, up to the end. */
static bool has_size(const struct description *d)
{
	return is_regular(d) || S_ISBLK(d->mode);
}

int64_t file_ask(struct description *d, struct attributes *a)
{
	struct remote r = remote_of(d);
	int32_t outcome;
	size_t rest_length;
	char rest[1];
	enum err e =
		file_stat(&r, 0, "", 0, &a->size, &a->blocks, &a->atime, &a->mtime, &a->ctime,
			  &a->btime, &a->node, &a->device, &a->rdev, &outcome, &a->mode, &a->nlink,
			  &a->uid, &a->gid, &a->block_size, rest, sizeof(rest), &rest_length);

	return e != OK ? file_error(e) : outcome;
}

int64_t file_size(struct description *d)
{
	struct attributes a = {};
	int64_t error = file_ask(d, &a);

	return error < 0 ? error : (int64_t)a.size;
}

/* With `write` to be written too if the description may be, for as long as `use` is kept. */
static int64_t contents_get(struct description *d, bool write, fut_handle *vmo, fut_handle *use)
{
	struct remote r = remote_of(d);
	int32_t outcome;
	uint32_t lent;
	enum err e = file_contents(&r, write, vmo, &outcome, &lent);

	*use = 0;
	if (e != OK || outcome != 0 || lent == 0)
		return e != OK ? file_error(e) : outcome;
	e = file_use(&r, use, &outcome);
	if (e != OK || outcome != 0)
		(void)fut_handle_close(*vmo); /* ours */
	return e != OK ? file_error(e) : outcome;
}

int64_t file_memory(struct description *d, fut_handle *vmo)
{
	fut_handle none;

	return contents_get(d, false, vmo, &none);
}

/* --- Reading --- */

static void window_drop(struct contents *c)
{
	if (c->window != nullptr)
		window_unmap(c->window, c->window_size);
	c->window = nullptr;
}

static int64_t memory_to_write(struct description *d, fut_handle *vmo)
{
	struct remote r = remote_of(d);
	int32_t outcome;
	enum err e = file_window(&r, vmo, &outcome);

	return e != OK ? file_error(e) : outcome;
}

/* Map what the file holds now. */
static bool window_make(struct description *d, struct contents *c, bool write)
{
	fut_handle vmo;
	uint64_t size = page_up(*c->size);
	void *at;

	if (size == 0 || size > WINDOW_MOST ||
	    (write ? memory_to_write(d, &vmo) : file_memory(d, &vmo)) != 0)
		return false;
	window_drop(c);
	enum err e =
		window_map(vmo, 0, size, MAP_READ | (write ? MAP_WRITE : 0) | INHERIT_SHARE, &at);
	(void)fut_handle_close(vmo); /* the mapping keeps it */
	if (e != OK)
		return false;
	c->window = at;
	c->window_size = size;
	c->is_writable = write;
	return true;
}

static bool size_map(struct description *d, struct contents *c)
{
	struct remote r = remote_of(d);
	fut_handle page;
	int32_t outcome;
	void *at;

	if (file_size_page(&r, &page, &outcome) != OK || outcome != 0)
		return false;
	enum err e = window_map(page, 0, PAGE, MAP_READ | INHERIT_SHARE, &at);
	(void)fut_handle_close(page); /* the mapping keeps it */
	c->size = e == OK ? at : nullptr;
	return e == OK;
}

/* Is [0, end) of the file in our window? */
static bool window_reaches(struct description *d, struct contents *c, uint64_t end)
{
	if (end <= c->window_size && c->window != nullptr)
		return true;
	if (c->refused || ++c->nreads <= USES_BEFORE_WINDOW || !window_change(c))
		return false;
	c->refused = (c->size == nullptr && !size_map(d, c)) || !window_make(d, c, c->is_writable);
	window_changed(c);
	return !c->refused && end <= c->window_size;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The range that a read at the description's offset covers, taken before it is copied. */
static uint64_t take_range(struct description *d, uint64_t size, uint64_t end, uint64_t *at)
{
	uint64_t n;

	*at = atomic_load(&d->state->offset);
	do {
		n = *at < end ? least(size, end - *at) : 0;
	} while (n > 0 && !atomic_compare_exchange_weak(&d->state->offset, at, *at + n));
	return n;
}

/* From the window; -EAGAIN if it must be asked of the server. */
static int64_t read_window(struct description *d, struct contents *c, uint64_t to, uint64_t size,
			   uint64_t at)
{
	uint64_t end, n;

	if (c->window == nullptr && !window_reaches(d, c, 1))
		return -EAGAIN;
	end = *c->size;
	if (end > c->window_size && !window_reaches(d, c, end))
		return -EAGAIN;
	if (at == FILE_AT_STATE)
		n = take_range(d, size, end, &at);
	else
		n = at < end ? least(size, end - at) : 0;
	/* A file that shrinks under us gives less, as a read that comes a moment later would. */
	uint64_t done = guest_put_some(to, c->window + at, n);
	return n > 0 && done == 0 ? -EFAULT : (int64_t)done;
}

/* A file is read to its end or the buffer's, though a message carries less. */
static int64_t read_messages(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	struct remote r = remote_of(d);
	uint64_t done = 0;
	int64_t outcome;
	enum err e;

	do {
		e = file_read(&r, at == FILE_AT_STATE ? at : at + done, (void *)(to + done),
			      least(size - done, MESSAGE_MOST), &outcome);
		if (e != OK || outcome < 0)
			break;
		done += (uint64_t)outcome;
	} while (has_size(d) && outcome == MESSAGE_MOST && done < size);
	return done > 0 ? (int64_t)done : e != OK ? file_error(e) : outcome;
}

static int64_t read(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	struct contents *c = d->own;
	int64_t outcome = -EAGAIN;

	if (window_enter(c)) {
		outcome = read_window(d, c, to, size, at);
		window_leave(c);
	}
	return outcome != -EAGAIN ? outcome : read_messages(d, to, size, at);
}

/* --- Writing --- */

/* A window that may be written, if it is worth it: a file that grows is not mapped at each step. */
static bool window_open(struct description *d, struct contents *c)
{
	if (c->write_refused || ++c->nwrites <= USES_BEFORE_WINDOW || !window_change(c))
		return false;
	c->write_refused = c->size == nullptr && !size_map(d, c);
	if (!c->write_refused && (!c->is_writable || *c->size >= 2 * c->window_size))
		c->write_refused = !window_make(d, c, true);
	window_changed(c);
	return !c->write_refused;
}

/* Is the write over what this description wrote before? */
static bool writes_again(struct description *d, struct contents *c, uint64_t size, uint64_t at)
{
	uint64_t end = (at == FILE_AT_STATE ? atomic_load(&d->state->offset) : at) + size;

	if (end <= c->written)
		return true;
	c->written = end;
	return false;
}

/* Claim the range that a write at the description's offset covers, all within the file. */
static bool claim_range(struct description *d, uint64_t size, uint64_t end, uint64_t *at)
{
	*at = atomic_load(&d->state->offset);
	do {
		if (*at > end || size > end - *at)
			return false;
	} while (!atomic_compare_exchange_weak(&d->state->offset, at, *at + size));
	return true;
}

static void claim_settle(struct description *d, uint64_t at, uint64_t size, uint64_t done)
{
	uint64_t claimed = at + size;

	atomic_compare_exchange_strong(&d->state->offset, &claimed, at + done);
}

/* Leave the time of a write; false if it is to be a message. */
static bool write_tell(struct file_state *state)
{
	int64_t was = atomic_load_explicit(&state->written, memory_order_relaxed), now;

	if (was == 0)
		return false;
	now = (int64_t)(clock_now() + clock_wall());
	while (was != 0)
		if (atomic_compare_exchange_weak(&state->written, &was, now))
			return true;
	return false;
}

/* Over what is there, through the window; -EAGAIN if the server has to do it. */
static int64_t write_window(struct description *d, struct contents *c, uint64_t from, uint64_t size,
			    uint64_t at)
{
	bool moves = at == FILE_AT_STATE;
	uint64_t end, done;

	if (size == 0 ||
	    (!c->is_writable && !(writes_again(d, c, size, at) && window_open(d, c))) ||
	    (atomic_load_explicit(&d->state->status, memory_order_relaxed) & STATUS_APPEND) != 0)
		return -EAGAIN;
	end = *c->size;
	if (moves ? !claim_range(d, size, end, &at) : at > end || size > end - at)
		return -EAGAIN;
	done = 0;
	if ((at + size <= c->window_size || (window_open(d, c) && at + size <= c->window_size)) &&
	    write_tell(d->state))
		done = guest_get_some(c->window + at, from, size);
	if (moves && done < size)
		claim_settle(d, at, size, done);
	return done > 0 ? (int64_t)done : -EAGAIN;
}

static int64_t write_message(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	constexpr uint64_t SHORT = 1024;
	struct remote r = remote_of(d);
	int64_t outcome;
	enum err e;

	if (size <= SHORT) {
		char data[SHORT];
		if (guest_get(data, from, size) != 0)
			return -EFAULT;
		e = file_write_short(&r, at, data, size, &outcome);
	} else {
		e = file_write(&r, at, (const void *)from, least(size, MESSAGE_MOST), &outcome);
	}
	return e != OK ? file_error(e) : outcome;
}

int64_t file_secure(struct description *d, int64_t done)
{
	uint32_t status = atomic_load_explicit(&d->state->status, memory_order_relaxed);
	struct remote r = remote_of(d);
	int64_t outcome;

	if (!(status & (STATUS_SYNC | STATUS_DSYNC)))
		return done;
	enum err e = file_sync(&r, (status & STATUS_SYNC) != STATUS_SYNC, &outcome);
	return e != OK ? file_error(e) : outcome < 0 ? outcome : done;
}

static int64_t write(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	struct contents *c = d->own;
	int64_t outcome = -EAGAIN;

	if (d->access == 3 && window_enter(c)) {
		outcome = write_window(d, c, from, size, at);
		window_leave(c);
	}
	if (outcome == -EAGAIN)
		outcome = write_message(d, from, size, at);
	return outcome > 0 ? file_secure(d, outcome) : outcome;
}

static int64_t seek(struct description *d, int64_t offset, unsigned whence)
{
	struct remote r = remote_of(d);
	int64_t outcome;

	if (whence == SEEK_SET && is_regular(d)) {
		if (offset < 0)
			return -EINVAL;
		atomic_store(&d->state->offset, (uint64_t)offset);
		return offset;
	}
	enum err e = file_seek(&r, (uint64_t)offset, whence, &outcome);
	return e != OK ? file_error(e) : outcome;
}

static int64_t map(struct description *d, bool shared, struct map_backing **b)
{
	fut_handle vmo, use;
	int64_t error;

	if (!is_regular(d))
		return -ENODEV;
	error = contents_get(d, shared, &vmo, &use);
	if (error != 0)
		return error;
	place_remember(d);
	*b = backing_new(vmo, d->path != nullptr ? d->path : "", d->node, d->mount);
	if (*b != nullptr)
		(*b)->use = use;
	else if (use != 0)
		(void)fut_handle_close(use); /* ours */
	return *b != nullptr ? 0 : -ENOMEM;
}

static void close_file(struct description *d)
{
	struct contents *c = d->own;

	if (c == nullptr)
		return;
	window_drop(c);
	if (c->size != nullptr)
		window_unmap((void *)(uintptr_t)c->size, PAGE);
	heap_free(c);
	d->own = nullptr;
}

static const struct description_ops file_ops = {
	.read = read,
	.write = write,
	.seek = seek,
	.ioctl = file_ioctl,
	.map = map,
	.close = close_file,
	.closing = lock_closing,
};

static const struct description_ops place_ops = {};

int64_t place_of(fut_handle session, struct line *line, struct description **to)
{
	struct opened o = {
		.session = session, .slot = FILE_SLOT_NONE, .mode = S_IFDIR, .line = line
	};

	return file_description(&o, FILE_PATH, 0, to);
}

/* --- Opening --- */

static uint32_t access_of(uint32_t flags)
{
	return ((flags & FILE_OPEN_READ) != 0 ? 1 : 0) | ((flags & FILE_OPEN_WRITE) != 0 ? 2 : 0);
}

int64_t file_description(const struct opened *o, uint32_t flags, uint32_t status,
			 struct description **to)
{
	bool is_place = (flags & FILE_PATH) != 0;
	struct description *d = description_new(is_place ? &place_ops : &file_ops);
	int64_t error = 0;

	if (d == nullptr) {
		(void)fut_handle_close(o->session); /* ours */
		return -ENOMEM;
	}
	d->a = o->session;
	d->kind = DESCRIPTOR_FILE;
	d->access = is_place ? 0 : access_of(flags);
	d->slot = o->slot;
	d->line = o->line != nullptr || !is_place ? line_hold(o->line) : line_new();
	d->mount = o->mount;
	d->mode = o->mode;
	d->node = o->node;
	if (S_ISREG(o->mode) && !is_place) {
		d->own = heap_new(sizeof(struct contents));
		error = d->own != nullptr ? 0 : -ENOMEM;
	} else if (S_ISCHR(o->mode) || S_ISBLK(o->mode)) {
		d->device = o->size;
	}
	if (error == 0 && !is_place && o->slot != FILE_SLOT_NONE)
		error = states_map(d);
	if (error == 0 && status != 0)
		atomic_store(&d->state->status, status);
	if (error == 0 && !is_place && !S_ISREG(o->mode) && !S_ISDIR(o->mode))
		error = o->imported && S_ISFIFO(o->mode) ? fifo_import(&d)
							 : device_become(&d, flags, status);
	if (error != 0)
		description_drop(d);
	*to = error == 0 ? d : nullptr;
	return error;
}

bool file_reopen(struct description *d)
{
	d->own = heap_new(sizeof(struct contents));
	atomic_store(&d->state->offset, 0);
	atomic_store(&d->state->status, 0);
	return d->own != nullptr;
}

int64_t file_open_at(struct walk *w, uint32_t flags, uint32_t status, uint32_t permissions,
		     struct description **d)
{
	struct opening opening = {};
	int64_t result = 0;

	if (flags == FILE_OPEN_READ && status == 0 && (*d = idle_take(w, &opening)) != nullptr)
		return 0;
	while (w->found == nullptr) {
		struct opened o = {};
		int32_t outcome = 0;
		enum err e = file_open(&w->at, flags, permissions, w->path, w->length, &o.session,
				       &outcome, &o.slot, &o.node, &o.size, &o.mode, w->rest,
				       sizeof(w->rest), &w->rest_length);
		if (!walk_is_done(w, e, outcome, o.node, o.session, &result))
			continue;
		if (result != 0 || w->found != nullptr)
			break;
		o.line = w->line;
		o.mount = w->mount;
		result = file_description(&o, flags, status, d);
		if (result == 0)
			idle_named(*d, w, &opening);
		return result;
	}
	if (result == 0 && is_others(w->found) && (flags & FILE_PATH) == 0)
		result = -ENXIO;
	if (result != 0)
		return result;
	*d = w->found; /* /proc/self/fd: another name for the same */
	w->found = nullptr;
	return 0;
}

int64_t file_open_own(int dirfd, const char *path, uint32_t flags, struct description **d)
{
	struct walk room, *w = &room;
	int64_t result;

	result = walk_begin_own(w, dirfd, path);
	if (result == 0)
		result = file_open_at(w, flags, 0, 0, d);
	walk_end(w);
	return result;
}
