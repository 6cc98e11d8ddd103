/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory objects. Pages hang in a radix tree of 64-way nodes, counted, so that a clone shares its
 * origin's whole tree by one count at the root; who writes first copies the nodes on the way down
 * (Driscoll et al., "Making Data Structures Persistent", 1989, path copying).
 *
 * A clone of a pager's object starts empty and looks behind itself, at the pager's object, for what
 * it has not written.
 */
#pragma once
#include "kernel/frame.h"
#include "kernel/object.h"

struct mapping;
struct port;

enum vmo_kind : uint8_t { VMO_ANONYMOUS, VMO_RUN, VMO_PHYSICAL, VMO_PAGER };

struct vmo_node {
	uint32_t refs;
	uint32_t level; /* 0: slots hold pages */
	struct quota *quota;
	struct vmo_node *next; /* in the reaper's stack */
	uint64_t slots[64];    /* 0, a node's address, or a page's with flags */
};

constexpr unsigned NODE_SHIFT = 6;
constexpr uint64_t SLOT_DIRTY = 1; /* a pager's page that was written */
constexpr uint64_t SLOT_FLAGS = PAGE_SIZE - 1;

struct vmo {
	struct object object;
	enum vmo_kind kind;
	uint8_t height; /* levels of the tree */
	bool fresh;     /* made by space_map without a handle: unmapped pages are freed */
	uint64_t size;  /* bytes, whole pages */
	uint64_t start; /* page index in the tree of the object's first page */
	struct vmo_node *root;
	struct list mappings; /* of struct mapping */
	struct list windows;  /* of struct window: pages that devices use, and that stay in place */
	struct list behind_link; /* in behind->fronts */
	struct list fronts;      /* clones that look behind themselves at this object */
	struct vmo *behind;      /* a reference */
	uint64_t behind_start;   /* page index there of this object's first page */
	uint64_t behind_end; /* pages of this object, from the first on, that may come from there */
	struct port *port;   /* the pager's; a reference */
	uint64_t badge;
	paddr base; /* physical: the first page */
	enum page_flags caching;
	struct vmo *copy; /* during task_clone: what it became in the clone */
};

constexpr uint64_t VMO_SIZE_MAX = 1ull << 47;

/* What looking for a page gave. */
enum page_result : uint8_t {
	PAGE_FOUND,
	PAGE_ZERO,    /* none there: for reading, zeros */
	PAGE_ABSENT,  /* has to come from the pager of `asked` */
	PAGE_OUTSIDE, /* past the end, or the pager is gone */
	PAGE_NO_MEMORY,
};

struct page_ref {
	paddr page;
	bool writable;     /* the page is this object's alone: it may be mapped writable */
	bool changed;      /* another page stands there now than before */
	struct vmo *asked; /* PAGE_ABSENT: the pager's object, and the index in it */
	uint64_t asked_index;
};

struct vmo *vmo_create(struct quota *quota, uint64_t size);
enum err vmo_clone(struct vmo *vmo, uint64_t offset, uint64_t size, struct quota *quota,
		   struct vmo **clone);
void vmo_release(void *vmo);
/* Find the page at an index to read it, changing nothing. */
enum page_result vmo_page_read(struct vmo *vmo, uint64_t index, struct page_ref *ref);
/* Find or make the page at an index, this object's alone. Other mappings of a page that was there
 * before are undone. */
enum page_result vmo_page_write(struct vmo *vmo, uint64_t index, struct page_ref *ref);
/* Put a page of the caller's making, whose reference is taken over, where reading gave PAGE_ZERO.
 * False: no memory for it. */
bool vmo_page_put(struct vmo *vmo, uint64_t index, paddr page);
/* Drop pages, at most *work of them: ERR_AGAIN if some are left. ERR_NO_MEMORY: a clone shares the
 * nodes, and there is none for copies. */
enum err vmo_drop_pages(struct vmo *vmo, uint64_t index, uint64_t n, unsigned *work);
/* *shared: those of them that it shares with a clone. */
uint64_t vmo_count_pages(struct vmo *vmo, uint64_t index, uint64_t n, uint64_t *shared);
/* Remove the pages from every mapping, or only make them read-only there. */
void vmo_unmap_pages(struct vmo *vmo, uint64_t index, uint64_t n);
void vmo_unmap_pages_but(struct vmo *vmo, uint64_t index, const struct mapping *but); /* one page */
void vmo_protect_pages(struct vmo *vmo, uint64_t index, uint64_t n);

/* Give a tree's nodes to the reaper. */
void node_put(struct vmo_node *node);
bool nodes_reap(unsigned *work); /* true when none is left */
/* The first slot with something in it from *index on and before `end`, or nullptr; for reading. */
uint64_t *slot_next(struct vmo *vmo, uint64_t *index, uint64_t end);
/* The slot at an index as it is, or nullptr where a node is missing; *alone tells whether every
 * node on the way is this object's alone. The slots of the following indices follow, to its end. */
uint64_t *slot_look(const struct vmo *vmo, uint64_t index, bool *alone);
/* The slot at an index, in nodes of this object alone; nullptr: no memory. */
uint64_t *slot_make(struct vmo *vmo, uint64_t index);

/* What devices reach is never copied: a clone of a task shares it. */
static inline bool vmo_may_copy(const struct vmo *vmo)
{
	return vmo->kind != VMO_PHYSICAL && vmo->kind != VMO_RUN && list_is_empty(&vmo->windows);
}

static inline paddr slot_page(uint64_t slot)
{
	return (paddr){ slot & ~SLOT_FLAGS };
}

/* May the page in a slot be mapped writable as it is? */
static inline bool slot_is_writable(const struct vmo *vmo, uint64_t slot, bool alone)
{
	return alone && frame_find(slot_page(slot))->refs == 1 &&
	       (vmo->kind != VMO_PAGER || (slot & SLOT_DIRTY) != 0);
}
