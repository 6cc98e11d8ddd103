/* SPDX-License-Identifier: MPL-2.0 */
/* More and more of what can be waited for: threads, timers, descriptors. */
#include "bench/growth/growth.h"
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

constexpr size_t STACK = 32 << 10;

enum turn : uint32_t { OURS, THEIRS };
static _Atomic uint32_t turn, never;
static int timer = -1, ready = -1, epoll = -1;
static struct pollfd *polled;
static unsigned npolled;

static void futex_wait(_Atomic uint32_t *at, uint32_t value)
{
	syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void pass(enum turn next)
{
	turn = next;
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

static void *sleeper(void *argument)
{
	for (;;)
		futex_wait(&never, 0);
	return argument;
}

static void *answer(void *argument)
{
	for (;;) {
		while (turn == OURS)
			futex_wait(&turn, OURS);
		pass(OURS);
	}
	return argument;
}

static bool thread_start(void *(*run)(void *))
{
	pthread_attr_t attributes;
	pthread_t t;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	errno = pthread_create(&t, &attributes, run, nullptr);
	return errno == 0;
}

static bool threads(unsigned from, unsigned to)
{
	if (from == 0 && !thread_start(answer))
		return false;
	for (unsigned i = from; i < to; i++)
		if (!thread_start(sleeper))
			return false;
	return true;
}

static uint64_t wake(void)
{
	uint64_t start = now();

	pass(THEIRS);
	while (turn == THEIRS)
		futex_wait(&turn, THEIRS);
	return now() - start;
}

static int timer_start(time_t seconds)
{
	struct itimerspec in = { .it_value.tv_sec = seconds };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	return fd < 0 || timerfd_settime(fd, 0, &in, nullptr) == 0 ? fd : -1;
}

static bool timers(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if ((timer = timer_start(100'000 + (i * 7919) % 100'000)) < 0)
			return false;
	return true;
}

static uint64_t timer_set(void)
{
	struct itimerspec in = { .it_value.tv_sec = 150'000 };
	uint64_t start = now();

	need(timerfd_settime(timer, 0, &in, nullptr) == 0, "timerfd_settime");
	return now() - start;
}

/* The first of them is ready, and no other. */
static bool descriptors(unsigned from, unsigned to)
{
	polled = realloc(polled, to * sizeof(*polled));
	epoll = epoll < 0 ? epoll_create1(0) : epoll;
	if (polled == nullptr || epoll < 0)
		return false;
	for (unsigned i = from; i < to; i++) {
		struct epoll_event e = { .events = EPOLLIN };
		int fd = eventfd(i == 0, EFD_NONBLOCK);
		if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
			return false;
		polled[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	ready = polled[0].fd;
	npolled = to;
	return true;
}

static uint64_t poll_all(void)
{
	uint64_t start = now();

	need(poll(polled, npolled, -1) == 1, "poll");
	return now() - start;
}

static uint64_t epoll_all(void)
{
	struct epoll_event e;
	uint64_t value = 1, start = now();

	need(read(ready, &value, sizeof(value)) > 0 && write(ready, &value, sizeof(value)) > 0,
	     "eventfd");
	need(epoll_wait(epoll, &e, 1, -1) == 1, "epoll_wait");
	return now() - start;
}

GROWTH(wake, "wake-up", "sleeping threads", threads, wake);
GROWTH(timer, "timer", "armed timers", timers, timer_set);
GROWTH(poll, "poll", "descriptors", descriptors, poll_all);
GROWTH(epoll, "epoll", "descriptors", descriptors, epoll_all);
