/* SPDX-License-Identifier: MPL-2.0 */
/* What the personality needs to know of x86-64. */
#pragma once
#include "abi/control.h"
#include "abi/user.h"

constexpr uint16_t GUEST_MACHINE = 62;   /* EM_X86_64 */
constexpr unsigned CALL_INSTRUCTION = 2; /* bytes of `syscall` */
constexpr bool CLONE_TLS_FOURTH = false; /* clone's arguments */
constexpr uint32_t OPEN_LARGE = 0100000; /* the kernel's O_LARGEFILE; glibc's is 0 */
constexpr uint32_t RELOCATION_RELATIVE = 8;
#define GUEST_PLATFORM    "x86_64"
#define GUEST_PLATFORM_32 "i686" /* personality(PER_LINUX32) */

static inline uint64_t frame_pc(const struct registers *f)
{
	return f->rip;
}

static inline void frame_set_pc(struct registers *f, uint64_t pc)
{
	f->rip = pc;
}

static inline uint64_t frame_sp(const struct registers *f)
{
	return f->rsp;
}

static inline void frame_set_sp(struct registers *f, uint64_t sp)
{
	f->rsp = sp;
}

/* In the frame of a call: its number, and where its result goes. */
static inline uint64_t frame_call(const struct registers *f)
{
	return f->rax;
}

/* Its nth argument, counted from 0 to 5. */
static inline uint64_t frame_argument(const struct registers *f, unsigned n)
{
	const uint64_t all[] = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 };

	return all[n];
}

static inline void frame_set_result(struct registers *f, int64_t result)
{
	f->rax = (uint64_t)result;
}

/* As if the call had not been made yet; `number` may be another. */
static inline void frame_repeat_call(struct registers *f, uint64_t number)
{
	f->rip -= CALL_INSTRUCTION;
	f->rax = number;
}

static inline void frame_set_tls(struct registers *f, uint64_t tls)
{
	f->fs_base = tls;
}

/* A program's start: all other registers are 0. */
static inline void frame_start(struct registers *f, uint64_t pc, uint64_t sp)
{
	f->rip = pc;
	f->rsp = sp;
	f->rflags = 0x202; /* interrupts on, and the bit that is always set */
}

/* A core file's registers: struct user_regs_struct of <sys/user.h>. */
constexpr unsigned CORE_REGISTERS = 27;

static inline void core_registers(const struct registers *f, uint64_t to[CORE_REGISTERS])
{
	const uint64_t all[] = { f->r15, f->r14, f->r13, f->r12, f->rbp,    f->rbx, f->r11,
				 f->r10, f->r9,  f->r8,  f->rax, f->rcx,    f->rdx, f->rsi,
				 f->rdi, ~0ull,  f->rip, 0x33,   f->rflags, f->rsp, 0x2b };
	uint64_t base;

	for (unsigned i = 0; i < CORE_REGISTERS; i++)
		to[i] = i < sizeof(all) / sizeof(*all) ? all[i] : 0;
	__asm__ volatile("rdfsbase %0" : "=r"(base));
	to[sizeof(all) / sizeof(*all)] = base;
}

static inline uint64_t tls_now(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline void tls_set(uint64_t tls)
{
	__asm__ volatile("wrfsbase %0" : : "r"(tls));
}

/* Interrupted between the last look at `pending` and the guest: as if it were there already. */
static inline void frame_finish_call(struct registers *f, const char *leave, const char *left)
{
	/* rcx is where the jump goes. */
	if (f->rip >= (uint64_t)leave && f->rip < (uint64_t)left)
		f->rip = f->rcx;
}

/*
 * The signal of a fault that is no illegal instruction though the kernel counts it as one, from the
 * fault's code; else 0. An overflow, a bad segment or stack address, and whatever breaks a rule of
 * protection: a privileged instruction, an address that is not canonical. Linux has it so.
 */
static inline int fault_broken_rule(uint64_t code)
{
	switch (code >> 32) {
	case 4:
	case 10:
	case 13:
		return 11; /* SIGSEGV */
	case 11:
	case 12:
		return 7; /* SIGBUS */
	default:
		return 0;
	}
}

/* Go on with the registers in the control page, unmasked: the native call upcall_return. */
[[noreturn]] static inline void upcall_return(void)
{
	__asm__ volatile("syscall" : : "a"(NATIVE_BASE + CALL_UPCALL_RETURN) : "memory");
	__builtin_trap(); /* an address in the frame was not user memory: checked before */
}

static inline struct control *control(void)
{
	struct control *c;

	__asm__("mov %%gs:0, %0" : "=r"(c));
	return c;
}
