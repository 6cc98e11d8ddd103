/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/budget.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/sched.h"

static void refill_fired(struct timer *timer)
{
	struct budget *b = container_of(timer, struct budget, refill);

	uint64_t paid = b->debt < b->allowance ? b->debt : b->allowance;

	b->debt -= paid;
	b->left = b->allowance - paid;
	if (b->left == 0) {
		timer_set(&b->refill, time_now() + b->period);
		return;
	}
	while (!list_is_empty(&b->starved)) {
		struct thread *t = container_of(b->starved.next, struct thread, queue);

		list_remove(&t->queue);
		sched_ready(t);
	}
}

void budget_charge(struct budget *b, uint64_t ns)
{
	if (!b->refill.armed)
		timer_set(&b->refill, time_now() - ns + b->period);
	b->used += ns;
	uint64_t paid = ns < b->left ? ns : b->left;

	b->left -= paid;
	b->debt += ns - paid;
}

void budget_starve(struct budget *b, struct thread *t)
{
	t->state = THREAD_STARVED;
	list_append(&b->starved, &t->queue);
	if (!b->refill.armed)
		timer_set(&b->refill, time_now() + b->period);
}

void budget_release(void *object)
{
	struct budget *b = object;

	timer_cancel(&b->refill);
}

enum err sys_budget_create(struct thread *self, uint64_t period, uint64_t allowance,
			   struct budget **budget)
{
	if (period < 100'000 || period > 10'000'000'000 || allowance == 0 || allowance > period)
		return ERR_BAD_ARGUMENT;
	struct budget *b = (struct budget *)object_create(OBJECT_BUDGET, self->task->object.quota);

	if (b == nullptr)
		return ERR_NO_MEMORY;
	b->period = period;
	b->allowance = b->left = allowance;
	b->refill.fire = refill_fired;
	list_init(&b->starved);
	*budget = b;
	return OK;
}

enum err sys_budget_info(struct thread *self, struct budget *budget, uint64_t *period,
			 uint64_t *allowance, uint64_t *left, uint64_t *used)
{
	(void)self;
	sched_account(this_cpu());
	*period = budget->period;
	*allowance = budget->allowance;
	*left = budget->left;
	*used = budget->used;
	return OK;
}
