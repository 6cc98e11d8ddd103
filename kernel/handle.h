/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Handle tables. A handle is its slot's age above its slot's place: a closed handle stays dead when
 * its slot is used again (until the age wraps after 32,767 reuses of one slot). Places count from
 * 64, and slots lie in chunks of 64, 128, 256, ...: the highest bit of the place tells the chunk,
 * so a table grows without moving, and a lookup takes one step.
 */
#pragma once
#include "kernel/object.h"

constexpr unsigned PLACE_BITS = 18;
constexpr uint32_t PLACE_MASK = (1u << PLACE_BITS) - 1;
constexpr uint32_t PLACE_FIRST = 64;
constexpr unsigned CHUNK_FIRST_BIT = 6;
constexpr unsigned HANDLE_CHUNKS = PLACE_BITS - CHUNK_FIRST_BIT; /* 262,080 slots */

struct leased;
struct task;

struct slot {
	struct object *object; /* nullptr: free */
	uint32_t rights;       /* free: place of the next free slot, 0 if there is none */
	/* The handle; free: its last age with its neighbour's place, to which no handle leads here.
	 */
	uint32_t number;
};

struct handle_table {
	/* By a place's highest bit: its chunk, less the place of the first slot. The bits below the
	 * first chunk's lead into that: to slots whose numbers are others. */
	struct slot *places[PLACE_BITS];
	uint32_t end_bit; /* of the places that exist; 0: none */
	uint32_t free;    /* place of the first free slot, 0 if there is none */
	uint32_t nfree;
	uint32_t nused;
	uint32_t drained; /* slots of the last chunk that handle_table_drain is done with */
};

/* What a handle confers. `lease` is what must still hold for it to be valid, or nullptr. */
struct cap {
	struct object *object;
	uint32_t rights;
	struct leased *lease;
};

/* By object type, from abi/kernel.fipc; with room for the kernel's own types. */
constexpr unsigned TYPE_TABLE = 32;
extern const uint32_t type_life[TYPE_TABLE]; /* the rights any of which keep it in public life */
extern const uint32_t type_rights[TYPE_TABLE];

void handle_table_init(struct handle_table *t);
/* Copy, for a clone, the handles with `inherit` under the same numbers. `to` is initialised. */
enum err handle_table_copy(struct task *to, struct task *from);
/* Close handles, at most `max`; true once none is left, and the table has given its memory back. */
bool handle_table_drain(struct task *task, unsigned max);

/* Room for n more handles: after this n calls of handle_install cannot fail. */
enum err handle_reserve(struct task *task, unsigned n);
/* Enter a capability; the reference in it moves to the table. */
uint32_t handle_install(struct task *task, const struct cap *cap);
/* Look up and describe; the object stays referenced by the table only. */
enum err handle_find(struct task *task, uint32_t handle, struct cap *cap);
/* The same without following leases, for moving a handle: `cap->object` may be a struct leased. */
struct slot *handle_slot(struct task *task, uint32_t handle);
/* Empty a slot; its reference and its part in the object's life move to the caller. */
struct cap handle_take(struct task *task, uint32_t handle);
void handle_close(struct task *task, uint32_t handle);
/* Drop what handle_take gave. */
void cap_drop(const struct cap *cap);
/* Make a further capability with at most these rights; takes a reference. */
struct cap cap_copy(struct slot *slot, uint32_t rights);
/* An object's first capability, with all rights of its type; takes over the reference. */
struct cap cap_first(void *object);
