/* SPDX-License-Identifier: MPL-2.0 */
/* Names: making, removing, renaming, listing; and where we are. */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/mounts.h"
#include "posix/files/states.h"
#include "posix/files/place.h"

/* A call with one path: `ask` sends it to where the walk stands. */
typedef enum err ask_fn(struct walk *w, const void *arguments, int32_t *outcome, uint64_t *node);

static int64_t walk_with(int dirfd, uint64_t path, bool allow_empty, ask_fn *ask,
			 const void *arguments)
{
	struct walk room, *w = &room;
	int64_t result;

	result = walk_begin(w, dirfd, path, allow_empty);
	while (result == 0 && w->found == nullptr) {
		int32_t outcome = 0;
		uint64_t node = 0;
		enum err e = ask(w, arguments, &outcome, &node);
		if (walk_is_done(w, e, outcome, node, 0, &result))
			break;
	}
	if (result == 0 && w->found != nullptr)
		result = -EINVAL;
	walk_end(w);
	return result;
}

struct make {
	uint32_t mode;
	uint64_t rdev;
	const char *target;
	size_t target_size;
};

static enum err ask_make(struct walk *w, const void *arguments, int32_t *outcome, uint64_t *node)
{
	const struct make *m = arguments;

	return file_make(&w->at, m->mode, 0, m->rdev, w->path, w->length, m->target, m->target_size,
			 node, outcome, w->rest, sizeof(w->rest), &w->rest_length);
}

static int64_t make(int dirfd, uint64_t path, uint32_t mode, uint64_t rdev)
{
	struct make m = { .mode = mode & ~process.umask, .rdev = rdev, .target = "" };

	return walk_with(dirfd, path, false, ask_make, &m);
}

CALL3(mkdirat, int, dirfd, uint64_t, path, uint32_t, mode)
{
	return make(dirfd, path, S_IFDIR | (mode & 07777), 0);
}

static int64_t make_node(int dirfd, uint64_t path, uint32_t mode, uint32_t rdev)
{
	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFDIR:
		return -EPERM;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	default:
		return -EINVAL;
	}
	return make(dirfd, path, mode, rdev);
}

CALL4(mknodat, int, dirfd, uint64_t, path, uint32_t, mode, uint32_t, rdev)
{
	return make_node(dirfd, path, mode, rdev);
}

static int64_t symlink(uint64_t target, int dirfd, uint64_t path)
{
	char *text = heap_new(PATH_MOST);
	int64_t n;

	if (text == nullptr)
		return -ENOMEM;
	n = guest_string(text, target, PATH_MOST);
	if (n == 0)
		n = -ENOENT;
	if (n > 0) {
		struct make m = { .mode = S_IFLNK | 0777,
				  .target = text,
				  .target_size = (size_t)n };
		n = walk_with(dirfd, path, false, ask_make, &m);
	}
	heap_free(text);
	return n;
}

CALL3(symlinkat, uint64_t, target, int, dirfd, uint64_t, path)
{
	return symlink(target, dirfd, path);
}

static enum err ask_remove(struct walk *w, const void *arguments, int32_t *outcome, uint64_t *node)
{
	return file_remove(&w->at, *(const uint32_t *)arguments, w->path, w->length, node, outcome,
			   w->rest, sizeof(w->rest), &w->rest_length);
}

static int64_t remove(int dirfd, uint64_t path, uint32_t flags)
{
	return walk_with(dirfd, path, false, ask_remove, &flags);
}

CALL3(unlinkat, int, dirfd, uint64_t, path, uint32_t, flags)
{
	if ((flags & ~(uint32_t)AT_REMOVEDIR) != 0)
		return -EINVAL;
	return remove(dirfd, path, (flags & AT_REMOVEDIR) != 0 ? FILE_REMOVE_DIRECTORY : 0);
}

struct access {
	uint32_t wanted, flags;
};

static enum err ask_access(struct walk *w, const void *arguments, int32_t *outcome, uint64_t *node)
{
	const struct access *a = arguments;

	return file_access(&w->at, a->wanted, a->flags, w->path, w->length, node, outcome, w->rest,
			   sizeof(w->rest), &w->rest_length);
}

static int64_t access(int dirfd, uint64_t path, uint32_t wanted, uint32_t flags)
{
	struct access a = { .wanted = wanted,
			    .flags = ((flags & AT_EACCESS) == 0 ? FILE_REAL_IDS : 0) |
				     ((flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0) };

	if (wanted > 7 ||
	    (flags & ~(uint32_t)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return walk_with(dirfd, path, (flags & AT_EMPTY_PATH) != 0, ask_access, &a);
}

CALL3(faccessat, int, dirfd, uint64_t, path, uint32_t, wanted)
{
	return access(dirfd, path, wanted, 0);
}

CALL4(faccessat2, int, dirfd, uint64_t, path, uint32_t, wanted, uint32_t, flags)
{
	return access(dirfd, path, wanted, flags);
}

/* --- Two paths --- */

constexpr unsigned PAIR_TRIES = 80; /* as many jumps as two walks may have */

struct pair {
	struct walk from, to;
};

/* The handle that names the second directory to the first's server; one of our own, for the call
 * gives it away. */
static int64_t second_directory(const struct pair *p, fut_handle *target)
{
	return call_error(fut_handle_duplicate(p->to.at.session, ~0u & RIGHTS_SESSION, target));
}

typedef enum err ask_pair_fn(struct pair *p, uint32_t flags, fut_handle target, int32_t *outcome,
			     uint32_t *which, uint64_t *node);

static enum err ask_rename(struct pair *p, uint32_t flags, fut_handle target, int32_t *outcome,
			   uint32_t *which, uint64_t *node)
{
	return file_rename(&p->from.at, flags, p->from.path, p->from.length, p->to.path,
			   p->to.length, target, node, outcome, which, p->from.rest,
			   sizeof(p->from.rest), &p->from.rest_length);
}

static enum err ask_link(struct pair *p, uint32_t flags, fut_handle target, int32_t *outcome,
			 uint32_t *which, uint64_t *node)
{
	return file_link(&p->from.at, flags, p->from.path, p->from.length, p->to.path, p->to.length,
			 target, node, outcome, which, p->from.rest, sizeof(p->from.rest),
			 &p->from.rest_length);
}

/* A jump of one of the two walks. The call gave its rest to the first. */
static int64_t pair_jump(struct pair *p, int64_t outcome, uint32_t which, uint64_t node)
{
	struct walk *w = which == 0 ? &p->from : &p->to;
	int64_t result = 0;

	if (which != 0) {
		memcpy(p->to.rest, p->from.rest, p->from.rest_length);
		p->to.rest_length = p->from.rest_length;
	}
	if (outcome == FILE_JUMP_OBJECT)
		return walk_to_parent(w); /* which opens what this call cannot give */
	if (walk_is_done(w, OK, outcome, node, 0, &result) && result == 0)
		result = -EXDEV; /* a descriptor that has no directory */
	return result;
}

/* One of the paths is too long for a call with two. */
static int64_t pair_shorten(struct pair *p)
{
	return walk_to_parent(p->from.length >= p->to.length ? &p->from : &p->to);
}

static int64_t ask_both(struct pair *p, uint32_t flags, ask_pair_fn *ask)
{
	int64_t error = 0;
	bool went = false; /* to the second path's directory */

	for (unsigned tries = 0; error == 0 && tries < PAIR_TRIES; tries++) {
		fut_handle target = 0;
		int32_t outcome = 0;
		uint32_t which;
		uint64_t node = 0;

		error = second_directory(p, &target);
		if (error != 0)
			break;
		enum err e = ask(p, flags, target, &outcome, &which, &node);
		if (e == ERR_BAD_ARGUMENT ||
		    e == ERR_WRONG_TYPE) { /* the target is another server's */
			e = OK;
			outcome = -EXDEV;
		}
		/* The first path has come to a mount into which the second may lead, too. */
		if (e == OK && outcome == -EXDEV && !went) {
			went = true;
			error = walk_to_parent(&p->to);
		} else if (e == ERR_TOO_BIG) {
			error = pair_shorten(p);
		} else if (e != OK || outcome <= 0) {
			return e != OK ? file_error(e) : outcome;
		} else {
			error = pair_jump(p, outcome, which, node);
		}
	}
	return error != 0 ? error : -ELOOP;
}

static int64_t with_two_paths(int from_fd, uint64_t from, int to_fd, uint64_t to, bool allow_empty,
			      uint32_t flags, ask_pair_fn *ask)
{
	struct pair room, *p = &room;
	int64_t result;

	result = walk_begin(&p->from, from_fd, from, allow_empty);
	if (result == 0) {
		result = walk_begin(&p->to, to_fd, to, false);
		if (result == 0)
			result = p->from.found != nullptr || p->to.found != nullptr
					 ? -EXDEV
					 : ask_both(p, flags, ask);
		walk_end(&p->to);
	}
	walk_end(&p->from);
	return result;
}

static int64_t rename(int from_fd, uint64_t from, int to_fd, uint64_t to, uint32_t flags)
{
	uint32_t f = ((flags & RENAME_NOREPLACE) != 0 ? FILE_NO_REPLACE : 0) |
		     ((flags & RENAME_EXCHANGE) != 0 ? FILE_EXCHANGE : 0);

	if ((flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0 ||
	    (flags & (RENAME_NOREPLACE | RENAME_EXCHANGE)) == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	return with_two_paths(from_fd, from, to_fd, to, false, f, ask_rename);
}

CALL5(renameat2, int, from_fd, uint64_t, from, int, to_fd, uint64_t, to, uint32_t, flags)
{
	return rename(from_fd, from, to_fd, to, flags);
}

CALL4(renameat, int, from_fd, uint64_t, from, int, to_fd, uint64_t, to)
{
	return rename(from_fd, from, to_fd, to, 0);
}

CALL5(linkat, int, from_fd, uint64_t, from, int, to_fd, uint64_t, to, uint32_t, flags)
{
	if ((flags & ~(uint32_t)(AT_EMPTY_PATH | AT_SYMLINK_FOLLOW)) != 0)
		return -EINVAL;
	return with_two_paths(from_fd, from, to_fd, to, (flags & AT_EMPTY_PATH) != 0,
			      (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : FILE_NO_FOLLOW, ask_link);
}

/* --- Symbolic links --- */

/* A link whose target depends on who follows it; what others may see stands in `rest`. */
static int64_t readlink_own(struct walk *w, int32_t kind, uint64_t node)
{
	int64_t n = (int64_t)w->rest_length;

	if (kind == FILE_JUMP_SELF)
		n = (int64_t)path_of_self(w->rest, node != 0);
	else if (kind == FILE_JUMP_DESCRIPTOR && node >> 32 == process.pid)
		n = place_of_descriptor((unsigned)node, w->rest);
	if (n >= 0)
		w->rest_length = (size_t)n;
	return n < 0 ? n : 0;
}

static int64_t readlink(int dirfd, uint64_t path, uint64_t to, int64_t size)
{
	struct walk room, *w = &room;
	int64_t result;

	if (size <= 0)
		return -EINVAL;
	result = walk_begin(w, dirfd, path, true);
	bool is_empty = result == 0 && w->length == 0;
	while (result == 0 && w->found == nullptr) {
		int32_t outcome = 0;
		uint64_t node = 0;
		enum err e = file_readlink(&w->at, w->path, w->length, &node, &outcome, w->rest,
					   sizeof(w->rest), &w->rest_length);
		if (e == OK && outcome > 0 && (node & FILE_LAST) != 0) {
			result = readlink_own(w, outcome, node & ~FILE_LAST);
			break;
		}
		if (walk_is_done(w, e, outcome, node, 0, &result))
			break;
	}
	if (result == 0 && w->found != nullptr)
		result = -EINVAL;
	if (result == -EINVAL && is_empty)
		result = -ENOENT; /* what "" means is no link */
	if (result == 0) {
		size_t n = w->rest_length < (uint64_t)size ? w->rest_length : (size_t)size;
		result = guest_put(to, w->rest, n);
		if (result == 0)
			result = (int64_t)n;
	}
	walk_end(w);
	return result;
}

CALL4(readlinkat, int, dirfd, uint64_t, path, uint64_t, to, int32_t, size)
{
	return readlink(dirfd, path, to, size);
}

CALL2(mkdir, uint64_t, path, uint32_t, mode)
{
	return make(AT_FDCWD, path, S_IFDIR | (mode & 07777), 0);
}

CALL3(mknod, uint64_t, path, uint32_t, mode, uint32_t, rdev)
{
	return make_node(AT_FDCWD, path, mode, rdev);
}

CALL2(symlink, uint64_t, target, uint64_t, path)
{
	return symlink(target, AT_FDCWD, path);
}

CALL1(unlink, uint64_t, path)
{
	return remove(AT_FDCWD, path, 0);
}

CALL1(rmdir, uint64_t, path)
{
	return remove(AT_FDCWD, path, FILE_REMOVE_DIRECTORY);
}

CALL2(access, uint64_t, path, uint32_t, wanted)
{
	return access(AT_FDCWD, path, wanted, 0);
}

CALL2(rename, uint64_t, from, uint64_t, to)
{
	return rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

CALL2(link, uint64_t, from, uint64_t, to)
{
	return with_two_paths(AT_FDCWD, from, AT_FDCWD, to, false, FILE_NO_FOLLOW, ask_link);
}

CALL3(readlink, uint64_t, path, uint64_t, to, int32_t, size)
{
	return readlink(AT_FDCWD, path, to, size);
}

/* --- Directories --- */

static int64_t list(int fd, uint64_t to, uint32_t size)
{
	constexpr uint32_t MOST = 65536;
	struct description *d = fd_get(fd);
	int64_t result;

	if (d == nullptr || d->access == 0) {
		result = -EBADF;
	} else if (!S_ISDIR(d->mode)) {
		result = -ENOTDIR;
	} else if (!guest_ok(to, size)) {
		result = -EFAULT;
	} else {
		struct remote r = { .session = d->a };
		enum err e = file_list(&r, (void *)to, size < MOST ? size : MOST, &result);
		if (e != OK)
			result = file_error(e);
	}
	description_drop(d);
	return result;
}

CALL3(getdents64, int, fd, uint64_t, to, uint32_t, size)
{
	return list(fd, to, size);
}

/* The older entries are as long: after number, offset and length comes the name, and the type is
 * the last byte of all. In the newer ones the type stands before the name. */
CALL3(getdents, int, fd, uint64_t, to, uint32_t, size)
{
	constexpr size_t TYPE = 18, NAME_MOST = 256;
	int64_t n = list(fd, to, size);
	char entry[TYPE + 1 + NAME_MOST + 8], type;

	for (int64_t at = 0; at < n;) {
		uint16_t length;
		if (guest_get(&length, to + (uint64_t)at + TYPE - sizeof(length), sizeof(length)) !=
			    0 ||
		    length > sizeof(entry) || guest_get(entry, to + (uint64_t)at, length) != 0)
			return -EFAULT;
		type = entry[TYPE];
		memmove(entry + TYPE, entry + TYPE + 1, length - TYPE - 1u);
		entry[length - 1] = type;
		if (guest_put(to + (uint64_t)at, entry, length) != 0)
			return -EFAULT;
		at += length;
	}
	return n;
}

int64_t place_may_search(struct description *d)
{
	struct remote r = { .session = d->a };
	char rest[1];
	size_t rest_length;
	uint64_t node;
	int32_t outcome;
	enum err e =
		file_access(&r, 1, 0, "", 0, &node, &outcome, rest, sizeof(rest), &rest_length);
	int64_t error = e != OK ? file_error(e) : outcome;

	if (error != 0)
		description_drop(d);
	return error;
}

/* The path of a directory from our root: its length, or -ENOENT if it was removed. */
static void place_set(struct description **place, struct description *d)
{
	mutex_lock(&process.locks.files);
	struct description *old = *place;
	*place = d;
	mutex_unlock(&process.locks.files);
	known_forget();
	description_drop(old);
}

static int64_t place_change(uint64_t path, struct description **place)
{
	struct walk room, *w = &room;
	struct description *d;
	int64_t result;

	result = walk_begin(w, AT_FDCWD, path, false);
	if (result == 0)
		result = file_open_at(w, FILE_PATH | FILE_DIRECTORY, 0, 0, &d);
	if (result == 0 && place == &process.cwd)
		result = place_may_search(d);
	if (result == 0)
		place_set(place, d);
	walk_end(w);
	return result;
}

CALL1(chdir, uint64_t, path)
{
	return place_change(path, &process.cwd);
}

CALL1(fchdir, int, fd)
{
	struct description *old = fd_get(fd), *d;
	int64_t result;

	if (old == nullptr)
		return -EBADF;
	result = S_ISDIR(old->mode) ? 0 : -ENOTDIR;
	description_drop(old);
	if (result == 0)
		result = file_open_own(fd, "", FILE_PATH | FILE_DIRECTORY, &d);
	if (result == 0)
		result = place_may_search(d);
	if (result == 0)
		place_set(&process.cwd, d);
	return result;
}

CALL2(getcwd, uint64_t, to, uint64_t, size)
{
	char *path = heap_new(PATH_MOST);
	int64_t n;

	if (path == nullptr)
		return -ENOMEM;
	n = place_path(process.cwd, path);
	if (n >= 0 && (uint64_t)n + 1 > size)
		n = -ERANGE;
	if (n >= 0)
		n = guest_put(to, path, (size_t)n + 1) == 0 ? n + 1 : -EFAULT;
	heap_free(path);
	return n;
}

CALL1(umask, uint32_t, mask)
{
	uint32_t old = process.umask;

	process.umask = mask & 0777;
	return old;
}
