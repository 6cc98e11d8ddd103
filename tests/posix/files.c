/* SPDX-License-Identifier: MPL-2.0 */
/* Files: opening, offsets, holes, links, names, times, locks. */
#include "tests/posix/check.h"
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/vfs.h>

static struct stat st;

static const struct stat *look(const char *path)
{
	CHECK_EQ(lstat(path, &st), 0);
	return &st;
}

TEST(open_makes_finds_and_refuses)
{
	check_folder();
	CHECK_ERR(open("f", O_RDONLY), ENOENT);
	int fd = open("f", O_WRONLY | O_CREAT | O_EXCL, 0640);
	CHECK(fd >= 0);
	CHECK_EQ(look("f")->st_mode, S_IFREG | 0640);
	CHECK_ERR(open("f", O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST);
	CHECK_ERR(open("f/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open(".", O_WRONLY), EISDIR);
	CHECK_ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("no/such", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK_ERR(open("new/", O_CREAT | O_WRONLY, 0600), EISDIR);
	char c;
	CHECK_ERR(read(fd, &c, 1), EBADF);
}

TEST(the_umask_takes_rights_away)
{
	check_folder();
	umask(027);
	close(open("f", O_CREAT | O_WRONLY, 0777));
	CHECK_EQ(look("f")->st_mode & 07777, 0750);
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(look("d")->st_mode & 07777, 0750);
	CHECK_EQ(chmod("f", 04777), 0);
	CHECK_EQ(look("f")->st_mode & 07777, 04777);
}

TEST(names_have_limits)
{
	char name[NAME_MAX + 2], path[PATH_MAX + 2];

	check_folder();
	memset(name, 'n', NAME_MAX + 1);
	name[NAME_MAX] = '\0';
	CHECK(open(name, O_CREAT | O_WRONLY, 0600) >= 0);
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	CHECK_ERR(open(name, O_CREAT | O_WRONLY, 0600), ENAMETOOLONG);
	memset(path, '/', PATH_MAX);
	path[PATH_MAX - 1] = '\0';
	CHECK(open(path, O_RDONLY) >= 0);
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = '\0';
	CHECK_ERR(open(path, O_RDONLY), ENAMETOOLONG);
	memset(path, 'n', PATH_MAX - 1);
	path[PATH_MAX - 1] = '\0';
	name[NAME_MAX] = '\0';
	CHECK_ERR(rename(name, path), ENAMETOOLONG);
}

TEST(offsets_and_seeking)
{
	char text[8] = "";

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, -3, SEEK_END), 7);
	CHECK_EQ(read(fd, text, 8), 3);
	CHECK_STR(text, "789");
	CHECK_EQ(read(fd, text, 8), 0);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(lseek(fd, 2, SEEK_CUR), 4);
	CHECK_EQ(pread(fd, text, 2, 8), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(pwrite(fd, "X", 1, 0), 1);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 99), EINVAL);
	CHECK_ERR(pread(fd, text, 1, -1), EINVAL);
	CHECK_STR(check_read("f"), "X123456789");
}

TEST(O_APPEND_writes_at_the_end)
{
	check_folder();
	check_write("f", "abc");
	int a = open("f", O_WRONLY | O_APPEND), b = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(write(a, "1", 1), 1);
	CHECK_EQ(write(b, "2", 1), 1);
	CHECK_EQ(lseek(a, 0, SEEK_SET), 0);
	CHECK_EQ(write(a, "3", 1), 1);
	CHECK_STR(check_read("f"), "abc123");
}

TEST(O_TRUNC_and_ftruncate)
{
	check_folder();
	check_write("f", "abcdef");
	int fd = open("f", O_RDWR);
	CHECK_EQ(ftruncate(fd, 3), 0);
	CHECK_STR(check_read("f"), "abc");
	CHECK_EQ(ftruncate(fd, 6), 0);
	CHECK_EQ(memcmp(check_read("f"), "abc\0\0\0", 6), 0);
	CHECK_EQ(truncate("f", 1), 0);
	CHECK_EQ(look("f")->st_size, 1);
	close(open("f", O_WRONLY | O_TRUNC));
	CHECK_EQ(look("f")->st_size, 0);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(truncate(".", 0), EISDIR);
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
}

TEST(holes_take_no_room_and_read_as_zero)
{
	char c = 'x';

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(pwrite(fd, "e", 1, (off_t)1 << 32), 1);
	CHECK_EQ(look("f")->st_size, ((off_t)1 << 32) + 1);
	CHECK(st.st_blocks < 1000);
	CHECK_EQ(pread(fd, &c, 1, 1 << 20), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), (off_t)1 << 32);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, (off_t)1 << 32, SEEK_HOLE), ((off_t)1 << 32) + 1);
	CHECK_ERR(lseek(fd, (off_t)2 << 32, SEEK_DATA), ENXIO);
}

TEST(fallocate_and_punching_holes)
{
	char text[4];

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fallocate(fd, 0, 0, 65536), 0);
	CHECK_EQ(look("f")->st_size, 65536);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1 << 20), 0);
	CHECK_EQ(look("f")->st_size, 65536);
	CHECK_EQ(pwrite(fd, "data", 4, 8192), 4);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096), 0);
	CHECK_EQ(pread(fd, text, 4, 8192), 4);
	CHECK_EQ(memcmp(text, "\0\0\0\0", 4), 0);
	CHECK_ERR(fallocate(fd, 0, -1, 1), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
}

TEST(long_reads_and_writes_are_whole)
{
	constexpr size_t SIZE = 5 << 19; /* no whole number of MiB */
	unsigned *data = malloc(SIZE), *back = malloc(SIZE);

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	for (size_t i = 0; i < SIZE / sizeof(*data); i++)
		data[i] = (unsigned)i;
	CHECK_EQ(pwrite(fd, data, SIZE, 100), SIZE);
	CHECK_EQ(pread(fd, back, SIZE, 100), SIZE);
	CHECK_EQ(memcmp(data, back, SIZE), 0);
	memset(back, 0, SIZE);
	CHECK_EQ(lseek(fd, 104, SEEK_SET), 104);
	CHECK_EQ(read(fd, back, SIZE), SIZE - 4);
	CHECK_EQ(memcmp(data + 1, back, SIZE - 4), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 100 + SIZE);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 100 + SIZE);
}

TEST(hard_links_are_one_file)
{
	check_folder();
	check_write("a", "text");
	CHECK_EQ(link("a", "b"), 0);
	CHECK_EQ(look("a")->st_nlink, 2);
	ino_t inode = st.st_ino;
	CHECK_EQ(look("b")->st_ino, inode);
	CHECK_EQ(unlink("a"), 0);
	CHECK_STR(check_read("b"), "text");
	CHECK_EQ(look("b")->st_nlink, 1);
	CHECK_ERR(link("absent", "c"), ENOENT);
	CHECK_ERR(link("b", "b"), EEXIST);
	CHECK_EQ(mkdir("d", 0700), 0);
	CHECK_ERR(link("d", "e"), EPERM);
}

TEST(symbolic_links_are_followed)
{
	char text[64];

	check_folder();
	check_write("a", "text");
	CHECK_EQ(symlink("a", "l"), 0);
	CHECK_STR(check_read("l"), "text");
	CHECK_EQ(readlink("l", text, sizeof(text)), 1);
	CHECK_EQ(text[0], 'a');
	CHECK(S_ISLNK(look("l")->st_mode));
	CHECK_EQ(st.st_size, 1);
	CHECK_EQ(stat("l", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERR(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(readlink("a", text, sizeof(text)), EINVAL);
	CHECK_EQ(symlink("round", "round"), 0);
	CHECK_ERR(open("round", O_RDONLY), ELOOP);
	CHECK_EQ(symlink("new", "dangling"), 0);
	CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERR(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	CHECK(open("dangling", O_CREAT | O_WRONLY, 0600) >= 0);
	CHECK_EQ(look("new")->st_size, 0);
	CHECK_ERR(symlink("x", "l"), EEXIST);
	CHECK_ERR(symlink("", "y"), ENOENT);
}

TEST(forty_links_are_followed_and_no_more)
{
	char from[16], to[16];

	check_folder();
	check_write("l0", "end");
	for (int i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "l%d", i - 1);
		snprintf(to, sizeof(to), "l%d", i);
		CHECK_EQ(symlink(from, to), 0);
	}
	CHECK_STR(check_read("l40"), "end");
	CHECK_ERR(open("l41", O_RDONLY), ELOOP);
}

TEST(rename_replaces)
{
	check_folder();
	check_write("a", "A");
	check_write("b", "B");
	int fd = open("b", O_RDONLY);
	CHECK_EQ(rename("a", "b"), 0);
	CHECK_STR(check_read("b"), "A");
	CHECK_ERR(lstat("a", &st), ENOENT);
	char c;
	CHECK_EQ(read(fd, &c, 1), 1); /* the replaced file lives while it is open */
	CHECK_EQ(c, 'B');
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(link("b", "c"), 0);
	CHECK_EQ(rename("b", "c"), 0); /* the same file: nothing happens */
	CHECK_EQ(look("b")->st_nlink, 2);
	CHECK_ERR(rename("absent", "x"), ENOENT);
}

TEST(rename_of_directories)
{
	check_folder();
	CHECK_EQ(mkdir("d", 0700), 0);
	CHECK_EQ(mkdir("d/e", 0700), 0);
	check_write("f", "");
	CHECK_ERR(rename("d", "d/e/x"), EINVAL);
	CHECK_ERR(rename("d", "f"), ENOTDIR);
	CHECK_ERR(rename("f", "d"), EISDIR);
	CHECK_EQ(mkdir("full", 0700), 0);
	check_write("full/x", "");
	CHECK_ERR(rename("d", "full"), ENOTEMPTY);
	CHECK_EQ(mkdir("empty", 0700), 0);
	CHECK_EQ(rename("d", "empty"), 0);
	CHECK(S_ISDIR(look("empty/e")->st_mode));
	CHECK_EQ(look("empty")->st_nlink, 3);
	CHECK_EQ(rename("empty/e", "e"), 0);
	CHECK_EQ(look("empty")->st_nlink, 2);
}

TEST(renameat2_has_flags)
{
	check_folder();
	check_write("a", "A");
	check_write("b", "B");
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
	CHECK_EQ(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE), 0);
	CHECK_STR(check_read("a"), "B");
	CHECK_STR(check_read("b"), "A");
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "absent", RENAME_EXCHANGE), ENOENT);
	CHECK_ERR(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE),
		  EINVAL);
	CHECK_EQ(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE), 0);
}

TEST(an_unlinked_file_lives_while_open)
{
	char text[5] = "";

	check_folder();
	check_write("f", "text");
	int fd = open("f", O_RDWR);
	CHECK_EQ(unlink("f"), 0);
	CHECK_ERR(unlink("f"), ENOENT);
	CHECK_EQ(read(fd, text, 4), 4);
	CHECK_STR(text, "text");
	CHECK_EQ(write(fd, "more", 4), 4);
	check_write("f", "other");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 8);
}

TEST(O_TMPFILE_has_no_name_until_it_is_linked)
{
	char path[64];

	check_folder();
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), 0);
	CHECK_STR(check_read("named"), "x");
}

TEST(calls_relative_to_a_directory)
{
	check_folder();
	CHECK_EQ(mkdir("d", 0700), 0);
	int d = open("d", O_PATH | O_DIRECTORY);
	CHECK(d >= 0);
	CHECK_EQ(chdir("/"), 0);
	int fd = openat(d, "f", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(fstatat(d, "f", &st, 0), 0);
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(linkat(d, "f", d, "g", 0), 0);
	CHECK_EQ(symlinkat("g", d, "s"), 0);
	CHECK_EQ(renameat(d, "f", d, "h"), 0);
	CHECK_EQ(faccessat(d, "h", R_OK, 0), 0);
	CHECK_ERR(faccessat(d, "f", F_OK, 0), ENOENT);
	CHECK_EQ(fchmodat(d, "h", 0400, 0), 0);
	CHECK_EQ(unlinkat(d, "g", 0), 0);
	CHECK_EQ(mkdirat(d, "sub", 0700), 0);
	CHECK_ERR(unlinkat(d, "sub", 0), EISDIR);
	CHECK_EQ(unlinkat(d, "sub", AT_REMOVEDIR), 0);
	CHECK_ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_ERR(openat(999, "x", O_RDONLY), EBADF);
	CHECK_EQ(fstatat(d, "", &st, AT_EMPTY_PATH), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(unlinkat(d, "s", 0), 0);
	CHECK_EQ(unlinkat(d, "h", 0), 0);
}

TEST(statx_tells_more)
{
	struct statx x;

	check_folder();
	check_write("f", "abc");
	CHECK_EQ(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), 0);
	CHECK((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	CHECK_EQ(x.stx_size, 3);
	CHECK_EQ(x.stx_nlink, 1);
	look("f");
	CHECK_EQ(x.stx_ino, st.st_ino);
	CHECK_EQ(makedev(x.stx_dev_major, x.stx_dev_minor), st.st_dev);
	int fd = open("f", O_RDONLY);
	CHECK_EQ(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x), 0);
	CHECK_EQ(x.stx_size, 3);
	CHECK_ERR(statx(AT_FDCWD, "f", 0x80000000, STATX_SIZE, &x), EINVAL);
}

TEST(times_change_with_what_is_done)
{
	struct timespec t[2] = { { 1000, 500 }, { 2000, 600 } };

	check_folder();
	check_write("f", "abc");
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 600);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec > 2000);
	t[1] = (struct timespec){ 3000, 0 };
	CHECK_EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	int fd = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "d", 1), 1);
	CHECK(look("f")->st_mtim.tv_sec > 3000);
	t[1] = (struct timespec){ 4000, 0 };
	CHECK_EQ(futimens(fd, t), 0);
	CHECK_EQ(look("f")->st_mtim.tv_sec, 4000);
	t[1].tv_nsec = 1'000'000'000;
	CHECK_ERR(futimens(fd, t), EINVAL);
}

TEST(record_locks_keep_others_out)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
	CHECK_EQ(fcntl(fd, F_SETLK, &l), 0); /* one's own locks do not clash */
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		struct flock ask = {
			.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 15, .l_len = 1
		};
		CHECK_EQ(fcntl(fd, F_GETLK, &ask), 0);
		CHECK_EQ(ask.l_type, F_WRLCK);
		CHECK_EQ(ask.l_pid, parent);
		CHECK_EQ(ask.l_start, 10);
		CHECK_EQ(ask.l_len, 10);
		ask = (struct flock){
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 19, .l_len = 5
		};
		CHECK_ERR(fcntl(fd, F_SETLK, &ask), EAGAIN);
		ask.l_start = 20;
		CHECK_EQ(fcntl(fd, F_SETLK, &ask), 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	/* The child's lock went with it. */
	l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };
	CHECK_EQ(fcntl(fd, F_GETLK, &l), 0);
	CHECK_EQ(l.l_type, F_UNLCK);
	l.l_type = 77;
	CHECK_ERR(fcntl(fd, F_SETLK, &l), EINVAL);
}

TEST(waiting_for_a_record_lock)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(fcntl(fd, F_SETLKW, &l), 0);
		_exit(write(fd, "child", 5) == 5 ? 0 : 1);
	}
	usleep(30'000);
	CHECK_EQ(look("f")->st_size, 0);
	l.l_type = F_UNLCK;
	CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(look("f")->st_size, 5);
}

static int lock_byte(int fd, short type, off_t at, bool wait)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, wait ? F_SETLKW : F_SETLK, &l);
}

static void nothing(int signal)
{
	(void)signal;
}

/* Has byte `at`, says so, and waits for the one after it. */
static pid_t waits_for_next(int fd, off_t at, off_t next, int said)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	CHECK_EQ(lock_byte(fd, F_WRLCK, at, false), 0);
	CHECK_EQ(write(said, "x", 1), 1);
	int result = lock_byte(fd, F_WRLCK, next, true);
	_exit(result == 0 ? 0 : errno);
}

/* Whichever of the three comes last. */
TEST(who_would_wait_for_itself_is_told)
{
	int fd = (check_folder(), open("f", O_CREAT | O_RDWR, 0600)), said[2];
	char byte;

	CHECK_EQ(pipe(said), 0);
	CHECK_EQ(lock_byte(fd, F_WRLCK, 0, false), 0);
	pid_t a = waits_for_next(fd, 1, 0, said[1]);
	CHECK_EQ(read(said[0], &byte, 1), 1); /* or b could have a's byte before a */
	pid_t b = waits_for_next(fd, 2, 1, said[1]);
	CHECK_EQ(read(said[0], &byte, 1), 1);
	usleep(100'000); /* they wait, but on a busy machine */
	int told = lock_byte(fd, F_WRLCK, 2, true) == 0 ? 0 : errno;
	CHECK(told == 0 || told == EDEADLK);
	CHECK_EQ(lock_byte(fd, F_UNLCK, 0, false), 0);
	CHECK_EQ(told + check_wait(a) + check_wait(b), EDEADLK);
	CHECK_EQ(lock_byte(fd, F_WRLCK, 1, true), 0);
}

TEST(who_stopped_waiting_is_in_nobody_s_way)
{
	int fd = (check_folder(), open("f", O_CREAT | O_RDWR, 0600)), said[2];
	struct sigaction act = { .sa_handler = nothing };
	char byte;

	CHECK_EQ(pipe(said), 0);
	CHECK_EQ(lock_byte(fd, F_WRLCK, 0, false), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(sigaction(SIGALRM, &act, nullptr), 0);
		CHECK_EQ(lock_byte(fd, F_WRLCK, 1, false), 0);
		ualarm(100'000, 100'000); /* again, should the first come before we wait */
		CHECK_ERR(lock_byte(fd, F_WRLCK, 0, true), EINTR);
		ualarm(0, 0);
		CHECK_EQ(write(said[1], "x", 1), 1);
		usleep(200'000);
		_exit(0);
	}
	CHECK_EQ(read(said[0], &byte, 1), 1);
	CHECK_EQ(lock_byte(fd, F_WRLCK, 1, true), 0); /* at its end */
	CHECK_EQ(check_wait(pid), 0);
}

TEST(closing_any_descriptor_drops_the_processes_locks)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
	close(open("f", O_RDONLY));
	pid_t pid = fork();
	if (pid == 0)
		_exit(fcntl(fd, F_SETLK, &l) == 0 ? 0 : 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(open_file_locks_belong_to_the_description)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	check_folder();
	int a = open("f", O_RDWR | O_CREAT, 0600), b = open("f", O_RDWR);
	CHECK_EQ(fcntl(a, F_OFD_SETLK, &l), 0);
	CHECK_ERR(fcntl(b, F_OFD_SETLK, &l), EAGAIN);
	close(open("f", O_RDONLY));
	CHECK_ERR(fcntl(b, F_OFD_SETLK, &l), EAGAIN);
	close(a);
	CHECK_EQ(fcntl(b, F_OFD_SETLK, &l), 0);
}

TEST(flock_belongs_to_the_description)
{
	check_folder();
	int a = open("f", O_RDWR | O_CREAT, 0600), b = open("f", O_RDWR), copy = dup(a);
	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_EQ(flock(copy, LOCK_SH), 0); /* changes the same lock */
	CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(a);
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(copy);
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	CHECK_EQ(flock(b, LOCK_UN), 0);
	CHECK_ERR(flock(b, 0), EINVAL);
}

TEST(descriptors_are_numbered_from_the_lowest)
{
	int a = open("/dev/null", O_RDONLY), b = dup(a);

	CHECK_EQ(b, a + 1);
	close(a);
	CHECK_EQ(dup(b), a);
	CHECK_EQ(fcntl(b, F_DUPFD, 100), 100);
	CHECK_EQ(fcntl(b, F_DUPFD_CLOEXEC, 100), 101);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(b, 50), 50);
	CHECK_EQ(dup2(50, 50), 50);
	CHECK_EQ(dup3(b, 51, O_CLOEXEC), 51);
	CHECK_ERR(dup3(b, b, 0), EINVAL);
	CHECK_ERR(dup2(999, 52), EBADF);
	CHECK_ERR(dup2(b, -1), EBADF);
	CHECK_ERR(dup2(b, 1 << 30), EBADF);
	CHECK_EQ(close_range(50, 200, 0), 0);
	CHECK_ERR(fcntl(100, F_GETFD), EBADF);
	CHECK_ERR(close(50), EBADF);
}

TEST(flags_can_be_asked_and_some_set)
{
	check_folder();
	int fd = open("f", O_RDWR | O_CREAT | O_APPEND, 0600);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_CREAT), O_RDWR | O_APPEND);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	int copy = dup(fd);
	CHECK_EQ(fcntl(copy, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(copy, F_GETFD), 0);
	CHECK_ERR(fcntl(fd, 12345), EINVAL);
}

TEST(files_tell_what_is_left_to_read)
{
	int fd, n = 0;

	check_folder();
	check_write("f", "12345");
	CHECK((fd = open("f", O_RDWR)) >= 0);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(ioctl(fd, FIONREAD, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(ioctl(fd, FIGETBSZ, &n), 0);
	CHECK(n >= 512);
	CHECK_ERR(ioctl(fd, TCGETS, &n), ENOTTY);
	CHECK_ERR(ioctl(fd, FIONREAD, nullptr), EFAULT);
}

static int open2(int dir, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

TEST(a_walk_can_be_kept_below_its_start)
{
	int fd;

	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/in", 0755), 0);
	check_write("d/f", "x");
	check_write("f", "outside");
	CHECK_EQ(symlink("/f", "d/in/absolute"), 0);
	CHECK_EQ(symlink("../../../f", "d/in/up"), 0);
	int start = open("d", O_RDONLY);
	static const char *const paths[] = { "f",           "/f",    "../f",
					     "in/absolute", "in/up", "/../in/../../f",
					     "in/.." };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		CHECK((fd = open2(start, paths[i], RESOLVE_IN_ROOT)) >= 0);
		CHECK_EQ(fstat(fd, &st), 0);
		CHECK(S_ISDIR(st.st_mode) || st.st_size == 1);
		CHECK_EQ(close(fd), 0);
	}
	CHECK_ERR(open2(start, "../f", RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(open2(start, "in/absolute", RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(open2(start, "f", RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	CHECK_ERR(open2(AT_FDCWD, "/proc/self/exe", RESOLVE_NO_MAGICLINKS), ELOOP);
	CHECK_ERR(open2(AT_FDCWD, "/proc/self/cwd", RESOLVE_NO_MAGICLINKS), ELOOP);
	CHECK((fd = open2(AT_FDCWD, "/proc/self/status", RESOLVE_NO_MAGICLINKS)) >= 0);
}

TEST(O_PATH_only_names)
{
	char c;

	check_folder();
	check_write("f", "abc");
	int fd = open("f", O_PATH);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, &c, 1), EBADF);
	CHECK_ERR(fchmod(fd, 0600), EBADF);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(symlink("f", "l"), 0);
	fd = open("l", O_PATH | O_NOFOLLOW);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlinkat(fd, "", &c, 1), 1);
	CHECK_EQ(c, 'f');
}

TEST(what_an_empty_or_missing_path_means)
{
	char c, text[64] = "";

	check_folder();
	check_write("f", "abc");
	int fd = open("f", O_RDONLY);
	CHECK_ERR(readlink("", &c, 1), ENOENT);
	CHECK_ERR(readlinkat(fd, "", &c, 1), ENOENT);
	CHECK_ERR(openat(fd, "f", O_RDONLY), ENOTDIR);
	CHECK_ERR(linkat(AT_FDCWD, "f", open("/dev/null", O_RDONLY), "g", 0), ENOTDIR);
	CHECK_ERR(syscall(SYS_utimensat, AT_FDCWD, nullptr, nullptr, 0), EFAULT);
	CHECK_EQ(mkdir("d", 0755), 0);
	int dir = open("d", O_RDONLY | O_DIRECTORY);
	CHECK_ERR(copy_file_range(fd, nullptr, dir, nullptr, 1, 0), EISDIR);
	CHECK_EQ(rmdir("d"), 0);
	char list[256];
	CHECK_ERR(syscall(SYS_getdents64, dir, list, sizeof(list)), ENOENT);
	struct statfs fs;
	int ends[2];
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(fstatfs(ends[0], &fs), 0);
	CHECK_EQ(fs.f_type, 0x50495045); /* PIPEFS_MAGIC */
	CHECK_EQ(unlink("f"), 0);
	CHECK(readlink(strcat(strcpy(text, "/proc/self/fd/"), fd == 3 ? "3" : "x"), text,
		       sizeof(text) - 1) > 0);
	CHECK(strstr(text, " (deleted)") != nullptr);
}

#ifdef SYS_utime

TEST(the_older_calls_for_times_and_lists)
{
	long seconds[2] = { 100, 200 };
	struct timeval t[2] = { { 300, 5 }, { 400, 6 } };
	char list[512];
	int found = 0;

	check_folder();
	check_write("f", "abc");
	CHECK_EQ(syscall(SYS_utime, "f", seconds), 0);
	CHECK_EQ(look("f")->st_mtim.tv_sec, 200);
	CHECK_EQ(syscall(SYS_utimes, "f", t), 0);
	CHECK_EQ(look("f")->st_atim.tv_sec, 300);
	CHECK_EQ(st.st_mtim.tv_nsec, 6000);
	CHECK_EQ(syscall(SYS_futimesat, AT_FDCWD, "f", nullptr), 0);
	CHECK(look("f")->st_mtim.tv_sec > 400);
	CHECK_ERR(syscall(SYS_utimes, nullptr, t), EFAULT);
	long n = syscall(SYS_getdents, open(".", O_RDONLY | O_DIRECTORY), list, sizeof(list));
	for (long at = 0; at < n; at += *(unsigned short *)(list + at + 16)) {
		const char *name = list + at + 18;
		char type = list[at + *(unsigned short *)(list + at + 16) - 1];
		found += strcmp(name, "f") == 0 ? type == 8 : name[0] == '.' && type == 4;
	}
	CHECK_EQ(found, 3);
}

#endif

TEST(vectors_and_offsets)
{
	char a[2], b[8] = "";
	struct iovec out[2] = { { "abc", 3 }, { "defg", 4 } }, in[2] = { { a, 2 }, { b, 7 } };

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(writev(fd, out, 2), 7);
	CHECK_EQ(pwritev(fd, out, 1, 5), 3);
	CHECK_STR(check_read("f"), "abcdeabc");
	CHECK_EQ(preadv(fd, in, 2, 1), 7);
	CHECK_EQ(memcmp(a, "bc", 2), 0);
	CHECK_STR(b, "deabc");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
}

TEST(sendfile_and_copy_file_range)
{
	int ends[2];
	char text[8] = "";
	off_t at = 1, from = 2, to = 5;

	check_folder();
	check_write("f", "abcdef");
	int in = open("f", O_RDONLY), out = open("g", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(sendfile(ends[1], in, &at, 3), 3);
	CHECK_EQ(at, 4);
	CHECK_EQ(read(ends[0], text, 8), 3);
	CHECK_STR(text, "bcd");
	CHECK_EQ(sendfile(out, in, nullptr, 100), 6);
	CHECK_STR(check_read("g"), "abcdef");
	CHECK_EQ(copy_file_range(in, &from, out, &to, 4, 0), 4);
	CHECK_STR(check_read("g"), "abcdecdef");
	CHECK_ERR(copy_file_range(in, &from, out, &to, 4, 9), EINVAL);
}

TEST(sync_calls_answer)
{
	int ends[2];

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(syncfs(fd), 0);
	sync();
	CHECK_EQ(pipe(ends), 0);
	CHECK_ERR(fsync(ends[0]), EINVAL);
	CHECK_ERR(fsync(999), EBADF);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
}

TEST(statfs_tells_sizes)
{
	struct statfs f;

	check_folder();
	CHECK_EQ(statfs(".", &f), 0);
	CHECK(f.f_bsize >= 512 && f.f_blocks >= f.f_bfree && f.f_namelen == 255);
	CHECK_ERR(statfs("absent", &f), ENOENT);
}

TEST(the_devices_are_there)
{
	char text[64];

	int fd = open("/dev/zero", O_RDWR);
	memset(text, 1, sizeof(text));
	CHECK_EQ(read(fd, text, sizeof(text)), sizeof(text));
	CHECK_EQ(text[63], 0);
	fd = open("/dev/null", O_RDWR);
	CHECK_EQ(read(fd, text, 1), 0);
	CHECK_EQ(write(fd, text, 64), 64);
	fd = open("/dev/full", O_RDWR);
	CHECK_ERR(write(fd, text, 1), ENOSPC);
	CHECK_EQ(read(fd, text, 1), 1);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, text, 64), 64);
	int zeros = 0;
	for (size_t i = 0; i < sizeof(text); i++)
		zeros += text[i] == 0;
	CHECK(zeros < 32);
	CHECK_EQ(stat("/dev/null", &st), 0);
	CHECK(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

TEST(a_large_file_in_odd_pieces)
{
	static unsigned char block[9973];
	unsigned x = 7;

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 400; i++) {
		for (size_t j = 0; j < sizeof(block); j++)
			block[j] = (unsigned char)((x = x * 1'103'515'245 + 12345) >> 16);
		CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	}
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	x = 7;
	size_t total = 0;
	ssize_t n;
	while ((n = read(fd, block, 7919)) > 0) {
		for (ssize_t j = 0; j < n; j++)
			CHECK_EQ(block[j], (unsigned char)((x = x * 1'103'515'245 + 12345) >> 16));
		total += (size_t)n;
	}
	CHECK_EQ(total, 400 * sizeof(block));
}
