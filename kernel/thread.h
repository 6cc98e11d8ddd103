/* SPDX-License-Identifier: MPL-2.0 */
/* Threads: registers, and everything a thread that does not run is waiting for. */
#pragma once
#include "abi/info.h"
#include "kernel/arch.h"
#include "kernel/event.h"
#include "kernel/lease.h"

struct budget;
struct port;
struct reply;
struct session;
struct task;

/* What a thread in THREAD_WAITING waits for. */
enum wait_kind : uint8_t { WAIT_NONE, WAIT_SIGNALS, WAIT_SET, WAIT_FUTEX, WAIT_SLEEP };

/* Why a thread in THREAD_CALLING or THREAD_ANSWER is calling. */
enum call_kind : uint8_t {
	BY_CALL,      /* ipc_call */
	BY_EXCEPTION, /* the kernel tells its debugger */
	BY_PAGE,      /* the kernel asks a pager */
};

/* Things to see to before the thread enters user mode. */
enum attention : uint32_t {
	ATTEND_DIE = 1,       /* its task is being killed */
	ATTEND_STOP = 2,      /* suspended */
	ATTEND_INTERRUPT = 4, /* thread_interrupt */
};

/* Where a futex is: an address space and an address, or a memory object and an offset. */
struct futex_key {
	const void *where;
	uint64_t offset;
};

struct thread {
	struct context context; /* first */
	union {
		struct object object;
		struct waitable waitable;
	};
	struct task *task; /* a reference */
	struct list link;  /* in task->threads */
	struct list queue; /* in a run queue, a port's, a futex bucket, a budget's */
	enum thread_state state;
	enum attention attention;
	uint8_t suspended;
	uint8_t base, priority; /* its own, and what it runs with now */
	enum wait_kind waits;
	uint8_t cpu; /* where it ran last */
	uint64_t affinity;
	struct timer timer;      /* the deadline of its wait */
	struct control *control; /* in the kernel's direct map; nullptr once its area is gone */
	void *message;
	vaddr area;
	uint64_t cpu_ns, switches, calls;

	union {
		struct {
			struct waitable *object; /* a reference; of WAIT_SET too */
			uint64_t clear;
			struct waiter waiter;
			struct lease_use use;
		} wait;
		struct {
			struct futex_key key;
			uint32_t mask;
		} futex;
	};

	/* As a client. */
	enum call_kind call;
	bool slow; /* its call or receive was not begun by kernel/fastpath.c, or has a deadline */
	uint8_t nhandles, ngrants;
	struct session *session; /* called through; a reference; nullptr for BY_PAGE */
	struct port *port;       /* called, or received from; a reference while it waits there */
	uint64_t badge;
	uint64_t tag;
	uint64_t words[MESSAGE_WORDS];       /* of BY_EXCEPTION and BY_PAGE */
	uint32_t handles[MESSAGE_HANDLES];   /* offered */
	struct grant grants[MESSAGE_GRANTS]; /* lent */
	struct thread *server;               /* who answers, if it holds the call itself */
	struct reply *reply;                 /* or what the call is kept in */
	bool pager_failed;  /* its restarted call is to fail instead of asking again */
	struct fault fault; /* BY_EXCEPTION: what for; BY_PAGE of a user fault */
	/* As a server. */
	/* Whose call it received last; no reference: the caller unlinks itself. */
	struct thread *caller;
	struct budget *budget; /* what it runs on now; its own task's or a caller's; a reference */
};

static inline struct thread *thread_of(struct object *o)
{
	return container_of(o, struct thread, object);
}

enum err thread_create(struct task *task, vaddr area, vaddr entry, vaddr stack, uint64_t argument,
		       unsigned priority, struct thread **thread);
/* The thread in a clone of its task: registers, thread pointer, SIMD state and area as `from`'s. */
enum err thread_clone(struct task *task, struct thread *from, struct thread **thread);
/* A new one waits for its first resume, or gets its first chance to run. */
void thread_hold(struct thread *t);
void thread_start(struct thread *t);

/* The running thread waits: it leaves the CPU at kernel_leave. */
void thread_block(struct thread *t, enum wait_kind kind, uint64_t deadline);
/* Its wait is over with this result. Whatever it waited in is undone. */
void thread_wake(struct thread *t, enum err e);
/* Undo whatever it waits in, without a result. It must be made ready or ended. */
void thread_unwait(struct thread *t);
/* An upcall waits to be taken: the thread must not begin to wait. */
static inline bool thread_is_interrupted(const struct thread *t)
{
	return __atomic_load_n(&t->control->pending, __ATOMIC_RELAXED) != 0;
}

/* See to `attention`; called with the thread about to enter user mode. False: it does not. */
bool thread_attend(struct thread *t);
/* Make another CPU notice what has been set in t->attention. */
void thread_poke(struct thread *t);

/* A fault in user mode that memory management did not resolve: fixup, upcall, debugger, or end. */
void thread_fault(struct thread *t, const struct fault *fault);

/* End it: it leaves its task and never runs again. */
void thread_end(struct thread *t);
void thread_release_object(void *thread);
/* The calls on a thread that are bound to its waits. */
void wait_abandon(struct thread *t);
