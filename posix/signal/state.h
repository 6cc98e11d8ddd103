/* SPDX-License-Identifier: MPL-2.0 */
/* Signals of the process and of its threads. deliver.h delivers them; calls.c are the calls. */
#pragma once
#include <stdint.h>
#include <asm/siginfo.h>
#include <linux/signal.h>

constexpr unsigned SIGNALS = 64;

static inline uint64_t signal_bit(unsigned n)
{
	return 1ull << (n - 1);
}

constexpr uint64_t SIGNALS_UNBLOCKABLE = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);
/* What a fault raises: delivered even before others. */
constexpr uint64_t SIGNALS_SYNCHRONOUS = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) |
					 1ull << (SIGILL - 1) | 1ull << (SIGTRAP - 1) |
					 1ull << (SIGFPE - 1) | 1ull << (SIGSYS - 1);

/* One that waits. Signals below SIGRTMIN wait once, the others in order. */
struct signal_entry {
	struct signal_entry *next;
	unsigned timer; /* which sent it, from 1: it rests until the signal is taken; 0: none */
	siginfo_t info;
};

struct signal_queue {
	uint64_t set;
	struct signal_entry *first, **last;
};

struct signal_thread {
	uint64_t blocked;
	uint64_t saved;   /* sigsuspend, ppoll: what `blocked` is after the next handler's start */
	bool restore;     /* `saved` holds */
	uint64_t waiting; /* sigtimedwait: these count as deliverable though blocked */
	struct signal_queue queue;
	uint64_t stack_base, stack_size; /* sigaltstack */
	uint32_t stack_flags;
};

/* As the kernel's own struct sigaction, the same on both architectures but for the restorer. */
struct signal_action {
	uint64_t handler; /* guest address, SIG_DFL or SIG_IGN */
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};
static_assert(sizeof(struct signal_action) == 32);

struct signal_process {
	struct signal_queue queue;
	uint32_t held; /* realtime signals in all queues, but for timers' */
	struct signal_action actions[SIGNALS + 1];
};

void signal_queue_init(struct signal_queue *q);
/* Is RLIMIT_SIGPENDING reached, for a signal that would wait in order? */
bool signal_queue_is_full(unsigned signal);
/* Add one; false if there is no memory. One that waits already and is no realtime signal
 * is left. `timer` as in the entry: one of a timer waits once, and counts how often. */
bool signal_queue_add(struct signal_queue *q, const siginfo_t *info, unsigned timer);
/* Take the first in `allowed`: its number, 0 if there is none. */
unsigned signal_queue_take(struct signal_queue *q, uint64_t allowed, siginfo_t *info);
/* Forget those of the set. Timers that sent some, bits from 0, rest on. */
uint64_t signal_queue_drop(struct signal_queue *q, uint64_t set);
