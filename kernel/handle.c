/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/handle.h"
#include "kernel/assert.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/info.h"
#include "kernel/pool.h"
#include "kernel/user.h"

struct small_chunk {
	struct slot slots[PLACE_FIRST];
};

struct large_chunk {
	struct slot slots[2 * PLACE_FIRST];
};

POOL(small_chunks, struct small_chunk);
POOL(large_chunks, struct large_chunk);

/* Chunk 0 is 1 KiB, chunk 1 2 KiB, chunk n a run of 2^(n - 2) pages. */
static struct slot *chunk_create(struct quota *quota, unsigned n)
{
	paddr first;

	if (n == 0)
		return pool_take(&small_chunks, quota);
	if (n == 1)
		return pool_take(&large_chunks, quota);
	if (!frame_alloc_run(quota, FRAME_OBJECT, n - 2, &first))
		return nullptr;
	for (uint64_t i = 0; i < 1ull << (n - 2); i++)
		page_zero(direct(paddr_add(first, i << PAGE_SHIFT)));
	return direct(first);
}

static void chunk_destroy(struct quota *quota, struct slot *chunk, unsigned n)
{
	if (n == 0)
		pool_give(&small_chunks, quota, chunk);
	else if (n == 1)
		pool_give(&large_chunks, quota, chunk);
	else
		frame_free_run(direct_paddr(chunk), n - 2);
}

/* A chunk's first place, and how many it has. */
static uint32_t chunk_size(unsigned n)
{
	return PLACE_FIRST << n;
}

static unsigned chunk_count(const struct handle_table *t)
{
	return t->end_bit == 0 ? 0 : t->end_bit - CHUNK_FIRST_BIT;
}

static void chunk_add(struct handle_table *t, struct slot *chunk)
{
	unsigned n = chunk_count(t);

	t->places[CHUNK_FIRST_BIT + n] = chunk - chunk_size(n);
	t->end_bit = CHUNK_FIRST_BIT + n + 1;
	if (n == 0)
		for (unsigned bit = 0; bit < CHUNK_FIRST_BIT; bit++)
			t->places[bit] = chunk;
}

static struct slot *chunk_at(const struct handle_table *t, unsigned n)
{
	return t->places[CHUNK_FIRST_BIT + n] + chunk_size(n);
}

static struct slot *slot_at(struct handle_table *t, uint32_t place)
{
	unsigned bit = 31u - (unsigned)__builtin_clz(place);

	return bit < t->end_bit ? &t->places[bit][place] : nullptr;
}

static void slot_free(struct handle_table *t, uint32_t place, struct slot *s)
{
	s->object = nullptr;
	s->number = (s->number & ~PLACE_MASK) | (place ^ 1);
	s->rights = t->free;
	t->free = place;
	t->nfree++;
}

/* The next handle of a free slot: its age goes up, and is never 0. */
static uint32_t number_next(const struct slot *s, uint32_t place)
{
	uint32_t age = (s->number >> PLACE_BITS) + 1;

	return (age << PLACE_BITS == 0 ? 1u << PLACE_BITS : age << PLACE_BITS) | place;
}

void handle_table_init(struct handle_table *t)
{
	*t = (struct handle_table){};
}

static enum err table_grow(struct task *task)
{
	struct handle_table *t = &task->handles;
	unsigned n = chunk_count(t);

	if (n == HANDLE_CHUNKS)
		return ERR_FULL;
	struct slot *chunk = chunk_create(task->object.quota, n);

	if (chunk == nullptr)
		return ERR_NO_MEMORY;
	chunk_add(t, chunk);
	for (uint32_t i = chunk_size(n); i-- > 0;)
		slot_free(t, chunk_size(n) + i, &chunk[i]);
	return OK;
}

/* Apart, so that the usual way of handle_reserve is two instructions. */
[[gnu::noinline]] static enum err table_grow_to(struct task *task, unsigned n)
{
	enum err e = OK;

	while (e == OK && task->handles.nfree < n)
		e = table_grow(task);
	return e;
}

enum err handle_reserve(struct task *task, unsigned n)
{
	return task->handles.nfree >= n ? OK : table_grow_to(task, n);
}

static void slot_fill(struct slot *s, const struct cap *cap)
{
	s->object = cap->lease != nullptr ? &cap->lease->object : cap->object;
	s->rights = cap->rights;
	if ((cap->rights & type_life[s->object->type]) != 0)
		s->object->lives++;
}

uint32_t handle_install(struct task *task, const struct cap *cap)
{
	struct handle_table *t = &task->handles;
	uint32_t place = t->free;

	assert(place != 0);
	struct slot *s = slot_at(t, place);

	t->free = s->rights;
	t->nfree--;
	t->nused++;
	slot_fill(s, cap);
	return s->number = number_next(s, place);
}

struct slot *handle_slot(struct task *task, uint32_t handle)
{
	return slot_find(&task->handles, handle);
}

static enum err slot_cap(const struct slot *s, struct cap *cap)
{
	*cap = (struct cap){ s->object, s->rights, nullptr };
	if (s->object->type != OBJECT_LEASED)
		return OK;
	cap->lease = (struct leased *)s->object;
	cap->object = leased_target(s->object);
	return cap->object != nullptr ? OK : ERR_REVOKED;
}

enum err handle_find(struct task *task, uint32_t handle, struct cap *cap)
{
	struct slot *s = handle_slot(task, handle);

	return s != nullptr ? slot_cap(s, cap) : ERR_BAD_HANDLE;
}

enum err handle_cap(struct thread *t, uint32_t handle, enum object_type type, uint32_t rights,
		    struct cap *cap)
{
	enum err e = handle_find(t->task, handle, cap);

	if (e == OK && type != 0 && cap->object->type != type)
		e = ERR_WRONG_TYPE;
	if (e == OK && (cap->rights & rights) != rights)
		e = ERR_NO_RIGHT;
	return e;
}

/* Not the plain case: a leased handle, or an error. */
struct found handle_object_slow(const struct slot *s, enum object_type type, uint32_t rights)
{
	struct cap cap;
	enum err e = slot_cap(s, &cap);

	if (e == OK && type != OBJECT_ANY && cap.object->type != type)
		e = ERR_WRONG_TYPE;
	if (e == OK && (s->rights & rights) != rights)
		e = ERR_NO_RIGHT;
	return (struct found){ e == OK ? cap.object : nullptr, e };
}

static struct cap slot_take(struct handle_table *t, struct slot *s, uint32_t handle)
{
	struct cap cap = { s->object, s->rights, nullptr };

	if (s->object->type == OBJECT_LEASED)
		cap.lease = (struct leased *)s->object;
	slot_free(t, handle & PLACE_MASK, s);
	t->nused--;
	/* In no table now: its part in the object's life rests with the caller's cap. */
	return cap;
}

struct cap handle_take(struct task *task, uint32_t handle)
{
	return slot_take(&task->handles, slot_find(&task->handles, handle), handle);
}

void cap_drop(const struct cap *cap)
{
	struct object *o = cap->lease != nullptr ? &cap->lease->object : cap->object;

	if ((cap->rights & type_life[o->type]) != 0 && --o->lives == 0)
		object_end(o);
	object_put(o);
}

void handle_close(struct task *task, uint32_t handle)
{
	struct cap cap = handle_take(task, handle);

	cap_drop(&cap);
}

struct cap cap_copy(struct slot *slot, uint32_t rights)
{
	object_get(slot->object);
	return (struct cap){
		slot->object,
		slot->rights & rights,
		slot->object->type == OBJECT_LEASED ? (struct leased *)slot->object : nullptr,
	};
}

struct cap cap_first(void *object)
{
	struct object *o = object;

	return (struct cap){ o, type_rights[o->type], nullptr };
}

/* --- Clone and end of a task --- */

/* The slots of a chunk become copies of the source's; those that are not inherited become free. */
static void chunk_copy(struct handle_table *t, unsigned n, const struct slot *source)
{
	struct slot *chunk = chunk_at(t, n);

	words_copy(chunk, source, chunk_size(n) * sizeof(*chunk));
	for (uint32_t i = 0; i < chunk_size(n); i++) {
		struct slot *s = &chunk[i];

		if (s->object == nullptr)
			continue;
		if ((s->rights & RIGHT_INHERIT) == 0) {
			slot_free(t, chunk_size(n) + i, s);
			continue;
		}
		t->nused++;
		object_get(s->object);
		if ((s->rights & type_life[s->object->type]) != 0)
			s->object->lives++;
	}
}

enum err handle_table_copy(struct task *to, struct task *from)
{
	struct handle_table *t = &to->handles;
	unsigned nchunks = chunk_count(&from->handles);

	for (unsigned n = 0; n < nchunks; n++) {
		struct slot *chunk = chunk_create(to->object.quota, n);

		if (chunk == nullptr)
			return ERR_NO_MEMORY;
		chunk_add(t, chunk);
	}
	/* The places are the same, so the chain of free ones is good for both. */
	t->free = from->handles.free;
	t->nfree = from->handles.nfree;
	for (unsigned n = 0; n < nchunks; n++)
		chunk_copy(t, n, chunk_at(&from->handles, n));
	return OK;
}

bool handle_table_drain(struct task *task, unsigned max)
{
	struct handle_table *t = &task->handles;

	for (; t->end_bit > 0; t->drained = 0) {
		unsigned n = chunk_count(t) - 1;
		struct slot *chunk = chunk_at(t, n);

		for (; t->nused > 0 && t->drained < chunk_size(n); t->drained++) {
			struct slot *s = &chunk[t->drained];
			struct cap cap = { s->object, s->rights, nullptr };

			if (s->object == nullptr)
				continue;
			if (max-- == 0)
				return false;
			*s = (struct slot){};
			t->nused--;
			cap_drop(&cap);
		}
		chunk_destroy(task->object.quota, chunk, n);
		t->end_bit = n == 0 ? 0 : t->end_bit - 1;
	}
	return true;
}

/* --- Calls --- */

enum err sys_handle_close(struct thread *self, uint32_t handle)
{
	struct handle_table *t = &self->task->handles;
	struct slot *s = slot_find(t, handle);

	if (s == nullptr)
		return ERR_BAD_HANDLE;
	struct cap cap = slot_take(t, s, handle);

	cap_drop(&cap);
	return OK;
}

/* A slot from which a duplicate with `rights` may be made. */
static enum err slot_duplicable(struct task *task, uint32_t handle, uint32_t rights,
				struct slot **s)
{
	struct cap cap;
	enum err e = handle_find(task, handle, &cap);

	if (e != OK)
		return e;
	if ((rights & ~RIGHTS_ALL) != 0)
		return ERR_BAD_ARGUMENT;
	if ((cap.rights & RIGHT_DUPLICATE) == 0)
		return ERR_NO_RIGHT;
	*s = handle_slot(task, handle);
	return OK;
}

enum err sys_handle_duplicate(struct thread *self, uint32_t handle, uint32_t rights,
			      struct cap *copy)
{
	struct slot *s;
	enum err e = slot_duplicable(self->task, handle, rights, &s);

	if (e == OK)
		*copy = cap_copy(s, rights);
	return e;
}

enum err sys_handle_info(struct thread *self, uint32_t handle, uint32_t *type, uint32_t *rights,
			 uint64_t *id)
{
	struct cap cap;
	enum err e = handle_find(self->task, handle, &cap);

	if (e != OK)
		return e;
	*type = cap.object->type;
	*rights = cap.rights;
	*id = cap.object->id;
	return OK;
}

enum err sys_handle_give(struct thread *self, struct task *task, uint32_t handle, uint32_t *there)
{
	struct cap cap;
	enum err e = handle_find(self->task, handle, &cap);

	if (e == ERR_REVOKED)
		e = OK; /* it may be moved, as dead as it is */
	if (e != OK)
		return e;
	if ((cap.rights & RIGHT_TRANSFER) == 0)
		return ERR_NO_RIGHT;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	e = handle_reserve(task, 1);
	if (e != OK)
		return e;
	/* Enter it there before it leaves here: its object's life must not end in between. */
	struct slot *s = handle_slot(self->task, handle);

	cap = cap_copy(s, ~0u);
	object_get(task);
	*there = handle_install(task, &cap);
	handle_close(self->task, handle);
	object_put(task);
	return OK;
}

enum err sys_handle_find(struct thread *self, struct task *task, uint32_t after, struct user_out to,
			 uint32_t *handle)
{
	uint32_t place =
		(after & PLACE_MASK) < PLACE_FIRST ? PLACE_FIRST : (after & PLACE_MASK) + 1;
	struct handle_table *t = &task->handles;
	struct slot *s;

	if (task->state != TASK_ALIVE)
		return ERR_NOT_FOUND;
	for (; (s = slot_at(t, place)) != nullptr; place++) {
		struct handle_info info;
		struct cap cap;

		if (s->object == nullptr || slot_cap(s, &cap) != OK)
			continue;
		*handle = s->number;
		info_handle(&info, *handle, &cap);
		return user_put(self, to, &info, sizeof(info));
	}
	return ERR_NOT_FOUND;
}

enum err sys_handle_copy(struct thread *self, struct task *task, uint32_t there, uint32_t rights,
			 struct cap *copy)
{
	struct slot *s;

	(void)self;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_ARGUMENT;
	enum err e = slot_duplicable(task, there, rights, &s);

	if (e == ERR_BAD_HANDLE)
		e = ERR_BAD_ARGUMENT;
	if (e == OK)
		*copy = cap_copy(s, rights);
	return e;
}
