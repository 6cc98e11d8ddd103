/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A signal's frame on the guest's stack, as Linux lays it out: return address, ucontext, siginfo,
 * and above them the XSAVE area, whose unused bytes say how large it is (asm/sigcontext.h).
 */
#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/signal/deliver.h"

constexpr uint64_t RED_ZONE = 128;
constexpr uint64_t FLAGS_TRAP = 0x100, FLAGS_DIRECTION = 0x400;
/* What a handler may have changed in the flags: the arithmetic ones, trap, direction, alignment. */
constexpr uint64_t FLAGS_USER = 0x40dd5 | FLAGS_TRAP;
constexpr uint16_t USER_CS = 0x33, USER_SS = 0x2b;
constexpr uint64_t XSAVE_HEADER = 512;

struct frame {
	uint64_t return_address;
	struct ucontext uc;
	siginfo_t info;
};

/* 0, or not 0 where the guest's memory, or what stands there, cannot be used. In xsave.S. */
int guest_xsave(uint64_t to);
int guest_xrstor(uint64_t from);

static uint32_t xsave_size(void)
{
	static uint32_t size;
	uint32_t a = 0xd, b, c = 0, d;

	if (size == 0) {
		__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		size = b;
	}
	return size;
}

static uint64_t xsave_features(void)
{
	uint32_t low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static int64_t simd_push(uint64_t at)
{
	const uint32_t end = FP_XSTATE_MAGIC2;
	struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = xsave_size() + FP_XSTATE_MAGIC2_SIZE,
		.xfeatures = xsave_features(),
		.xstate_size = xsave_size(),
	};

	if (!guest_ok(at, sw.extended_size) || guest_zero(at + XSAVE_HEADER, 64) != 0 ||
	    guest_xsave(at) != 0 ||
	    guest_put(at + offsetof(struct _fpstate_64, sw_reserved), &sw, sizeof(sw)) != 0)
		return -EFAULT;
	return guest_put(at + xsave_size(), &end, sizeof(end));
}

/* A frame without the magic numbers holds no more than FXSAVE's part. */
static int64_t simd_pop(uint64_t at)
{
	if (at == 0)
		return 0;
	if (at % 64 != 0 || !guest_ok(at, xsave_size()))
		return -EFAULT;
	return guest_xrstor(at) == 0 ? 0 : -EFAULT;
}

static uint64_t stack_for(const struct registers *f, const struct signal_action *action)
{
	const struct signal_thread *s = &self()->signals;
	bool on_it = f->rsp - s->stack_base < s->stack_size;

	if ((action->flags & SA_ONSTACK) != 0 && s->stack_size != 0 && !on_it)
		return s->stack_base + s->stack_size;
	return f->rsp - RED_ZONE;
}

int64_t signal_frame_push(struct registers *f, const struct signal_action *action,
			  const siginfo_t *info, uint64_t blocked)
{
	struct thread *t = self();
	uint64_t simd = (stack_for(f, action) - xsave_size() - FP_XSTATE_MAGIC2_SIZE) & ~63ull;
	uint64_t at = ((simd - sizeof(struct frame)) & ~15ull) - 8;
	struct frame frame = {
		.return_address = action->restorer,
		.info = *info,
		.uc = {
			.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
			.uc_stack = { .ss_sp = (void *)t->signals.stack_base,
				      .ss_flags = (int)t->signals.stack_flags,
				      .ss_size = t->signals.stack_size },
			.uc_mcontext = {
				.r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11,
				.r12 = f->r12, .r13 = f->r13, .r14 = f->r14, .r15 = f->r15,
				.rdi = f->rdi, .rsi = f->rsi, .rbp = f->rbp, .rbx = f->rbx,
				.rdx = f->rdx, .rax = f->rax, .rcx = f->rcx, .rsp = f->rsp,
				.rip = f->rip, .eflags = f->rflags, .cs = USER_CS, .ss = USER_SS,
				.oldmask = blocked,
				.cr2 = t->control->fault.address,
				.err = (uint32_t)t->control->fault.code,
				.trapno = t->control->fault.code >> 32,
				.fpstate = (void *)simd,
			},
			.uc_sigmask = blocked,
		},
	};

	if ((action->flags & SA_RESTORER) == 0 || simd_push(simd) != 0 ||
	    guest_put(at, &frame, sizeof(frame)) != 0)
		return -EFAULT;
	f->rdi = (uint64_t)info->si_signo;
	f->rsi = at + offsetof(struct frame, info);
	f->rdx = at + offsetof(struct frame, uc);
	f->rax = 0;
	f->rsp = at;
	f->rip = action->handler;
	f->rflags &= ~(FLAGS_TRAP | FLAGS_DIRECTION);
	return 0;
}

int64_t signal_frame_pop(struct registers *f, uint64_t *blocked)
{
	struct ucontext uc;
	const struct sigcontext *m = (const void *)&uc.uc_mcontext;

	/* The handler's return took the return address. */
	if (guest_get(&uc, f->rsp - 8 + offsetof(struct frame, uc), sizeof(uc)) != 0 ||
	    !guest_ok(m->rip, 1) || simd_pop((uint64_t)m->fpstate) != 0)
		return -EFAULT;
	f->r8 = m->r8, f->r9 = m->r9, f->r10 = m->r10, f->r11 = m->r11;
	f->r12 = m->r12, f->r13 = m->r13, f->r14 = m->r14, f->r15 = m->r15;
	f->rdi = m->rdi, f->rsi = m->rsi, f->rbp = m->rbp, f->rbx = m->rbx;
	f->rdx = m->rdx, f->rax = m->rax, f->rcx = m->rcx, f->rsp = m->rsp;
	f->rip = m->rip;
	f->rflags = (f->rflags & ~FLAGS_USER) | (m->eflags & FLAGS_USER);
	*blocked = uc.uc_sigmask;
	return 0;
}
