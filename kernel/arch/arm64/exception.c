/* SPDX-License-Identifier: MPL-2.0 */
/* Exceptions other than system calls: what they say about user code, or about us. */
#include "kernel/arch/arm64/exception.h"
#include "kernel/arch/arm64/simd.h"
#include "kernel/log.h"
#include "kernel/panic.h"

static_assert(NUMBER_IPC_CALL == CALL_IPC_CALL && NUMBER_IPC_REPLY_WAIT == CALL_IPC_REPLY_WAIT);
static_assert(SVC_NATIVE == NATIVE_SVC && SVC_RETURN == NATIVE_RETURN_SVC);
static_assert(offsetof(struct context, registers.sp) == CONTEXT_SP);
static_assert(offsetof(struct context, registers.pstate) == CONTEXT_PSTATE);
static_assert(offsetof(struct context, control_kernel) == CONTEXT_CONTROL);
static_assert(offsetof(struct context, upcall_call) == CONTEXT_UPCALL);
static_assert(offsetof(struct control, masked) == CONTROL_MASKED);
static_assert(offsetof(struct control, pending) == CONTROL_PENDING);
static_assert(offsetof(struct control, guest_pc) == CONTROL_GUEST_PC);
static_assert(offsetof(struct control, guest_x17) == CONTROL_GUEST_X17);
static_assert(offsetof(struct trap, sp) == TRAP_SP && offsetof(struct trap, pc) == TRAP_PC);
static_assert(offsetof(struct trap, syndrome) == TRAP_ESR);
static_assert(offsetof(struct trap, frame) == TRAP_FRAME && sizeof(struct trap) == TRAP_SIZE);
static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK);

/* Of the syndrome of an aborted access. */
constexpr uint64_t ABORT_WRITE = 1u << 6, ABORT_CACHE = 1u << 8, ABORT_STATUS = 0x3f;

/* ABORT_STATUS without the table level, where it has one. Arm ARM D19.2.37, DFSC */
enum abort_status : uint32_t {
	ABORT_TRANSLATION = 0x04,
	ABORT_ACCESS_FLAG = 0x08,
	ABORT_PERMISSION = 0x0c,
	ABORT_ALIGNMENT = 0x21,
};

/* The top byte is not part of an address in the lower half: TCR_EL1.TBI0. */
static uint64_t fault_address(void)
{
	uint64_t address = SYSREG_READ(far_el1);

	return (address >> 55 & 1) != 0 ? address : address & ~(0xffull << 56);
}

static void abort_decode(struct fault *f, uint64_t syndrome)
{
	uint32_t status = syndrome & ABORT_STATUS;

	f->address = fault_address();
	f->kind = FAULT_HARDWARE;
	if (f->address >= USER_END) {
		/* User code shall not learn from it what is mapped in the kernel's half. */
		f->kind = FAULT_UNMAPPED;
		f->code = (f->code & ~ABORT_STATUS) | ABORT_TRANSLATION;
	} else if ((status & ~3u) == ABORT_TRANSLATION || (status & ~3u) == ABORT_ACCESS_FLAG)
		f->kind = FAULT_UNMAPPED;
	else if ((status & ~3u) == ABORT_PERMISSION)
		f->kind = FAULT_ACCESS;
	else if (status == ABORT_ALIGNMENT)
		f->kind = FAULT_ALIGNMENT;
	if (syndrome >> ESR_CLASS_SHIFT == EC_EXEC_USER)
		f->access = ACCESS_EXEC;
	else if ((syndrome & ABORT_WRITE) && !(syndrome & ABORT_CACHE))
		f->access = ACCESS_WRITE;
	else
		f->access = ACCESS_READ; /* cache maintenance needs no more */
}

static struct fault fault_decode(const struct context *c, uint64_t syndrome)
{
	struct fault f = { .kind = FAULT_INSTRUCTION,
			   .address = c->registers.pc,
			   .code = syndrome };

	switch ((syndrome & UINT32_MAX) >> ESR_CLASS_SHIFT) {
	case EC_EXEC_USER:
	case EC_ACCESS_USER:
		abort_decode(&f, syndrome & UINT32_MAX);
		break;
	case EC_PC_ALIGNMENT:
		f.kind = FAULT_ALIGNMENT;
		break;
	case EC_SP_ALIGNMENT:
		f.kind = FAULT_ALIGNMENT;
		f.address = c->registers.sp;
		break;
	case EC_FLOATING:
		f.kind = FAULT_FLOATING;
		f.code = simd_status();
		break;
	case EC_BREAKPOINT_USER:
	case EC_STEP_USER:
		f.kind = FAULT_STEP;
		break;
	case EC_WATCHPOINT_USER:
		f.kind = FAULT_STEP;
		f.address = fault_address();
		break;
	case EC_BRK:
		f.kind = FAULT_BREAKPOINT;
		break;
	default:
		break;
	}
	return f;
}

struct context *exception_user(struct context *c)
{
	uint64_t syndrome = SYSREG_READ(esr_el1);
	uint32_t class = (syndrome & UINT32_MAX) >> ESR_CLASS_SHIFT;

	if (class == EC_SIMD) {
		simd_take(c);
		return c;
	}
	if ((class == EC_UNKNOWN || class == EC_SYSTEM) && emulate(c, syndrome))
		return c;
	if (class == EC_STEP_USER && c->stepping)
		c->registers.pstate |= PSTATE_STEP; /* the next instruction is a step again */
	struct fault f = fault_decode(c, syndrome);
	kernel_fault(&f);
	return kernel_leave();
}

/* The kernel masks system errors, so this one is, as far as anyone can tell, of user code. */
struct context *exception_error(struct context *c)
{
	struct fault f = {
		.kind = FAULT_HARDWARE,
		.address = c->registers.pc,
		.code = SYSREG_READ(esr_el1),
	};

	kernel_fault(&f);
	return kernel_leave();
}

/*
 * NATIVE_RETURN_SVC with an upcall pending: as if the personality had returned by upcall_return to
 * the state in which its guest goes on, which delivers what is pending.
 */
struct context *exception_upcall_end(struct context *c)
{
	struct control *control = (struct control *)c->control_kernel;

	context_registers_get(c, &control->saved);
	control->saved.pc = control->guest_pc;
	kernel_upcall_return();
	return kernel_leave();
}

/* Made by FIXUP in user.S: distances from each field itself. */
struct fixup {
	int32_t from, to, target;
};
extern const struct fixup fixups[], fixups_end[];

static uint64_t fixup_address(const int32_t *field)
{
	return (uint64_t)field + (uint64_t)(int64_t)*field;
}

static bool fixup_apply(struct trap *trap)
{
	for (const struct fixup *f = fixups; f < fixups_end; f++) {
		if (trap->pc >= fixup_address(&f->from) && trap->pc < fixup_address(&f->to)) {
			trap->pc = fixup_address(&f->target);
			return true;
		}
	}
	return false;
}

/* The trap that the panic under way is about. */
static const struct trap *panic_trap;

void exception_kernel(struct trap *trap)
{
	uint32_t class = (trap->syndrome & UINT32_MAX) >> ESR_CLASS_SHIFT;

	if (class == EC_ACCESS_KERNEL && fixup_apply(trap))
		return;
	panic_trap = trap;
	if (!((trap->sp - 1) & KSTACK_SIZE))
		panic("kernel stack overflow at 0x%lx", trap->pc);
	panic("exception class 0x%x in the kernel at 0x%lx, address 0x%lx", class, trap->pc,
	      trap->address);
}

void arch_panic_registers(void)
{
	const struct trap *t = panic_trap;

	if (t == nullptr)
		return;
	for (unsigned i = 0; i < 30; i += 3)
		klog("x%02u 0x%016lx  x%02u 0x%016lx  x%02u 0x%016lx\n", i, t->x[i], i + 1,
		     t->x[i + 1], i + 2, t->x[i + 2]);
	klog("x30 0x%016lx  sp  0x%016lx  pc  0x%016lx\n", t->x[30], t->sp, t->pc);
	klog("pstate 0x%lx  esr 0x%lx  far 0x%lx\n", t->pstate, t->syndrome, t->address);
}
