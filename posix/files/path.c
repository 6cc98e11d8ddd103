/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/path.h"
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include "posix/abi/view.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/files/mounts.h"
#include "posix/files/place.h"
#include "protocol/posix.h"

constexpr unsigned JUMPS_MOST = 40; /* as Linux's MAXSYMLINKS */
constexpr size_t PART_MOST = 3000;  /* of a path that is too long for one call */

int64_t file_error_number(enum err e)
{
	switch (e) {
	case OK:
		return 0;
	case ERR_TOO_BIG:
		return -ENAMETOOLONG;
	case ERR_BAD_ADDRESS:
		return -EFAULT;
	case ERR_NO_MEMORY:
	case ERR_FULL:
		return -ENOMEM;
	default:
		return -EIO; /* the server is gone, or does not speak as it should */
	}
}

static void leave(struct walk *w)
{
	if (w->close)
		(void)fut_handle_close(w->at.session); /* ours */
	description_drop(w->base);
	w->close = false;
	w->at_mount = false;
	w->base = nullptr;
}

static void stand_on(struct walk *w, struct description *base)
{
	leave(w);
	w->base = base;
	w->line = base->line;
	w->mount = base->mount;
	w->at = (struct remote){ .session = base->a };
}

static void stand_in(struct walk *w, fut_handle session)
{
	leave(w);
	w->close = true;
	w->line = nullptr;
	w->mount = 0;
	w->at = (struct remote){ .session = session };
}

static struct description *hold_place(struct description *const *place)
{
	mutex_lock(&process.locks.files);
	struct description *d = *place;
	__atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
	mutex_unlock(&process.locks.files);
	return d;
}

/* Start at what a descriptor means. One that was opened before our credentials changed is seen with
 * those we have now, as Linux does; but what lies in a mount that was detached stays as it is. */
static int64_t stand_on_descriptor(struct walk *w, struct description *d)
{
	struct description *place;
	fut_handle session;

	stand_on(w, d);
	if (d->identity == process.identity || d->kind != DESCRIPTOR_FILE)
		return 0;
	if (d->mount == process.root->mount)
		place = hold_place(&process.root);
	else if (mount_place(d->mount, false, &place) != 0)
		return 0;
	uint32_t mount = d->mount;
	int64_t error = place_as(d, place, &session);
	description_drop(place);
	if (error != 0)
		return 0; /* it came from elsewhere: as it was sent */
	stand_in(w, session);
	w->mount = mount;
	return 0;
}

static int64_t begin(struct walk *w, int dirfd)
{
	struct description *base;

	if (w->path[0] == '/')
		base = hold_place(&process.root);
	else if (dirfd == AT_FDCWD)
		base = hold_place(&process.cwd);
	else
		base = fd_get(dirfd);
	if (base == nullptr)
		return -EBADF;
	if (!descriptor_is_servers(base->kind) || (w->length != 0 && !S_ISDIR(base->mode))) {
		if (w->length == 0) {
			w->found = base;
			return 0;
		}
		description_drop(base);
		return -ENOTDIR;
	}
	return stand_on_descriptor(w, base);
}

static void clear(struct walk *w)
{
	w->close = w->at_mount = false;
	w->base = w->found = nullptr;
	w->line = nullptr;
	w->mount = 0;
	w->magic_error = 0;
	w->jumps = 0;
	w->rest_length = 0;
}

int64_t walk_begin(struct walk *w, int dirfd, uint64_t path, bool allow_empty)
{
	clear(w);
	int64_t n = guest_string(w->path, path, sizeof(w->path));
	if (n < 0)
		return n;
	if (n == 0 && !allow_empty)
		return -ENOENT;
	w->length = (size_t)n;
	return begin(w, dirfd);
}

int64_t walk_begin_in(struct walk *w, int dirfd, uint64_t path)
{
	clear(w);
	int64_t n = guest_string(w->path, path, sizeof(w->path));
	if (n <= 0)
		return n < 0 ? n : -ENOENT;
	size_t slashes = 0;
	while (w->path[slashes] == '/')
		slashes++;
	w->length = (size_t)n - slashes;
	memmove(w->path, w->path + slashes, w->length + 1);
	if (w->length == 0) {
		memcpy(w->path, ".", 2);
		w->length = 1;
	}
	return begin(w, dirfd);
}

int64_t walk_begin_own(struct walk *w, int dirfd, const char *path)
{
	clear(w);
	w->length = strnlen(path, sizeof(w->path));
	if (w->length == sizeof(w->path))
		return -ENAMETOOLONG;
	memcpy(w->path, path, w->length + 1);
	return begin(w, dirfd);
}

/* Of a mount its root, or the directory that holds the covered one. */
static int64_t jump_to_mount(struct walk *w, uint32_t number, bool up)
{
	struct description *place;
	int64_t error = mount_place(number, up, &place);

	if (error != 0)
		return error;
	stand_on(w, place);
	w->at_mount = !up;
	return 0;
}

struct description *descriptor_or_place(uint32_t fd)
{
	if (fd == VIEW_CWD)
		return hold_place(&process.cwd);
	if (fd == VIEW_ROOT)
		return hold_place(&process.root);
	if (fd == VIEW_PROGRAM)
		return process.program != nullptr ? hold_place(&process.program) : nullptr;
	return fd_get((int)fd);
}

/* Another process's pipe or socket, of which only stat can tell. */
static const struct description_ops others_ops = { .name = "anon_inode" };

static int64_t found_others(struct walk *w, uint32_t mode, uint64_t node)
{
	struct description *d = w->rest_length == 0 ? description_new(&others_ops) : nullptr;

	if (d == nullptr)
		return w->rest_length == 0 ? -ENOMEM : -ENOTDIR;
	d->mode = mode;
	d->node = node;
	leave(w);
	w->found = d;
	return 0;
}

bool is_others(const struct description *d)
{
	return d->ops == &others_ops;
}

static int64_t jump_to_others(struct walk *w, uint32_t pid, uint32_t fd)
{
	fut_handle session = 0;
	uint32_t mount = 0, mode = 0;
	int32_t outcome = 0;
	uint64_t node = 0;
	enum err e =
		posix_opened(&process.posix, pid, fd, &session, &outcome, &mount, &mode, &node);

	if (e != OK || outcome != 0)
		return e != OK ? file_error(e) : outcome;
	if (session == 0)
		return found_others(w, mode, node);
	stand_in(w, session);
	w->mount = mount;
	return 0;
}

static int64_t jump_to_descriptor(struct walk *w, uint64_t fd)
{
	if (fd >> 32 != process.pid)
		return jump_to_others(w, (uint32_t)(fd >> 32), (uint32_t)fd);
	struct description *d = descriptor_or_place((uint32_t)fd);

	if (d == nullptr)
		return -ENOENT;
	if (descriptor_is_servers(d->kind))
		return stand_on_descriptor(w, d);
	if (w->rest_length != 0) {
		description_drop(d);
		return -ENOTDIR;
	}
	leave(w);
	w->found = d;
	return 0;
}

size_t path_of_self(char *to, bool thread)
{
	char digits[2][12];
	uint32_t number[2] = { process.pid, self()->tid };
	size_t at = 0;

	for (unsigned i = 0; i < (thread ? 2 : 1); i++) {
		unsigned n = 0;
		for (uint32_t rest = number[i]; n == 0 || rest != 0; rest /= 10)
			digits[i][n++] = (char)('0' + rest % 10);
		if (i == 1) {
			/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a number follows */
			memcpy(to + at, "/task/", 6);
			at += 6;
		}
		while (n > 0)
			to[at++] = digits[i][--n];
	}
	return at;
}

/* In /proc: from the root of what the walk stands in. */
static int64_t jump_to_self(struct walk *w, bool thread)
{
	char name[40] = "/";
	size_t n = 1 + path_of_self(name + 1, thread);

	if (w->rest_length > 0)
		name[n++] = '/';
	if (n + w->rest_length >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n, w->rest, w->rest_length);
	memcpy(w->rest, name, n);
	w->rest_length += n;
	return 0;
}

static int64_t jump(struct walk *w, int64_t kind, uint64_t node, fut_handle session)
{
	if (w->magic_error != 0 && (kind == FILE_JUMP_DESCRIPTOR || kind == FILE_JUMP_OBJECT)) {
		if (session != 0)
			(void)fut_handle_close(session); /* ours */
		return w->magic_error;
	}
	switch (kind) {
	case FILE_JUMP_MOUNT:
	case FILE_JUMP_UP:
		return jump_to_mount(w, (uint32_t)node, kind == FILE_JUMP_UP);
	case FILE_JUMP_ROOT:
		stand_on(w, hold_place(&process.root));
		return 0;
	case FILE_JUMP_SELF:
		return jump_to_self(w, node != 0);
	case FILE_JUMP_DESCRIPTOR:
		return jump_to_descriptor(w, node);
	case FILE_JUMP_OBJECT:
		if (session == 0)
			return -EIO;
		stand_in(w, session);
		return 0;
	default:
		return -EIO;
	}
}

/*
 * A call takes less of a path than there may be: go to a directory on its way. The outcome of going
 * there; with a jump `rest` is all that is left of the path, else `path` is.
 */
static int64_t shorten(struct walk *w, uint64_t *node, fut_handle *session)
{
	size_t at = w->length < PART_MOST ? 0 : PART_MOST, left;
	uint32_t slot, mode;
	uint64_t size;
	int32_t outcome;

	while (at > 0 && w->path[at] != '/')
		at--;
	if (at == 0)
		return -ENAMETOOLONG;
	left = w->length - at;
	enum err e =
		file_open(&w->at, FILE_PATH | FILE_DIRECTORY, 0, w->path, at, session, &outcome,
			  &slot, node, &size, &mode, w->rest, sizeof(w->rest), &w->rest_length);
	if (e != OK)
		return file_error(e);
	if (outcome < 0 || (outcome > 0 && w->rest_length + left >= sizeof(w->rest)))
		return outcome < 0 ? outcome : -ENAMETOOLONG;
	uint32_t mount = w->mount;
	while (w->rest_length == 0 && left > 0 && w->path[at] == '/')
		at++, left--; /* else it would begin at the root */
	if (outcome > 0) {
		memcpy(w->rest + w->rest_length, w->path + at, left);
		w->rest_length += left;
		return outcome;
	}
	stand_in(w, *session);
	w->mount = mount; /* the same server has walked */
	memmove(w->path, w->path + at, left);
	w->path[left] = '\0';
	w->length = left;
	return 0;
}

bool walk_is_done(struct walk *w, enum err e, int64_t outcome, uint64_t node, fut_handle session,
		  int64_t *result)
{
	if (e == ERR_TOO_BIG) {
		outcome = shorten(w, &node, &session);
		if (outcome == 0)
			return false;
		e = OK;
	}
	if (e == ERR_PEER_CLOSED && w->at_mount && ++w->jumps <= JUMPS_MOST) {
		mounts_forget(); /* its server may have been started again */
		*result = jump_to_mount(w, w->mount, false);
		return *result != 0;
	}
	if (e != OK || outcome <= 0) {
		*result = e != OK ? file_error(e) : outcome;
		return true;
	}
	if (outcome != FILE_JUMP_OBJECT && session != 0)
		(void)fut_handle_close(session); /* a jump has none: ours */
	if (++w->jumps > JUMPS_MOST || w->rest_length >= sizeof(w->path)) {
		*result = -ELOOP;
		return true;
	}
	*result = jump(w, outcome, node, session);
	memcpy(w->path, w->rest, w->rest_length);
	w->path[w->rest_length] = '\0';
	w->length = w->rest_length;
	return *result != 0 || w->found != nullptr;
}

void walk_end(struct walk *w)
{
	leave(w);
	description_drop(w->found);
	w->found = nullptr;
}

/* Where the last name begins, with the slashes after it cut off unless it is a directory that they
 * ask for: then they stay, for the server to see. */
static size_t last_name(const struct walk *w)
{
	size_t end = w->length;

	while (end > 0 && w->path[end - 1] == '/')
		end--;
	while (end > 0 && w->path[end - 1] != '/')
		end--;
	return end;
}

int64_t walk_to_parent(struct walk *w)
{
	char name[256 + 8];
	size_t at = last_name(w), length = w->length - at;
	int64_t result = 0;

	if (length >= sizeof(name))
		return -ENAMETOOLONG;
	if (at == 0)
		return 0;
	memcpy(name, w->path + at, length);
	w->length = at;
	for (;;) {
		fut_handle session = 0;
		int32_t outcome = 0;
		uint32_t slot, mode;
		uint64_t node = 0, size;
		enum err e = file_open(&w->at, FILE_PATH | FILE_DIRECTORY, 0, w->path, w->length,
				       &session, &outcome, &slot, &node, &size, &mode, w->rest,
				       sizeof(w->rest), &w->rest_length);
		if (walk_is_done(w, e, outcome, node, session, &result)) {
			uint32_t mount = w->mount;
			if (result == 0 && w->found == nullptr)
				stand_in(w, session);
			w->mount = mount;
			break;
		}
	}
	memcpy(w->path, name, length);
	w->path[length] = '\0';
	w->length = length;
	return result;
}
