/* SPDX-License-Identifier: MPL-2.0 */
/* One tree node: slots sorted by key grow from the front, values from the back. */
#include "futurafs/node.h"

/* Searches mostly come to where the last one did, or to the slot after: bounds from a look there.
 */
static void finger_look(const struct node *n, struct key k, uint32_t *low, uint32_t *high)
{
	uint32_t at = n->finger;

	if (at >= *high)
		return;
	if (key_less(node_key(n, at), k)) {
		*low = at + 1;
		if (at + 1 < *high && !key_less(node_key(n, at + 1), k))
			*high = at + 1;
	} else {
		*high = at;
		if (at > 0 && key_less(node_key(n, at - 1), k))
			*low = at;
	}
}

uint32_t node_search(struct node *n, struct key k)
{
	uint32_t low = 0, high = node_count(n);

	finger_look(n, k, &low, &high);
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (key_less(node_key(n, mid), k))
			low = mid + 1;
		else
			high = mid;
	}
	n->finger = low;
	return low;
}

uint32_t node_child(struct node *n, struct key k)
{
	uint32_t i = node_search(n, k);

	if (i < node_count(n) && key_equal(node_key(n, i), k))
		return i;
	return i > 0 ? i - 1 : 0; /* the first child also takes what is below its key */
}

struct ptr node_ptr(const struct node *n, uint32_t i)
{
	const struct d_ptr *p = (const struct d_ptr *)node_value(n, i);

	return (struct ptr){ get64(p->addr), get32(p->crc) };
}

void node_set_ptr(struct node *n, uint32_t i, struct ptr p)
{
	struct d_ptr *d = (struct d_ptr *)node_value(n, i);

	*d = (struct d_ptr){ put64(p.addr), put32(p.crc) };
}

void node_format(struct fs *fs, struct node *n, uint8_t level)
{
	bytes_zero(n->d, fs->block_size);
	n->garbage = 0;
	n->d->magic = put32(NODE_MAGIC);
	n->d->fsid = put32(fs->fsid);
	n->d->level = level;
	n->d->values = put16((uint16_t)fs->block_size);
	n->d->high = key_put((struct key){ UINT64_MAX, UINT64_MAX });
}

static uint32_t node_gap(const struct node *n)
{
	return get16(n->d->values) - (uint32_t)sizeof(struct d_node) -
	       node_count(n) * (uint32_t)sizeof(struct d_slot);
}

uint32_t node_free(const struct node *n)
{
	return node_gap(n) + n->garbage;
}

uint32_t node_used(const struct fs *fs, const struct node *n)
{
	return node_room(fs) - node_free(n);
}

/* Move the values together at the end of the block. */
static void node_compact(struct fs *fs, struct node *n)
{
	uint8_t *old = fs->scratch_node;
	uint32_t at = fs->block_size;

	bytes_copy(old, n->d, fs->block_size);
	for (uint32_t i = 0; i < node_count(n); i++) {
		struct d_slot *s = &n->d->slot[i];

		at -= get16(s->len);
		bytes_copy((uint8_t *)n->d + at, old + get16(s->off), get16(s->len));
		s->off = put16((uint16_t)at);
	}
	n->d->values = put16((uint16_t)at);
	n->garbage = 0;
}

bool node_replace(struct fs *fs, struct node *n, uint32_t i, const void *val, uint32_t len)
{
	struct d_slot *s = &n->d->slot[i];
	uint32_t had = get16(s->len);

	if (len > had) {
		n->garbage += had;
		s->len = put16(0);
		if (node_free(n) < len)
			return false;
		if (node_gap(n) < len)
			node_compact(fs, n);
		s->off = put16((uint16_t)(get16(n->d->values) - len));
		n->d->values = s->off;
	} else {
		n->garbage += had - len;
	}
	s->len = put16((uint16_t)len);
	bytes_copy(node_value(n, i), val, len);
	return true;
}

void node_insert(struct fs *fs, struct node *n, uint32_t i, struct key k, const void *val,
		 uint32_t len)
{
	uint32_t count = node_count(n);

	if (node_gap(n) < sizeof(struct d_slot) + len)
		node_compact(fs, n);
	uint32_t at = get16(n->d->values) - len;
	bytes_copy((uint8_t *)n->d + at, val, len);
	n->d->values = put16((uint16_t)at);
	bytes_move(&n->d->slot[i + 1], &n->d->slot[i], (count - i) * sizeof(struct d_slot));
	n->d->slot[i] = (struct d_slot){ key_put(k), put16((uint16_t)at), put16((uint16_t)len) };
	n->d->count = put16((uint16_t)(count + 1));
}

void node_remove(struct node *n, uint32_t i)
{
	uint32_t count = node_count(n);

	n->garbage += node_len(n, i);
	bytes_move(&n->d->slot[i], &n->d->slot[i + 1], (count - i - 1) * sizeof(struct d_slot));
	n->d->count = put16((uint16_t)(count - 1));
}

static bool node_slot_is_sound(const struct fs *fs, const struct node *n, uint32_t i)
{
	uint32_t off = get16(n->d->slot[i].off), len = node_len(n, i);

	if (off < get16(n->d->values) || off + len > fs->block_size)
		return false;
	if (n->d->level > 0)
		return len == sizeof(struct d_ptr) && node_ptr(n, i).addr < fs->blocks;
	return len <= fs->item_max;
}

bool node_is_sound(const struct fs *fs, struct node *n)
{
	uint32_t count = node_count(n), values = get16(n->d->values), sum = 0;
	uint32_t slots = (uint32_t)sizeof(struct d_node) + count * (uint32_t)sizeof(struct d_slot);

	if (slots > values || values > fs->block_size || (n->d->level > 0 && count == 0))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!node_slot_is_sound(fs, n, i))
			return false;
		if (i > 0 && !key_less(node_key(n, i - 1), node_key(n, i)))
			return false;
		sum += node_len(n, i);
	}
	if (sum > fs->block_size - values)
		return false;
	n->garbage = fs->block_size - values - sum;
	return true;
}

uint32_t node_crc(struct fs *fs, const struct d_node *d)
{
	size_t from = offsetof(struct d_node, fsid);

	return fs->crc(0, (const uint8_t *)d + from, fs->block_size - from);
}
