/* SPDX-License-Identifier: MPL-2.0 */
/* What the personality needs to know of ARM64. */
#pragma once
#include "abi/control.h"
#include "abi/user.h"

constexpr uint16_t GUEST_MACHINE = 183;  /* EM_AARCH64 */
constexpr unsigned CALL_INSTRUCTION = 4; /* bytes of `svc` */
constexpr bool CLONE_TLS_FOURTH = true;  /* clone's arguments */
constexpr uint32_t OPEN_LARGE = 0400000; /* the kernel's O_LARGEFILE; glibc's is 0 */
constexpr uint32_t RELOCATION_RELATIVE = 1027;
#define GUEST_PLATFORM    "aarch64"
#define GUEST_PLATFORM_32 "armv8l" /* personality(PER_LINUX32) */

static inline uint64_t frame_pc(const struct registers *f)
{
	return f->pc;
}

static inline void frame_set_pc(struct registers *f, uint64_t pc)
{
	f->pc = pc;
}

static inline uint64_t frame_sp(const struct registers *f)
{
	return f->sp;
}

static inline void frame_set_sp(struct registers *f, uint64_t sp)
{
	f->sp = sp;
}

/* In the frame of a call: its number, and where its result goes. */
static inline uint64_t frame_call(const struct registers *f)
{
	return f->x[8];
}

/* Its nth argument, counted from 0 to 5. */
static inline uint64_t frame_argument(const struct registers *f, unsigned n)
{
	return f->x[n];
}

static inline void frame_set_result(struct registers *f, int64_t result)
{
	f->x[0] = (uint64_t)result;
}

/* As if the call had not been made yet; `number` may be another. The frame still has argument 0. */
static inline void frame_repeat_call(struct registers *f, uint64_t number)
{
	f->pc -= CALL_INSTRUCTION;
	f->x[8] = number;
}

static inline void frame_set_tls(struct registers *f, uint64_t tls)
{
	f->tpidr = tls;
}

/* A program's start: all other registers are 0. */
static inline void frame_start(struct registers *f, uint64_t pc, uint64_t sp)
{
	f->pc = pc;
	f->sp = sp;
}

/* A core file's registers: struct user_pt_regs of asm/ptrace.h. */
constexpr unsigned CORE_REGISTERS = 34;

static inline void core_registers(const struct registers *f, uint64_t to[CORE_REGISTERS])
{
	for (unsigned i = 0; i < 31; i++)
		to[i] = f->x[i];
	to[31] = f->sp;
	to[32] = f->pc;
	to[33] = f->pstate;
}

static inline uint64_t tls_now(void)
{
	uint64_t base;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(base));
	return base;
}

static inline void tls_set(uint64_t tls)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(tls));
}

/* Interrupted between the last look at `pending` and the guest: as if it were there already. */
static inline void frame_finish_call(struct registers *f, const char *leave, const char *left)
{
	(void)f, (void)leave, (void)left; /* the kernel does that step */
}

/* As on x86-64; here an instruction that may not be used is an illegal one. */
static inline int fault_broken_rule(uint64_t code)
{
	(void)code;
	return 0;
}

/* Go on with the registers in the control page, unmasked: the native call upcall_return. */
[[noreturn]] static inline void upcall_return(void)
{
	register uint64_t number __asm__("x8") = CALL_UPCALL_RETURN;

	__asm__ volatile("svc %0" : : "i"(NATIVE_SVC), "r"(number) : "memory");
	__builtin_trap(); /* an address in the frame was not user memory: checked before */
}

static inline struct control *control(void)
{
	struct control *c;

	__asm__("mrs %0, tpidrro_el0" : "=r"(c));
	return c;
}
