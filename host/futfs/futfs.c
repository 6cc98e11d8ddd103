/* SPDX-License-Identifier: MPL-2.0 */
/* futfs: looks into a FuturaFS volume, takes snapshots, mounts it on Linux. */
#include "host/futfs/futfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/futfs/device.h"

static const char help[] =
	"usage: futfs COMMAND [--snapshot NAME] IMAGE [arguments]\n\n"
	"  dump IMAGE [segments] [tree]   what is on the device\n"
	"  ls IMAGE [PATH]                names in a directory\n"
	"  cat IMAGE PATH                 a file's content\n"
	"  stat IMAGE [PATH]              attributes of a file, or of the volume\n"
	"  snapshot IMAGE [create NAME | delete NAME]\n"
	"                                 snapshots there are, or one more or less\n"
	"  diff IMAGE A [B]               inodes that differ between snapshots (B: now)\n"
	"  mount IMAGE DIR [-f] [-o OPT]  mount with FUSE; -f: stay in the foreground\n";

int command_fail(const char *what, enum fs_err e)
{
	fprintf(stderr, "futfs: %s: %s\n", what, fs_err_text(e));
	return 1;
}

struct fs *command_open(struct command *c, const char *snapshot, bool write)
{
	const struct fs_config config = { .flags = write ? 0 : FS_MOUNT_READ_ONLY,
					  .cache_bytes = 64u << 20,
					  .inodes = 65536,
					  .snapshot = snapshot };
	struct fs_host host = linux_host(false);
	struct fs *fs;
	enum fs_err e = fs_mount(&c->dev, &host, &config, &fs);

	if (e == FS_OK)
		return fs;
	(void)command_fail(c->image, e); /* nullptr says as much */
	return nullptr;
}

bool path_find(struct fs *fs, const char *path, uint64_t *ino)
{
	const char *at = path;

	*ino = FS_ROOT;
	for (;;) {
		at += strspn(at, "/");
		size_t len = strcspn(at, "/");
		if (len == 0)
			return true;
		enum fs_err e = fs_lookup(fs, *ino, at, len, ino);
		if (e != FS_OK)
			return command_fail(path, e) == 0;
		at += len;
	}
}

struct entry {
	const char *name;
	int (*run)(struct command *c);
	bool writes;
};

static const struct entry commands[] = {
	{ "dump", command_dump, false },  { "ls", command_ls, false },
	{ "cat", command_cat, false },    { "stat", command_stat, false },
	{ "diff", command_diff, false },  { "snapshot", command_snapshot, true },
	{ "mount", command_mount, true },
};

static const struct entry *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return nullptr;
}

int main(int argc, char **argv)
{
	const struct entry *e = argc > 1 ? command_find(argv[1]) : nullptr;
	struct command c = {};
	int at = 2;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return 0;
	}
	if (e != nullptr && at + 1 < argc && strcmp(argv[at], "--snapshot") == 0) {
		c.snapshot = argv[at + 1];
		at += 2;
	}
	if (e == nullptr || at >= argc) {
		fputs(help, stderr);
		return 2;
	}
	c.image = argv[at];
	c.argc = argc - at - 1;
	c.argv = argv + at + 1;
	bool write =
		e->writes && c.snapshot == nullptr && (e->run != command_snapshot || c.argc > 0);
	int err = device_open(c.image, write, false, &c.dev);
	if (err != 0) {
		fprintf(stderr, "futfs: %s: %s\n", c.image, strerror(err));
		return 1;
	}
	int r = e->run(&c);
	device_close(&c.dev);
	return r;
}
