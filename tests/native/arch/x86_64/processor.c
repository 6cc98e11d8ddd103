/* SPDX-License-Identifier: MPL-2.0 */
/* What is the x86-64 kernel's own: SIMD state, flags, traps, breakpoints. */
#include <stdatomic.h>
#include "tests/native/test.h"

/* --- SIMD state
 * -------------------------------------------------------------------------------------- */

static bool has_avx(void)
{
	uint32_t a = 1, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (c >> 28 & 1) != 0;
}

static void wide_load(const uint64_t value[4])
{
	if (has_avx())
		asm volatile(
			"vmovdqu %0, %%ymm7\n\tvmovdqu %0, %%ymm15" ::"m"(*(const char(*)[32])value)
			: "xmm7", "xmm15");
	else
		asm volatile(
			"movdqu %0, %%xmm7\n\tmovdqu %0, %%xmm15" ::"m"(*(const char(*)[16])value)
			: "xmm7", "xmm15");
}

static void wide_store(uint64_t value[4])
{
	if (has_avx())
		asm volatile("vmovdqu %%ymm15, %0" : "=m"(*(char(*)[32])value));
	else
		asm volatile("movdqu %%xmm15, %0" : "=m"(*(char(*)[16])value));
}

/* The call in the middle is all that may touch the registers, so it must be in assembly, too. */
static bool survives_yield(uint64_t seed)
{
	uint64_t in[4] = { seed, ~seed, seed * 3, seed << 7 }, out[4] = { 0, 0, in[2], in[3] };
	uint64_t rax = NATIVE_BASE + CALL_THREAD_YIELD;

	wide_load(in);
	asm volatile("syscall"
		     : "+a"(rax)::"rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "memory");
	wide_store(out);
	return out[0] == in[0] && out[1] == in[1] && out[2] == in[2] && out[3] == in[3];
}

static int keeps_its_registers(void *argument)
{
	for (uint64_t i = 0; i < 2000; i++)
		if (!survives_yield((uintptr_t)argument * 0x123456789abcdef + i))
			return 1;
	return 0;
}

TEST(processor, wide_registers_belong_to_their_thread)
{
	struct thread *t[5];

	for (uintptr_t i = 0; i < 5; i++)
		t[i] = run_thread(keeps_its_registers, (void *)(i + 1));
	for (unsigned i = 0; i < 5; i++)
		EQUAL(thread_join(t[i]), 0);
}

static int starts_clean(void *)
{
	uint64_t wide[4] = {};
	uint32_t mxcsr;
	uint16_t fcw;

	wide_store(wide);
	asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	return (wide[0] | wide[1] | wide[2] | wide[3]) == 0 && mxcsr == 0x1f80 && fcw == 0x37f ? 0
											       : 1;
}

TEST(processor, a_new_thread_sees_no_others_wide_registers)
{
	static const uint64_t secret[4] = { 1, 2, 3, 4 };

	wide_load(secret);
	EQUAL(thread_join(run_thread(starts_clean, nullptr)), 0);
}

static atomic_bool stop;

static int spins(void *)
{
	static const uint64_t mark[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };
	uint64_t seen[4];

	wide_load(mark);
	while (!atomic_load(&stop))
		;
	wide_store(seen);
	return (int)seen[0];
}

static void wait_stopped(fut_handle h)
{
	uint64_t signals;

	OKAY(fut_wait(h, SIGNAL_STOPPED, 0, limit(), &signals));
}

constexpr size_t XMM15 = 160 + 15 * 16; /* in an XSAVE area: volume 1, table 10-2 */

TEST(processor, a_debugger_reads_and_writes_wide_registers)
{
	alignas(64) static char area[16384];
	uint32_t size;

	atomic_store(&stop, false);
	struct thread *t = run_thread(spins, nullptr);

	OKAY(fut_thread_sleep(clock_now() + SOON));
	OKAY(fut_thread_suspend(thread_handle(t)));
	wait_stopped(thread_handle(t));
	OKAY(fut_thread_read(thread_handle(t), THREAD_SIMD, area, sizeof(area), &size));
	EQUAL(*(uint64_t *)&area[XMM15], 0x1111);
	*(uint64_t *)&area[XMM15] = 77;
	OKAY(fut_thread_write(thread_handle(t), THREAD_SIMD, area, size));
	*(uint32_t *)&area[24] = 0xffffffff; /* MXCSR: no such bits */
	FAILS(fut_thread_write(thread_handle(t), THREAD_SIMD, area, size), ERR_BAD_ARGUMENT);
	atomic_store(&stop, true);
	OKAY(fut_thread_resume(thread_handle(t)));
	EQUAL(thread_join(t), 77);
}

/* --- Flags
 * ------------------------------------------------------------------------------------------- */

constexpr uint64_t FLAG_DF = 1 << 10, FLAG_NT = 1 << 14, FLAG_AC = 1 << 18;

TEST(processor, odd_flags_do_the_kernel_no_harm_and_come_back)
{
	uint64_t odd = FLAG_DF | FLAG_NT | FLAG_AC | 2, rax = NATIVE_BASE + CALL_THREAD_YIELD,
		 after;

	asm volatile("push %2\n\tpopf\n\tsyscall\n\tpushf\n\tpop %0\n\tpush $2\n\tpopf"
		     : "=&r"(after), "+a"(rax)
		     : "r"(odd)
		     : "rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "memory", "cc");
	EQUAL(after & (FLAG_DF | FLAG_NT | FLAG_AC), FLAG_DF | FLAG_NT | FLAG_AC);
	CHECK(rax == OK);
}

/* --- Traps
 * ------------------------------------------------------------------------------------------- */

enum trick : uint64_t {
	TRICK_INT80,
	TRICK_INT_NMI,
	TRICK_HLT,
	TRICK_BAD_JUMP,
	TRICK_DIVIDE,
	TRICK_X87,
	TRICK_LOAD_GS,
	TRICK_BAD_STACK,
	TRICKS,
};

ROLE(tricks)
{
	uint64_t zero = 0;
	uint16_t fcw = 0;

	switch ((enum trick)argument) {
	case TRICK_INT80:
		asm volatile("int $0x80");
		break;
	case TRICK_INT_NMI:
		asm volatile("int $2");
		break;
	case TRICK_HLT:
		asm volatile("hlt");
		break;
	case TRICK_BAD_JUMP:
		asm volatile("jmp *%0" ::"r"(0x8000000000000000));
		break;
	case TRICK_DIVIDE:
		asm volatile("div %0" ::"r"(zero) : "rax", "rdx");
		break;
	case TRICK_X87:
		asm volatile("fldcw %0\n\tfldz\n\tfld1\n\tfdivp\n\tfwait" ::"m"(fcw));
		break;
	case TRICK_LOAD_GS:
		/* The base is gone, which harms nobody but us: the next switch brings it back. */
		asm volatile("mov %0, %%gs" ::"r"(0));
		while (clock_now() == 0)
			;
		return 7;
	case TRICK_BAD_STACK:
		asm volatile("mov %0, %%rsp\n\tpush %0" ::"r"(0x8000000000000000));
		break;
	case TRICKS:
		break;
	}
	return 0;
}

/* QEMU's own emulation lacks SSE exceptions, alignment checks and icebp: they are not here. */
TEST(processor, tricks_of_user_code_are_its_own_faults)
{
	static const uint8_t kinds[TRICKS] = {
		[TRICK_INT80] = FAULT_INSTRUCTION, [TRICK_INT_NMI] = FAULT_INSTRUCTION,
		[TRICK_HLT] = FAULT_INSTRUCTION,   [TRICK_BAD_JUMP] = FAULT_INSTRUCTION,
		[TRICK_DIVIDE] = FAULT_ARITHMETIC, [TRICK_X87] = FAULT_FLOATING,
		[TRICK_LOAD_GS] = FAULT_NONE,      [TRICK_BAD_STACK] = FAULT_INSTRUCTION,
	};

	for (uint64_t i = 0; i < TRICKS; i++)
		EQUAL(peer_end(peer_start("tricks", i, 0, nullptr)).fault.kind, kinds[i]);
}

/* --- Breakpoints
 * --------------------------------------------------------------------------------------- */

static volatile uint64_t watched;

static int writes_when_told(void *)
{
	while (!atomic_load(&stop))
		;
	watched = 1;
	return 0;
}

/* One thread watches what the other writes: nobody takes the exception, so it ends the task. */
ROLE(watches)
{
	struct thread *t = run_thread(writes_when_told, nullptr);
	struct thread_debug d = {};

	d.address[argument] = (uint64_t)&watched;
	d.kind[argument] = 2;
	d.size[argument] = sizeof(watched);
	OKAY(fut_thread_suspend(thread_handle(t)));
	wait_stopped(thread_handle(t));
	OKAY(fut_thread_write(thread_handle(t), THREAD_DEBUG, &d, sizeof(d)));
	d.address[0] = 0xffff800000000000;
	d.kind[0] = 2;
	d.size[0] = 8;
	FAILS(fut_thread_write(thread_handle(t), THREAD_DEBUG, &d, sizeof(d)), ERR_BAD_ARGUMENT);
	atomic_store(&stop, true);
	OKAY(fut_thread_resume(thread_handle(t)));
	return thread_join(t);
}

TEST(processor, a_watchpoint_stops_the_writer)
{
	for (uint64_t i = 1; i < 4; i++) {
		struct task_info end = peer_end(peer_start("watches", i, 0, nullptr));

		EQUAL(end.fault.kind, FAULT_STEP);
		CHECK((end.fault.code >> i & 1) != 0);
	}
}
