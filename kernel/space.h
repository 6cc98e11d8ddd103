/* SPDX-License-Identifier: MPL-2.0 */
/* Address spaces: mappings in order of address, and the page tables that follow from them. */
#pragma once
#include "abi/info.h"
#include "kernel/arch.h"
#include "kernel/lease.h"
#include "kernel/list.h"
#include "kernel/tree.h"

struct cap;
struct cpu;
struct quota;
struct thread;
struct vmo;

struct mapping {
	struct tree_node node; /* key: address */
	struct space *space;
	struct list link; /* in vmo->mappings, or in none */
	vaddr address;
	uint64_t size;
	struct vmo *vmo; /* a reference; nullptr: guard, area, clock */
	uint64_t offset; /* in the vmo; of area and clock: the first page's physical address */
	uint32_t flags;  /* MAP_READ.. MAP_EXEC, MAP_GUARD, inherit mode */
	uint32_t allowed;
	enum mapping_kind kind;
	struct lease_use use;
};

struct space {
	struct tree mappings;
	struct mapping *last; /* found last, or nullptr */
	struct quota *quota;  /* pays for tables and mappings; its task's */
	paddr root;
	uint64_t roots[USER_ROOT_ENTRIES / 64]; /* bits: its entries that are present */
	pte *leaf;                              /* the table of leaves that was used last, */
	uint64_t leaf_number;                   /* by address >> 21; UINT64_MAX: none */
	bool leaf_writable;                     /* no entry above it is protected */
	struct space_id id;
	bool dying;
	bool cloning;      /* space_clone is at work */
	uint64_t mapped;   /* bytes */
	uint64_t resident; /* pages in the page tables */
	vaddr hint;        /* below it the next free range is looked for */
};

/* FAULT_NONE: resolved. FAULT_PAGER: a page has to be asked for. */
constexpr enum fault_kind FAULT_PAGER = (enum fault_kind)100;

struct space *space_kernel(void);
void space_kernel_init(void);
bool space_init(struct space *s, struct quota *quota);
/* Where the kernel chooses places for mappings it starts somewhere below a random page. */
void space_shuffle(struct space *s);
/* The CPUs that have it loaded (bits): few, so they are looked for, not noted at every switch. */
uint64_t space_cpus(const struct space *s);
/* Undo mappings, about *work pages' worth; true once none is left and no CPU uses it. */
bool space_reap(struct space *s, unsigned *work);
/* The clone's mappings, as the inherit modes say. */
enum err space_clone(struct space *to, struct space *from, uint32_t flags);

struct mapping *space_find(struct space *s, vaddr va);      /* that contains va */
struct mapping *space_find_from(struct space *s, vaddr va); /* that contains va, or the next */
enum fault_kind space_fault(struct space *s, vaddr va, enum fault_access access);
/* Map, of n pages from va on, those that its object has already. True if that was all. */
bool space_fill(struct mapping *m, vaddr va, uint64_t n);
/* After FAULT_PAGER: let the thread call the pager. FAULT_NONE: it waits now, and will repeat what
 * it did. */
enum fault_kind space_ask_pager(struct thread *t, vaddr va, enum fault_access access);
/* Map pages that are no memory object's: a thread's area (two pages), the clock. */
enum err space_map_pages(struct space *s, vaddr address, uint64_t size, paddr first, uint32_t flags,
			 enum mapping_kind kind);
void space_unmap_pages(struct space *s, vaddr address);
/* The page of RAM at va, made present for reading or writing as by a fault. */
enum fault_kind space_page(struct space *s, vaddr va, enum fault_access access, paddr *page);

/* Between the caller's memory at `mine` and another space: out of it, into it, or into it even
 * where only reading is allowed. */
enum copy_mode : uint8_t { COPY_OUT_OF, COPY_INTO, COPY_FORCE };
enum err space_copy(struct thread *self, struct space *s, vaddr va, vaddr mine, size_t n,
		    enum copy_mode mode, uint64_t *count);
