/* SPDX-License-Identifier: MPL-2.0 */
/* Slots in the tables of states. Clients may write anything there, so who uses which is kept here.
 */
#include <stdlib.h>
#include "lib/files/internal.h"
#include "lib/files/states.h"

constexpr size_t TABLE_SIZE = FILE_SLOTS_PER_TABLE * sizeof(struct file_state);
constexpr unsigned WORDS = FILE_SLOTS_PER_TABLE / 64;
constexpr uint32_t PAGE = 4096;

struct files_state_table {
	struct files_state_table *next;
	struct file_state *at;
	fut_handle memory;
	uint32_t first; /* slot */
	uint32_t hint;  /* words below it are full */
	uint32_t made;  /* slots below it have their memory */
	uint64_t used[WORDS];
};

static struct files_state_table *table_create(uint32_t first)
{
	struct files_state_table *t = calloc(1, sizeof(*t));
	uint64_t at;

	if (t == nullptr)
		return nullptr;
	if (fut_vmo_create(TABLE_SIZE, 0, &t->memory) != OK)
		goto free;
	if (fut_space_map(0, t->memory, 0, 0, TABLE_SIZE, MAP_READ | MAP_WRITE, &at) != OK)
		goto close;
	t->at = (struct file_state *)at;
	t->first = first;
	return t;
close:
	(void)fut_handle_close(t->memory); /* ours */
free:
	free(t);
	return nullptr;
}

/* The line's first table with a free slot, made if there is none. */
static struct files_state_table *table_with_room(struct files_line *l)
{
	struct files_state_table **at = &l->tables;
	uint32_t first = 0;

	for (; *at != nullptr; at = &(*at)->next, first += FILE_SLOTS_PER_TABLE) {
		struct files_state_table *t = *at;
		while (t->hint < WORDS && t->used[t->hint] == UINT64_MAX)
			t->hint++;
		if (t->hint < WORDS)
			return t;
	}
	*at = table_create(first);
	return *at;
}

/* The slot's page, made and mapped now: when the quota is used up a first touch would end us, where
 * the kernel's own copying has an error. The lowest free slot is taken first. */
static bool slot_make(struct files_state_table *t, uint32_t i)
{
	constexpr uint32_t PER_PAGE = PAGE / sizeof(struct file_state);

	if (i < t->made)
		return true;
	if (fut_vmo_read(t->memory, i * sizeof(*t->at), &t->at[i], sizeof(*t->at)) != OK)
		return false;
	t->made = (i / PER_PAGE + 1) * PER_PAGE;
	return true;
}

bool state_take(struct files_line *l, uint32_t *slot, struct file_state **state)
{
	struct files_state_table *t = table_with_room(l);

	if (t == nullptr)
		return false;
	uint32_t bit = (uint32_t)__builtin_ctzll(~t->used[t->hint]);
	uint32_t i = t->hint * 64 + bit;
	if (!slot_make(t, i))
		return false;
	t->used[t->hint] |= 1ull << bit;
	*slot = t->first + i;
	*state = &t->at[i];
	atomic_store_explicit(&t->at[i].offset, 0, memory_order_relaxed);
	atomic_store_explicit(&t->at[i].idle, 0, memory_order_relaxed);
	return true;
}

static struct files_state_table *table_of(struct files_line *l, uint32_t slot)
{
	struct files_state_table *t = l->tables;

	while (t != nullptr && slot - t->first >= FILE_SLOTS_PER_TABLE)
		t = t->next;
	return t;
}

void state_give(struct files_line *l, uint32_t slot)
{
	struct files_state_table *t = table_of(l, slot);
	uint32_t word = (slot - t->first) / 64;

	t->used[word] &= ~(1ull << slot % 64);
	if (word < t->hint)
		t->hint = word;
}

int states_share(struct files_line *l, uint32_t table, fut_handle *handle)
{
	constexpr uint32_t most = UINT32_MAX / FILE_SLOTS_PER_TABLE;
	struct files_state_table *t =
		table < most ? table_of(l, table * FILE_SLOTS_PER_TABLE) : nullptr;

	if (t == nullptr)
		return -EINVAL;
	return fut_handle_duplicate(t->memory,
				    RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE |
					    RIGHT_TRANSFER | RIGHT_INHERIT,
				    handle) == OK
		       ? 0
		       : -ENOMEM;
}

void states_drop(struct files_line *l)
{
	for (struct files_state_table *t = l->tables, *next; t != nullptr; t = next) {
		next = t->next;
		/* If it cannot be unmapped for lack of memory the range stays, unused. */
		(void)fut_space_unmap(0, (uint64_t)t->at, TABLE_SIZE);
		(void)fut_handle_close(t->memory);
		free(t);
	}
	l->tables = nullptr;
}
