/* SPDX-License-Identifier: MPL-2.0 */
/* futfs mount: a volume as a file system of Linux, through FUSE. */
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "host/futfs/device.h"
#include "host/futfs/futfs.h"

constexpr double CACHE_FOREVER = 3600; /* nobody else changes the volume */
constexpr unsigned SYNC_SECONDS = 5;
constexpr uint64_t DOT = 1, DOT_DOT = 2, FIRST_COOKIE = 3; /* offsets in a directory */

/* The library admits one thread at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stop = PTHREAD_COND_INITIALIZER;
static struct fs *volume;

static const mode_t type_modes[] = { 0,       S_IFREG, S_IFDIR, S_IFLNK,
				     S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK };

static enum fs_type type_of(mode_t mode)
{
	for (unsigned t = FS_FILE; t <= FS_SOCKET; t++)
		if ((mode & S_IFMT) == type_modes[t])
			return (enum fs_type)t;
	return FS_FILE;
}

static struct timespec spec(int64_t ns)
{
	int64_t rest = ns % 1000000000;

	if (rest < 0)
		rest += 1000000000;
	return (struct timespec){ (ns - rest) / 1000000000, rest };
}

static void stat_fill(const struct fs_attr *a, struct stat *st)
{
	struct fs_stat v;

	fs_statfs(volume, &v);
	*st = (struct stat){ .st_ino = a->ino,
			     .st_mode = type_modes[a->type] | a->mode,
			     .st_nlink = a->nlink,
			     .st_uid = a->uid,
			     .st_gid = a->gid,
			     .st_rdev = a->rdev,
			     .st_size = (off_t)a->size,
			     .st_blksize = (blksize_t)v.block_size,
			     .st_blocks = (blkcnt_t)(a->blocks * v.block_size / 512),
			     .st_atim = spec(a->atime),
			     .st_mtim = spec(a->mtime),
			     .st_ctim = spec(a->ctime) };
}

static void reply(fuse_req_t req, enum fs_err e)
{
	fuse_reply_err(req, fs_errno(e));
}

/* Answer with an inode; the kernel will forget it one time more. */
static enum fs_err entry_fill(uint64_t ino, struct fuse_entry_param *p)
{
	struct fs_attr a;
	enum fs_err e = fs_getattr(volume, ino, &a);

	if (e == FS_OK)
		e = fs_pin(volume, ino);
	if (e != FS_OK)
		return e;
	*p = (struct fuse_entry_param){ .ino = ino,
					.attr_timeout = CACHE_FOREVER,
					.entry_timeout = CACHE_FOREVER };
	stat_fill(&a, &p->attr);
	return FS_OK;
}

static void reply_entry(fuse_req_t req, enum fs_err e, uint64_t ino)
{
	struct fuse_entry_param p;

	if (e == FS_OK)
		e = entry_fill(ino, &p);
	if (e == FS_OK)
		fuse_reply_entry(req, &p);
	else
		reply(req, e);
}

static void on_init(void *self, struct fuse_conn_info *conn)
{
	(void)self;
	/* File handles (open_by_handle_at, NFS): inode numbers are not used twice. */
	conn->want |= conn->capable & FUSE_CAP_EXPORT_SUPPORT;
	/* After an asynchronous direct write the kernel would keep older pages in its cache. */
	conn->want &= ~(unsigned)FUSE_CAP_ASYNC_DIO;
}

static void on_lookup(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	uint64_t ino = dir;

	/* The kernel has the number of a handle, of a file too, and asks what it is. */
	if (strcmp(name, ".") == 0)
		reply_entry(req, FS_OK, ino);
	else if (strcmp(name, "..") == 0)
		reply_entry(req, fs_parent(volume, dir, &ino), ino);
	else
		reply_entry(req, fs_lookup(volume, dir, name, strlen(name), &ino), ino);
}

static void on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t times)
{
	/* An inode that went with an error has nothing to give back. */
	(void)fs_unpin(volume, ino, times);
	fuse_reply_none(req);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs_attr a;
	struct stat st;

	(void)fi;
	enum fs_err e = fs_getattr(volume, ino, &a);
	if (e != FS_OK) {
		reply(req, e);
		return;
	}
	stat_fill(&a, &st);
	fuse_reply_attr(req, &st, CACHE_FOREVER);
}

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t ns_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ns_of(t);
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
		       struct fuse_file_info *fi)
{
	struct fs_attr a = { .mode = st->st_mode & 07777,
			     .uid = st->st_uid,
			     .gid = st->st_gid,
			     .atime = ns_of(st->st_atim),
			     .mtime = ns_of(st->st_mtim),
			     .ctime = ns_of(st->st_ctim) };
	enum fs_set set = 0;
	enum fs_err e = FS_OK;

	set |= to_set & FUSE_SET_ATTR_MODE ? FS_SET_MODE : 0;
	set |= to_set & FUSE_SET_ATTR_UID ? FS_SET_UID : 0;
	set |= to_set & FUSE_SET_ATTR_GID ? FS_SET_GID : 0;
	set |= to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW) ? FS_SET_ATIME : 0;
	set |= to_set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW) ? FS_SET_MTIME : 0;
	if (to_set & FUSE_SET_ATTR_ATIME_NOW)
		a.atime = ns_now();
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		a.mtime = ns_now();
	if (to_set & FUSE_SET_ATTR_SIZE)
		e = fs_truncate(volume, ino, (uint64_t)st->st_size);
	if (e == FS_OK && set != 0)
		e = fs_setattr(volume, ino, set, &a);
	if (e == FS_OK)
		on_getattr(req, ino, fi);
	else
		reply(req, e);
}

static void on_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[4096];
	size_t n;
	enum fs_err e = fs_read(volume, ino, 0, target, sizeof(target) - 1, &n);

	if (e != FS_OK) {
		reply(req, e);
		return;
	}
	target[n] = 0;
	fuse_reply_readlink(req, target);
}

/* Who creates, and what a set-group-id directory passes on. */
static struct fs_attr attr_new(fuse_req_t req, uint64_t dir, mode_t mode, dev_t rdev)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct fs_attr up, a = { .type = type_of(mode),
				 .mode = mode & 07777,
				 .uid = ctx->uid,
				 .gid = ctx->gid,
				 .rdev = rdev };

	if (fs_getattr(volume, dir, &up) == FS_OK && up.mode & S_ISGID) {
		a.gid = up.gid;
		if (a.type == FS_DIR)
			a.mode |= S_ISGID;
	}
	return a;
}

static void on_mknod(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode, dev_t rdev)
{
	struct fs_attr a = attr_new(req, dir, mode, rdev);
	uint64_t ino;

	reply_entry(req, fs_create(volume, dir, name, strlen(name), &a, &ino), ino);
}

static void on_mkdir(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode)
{
	on_mknod(req, dir, name, S_IFDIR | (mode & 07777), 0);
}

static void on_symlink(fuse_req_t req, const char *target, fuse_ino_t dir, const char *name)
{
	struct fs_attr a = attr_new(req, dir, S_IFLNK | 0777, 0);
	uint64_t ino;

	reply_entry(req,
		    fs_symlink(volume, dir, name, strlen(name), &a, target, strlen(target), &ino),
		    ino);
}

static void on_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t dir, const char *name)
{
	reply_entry(req, fs_link(volume, ino, dir, name, strlen(name)), ino);
}

static void on_unlink(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	reply(req, fs_unlink(volume, dir, name, strlen(name)));
}

static void on_rmdir(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	reply(req, fs_rmdir(volume, dir, name, strlen(name)));
}

static void on_rename(fuse_req_t req, fuse_ino_t dir, const char *name, fuse_ino_t to,
		      const char *new_name, unsigned flags)
{
	/* The library's flags have the numbers of renameat2(2). */
	if (flags & ~(FS_RENAME_NO_REPLACE | FS_RENAME_EXCHANGE))
		fuse_reply_err(req, EINVAL);
	else
		reply(req, fs_rename(volume, dir, name, strlen(name), to, new_name,
				     strlen(new_name), (enum fs_rename_flags)flags));
}

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	/* The kernel leaves truncating to us. It holds the inode from lookup to forget: no pin. */
	enum fs_err e = fi->flags & O_TRUNC ? fs_truncate(volume, ino, 0) : FS_OK;

	fi->keep_cache = !(fi->flags & O_TRUNC);
	if (e == FS_OK)
		fuse_reply_open(req, fi);
	else
		reply(req, e);
}

static void on_create(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fs_attr a = attr_new(req, dir, S_IFREG | (mode & 07777), 0);
	struct fuse_entry_param p;
	uint64_t ino;
	enum fs_err e = fs_create(volume, dir, name, strlen(name), &a, &ino);

	if (e == FS_OK)
		e = entry_fill(ino, &p);
	if (e == FS_OK)
		fuse_reply_create(req, &p, fi);
	else
		reply(req, e);
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	static char *buf;
	static size_t room;
	size_t done;

	(void)fi;
	if (size > room) {
		char *bigger = realloc(buf, size);

		if (bigger == nullptr) {
			fuse_reply_err(req, ENOMEM);
			return;
		}
		buf = bigger;
		room = size;
	}
	enum fs_err e = fs_read(volume, ino, (uint64_t)off, buf, size, &done);
	if (e != FS_OK)
		reply(req, e);
	else
		fuse_reply_buf(req, buf, done);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	size_t done;

	(void)fi;
	enum fs_err e = fs_write(volume, ino, (uint64_t)off, buf, size, &done);
	if (e != FS_OK && done == 0)
		reply(req, e);
	else
		fuse_reply_write(req, done);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	(void)fi;
	reply(req, fs_fsync(volume, ino));
}

static void on_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
			 struct fuse_file_info *fi)
{
	(void)fi;
	if (mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		reply(req, fs_punch(volume, ino, (uint64_t)off, (uint64_t)len));
	else if (mode == 0 || mode == FALLOC_FL_KEEP_SIZE)
		reply(req, fs_allocate(volume, ino, (uint64_t)off, (uint64_t)len, mode != 0));
	else
		fuse_reply_err(req, EOPNOTSUPP);
}

static void on_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
		     struct fuse_file_info *fi)
{
	uint64_t found;

	(void)fi;
	enum fs_err e = fs_seek(volume, ino, (uint64_t)off, whence == SEEK_HOLE, &found);
	if (e == FS_OK)
		fuse_reply_lseek(req, (off_t)found);
	else
		fuse_reply_err(req, e == FS_RANGE ? ENXIO : fs_errno(e));
}

struct listing {
	fuse_req_t req;
	char *buf;
	size_t len, room;
};

/* False: no room left. */
static bool listing_add(struct listing *l, const char *name, uint64_t ino, enum fs_type type,
			uint64_t next)
{
	struct stat st = { .st_ino = ino, .st_mode = type_modes[type] };
	size_t n = fuse_add_direntry(l->req, l->buf + l->len, l->room - l->len, name, &st,
				     (off_t)next);

	if (n > l->room - l->len)
		return false;
	l->len += n;
	return true;
}

static enum fs_err listing_fill(struct listing *l, uint64_t dir, uint64_t at)
{
	struct fs_dirent d;
	uint64_t up;
	enum fs_err e = fs_parent(volume, dir, &up);

	if (e != FS_OK)
		return e;
	if (at < DOT && !listing_add(l, ".", dir, FS_DIR, DOT))
		return FS_OK;
	if (at < DOT_DOT && !listing_add(l, "..", up, FS_DIR, DOT_DOT))
		return FS_OK;
	uint64_t cookie = at >= FIRST_COOKIE ? at - FIRST_COOKIE : 0;
	while ((e = fs_readdir(volume, dir, &cookie, &d)) == FS_OK)
		if (!listing_add(l, d.name, d.ino, d.type, cookie + FIRST_COOKIE))
			return FS_OK;
	return e == FS_NOT_FOUND ? FS_OK : e;
}

static void on_readdir(fuse_req_t req, fuse_ino_t dir, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct listing l = { .req = req, .buf = malloc(size), .room = size };

	(void)fi;
	enum fs_err e = l.buf != nullptr ? listing_fill(&l, dir, (uint64_t)off) : FS_NO_MEMORY;
	if (e != FS_OK)
		reply(req, e);
	else
		fuse_reply_buf(req, l.buf, l.len);
	free(l.buf);
}

static void on_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct fs_stat v;

	(void)ino;
	fs_statfs(volume, &v);
	uint64_t most = v.max_inodes != 0 ? v.max_inodes : v.inodes + v.blocks_free * 8;
	struct statvfs st = { .f_bsize = v.block_size,
			      .f_frsize = v.block_size,
			      .f_blocks = v.blocks,
			      .f_bfree = v.blocks_free,
			      .f_bavail = v.blocks_free,
			      .f_files = most,
			      .f_ffree = most - v.inodes,
			      .f_favail = most - v.inodes,
			      .f_namemax = FS_NAME_MAX };
	fuse_reply_statfs(req, &st);
}

static void on_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
			size_t size, int flags)
{
	/* Access lists that nobody obeys would be worse than none. */
	if (strncmp(name, "system.posix_acl_", 17) == 0)
		fuse_reply_err(req, EOPNOTSUPP);
	else /* The library's flags have the numbers of setxattr(2). */
		reply(req, fs_xattr_set(volume, ino, name, value, size,
					(enum fs_xattr_flags)(flags & 3)));
}

static void reply_bytes(fuse_req_t req, enum fs_err e, size_t room, const char *buf, size_t len)
{
	if (e != FS_OK)
		reply(req, e);
	else if (room == 0)
		fuse_reply_xattr(req, len);
	else
		fuse_reply_buf(req, buf, len);
}

static void on_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	static char buf[65536];
	size_t len = size < sizeof(buf) ? size : sizeof(buf);

	enum fs_err e = fs_xattr_get(volume, ino, name, buf, &len);
	reply_bytes(req, e, size, buf, len);
}

static void on_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	static char buf[65536];
	size_t len = size < sizeof(buf) ? size : sizeof(buf);

	enum fs_err e = fs_xattr_list(volume, ino, buf, &len);
	reply_bytes(req, e, size, buf, len);
}

static void on_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	reply(req, fs_xattr_remove(volume, ino, name));
}

static const struct fuse_lowlevel_ops operations = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readlink = on_readlink,
	.mknod = on_mknod,
	.mkdir = on_mkdir,
	.symlink = on_symlink,
	.link = on_link,
	.unlink = on_unlink,
	.rmdir = on_rmdir,
	.rename = on_rename,
	.open = on_open,
	.create = on_create,
	.read = on_read,
	.write = on_write,
	.fsync = on_fsync,
	.fsyncdir = on_fsync,
	.fallocate = on_fallocate,
	.lseek = on_lseek,
	.readdir = on_readdir,
	.statfs = on_statfs,
	.setxattr = on_setxattr,
	.getxattr = on_getxattr,
	.listxattr = on_listxattr,
	.removexattr = on_removexattr,
};

/* Once awake: sync what nobody asked for, and clean when nothing else happened. */
static enum fs_err background_work(uint64_t *written)
{
	struct fs_stat st;
	uint32_t done;

	fs_statfs(volume, &st);
	if (st.read_only)
		return FS_OK;
	bool idle = *written == st.device_writes;
	enum fs_err e = fs_sync(volume);
	if (e == FS_OK && idle && st.segments_free < st.segments / 8)
		e = fs_clean(volume, 8, &done);
	fs_statfs(volume, &st);
	*written = st.device_writes;
	return e;
}

static void *background(void *session)
{
	uint64_t written = 0;

	pthread_mutex_lock(&lock);
	while (!fuse_session_exited(session)) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += SYNC_SECONDS;
		if (pthread_cond_timedwait(&stop, &lock, &until) == 0)
			continue;
		enum fs_err e = background_work(&written);
		if (e != FS_OK)
			fprintf(stderr, "futfs: in the background: %s\n", fs_err_text(e));
	}
	pthread_mutex_unlock(&lock);
	return nullptr;
}

static void session_loop(struct fuse_session *se)
{
	struct fuse_buf buf = {};
	pthread_t thread;
	bool threaded = pthread_create(&thread, nullptr, background, se) == 0;

	while (!fuse_session_exited(se)) {
		int n = fuse_session_receive_buf(se, &buf);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		pthread_mutex_lock(&lock);
		fuse_session_process_buf(se, &buf);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	fuse_session_exit(se);
	pthread_cond_signal(&stop);
	pthread_mutex_unlock(&lock);
	if (threaded)
		pthread_join(thread, nullptr);
	free(buf.mem);
}

static int mount_run(struct fuse_args *args, const char *dir, bool foreground)
{
	struct fuse_session *se = fuse_session_new(args, &operations, sizeof(operations), nullptr);
	int r = 1;

	if (se == nullptr)
		return 1;
	if (fuse_set_signal_handlers(se) == 0 && fuse_session_mount(se, dir) == 0) {
		if (fuse_daemonize(foreground) == 0) {
			session_loop(se);
			r = 0;
		}
		fuse_session_unmount(se);
	}
	fuse_remove_signal_handlers(se);
	fuse_session_destroy(se);
	return r;
}

int command_mount(struct command *c)
{
	bool foreground = false;
	const char *dir = nullptr, *extra = nullptr;
	char options[512];

	for (int i = 0; i < c->argc; i++) {
		if (strcmp(c->argv[i], "-f") == 0)
			foreground = true;
		else if (strcmp(c->argv[i], "-o") == 0 && i + 1 < c->argc)
			extra = c->argv[++i];
		else
			dir = c->argv[i];
	}
	if (dir == nullptr) {
		fprintf(stderr, "futfs: mount: no directory given\n");
		return 2;
	}
	volume = command_open(c, c->snapshot, c->snapshot == nullptr);
	if (volume == nullptr)
		return 1;
	snprintf(options, sizeof(options), "-ofsname=%s,subtype=futurafs,default_permissions%s%s%s",
		 c->image, c->snapshot != nullptr ? ",ro" : "", extra != nullptr ? "," : "",
		 extra != nullptr ? extra : "");
	char *argv[] = { (char *)"futfs", options, nullptr };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	int r = mount_run(&args, dir, foreground);
	enum fs_err e = fs_unmount(volume);
	if (e != FS_OK)
		return command_fail(c->image, e);
	return r;
}
