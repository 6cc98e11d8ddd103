/* SPDX-License-Identifier: MPL-2.0 */
/* Signals, and waiting for many things. */
#include "bench/linux/row.h"
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

constexpr int DESCRIPTORS = 64;

static struct pollfd polled[DESCRIPTORS];
static int writers[DESCRIPTORS], epoll;

static void caught(int signal)
{
	(void)signal;
}

static void signal_start(void)
{
	signal(SIGUSR1, caught);
}

static void signal_once(void)
{
	raise(SIGUSR1);
}

static void pipes_open(void)
{
	for (int i = 0; i < DESCRIPTORS; i++) {
		int ends[2];

		need(pipe(ends) == 0, "pipe");
		polled[i] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
		writers[i] = ends[1];
	}
}

static void pipes_close(void)
{
	for (int i = 0; i < DESCRIPTORS; i++) {
		close(polled[i].fd);
		close(writers[i]);
	}
}

static void poll_start(void)
{
	pipes_open();
	need(write(writers[DESCRIPTORS - 1], "", 1) == 1, "write");
}

static void poll_once(void)
{
	need(poll(polled, DESCRIPTORS, -1) == 1, "poll");
}

static void epoll_start(void)
{
	pipes_open();
	epoll = epoll_create1(0);
	need(epoll >= 0, "epoll_create1");
	for (int i = 0; i < DESCRIPTORS; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.fd = polled[i].fd };
		need(epoll_ctl(epoll, EPOLL_CTL_ADD, polled[i].fd, &e) == 0, "epoll_ctl");
	}
}

/* One descriptor becomes readable, is found, and read. */
static void epoll_once(void)
{
	struct epoll_event e;
	char c;

	need(write(writers[DESCRIPTORS / 2], "", 1) == 1, "write");
	need(epoll_wait(epoll, &e, 1, -1) == 1, "epoll_wait");
	need(read(e.data.fd, &c, 1) == 1, "read");
}

static void epoll_stop(void)
{
	close(epoll);
	pipes_close();
}

ROW(signal, "signal", "raise a signal, catch it, return", 10000, signal_once,
    .start = signal_start);
ROW(poll, "poll-64", "poll of 64 pipes, the last readable", 5000, poll_once, .start = poll_start,
    .stop = pipes_close);
ROW(epoll, "epoll", "write, epoll_wait over 64 pipes, read", 5000, epoll_once, .start = epoll_start,
    .stop = epoll_stop);
