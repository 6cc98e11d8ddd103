/* SPDX-License-Identifier: MPL-2.0 */
/* Names that are opened for reading, closed and opened again: each open is a new one. */
#include "tests/posix/check.h"
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>

constexpr int TIMES = 20;

static int must_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

/* As often as it takes for somebody to keep it. */
static void often(const char *path)
{
	for (int i = 0; i < TIMES; i++)
		CHECK_EQ(close(must_open(path)), 0);
}

static char first(int fd)
{
	char c = 0;

	CHECK_EQ(read(fd, &c, 1), 1);
	return c;
}

static char first_of(const char *path)
{
	int fd = must_open(path);
	char c = first(fd);

	CHECK_EQ(close(fd), 0);
	return c;
}

TEST(each_open_begins_at_the_start)
{
	check_folder();
	check_write("f", "abc");
	for (int i = 0; i < TIMES; i++) {
		int fd = must_open("f"), other = must_open("f");
		CHECK_EQ(first(fd), 'a');
		CHECK_EQ(first(fd), 'b');
		CHECK_EQ(first(other), 'a');
		CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		CHECK_EQ(fcntl(other, F_GETFL) & O_NONBLOCK, 0);
		CHECK_EQ(close(fd), 0);
		CHECK_EQ(close(other), 0);
		CHECK_EQ(fcntl(must_open("f"), F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
		CHECK_EQ(close(3), 0);
	}
}

static void replace(void)
{
	check_write("new", "new");
	CHECK_EQ(rename("new", "f"), 0);
}

static void take_away(void)
{
	CHECK_EQ(unlink("f"), 0);
}

static void grow(void)
{
	int fd = open("f", O_WRONLY | O_APPEND);

	CHECK_EQ(write(fd, "more", 4), 4);
	CHECK_EQ(close(fd), 0);
}

TEST(what_another_process_does_to_the_name_is_seen)
{
	struct stat st;

	check_folder();
	check_write("f", "old");
	often("f");
	check_elsewhere(grow);
	int fd = must_open("f");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 7);
	CHECK_EQ(close(fd), 0);
	often("f");
	CHECK_EQ(first_of("f"), 'o');
	check_elsewhere(replace);
	CHECK_EQ(first_of("f"), 'n');
	often("f");
	check_elsewhere(take_away);
	CHECK_ERR(open("f", O_RDONLY), ENOENT);
}

TEST(what_a_child_has_stays_the_childs)
{
	int ready[2];
	char c;

	check_folder();
	check_write("f", "abc");
	often("f");
	CHECK_EQ(pipe(ready), 0);
	int fd = must_open("f");
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(close(ready[1]), 0);
		CHECK_EQ(read(ready[0], &c, 1), 0); /* until the parent has closed and read */
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
		CHECK_EQ(first(fd), 'b');
		_exit(0);
	}
	CHECK_EQ(first(fd), 'a');
	CHECK_EQ(close(fd), 0);
	fd = must_open("f");
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(close(ready[1]), 0);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
}

static void read_all(void)
{
	for (int i = 0; i < TIMES; i++)
		CHECK_EQ(first_of("f"), 'a');
}

TEST(a_child_opens_for_itself)
{
	check_folder();
	check_write("f", "abc");
	for (int i = 0; i < 3; i++) {
		often("f");
		check_elsewhere(read_all);
		CHECK_EQ(first_of("f"), 'a');
	}
}

TEST(a_descriptor_that_was_sent_keeps_its_offset)
{
	int ends[2];
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
	struct iovec data = { &byte, 1 };
	struct msghdr m = { .msg_iov = &data,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = sizeof(room) };

	check_folder();
	check_write("f", "abc");
	often("f");
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	int fd = must_open("f");
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(ends[0], &m, 0), 1);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(first_of("f"), 'a');
	CHECK_EQ(recvmsg(ends[1], &m, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(first_of("f"), 'a');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
}

TEST(closing_gives_up_locks)
{
	check_folder();
	check_write("f", "abc");
	often("f");
	for (int i = 0; i < TIMES; i++) {
		int fd = must_open("f"), other = must_open("f");
		CHECK_EQ(flock(fd, LOCK_EX), 0);
		CHECK_ERR(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		CHECK_EQ(close(fd), 0);
		CHECK_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
		CHECK_EQ(close(other), 0);
	}
}

TEST(who_has_lost_the_right_cannot_open)
{
	if (getuid() != 0)
		return;
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("f", "text");
	CHECK_EQ(chmod("f", 0600), 0);
	often("f");
	CHECK_EQ(seteuid(1000), 0);
	CHECK_ERR(open("f", O_RDONLY), EACCES);
	CHECK_EQ(seteuid(0), 0);
	often("f");
	CHECK_EQ(chmod("f", 0), 0);
	CHECK_EQ(seteuid(1000), 0);
	CHECK_ERR(open("f", O_RDONLY), EACCES);
	CHECK_EQ(seteuid(0), 0);
}

static void run_again(void)
{
	for (int i = 0; i < 300; i++) {
		char name[16];
		snprintf(name, sizeof(name), "f%d", i % 12);
		check_write(name, "x");
		CHECK_EQ(first_of(name), 'x');
		CHECK_EQ(first_of(name), 'x');
		CHECK_EQ(first_of(name), 'x');
		CHECK_EQ(unlink(name), 0);
	}
}

TEST(more_names_than_are_kept)
{
	check_folder();
	run_again();
}

TEST(many_processes_open_one_name)
{
	check_folder();
	check_write("f", "abc");
	often("f"); /* what they have in common */
	pid_t children[3];
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			for (int n = 0; n < 200; n++)
				CHECK_EQ(first_of("f"), 'a');
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++) {
		int status;
		CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
		CHECK_EQ(status, 0);
	}
}
