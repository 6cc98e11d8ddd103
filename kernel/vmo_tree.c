/* SPDX-License-Identifier: MPL-2.0 */
/* The radix tree of a memory object's pages: vmo.h. */
#include "kernel/assert.h"
#include "kernel/pool.h"
#include "kernel/task.h"
#include "kernel/vmo.h"

POOL(nodes, struct vmo_node);

static struct vmo_node *dead; /* nodes without references, their slots still full */

static struct vmo_node *node_create(struct quota *quota, unsigned level)
{
	struct vmo_node *n = pool_take(&nodes, quota);

	if (n != nullptr) {
		n->refs = 1;
		n->level = level;
		n->quota = quota;
	}
	return n;
}

static struct vmo_node *slot_node(uint64_t slot)
{
	return (struct vmo_node *)slot;
}

void node_put(struct vmo_node *node)
{
	if (node == nullptr || --node->refs > 0)
		return;
	node->next = dead;
	dead = node;
	reap_want();
}

/* The first slot from `i` on that is not empty; 64 if there is none. Most nodes hold little. */
static inline unsigned slot_used(const struct vmo_node *node, unsigned i)
{
	for (; i % 8 != 0; i++)
		if (node->slots[i] != 0)
			return i;
	for (; i < 64; i += 8) {
		const uint64_t *s = &node->slots[i];

		if ((s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7]) != 0)
			break;
	}
	while (i < 64 && node->slots[i] == 0)
		i++;
	return i;
}

static void node_empty(struct vmo_node *node)
{
	for (unsigned i = slot_used(node, 0); i < 64; i = slot_used(node, i + 1)) {
		uint64_t slot = node->slots[i];

		if (node->level == 0)
			frame_put(slot_page(slot));
		else
			node_put(slot_node(slot));
	}
}

bool nodes_reap(unsigned *work)
{
	while (dead != nullptr) {
		struct vmo_node *node = dead;

		if (*work == 0)
			return false;
		(*work)--;
		dead = node->next;
		node_empty(node);
		pool_give(&nodes, node->quota, node);
	}
	return true;
}

/* A copy that shares all children. */
static struct vmo_node *node_copy(struct quota *quota, struct vmo_node *from)
{
	struct vmo_node *to = node_create(quota, from->level);

	if (to == nullptr)
		return nullptr;
	for (unsigned i = slot_used(from, 0); i < 64; i = slot_used(from, i + 1)) {
		uint64_t slot = from->slots[i];

		to->slots[i] = from->level == 0 ? slot & ~SLOT_FLAGS : slot;
		if (from->level == 0)
			frame_get(slot_page(slot));
		else
			slot_node(slot)->refs++;
	}
	from->refs--; /* not the last: it was shared */
	return to;
}

/* Add levels until the tree reaches `index`. */
static bool tree_raise(struct vmo *vmo, uint64_t index)
{
	while (vmo->height * NODE_SHIFT < 64 && index >> (vmo->height * NODE_SHIFT) != 0) {
		if (vmo->root != nullptr) {
			struct vmo_node *top = node_create(vmo->object.quota, vmo->height);

			if (top == nullptr)
				return false;
			top->slots[0] = (uint64_t)vmo->root;
			vmo->root = top;
		}
		vmo->height++;
	}
	return true;
}

uint64_t *slot_make(struct vmo *vmo, uint64_t index)
{
	struct quota *quota = vmo->object.quota;
	uint64_t root, *at = &root;

	index += vmo->start;
	if (!tree_raise(vmo, index))
		return nullptr;
	if (vmo->height == 0)
		vmo->height = 1;
	root = (uint64_t)vmo->root;
	for (unsigned level = vmo->height; level-- > 0;) {
		struct vmo_node *node = slot_node(*at);

		if (node == nullptr)
			node = node_create(quota, level);
		else if (node->refs > 1)
			node = node_copy(quota, node);
		if (node == nullptr)
			return nullptr;
		*at = (uint64_t)node;
		if (at == &root)
			vmo->root = node;
		at = &node->slots[index >> (level * NODE_SHIFT) & 63];
	}
	return at;
}

uint64_t *slot_look(const struct vmo *vmo, uint64_t index, bool *alone)
{
	struct vmo_node *node = vmo->root;

	*alone = true;
	index += vmo->start;
	if (node == nullptr ||
	    (vmo->height * NODE_SHIFT < 64 && index >> (vmo->height * NODE_SHIFT) != 0))
		return nullptr;
	for (unsigned level = vmo->height - 1u;; level--) {
		uint64_t *at = &node->slots[index >> (level * NODE_SHIFT) & 63];

		if (node->refs > 1)
			*alone = false;
		if (level == 0)
			return at;
		node = slot_node(*at);
		if (node == nullptr)
			return nullptr;
	}
}

uint64_t *slot_next(struct vmo *vmo, uint64_t *index, uint64_t end)
{
	while (*index < end) {
		struct vmo_node *node = vmo->root;
		uint64_t i = *index + vmo->start;
		unsigned level = vmo->height;

		if (node == nullptr || (level * NODE_SHIFT < 64 && i >> (level * NODE_SHIFT) != 0))
			return nullptr;
		while (level-- > 0) {
			uint64_t *at = &node->slots[i >> (level * NODE_SHIFT) & 63];

			if (*at != 0 && level == 0)
				return at;
			if (*at == 0) {
				/* Nothing below: go to the next slot of this level. */
				*index = (((i >> (level * NODE_SHIFT)) + 1)
					  << (level * NODE_SHIFT)) -
					 vmo->start;
				break;
			}
			node = slot_node(*at);
		}
	}
	return nullptr;
}

/* --- Finding pages --- */

/* Look in the pager's object behind a clone. */
static enum page_result behind_read(struct vmo *vmo, uint64_t index, struct page_ref *ref)
{
	bool alone;
	uint64_t at = index + vmo->behind_start;

	if (at >= vmo->behind->size >> PAGE_SHIFT)
		return PAGE_OUTSIDE;
	uint64_t *slot = slot_look(vmo->behind, at, &alone);

	if (slot == nullptr || *slot == 0) {
		ref->asked = vmo->behind;
		ref->asked_index = at;
		return vmo->behind->port != nullptr ? PAGE_ABSENT : PAGE_OUTSIDE;
	}
	ref->page = slot_page(*slot);
	return PAGE_FOUND;
}

enum page_result vmo_page_read(struct vmo *vmo, uint64_t index, struct page_ref *ref)
{
	bool alone;

	*ref = (struct page_ref){};
	if (index >= vmo->size >> PAGE_SHIFT)
		return PAGE_OUTSIDE;
	if (vmo->kind == VMO_PHYSICAL) {
		ref->page = paddr_add(vmo->base, index << PAGE_SHIFT);
		ref->writable = true;
		return PAGE_FOUND;
	}
	uint64_t *slot = slot_look(vmo, index, &alone);

	if (slot != nullptr && *slot != 0) {
		ref->page = slot_page(*slot);
		ref->writable = slot_is_writable(vmo, *slot, alone);
		return PAGE_FOUND;
	}
	if (vmo->kind == VMO_PAGER) {
		ref->asked = vmo;
		ref->asked_index = index;
		return vmo->port != nullptr ? PAGE_ABSENT : PAGE_OUTSIDE;
	}
	return index < vmo->behind_end ? behind_read(vmo, index, ref) : PAGE_ZERO;
}

/* Put a new page, zero or a copy of `from`, where `old` (0: nothing) was. */
static enum page_result page_replace(struct vmo *vmo, uint64_t *slot, bool copy, paddr from,
				     struct page_ref *ref)
{
	uint64_t old = *slot;

	if (!frame_alloc(vmo->object.quota, FRAME_USER, &ref->page))
		return PAGE_NO_MEMORY;
	if (copy)
		page_copy(direct(ref->page), direct(from));
	else
		page_zero(direct(ref->page));
	*slot = ref->page.raw | (vmo->kind == VMO_PAGER ? SLOT_DIRTY : 0);
	if (old != 0)
		frame_put(slot_page(old));
	ref->changed = true;
	ref->writable = true;
	return PAGE_FOUND;
}

enum page_result vmo_page_write(struct vmo *vmo, uint64_t index, struct page_ref *ref)
{
	enum page_result r = vmo_page_read(vmo, index, ref);
	paddr from = ref->page;

	if (r == PAGE_OUTSIDE || r == PAGE_ABSENT || (r == PAGE_FOUND && ref->writable))
		return r;
	uint64_t *slot = slot_make(vmo, index);

	if (slot == nullptr)
		return PAGE_NO_MEMORY;
	if (*slot != 0 && frame_find(slot_page(*slot))->refs == 1) {
		/* Its nodes were shared, or it was clean. */
		if (vmo->kind == VMO_PAGER)
			*slot |= SLOT_DIRTY;
		ref->writable = true;
		return PAGE_FOUND;
	}
	return page_replace(vmo, slot, r == PAGE_FOUND, from, ref);
}

bool vmo_page_put(struct vmo *vmo, uint64_t index, paddr page)
{
	uint64_t *slot = slot_make(vmo, index);

	if (slot == nullptr)
		return false;
	assert(*slot == 0);
	*slot = page.raw;
	return true;
}

/* --- Dropping pages --- */

enum err vmo_drop_pages(struct vmo *vmo, uint64_t index, uint64_t n, unsigned *work)
{
	uint64_t end = index + n;

	for (; slot_next(vmo, &index, end) != nullptr; index++) {
		if (*work == 0)
			return ERR_AGAIN;
		(*work)--;
		uint64_t *slot = slot_make(vmo, index);

		if (slot == nullptr)
			return ERR_NO_MEMORY; /* to part from a clone */
		frame_put(slot_page(*slot));
		*slot = 0;
	}
	return OK;
}

uint64_t vmo_count_pages(struct vmo *vmo, uint64_t index, uint64_t n, uint64_t *shared)
{
	uint64_t count = 0, end = index + n;
	const uint64_t *slot;
	bool alone;

	*shared = 0;
	while (slot_next(vmo, &index, end) != nullptr) {
		slot = slot_look(vmo, index, &alone);
		uint64_t rest = 64 - (index + vmo->start) % 64; /* of its node */
		uint64_t part = rest < end - index ? rest : end - index;

		for (uint64_t i = 0; i < part; i++)
			if (slot[i] != 0) {
				count++;
				*shared += !alone || frame_find(slot_page(slot[i]))->refs > 1;
			}
		index += part;
	}
	return count;
}
