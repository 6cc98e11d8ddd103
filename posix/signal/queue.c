/* SPDX-License-Identifier: MPL-2.0 */
/* Queues of signals that wait. */
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/signal/state.h"
#include "posix/time/timers.h"

void signal_queue_init(struct signal_queue *q)
{
	*q = (struct signal_queue){ .last = &q->first };
}

/* A POSIX timer's signal waits apart from all others; other standard ones wait once. */
static bool is_same(const struct signal_entry *e, const siginfo_t *info, unsigned timer)
{
	bool apart = timer != 0 && info->si_code == SI_TIMER;

	if (e->info.si_signo != info->si_signo)
		return false;
	if (timer != 0 && e->timer == timer)
		return true;
	return info->si_signo < SIGRTMIN && !apart && (timer == 0 || e->timer == 0);
}

/* It waits already, perhaps. */
static bool merge(struct signal_queue *q, const siginfo_t *info, unsigned timer)
{
	struct signal_entry *e = q->first;

	if (info->si_signo >= SIGRTMIN && timer == 0)
		return false; /* each waits, and there may be many thousands */
	while (e != nullptr && !is_same(e, info, timer))
		e = e->next;
	if (e == nullptr)
		return false;
	if (timer != 0) {
		e->timer = timer;
		e->info.si_overrun += e->info.si_code == SI_TIMER;
	}
	return true;
}

static bool is_counted(const struct signal_entry *e)
{
	return e->info.si_signo >= SIGRTMIN && e->timer == 0;
}

bool signal_queue_is_full(unsigned signal)
{
	return signal >= SIGRTMIN && process.signals.held >= process.signal_limit;
}

bool signal_queue_add(struct signal_queue *q, const siginfo_t *info, unsigned timer)
{
	uint64_t bit = signal_bit((unsigned)info->si_signo);

	if ((q->set & bit) != 0 && merge(q, info, timer))
		return true;
	struct signal_entry *entry = heap_new(sizeof(*entry));
	if (entry == nullptr)
		return false;
	entry->timer = timer;
	entry->info = *info;
	process.signals.held += is_counted(entry);
	if (q->first == nullptr)
		q->last = &q->first; /* a queue that fork copied still points to the old one's */
	*q->last = entry;
	q->last = &entry->next;
	q->set |= bit;
	return true;
}

/* Unlink the first entry of a signal, and see whether it has another. */
static struct signal_entry *unlink(struct signal_queue *q, unsigned signal)
{
	struct signal_entry **p = &q->first, *found, *other;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the set is in the list */
	while ((*p)->info.si_signo != (int)signal)
		p = &(*p)->next;
	found = *p;
	process.signals.held -= is_counted(found);
	*p = found->next;
	if (found->next == nullptr)
		q->last = p;
	for (other = *p; other != nullptr && other->info.si_signo != (int)signal;)
		other = other->next;
	if (other == nullptr)
		q->set &= ~signal_bit(signal);
	return found;
}

unsigned signal_queue_take(struct signal_queue *q, uint64_t allowed, siginfo_t *info)
{
	uint64_t set = q->set & allowed;

	if (set == 0)
		return 0;
	if ((set & SIGNALS_SYNCHRONOUS) != 0)
		set &= SIGNALS_SYNCHRONOUS;
	unsigned signal = (unsigned)__builtin_ctzll(set) + 1;
	struct signal_entry *entry = unlink(q, signal);
	*info = entry->info;
	if (entry->timer != 0)
		timer_delivered(entry->timer - 1, info);
	heap_free(entry);
	return signal;
}

uint64_t signal_queue_drop(struct signal_queue *q, uint64_t set)
{
	uint64_t timers = 0;

	while ((q->set & set) != 0) {
		struct signal_entry *e = unlink(q, (unsigned)__builtin_ctzll(q->set & set) + 1);
		if (e->timer != 0)
			timers |= 1ull << (e->timer - 1);
		heap_free(e);
	}
	return timers;
}
