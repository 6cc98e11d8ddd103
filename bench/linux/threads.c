/* SPDX-License-Identifier: MPL-2.0 */
/* Threads, and how they wake each other. */
#include "bench/linux/row.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum turn : uint32_t { OURS, THEIRS, OVER };
static _Atomic uint32_t turn;
static pthread_t other;

static void *nothing(void *argument)
{
	return argument;
}

static void create_join(void)
{
	pthread_t t;

	need(pthread_create(&t, nullptr, nothing, nullptr) == 0, "pthread_create");
	pthread_join(t, nullptr);
}

static void pass(enum turn next)
{
	turn = next;
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

static void wait_while(enum turn t)
{
	while (turn == (uint32_t)t)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, (uint32_t)t, nullptr, nullptr, 0);
}

static void *answer(void *argument)
{
	for (;;) {
		wait_while(OURS);
		if (turn == OVER)
			return argument;
		pass(OURS);
	}
}

static void futex_start(void)
{
	turn = OURS;
	need(pthread_create(&other, nullptr, answer, nullptr) == 0, "pthread_create");
}

static void futex_once(void)
{
	pass(THEIRS);
	wait_while(THEIRS);
}

static void futex_stop(void)
{
	pass(OVER);
	pthread_join(other, nullptr);
}

ROW(thread, "thread", "create a thread and join it", 500, create_join);
ROW(futex, "futex-ping-pong", "wake another thread, be woken by it", 5000, futex_once,
    .start = futex_start, .stop = futex_stop);
