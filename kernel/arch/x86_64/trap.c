/* SPDX-License-Identifier: MPL-2.0 */
/* What the processor reports: faults of user code go to the portable kernel, our own end in a
 * panic. */
#include "kernel/arch/x86_64/trap.h"
#include "kernel/arch/x86_64/debug.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/arch/x86_64/simd.h"
#include "kernel/arch/x86_64/smp.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/panic.h"

enum vector : unsigned {
	DIVIDE = 0,
	DEBUG = 1,
	NMI = 2,
	BREAKPOINT = 3,
	NO_SIMD = 7,
	DOUBLE_FAULT = 8,
	PAGE_FAULT = 14,
	X87 = 16,
	ALIGNMENT = 17,
	MACHINE_CHECK = 18,
	SIMD = 19,
};

/* Page fault error code: volume 3A, figure 4-12. */
constexpr uint64_t PF_PRESENT = 1, PF_WRITE = 2, PF_RESERVED = 8, PF_FETCH = 16;

const uint32_t native_calls = CALL_COUNT;
static const struct registers *panic_frame;

static enum fault_access page_fault_access(uint64_t error)
{
	return error & PF_FETCH ? ACCESS_EXEC : error & PF_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

/* A jump may leave an address in rip to which no return is possible: it faulted there, but a
 * debugger could let it go on. */
static void pc_tame(struct context *c)
{
	uint64_t rip = c->registers.rip;

	if ((uint64_t)((int64_t)(rip << 16) >> 16) != rip)
		c->registers.rip = USER_END;
}

static uint64_t x87_status(void)
{
	uint16_t status;

	asm volatile("fnstsw %0" : "=m"(status));
	return status;
}

static uint64_t simd_status(void)
{
	uint32_t status;

	asm volatile("stmxcsr %0" : "=m"(status));
	return status;
}

static struct fault fault_describe(const struct context *c, unsigned vector, uint64_t error)
{
	struct fault f = {
		.kind = FAULT_INSTRUCTION,
		.address = c->registers.rip,
		.code = error | (uint64_t)vector << 32,
	};

	switch (vector) {
	case DIVIDE:
		f.kind = FAULT_ARITHMETIC;
		break;
	case DEBUG:
		f.kind = FAULT_STEP;
		f.code |= debug_status_take();
		break;
	case BREAKPOINT:
		f.kind = FAULT_BREAKPOINT;
		f.address--; /* of the int3; pc is after it */
		break;
	case ALIGNMENT:
		f.kind = FAULT_ALIGNMENT;
		break;
	case X87:
		f.kind = FAULT_FLOATING;
		f.code = x87_status() << 32;
		break;
	case SIMD:
		f.kind = FAULT_FLOATING;
		f.code = simd_status();
		break;
	case NO_SIMD:
		f.kind = FAULT_NO_MEMORY;
		break;
	case PAGE_FAULT:
		f.kind = error & PF_PRESENT ? FAULT_ACCESS : FAULT_UNMAPPED;
		f.access = page_fault_access(error);
		f.address = cr2_read();
		break;
	}
	return f;
}

void trap_user(uint64_t error, unsigned vector)
{
	struct context *c = this_arch_cpu()->context;

	if (vector >= VECTOR_PIC) {
		irq_take(vector);
		return;
	}
	if (vector == NO_SIMD) {
		kernel_lock();
		if (simd_use())
			return;
		kernel_unlock();
	}
	if (vector == PAGE_FAULT && error & PF_RESERVED)
		panic("page tables are damaged at %lx", cr2_read());
	struct fault f = fault_describe(c, vector, error);

	pc_tame(c);
	kernel_fault(&f);
}

/* --- In the kernel --- */

/* An instruction that may fault on user memory, and where to go on: distances from the field
 * itself. */
struct fixup {
	int32_t at, to;
};
extern const struct fixup fixups_start[], fixups_end[];

static bool fixup_apply(struct registers *frame)
{
	for (const struct fixup *f = fixups_start; f < fixups_end; f++)
		if ((uint64_t)&f->at + (uint64_t)(int64_t)f->at == frame->rip) {
			frame->rip = (uint64_t)&f->to + (uint64_t)(int64_t)f->to;
			return true;
		}
	return false;
}

void trap_kernel(uint64_t error, unsigned vector, struct registers *frame)
{
	static const char *const names[] = { "divide error",
					     "debug",
					     "NMI",
					     "breakpoint",
					     "overflow",
					     "bound",
					     "undefined instruction",
					     "SIMD in the kernel",
					     "double fault",
					     "coprocessor",
					     "bad TSS",
					     "no segment",
					     "stack fault",
					     "protection fault",
					     "page fault" };

	if (vector >= VECTOR_PIC) {
		irq_take(vector);
		return;
	}
	if (vector == PAGE_FAULT && cr2_read() < USER_END && fixup_apply(frame))
		return;
	if (vector == DEBUG) {
		/* Of a breakpoint on user memory that the kernel touched. */
		debug_status_take();
		return;
	}
	if (vector == NMI)
		smp_stop_check();
	/* The trap may have come before a swapgs. */
	gs_restore((vaddr)frame);
	panic_frame = frame;
	panic("%s in the kernel at %lx, error %lx, address %lx",
	      vector < sizeof(names) / sizeof(names[0]) ? names[vector]
	      : vector == MACHINE_CHECK                 ? "machine check"
							: "trap",
	      frame->rip, error, vector == PAGE_FAULT ? cr2_read() : 0);
}

void arch_panic_registers(void)
{
	const struct registers *r = panic_frame;

	if (r == nullptr)
		return;
	klog("rip %016lx  rsp %016lx  rflags %016lx\n", r->rip, r->rsp, r->rflags);
	klog("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	klog("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	klog("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	klog("r13 %016lx  r14 %016lx  r15 %016lx  cr3 %016lx\n", r->r13, r->r14, r->r15,
	     cr3_read());
}

/* --- Backtrace --- */

constexpr unsigned BACKTRACE_MAX = 32;

static void chain_walk(uint64_t rbp, void (*frame)(vaddr pc))
{
	for (unsigned n = 0; n < BACKTRACE_MAX; n++) {
		/* The chain stays within mapped stacks: user code's rbp ends it. */
		if (rbp % 8 != 0 || stack_cpu(rbp) == CPUS_MAX || !stack_is_mapped(rbp + 15))
			return;
		const uint64_t *link = (const uint64_t *)rbp;

		if (link[1] == 0)
			return;
		frame(link[1]);
		if (link[0] <= rbp)
			return;
		rbp = link[0];
	}
}

void arch_backtrace(void (*frame)(vaddr pc))
{
	if (panic_frame != nullptr) {
		frame(panic_frame->rip);
		chain_walk(panic_frame->rbp, frame);
	} else {
		chain_walk((uint64_t)__builtin_frame_address(0), frame);
	}
}
