/* SPDX-License-Identifier: MPL-2.0 */
/* SIMD registers of ARM64 belong to their thread, whoever runs in between. */
#include <stdatomic.h>
#include <string.h>
#include "tests/native/test.h"

struct simd_registers {
	uint64_t q[32][2];
	uint64_t fpsr, fpcr;
};

/* One register after the other, as the assembler wants them named. */
#define EACH(op)                                                                                   \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13)    \
		op(14) op(15) op(16) op(17) op(18) op(19) op(20) op(21) op(22) op(23) op(24)       \
			op(25) op(26) op(27) op(28) op(29) op(30) op(31)

#define LOAD(n)  "ldr q" #n ", [%0, #16*" #n "]\n"
#define STORE(n) "str q" #n ", [%1, #16*" #n "]\n"

/* Load all registers, make kernel calls and let others run, and store them again. */
static void round_trip(const struct simd_registers *from, struct simd_registers *to, uint64_t turns)
{
	__asm__ volatile(EACH(LOAD) "1:	mov x8, %3\n"
				    "	svc %4\n"
				    "	subs %2, %2, #1\n"
				    "	b.ne 1b\n" EACH(STORE)
			 : "+r"(from), "+r"(to), "+r"(turns)
			 : "i"(CALL_THREAD_YIELD), "i"(NATIVE_SVC)
			 : "memory", "cc", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8",
			   "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
			   "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",
			   "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20",
			   "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
			   "v31");
}

/* The registers of thread `who`, in round k. */
static void fill(struct simd_registers *r, uint64_t who, uint64_t k)
{
	for (unsigned i = 0; i < 32; i++) {
		r->q[i][0] = who * 1000003 + k * 101 + i;
		r->q[i][1] = ~r->q[i][0];
	}
}

static int keep(void *argument)
{
	struct simd_registers before = {}, after = {};

	for (uint64_t k = 0; k < 50; k++) {
		fill(&before, (uintptr_t)argument, k);
		memset(&after, 0, sizeof(after));
		round_trip(&before, &after, 20);
		for (unsigned i = 0; i < 32; i++) {
			/* The kernel may lose what the calling convention lets a call lose, but
			 * must show nobody else's: a register is ours or zero. */
			bool ours = memcmp(before.q[i], after.q[i], 16) == 0;
			bool kept = i >= 8 && i < 16;
			if (!ours && (kept || after.q[i][0] != 0 || after.q[i][1] != 0))
				return 1;
		}
	}
	return 0;
}

TEST(simd, registers_belong_to_their_thread)
{
	struct thread *t[4];

	for (uintptr_t i = 0; i < 4; i++)
		t[i] = run_thread(keep, (void *)(i + 1));
	for (unsigned i = 0; i < 4; i++)
		EQUAL(thread_join(t[i]), 0);
}

/* On that CPU alone; false: there is none. */
static bool stay_on(unsigned cpu)
{
	return fut_thread_set_affinity(0, 1ull << cpu) == OK;
}

/* End with registers in use. */
static int use_on_first(void *argument)
{
	struct simd_registers r = {};

	(void)argument;
	CHECK(stay_on(0));
	fill(&r, 4, 4);
	round_trip(&r, &r, 1);
	return 0;
}

static int keep_on_second(void *argument)
{
	CHECK(stay_on(1));
	return keep(argument);
}

/* What the first CPU holds of it must not be stored when its memory is another thread's. */
TEST(simd, a_thread_that_ended_elsewhere_leaves_nothing)
{
	if (!stay_on(1))
		return; /* one CPU: there is no elsewhere */
	for (unsigned i = 0; i < 20; i++) {
		EQUAL(thread_join(run_thread(use_on_first, nullptr)), 0);
		struct thread *kept = run_thread(keep_on_second, (void *)2);
		struct thread *next = run_thread(use_on_first, nullptr);
		EQUAL(keep((void *)3), 0);
		EQUAL(thread_join(kept), 0);
		EQUAL(thread_join(next), 0);
	}
	OKAY(fut_thread_set_affinity(0, UINT64_MAX));
}

static _Atomic uint32_t ready;
static struct simd_registers expected;

/* Spin with known registers: interrupts must bring all of them back. */
static int spin(void *argument)
{
	struct simd_registers after;
	uint64_t turns = 20000000;

	(void)argument;
	fill(&expected, 9, 9);
	ready = 1;
	const struct simd_registers *from = &expected;
	struct simd_registers *to = &after;
	__asm__ volatile(EACH(LOAD) "1:	subs %2, %2, #1\n"
				    "	b.ne 1b\n" EACH(STORE)
			 : "+r"(from), "+r"(to), "+r"(turns)
			 :
			 : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8",
			   "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
			   "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28",
			   "v29", "v30", "v31");
	return memcmp(expected.q, after.q, sizeof(expected.q)) != 0;
}

TEST(simd, registers_survive_interrupts_and_other_threads)
{
	struct thread *a = run_thread(spin, nullptr), *b = run_thread(keep, (void *)7);

	EQUAL(thread_join(b), 0);
	EQUAL(thread_join(a), 0);
}

TEST(simd, a_debugger_reads_and_writes_them)
{
	static char state[16384];
	struct thread *t = run_thread(spin, nullptr);
	fut_handle h = thread_handle(t);
	uint64_t signals;
	uint32_t size = 0;

	UNTIL(ready == 1);
	OKAY(fut_thread_sleep(clock_after(MILLISECOND)));
	OKAY(fut_thread_suspend(h));
	OKAY(fut_wait(h, SIGNAL_STOPPED, 0, limit(), &signals));
	OKAY(fut_thread_read(h, THREAD_SIMD, state, sizeof(state), &size));
	CHECK(size >= 32 * 16);
	FAILS(fut_thread_read(h, THREAD_SIMD, state, 16, &size), ERR_TOO_BIG);
	OKAY(fut_thread_read(h, THREAD_SIMD, state, sizeof(state), &size));
	OKAY(fut_thread_write(h, THREAD_SIMD, state, size));
	FAILS(fut_thread_write(h, THREAD_SIMD, state, size - 1), ERR_BAD_ARGUMENT);
	OKAY(fut_thread_resume(h));
	EQUAL(thread_join(t), 0);
}
