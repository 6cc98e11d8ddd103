/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The guest's address space. Addresses are chosen here; the table has what the kernel does not know
 * of a mapping. All functions want process.locks.maps held, and give 0 or a negative errno.
 */
#pragma once
#include "abi/kernel.h"
#include "lib/futura/lock.h"
#include "posix/abi/maps.h"
#include "posix/core/layout.h"

extern struct map_table maps;

/* Something that can be mapped: a file's contents, or memory that is shared. The handle becomes the
 * backing's. One reference; nullptr if there is no memory. */
struct map_backing *backing_new(fut_handle vmo, const char *path, uint64_t node, uint32_t mount);
void backing_drop(struct map_backing *b);

static inline struct map_backing *backing_of(const struct map_entry *m)
{
	return (struct map_backing *)m->backing;
}

struct map_request {
	uint64_t address, size;      /* whole pages; address 0: anywhere, else a wish */
	bool fixed, replace;         /* exactly there; in place of what is there */
	bool low;                    /* MAP_32BIT */
	bool commit;                 /* MAP_POPULATE */
	uint32_t flags;              /* enum map_flags */
	struct map_backing *backing; /* nullptr: fresh memory */
	uint64_t offset;
};

/* Map; the result is the address. The table takes a reference of its own to the backing. */
int64_t maps_add(const struct map_request *r);
int64_t maps_remove(uint64_t address, uint64_t size);
/* PROT_ bits as they are meant: personality(READ_IMPLIES_EXEC). */
uint32_t maps_access(uint32_t access);
/* The three access bits. ENOMEM if part of the range is not mapped. */
int64_t maps_protect(uint64_t address, uint64_t size, uint32_t access);
/* After a fault: let the page at the address be written, or executed, if it may be both. */
bool maps_switch(uint64_t address, bool to_execute);
/* As mremap; `to` is 0 or the new address. */
int64_t maps_move(uint64_t address, uint64_t size, uint64_t new_size, bool may_move, bool keep,
		  uint64_t to);
/* Throw private contents away: what stands behind shows again. */
int64_t maps_discard(uint64_t address, uint64_t size);
/* What a fork does with the range: flags MAP_IS_NOT_FORKED, MAP_IS_WIPED. */
int64_t maps_at_fork(uint64_t address, uint64_t size, uint32_t set, uint32_t clear);
/* mlock and its opposite; MAP_IS_LOCKED is all that it sets. */
int64_t maps_lock(uint64_t address, uint64_t size, bool set);
/* Is it private memory without a file, for MADV_FREE? */
bool maps_may_free(uint64_t address, uint64_t size);
/* Does the range hold locked memory? */
bool maps_has_locked(uint64_t address, uint64_t size);
/* Bytes that are locked; bytes that are mapped. */
uint64_t maps_locked(void);
uint64_t maps_size(void);
extern bool maps_lock_new; /* MCL_FUTURE */
/* In the child of one: what was not to be there is not. */
void maps_forked(void);
/* The entry at the address or the first above it; nullptr if there is none. */
struct map_entry *maps_find(uint64_t address);
/* Is all of the range mapped? */
bool maps_cover(uint64_t address, uint64_t size);
/* A free range of that size, below `below`; 0 if there is none. */
uint64_t maps_gap(uint64_t size, uint64_t below);
/* Unmap everything, for exec. */
void maps_clear(void);
/* Where gaps are looked for first: below it. Chosen at exec. */
extern uint64_t maps_top;
