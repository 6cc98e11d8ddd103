/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes and descriptors from one process to another. */
#include "bench/linux/row.h"
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that answers: what we read and write, and what it does. */
static int ours[2], theirs[2];
static pid_t child;

static void child_start(bool sockets, void (*serve)(void))
{
	int a[2], b[2];

	if (sockets) {
		need(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0, "socketpair");
		ours[0] = ours[1] = a[0];
		theirs[0] = theirs[1] = a[1];
	} else {
		need(pipe(a) == 0 && pipe(b) == 0, "pipe");
		ours[0] = b[0], ours[1] = a[1];
		theirs[0] = a[0], theirs[1] = b[1];
	}
	child = fork();
	need(child >= 0, "fork");
	if (child == 0) {
		serve();
		_exit(0);
	}
}

static void child_stop(void)
{
	kill(child, SIGKILL);
	waitpid(child, nullptr, 0);
	for (int i = 0; i < 2; i++) {
		close(ours[i]);
		close(theirs[i]);
	}
}

static void echo(void)
{
	char c;

	while (read(theirs[0], &c, 1) == 1 && write(theirs[1], &c, 1) == 1)
		;
}

static void pipes_start(void)
{
	child_start(false, echo);
}

static void sockets_start(void)
{
	child_start(true, echo);
}

static void ping_pong(void)
{
	char c = 1;

	need(write(ours[1], &c, 1) == 1 && read(ours[0], &c, 1) == 1, "ping-pong");
}

/* Reads a whole buffer, then answers with a byte. */
static void swallow(void)
{
	for (;;) {
		for (size_t had = 0; had < sizeof(buffer);) {
			ssize_t n = read(theirs[0], buffer, sizeof(buffer));
			if (n <= 0)
				return;
			had += (size_t)n;
		}
		if (write(theirs[1], "", 1) != 1)
			return;
	}
}

static void swallow_start(void)
{
	child_start(false, swallow);
}

static void push_64k(void)
{
	char c;

	need(write(ours[1], buffer, sizeof(buffer)) == sizeof(buffer), "write");
	need(read(ours[0], &c, 1) == 1, "read");
}

/* --- A descriptor there and back --- */

static void send_fd(int through, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	char c = 0;
	struct iovec byte = { &c, 1 };
	struct msghdr m = { .msg_iov = &byte,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);

	*head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS,
				  .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	need(sendmsg(through, &m, 0) == 1, "sendmsg");
}

static int receive_fd(int through)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	char c;
	struct iovec byte = { &c, 1 };
	struct msghdr m = { .msg_iov = &byte,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(through, &m, 0) != 1)
		return -1;
	need(m.msg_controllen >= CMSG_LEN(sizeof(int)), "SCM_RIGHTS");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static void return_fds(void)
{
	int fd;

	while ((fd = receive_fd(theirs[0])) >= 0) {
		send_fd(theirs[0], fd);
		close(fd);
	}
}

static void rights_start(void)
{
	child_start(true, return_fds);
}

static void rights(void)
{
	send_fd(ours[0], data);
	close(receive_fd(ours[0]));
}

ROW(pipe, "pipe-ping-pong", "a byte to another process and back, by pipes", 5000, ping_pong,
    .start = pipes_start, .stop = child_stop);
ROW(unix, "unix-ping-pong", "a byte to another process and back, by an AF_UNIX stream", 5000,
    ping_pong, .start = sockets_start, .stop = child_stop);
ROW(pipe_64k, "pipe-64k", "64 KiB through a pipe and a byte back", 1000, push_64k,
    .start = swallow_start, .stop = child_stop);
ROW(rights, "scm-rights", "a descriptor to another process and back", 2000, rights,
    .start = rights_start, .stop = child_stop);
