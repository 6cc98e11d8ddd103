/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Directories: an array of entries, whose places are the cookies of listings, and for more than a
 * few a hash table of places. Tables are probed linearly; removal moves what comes behind up.
 */
#include <stdlib.h>
#include <string.h>
#include "services/ramfsd/ram.h"

constexpr uint32_t FEW = 8;
constexpr uint32_t COOKIE_FIRST = 3; /* "." and ".." have 1 and 2 */
constexpr uint32_t MOST = 1u << 30;

/* --- Places --- */

/* A free place: odd, with the number of the next in its upper bits. */
static bool is_free(const struct ram_entry *e)
{
	return (uintptr_t)e & 1;
}

static bool dir_room(struct ram_dir *d)
{
	if (d->free != 0 || d->used < d->room)
		return true;
	uint32_t room = d->room ? 2 * d->room : 4;
	void *more = room <= MOST ? realloc(d->entries, room * sizeof(*d->entries)) : nullptr;
	if (more == nullptr)
		return false;
	d->entries = more;
	d->room = room;
	return true;
}

static uint32_t place_take(struct ram_dir *d)
{
	uint32_t i = d->free - 1;

	if (d->free == 0)
		return d->used++;
	d->free = (uint32_t)((uintptr_t)d->entries[i] >> 1);
	return i;
}

static void place_give(struct ram_dir *d, uint32_t i)
{
	if (d->count == 0) {
		d->used = d->free = 0;
		return;
	}
	d->entries[i] = (struct ram_entry *)((uintptr_t)d->free << 1 | 1);
	d->free = i + 1;
}

/* --- The table --- */

static uint64_t load8(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint32_t load4(const char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* All of the up to eight bytes, as one number; some of them may be there twice. */
static uint64_t load_few(const char *at, size_t n)
{
	if (n >= 4)
		return load4(at) | (uint64_t)load4(at + n - 4) << 32;
	return (unsigned char)at[0] | (uint64_t)(unsigned char)at[n / 2] << 8 |
	       (uint64_t)(unsigned char)at[n - 1] << 16;
}

/* A node's address stirs it, so that no two directories collide alike. Names are not empty. */
static uint32_t name_hash(const struct ram_node *dir, struct files_name name)
{
	constexpr uint64_t odd = 0x9e3779b97f4a7c15;
	uint64_t h = (uintptr_t)dir + name.len;

	for (; name.len > 8; name.text += 8, name.len -= 8) {
		h = (h ^ load8(name.text)) * odd;
		h ^= h >> 32;
	}
	return (uint32_t)(((h ^ load_few(name.text, name.len)) * odd) >> 32);
}

static bool name_is(const char *a, const char *b, size_t n)
{
	for (; n > 8; a += 8, b += 8, n -= 8)
		if (load8(a) != load8(b))
			return false;
	return load_few(a, n) == load_few(b, n);
}

static void table_put(struct ram_dir *d, uint32_t hash, uint32_t index)
{
	uint32_t mask = d->buckets - 1, at = hash & mask;

	while (d->table[at] != 0)
		at = (at + 1) & mask;
	d->table[at] = index + 1;
}

/* Room for one more entry; at most half of the table is used. */
static bool table_room(struct ram_dir *d)
{
	if (d->count < FEW || 2 * (d->count + 1) <= d->buckets)
		return true;
	uint32_t buckets = d->buckets ? 2 * d->buckets : 4 * FEW;
	uint32_t *table = calloc(buckets, sizeof(*table));
	if (table == nullptr)
		return false;
	free(d->table);
	d->table = table;
	d->buckets = buckets;
	for (uint32_t i = 0; i < d->used; i++)
		if (!is_free(d->entries[i]))
			table_put(d, d->entries[i]->hash, i);
	return true;
}

static void table_remove(struct ram_dir *d, const struct ram_entry *e)
{
	uint32_t mask = d->buckets - 1, at = e->hash & mask;

	if (d->buckets == 0)
		return;
	while (d->table[at] != e->index + 1)
		at = (at + 1) & mask;
	/* What was pushed past this place by it, or could be, moves up. */
	for (uint32_t next = (at + 1) & mask; d->table[next] != 0; next = (next + 1) & mask) {
		uint32_t home = d->entries[d->table[next] - 1]->hash & mask;
		if (((next - home) & mask) >= ((next - at) & mask)) {
			d->table[at] = d->table[next];
			at = next;
		}
	}
	d->table[at] = 0;
}

/* --- Names --- */

static bool entry_is(const struct ram_entry *e, uint32_t hash, struct files_name name)
{
	return e->hash == hash && e->len == name.len && name_is(e->name, name.text, name.len);
}

static struct ram_entry *entry_find(const struct ram_dir *d, uint32_t hash, struct files_name name)
{
	if (d->buckets == 0) {
		for (uint32_t i = 0; i < d->used; i++)
			if (!is_free(d->entries[i]) && entry_is(d->entries[i], hash, name))
				return d->entries[i];
		return nullptr;
	}
	uint32_t mask = d->buckets - 1;
	for (uint32_t at = hash & mask; d->table[at] != 0; at = (at + 1) & mask) {
		struct ram_entry *e = d->entries[d->table[at] - 1];
		if (entry_is(e, hash, name))
			return e;
	}
	return nullptr;
}

struct ram_entry *dir_find(const struct ram_node *dir, struct files_name name)
{
	return entry_find(&dir->dir, name_hash(dir, name), name);
}

static struct ram_entry *entry_create(struct ram_node *dir, struct files_name name,
				      struct ram_node *n)
{
	struct ram_entry *e = malloc(sizeof(*e) + name.len);

	if (e == nullptr)
		return nullptr;
	*e = (struct ram_entry){ .node = n, .dir = dir, .len = (uint8_t)name.len };
	memcpy(e->name, name.text, name.len);
	e->hash = name_hash(dir, name);
	return e;
}

int dir_add(struct ram_node *dir, struct files_name name, struct ram_node *n)
{
	struct ram_dir *d = &dir->dir;

	if (dir->nlink == 0)
		return -ENOENT;
	if (!dir_room(d) || !table_room(d))
		return -ENOSPC;
	struct ram_entry *e = entry_create(dir, name, n);
	if (e == nullptr)
		return -ENOSPC;
	e->index = place_take(d);
	d->entries[e->index] = e;
	d->count++;
	if (d->buckets != 0)
		table_put(d, e->hash, e->index);
	n->entry = e;
	n->is_temporary = false;
	if (n->nlink++ == 0)
		files_node_get(&n->node);
	return 0;
}

void dir_remove(struct ram_entry *e)
{
	struct ram_node *n = e->node;
	struct ram_dir *d = &e->dir->dir;

	table_remove(d, e);
	d->count--;
	place_give(d, e->index);
	if (n->entry == e)
		n->entry = nullptr;
	free(e);
	if (--n->nlink == 0)
		files_node_put(&n->node);
}

void dir_fini(struct ram_node *dir)
{
	free(dir->dir.entries);
	free(dir->dir.table);
	if (dir->dir.parent != nullptr)
		files_node_put(&dir->dir.parent->node);
}

struct ram_entry *dir_last(struct ram_dir *d)
{
	while (d->used > 0 && is_free(d->entries[d->used - 1]))
		d->used--;
	return d->used > 0 ? d->entries[d->used - 1] : nullptr;
}

int ram_list(struct files_session *s, uint64_t after, struct files_list *list)
{
	const struct ram_dir *d = &ram_of(s->node)->dir;

	for (uint64_t i = after ? after - COOKIE_FIRST + 1 : 0; i < d->used; i++) {
		const struct ram_entry *e = d->entries[i];
		if (!is_free(e) &&
		    !files_list_add(list, (struct files_name){ e->name, e->len },
				    e->node->node.number, e->node->node.mode, i + COOKIE_FIRST))
			break;
	}
	return 0;
}
