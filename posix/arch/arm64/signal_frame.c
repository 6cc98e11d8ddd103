/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A signal's frame on the guest's stack, as Linux lays it out: siginfo, ucontext with the SIMD
 * registers in its reserved part, and above it a frame record for unwinders.
 */
#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/exec/vdso.h"
#include "posix/signal/deliver.h"

constexpr uint64_t PSTATE_USER = 0xf0000000; /* N Z C V */

struct frame {
	siginfo_t info;
	struct ucontext uc;
	uint64_t record[2]; /* x29, x30 */
};

/* 0, or not 0 where the guest's memory cannot be used. In simd.S; 32 registers, fpsr, fpcr. */
int guest_simd_save(uint64_t registers, uint64_t status);
int guest_simd_load(uint64_t registers, uint64_t status);

static uint64_t context_of(uint64_t frame)
{
	return frame + offsetof(struct frame, uc.uc_mcontext);
}

static int64_t simd_push(uint64_t at)
{
	const struct _aarch64_ctx head = { FPSIMD_MAGIC, sizeof(struct fpsimd_context) }, end = {};

	if (guest_put(at, &head, sizeof(head)) != 0 ||
	    guest_put(at + sizeof(struct fpsimd_context), &end, sizeof(end)) != 0)
		return -EFAULT;
	return guest_simd_save(at + offsetof(struct fpsimd_context, vregs),
			       at + offsetof(struct fpsimd_context, fpsr)) == 0
		       ? 0
		       : -EFAULT;
}

static int64_t simd_pop(uint64_t at)
{
	struct _aarch64_ctx head;

	if (!guest_ok(at, sizeof(struct fpsimd_context)) || guest_get(&head, at, sizeof(head)) != 0)
		return -EFAULT;
	if (head.magic != FPSIMD_MAGIC || head.size != sizeof(struct fpsimd_context))
		return -EFAULT;
	return guest_simd_load(at + offsetof(struct fpsimd_context, vregs),
			       at + offsetof(struct fpsimd_context, fpsr)) == 0
		       ? 0
		       : -EFAULT;
}

static uint64_t stack_for(const struct registers *f, const struct signal_action *action)
{
	const struct signal_thread *s = &self()->signals;
	bool on_it = f->sp - s->stack_base < s->stack_size;

	if ((action->flags & SA_ONSTACK) != 0 && s->stack_size != 0 && !on_it)
		return s->stack_base + s->stack_size;
	return f->sp;
}

int64_t signal_frame_push(struct registers *f, const struct signal_action *action,
			  const siginfo_t *info, uint64_t blocked)
{
	struct thread *t = self();
	uint64_t at = (stack_for(f, action) - sizeof(struct frame)) & ~15ull;
	constexpr size_t HEAD = offsetof(struct sigcontext, __reserved);
	struct frame *frame = heap_new(sizeof(*frame));
	struct sigcontext *m;

	if (frame == nullptr)
		return -EFAULT;
	m = &frame->uc.uc_mcontext;
	frame->info = *info;
	frame->uc.uc_stack.ss_sp = (void *)t->signals.stack_base;
	frame->uc.uc_stack.ss_flags = (int)t->signals.stack_flags;
	frame->uc.uc_stack.ss_size = t->signals.stack_size;
	frame->uc.uc_sigmask.sig[0] = blocked;
	m->fault_address = t->control->fault.address;
	memcpy(m->regs, f->x, sizeof(m->regs));
	m->sp = f->sp, m->pc = f->pc, m->pstate = f->pstate;

	uint64_t record[2] = { f->x[29], f->x[30] };
	uint64_t record_at = at + offsetof(struct frame, record);
	int64_t error = guest_put(at, frame, offsetof(struct frame, uc.uc_mcontext) + HEAD);
	heap_free(frame);
	if (error != 0 || guest_put(record_at, record, sizeof(record)) != 0 ||
	    !guest_ok(at, sizeof(struct frame)) || simd_push(context_of(at) + HEAD) != 0)
		return -EFAULT;
	f->x[0] = (uint64_t)info->si_signo;
	f->x[1] = at + offsetof(struct frame, info);
	f->x[2] = at + offsetof(struct frame, uc);
	f->x[29] = record_at;
	f->x[30] = (action->flags & SA_RESTORER) != 0 ? action->restorer : vdso_sigreturn();
	f->sp = at;
	f->pc = action->handler;
	return 0;
}

int64_t signal_frame_pop(struct registers *f, uint64_t *blocked)
{
	struct sigcontext m;
	uint64_t at = f->sp;
	constexpr size_t HEAD = offsetof(struct sigcontext, __reserved);

	if (guest_get(&m, context_of(at), HEAD) != 0 || !guest_ok(m.pc, 1) ||
	    guest_get(blocked, at + offsetof(struct frame, uc.uc_sigmask), sizeof(*blocked)) != 0 ||
	    simd_pop(context_of(at) + HEAD) != 0)
		return -EFAULT;
	memcpy(f->x, m.regs, sizeof(f->x));
	f->sp = m.sp, f->pc = m.pc;
	f->pstate = (f->pstate & ~PSTATE_USER) | (m.pstate & PSTATE_USER);
	return 0;
}
