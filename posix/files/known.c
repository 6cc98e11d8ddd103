/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/known.h"
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/files/states.h"

constexpr unsigned KNOWN = 64; /* names, each at the place that its hash says */
constexpr size_t PATH_KNOWN = 124;

struct known {
	uint64_t count, epoch;
	uint32_t flags, length;
	fut_handle base;
	int32_t result;
	struct attributes attributes;
	char path[PATH_KNOWN];
};

/* Under process.locks.states. The hashes lie apart: a child of fork that finds nothing is to touch
 * nothing else. */
static uint32_t hashes[KNOWN];
static struct known *table;
static _Atomic uint64_t epoch;

void known_forget(void)
{
	atomic_fetch_add(&epoch, 1);
}

uint64_t known_epoch(void)
{
	return atomic_load(&epoch);
}

static uint32_t hash_of(const char *path, size_t n, uint64_t seed)
{
	uint64_t h = seed * 0x9e3779b97f4a7c15 + n, word;

	for (; n >= 8; n -= 8, path += 8) {
		memcpy(&word, path, 8);
		h = (h ^ word) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	while (n-- > 0)
		h = (h ^ (unsigned char)path[n]) * 0x100000001b3;
	return (uint32_t)(h >> 32) | 1; /* 0: nothing */
}

uint32_t known_hash(const struct walk *w, uint32_t flags)
{
	return hash_of(w->path, w->length, (uint64_t)w->base->a << 32 | flags);
}

/* A name that was asked for lately is kept; one that is asked for once would cost more than it
 * saves. */
bool known_is_asked_again(uint32_t hash)
{
	struct thread *t = self();
	constexpr unsigned ASKED = sizeof(t->asked) / sizeof(t->asked[0]);

	for (unsigned i = 0; i < ASKED; i++)
		if (t->asked[i] == hash)
			return true;
	t->asked[t->next_asked++ % ASKED] = hash;
	return false;
}

static bool is_same(const struct known *k, const struct walk *w, const struct question *q)
{
	return k->count == q->count && k->epoch == q->epoch && k->base == q->base &&
	       k->flags == q->flags && k->length == w->length &&
	       memcmp(k->path, w->path, w->length) == 0;
}

static bool look_up(const struct walk *w, const struct question *q, struct attributes *a,
		    int64_t *result)
{
	bool found = false;

	mutex_lock(&process.locks.states);
	if (hashes[q->hash % KNOWN] == q->hash && is_same(&table[q->hash % KNOWN], w, q)) {
		*a = table[q->hash % KNOWN].attributes;
		*result = table[q->hash % KNOWN].result;
		found = true;
	}
	mutex_unlock(&process.locks.states);
	return found;
}

bool known_find(struct walk *w, uint32_t flags, struct question *q, struct attributes *a,
		int64_t *result)
{
	const struct description *base = w->base;

	q->changes = nullptr;
	if (base == nullptr || w->length == 0 || w->length > PATH_KNOWN ||
	    (base != process.root && base != process.cwd))
		return false;
	q->changes = line_changes(base->line, base->a);
	if (q->changes == nullptr)
		return false;
	q->count = *q->changes;
	atomic_thread_fence(memory_order_acquire);
	q->epoch = known_epoch();
	q->flags = flags;
	q->base = base->a;
	q->hash = known_hash(w, flags);
	return hashes[q->hash % KNOWN] == q->hash && look_up(w, q, a, result);
}

void known_keep(const struct walk *w, const struct question *q, const struct attributes *a,
		int64_t result)
{
	if (q->changes == nullptr || w->jumps > 0 || (result != 0 && result != -ENOENT) ||
	    !known_is_asked_again(q->hash))
		return;
	mutex_lock(&process.locks.states);
	if (table == nullptr)
		table = heap_new(KNOWN * sizeof(*table));
	if (table != nullptr) {
		struct known *k = &table[q->hash % KNOWN];
		k->count = q->count;
		k->epoch = q->epoch;
		k->flags = q->flags;
		k->base = q->base;
		k->result = (int32_t)result;
		k->attributes = *a;
		k->length = (uint32_t)w->length;
		memcpy(k->path, w->path, w->length);
		hashes[q->hash % KNOWN] = q->hash;
	}
	mutex_unlock(&process.locks.states);
}
