/* SPDX-License-Identifier: MPL-2.0 */
/* futfs ls, cat, stat and snapshot. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/futfs/futfs.h"

static const char *const type_names[] = { "?",    "file",  "dir",  "symlink",
					  "char", "block", "fifo", "socket" };

static const char *type_name(enum fs_type t)
{
	return t <= FS_SOCKET ? type_names[t] : "?";
}

static void time_show(const char *what, int64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	char text[40];

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	printf("%s %s.%09lld UTC\n", what, text, (long long)(ns % 1000000000));
}

int command_ls(struct command *c)
{
	struct fs *fs = command_open(c, c->snapshot, false);
	struct fs_dirent d;
	uint64_t dir, cookie = 0;
	enum fs_err e = FS_NOT_FOUND;

	if (fs == nullptr)
		return 1;
	bool found = path_find(fs, c->argc > 0 ? c->argv[0] : "/", &dir);
	while (found && (e = fs_readdir(fs, dir, &cookie, &d)) == FS_OK) {
		struct fs_attr a = {};
		enum fs_err bad = fs_getattr(fs, d.ino, &a);

		printf("%8llu %-7s %04o %3u %5u %5u %12llu %s%s\n", (unsigned long long)d.ino,
		       type_name(d.type), a.mode, a.nlink, a.uid, a.gid, (unsigned long long)a.size,
		       d.name, bad != FS_OK ? " (no inode)" : "");
	}
	fs_abandon(fs);
	if (found && e != FS_NOT_FOUND)
		return command_fail(c->argc > 0 ? c->argv[0] : "/", e);
	return !found;
}

int command_cat(struct command *c)
{
	struct fs *fs = c->argc == 1 ? command_open(c, c->snapshot, false) : nullptr;
	static char buf[1 << 20];
	uint64_t ino, off = 0;
	size_t done = 1;
	enum fs_err e = FS_OK;

	if (fs == nullptr)
		return 1;
	bool found = path_find(fs, c->argv[0], &ino);
	while (found && e == FS_OK && done > 0) {
		e = fs_read(fs, ino, off, buf, sizeof(buf), &done);
		if (fwrite(buf, 1, done, stdout) != done)
			break;
		off += done;
	}
	fs_abandon(fs);
	return e != FS_OK ? command_fail(c->argv[0], e) : !found;
}

static void volume_show(struct fs *fs)
{
	struct fs_stat st;

	fs_statfs(fs, &st);
	printf("label %s\nuuid ", st.label);
	for (unsigned i = 0; i < sizeof(st.uuid); i++)
		printf("%02x", st.uuid[i]);
	printf("\nblock size %llu\nblocks %llu, free %llu\nsegments %llu, free %llu, of %u blocks\n"
	       "inodes %llu, at most %llu\nsequence %llu\n",
	       (unsigned long long)st.block_size, (unsigned long long)st.blocks,
	       (unsigned long long)st.blocks_free, (unsigned long long)st.segments,
	       (unsigned long long)st.segments_free, st.segment_blocks,
	       (unsigned long long)st.inodes, (unsigned long long)st.max_inodes,
	       (unsigned long long)st.sequence);
}

static int file_show(struct fs *fs, const char *path)
{
	struct fs_attr a;
	char names[65536];
	size_t len = sizeof(names);
	uint64_t ino;

	if (!path_find(fs, path, &ino))
		return 1;
	enum fs_err e = fs_getattr(fs, ino, &a);
	if (e != FS_OK)
		return command_fail(path, e);
	printf("inode %llu\ntype %s\nmode %04o\nlinks %u\nowner %u:%u\nsize %llu\nblocks %llu\n",
	       (unsigned long long)a.ino, type_name(a.type), a.mode, a.nlink, a.uid, a.gid,
	       (unsigned long long)a.size, (unsigned long long)a.blocks);
	time_show("accessed", a.atime);
	time_show("modified", a.mtime);
	time_show("changed", a.ctime);
	time_show("born", a.btime);
	if (fs_xattr_list(fs, ino, names, &len) == FS_OK)
		for (size_t at = 0; at < len; at += strlen(names + at) + 1)
			printf("attribute %s\n", names + at);
	return 0;
}

int command_stat(struct command *c)
{
	struct fs *fs = command_open(c, c->snapshot, false);
	int r = 0;

	if (fs == nullptr)
		return 1;
	if (c->argc > 0)
		r = file_show(fs, c->argv[0]);
	else
		volume_show(fs);
	fs_abandon(fs);
	return r;
}

static void snapshots_show(struct fs *fs)
{
	struct fs_snapshot s;
	uint64_t id = 0;

	while (fs_snapshot_next(fs, &id, &s) == FS_OK) {
		printf("%llu %s, checkpoint %llu\n", (unsigned long long)s.id, s.name,
		       (unsigned long long)s.sequence);
		time_show(" taken", s.time);
	}
}

int command_snapshot(struct command *c)
{
	bool change = c->argc == 2;
	struct fs *fs = command_open(c, nullptr, change);
	enum fs_err e = FS_OK;

	if (fs == nullptr)
		return 1;
	if (!change) {
		snapshots_show(fs);
		fs_abandon(fs);
		return c->argc != 0;
	}
	if (strcmp(c->argv[0], "create") == 0)
		e = fs_snapshot_create(fs, c->argv[1]);
	else if (strcmp(c->argv[0], "delete") == 0)
		e = fs_snapshot_delete(fs, c->argv[1]);
	else
		e = FS_BAD_ARGUMENT;
	enum fs_err last = fs_unmount(fs);
	if (e == FS_OK)
		e = last;
	return e == FS_OK ? 0 : command_fail(c->argv[1], e);
}
