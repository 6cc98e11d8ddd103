/* SPDX-License-Identifier: MPL-2.0 */
/* CPU time as a capability: an allowance in each period. nullptr stands for no limit everywhere. */
#pragma once
#include "kernel/object.h"
#include "kernel/timer.h"

struct thread;

struct budget {
	struct object object;
	uint64_t period, allowance, left, used; /* ns */
	uint64_t debt;       /* used beyond the allowance (timers fire late), taken from the next */
	struct timer refill; /* armed from the first use in a period to its end */
	struct list starved; /* threads that wait for the next period */
};

void budget_charge(struct budget *b, uint64_t ns);
/* The thread, neither running nor in a queue, waits for the next period. */
void budget_starve(struct budget *b, struct thread *t);
void budget_release(void *budget);

static inline bool budget_has_time(const struct budget *b)
{
	return b == nullptr || b->left > 0;
}

static inline void budget_use(struct budget *b, uint64_t ns)
{
	if (b != nullptr && ns != 0)
		budget_charge(b, ns);
}

/* The earlier of `end` and the time at which the budget will be used up, by somebody who runs from
 * `now` on. */
static inline uint64_t budget_slice(const struct budget *b, uint64_t now, uint64_t end)
{
	return b != nullptr && now + b->left < end ? now + b->left : end;
}
