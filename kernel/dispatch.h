/* SPDX-License-Identifier: MPL-2.0 */
/* What the generated dispatch needs: handle lookup at full speed. */
#pragma once
#include "kernel/arch.h"
#include "kernel/calls.h"
#include "kernel/handle.h"
#include "kernel/lease.h"
#include "kernel/task.h"
#include "kernel/thread.h"
#include "kernel/user.h"

static inline bool user_range_ok(vaddr address, size_t size)
{
	return size <= USER_END && address <= USER_END - size;
}

/* What a lookup gives: in two registers, so that it costs no memory. */
struct found {
	struct object *object;
	enum err error;
};

struct found handle_object_slow(const struct slot *slot, enum object_type type, uint32_t rights);
enum err handle_cap(struct thread *t, uint32_t handle, enum object_type type, uint32_t rights,
		    struct cap *cap);

static inline struct slot *slot_find(struct handle_table *table, uint32_t handle)
{
	uint32_t place = handle & PLACE_MASK;
	uint64_t bit = 63u - (unsigned)__builtin_clzll(place | 1);

	if (bit >= table->end_bit)
		return nullptr;
	struct slot *s = table->places[bit] + place;

	return s->number == handle ? s : nullptr;
}

/* The object behind a handle of the calling task, if it has this type (0: any) and these rights. It
 * stays valid while the kernel lock is held and the table is not changed. */
static inline struct found handle_object(struct thread *t, uint32_t handle, enum object_type type,
					 uint32_t rights)
{
	struct handle_table *table = &t->task->handles;
	uint32_t place = handle & PLACE_MASK;
	uint64_t bit = 63u - (unsigned)__builtin_clzll(place | 1);

	/* As slot_find, spelled out: this is on the way of nearly every call. */
	if (bit >= table->end_bit) [[clang::unlikely]]
		return (struct found){ nullptr, ERR_BAD_HANDLE };
	struct slot *s = table->places[bit] + place;

	if (s->number != handle) [[clang::unlikely]]
		return (struct found){ nullptr, ERR_BAD_HANDLE };
	struct object *o = s->object;

	if ((type == OBJECT_ANY ? o->type == OBJECT_LEASED : o->type != type) ||
	    (s->rights & rights) != rights) [[clang::unlikely]]
		return handle_object_slow(s, type, rights);
	return (struct found){ o, OK };
}
