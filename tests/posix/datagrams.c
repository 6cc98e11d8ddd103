/* SPDX-License-Identifier: MPL-2.0 */
/* AF_UNIX datagram sockets with names, as syslog's. */
#include "tests/posix/check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t name(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path, path);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

/* A name without a file. */
static socklen_t abstract(struct sockaddr_un *a, const char *text)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int n = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "%s-%d", text, getpid());
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int receiver(const char *path)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t n = name(&a, path);

	CHECK(fd >= 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&a, n), 0);
	return fd;
}

static int unnamed(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	CHECK(fd >= 0);
	return fd;
}

static int connect_name(int fd, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = name(&a, path);

	return connect(fd, (struct sockaddr *)&a, n);
}

static ssize_t send_name(int fd, const char *text, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = name(&a, path);

	return sendto(fd, text, strlen(text), MSG_DONTWAIT, (struct sockaddr *)&a, n);
}

static void expect(int fd, const char *text)
{
	char got[64] = "";

	CHECK_EQ(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), strlen(text));
	CHECK_STR(got, text);
}

static short states(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

TEST(the_senders_name_comes_along)
{
	struct sockaddr_un from;
	char text[8];

	check_folder();
	int a = receiver("a"), b = receiver("b");
	CHECK_EQ(send_name(a, "hi", "b"), 2);
	socklen_t n = sizeof(from);
	CHECK_EQ(recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&from, &n), 2);
	CHECK_EQ(n, offsetof(struct sockaddr_un, sun_path) + 2);
	CHECK_STR(from.sun_path, "a");
	CHECK_EQ(sendto(b, "back", 4, 0, (struct sockaddr *)&from, n), 4);
	expect(a, "back");
	CHECK_EQ(send_name(unnamed(), "x", "b"), 1);
	n = sizeof(from);
	CHECK_EQ(recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&from, &n), 1);
	CHECK_EQ(n, 0);
}

TEST(a_connected_one_sends_without_a_name)
{
	struct sockaddr_un a;
	socklen_t n = sizeof(a);

	check_folder();
	int log = receiver("log"), other = receiver("other"), fd = unnamed();
	CHECK_ERR(send(fd, "x", 1, 0), ENOTCONN);
	CHECK_ERR(write(fd, "x", 1), ENOTCONN);
	CHECK_ERR(getpeername(fd, (struct sockaddr *)&a, &n), ENOTCONN);
	CHECK_EQ(connect_name(fd, "log"), 0);
	CHECK_EQ(getpeername(fd, (struct sockaddr *)&a, &n), 0);
	CHECK_STR(a.sun_path, "log");
	CHECK_EQ(send(fd, "one", 3, 0), 3);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(send_name(fd, "three", "other"), 5);
	expect(log, "one");
	expect(log, "two");
	expect(other, "three");
	CHECK_EQ(connect_name(fd, "other"), 0); /* again, elsewhere */
	CHECK_EQ(write(fd, "four", 4), 4);
	expect(other, "four");
	a.sun_family = AF_UNSPEC;
	CHECK_EQ(connect(fd, (struct sockaddr *)&a, sizeof(a.sun_family)), 0);
	CHECK_ERR(write(fd, "x", 1), ENOTCONN);
}

TEST(a_connected_one_takes_from_its_peer_alone)
{
	check_folder();
	int a = receiver("a"), b = receiver("b"), c = receiver("c");

	CHECK_EQ(connect_name(a, "b"), 0);
	CHECK_ERR(send_name(c, "x", "a"), EPERM);
	CHECK_ERR(connect_name(c, "a"), EPERM);
	CHECK_ERR(send_name(unnamed(), "x", "a"), EPERM);
	CHECK_EQ(send_name(b, "from b", "a"), 6);
	expect(a, "from b");
}

TEST(a_receiver_that_is_gone_refuses)
{
	check_folder();
	int log = receiver("log"), fd = unnamed();

	CHECK_EQ(connect_name(fd, "log"), 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(log);
	CHECK_ERR(write(fd, "y", 1), ECONNREFUSED);
	CHECK_ERR(write(fd, "y", 1), ENOTCONN);
	CHECK_ERR(connect_name(fd, "log"), ECONNREFUSED);
	CHECK_ERR(send_name(fd, "x", "log"), ECONNREFUSED);
	CHECK_EQ(unlink("log"), 0);
	CHECK_ERR(send_name(fd, "x", "log"), ENOENT);
	log = receiver("log"); /* another, of the same name */
	CHECK_EQ(send_name(fd, "again", "log"), 5);
	expect(log, "again");
}

TEST(a_name_that_moves_is_followed)
{
	check_folder();
	int a = receiver("a"), fd = unnamed();

	CHECK_EQ(send_name(fd, "1", "a"), 1);
	CHECK_EQ(rename("a", "b"), 0);
	int other = receiver("a");
	CHECK_EQ(send_name(fd, "2", "a"), 1);
	CHECK_EQ(send_name(fd, "3", "b"), 1);
	expect(other, "2");
	expect(a, "1");
	expect(a, "3");
}

TEST(abstract_and_automatic_names)
{
	struct sockaddr_un a, from;
	int fd = unnamed(), sender = unnamed();
	socklen_t n = abstract(&a, "dgram"), len = sizeof(from);
	char c;

	CHECK_EQ(bind(fd, (struct sockaddr *)&a, n), 0);
	from.sun_family = AF_UNIX;
	CHECK_EQ(bind(sender, (struct sockaddr *)&from, sizeof(from.sun_family)), 0);
	CHECK_EQ(sendto(sender, "x", 1, 0, (struct sockaddr *)&a, n), 1);
	CHECK_EQ(recvfrom(fd, &c, 1, 0, (struct sockaddr *)&from, &len), 1);
	CHECK_EQ(len, offsetof(struct sockaddr_un, sun_path) + 6);
	CHECK_EQ(sendto(fd, "y", 1, 0, (struct sockaddr *)&from, len), 1);
	expect(sender, "y");
	close(fd);
	CHECK_ERR(sendto(sender, "x", 1, 0, (struct sockaddr *)&a, n), ECONNREFUSED);
	int again = unnamed();
	CHECK_EQ(bind(again, (struct sockaddr *)&a, n), 0);
}

TEST(many_send_to_one)
{
	constexpr int SENDERS = 8, EACH = 200;
	unsigned char text[2];
	int seen[SENDERS] = {};

	check_folder();
	int log = receiver("log");
	pid_t pids[SENDERS];
	for (int i = 0; i < SENDERS; i++)
		if ((pids[i] = fork()) == 0) {
			int fd = unnamed();
			if (connect_name(fd, "log") != 0)
				_exit(1);
			for (int k = 0; k < EACH; k++)
				if (write(fd,
					  (unsigned char[]){ (unsigned char)i, (unsigned char)k },
					  2) != 2)
					_exit(2);
			_exit(0);
		}
	for (int i = 0; i < SENDERS * EACH; i++) {
		CHECK_EQ(read(log, text, 2), 2);
		CHECK(text[0] < SENDERS);
		CHECK_EQ(text[1], seen[text[0]]++ & 255); /* each sender's in order */
	}
	for (int i = 0; i < SENDERS; i++)
		CHECK_EQ(check_wait(pids[i]), 0);
}

TEST(a_full_box_makes_senders_wait)
{
	static char big[8192];
	int n = 0, got = 0;

	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_EQ(connect_name(fd, "log"), 0);
	while (send(fd, big, sizeof(big), MSG_DONTWAIT) == (ssize_t)sizeof(big))
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n > 0);
	CHECK_EQ(states(fd, POLLIN | POLLOUT), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 10; i++)
			if (write(fd, big, sizeof(big)) != (ssize_t)sizeof(big))
				_exit(1);
		_exit(0);
	}
	for (; got < n + 10; got++)
		CHECK_EQ(read(log, big, sizeof(big)), sizeof(big));
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(states(fd, POLLIN | POLLOUT), POLLOUT);
}

TEST(a_waiting_sender_learns_that_the_receiver_is_gone)
{
	static char big[8192];

	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_EQ(connect_name(fd, "log"), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(log);
		while (write(fd, big, sizeof(big)) == (ssize_t)sizeof(big))
			;
		_exit(errno == ECONNREFUSED ? 0 : 1);
	}
	usleep(50'000);
	close(log);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(poll_tells_input_and_room_together)
{
	static char big[8192];
	struct pollfd p;

	check_folder();
	int a = receiver("a"), b = receiver("b");
	CHECK_EQ(connect_name(b, "a"), 0);
	CHECK_EQ(connect_name(a, "b"), 0);
	CHECK_EQ(states(b, POLLIN | POLLOUT), POLLOUT);
	while (send(b, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	pid_t pid = fork();
	if (pid == 0) {
		usleep(20'000);
		_exit(write(a, "input", 5) == 5 ? 0 : 1);
	}
	p = (struct pollfd){ .fd = b, .events = POLLIN | POLLOUT };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(check_wait(pid), 0);
	expect(b, "input");
	if ((pid = fork()) == 0) {
		usleep(20'000);
		while (recv(a, big, sizeof(big), MSG_DONTWAIT) > 0)
			;
		_exit(0);
	}
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(epoll_edges_of_a_connected_one)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET }, got;
	static char big[8192];

	check_folder();
	int a = receiver("a"), b = receiver("b"), set = epoll_create1(0);
	CHECK_EQ(connect_name(b, "a"), 0);
	CHECK_EQ(connect_name(a, "b"), 0);
	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, b, &e), 0);
	CHECK_EQ(epoll_wait(set, &got, 1, 0), 1);
	CHECK_EQ(got.events, EPOLLOUT);
	CHECK_EQ(epoll_wait(set, &got, 1, 0), 0);
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_EQ(epoll_wait(set, &got, 1, 1000), 1);
	CHECK(got.events & EPOLLIN);
	expect(b, "x");
	while (send(b, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	(void)epoll_wait(set, &got, 1, 0);
	while (recv(a, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	CHECK_EQ(epoll_wait(set, &got, 1, 1000), 1);
	CHECK(got.events & EPOLLOUT);
}

TEST(descriptors_travel_to_a_name)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, c = 'd';
	struct iovec v = { &c, 1 };
	struct sockaddr_un to;
	int ends[2], got;

	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_EQ(pipe(ends), 0);
	struct msghdr m = { .msg_name = &to,
			    .msg_namelen = name(&to, "log"),
			    .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(h), &ends[1], sizeof(int));
	CHECK_EQ(sendmsg(fd, &m, 0), 1);
	m = (struct msghdr){ .msg_iov = &v,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control) };
	CHECK_EQ(recvmsg(log, &m, 0), 1);
	h = CMSG_FIRSTHDR(&m);
	CHECK(h != nullptr && h->cmsg_type == SCM_RIGHTS);
	memcpy(&got, CMSG_DATA(h), sizeof(got));
	CHECK_EQ(write(got, "q", 1), 1);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(c, 'q');
}

TEST(a_receiver_can_be_passed)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, c = 'd';
	struct iovec v = { &c, 1 };
	int s[2], got;

	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_EQ(connect_name(fd, "log"), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(h), &log, sizeof(int));
	CHECK_EQ(sendmsg(s[0], &m, 0), 1);
	close(log);
	CHECK_EQ(write(fd, "kept", 4), 4); /* it is on its way: somebody may receive */
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	expect(got, "kept");
	CHECK_EQ(send_name(unnamed(), "new", "log"), 3);
	expect(got, "new");
}

TEST(a_childs_copy_is_the_same_socket)
{
	check_folder();
	int log = receiver("log"), fd = unnamed();

	CHECK_EQ(connect_name(fd, "log"), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (write(fd, "child", 5) != 5 || send_name(fd, "named", "log") != 5)
			_exit(1);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(write(fd, "parent", 6), 6);
	expect(log, "child");
	expect(log, "named");
	expect(log, "parent");
	if ((pid = fork()) == 0) {
		close(log);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(write(fd, "still", 5), 5);
	expect(log, "still");
}

TEST(other_kinds_do_not_meet)
{
	struct sockaddr_un a;
	int stream = socket(AF_UNIX, SOCK_STREAM, 0), n = -1;

	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_ERR(connect_name(stream, "log"), EPROTOTYPE);
	socklen_t len = name(&a, "stream");
	CHECK_EQ(bind(stream, (struct sockaddr *)&a, len), 0);
	CHECK_EQ(listen(stream, 1), 0);
	CHECK_ERR(connect_name(fd, "stream"), EPROTOTYPE);
	CHECK_ERR(send_name(fd, "x", "stream"), EPROTOTYPE);
	CHECK_ERR(listen(log, 1), EOPNOTSUPP);
	CHECK_ERR(accept(log, nullptr, nullptr), EOPNOTSUPP);
	len = name(&a, "second");
	CHECK_ERR(bind(log, (struct sockaddr *)&a, len), EINVAL);
	CHECK_ERR(recv(fd, &n, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(ioctl(log, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	check_write("file", "");
	CHECK_ERR(send_name(fd, "x", "file"), ECONNREFUSED);
	CHECK_ERR(send_name(fd, "x", "absent"), ENOENT);
}

TEST(shutdown_refuses)
{
	char c;

	signal(SIGPIPE, SIG_IGN);
	check_folder();
	int log = receiver("log"), fd = unnamed();
	CHECK_EQ(connect_name(fd, "log"), 0);
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	CHECK_ERR(write(fd, "x", 1), EPIPE);
	int other = unnamed();
	CHECK_EQ(connect_name(other, "log"), 0);
	CHECK_EQ(shutdown(log, SHUT_RD), 0);
	CHECK_ERR(write(other, "x", 1), EPIPE);
	CHECK_EQ(read(log, &c, 1), 0);
}
