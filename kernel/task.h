/* SPDX-License-Identifier: MPL-2.0 */
/* Tasks: protection domains. */
#pragma once
#include "abi/info.h"
#include "kernel/handle.h"
#include "kernel/space.h"

struct budget;
struct session;

struct task {
	union {
		struct object object;
		struct waitable waitable;
	};
	struct list link; /* in the list of all tasks, by number */
	struct handle_table handles;
	struct space space;
	struct list threads;
	uint32_t nthreads;
	enum task_state state;
	int64_t exit_code;
	struct fault fault; /* that ended it, or none */
	vaddr fault_pc;
	vaddr upcall_event; /* on_event; on_call is in each thread's context */
	vaddr upcall_call;
	struct session *debugger; /* a reference */
	struct budget *budget;    /* a reference; nullptr: none */
	uint8_t max_priority;
	char name[32];
	uint64_t start_ns, cpu_ns, faults, messages;
	uint64_t calls;          /* of threads that have ended */
	struct task *dying_next; /* in the queue of the reaper, which has a reference */
	bool reaped_space;
};

struct task *task_create(struct quota *quota, const char *name);
/* End a task: its threads now, its memory by and by. */
void task_kill(struct task *task, int64_t code);
/* Kill all that are charged to a quota, or to one made from it. */
void tasks_kill(const struct quota *quota);
/* Nobody may manage it any more. */
void task_end(void *task);
void task_release(void *task);
/* The task with the lowest number above `after`, or nullptr. */
struct task *task_find(uint64_t after);

/* The reaper: gives back, in slices, what dead things held. */
extern bool reap_wanted;
void reap_want(void);
/* Do about `work` steps. */
void reap(unsigned work);
