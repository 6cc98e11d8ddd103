/* SPDX-License-Identifier: MPL-2.0 */
/* Which thread runs when and where: locks that many want, yielding, and processors. */
#include "tests/posix/check.h"
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

/* Python's lock: whoever holds it lets it go for a moment at a time, and takes it again. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t free;
	bool is_held;
	_Atomic bool was_had;
} turns = { .mutex = PTHREAD_MUTEX_INITIALIZER, .free = PTHREAD_COND_INITIALIZER };

static void turns_take(void)
{
	pthread_mutex_lock(&turns.mutex);
	while (turns.is_held)
		pthread_cond_wait(&turns.free, &turns.mutex);
	turns.is_held = true;
	pthread_mutex_unlock(&turns.mutex);
}

static void turns_give(void)
{
	pthread_mutex_lock(&turns.mutex);
	turns.is_held = false;
	pthread_cond_signal(&turns.free);
	pthread_mutex_unlock(&turns.mutex);
}

static void *wants_a_turn(void *unused)
{
	(void)unused;
	turns_take();
	turns.was_had = true;
	turns_give();
	return nullptr;
}

TEST(a_lock_that_is_free_for_moments_is_had_in_the_end)
{
	pthread_t t;

	for (unsigned length = 300; length < 1200; length += 150) {
		struct timespec start, now;
		turns.was_had = false;
		turns_take();
		CHECK_EQ(pthread_create(&t, nullptr, wants_a_turn, nullptr), 0);
		clock_gettime(CLOCK_MONOTONIC, &start);
		do {
			for (volatile unsigned i = 0; i < length; i++)
				;
			turns_give();
			getppid();
			turns_take();
			clock_gettime(CLOCK_MONOTONIC, &now);
		} while (!turns.was_had && now.tv_sec < start.tv_sec + 5);
		CHECK(turns.was_had);
		turns_give();
		pthread_join(t, nullptr);
	}
}

static sem_t wanted;
static atomic_bool was_done;

static void *does_it(void *unused)
{
	(void)unused;
	sem_wait(&wanted);
	was_done = true;
	return nullptr;
}

TEST(a_sleep_of_no_time_lets_others_run)
{
	struct timespec nothing = {};
	cpu_set_t one;
	unsigned asked = 0;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	CHECK_EQ(sem_init(&wanted, 0, 0), 0);
	pthread_t t = check_thread(does_it, nullptr); /* bound as we are */
	usleep(1000);                                 /* it waits */
	sem_post(&wanted);
	for (; !was_done && asked < 10000; asked++)
		nanosleep(&nothing, nullptr);
	CHECK(asked < 100);
	check_join(t);
}

static void *where_it_runs(void *to)
{
	CHECK_EQ(sched_getaffinity(0, sizeof(cpu_set_t), to), 0);
	for (unsigned i = 0; i < 100; i++) {
		CHECK(CPU_ISSET(sched_getcpu(), (cpu_set_t *)to));
		sched_yield();
	}
	return nullptr;
}

/* As a thread, a process and a program. */
TEST(who_is_made_is_bound_as_its_maker)
{
	cpu_set_t one, got = {};

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	check_join(check_thread(where_it_runs, &got));
	CHECK(CPU_EQUAL(&one, &got));
	pid_t pid = fork();
	if (pid == 0) {
		where_it_runs(&got);
		CHECK(CPU_EQUAL(&one, &got));
		char mask[32];
		snprintf(mask, sizeof(mask), "%lx", one.__bits[0]);
		execl(check_program, check_program, "@bound_to", mask, nullptr);
		_exit(98);
	}
	CHECK_EQ(check_wait(pid), 0);
}

ROLE(bound_to)
{
	cpu_set_t got = {};

	where_it_runs(&got);
	return got.__bits[0] == strtoul(argv[2], nullptr, 16) ? 0 : 1;
}
