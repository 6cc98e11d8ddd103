/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/object.h"
#include "kernel/assert.h"
#include "kernel/budget.h"
#include "kernel/event.h"
#include "kernel/handle.h"
#include "kernel/hardware.h"
#include "kernel/lease.h"
#include "kernel/pool.h"
#include "kernel/port.h"
#include "kernel/resource.h"
#include "kernel/task.h"
#include "kernel/thread.h"
#include "kernel/vmo.h"
#include "kernel/waitset.h"

POOL(tasks, struct task);
POOL(threads, struct thread);
POOL(vmos, struct vmo);
POOL(ports, struct port);
POOL(sessions, struct session);
POOL(replies, struct reply);
POOL(events, struct event);
POOL(waitsets, struct waitset);
POOL(watches, struct watch);
POOL(irqs, struct irq);
POOL(ioports, struct ioport);
POOL(iospaces, struct iospace);
POOL(budgets, struct budget);
POOL(quotas, struct quota);
POOL(leases, struct lease);
POOL(resources, struct resource);
POOL(leaseds, struct leased);

/* What a type is made of. `end` is called when its public life ends, `release` when nothing refers
 * to it any more, before its storage goes. Either may be absent. */
static const struct type {
	struct pool *pool;
	void (*end)(void *object);
	void (*release)(void *object);
} types[OBJECT_LEASED + 1] = {
	[OBJECT_TASK] = { &tasks, task_end, task_release },
	[OBJECT_THREAD] = { &threads, nullptr, thread_release_object },
	[OBJECT_VMO] = { &vmos, nullptr, vmo_release },
	[OBJECT_PORT] = { &ports, port_end, nullptr },
	[OBJECT_SESSION] = { &sessions, session_end, session_release },
	[OBJECT_REPLY] = { &replies, reply_end, nullptr },
	[OBJECT_EVENT] = { &events, event_end, event_release },
	[OBJECT_WAITSET] = { &waitsets, nullptr, waitset_release },
	[OBJECT_WATCH] = { &watches, watch_end, watch_release },
	[OBJECT_IRQ] = { &irqs, irq_end, nullptr },
	[OBJECT_IOPORT] = { &ioports, nullptr, nullptr },
	[OBJECT_IOSPACE] = { &iospaces, nullptr, iospace_release },
	[OBJECT_BUDGET] = { &budgets, nullptr, budget_release },
	[OBJECT_QUOTA] = { &quotas, nullptr, quota_release },
	[OBJECT_LEASE] = { &leases, lease_end, lease_release },
	[OBJECT_RESOURCE] = { &resources, nullptr, nullptr },
	[OBJECT_LEASED] = { &leaseds, nullptr, leased_release },
};

static uint64_t last_id;

/* The start of an object's storage: a thread's context comes before its object. */
static void *storage_of(struct object *o)
{
	return o->type == OBJECT_THREAD ? (void *)thread_of(o) : o;
}

struct object *object_create(enum object_type type, struct quota *quota)
{
	void *storage = pool_take(types[type].pool, quota);
	struct object *o = storage;

	if (storage == nullptr)
		return nullptr;
	if (type == OBJECT_THREAD)
		o = &((struct thread *)storage)->object;
	*o = (struct object){ .type = type, .refs = 1, .id = ++last_id, .quota = quota };
	if (quota != nullptr)
		object_get(quota);
	if (object_waitable(o) != nullptr)
		list_init(&((struct waitable *)o)->waiters);
	return o;
}

[[gnu::noinline]] void object_put_last(struct object *o)
{
	const struct type *t = &types[o->type];
	struct quota *quota = o->quota;

	assert(o->lives == 0);
	if (t->release != nullptr)
		t->release(storage_of(o));
	pool_give(t->pool, quota, storage_of(o));
	object_put(quota);
}

[[gnu::noinline]] void object_end(struct object *o)
{
	const struct type *t = &types[o->type];

	if (t->end != nullptr)
		t->end(storage_of(o));
}

uint64_t object_count(enum object_type type)
{
	return types[type].pool != nullptr ? types[type].pool->taken : 0;
}
