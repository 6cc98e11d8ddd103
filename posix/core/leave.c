/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/leave.h"
#include <string.h>
#include <asm/errno.h>
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/mm/maps.h"
#include "posix/signal/deliver.h"

extern const char entry_leave[], entry_left[];

[[noreturn]] static void resume(const struct registers *frame)
{
	struct control *c = control();

	if (frame != &c->saved)
		memcpy(&c->saved, frame, sizeof(c->saved));
	upcall_return();
}

/* Until nothing is left to do. What comes afterwards is `pending`, and the kernel looks at that. */
static void work(struct registers *frame, bool in_call, int64_t result)
{
	struct thread *t = self();
	uint32_t todo;

	while ((todo = atomic_exchange(&t->words->work, 0)) != 0 || t->control->pending) {
		/* Cleared before it is looked for: what comes then sets it again. */
		bool is_pending =
			__atomic_exchange_n(&t->control->pending, 0, __ATOMIC_SEQ_CST) != 0;
		if (process.exiting)
			thread_end();
		if ((todo & WORK_NEWS) != 0 || is_pending)
			signal_fetch();
		signal_deliver(frame, in_call, result);
		in_call = false;
	}
}

static bool is_restart(int64_t result)
{
	return result <= -ERESTARTSYS && result >= -ERESTARTBLOCK;
}

void leave_call(struct registers *frame, int64_t result)
{
	constexpr uint32_t MINE = WORK_FRAME | WORK_MEMORY;
	struct thread *t = self();
	uint32_t todo = atomic_fetch_and(&t->words->work, ~MINE) & MINE;

	if ((todo & WORK_MEMORY) != 0 && result == -EFAULT)
		result = -ENOMEM; /* the pointer was good */
	frame_set_tls(frame, tls_now());
	if ((todo & WORK_FRAME) != 0) {
		work(frame, false, 0);
	} else {
		if (!is_restart(result))
			frame_set_result(frame, result);
		/* A call to be repeated is: with a handler's frame above it, or at once. */
		work(frame, is_restart(result), result);
	}
	resume(frame);
}

void leave_interrupted(struct registers *frame)
{
	struct thread *t = self();

	frame_set_tls(frame, tls_now());
	work_add(t, WORK_NEWS);
	work(frame, false, 0);
	resume(frame);
}

void leave_with(const struct registers *frame)
{
	struct registers copy = *frame;

	work(&copy, false, 0);
	resume(&copy);
}

/* The page may be used so, and only was not since it is used in two ways. */
static bool is_mended(const struct fault *f)
{
	bool mended = false;

	if (f->kind == FAULT_ACCESS && f->access != ACCESS_READ && f->address < GUEST_END) {
		mutex_lock(&process.locks.maps);
		mended = maps_switch(f->address, f->access == ACCESS_EXEC);
		mutex_unlock(&process.locks.maps);
	}
	return mended;
}

static void fault(struct control *c)
{
	siginfo_t info;

	if (is_mended(&c->fault))
		return;
	signal_of_fault(&c->fault, &info);
	signal_force(&info);
}

void event_main(void)
{
	struct control *c = control();

	if (c->reason == UPCALL_FAULT)
		fault(c);
	else
		work_add(self(), WORK_NEWS);
	frame_finish_call(&c->saved, entry_leave, entry_left);
	work(&c->saved, false, 0);
	resume(&c->saved);
}

void interrupted_later(void)
{
	self()->control->pending = 0;
	work_add(self(), WORK_NEWS);
}

bool interrupted(void)
{
	struct thread *t = self();

	t->control->pending = 0;
	signal_fetch();
	if (!process.exiting && !signal_deliverable(t))
		return false;
	work_add(t, WORK_SIGNAL);
	return true;
}
