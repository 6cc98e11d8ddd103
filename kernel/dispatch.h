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
	uint32_t index = (handle & HANDLE_INDEX_MASK) + (1u << CHUNK_SHIFT);
	unsigned chunk = 31u - (unsigned)__builtin_clz(index) - CHUNK_SHIFT;

	if (chunk >= table->nchunks)
		return nullptr;
	struct slot *s = &table->chunks[chunk][index - (1u << (chunk + CHUNK_SHIFT))];

	return s->object != nullptr && s->age == handle >> HANDLE_INDEX_BITS ? s : nullptr;
}

/* The object behind a handle of the calling task, if it has this type (0: any) and these rights. It
 * stays valid while the kernel lock is held and the table is not changed. */
static inline struct found handle_object(struct thread *t, uint32_t handle, enum object_type type,
					 uint32_t rights)
{
	struct slot *s = slot_find(&t->task->handles, handle);

	if (s == nullptr)
		return (struct found){ nullptr, ERR_BAD_HANDLE };
	if ((type == OBJECT_ANY ? s->object->type == OBJECT_LEASED : s->object->type != type) ||
	    (s->rights & rights) != rights) [[clang::unlikely]]
		return handle_object_slow(s, type, rights);
	return (struct found){ s->object, OK };
}
