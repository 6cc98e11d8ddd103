/* SPDX-License-Identifier: MPL-2.0 */
/* poll, select and epoll; eventfd and signalfd, which they wait for. */
#include "tests/posix/check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

static int64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

static void nothing(int signal)
{
	(void)signal;
}

TEST(poll_waits_as_long_as_said)
{
	int64_t start = ms();

	CHECK_EQ(poll(nullptr, 0, 30), 0);
	CHECK(ms() - start >= 30);
	start = ms();
	CHECK_EQ(ppoll(nullptr, 0, &(struct timespec){ .tv_nsec = 20'000'000 }, nullptr), 0);
	CHECK(ms() - start >= 20);
	CHECK_ERR(ppoll(nullptr, 0, &(struct timespec){ .tv_nsec = -1 }, nullptr), EINVAL);
}

TEST(poll_tells_bad_descriptors)
{
	struct pollfd p[3] = { { .fd = 999, .events = POLLIN },
			       { .fd = -1, .events = POLLIN, .revents = 77 },
			       { .fd = open("/dev/null", O_RDWR), .events = POLLIN | POLLOUT } };

	CHECK_EQ(poll(p, 3, 1000), 2);
	CHECK_EQ(p[0].revents, POLLNVAL);
	CHECK_EQ(p[1].revents, 0);
	CHECK_EQ(p[2].revents, POLLIN | POLLOUT);
}

TEST(regular_files_are_always_ready)
{
	check_folder();
	struct pollfd p = { .fd = open("f", O_RDWR | O_CREAT, 0600), .events = POLLIN | POLLOUT };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT);
}

TEST(poll_is_woken_by_another_process)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(30'000);
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_signal_interrupts_poll)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, nullptr); /* poll is never restarted */
	ualarm(20'000, 20'000);               /* again, should the first come before we wait */
	CHECK_ERR(poll(nullptr, 0, -1), EINTR);
}

TEST(ppoll_opens_the_mask_while_it_waits)
{
	sigset_t set, none;

	signal(SIGUSR1, nothing);
	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	raise(SIGUSR1);
	CHECK_EQ(poll(nullptr, 0, 10), 0);
	CHECK_ERR(ppoll(nullptr, 0, nullptr, &none), EINTR);
	CHECK_EQ(ppoll(nullptr, 0, &(struct timespec){ .tv_nsec = 1000 }, &none), 0);
}

TEST(select_tells_three_sets)
{
	int a[2], b[2];
	fd_set in, out, other;

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_EQ(write(a[1], "x", 1), 1);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&other);
	FD_SET(a[0], &in);
	FD_SET(b[0], &in);
	FD_SET(b[1], &out);
	FD_SET(a[0], &other);
	CHECK_EQ(select(b[1] + 1, &in, &out, &other, &(struct timeval){}), 2);
	CHECK(FD_ISSET(a[0], &in) && !FD_ISSET(b[0], &in));
	CHECK(FD_ISSET(b[1], &out) && !FD_ISSET(a[0], &other));
	close(b[0]);
	FD_SET(b[0], &in);
	CHECK_ERR(select(b[1] + 1, &in, nullptr, nullptr, &(struct timeval){}), EBADF);
	CHECK_ERR(select(-1, nullptr, nullptr, nullptr, &(struct timeval){}), EINVAL);
}

TEST(select_writes_back_the_time_left)
{
	struct timeval t = { .tv_sec = 100 };
	int ends[2];
	fd_set in;

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	FD_ZERO(&in);
	FD_SET(ends[0], &in);
	CHECK_EQ(select(ends[0] + 1, &in, nullptr, nullptr, &t), 1);
	CHECK(t.tv_sec == 99 || t.tv_sec == 100);
	t = (struct timeval){ .tv_usec = 10'000 };
	CHECK_EQ(select(0, nullptr, nullptr, nullptr, &t), 0);
	CHECK(t.tv_sec == 0 && t.tv_usec == 0);
}

static int set;

static void add(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data = { .fd = fd } };

	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e), 0);
}

static uint32_t ready(int fd)
{
	struct epoll_event e[16];
	int n = epoll_wait(set, e, 16, 0);

	CHECK(n >= 0);
	for (int i = 0; i < n; i++)
		if (e[i].data.fd == fd)
			return e[i].events;
	return 0;
}

TEST(epoll_is_level_triggered)
{
	int ends[2];
	char c;

	set = epoll_create1(EPOLL_CLOEXEC);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN);
	CHECK_EQ(ready(ends[0]), 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(ready(ends[0]), 0);
	close(ends[1]);
	CHECK_EQ(ready(ends[0]), EPOLLHUP);
}

TEST(EPOLLET_tells_of_each_arrival_once)
{
	int ends[2];

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN | EPOLLET);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
	CHECK_EQ(ready(ends[0]), 0);
	CHECK_EQ(write(ends[1], "y", 1), 1);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
	CHECK_EQ(ready(ends[0]), 0);
}

/* Both ends of a connection of each kind, and a counter's: what is written to [1] comes to [0]. */
static void make_three(int ends[3][2])
{
	CHECK_EQ(pipe(ends[0]), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[1]), 0);
	ends[2][0] = ends[2][1] = eventfd(0, 0);
}

TEST(an_edge_is_every_set_s_own)
{
	int ends[3][2], sets[2] = { epoll_create1(0), epoll_create1(0) };

	make_three(ends);
	for (int i = 0; i < 3; i++) {
		int in = ends[i][0];
		for (int k = 0; k < 2; k++) {
			set = sets[k];
			add(in, EPOLLIN | EPOLLET);
			(void)ready(in);
		}
		for (int round = 0; round < 3; round++) {
			uint64_t one = 1;
			CHECK_EQ(write(ends[i][1], &one, sizeof(one)), sizeof(one));
			for (int k = 0; k < 2; k++) {
				set = sets[k];
				CHECK_EQ(ready(in), EPOLLIN);
				CHECK_EQ(ready(in), 0);
			}
		}
		for (int k = 0; k < 2; k++)
			CHECK_EQ(epoll_ctl(sets[k], EPOLL_CTL_DEL, in, nullptr), 0);
	}
}

constexpr int TURNS = 2000;

static void *read_turns(void *ends)
{
	int(*e)[2] = ends, go = e[0][0], back = e[1][1];

	for (uint64_t i = 0, n; i < TURNS; i++)
		if (read(go, &n, sizeof(n)) != sizeof(n) || write(back, &n, sizeof(n)) != sizeof(n))
			return "ended";
	return nullptr;
}

static void *watch_edges(void *end)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int watcher = epoll_create1(0);

	(void)epoll_ctl(watcher, EPOLL_CTL_ADD, *(int *)end, &e);
	for (;;)
		epoll_wait(watcher, &e, 1, -1);
	return nullptr;
}

TEST(who_watches_edges_takes_no_reader_s_turn)
{
	int ends[2][2];
	pthread_t reader, watcher[2];
	void *result;

	CHECK_EQ(pipe(ends[0]), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[1]), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&watcher[i], nullptr, watch_edges, &ends[i][0]), 0);
	CHECK_EQ(pthread_create(&reader, nullptr, read_turns, ends), 0);
	for (uint64_t i = 0, n; i < TURNS; i++) {
		CHECK_EQ(write(ends[0][1], &i, sizeof(i)), sizeof(i));
		CHECK_EQ(read(ends[1][0], &n, sizeof(n)), sizeof(n));
		CHECK_EQ(n, i);
	}
	CHECK_EQ(pthread_join(reader, &result), 0);
	CHECK(result == nullptr);
}

TEST(EPOLLONESHOT_tells_once_until_it_is_set_again)
{
	int ends[2];

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN | EPOLLONESHOT);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
	CHECK_EQ(ready(ends[0]), 0);
	CHECK_EQ(write(ends[1], "y", 1), 1);
	CHECK_EQ(ready(ends[0]), 0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data = { .fd = ends[0] } };
	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &e), 0);
	CHECK_EQ(ready(ends[0]), EPOLLIN);
}

TEST(epoll_ctl_tells_what_is_wrong)
{
	int ends[2];
	struct epoll_event e = { .events = EPOLLIN };

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], &e), ENOENT);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &e), ENOENT);
	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &e), 0);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &e), EEXIST);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, 999, &e), EBADF);
	CHECK_ERR(epoll_ctl(999, EPOLL_CTL_ADD, ends[0], &e), EBADF);
	CHECK_ERR(epoll_ctl(ends[1], EPOLL_CTL_ADD, ends[0], &e), EINVAL);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, set, &e), EINVAL);
	CHECK_ERR(epoll_ctl(set, 9, ends[1], &e), EINVAL);
	CHECK_ERR(epoll_wait(set, &e, 0, 0), EINVAL);
	CHECK_ERR(epoll_create(0), EINVAL);
	check_folder();
	int file = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, file, &e), EPERM);
	CHECK_ERR(epoll_ctl(set, EPOLL_CTL_ADD, open("f", O_PATH), &e), EBADF);
	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], nullptr), 0);
	e.events = EPOLLOUT;
	CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &e), 0);
	void *fixed = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERR(epoll_wait(set, fixed, 1, 0), EFAULT);
}

TEST(a_closed_descriptor_leaves_the_set)
{
	int ends[2];

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN);
	int copy = dup(ends[0]);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	int number = ends[0];
	close(ends[0]);
	CHECK_EQ(ready(number), EPOLLIN); /* its description still lives */
	close(copy);
	CHECK_EQ(ready(number), 0);
}

TEST(epoll_wait_waits_and_is_woken)
{
	int ends[2];
	struct epoll_event e;
	int64_t start = ms();

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN);
	CHECK_EQ(epoll_wait(set, &e, 1, 30), 0);
	CHECK(ms() - start >= 30);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(20'000);
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(epoll_wait(set, &e, 1, -1), 1);
	CHECK_EQ(e.data.fd, ends[0]);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(an_epoll_set_can_be_polled_and_nested)
{
	int ends[2], outer = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN, .data = { .u64 = 0x123456789abcdef } };

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN);
	CHECK_EQ(epoll_ctl(outer, EPOLL_CTL_ADD, set, &e), 0);
	struct pollfd p = { .fd = outer, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(epoll_wait(outer, &e, 1, 0), 1);
	CHECK(e.data.u64 == 0x123456789abcdef);
}

TEST(a_hundred_pipes_in_one_set)
{
	int ends[100][2];
	struct epoll_event e[100];

	set = epoll_create1(0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(pipe(ends[i]), 0);
		add(ends[i][0], EPOLLIN);
	}
	for (int i = 0; i < 100; i += 2)
		CHECK_EQ(write(ends[i][1], "x", 1), 1);
	CHECK_EQ(epoll_wait(set, e, 100, 0), 50);
	CHECK_EQ(epoll_wait(set, e, 10, 0), 10);
	for (int i = 0; i < 100; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	CHECK_EQ(epoll_wait(set, e, 100, 0), 0);
}

TEST(epoll_in_a_child_sees_the_same)
{
	int ends[2];

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	pid_t pid = fork();
	if (pid == 0)
		_exit(ready(ends[0]) == EPOLLIN ? 0 : 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(an_eventfd_adds_up)
{
	int fd = eventfd(3, EFD_NONBLOCK);
	uint64_t v = 4;

	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 7);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
	v = UINT64_MAX;
	CHECK_ERR(write(fd, &v, 8), EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	v = 1;
	CHECK_ERR(write(fd, &v, 8), EAGAIN);
	CHECK_ERR(read(fd, &v, 4), EINVAL);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_ERR(eventfd(0, 0x123), EINVAL);
}

TEST(an_eventfd_can_be_a_semaphore)
{
	int fd = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
	uint64_t v = 0;

	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_ERR(read(fd, &v, 8), EAGAIN);
}

TEST(an_eventfd_wakes_another_process)
{
	int fd = eventfd(0, 0);
	uint64_t v = 9;

	pid_t pid = fork();
	if (pid == 0) {
		usleep(20'000);
		_exit(write(fd, &v, 8) == 8 ? 0 : 1);
	}
	v = 0;
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 9);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_signalfd_reads_signals)
{
	sigset_t signals;
	struct signalfd_siginfo info;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &signals, nullptr);
	int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, &info, sizeof(info)), EAGAIN);
	kill(getpid(), SIGUSR1);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	CHECK_EQ(info.ssi_pid, getpid());
	sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 55 });
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_signo, SIGRTMIN + 2);
	CHECK_EQ(info.ssi_int, 55);
	CHECK_ERR(read(fd, &info, 10), EINVAL);
	sigdelset(&signals, SIGUSR1);
	CHECK_EQ(signalfd(fd, &signals, 0), fd);
	raise(SIGUSR1);
	CHECK_EQ(poll(&p, 1, 10), 0);
}

static volatile sig_atomic_t is_time;

static void time_is_up(int)
{
	is_time = 1;
}

static int floods(void *)
{
	union sigval number = {};

	for (;;) {
		if (sigqueue(getppid(), SIGRTMIN, number) == 0)
			number.sival_int++;
		else if (errno != EAGAIN)
			return 1;
	}
}

/* Another signal still comes, and each is read in its turn. */
TEST(who_is_flooded_with_signals_goes_on)
{
	struct sigaction act = { .sa_handler = time_is_up };
	struct signalfd_siginfo info;
	sigset_t signals;
	int n = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, nullptr);
	CHECK_EQ(sigaction(SIGALRM, &act, nullptr), 0);
	int fd = signalfd(-1, &signals, 0);
	CHECK(fd >= 0);
	pid_t pid = check_spawn(floods, nullptr);
	alarm(1);
	while (!is_time || n == 0) {
		if (read(fd, &info, sizeof(info)) != sizeof(info))
			continue; /* interrupted by the alarm */
		CHECK_EQ(info.ssi_signo, SIGRTMIN);
		CHECK_EQ(info.ssi_pid, pid);
		CHECK_EQ(info.ssi_int, n);
		n++;
	}
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
}

static void *waker(void *argument)
{
	usleep(20'000);
	return (void *)(intptr_t)write(*(int *)argument, "x", 1);
}

TEST(epoll_is_woken_for_what_a_thread_adds_meanwhile)
{
	int ends[2];
	pthread_t t;
	struct epoll_event e;

	set = epoll_create1(0);
	CHECK_EQ(pipe(ends), 0);
	add(ends[0], EPOLLIN | EPOLLRDHUP);
	CHECK_EQ(pthread_create(&t, nullptr, waker, &ends[1]), 0);
	CHECK_EQ(epoll_pwait(set, &e, 1, 10'000, nullptr), 1);
	CHECK_EQ(pthread_join(t, nullptr), 0);
}

TEST(EPOLLEXCLUSIVE_and_EPOLLRDHUP_are_known)
{
	int s[2];

	set = epoll_create1(0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	add(s[0], EPOLLIN | EPOLLRDHUP);
	add(s[1], EPOLLIN | EPOLLEXCLUSIVE);
	CHECK_EQ(ready(s[0]), 0);
	CHECK_EQ(shutdown(s[1], SHUT_WR), 0);
	CHECK_EQ(ready(s[0]), EPOLLIN | EPOLLRDHUP);
}

TEST(epoll_wait_gives_all_that_is_ready_at_once)
{
	enum { MANY = 3000 };
	static struct epoll_event events[MANY + 10];
	const struct rlimit limit = { MANY + 100, MANY + 100 };
	int fd = eventfd(1, 0);

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	set = epoll_create1(0);
	for (int i = 0; i < MANY; i++)
		add(dup(fd), EPOLLIN);
	CHECK_EQ(epoll_wait(set, events, MANY + 10, 0), MANY);
	CHECK_EQ(epoll_wait(set, events, 2000, 0), 2000);
}

static void *read_always(void *end)
{
	char c;

	while (read(*(int *)end, &c, 1) == 1 && c != 'e')
		;
	return nullptr;
}

static void *poll_for_second(void *ends)
{
	int(*pipes)[2] = ends;
	struct pollfd p[] = { { .fd = pipes[0][0], .events = POLLIN },
			      { .fd = pipes[1][0], .events = POLLIN } };

	do
		CHECK(poll(p, 2, -1) > 0);
	while ((p[1].revents & POLLIN) == 0);
	return nullptr;
}

/* The first pipe is read by another thread as soon as it has something, so that for who polls
 * both it is ready and at once not any more. */
TEST(what_another_thread_takes_does_not_hide_the_next)
{
	int ends[2][2];
	pthread_t reader, poller;

	CHECK_EQ(pipe(ends[0]), 0);
	CHECK_EQ(pipe(ends[1]), 0);
	CHECK_EQ(pthread_create(&reader, nullptr, read_always, &ends[0][0]), 0);
	for (unsigned i = 0; i < 50; i++) {
		char c;
		CHECK_EQ(pthread_create(&poller, nullptr, poll_for_second, ends), 0);
		usleep(2000); /* both wait; were they late they would see all, and that is no harm
			       */
		CHECK_EQ(write(ends[0][1], "x", 1), 1);
		CHECK_EQ(write(ends[1][1], "x", 1), 1);
		CHECK_EQ(pthread_join(poller, nullptr), 0);
		CHECK_EQ(read(ends[1][0], &c, 1), 1);
	}
	CHECK_EQ(write(ends[0][1], "e", 1), 1);
	CHECK_EQ(pthread_join(reader, nullptr), 0);
}
