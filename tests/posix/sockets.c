/* SPDX-License-Identifier: MPL-2.0 */
/* AF_UNIX sockets: stream, datagram, seqpacket; descriptors and credentials that go along. */
#include "tests/posix/check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static socklen_t name(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path, path);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static int listener(const char *path, int type)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, type, 0);

	CHECK(fd >= 0);
	socklen_t n = name(&a, path);
	CHECK_EQ(bind(fd, (struct sockaddr *)&a, n), 0);
	if (type != SOCK_DGRAM)
		CHECK_EQ(listen(fd, 5), 0);
	return fd;
}

static int caller(const char *path, int type)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, type, 0);
	socklen_t n = name(&a, path);

	CHECK_EQ(connect(fd, (struct sockaddr *)&a, n), 0);
	return fd;
}

static void pair(int type, int fds[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type, 0, fds), 0);
}

TEST(a_pair_talks_both_ways)
{
	int s[2];
	char text[8] = "";

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	CHECK_EQ(write(s[1], "xyz", 3), 3);
	CHECK_EQ(read(s[1], text, sizeof(text)), 2);
	CHECK_EQ(read(s[0], text, sizeof(text)), 3);
	CHECK_STR(text, "xyz");
}

TEST(a_stream_joins_writes_and_packets_stay_apart)
{
	int s[2];
	char text[16];

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	CHECK_EQ(write(s[0], "cd", 2), 2);
	CHECK_EQ(read(s[1], text, sizeof(text)), 4);
	for (int type = SOCK_DGRAM; type != 0; type = type == SOCK_DGRAM ? SOCK_SEQPACKET : 0) {
		pair(type, s);
		CHECK_EQ(write(s[0], "ab", 2), 2);
		CHECK_EQ(write(s[0], "cde", 3), 3);
		CHECK_EQ(read(s[1], text, sizeof(text)), 2);
		CHECK_EQ(read(s[1], text, 1), 1); /* the rest of a packet is lost */
		CHECK_EQ(recv(s[1], text, sizeof(text), MSG_DONTWAIT), -1);
		CHECK_EQ(errno, EAGAIN);
	}
}

TEST(closing_one_end_is_the_others_end)
{
	int s[2];
	char c;

	signal(SIGPIPE, SIG_IGN);
	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "x", 1), 1);
	close(s[0]);
	CHECK_EQ(read(s[1], &c, 1), 1);
	CHECK_EQ(read(s[1], &c, 1), 0);
	CHECK_ERR(write(s[1], "y", 1), EPIPE);
	pair(SOCK_SEQPACKET, s);
	close(s[0]);
	CHECK_EQ(read(s[1], &c, 1), 0);
}

TEST(unread_bytes_reset_the_connection)
{
	int s[2];
	char c;

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[1], "unread", 6), 6);
	close(s[0]);
	CHECK_ERR(read(s[1], &c, 1), ECONNRESET);
	CHECK_EQ(read(s[1], &c, 1), 0);
}

TEST(shutdown_ends_one_direction)
{
	int s[2];
	char c;

	signal(SIGPIPE, SIG_IGN);
	pair(SOCK_STREAM, s);
	CHECK_EQ(shutdown(s[0], SHUT_WR), 0);
	CHECK_EQ(read(s[1], &c, 1), 0);
	CHECK_ERR(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(write(s[1], "y", 1), 1);
	CHECK_EQ(read(s[0], &c, 1), 1);
	CHECK_EQ(shutdown(s[0], SHUT_RD), 0);
	CHECK_ERR(write(s[1], "z", 1), EPIPE);
	CHECK_ERR(shutdown(s[0], 9), EINVAL);
}

TEST(MSG_NOSIGNAL_sends_no_signal)
{
	int s[2];

	pair(SOCK_STREAM, s);
	close(s[0]);
	CHECK_ERR(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
}

TEST(MSG_PEEK_leaves_what_it_shows)
{
	int s[2];
	char text[4] = "";

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(recv(s[1], text, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(s[1], text, 3, 0), 3);
	CHECK_STR(text, "abc");
	pair(SOCK_DGRAM, s);
	CHECK_EQ(write(s[0], "abcd", 4), 4);
	CHECK_EQ(recv(s[1], text, 2, MSG_PEEK | MSG_TRUNC), 4);
	CHECK_EQ(recv(s[1], text, 2, MSG_TRUNC), 4);
}

TEST(MSG_WAITALL_waits_for_all)
{
	int s[2];
	char text[7] = "";

	pair(SOCK_STREAM, s);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3; i++) {
			usleep(10'000);
			if (write(s[0], "ab", 2) != 2)
				_exit(1);
		}
		_exit(0);
	}
	CHECK_EQ(recv(s[1], text, 6, MSG_WAITALL), 6);
	CHECK_STR(text, "ababab");
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_server_and_its_clients)
{
	char c;

	check_folder();
	int server = listener("s", SOCK_STREAM);
	pid_t pids[5];
	for (int i = 0; i < 5; i++)
		if ((pids[i] = fork()) == 0) {
			int fd = caller("s", SOCK_STREAM);
			c = (char)('a' + i);
			if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
				_exit(99);
			_exit(c);
		}
	for (int i = 0; i < 5; i++) {
		int fd = accept(server, nullptr, nullptr);
		CHECK(fd >= 0);
		CHECK_EQ(read(fd, &c, 1), 1);
		c = (char)(c - 'a' + 'A');
		CHECK_EQ(write(fd, &c, 1), 1);
		close(fd);
	}
	for (int i = 0; i < 5; i++)
		CHECK_EQ(check_wait(pids[i]), 'A' + i);
}

TEST(connecting_tells_what_is_wrong)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check_folder();
	socklen_t n = name(&a, "absent");
	CHECK_ERR(connect(fd, (struct sockaddr *)&a, n), ENOENT);
	check_write("file", "");
	n = name(&a, "file");
	CHECK_ERR(connect(fd, (struct sockaddr *)&a, n), ECONNREFUSED);
	close(listener("gone", SOCK_STREAM));
	n = name(&a, "gone");
	CHECK_ERR(connect(fd, (struct sockaddr *)&a, n), ECONNREFUSED);
	CHECK_ERR(bind(fd, (struct sockaddr *)&a, n), EADDRINUSE);
	int datagram = listener("d", SOCK_DGRAM);
	n = name(&a, "d");
	CHECK_ERR(connect(fd, (struct sockaddr *)&a, n), EPROTOTYPE);
	CHECK_ERR(listen(datagram, 1), EOPNOTSUPP);
	CHECK_ERR(accept(fd, nullptr, nullptr), EINVAL);
	CHECK_ERR(write(fd, "x", 1), ENOTCONN);
}

TEST(socket_tells_what_is_wrong)
{
	int s[2];

	CHECK_ERR(socket(12345, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, 99, 0), EINVAL);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 99), EPROTONOSUPPORT);
	CHECK_ERR(socketpair(AF_INET, SOCK_STREAM, 0, s), EOPNOTSUPP);
	CHECK_ERR(listen(0, 1), ENOTSOCK);
	CHECK_ERR(listen(999, 1), EBADF);
}

TEST(accept_tells_names)
{
	struct sockaddr_un a;
	socklen_t n = sizeof(a);

	check_folder();
	int server = listener("s", SOCK_STREAM), client = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t size = name(&a, "client");
	CHECK_EQ(bind(client, (struct sockaddr *)&a, size), 0);
	size = name(&a, "s");
	CHECK_EQ(connect(client, (struct sockaddr *)&a, size), 0);
	struct sockaddr_un peer = {};
	CHECK_EQ(getpeername(client, (struct sockaddr *)&peer, &n), 0); /* before it is accepted */
	CHECK_STR(peer.sun_path, "s");
	n = sizeof(a);
	int fd = accept4(server, (struct sockaddr *)&a, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(fd >= 0);
	CHECK_STR(a.sun_path, "client");
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	n = sizeof(a);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	CHECK_STR(a.sun_path, "s");
	n = sizeof(a);
	CHECK_EQ(getpeername(client, (struct sockaddr *)&a, &n), 0);
	CHECK_STR(a.sun_path, "s");
	struct stat st;
	CHECK_EQ(stat("s", &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
}

TEST(abstract_names_need_no_file)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t n = offsetof(struct sockaddr_un, sun_path) +
		      (socklen_t)snprintf(a.sun_path + 1, 100, "check-%d", getpid()) + 1;

	CHECK_EQ(bind(server, (struct sockaddr *)&a, n), 0);
	CHECK_EQ(listen(server, 1), 0);
	CHECK_EQ(connect(client, (struct sockaddr *)&a, n), 0);
	CHECK(accept(server, nullptr, nullptr) >= 0);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERR(bind(other, (struct sockaddr *)&a, n), EADDRINUSE);
	close(server);
	CHECK_EQ(bind(other, (struct sockaddr *)&a, n), 0);
}

TEST(datagrams_come_with_their_sender)
{
	struct sockaddr_un to, from;
	socklen_t n = sizeof(from);
	char text[8] = "";

	check_folder();
	int a = listener("a", SOCK_DGRAM), b = listener("b", SOCK_DGRAM);
	socklen_t size = name(&to, "b");
	CHECK_EQ(sendto(a, "hi", 2, 0, (struct sockaddr *)&to, size), 2);
	CHECK_EQ(recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&from, &n), 2);
	CHECK_STR(from.sun_path, "a");
	CHECK_EQ(connect(a, (struct sockaddr *)&to, size), 0);
	CHECK_EQ(send(a, "there", 5, 0), 5);
	CHECK_EQ(read(b, text, sizeof(text)), 5);
	size = name(&to, "c");
	CHECK_ERR(sendto(a, "x", 1, 0, (struct sockaddr *)&to, size), ENOENT);
}

TEST(an_empty_packet_is_a_packet)
{
	int s[2], n = 0;
	char c;

	pair(SOCK_DGRAM, s);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(send(s[0], "x", 1, 0), 1);
	CHECK_EQ(recv(s[1], &c, 1, 0), 0);
	CHECK_EQ(ioctl(s[1], FIONREAD, &n), 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(recv(s[1], &c, 1, 0), 1);
}

static void send_descriptors(int to, const int *fds, int n, const char *text)
{
	char control[CMSG_SPACE(sizeof(int) * 16)] = {};
	struct iovec v = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)n);
	CHECK_EQ(sendmsg(to, &m, 0), strlen(text));
}

/* The number of descriptors received. */
static int receive_descriptors(int from, int *fds, int room, int flags, int *got_flags)
{
	char control[CMSG_SPACE(sizeof(int) * 16)] = {}, text[64];
	struct iovec v = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)room) };

	CHECK(recvmsg(from, &m, flags) > 0);
	if (got_flags)
		*got_flags = m.msg_flags;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c == nullptr)
		return 0;
	CHECK_EQ(c->cmsg_type, SCM_RIGHTS);
	int n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), sizeof(int) * (size_t)n);
	return n;
}

TEST(descriptors_travel)
{
	int s[2], got[2];
	char text[4] = "";

	check_folder();
	check_write("f", "abcdef");
	for (int type = SOCK_STREAM; type != 0; type = type == SOCK_STREAM  ? SOCK_DGRAM
						       : type == SOCK_DGRAM ? SOCK_SEQPACKET
									    : 0) {
		pair(type, s);
		int fds[2] = { open("f", O_RDONLY), open("/dev/null", O_WRONLY) };
		CHECK_EQ(read(fds[0], text, 2), 2);
		send_descriptors(s[0], fds, 2, "x");
		close(fds[0]);
		CHECK_EQ(receive_descriptors(s[1], got, 2, MSG_CMSG_CLOEXEC, nullptr), 2);
		CHECK_EQ(read(got[0], text, 2), 2); /* the offset came along */
		CHECK_EQ(memcmp(text, "cd", 2), 0);
		CHECK_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
		CHECK_EQ(write(got[1], "x", 1), 1);
	}
}

TEST(descriptors_travel_between_processes)
{
	int s[2], ends[2], fd;
	char c;

	pair(SOCK_STREAM, s);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(receive_descriptors(s[1], &fd, 1, 0, nullptr), 1);
		_exit(write(fd, "c", 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(pipe(ends), 0);
	send_descriptors(s[0], &ends[1], 1, "x");
	close(ends[1]);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(c, 'c');
	CHECK_EQ(read(ends[0], &c, 1), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_socket_can_travel_through_itself)
{
	int s[2], got;
	char c;

	pair(SOCK_STREAM, s);
	send_descriptors(s[0], &s[0], 1, "x");
	CHECK_EQ(receive_descriptors(s[1], &got, 1, 0, nullptr), 1);
	CHECK_EQ(write(s[1], "q", 1), 1);
	CHECK_EQ(read(got, &c, 1), 1);
	send_descriptors(s[0], &s[1], 1, "x"); /* never received: goes with the socket */
	close(s[0]);
	close(s[1]);
	close(got);
}

/* Received by a child, which ends with what `use` of it gives. */
static int used_elsewhere(int fd, int (*use)(int fd))
{
	int s[2], got;

	pair(SOCK_STREAM, s);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(receive_descriptors(s[1], &got, 1, 0, nullptr), 1);
		_exit(use(got));
	}
	send_descriptors(s[0], &fd, 1, "x");
	close(fd);
	close(s[0]);
	close(s[1]);
	return check_wait(pid);
}

static int accept_one(int fd)
{
	struct sockaddr_un a = {};
	socklen_t n = sizeof(a);
	char c = 'a';

	CHECK_EQ(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	CHECK_STR(a.sun_path, "s");
	int to = accept(fd, nullptr, nullptr);
	CHECK(to >= 0);
	CHECK_EQ(write(to, &c, 1), 1);
	return 3;
}

static pid_t call_soon(void)
{
	char c;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int to = caller("s", SOCK_SEQPACKET);
	_exit(read(to, &c, 1) == 1 ? c : 1);
}

TEST(a_listener_can_travel)
{
	check_folder();
	int fd = listener("s", SOCK_SEQPACKET);
	pid_t pid = call_soon();
	CHECK_EQ(used_elsewhere(fd, accept_one), 3);
	CHECK_EQ(check_wait(pid), 'a');
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un a;
	socklen_t n = name(&a, "s");
	CHECK_ERR(connect(fd, (struct sockaddr *)&a, n), ECONNREFUSED);
}

static int listen_late(int fd)
{
	CHECK_EQ(listen(fd, 1), 0);
	int to = caller("s", SOCK_STREAM), from = accept(fd, nullptr, nullptr);
	CHECK_EQ(write(to, "b", 1), 1);
	char c;
	CHECK_EQ(read(from, &c, 1), 1);
	return c;
}

static int connect_late(int fd)
{
	struct sockaddr_un a;
	socklen_t n = name(&a, "t");
	int of = listener("t", SOCK_STREAM);

	CHECK_EQ(connect(fd, (struct sockaddr *)&a, n), 0);
	return accept(of, nullptr, nullptr) >= 0 ? 4 : 1;
}

TEST(sockets_can_travel_before_they_are_connected)
{
	struct sockaddr_un a;

	check_folder();
	socklen_t n = name(&a, "s");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&a, n), 0);
	CHECK_EQ(used_elsewhere(fd, listen_late), 'b');
	CHECK_EQ(used_elsewhere(socket(AF_UNIX, SOCK_STREAM, 0), connect_late), 4);
}

static int read_all(int fd)
{
	char text[8] = "";
	struct stat st;
	int n = 0;

	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	for (ssize_t got; (got = read(fd, text + n, 1)) != 0; n++)
		CHECK_EQ(got, 1);
	CHECK_STR(text, "pq");
	return 5;
}

static int write_some(int fd)
{
	return write(fd, "q", 1) == 1 ? 6 : 1;
}

TEST(a_FIFOs_ends_can_travel)
{
	check_folder();
	CHECK_EQ(mkfifo("p", 0600), 0);
	int from = open("p", O_RDONLY | O_NONBLOCK), to = open("p", O_WRONLY);
	CHECK_EQ(write(to, "p", 1), 1);
	CHECK_EQ(used_elsewhere(to, write_some), 6);
	CHECK_EQ(used_elsewhere(from, read_all), 5);
	CHECK_ERR(open("p", O_WRONLY | O_NONBLOCK), ENXIO); /* nobody holds one any more */
}

static int take_signal(int fd)
{
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	CHECK_EQ(read(fd, &info, sizeof(info)), -1);
	CHECK_EQ(errno, EAGAIN);
	raise(SIGUSR2);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	return info.ssi_signo == SIGUSR2 ? 7 : 1;
}

TEST(a_signalfd_can_travel_and_takes_the_receivers_signals)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(used_elsewhere(signalfd(-1, &set, SFD_NONBLOCK), take_signal), 7);
}

TEST(too_little_room_for_descriptors_is_told)
{
	int s[2], fds[3] = { 0, 1, 2 }, got[16], flags;

	pair(SOCK_STREAM, s);
	send_descriptors(s[0], fds, 3, "x");
	int n = receive_descriptors(s[1], got, 1, 0, &flags);
	CHECK(n >= 1 && n < 3);
	CHECK(flags & MSG_CTRUNC);
	send_descriptors(s[0], fds, 1, "y");
	char c;
	CHECK_EQ(read(s[1], &c, 1), 1); /* a plain read drops them */
	CHECK_EQ(c, 'y');
	int bad[1] = { 999 };
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	*h = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(h), bad, sizeof(bad));
	CHECK_ERR(sendmsg(s[0], &m, 0), EBADF);
}

TEST(a_read_does_not_join_what_descriptors_part)
{
	int s[2], fd = 0, got;

	pair(SOCK_STREAM, s);
	CHECK_EQ(write(s[0], "before", 6), 6);
	send_descriptors(s[0], &fd, 1, "with");
	CHECK_EQ(write(s[0], "after", 5), 5);
	CHECK_EQ(receive_descriptors(s[1], &got, 1, 0, nullptr), 1);
	char text[16];
	CHECK_EQ(read(s[1], text, sizeof(text)), 5);
	CHECK_EQ(memcmp(text, "after", 5), 0);
}

TEST(credentials_travel)
{
	int s[2], on = 1;
	char control[CMSG_SPACE(sizeof(struct ucred))] = {}, c;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct ucred who;

	pair(SOCK_DGRAM, s);
	CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(write(s[0], "x", 1) == 1 ? 0 : 1);
	CHECK_EQ(recvmsg(s[1], &m, 0), 1);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	CHECK(h != nullptr && h->cmsg_type == SCM_CREDENTIALS);
	memcpy(&who, CMSG_DATA(h), sizeof(who));
	CHECK_EQ(who.pid, pid);
	CHECK_EQ(who.uid, getuid());
	CHECK_EQ(check_wait(pid), 0);
}

TEST(SO_PEERCRED_tells_who_connected)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	check_folder();
	int server = listener("s", SOCK_STREAM);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		_exit((int)read(caller("s", SOCK_STREAM), &c, 1));
	}
	int fd = accept(server, nullptr, nullptr);
	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n), 0);
	CHECK_EQ(who.pid, pid);
	CHECK_EQ(who.uid, geteuid());
	CHECK_EQ(who.gid, getegid());
	close(fd);
	CHECK_EQ(check_wait(pid), 0);
}

static void peer_is(int fd, pid_t pid, uid_t uid)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	CHECK_EQ(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n), 0);
	CHECK_EQ(who.pid, pid);
	CHECK_EQ(who.uid, uid);
}

/* Not who accepts. */
TEST(SO_PEERCRED_tells_who_listens)
{
	int go[2];
	char c;

	check_folder();
	CHECK_EQ(pipe(go), 0);
	int server = listener("s", SOCK_STREAM), fd = caller("s", SOCK_STREAM);
	peer_is(fd, getpid(), geteuid());
	pid_t pid = fork();
	if (pid == 0) {
		pid_t parent = getppid();
		CHECK_EQ(setresuid(7, 7, 7), 0);
		int accepted = accept(server, nullptr, nullptr);
		peer_is(accepted, parent, 0);
		_exit(write(accepted, "x", 1) == 1 && read(go[0], &c, 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(read(fd, &c, 1), 1);
	peer_is(fd, getpid(), geteuid());
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(options_can_be_asked)
{
	int s[2], v = -1;
	socklen_t n = sizeof(v);

	pair(SOCK_SEQPACKET, s);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &v, &n), 0);
	CHECK_EQ(v, SOCK_SEQPACKET);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &v, &n), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_DOMAIN, &v, &n), 0);
	CHECK_EQ(v, AF_UNIX);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_ACCEPTCONN, &v, &n), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &v, &n), 0);
	CHECK(v > 0);
	CHECK_ERR(getsockopt(s[0], SOL_SOCKET, 9999, &v, &n), ENOPROTOOPT);
	CHECK_ERR(getsockopt(0, SOL_SOCKET, SO_TYPE, &v, &n), ENOTSOCK);
}

TEST(SO_RCVTIMEO_ends_the_wait)
{
	int s[2];
	struct timeval t = { .tv_usec = 20'000 };
	char c;

	pair(SOCK_STREAM, s);
	CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), 0);
	CHECK_ERR(read(s[0], &c, 1), EAGAIN);
}

TEST(a_full_stream_refuses)
{
	int s[2];
	static char block[4096];
	size_t used = 0;
	ssize_t n;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	while ((n = write(s[0], block, sizeof(block))) > 0)
		used += (size_t)n;
	CHECK_EQ(errno, EAGAIN);
	CHECK(used >= 65536);
	struct pollfd p = { .fd = s[0], .events = POLLOUT };
	CHECK_EQ(poll(&p, 1, 0), 0);
	while (used > 0) {
		n = read(s[1], block, sizeof(block));
		CHECK(n > 0);
		used -= (size_t)n;
	}
	CHECK_EQ(poll(&p, 1, 0), 1);
}

TEST(poll_tells_states)
{
	int s[2];
	struct pollfd p;

	check_folder();
	int server = listener("s", SOCK_STREAM);
	p = (struct pollfd){ .fd = server, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 0);
	int client = caller("s", SOCK_STREAM);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(p.revents, POLLIN);
	close(client);
	pair(SOCK_STREAM, s);
	p = (struct pollfd){ .fd = s[0], .events = POLLIN | POLLOUT | POLLRDHUP };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	close(s[1]);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

TEST(sendmmsg_and_recvmmsg)
{
	int s[2];
	struct iovec out[3] = { { "a", 1 }, { "bc", 2 }, { "def", 3 } };
	char room[3][8];
	struct mmsghdr m[3] = {};

	pair(SOCK_DGRAM, s);
	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &out[i], .msg_iovlen = 1 };
	CHECK_EQ(sendmmsg(s[0], m, 3, 0), 3);
	CHECK_EQ(m[2].msg_len, 3);
	struct iovec in[3];
	for (int i = 0; i < 3; i++) {
		in[i] = (struct iovec){ room[i], 8 };
		m[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &in[i], .msg_iovlen = 1 } };
	}
	CHECK_EQ(recvmmsg(s[1], m, 3, MSG_DONTWAIT, nullptr), 3);
	CHECK_EQ(m[1].msg_len, 2);
	CHECK_EQ(memcmp(room[2], "def", 3), 0);
}
