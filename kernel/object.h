/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What all kernel objects share. An object lives as long as it has references; its public life ends
 * earlier, when the last handle with its type's `life` right closes (abi/kernel.fipc): then
 * object_end() tells whoever depends on it.
 */
#pragma once
#include <stdint.h>
#include "abi/kernel.h"
#include "kernel/list.h"

/* Inside the kernel a handler may also answer that the thread now waits; its result comes later. */
constexpr enum err CALL_WAITS = (enum err)1;

/* The target of leased handles: never seen by user code. */
constexpr enum object_type OBJECT_LEASED = (enum object_type)23;

struct quota;

struct object {
	enum object_type type;
	uint32_t refs;
	uint32_t lives;      /* handles with the type's life right */
	uint32_t flags;      /* the type's own */
	uint64_t id;         /* unique since boot */
	struct quota *quota; /* pays for it; nullptr for the kernel's own */
};

/* An object with signals. It comes first in its object. */
struct waitable {
	struct object object;
	uint64_t signals;
	struct list waiters; /* of struct waiter, oldest first */
};

/* Takes storage for an object from its type's pool, charged to `quota`; one reference. All else is
 * zero. nullptr: no memory. */
struct object *object_create(enum object_type type, struct quota *quota);
void object_put_last(struct object *o);
/* Its last handle with the life right is gone. */
void object_end(struct object *o);
uint64_t object_count(enum object_type type);

static inline void *object_get(void *object)
{
	((struct object *)object)->refs++;
	return object;
}

/* nullptr is fine. */
static inline void object_put(void *object)
{
	struct object *o = object;

	if (o != nullptr && --o->refs == 0)
		object_put_last(o);
}

static inline struct waitable *object_waitable(struct object *o)
{
	constexpr uint32_t types = 1u << OBJECT_TASK | 1u << OBJECT_THREAD | 1u << OBJECT_PORT |
				   1u << OBJECT_SESSION | 1u << OBJECT_EVENT |
				   1u << OBJECT_WAITSET | 1u << OBJECT_IRQ;

	return (types >> o->type & 1) != 0 ? (struct waitable *)o : nullptr;
}
