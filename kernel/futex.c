/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/futex.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/mapping.h"
#include "kernel/user.h"
#include "kernel/vmo.h"

constexpr unsigned BUCKETS = 256;

static struct list buckets[BUCKETS]; /* of threads, oldest first */

void futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
}

static struct list *bucket_of(const struct futex_key *key)
{
	uint64_t hash = ((uint64_t)key->where >> 4) * 31 + (key->offset >> 2);

	return &buckets[(hash * 0x9e3779b97f4a7c15) >> 56];
}

static bool key_is(const struct futex_key *a, const struct futex_key *b)
{
	return a->where == b->where && a->offset == b->offset;
}

/* The name of the word at an address of the calling task. */
static enum err key_find(struct thread *self, vaddr address, uint32_t flags, struct futex_key *key)
{
	struct space *s = &self->task->space;

	if ((address & 3) != 0)
		return ERR_BAD_ARGUMENT;
	if (!user_range_ok(address, 4))
		return ERR_BAD_ADDRESS;
	struct mapping *m = (flags & FUTEX_PRIVATE) != 0 ? nullptr : space_find(s, address);

	/* Fresh memory that nobody else maps is private whatever the caller says. */
	if ((flags & FUTEX_PRIVATE) == 0 && (m == nullptr || m->kind == MAPPING_GUARD))
		return ERR_BAD_ADDRESS;
	if (m == nullptr || m->vmo == nullptr)
		*key = (struct futex_key){ s, address };
	else
		*key = (struct futex_key){ m->vmo, m->offset + (address - m->address) };
	return OK;
}

void futex_abandon(struct thread *t)
{
	list_remove(&t->queue);
}

static uint32_t key_wake(const struct futex_key *key, uint32_t count, uint32_t mask)
{
	struct list *bucket = bucket_of(key), *next;
	uint32_t woken = 0;

	for (struct list *at = bucket->next; at != bucket && woken < count; at = next) {
		struct thread *t = container_of(at, struct thread, queue);

		next = at->next;
		if (!key_is(&t->futex.key, key) || (t->futex.mask & mask) == 0)
			continue;
		thread_wake(t, OK);
		woken++;
	}
	return woken;
}

enum err sys_futex_wait(struct thread *self, uint64_t address, uint32_t expected, uint32_t mask,
			uint32_t flags, uint64_t deadline)
{
	struct futex_key key;
	uint32_t value;

	if ((flags & ~FUTEX_PRIVATE) != 0 || mask == 0)
		return ERR_BAD_ARGUMENT;
	enum err e = key_find(self, address, flags, &key);

	if (e == OK)
		e = user_read_word(self, address, &value);
	if (e != OK)
		return e;
	if (value != expected || deadline == 0)
		return ERR_WOULD_BLOCK;
	if (thread_is_interrupted(self))
		return ERR_INTERRUPTED;
	self->futex.key = key;
	self->futex.mask = mask;
	list_append(bucket_of(&key), &self->queue);
	thread_block(self, WAIT_FUTEX, deadline);
	return CALL_WAITS;
}

enum err sys_futex_wake(struct thread *self, uint64_t address, uint32_t count, uint32_t mask,
			uint32_t flags, uint32_t *woken)
{
	struct futex_key key;

	if ((flags & ~FUTEX_PRIVATE) != 0 || mask == 0)
		return ERR_BAD_ARGUMENT;
	enum err e = key_find(self, address, flags, &key);

	if (e == OK)
		*woken = key_wake(&key, count, mask);
	return e;
}

enum err sys_futex_requeue(struct thread *self, uint64_t from, uint64_t to, uint32_t expected,
			   uint64_t counts, uint32_t flags, uint32_t *woken, uint32_t *moved)
{
	struct futex_key source, target;
	uint32_t value = expected;

	if ((flags & ~(FUTEX_PRIVATE | FUTEX_ALWAYS)) != 0)
		return ERR_BAD_ARGUMENT;
	enum err e = key_find(self, from, flags, &source);

	if (e == OK)
		e = key_find(self, to, flags, &target);
	if (e == OK && (flags & FUTEX_ALWAYS) == 0)
		e = user_read_word(self, from, &value);
	if (e != OK)
		return e;
	if (value != expected)
		return ERR_WOULD_BLOCK;
	*woken = key_wake(&source, (uint32_t)counts, UINT32_MAX);
	*moved = 0;
	struct list *bucket = bucket_of(&source), *next;

	if (key_is(&source, &target))
		return OK;
	for (struct list *at = bucket->next; at != bucket && *moved < counts >> 32; at = next) {
		struct thread *t = container_of(at, struct thread, queue);

		next = at->next;
		if (!key_is(&t->futex.key, &source))
			continue;
		list_remove(&t->queue);
		t->futex.key = target;
		list_append(bucket_of(&target), &t->queue);
		++*moved;
	}
	return OK;
}

/* --- Words of threads that end --- */

enum err futex_word_find(struct thread *self, vaddr address, struct futex_word *word)
{
	struct mapping *m = space_find(&self->task->space, address);
	uint32_t value;

	if ((address & 3) != 0 || user_read_word(self, address, &value) != OK || m == nullptr ||
	    m->vmo == nullptr || m->vmo->kind == VMO_PHYSICAL || (m->flags & MAP_WRITE) == 0)
		return ERR_BAD_ADDRESS;
	*word = (struct futex_word){
		.task = object_get(self->task),
		.vmo = object_get(m->vmo),
		.address = address,
		.offset = m->offset + (address - m->address),
	};
	return OK;
}

void futex_word_clear(struct futex_word *word)
{
	struct page_ref ref;

	if (vmo_page_write(word->vmo, word->offset >> PAGE_SHIFT, &ref) == PAGE_FOUND) {
		if (ref.changed)
			vmo_unmap_pages(word->vmo, word->offset >> PAGE_SHIFT, 1);
		char *page = direct(ref.page);

		__atomic_store_n((uint32_t *)(page + (word->offset & (PAGE_SIZE - 1))), 0,
				 __ATOMIC_RELEASE);
	}
	/* Whoever waits: it may be nobody. */
	(void)key_wake(&(struct futex_key){ &word->task->space, word->address }, 1, UINT32_MAX);
	(void)key_wake(&(struct futex_key){ word->vmo, word->offset }, 1, UINT32_MAX);
	object_put(word->vmo);
	object_put(word->task);
}

void futex_owner_died(struct thread *t, vaddr address, uint32_t owner)
{
	struct mapping *m = space_find(&t->task->space, address);
	struct page_ref ref;
	uint32_t *word, old;

	if ((address & 3) != 0 || m == nullptr || m->vmo == nullptr ||
	    m->vmo->kind == VMO_PHYSICAL || (m->flags & MAP_WRITE) == 0 ||
	    vmo_page_read(m->vmo, mapping_index(m, address), &ref) != PAGE_FOUND || !ref.writable)
		return;
	word = (uint32_t *)((char *)direct(ref.page) + (address & (PAGE_SIZE - 1)));
	old = __atomic_load_n(word, __ATOMIC_RELAXED);
	while ((old & 0x3fffffff) == owner)
		if (__atomic_compare_exchange_n(word, &old, (old & 0x80000000) | ROBUST_OWNER_DIED,
						false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
			(void)key_wake(
				&(struct futex_key){ m->vmo, m->offset + (address - m->address) },
				1, UINT32_MAX);
			return;
		}
}

/* Eight bytes of a task's memory, if they are there now. */
static bool peek(struct task *task, vaddr address, uint64_t *value)
{
	struct mapping *m = space_find(&task->space, address);
	struct page_ref ref;

	if ((address & 7) != 0 || m == nullptr || m->vmo == nullptr ||
	    m->vmo->kind == VMO_PHYSICAL || (m->flags & MAP_READ) == 0 ||
	    vmo_page_read(m->vmo, mapping_index(m, address), &ref) != PAGE_FOUND)
		return false;
	*value = *(uint64_t *)((char *)direct(ref.page) + (address & (PAGE_SIZE - 1)));
	return true;
}

void futex_list_died(struct thread *t, vaddr at, uint32_t owner)
{
	uint64_t entry, next, offset, pending;

	if (!peek(t->task, at, &entry) ||
	    !peek(t->task, at + offsetof(struct robust_head, offset), &offset) ||
	    !peek(t->task, at + offsetof(struct robust_head, pending), &pending))
		return;
	for (unsigned i = 0; i < ROBUST_LIST_LOCKS && entry != at; i++) {
		if (!peek(t->task, entry & ~1ull, &next))
			break;
		if (entry != pending)
			futex_owner_died(t, (entry & ~1ull) + offset, owner);
		entry = next;
	}
	if (pending != 0)
		futex_owner_died(t, (pending & ~1ull) + offset, owner);
}
