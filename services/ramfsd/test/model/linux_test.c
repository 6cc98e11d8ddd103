/* SPDX-License-Identifier: MPL-2.0 */
/* Random operations, done by ramfsd and by the Linux of this machine on a tmpfs: all answers are
 * equal. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "services/ramfsd/test/fixture.h"

constexpr unsigned ROUNDS = 40, STEPS = 400, OPEN = 4;
constexpr size_t DATA = 40000;

static struct remote root;
static int linux_root; /* the directory that is the root's like */
static struct {
	struct remote ours;
	int theirs; /* 0: closed */
} opened[OPEN];
/* In this round holes are the same: not after one was punched, whose ends may stay pages or not,
 * nor after a read, which the kernel for tests does through a mapping that fills them. */
static bool holes_are_same;

static unsigned pick(unsigned n)
{
	return (unsigned)rand() % n;
}

/* Up to three names of few, some with "." and "..", sometimes with a slash behind. No path leads
 * above the root: ".." stands behind a name only, and links lead down. */
static void path_make(char *path, size_t size)
{
	static const char *const names[] = { "a", "b", "c", "a/..", "b/.", "c/../a", "./b" };
	size_t n = 0;

	for (unsigned i = 0, parts = 1 + pick(3); i < parts; i++)
		n += (size_t)snprintf(path + n, size - n, "%s%s", i ? "/" : "",
				      names[pick(pick(3) ? 3 : 7)]);
	if (pick(16) == 0)
		snprintf(path + n, size - n, "/");
}

/* What a system call gave, as an outcome. */
static int64_t result(int64_t r)
{
	return r < 0 ? -errno : r;
}

static void same(const char *what, const char *path, int64_t ours, int64_t theirs)
{
	if (ours != theirs)
		printf("%s %s: %ld, Linux %ld\n", what, path, (long)ours, (long)theirs);
	CHECK(ours == theirs);
}

/* --- Names --- */

static void step_make(const char *path)
{
	uint32_t mode = 0700 | pick(0100);

	switch (pick(4)) {
	case 0:
		same("mkdir", path, do_mkdir(&root, path, mode),
		     result(mkdirat(linux_root, path, mode)));
		break;
	case 1:
		same("mkfifo", path, do_make(&root, path, S_IFIFO | mode, 0),
		     result(mknodat(linux_root, path, S_IFIFO | mode, 0)));
		break;
	default: {
		static const char *const targets[] = { "a", "b", "c/a", "./b", "a/.", "c/" };
		const char *target = targets[pick(6)];
		same("symlink", path, do_symlink(&root, target, path),
		     result(symlinkat(target, linux_root, path)));
	}
	}
}

static void step_remove(const char *path)
{
	if (pick(2))
		same("unlink", path, do_remove(&root, path, 0),
		     result(unlinkat(linux_root, path, 0)));
	else
		same("rmdir", path, do_remove(&root, path, FILE_REMOVE_DIRECTORY),
		     result(unlinkat(linux_root, path, AT_REMOVEDIR)));
}

static void step_rename(const char *path, const char *to)
{
	static const struct {
		uint32_t ours;
		unsigned theirs;
	} flags[] = { { 0, 0 }, { 0, 0 }, { FILE_NO_REPLACE, 1 }, { FILE_EXCHANGE, 2 } };
	unsigned i = pick(4);
	char both[300];

	snprintf(both, sizeof(both), "%s to %s with %u", path, to, i);
	same("rename", both, do_rename(&root, path, to, flags[i].ours),
	     result(syscall(SYS_renameat2, linux_root, path, linux_root, to, flags[i].theirs)));
}

static void step_stat(const char *path)
{
	bool follows = pick(2);
	struct stat st;
	int64_t theirs = result(fstatat(linux_root, path, &st, follows ? 0 : AT_SYMLINK_NOFOLLOW));
	struct description d = do_stat(&root, path, follows ? 0 : FILE_NO_FOLLOW);

	same("stat", path, d.outcome, theirs);
	if (d.outcome != 0 || theirs != 0)
		return;
	same("mode", path, d.mode, st.st_mode);
	same("links", path, d.nlink, (int64_t)st.st_nlink);
	if (!S_ISDIR(d.mode))
		same("size", path, (int64_t)d.size, st.st_size);
}

static void step_readlink(const char *path)
{
	char ours[4001], theirs[4001];
	uint64_t node;
	int32_t outcome;
	size_t len = 0;
	int64_t n = result(readlinkat(linux_root, path, theirs, sizeof(theirs)));

	CHECK(file_readlink(&root, path, strlen(path), &node, &outcome, ours, sizeof(ours), &len) ==
	      OK);
	same("readlink", path, outcome < 0 ? outcome : (int64_t)len, n);
	CHECK(n < 0 || (size_t)n != len || memcmp(ours, theirs, len) == 0);
}

/* --- Open files --- */

static void close_one(unsigned i)
{
	if (opened[i].theirs == 0)
		return;
	fixture_close(opened[i].ours.session);
	close(opened[i].theirs);
	opened[i].theirs = 0;
}

static void step_open(const char *path)
{
	static const struct {
		uint32_t ours;
		int theirs;
	} flags[] = { { FILE_CREATE, O_CREAT },       { FILE_CREATE, O_CREAT },
		      { FILE_EXCLUSIVE, O_EXCL },     { FILE_TRUNCATE, O_TRUNC },
		      { FILE_NO_FOLLOW, O_NOFOLLOW }, { FILE_DIRECTORY, O_DIRECTORY },
		      { FILE_OPEN_WRITE, O_RDWR } };
	uint32_t ours = FILE_OPEN_READ;
	int theirs = O_NONBLOCK;
	unsigned slot = pick(OPEN);

	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (pick(3) == 0) {
			ours |= flags[i].ours;
			theirs |= flags[i].theirs;
		}
	/* O_EXCL alone, and O_CREAT with O_DIRECTORY, mean nothing that is the same everywhere. */
	if (!(ours & FILE_CREATE))
		ours &= ~FILE_EXCLUSIVE, theirs &= ~O_EXCL;
	else
		ours &= ~FILE_DIRECTORY, theirs &= ~O_DIRECTORY;
	close_one(slot);
	int fd = openat(linux_root, path, theirs, 0644);
	int64_t answered = result(fd);
	struct answer a = do_open(&root, path, ours, 0644);
	same("open", path, a.outcome, answered < 0 ? answered : 0);
	if (a.outcome == 0 && answered >= 0 && S_ISREG(a.mode)) {
		opened[slot].ours.session = a.session;
		opened[slot].theirs = fd;
		return;
	}
	if (a.outcome == 0)
		fixture_close(a.session);
	if (answered >= 0)
		close(fd);
}

static void step_write(struct remote *ours, int theirs)
{
	static char data[DATA];
	size_t n = 1 + pick(pick(2) ? 100 : DATA), at = pick(DATA);
	int64_t outcome;

	for (size_t i = 0; i < n; i++)
		data[i] = (char)(1 + pick(255));
	CHECK(file_write(ours, at, data, n, &outcome) == OK);
	same("write", "", outcome, result(pwrite(theirs, data, n, (off_t)at)));
}

static void step_read(struct remote *ours, int theirs)
{
	static char got[2 * DATA], wanted[2 * DATA];
	size_t at = pick(2) ? 0 : pick(2 * DATA);
	int64_t outcome, n;

	holes_are_same = false;
	n = result(pread(theirs, wanted, sizeof(wanted), (off_t)at));

	CHECK(file_read(ours, at, got, sizeof(got), &outcome) == OK);
	same("read", "", outcome, n);
	CHECK(n < 0 || outcome != n || memcmp(got, wanted, (size_t)n) == 0);
}

static void step_size(struct remote *ours, int theirs)
{
	char rest[3901];
	uint64_t node, size = pick(2 * DATA);
	int32_t outcome;
	size_t len;

	CHECK(file_change(ours, size, 0, 0, FILE_CHANGE_SIZE, 0, 0, 0, 0, "", 0, &node, &outcome,
			  rest, sizeof(rest), &len) == OK);
	same("truncate", "", outcome, result(ftruncate(theirs, (off_t)size)));
}

static void step_holes(struct remote *ours, int theirs)
{
	int64_t outcome, at = pick(2 * DATA);
	int64_t size = 1 + pick(DATA);

	if (holes_are_same && pick(8)) {
		uint32_t whence = pick(2) ? SEEK_DATA : SEEK_HOLE;
		CHECK(file_seek(ours, (uint64_t)at, whence, &outcome) == OK);
		same("seek", "", outcome, result(lseek(theirs, at, (int)whence)));
	} else {
		holes_are_same = false;
		CHECK(file_allocate(ours, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (uint64_t)at,
				    (uint64_t)size, &outcome) == OK);
		same("punch", "", outcome,
		     result(fallocate(theirs, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
				      size)));
	}
}

static void step_data(void)
{
	unsigned i = pick(OPEN);

	if (opened[i].theirs == 0)
		return;
	switch (pick(8)) {
	case 0:
	case 1:
		step_write(&opened[i].ours, opened[i].theirs);
		break;
	case 2:
		step_size(&opened[i].ours, opened[i].theirs);
		break;
	case 3:
	case 4:
	case 5:
		step_holes(&opened[i].ours, opened[i].theirs);
		break;
	default:
		step_read(&opened[i].ours, opened[i].theirs);
	}
}

static void step(void)
{
	char path[100], to[100];

	path_make(path, sizeof(path));
	path_make(to, sizeof(to));
	switch (pick(12)) {
	case 0:
	case 1:
		step_make(path);
		break;
	case 2:
		step_remove(path);
		break;
	case 3:
		step_rename(path, to);
		break;
	case 4:
		same("link", path, do_link(&root, path, to),
		     result(linkat(linux_root, path, linux_root, to, AT_SYMLINK_FOLLOW)));
		break;
	case 5:
		step_stat(path);
		break;
	case 6:
		step_readlink(path);
		break;
	case 7:
	case 8:
		step_open(path);
		break;
	default:
		step_data();
	}
}

static void remove_all(const char *path)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	CHECK(system(command) == 0);
}

TEST(ramfs, random_operations_give_what_linux_gives)
{
	char path[] = "/dev/shm/ramfsd-test-XXXXXX";

	if (mkdtemp(path) == nullptr) {
		printf("no tmpfs at /dev/shm to compare with\n");
		return;
	}
	umask(0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct remote files = fixture_start();
		char name[100];

		srand(round);
		holes_are_same = true;
		snprintf(name, sizeof(name), "%s/%u", path, round);
		CHECK(mkdir(name, 0755) == 0);
		linux_root = open(name, O_RDONLY | O_DIRECTORY);
		struct remote top = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
		CHECK(do_mkdir(&top, "w", 0755) == 0);
		root = must_open(&top, "w", FILE_PATH);
		for (unsigned i = 0; i < STEPS; i++)
			step();
		for (unsigned i = 0; i < OPEN; i++)
			close_one(i);
		close(linux_root);
		fixture_close(root.session);
		fixture_close(top.session);
		fixture_end(&files);
	}
	remove_all(path);
}
