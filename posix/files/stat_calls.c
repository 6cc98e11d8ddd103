/* SPDX-License-Identifier: MPL-2.0 */
/* What files are, and changing that. */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/description.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/limit.h"
#include "posix/files/path.h"
#include "posix/tty/tty.h"

constexpr int64_t SECOND = 1'000'000'000;

static enum err ask(struct walk *w, uint32_t flags, struct attributes *a, int32_t *outcome)
{
	return file_stat(&w->at, flags, w->path, w->length, &a->size, &a->blocks, &a->atime,
			 &a->mtime, &a->ctime, &a->btime, &a->node, &a->device, &a->rdev, outcome,
			 &a->mode, &a->nlink, &a->uid, &a->gid, &a->block_size, w->rest,
			 sizeof(w->rest), &w->rest_length);
}

/* Pipes, sockets and the like have no server to ask. */
static void of_description(const struct description *d, struct attributes *a)
{
	*a = (struct attributes){ .node = d->node,
				  .rdev = d->device,
				  .mode = d->mode,
				  .nlink = 1,
				  .uid = process.euid,
				  .gid = process.egid,
				  .block_size = PAGE,
				  .device = 12 };
}

static int64_t walk_stat(struct walk *w, uint32_t flags, struct attributes *a)
{
	int64_t result = 0;
	int32_t outcome = 0;

	*a = (struct attributes){};
	while (w->found == nullptr) {
		enum err e = ask(w, flags, a, &outcome);
		if (walk_is_done(w, e, outcome, a->node, 0, &result))
			break;
	}
	if (result == 0 && w->found != nullptr)
		of_description(w->found, a);
	return result;
}

static int64_t stat_fd(int fd, struct attributes *a)
{
	struct walk room, *w = &room;
	struct description *d = fd_get(fd);
	bool by_name = d != nullptr && is_tty(d) && d->path != nullptr;
	int64_t result;

	/* A terminal that a node of another server means: Linux shows the node. */
	result = by_name ? walk_begin_own(w, AT_FDCWD, d->path) : walk_begin_own(w, fd, "");
	description_drop(d);
	if (result == 0)
		result = walk_stat(w, 0, a);
	walk_end(w);
	return result;
}

static bool is_empty(uint64_t path)
{
	char first;

	return guest_get(&first, path, 1) == 0 && first == '\0';
}

static int64_t stat_at(int dirfd, uint64_t path, uint32_t at_flags, struct attributes *a)
{
	struct walk room, *w = &room;
	uint32_t flags = (at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0;
	struct question q;
	int64_t result;

	if ((at_flags & AT_EMPTY_PATH) != 0 && dirfd >= 0 && is_empty(path))
		return stat_fd(dirfd, a); /* C libraries' fstat */
	result = walk_begin(w, dirfd, path, (at_flags & AT_EMPTY_PATH) != 0);
	if (result == 0 && !known_find(w, flags, &q, a, &result)) {
		result = walk_stat(w, flags, a);
		known_keep(w, &q, a, result);
	}
	walk_end(w);
	return result;
}

int64_t file_is_there(int dirfd, uint64_t path, uint32_t at_flags)
{
	struct attributes a;

	return stat_at(dirfd, path, at_flags, &a);
}

static int64_t put_stat(uint64_t to, const struct attributes *a)
{
	struct stat s = {};

	s.st_dev = a->device;
	s.st_ino = a->node;
	s.st_mode = a->mode;
	s.st_nlink = a->nlink;
	s.st_uid = a->uid;
	s.st_gid = a->gid;
	s.st_rdev = a->rdev;
	s.st_size = (long)a->size;
	s.st_blksize = (int)a->block_size;
	s.st_blocks = (long)a->blocks;
	s.st_atime = (unsigned long)(a->atime / SECOND);
	s.st_atime_nsec = (unsigned long)(a->atime % SECOND);
	s.st_mtime = (unsigned long)(a->mtime / SECOND);
	s.st_mtime_nsec = (unsigned long)(a->mtime % SECOND);
	s.st_ctime = (unsigned long)(a->ctime / SECOND);
	s.st_ctime_nsec = (unsigned long)(a->ctime % SECOND);
	return guest_put(to, &s, sizeof(s));
}

CALL4(newfstatat, int, dirfd, uint64_t, path, uint64_t, to, uint32_t, flags)
{
	struct attributes a;
	int64_t error;

	if ((flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) != 0)
		return -EINVAL;
	error = stat_at(dirfd, path, flags, &a);
	return error != 0 ? error : put_stat(to, &a);
}

CALL2(fstat, int, fd, uint64_t, to)
{
	struct attributes a;
	int64_t error = stat_fd(fd, &a);

	return error != 0 ? error : put_stat(to, &a);
}

CALL2(stat, uint64_t, path, uint64_t, to)
{
	struct attributes a;
	int64_t error = stat_at(AT_FDCWD, path, 0, &a);

	return error != 0 ? error : put_stat(to, &a);
}

CALL2(lstat, uint64_t, path, uint64_t, to)
{
	struct attributes a;
	int64_t error = stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &a);

	return error != 0 ? error : put_stat(to, &a);
}

static struct statx_timestamp timestamp(int64_t ns)
{
	return (struct statx_timestamp){ .tv_sec = ns / SECOND,
					 .tv_nsec = (uint32_t)(ns % SECOND) };
}

/* dev_t as stat gives it, cut into its numbers. */
static uint32_t major_of(uint64_t device)
{
	return (uint32_t)(device >> 8 & 0xfff);
}

static uint32_t minor_of(uint64_t device)
{
	return (uint32_t)((device & 0xff) | (device >> 12 & 0xfff00));
}

CALL5(statx, int, dirfd, uint64_t, path, uint32_t, flags, uint32_t, mask, uint64_t, to)
{
	constexpr uint32_t KNOWN =
		AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
	struct attributes a;
	int64_t error;

	if ((flags & ~KNOWN) != 0 || (mask & STATX__RESERVED) != 0 ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	error = stat_at(dirfd, path, flags, &a);
	if (error != 0)
		return error;
	struct statx x = {
		.stx_mask = STATX_BASIC_STATS | STATX_BTIME,
		.stx_blksize = a.block_size,
		.stx_nlink = a.nlink,
		.stx_uid = a.uid,
		.stx_gid = a.gid,
		.stx_mode = (uint16_t)a.mode,
		.stx_ino = a.node,
		.stx_size = a.size,
		.stx_blocks = a.blocks,
		.stx_atime = timestamp(a.atime),
		.stx_btime = timestamp(a.btime),
		.stx_ctime = timestamp(a.ctime),
		.stx_mtime = timestamp(a.mtime),
		.stx_rdev_major = major_of(a.rdev),
		.stx_rdev_minor = minor_of(a.rdev),
		.stx_dev_major = major_of(a.device),
		.stx_dev_minor = minor_of(a.device),
	};
	return guest_put(to, &x, sizeof(x));
}

/* --- Changing --- */

struct change {
	uint64_t size;
	int64_t atime, mtime;
	uint32_t which, mode, uid, gid;
};

static int64_t walk_change(struct walk *w, const struct change *c, uint32_t flags)
{
	int64_t result = 0;

	while (w->found == nullptr) {
		int32_t outcome = 0;
		uint64_t node = 0;
		enum err e = file_change(&w->at, c->size, c->atime, c->mtime, c->which, c->mode,
					 c->uid, c->gid, flags, w->path, w->length, &node, &outcome,
					 w->rest, sizeof(w->rest), &w->rest_length);
		if (walk_is_done(w, e, outcome, node, 0, &result))
			break;
	}
	/* Of a pipe or a socket these do nothing that anyone would see. */
	return result;
}

static int64_t change_at(int dirfd, uint64_t path, uint32_t at_flags, const struct change *c)
{
	struct walk room, *w = &room;
	int64_t result;

	result = walk_begin(w, dirfd, path, (at_flags & AT_EMPTY_PATH) != 0);
	if (result == 0)
		result = walk_change(w, c,
				     (at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0);
	walk_end(w);
	return result;
}

static int64_t change_fd(int fd, const struct change *c)
{
	struct walk room, *w = &room;
	struct description *d = fd_get_for(fd, 0); /* none for O_PATH */
	int64_t result;

	if (d == nullptr)
		return -EBADF;
	description_drop(d);
	result = walk_begin_own(w, fd, "");
	if (result == 0)
		result = walk_change(w, c, 0);
	walk_end(w);
	return result;
}

static int64_t change_open(struct description *d, const struct change *c)
{
	struct remote r = { .session = d->a };
	char rest[1];
	size_t rest_length;
	uint64_t node;
	int32_t outcome = 0;
	enum err e = file_change(&r, c->size, c->atime, c->mtime, c->which, c->mode, c->uid, c->gid,
				 0, "", 0, &node, &outcome, rest, sizeof(rest), &rest_length);

	return e != OK ? file_error(e) : outcome;
}

int64_t file_resize(struct description *d, uint64_t size)
{
	struct change c = { .which = FILE_CHANGE_SIZE, .size = size };

	return change_open(d, &c);
}

static struct change mode_change(uint32_t mode)
{
	return (struct change){ .which = FILE_CHANGE_MODE, .mode = mode & 07777 };
}

CALL3(fchmodat, int, dirfd, uint64_t, path, uint32_t, mode)
{
	struct change c = mode_change(mode);

	return change_at(dirfd, path, 0, &c);
}

CALL2(fchmod, int, fd, uint32_t, mode)
{
	struct change c = mode_change(mode);

	return change_fd(fd, &c);
}

static struct change owner_change(uint32_t uid, uint32_t gid)
{
	return (struct change){ .which = (uid != UINT32_MAX ? FILE_CHANGE_UID : 0) |
					 (gid != UINT32_MAX ? FILE_CHANGE_GID : 0),
				.uid = uid,
				.gid = gid };
}

CALL5(fchownat, int, dirfd, uint64_t, path, uint32_t, uid, uint32_t, gid, uint32_t, flags)
{
	struct change c = owner_change(uid, gid);

	if ((flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return change_at(dirfd, path, flags, &c);
}

CALL3(fchown, int, fd, uint32_t, uid, uint32_t, gid)
{
	struct change c = owner_change(uid, gid);

	return change_fd(fd, &c);
}

CALL2(truncate, uint64_t, path, int64_t, size)
{
	struct change c = { .which = FILE_CHANGE_SIZE, .size = (uint64_t)size };

	int64_t error = size < 0 ? -EINVAL : limit_length((uint64_t)size);
	return error != 0 ? error : change_at(AT_FDCWD, path, 0, &c);
}

CALL2(ftruncate, int, fd, int64_t, size)
{
	struct description *d = fd_get(fd);
	bool ok = d != nullptr && (d->access & 2) != 0 && S_ISREG(d->mode);
	bool is_open = d != nullptr && d->access != 0;
	int64_t error = !is_open          ? -EBADF
			: !ok || size < 0 ? -EINVAL
					  : limit_length((uint64_t)size);

	/* Who opened it to write may do it, whoever we have become. */
	if (error == 0)
		error = file_resize(d, (uint64_t)size);
	if (error == 0)
		error = file_secure(d, 0);
	description_drop(d);
	return error;
}

CALL2(chmod, uint64_t, path, uint32_t, mode)
{
	struct change c = mode_change(mode);

	return change_at(AT_FDCWD, path, 0, &c);
}

CALL3(chown, uint64_t, path, uint32_t, uid, uint32_t, gid)
{
	struct change c = owner_change(uid, gid);

	return change_at(AT_FDCWD, path, 0, &c);
}

CALL3(lchown, uint64_t, path, uint32_t, uid, uint32_t, gid)
{
	struct change c = owner_change(uid, gid);

	return change_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &c);
}

/* utimensat's pair of times; UTIME_OMIT leaves one, UTIME_NOW asks the server for the present. */
static int64_t times_change(uint64_t times, struct change *c)
{
	constexpr int64_t NOW = (1l << 30) - 1, OMIT = (1l << 30) - 2;
	struct __kernel_timespec t[2] = { { .tv_nsec = NOW }, { .tv_nsec = NOW } };

	*c = (struct change){};
	if (times != 0 && guest_get(t, times, sizeof(t)) != 0)
		return -EFAULT;
	for (unsigned i = 0; i < 2; i++) {
		bool special = t[i].tv_nsec == NOW || t[i].tv_nsec == OMIT;
		if (!special && (t[i].tv_nsec < 0 || t[i].tv_nsec >= SECOND))
			return -EINVAL;
		if (t[i].tv_nsec != OMIT)
			c->which |= i == 0 ? FILE_CHANGE_ATIME : FILE_CHANGE_MTIME;
		if (t[i].tv_nsec == NOW)
			c->which |= FILE_CHANGE_NOW;
	}
	c->atime = t[0].tv_sec * SECOND + t[0].tv_nsec;
	c->mtime = t[1].tv_sec * SECOND + t[1].tv_nsec;
	/* One the present and one not: ours is as good as the server's. */
	if (c->which == (FILE_CHANGE_ATIME | FILE_CHANGE_MTIME | FILE_CHANGE_NOW) &&
	    (t[0].tv_nsec == NOW) != (t[1].tv_nsec == NOW)) {
		c->which &= ~(uint32_t)FILE_CHANGE_NOW;
		*(t[0].tv_nsec == NOW ? &c->atime : &c->mtime) = (int64_t)wall_now();
	}
	return 0;
}

CALL4(utimensat, int, dirfd, uint64_t, path, uint64_t, times, uint32_t, flags)
{
	struct change c;
	int64_t error = times_change(times, &c);

	if (error != 0 || (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return error != 0 ? error : -EINVAL;
	if (c.which == 0)
		return 0;
	return path == 0 && dirfd != AT_FDCWD ? change_fd(dirfd, &c)
					      : change_at(dirfd, path, flags, &c);
}

/* What came before it, with times in microseconds, */
static int64_t change_times(int dirfd, uint64_t path, uint64_t times)
{
	struct __kernel_old_timeval t[2];
	struct change c = { .which = FILE_CHANGE_ATIME | FILE_CHANGE_MTIME |
				     (times == 0 ? FILE_CHANGE_NOW : 0) };

	if (times != 0 && guest_get(t, times, sizeof(t)) != 0)
		return -EFAULT;
	for (unsigned i = 0; i < 2 && times != 0; i++) {
		if (t[i].tv_usec < 0 || t[i].tv_usec >= SECOND / 1000)
			return -EINVAL;
		*(i == 0 ? &c.atime : &c.mtime) = t[i].tv_sec * SECOND + t[i].tv_usec * 1000;
	}
	return path == 0 && dirfd != AT_FDCWD ? change_fd(dirfd, &c)
					      : change_at(dirfd, path, 0, &c);
}

CALL3(futimesat, int, dirfd, uint64_t, path, uint64_t, times)
{
	return change_times(dirfd, path, times);
}

CALL2(utimes, uint64_t, path, uint64_t, times)
{
	return change_times(AT_FDCWD, path, times);
}

/* ... and in seconds. */
CALL2(utime, uint64_t, path, uint64_t, times)
{
	int64_t t[2];
	struct change c = { .which = FILE_CHANGE_ATIME | FILE_CHANGE_MTIME |
				     (times == 0 ? FILE_CHANGE_NOW : 0) };

	if (times != 0 && guest_get(t, times, sizeof(t)) != 0)
		return -EFAULT;
	if (times != 0) {
		c.atime = t[0] * SECOND;
		c.mtime = t[1] * SECOND;
	}
	return change_at(AT_FDCWD, path, 0, &c);
}

/* --- File systems --- */

static int64_t put_statfs(fut_handle session, uint64_t to)
{
	struct remote r = { .session = session };
	uint64_t blocks, blocks_free, available, nodes, nodes_free, id;
	uint32_t type, block_size, name_max, flags;
	enum err e = file_statfs(&r, &blocks, &blocks_free, &available, &nodes, &nodes_free, &id,
				 &type, &block_size, &name_max, &flags);

	if (e != OK)
		return file_error(e);
	struct statfs s = { .f_type = (long)type,
			    .f_bsize = (long)block_size,
			    .f_blocks = (long)blocks,
			    .f_bfree = (long)blocks_free,
			    .f_bavail = (long)available,
			    .f_files = (long)nodes,
			    .f_ffree = (long)nodes_free,
			    .f_namelen = (long)name_max,
			    .f_frsize = (long)block_size,
			    .f_flags = (long)flags };
	memcpy(&s.f_fsid, &id, sizeof(id));
	return guest_put(to, &s, sizeof(s));
}

/* What is in no file system has one of its kind. */
static int64_t put_statfs_of_kind(const struct description *d, uint64_t to)
{
	struct statfs s = { .f_type = S_ISFIFO(d->mode)   ? PIPEFS_MAGIC
				      : S_ISSOCK(d->mode) ? SOCKFS_MAGIC
							  : ANON_INODE_FS_MAGIC,
			    .f_bsize = PAGE,
			    .f_namelen = 255,
			    .f_frsize = PAGE };

	return guest_put(to, &s, sizeof(s));
}

CALL2(fstatfs, int, fd, uint64_t, to)
{
	struct description *d = fd_get(fd);
	int64_t result;

	if (d == nullptr)
		return -EBADF;
	if (descriptor_is_servers(d->kind))
		result = put_statfs(d->a, to);
	else
		result = put_statfs_of_kind(d, to);
	description_drop(d);
	return result;
}

CALL2(statfs, uint64_t, path, uint64_t, to)
{
	struct walk room, *w = &room;
	struct description *d = nullptr;
	int64_t result;

	result = walk_begin(w, AT_FDCWD, path, false);
	if (result == 0)
		result = file_open_at(w, FILE_PATH, 0, 0, &d);
	walk_end(w);
	if (result == 0)
		result = put_statfs(d->a, to);
	description_drop(d);
	return result;
}
