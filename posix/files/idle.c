/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/idle.h"
#include <linux/stat.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/states.h"

constexpr unsigned IDLE = 8;
constexpr size_t PATH_IDLE = 124;

/* description.name: what it is found by. */
struct file_name {
	uint64_t count, epoch;
	fut_handle base;
	uint32_t hash, length;
	char path[];
};

/* Under process.locks.states. Hashes are looked at without it first. */
static uint32_t hashes[IDLE]; /* 0: nothing is there */
static struct description *idle[IDLE];
static unsigned next;
static uint32_t last_number;

static bool is_same(const struct file_name *name, const struct walk *w, const struct opening *o)
{
	return name->count == o->count && name->epoch == o->epoch && name->base == o->base &&
	       name->length == w->length && memcmp(name->path, w->path, w->length) == 0;
}

/* Nobody else has this number: the pid tells us from other processes, the count from what else had
 * the slot of a session that the server took back. */
static uint64_t number_new(void)
{
	return (uint64_t)process.pid << 32 | ++last_number;
}

static struct description *remove(unsigned i)
{
	struct description *d = idle[i];

	idle[i] = nullptr;
	hashes[i] = 0;
	return d;
}

static struct description *find(const struct walk *w, const struct opening *o)
{
	struct description *d = nullptr;

	mutex_lock(&process.locks.states);
	for (unsigned i = 0; i < IDLE && d == nullptr; i++)
		if (hashes[i] == o->hash && is_same(idle[i]->name, w, o))
			d = remove(i);
	mutex_unlock(&process.locks.states);
	return d;
}

/* Into use again, unless the server has it back. */
static struct description *wake(struct description *d)
{
	uint64_t number = d->idle;

	if (!atomic_compare_exchange_strong(&d->state->idle, &number, 0)) {
		description_free(d);
		return nullptr;
	}
	d->nforks = process.nforks;
	if (!file_reopen(d)) {
		idle_leave(d);
		description_free(d);
		return nullptr;
	}
	d->refs = 1;
	return d;
}

static bool is_here(uint32_t hash)
{
	for (unsigned i = 0; i < IDLE; i++)
		if (hashes[i] == hash)
			return true;
	return false;
}

static const volatile uint64_t *names_count(const struct description *base)
{
	const volatile uint64_t *changes = line_changes(base->line, base->a);

	return changes != nullptr ? changes + 1 : nullptr;
}

struct description *idle_take(const struct walk *w, struct opening *o)
{
	const struct description *base = w->base;

	o->changes = nullptr;
	if (base == nullptr || w->length == 0 || w->length > PATH_IDLE ||
	    (base != process.root && base != process.cwd))
		return nullptr;
	o->hash = known_hash(w, FILE_OPEN_READ);
	if (!is_here(o->hash) && !known_is_asked_again(o->hash))
		return nullptr;
	o->changes = names_count(base);
	if (o->changes == nullptr)
		return nullptr;
	o->count = *o->changes;
	atomic_thread_fence(memory_order_acquire);
	o->epoch = known_epoch();
	o->base = base->a;
	struct description *d = is_here(o->hash) ? find(w, o) : nullptr;
	return d != nullptr ? wake(d) : nullptr;
}

void idle_named(struct description *d, const struct walk *w, const struct opening *o)
{
	struct file_name *name;

	if (o->changes == nullptr || w->jumps > 0 || !S_ISREG(d->mode))
		return;
	name = heap_new(sizeof(*name) + w->length);
	if (name == nullptr)
		return;
	name->count = o->count;
	name->epoch = o->epoch;
	name->base = o->base;
	name->hash = o->hash;
	name->length = (uint32_t)w->length;
	memcpy(name->path, w->path, w->length);
	d->name = name;
	d->nforks = process.nforks;
}

/* A free place, or the one that was filled longest ago. */
static unsigned place_for(void)
{
	for (unsigned i = 0; i < IDLE; i++)
		if (idle[i] == nullptr)
			return i;
	return next++ % IDLE;
}

static bool is_worth_keeping(const struct description *d)
{
	const volatile uint64_t *count = names_count(d);

	return d->nforks == process.nforks && count != nullptr && *count == d->name->count &&
	       known_epoch() == d->name->epoch;
}

bool idle_keep(struct description *d)
{
	struct description *other = nullptr;

	if (d->name == nullptr || !is_worth_keeping(d))
		return false;
	mutex_lock(&process.locks.states);
	unsigned i = place_for();
	other = idle[i];
	d->idle = number_new();
	atomic_store(&d->state->idle, d->idle);
	idle[i] = d;
	hashes[i] = d->name->hash;
	mutex_unlock(&process.locks.states);
	if (other != nullptr)
		description_free(other);
	return true;
}

void idle_never(struct description *d)
{
	d->nforks = process.nforks - 1;
}

void idle_leave(struct description *d)
{
	if (d->idle != 0 && d->nforks == process.nforks)
		atomic_store(&d->state->idle, d->idle);
}
