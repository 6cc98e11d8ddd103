/* SPDX-License-Identifier: MPL-2.0 */
/* Timers: a binary heap by time. While a timer's signal waits to be fetched and delivered it is not
 * in the heap. */
#include "services/posixd/core/timer.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "services/posixd/core/signal.h"

/* Parent of place n is n / 2; places count from 1. */
static void heap_put(struct timers *h, uint32_t place, struct timer *t)
{
	h->heap[place] = t;
	t->place = place;
}

static void heap_up(struct timers *h, uint32_t place, struct timer *t)
{
	for (; place > 1 && h->heap[place / 2]->at > t->at; place /= 2)
		heap_put(h, place, h->heap[place / 2]);
	heap_put(h, place, t);
}

static void heap_down(struct timers *h, uint32_t place, struct timer *t)
{
	for (uint32_t child; (child = place * 2) <= h->n; place = child) {
		if (child < h->n && h->heap[child + 1]->at < h->heap[child]->at)
			child++;
		if (h->heap[child]->at >= t->at)
			break;
		heap_put(h, place, h->heap[child]);
	}
	heap_put(h, place, t);
}

/* Room for every timer there is was made when it was created. */
static void heap_add(struct timers *h, struct timer *t)
{
	heap_up(h, ++h->n, t);
}

static void heap_remove(struct timers *h, struct timer *t)
{
	uint32_t place = t->place;
	struct timer *last = h->heap[h->n--];

	t->place = 0;
	if (last == t)
		return;
	if (place > 1 && h->heap[place / 2]->at > last->at)
		heap_up(h, place, last);
	else
		heap_down(h, place, last);
}

/* Timers exist that are not in the heap, so `ntimers` is what decides. */
static bool heap_grow(struct timers *h)
{
	if (h->ntimers + 1 < h->room)
		return true;
	uint32_t room = h->room ? h->room * 2 : 64;
	struct timer **heap = realloc(h->heap, room * sizeof(struct timer *));
	if (heap == nullptr)
		return false;
	h->heap = heap;
	h->room = room;
	return true;
}

static struct timer *timer_find(struct process *p, uint32_t id)
{
	struct timer *t = p->timers;

	while (t != nullptr && t->id != id)
		t = t->next;
	return t;
}

static struct timer *timer_create_id(struct process *p, uint32_t id)
{
	struct timers *h = p->world->timers;
	struct timer *t = heap_grow(h) ? calloc(1, sizeof(*t)) : nullptr;

	if (t == nullptr)
		return nullptr;
	h->ntimers++;
	*t = (struct timer){ .next = p->timers, .process = p, .id = id };
	p->timers = t;
	return t;
}

static void timer_rest(struct timer *t)
{
	if (t->place != 0)
		heap_remove(t->process->world->timers, t);
	if (t->waiting != nullptr)
		t->waiting->timer = nullptr;
	t->waiting = nullptr;
	t->is_fetched = false;
}

static uint64_t timer_cpu(const struct timer *t)
{
	return t->process->world->ops->cpu_ns(t->process, t->tid);
}

/* When to look again at a timer of CPU time: a process with several threads may be there earlier
 * than its distance says, hence half of it. */
static uint64_t timer_look(const struct timer *t, uint64_t now)
{
	constexpr uint64_t LEAST = 1'000'000;
	constexpr uint64_t MOST = 1'000'000'000; /* for a thread that is gone */
	uint64_t cpu = timer_cpu(t);

	return now + LEAST + (cpu == 0 ? MOST : t->cpu_at > cpu ? (t->cpu_at - cpu) / 2 : 0);
}

/* The first time after now in the timer's rhythm, and how many were missed. */
static uint64_t timer_catch_up(struct timer *t, uint64_t now)
{
	uint64_t *at = t->is_cpu ? &t->cpu_at : &t->at;
	uint64_t clock = t->is_cpu ? timer_cpu(t) : now;
	uint64_t missed = clock > *at ? (clock - *at) / t->interval : 0;

	*at += (missed + 1) * t->interval;
	if (t->is_cpu)
		t->at = timer_look(t, now);
	return missed;
}

/* What is left of a timer that is set, on its own clock. */
static uint64_t timer_left(const struct timer *t, uint64_t now)
{
	struct timer next = *t;

	if (t->place == 0 && t->interval != 0)
		(void)timer_catch_up(&next, now); /* its signal still waits */
	uint64_t clock = t->is_cpu ? timer_cpu(t) : now;
	uint64_t at = t->is_cpu ? next.cpu_at : next.at;
	return at > clock ? at - clock : t->place != 0;
}

static void timer_start(struct timer *t, const struct timer *wanted, uint64_t now)
{
	timer_rest(t);
	t->signal = wanted->signal;
	t->value = wanted->value;
	t->interval = wanted->interval;
	t->is_cpu = wanted->is_cpu;
	t->tid = wanted->tid;
	t->cpu_at = wanted->at;
	t->at = wanted->at != 0 && t->is_cpu ? timer_look(t, now) : wanted->at;
	if (t->at != 0)
		heap_add(t->process->world->timers, t);
}

static int timer_change(struct process *p, const struct timer *wanted, uint64_t *left,
			uint64_t *interval, bool set)
{
	uint64_t now = p->world->timers->now();
	struct timer *t = timer_find(p, wanted->id);

	if (t == nullptr && set && wanted->at != 0 &&
	    (t = timer_create_id(p, wanted->id)) == nullptr)
		return -ENOMEM;
	*left = *interval = 0;
	if (t == nullptr)
		return 0;
	if (t->at != 0) {
		*left = timer_left(t, now);
		*interval = t->interval;
	}
	if (set)
		timer_start(t, wanted, now);
	return 0;
}

int timer_set(struct process *p, const struct timer *wanted, bool set, uint64_t *left,
	      uint64_t *interval)
{
	if (wanted->id >= TIMER_IDS || wanted->signal > SIGNALS || (set && wanted->signal == 0))
		return -EINVAL;
	return timer_change(p, wanted, left, interval, set);
}

int timer_limit(struct process *p)
{
	constexpr uint64_t SECOND = 1'000'000'000;
	uint64_t soft = p->limits->soft[RLIMIT_CPU], left, interval;
	struct timer t = { .id = TIMER_LIMIT, .signal = SIGXCPU, .is_cpu = true };

	if (soft <= UINT64_MAX / SECOND - 1) {
		t.at = soft > 0 ? soft * SECOND : 1;
		t.interval = SECOND;
	}
	return timer_change(p, &t, &left, &interval, true);
}

/* Past the hard limit it is over. */
static void limit_check(struct process *p)
{
	constexpr uint64_t SECOND = 1'000'000'000;

	if (p->world->ops->cpu_ns(p, 0) / SECOND >= p->limits->hard[RLIMIT_CPU])
		signal_system(p, SIGKILL);
	else
		signal_system(p, SIGXCPU);
}

static void timer_fire(struct timer *t, uint64_t now)
{
	struct process *p = t->process;
	struct posix_signal s = { .signal = t->signal, .code = SI_TIMER, .value = t->id };

	if (t->is_cpu && timer_cpu(t) < t->cpu_at) {
		t->at = timer_look(t, now);
		heap_add(p->world->timers, t);
		return;
	}
	if (t->id == TIMER_LIMIT) {
		limit_check(p);
		(void)timer_catch_up(t, now); /* only the next time matters */
		heap_add(p->world->timers, t);
		return;
	}
	if (t->interval == 0)
		t->at = 0;
	(void)signal_send_timer(p, &s, t); /* one that the queue cannot take is an overrun */
	if (t->waiting == nullptr && t->interval != 0) {
		(void)timer_catch_up(t, now); /* the same */
		heap_add(p->world->timers, t);
	}
}

void timers_run(struct timers *h)
{
	uint64_t now = h->now();

	while (h->n > 0 && h->heap[1]->at <= now) {
		struct timer *t = h->heap[1];
		heap_remove(h, t);
		timer_fire(t, now);
	}
}

uint64_t timers_next(const struct timers *h)
{
	return h->n > 0 ? h->heap[1]->at : UINT64_MAX;
}

void timers_drop(struct process *p)
{
	while (p->timers != nullptr) {
		struct timer *t = p->timers;
		p->timers = t->next;
		timer_rest(t);
		p->world->timers->ntimers--;
		free(t);
	}
}

void timer_signal_gone(struct timer *t)
{
	t->waiting = nullptr;
	if (t->interval == 0)
		return;
	(void)timer_catch_up(t, t->process->world->timers->now()); /* the same */
	heap_add(t->process->world->timers, t);
}

void timer_signal_taken(struct timer *t)
{
	t->waiting = nullptr;
	t->is_fetched = t->interval != 0;
}

uint32_t timer_delivered(struct process *p, uint32_t id, bool seen)
{
	constexpr uint64_t REST = 4'000'000; /* nanoseconds: what Linux gives, a tick */
	struct timer *t = timer_find(p, id);

	if (t == nullptr || !t->is_fetched)
		return 0;
	t->is_fetched = false;
	uint64_t missed = timer_catch_up(t, p->world->timers->now() + (seen ? 0 : REST));
	heap_add(p->world->timers, t);
	return missed < INT32_MAX ? (uint32_t)missed : INT32_MAX;
}
