/* SPDX-License-Identifier: MPL-2.0 */
/* Timers that send signals: alarm, setitimer, timer_create. */
#pragma once
#include "services/posixd/core/process.h"

constexpr uint32_t TIMER_IDS = 64;          /* of one process */
constexpr uint32_t TIMER_LIMIT = TIMER_IDS; /* the id of the one that watches RLIMIT_CPU */

struct timer {
	struct timer *next; /* of the process */
	struct process *process;
	struct queued *waiting; /* its signal, not yet fetched */
	bool is_fetched;        /* fetched, and not yet delivered */
	uint32_t id, signal;
	uint64_t value;
	uint64_t at, interval; /* nanoseconds since boot; `at` 0: not set */
	bool is_cpu;           /* of the process's CPU time: `at` is when to look */
	uint32_t tid;          /* or of that thread's */
	uint64_t cpu_at;       /* that time, when it is due */
	uint32_t place;        /* in the heap, from 1; 0: not there */
};

/* All timers that are set, the soonest first. */
struct timers {
	uint64_t (*now)(void); /* nanoseconds since boot */
	struct timer **heap;
	uint32_t n, room; /* in the heap; places there */
	uint32_t ntimers; /* that exist */
};

/* What `timer` in protocol/posix.fipc says: `set` false only asks. -ENOMEM, -EINVAL. */
int timer_set(struct process *p, const struct timer *wanted, bool set, uint64_t *left,
	      uint64_t *interval);
/* The limit on CPU time, if there is one, is watched from now on. -ENOMEM. */
int timer_limit(struct process *p);
/* Send what is due. */
void timers_run(struct timers *t);
/* When the next is due; UINT64_MAX: never. */
uint64_t timers_next(const struct timers *t);

/* The process ends. */
void timers_drop(struct process *p);

/* Its signal was dropped, and the next one is set; was fetched. */
void timer_signal_gone(struct timer *t);
void timer_signal_taken(struct timer *t);
/* As `timer_delivered` in protocol/posix.fipc. */
uint32_t timer_delivered(struct process *p, uint32_t id, bool seen);
