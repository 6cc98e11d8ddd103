/* SPDX-License-Identifier: MPL-2.0 */
/* Threads: suspend, resume, registers, interrupts; futexes; libfutura's locks over them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/lock.h"
#include <test-arch/arch.h>
#include "tests/native/test.h"

static _Atomic uint32_t word, gate;

static enum err wait_word(uint32_t expected, uint32_t mask, uint64_t deadline)
{
	return fut_futex_wait((uint64_t)&word, expected, mask, FUTEX_PRIVATE, deadline);
}

static uint32_t wake_word(uint32_t count, uint32_t mask)
{
	uint32_t woken = 99;

	OKAY(fut_futex_wake((uint64_t)&word, count, mask, FUTEX_PRIVATE, &woken));
	return woken;
}

TEST(futex, checks_value_mask_and_address)
{
	uint32_t n, moved;

	word = 7;
	FAILS(wait_word(6, 1, TIME_NEVER), ERR_WOULD_BLOCK);
	FAILS(wait_word(7, 1, 0), ERR_WOULD_BLOCK);
	FAILS(wait_word(7, 0, TIME_NEVER), ERR_BAD_ARGUMENT);
	FAILS(wait_word(7, 1, clock_after(MILLISECOND)), ERR_TIMED_OUT);
	FAILS(fut_futex_wait((uint64_t)&word + 1, 7, 1, 0, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_futex_wait((uint64_t)&word, 7, 1, 64, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_futex_wait(hole(), 7, 1, 0, TIME_NEVER), ERR_BAD_ADDRESS);
	FAILS(fut_futex_wait(hole(), 7, 1, FUTEX_PRIVATE, TIME_NEVER), ERR_BAD_ADDRESS);
	FAILS(fut_futex_wait(0xffff800000000000, 7, 1, 0, TIME_NEVER), ERR_BAD_ADDRESS);
	FAILS(fut_futex_wake((uint64_t)&word + 2, 1, 1, 0, &n), ERR_BAD_ARGUMENT);
	FAILS(fut_futex_requeue((uint64_t)&word, (uint64_t)&gate, 8, 1, FUTEX_PRIVATE, &n, &moved),
	      ERR_WOULD_BLOCK);
	FAILS(fut_futex_requeue((uint64_t)&word, (uint64_t)&gate, 8, 1, 64, &n, &moved),
	      ERR_BAD_ARGUMENT);
	EQUAL(wake_word(10, UINT32_MAX), 0);
}

static int sleeper(void *argument)
{
	atomic_fetch_add(&gate, 1);
	return wait_word(0, (uint32_t)(uintptr_t)argument, limit());
}

static bool is_waiting(const struct thread *t)
{
	struct thread_info i;
	uint32_t size;

	OKAY(fut_thread_read(thread_handle(t), THREAD_INFO, &i, sizeof(i), &size));
	return i.state == THREAD_WAITING;
}

static void start_sleepers(struct thread **t, unsigned n, uint32_t mask)
{
	word = gate = 0;
	for (unsigned i = 0; i < n; i++)
		t[i] = run_thread(sleeper, (void *)(uintptr_t)(mask ? mask : 1u << i));
	UNTIL(gate == n);
	for (unsigned i = 0; i < n; i++)
		UNTIL(is_waiting(t[i]));
}

TEST(futex, wakes_as_many_as_asked)
{
	struct thread *t[5];

	start_sleepers(t, 5, 1);
	EQUAL(wake_word(2, UINT32_MAX), 2);
	EQUAL(wake_word(100, UINT32_MAX), 3);
	for (unsigned i = 0; i < 5; i++)
		EQUAL(thread_join(t[i]), OK);
}

TEST(futex, wakes_only_common_bits)
{
	struct thread *t[4];

	start_sleepers(t, 4, 0);
	EQUAL(wake_word(100, 4), 1);
	EQUAL(thread_join(t[2]), OK);
	EQUAL(wake_word(100, 16), 0);
	EQUAL(wake_word(100, 11), 3);
	EQUAL(thread_join(t[0]) + thread_join(t[1]) + thread_join(t[3]), OK);
}

TEST(futex, requeue_moves_waiters)
{
	static _Atomic uint32_t other;
	struct thread *t[5];
	uint32_t woken = 0, moved = 0;

	start_sleepers(t, 5, 1);
	OKAY(fut_futex_requeue((uint64_t)&word, (uint64_t)&other, 0, 1 | 3ull << 32, FUTEX_PRIVATE,
			       &woken, &moved));
	EQUAL(woken, 1);
	EQUAL(moved, 3);
	EQUAL(wake_word(100, UINT32_MAX), 1);
	OKAY(fut_futex_wake((uint64_t)&other, 100, UINT32_MAX, FUTEX_PRIVATE, &woken));
	EQUAL(woken, 3);
	for (unsigned i = 0; i < 5; i++)
		EQUAL(thread_join(t[i]), OK);
}

ROLE(futex_partner)
{
	uint64_t at = 0;

	if (fut_space_map(0, cap_need("shared"), 0, 0, 4096, MAP_READ | MAP_WRITE, &at) != OK)
		return 1;
	*(_Atomic uint32_t *)(at + 64) = 1;
	return fut_futex_wait(at, 0, 1, 0, limit()) == OK ? 0 : 2;
}

TEST(futex, is_shared_between_tasks_by_memory_object)
{
	fut_handle vmo = make_vmo(4096);
	struct startup_cap caps[] = { named("shared", duplicate(vmo, RIGHTS_ALL)) };
	uint64_t at = 0;
	uint32_t woken = 0;

	OKAY(fut_space_map(0, vmo, 0, 0, 4096, MAP_READ | MAP_WRITE, &at));
	fut_handle task = peer_start("futex_partner", 0, 1, caps);
	UNTIL(*(_Atomic uint32_t *)(at + 64) != 0);
	for (uint64_t end = limit(); woken == 0 && clock_now() < end;)
		OKAY(fut_futex_wake(at, 1, 1, 0, &woken));
	EQUAL(peer_join(task), 0);
}

static struct mutex mutex;
static struct cond cond;
static uint64_t sum, turn;

static int adder(void *argument)
{
	for (unsigned i = 0; i < 5000; i++) {
		mutex_lock(&mutex);
		sum += (uintptr_t)argument;
		mutex_unlock(&mutex);
	}
	return 0;
}

TEST(lock, a_mutex_keeps_threads_apart)
{
	struct thread *t[4];

	for (uintptr_t i = 0; i < 4; i++)
		t[i] = run_thread(adder, (void *)(i + 1));
	for (unsigned i = 0; i < 4; i++)
		EQUAL(thread_join(t[i]), 0);
	EQUAL(sum, 50000);
	CHECK(mutex_try_lock(&mutex) && !mutex_try_lock(&mutex));
}

static int alternate(void *argument)
{
	for (uint64_t i = 0; i < 200; i++) {
		mutex_lock(&mutex);
		while (turn % 2 != (uintptr_t)argument)
			cond_wait(&cond, &mutex);
		turn++;
		cond_broadcast(&cond);
		mutex_unlock(&mutex);
	}
	return 0;
}

TEST(lock, a_condition_passes_the_turn)
{
	struct thread *a = run_thread(alternate, (void *)0), *b = run_thread(alternate, (void *)1);

	EQUAL(thread_join(a) + thread_join(b), 0);
	EQUAL(turn, 400);
	mutex_lock(&mutex);
	FAILS(cond_wait_until(&cond, &mutex, clock_after(MILLISECOND)), ERR_TIMED_OUT);
}

static struct once once;
static _Atomic unsigned times;

static void act_once(void)
{
	atomic_fetch_add(&times, 1);
	OKAY(fut_thread_sleep(clock_after(MILLISECOND)));
}

static int run_once(void *argument)
{
	(void)argument;
	once_run(&once, act_once);
	return (int)times;
}

TEST(lock, once_is_once)
{
	struct thread *t[4];

	for (unsigned i = 0; i < 4; i++)
		t[i] = run_thread(run_once, nullptr);
	for (unsigned i = 0; i < 4; i++)
		EQUAL(thread_join(t[i]), 1);
}

static thread_local int mine = 5;

static int use_local(void *argument)
{
	int started_with = mine;

	mine = (int)(uintptr_t)argument;
	for (unsigned i = 0; i < 100; i++)
		OKAY(fut_thread_yield());
	return started_with == 5 && mine == (int)(uintptr_t)argument;
}

TEST(thread, has_variables_of_its_own)
{
	struct thread *t[4];

	mine = 1;
	for (uintptr_t i = 0; i < 4; i++)
		t[i] = run_thread(use_local, (void *)(i + 10));
	for (unsigned i = 0; i < 4; i++)
		EQUAL(thread_join(t[i]), 1);
	EQUAL(mine, 1);
}

static int allocate(void *argument)
{
	unsigned char *p[64] = {};
	unsigned x = (unsigned)(uintptr_t)argument, bad = 0;

	for (unsigned i = 0; i < 4000; i++) {
		x = x * 1664525 + 1013904223;
		unsigned k = (x >> 10) % 64;
		if (p[k] && *p[k] != k)
			bad++;
		free(p[k]);
		p[k] = malloc((x >> 16) % 3000 + 1);
		if (p[k])
			*p[k] = (unsigned char)k;
	}
	for (unsigned k = 0; k < 64; k++)
		free(p[k]);
	return (int)bad;
}

TEST(thread, threads_share_the_allocator)
{
	struct thread *t[4];

	for (uintptr_t i = 0; i < 4; i++)
		t[i] = run_thread(allocate, (void *)(i + 1));
	for (unsigned i = 0; i < 4; i++)
		EQUAL(thread_join(t[i]), 0);
}

/* Raw threads below, so that the kernel's own calls are seen. */

static _Atomic uint64_t counter;

static int count_up(void *argument)
{
	(void)argument;
	for (;;)
		counter++;
}

TEST(thread, suspends_and_resumes)
{
	struct thread *t = run_thread(count_up, nullptr);
	fut_handle h = thread_handle(t);
	struct registers r = {};
	uint64_t signals;
	uint32_t size;

	UNTIL(counter >= 1000);
	FAILS(fut_thread_resume(h), ERR_BAD_STATE);
	FAILS(fut_thread_read(h, THREAD_REGISTERS, &r, sizeof(r), &size), ERR_BAD_STATE);
	OKAY(fut_thread_suspend(h));
	OKAY(fut_wait(h, SIGNAL_STOPPED, 0, limit(), &signals));
	uint64_t was = counter;
	OKAY(fut_thread_sleep(clock_after(SOON)));
	EQUAL(counter, was);
	OKAY(fut_thread_suspend(h));
	OKAY(fut_thread_resume(h));
	OKAY(fut_thread_sleep(clock_after(MILLISECOND)));
	EQUAL(counter, was); /* suspensions are counted */
	OKAY(fut_thread_read(h, THREAD_REGISTERS, &r, sizeof(r), &size));
	EQUAL(size, sizeof(r));
	CHECK(registers_pc(&r) != 0 && registers_sp(&r) != 0);
	FAILS(fut_thread_read(h, THREAD_REGISTERS, &r, 8, &size), ERR_TOO_BIG);
	FAILS(fut_thread_read(h, THREAD_REGISTERS, (void *)hole(), sizeof(r), &size),
	      ERR_BAD_ADDRESS);
	FAILS(fut_thread_read(h, 77, &r, sizeof(r), &size), ERR_BAD_ARGUMENT);
	OKAY(fut_thread_resume(h));
	UNTIL(counter != was);
	for (unsigned i = 0; i < 255; i++)
		OKAY(fut_thread_suspend(h));
	FAILS(fut_thread_suspend(h), ERR_FULL);
}

static _Atomic bool redirected;

static int redirect_target(void)
{
	redirected = true;
	for (;;)
		OKAY(fut_thread_sleep(TIME_NEVER));
}

TEST(thread, registers_can_be_written_but_not_the_privileged)
{
	struct thread *t = run_thread(count_up, nullptr);
	fut_handle h = thread_handle(t);
	struct registers r;
	uint64_t signals;
	uint32_t size;

	OKAY(fut_thread_suspend(h));
	OKAY(fut_wait(h, SIGNAL_STOPPED, 0, limit(), &signals));
	OKAY(fut_thread_read(h, THREAD_REGISTERS, &r, sizeof(r), &size));
	struct registers bad = r;
	registers_set_pc(&bad, 0xffff800000000000);
	FAILS(fut_thread_write(h, THREAD_REGISTERS, &bad, sizeof(bad)), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_write(h, THREAD_REGISTERS, &r, sizeof(r) - 8), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_write(h, THREAD_INFO, &r, sizeof(r)), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_write(h, THREAD_REGISTERS, (void *)hole(), sizeof(r)), ERR_BAD_ADDRESS);
	registers_set_pc(&r, (uint64_t)redirect_target);
	registers_set_sp(&r, (registers_sp(&r) - 512) / 16 * 16 - CALL_PUSHES);
	registers_make_privileged(&r);
	OKAY(fut_thread_write(h, THREAD_REGISTERS, &r, sizeof(r)));
	OKAY(fut_thread_resume(h));
	for (uint64_t end = limit(); !redirected && clock_now() < end;)
		OKAY(fut_thread_yield());
	CHECK(redirected);
}

TEST(thread, info_describes_any_thread)
{
	struct thread *t = run_thread(sleeper, (void *)1);
	struct thread_info i;
	uint32_t size;

	UNTIL(gate != 0);
	OKAY(fut_thread_sleep(clock_after(SOON)));
	OKAY(fut_thread_read(thread_handle(t), THREAD_INFO, &i, sizeof(i), &size));
	EQUAL(size, sizeof(i));
	EQUAL(i.state, THREAD_WAITING);
	EQUAL(i.task_id, native_control()->task_id);
	EQUAL(i.suspended, 0);
	EQUAL(wake_word(1, 1), 1);
	EQUAL(thread_join(t), OK);
}

TEST(thread, create_checks_its_arguments)
{
	fut_handle h;
	uint64_t at = (uint64_t)make_memory(8192);

	FAILS(fut_thread_create(0, at, 0x1000000, at, 0, 1, &h), ERR_EXISTS);
	FAILS(fut_thread_create(0, at + 1, 0x1000000, at, 0, 1, &h), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_create(0, 0xffff800000000000, 0x1000000, at, 0, 1, &h), ERR_BAD_ARGUMENT);
	OKAY(fut_space_unmap(0, at, 8192));
	FAILS(fut_thread_create(0, at, 0x1000000, at, 0, 63, &h), ERR_BAD_ARGUMENT);
	OKAY(fut_thread_create(0, at, 0x1000000, at, 0, 1, &h));
	FAILS(fut_thread_set_priority(h, 63), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_set_affinity(h, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_thread_set_affinity(h, 1ull << 63), ERR_BAD_ARGUMENT);
	OKAY(fut_thread_set_affinity(h, 1));
	OKAY(fut_thread_set_priority(h, 0));
}

TEST(thread, sleep_lasts_as_long_as_asked)
{
	uint64_t start = clock_now();

	OKAY(fut_thread_sleep(start + 7 * MILLISECOND));
	CHECK(clock_now() >= start + 7 * MILLISECOND);
	OKAY(fut_thread_sleep(0));
}

static _Atomic uint32_t robust_word = 0;

static int dies_with_lock(void *argument)
{
	struct control *c = native_control();

	(void)argument;
	c->robust_owner = 123;
	c->robust[0] = (uint64_t)&robust_word;
	c->robust_count = 1;
	robust_word = 123;
	return 0;
}

TEST(thread, a_robust_lock_of_the_dead_is_marked)
{
	EQUAL(thread_join(run_thread(dies_with_lock, nullptr)), 0);
	EQUAL(robust_word & ROBUST_OWNER_DIED, ROBUST_OWNER_DIED);
}

TEST(thread, its_death_can_be_waited_for)
{
	struct thread *t = run_thread(dies_with_lock, nullptr);
	fut_handle h = duplicate(thread_handle(t), RIGHTS_ALL);
	struct thread_info i;
	uint64_t signals;
	uint32_t size;

	OKAY(fut_wait(h, SIGNAL_DEAD, 0, limit(), &signals));
	EQUAL(thread_join(t), 0);
	FAILS(fut_thread_suspend(h), ERR_BAD_STATE);
	FAILS(fut_thread_interrupt(h), ERR_BAD_STATE);
	OKAY(fut_thread_read(h, THREAD_INFO, &i, sizeof(i), &size));
	EQUAL(i.state, THREAD_DEAD);
}
