/* SPDX-License-Identifier: MPL-2.0 */
/* Signals, who waits for them, and the event: an object that is nothing else. */
#pragma once
#include "kernel/object.h"
#include "kernel/timer.h"

/* Someone interested in an object's signals: a thread in `wait`, or a watch. */
struct waiter {
	struct list link; /* in waitable->waiters */
	uint64_t mask;
	/* A signal in `mask` is set (just now or still); may remove the waiter. */
	void (*wake)(struct waiter *w, struct waitable *object);
};

struct event {
	struct waitable waitable;
	struct event *peer; /* nullptr: none, or gone; no reference */
	bool has_peer;
	struct timer timer;
	uint64_t interval; /* 0: once */
};

/* Set and clear signals, and wake whom it concerns. */
void signals_change(struct waitable *w, uint64_t set, uint64_t clear);
void event_end(void *event);
void event_release(void *event);

static inline void signals_set(struct waitable *w, uint64_t set)
{
	signals_change(w, set, 0);
}
