/* SPDX-License-Identifier: MPL-2.0 */
/* The device's side of a virtio block queue. */
#include "drivers/virtio_blk/test/disk.h"
#include <stdlib.h>
#include <string.h>

unsigned disk_init(struct disk *d, unsigned size, bool is_indirect)
{
	memset(d, 0, sizeof(*d));
	d->ring = calloc(1, virtq_bytes(size));
	d->shared = calloc(BLK_SLOTS, sizeof(*d->shared));
	return blk_queue_init(&d->q, d->ring, size, d->shared, (uint64_t)d->shared, is_indirect);
}

void disk_fini(struct disk *d)
{
	free(d->ring);
	free(d->shared);
}

bool disk_take(struct disk *d, struct disk_request *r)
{
	struct virtq *v = &d->q.virtq;
	struct virtq_desc chain[BLK_SEGMENTS + 3];
	unsigned n = 0;

	if (d->next == v->avail->index)
		return false;
	r->head = v->avail->ring[d->next++ & (v->size - 1)];
	const struct virtq_desc *table = v->desc, *at = &v->desc[r->head];
	if (at->flags == VIRTQ_INDIRECT) {
		table = (const struct virtq_desc *)at->address;
		at = table;
	}
	for (;; at = &table[at->next]) {
		if (n == BLK_SEGMENTS + 3)
			abort(); /* a circle, or too long */
		chain[n++] = *at;
		if ((at->flags & VIRTQ_NEXT) == 0)
			break;
	}
	if (n < 2 || chain[0].size != 16 || chain[n - 1].size != 1 ||
	    (chain[0].flags & VIRTQ_WRITE) != 0 || (chain[n - 1].flags & VIRTQ_WRITE) == 0)
		abort(); /* not what 5.2.6 says */
	memcpy(&r->type, (void *)chain[0].address, 4);
	memcpy(&r->sector, (void *)(chain[0].address + 8), 8);
	r->status = (uint8_t *)chain[n - 1].address;
	r->nsegments = n - 2;
	memcpy(r->segment, chain + 1, r->nsegments * sizeof(*chain));
	return true;
}

void disk_used(struct disk *d, uint32_t id)
{
	struct virtq_used *u = d->q.virtq.used;

	u->ring[u->index & (d->q.virtq.size - 1)].id = id;
	u->index++;
}

static void transfer(struct disk *d, const struct disk_request *r)
{
	char *at = d->sectors[r->sector % DISK_SECTORS],
	     *end = (char *)d->sectors + sizeof(d->sectors);

	for (unsigned i = 0; i < r->nsegments; i++) {
		void *memory = (void *)r->segment[i].address;
		size_t n = r->segment[i].size;
		bool is_read = r->segment[i].flags & VIRTQ_WRITE;
		if (n > (size_t)(end - at) || is_read != (r->type == 0))
			abort(); /* past the end, or the wrong way */
		memcpy(is_read ? memory : at, is_read ? at : memory, n);
		at += n;
	}
}

void disk_do(struct disk *d, const struct disk_request *r)
{
	if (r->type <= 1)
		transfer(d, r);
	d->nflushes += r->type == 4;
	*r->status = 0;
	disk_used(d, r->head);
}
