/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread of the process. Its words in the control page lead to it; the assembly knows them.
 *
 * A thread's memory is one slot: a guard page, its stack, and its area. The kernel resumes it at
 * the top of that stack for each call, so nothing on it survives the return to the guest.
 */
#pragma once
#include <stdatomic.h>
#include "abi/control.h"
#include "abi/user.h"
#include "posix/core/layout.h"
#include "posix/signal/state.h"

constexpr uint64_t THREAD_SLOT = 65536;
constexpr uint64_t THREAD_STACK = THREAD_SLOT - PAGE - THREAD_AREA_SIZE;

struct thread;

struct words {
	struct thread *thread;
	uint64_t stack; /* its top */
	uint64_t guest_sp;
	/* Bits of enum work: the return to the guest takes the long way. */
	_Atomic uint32_t work;
	uint32_t reserved;
	uint64_t scratch;
};
static_assert(sizeof(struct words) <= sizeof((struct control){}.user));

enum work : uint32_t {
	WORK_SIGNAL = 1, /* a signal may be deliverable */
	WORK_FRAME = 2,  /* the handler changed the frame: take all of it */
	WORK_MEMORY = 4, /* guest memory could not be reached, for there is no page for it */
	WORK_NEWS = 8,   /* posixd has something to say */
};

struct thread {
	struct words *words;
	struct control *control;
	uint32_t tid;
	unsigned slot;
	fut_handle handle; /* with every right */
	struct thread *next;
	uint32_t policy, rt_priority; /* SCHED_; of the first thread posixd knows better */
	uint64_t timer_slack, timer_slack_at_start; /* ns, prctl(2): only told */
	char name[16];                              /* empty: the process's */

	struct signal_thread signals;
	uint64_t clear_tid;   /* guest address: set_tid_address */
	uint64_t robust_list; /* guest address: set_robust_list */
	uint32_t asked[8];    /* names that were asked for last: posix/files/known.c */
	uint32_t next_asked;
	/* What a call that was interrupted needs to go on: restart_syscall. */
	struct restart {
		int64_t (*run)(struct restart *r);
		uint64_t values[5];
	} restart;
};

/* The calling thread. */
static inline struct thread *self(void);

#include <posix-arch/cpu.h>

static inline struct thread *self(void)
{
	return ((struct words *)control()->user)->thread;
}

static inline void work_add(struct thread *t, enum work work)
{
	atomic_fetch_or(&t->words->work, work);
}

/* The first thread's, from the stack that posixd gave it; later ones have slots. */
void thread_init_first(struct thread *t, uint64_t stack_top);

/*
 * Make a thread that starts at the guest's `frame`. Not yet running: thread_start. `t` is in the
 * process's list. ERR_NO_MEMORY, ERR_FULL.
 */
enum err thread_new(struct thread **t, const struct registers *frame);
enum err thread_start(struct thread *t);
/* Undo thread_new. */
void thread_drop(struct thread *t);
/* In a child: one that only the parent has. */
void thread_forget(struct thread *t);
/* End the calling thread; its slot is free once the kernel is done with it. */
[[noreturn]] void thread_end(void);
