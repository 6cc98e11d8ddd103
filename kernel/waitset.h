/* SPDX-License-Identifier: MPL-2.0 */
/* Waitsets: many objects waited on at once. A watch is ready when its object has a signal it asks
 * for; what is ready stands in a queue, so that waiting costs nothing for what is not. */
#pragma once
#include "kernel/event.h"
#include "kernel/lease.h"

struct waitset {
	struct waitable waitable; /* SIGNAL_READY: `ready` is not empty */
	struct list watches;
	struct list ready;
	uint32_t depth; /* of waitsets watched below this one */
};

struct watch {
	struct object object;
	struct waitset *set;     /* nullptr once the set is gone; no reference */
	struct waitable *target; /* a reference; nullptr once ended */
	struct list link;        /* in set->watches */
	struct list ready;       /* in set->ready, or in none */
	struct waiter waiter;    /* in the target's list */
	struct lease_use use;
	uint64_t mask; /* waiter.mask is 0 while a WATCH_ONCE rests */
	uint64_t cookie;
	uint32_t flags;
};

void waitset_release(void *waitset);
void watch_end(void *watch);
void watch_release(void *watch);
