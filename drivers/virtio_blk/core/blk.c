/* SPDX-License-Identifier: MPL-2.0 */
/* Requests in a queue of a virtio block device. */
#include "drivers/virtio_blk/core/blk.h"
#include "protocol/block.h"

enum type : uint32_t { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, WRITE_ZEROES = 13 };
enum status : uint8_t {
	STATUS_OK = 0,
	STATUS_IOERR = 1,
	STATUS_UNSUPPORTED = 2,
	STATUS_NONE = 255
};
constexpr uint32_t SECTOR_MAX = 64 << 10; /* larger sectors than that nobody has */

static bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static uint32_t at_most(uint64_t n, uint32_t most)
{
	return n < most ? (uint32_t)n : most;
}

/* How many sectors a discard or zero may have; 0 of the device means that it does not say. */
static uint32_t erase_max(uint32_t max, uint32_t per_sector)
{
	return (max != 0 ? max : UINT32_MAX) / per_sector;
}

/* Bytes of a request: a page is lost where it does not begin with one. */
static uint32_t bytes_max(const struct blk_limits *l)
{
	uint32_t per_page = l->segment_max < 4096 ? (4095 + l->segment_max) / l->segment_max : 1;
	uint32_t npages = l->nsegments / per_page;
	uint32_t bytes = at_most(npages > 1 ? (npages - 1) * 4096ull : 0, BLK_BYTES_MAX);

	bytes -= bytes % l->sector_size;
	return bytes != 0 ? bytes : l->sector_size;
}

enum err blk_limits_find(const struct blk_config *c, uint64_t features, struct blk_limits *l)
{
	uint32_t size = features & BLK_F_BLK_SIZE ? c->blk_size : 512, per_sector = size / 512;

	if (!is_power_of_two(size) || size < 512 || size > SECTOR_MAX)
		return ERR_IO;
	*l = (struct blk_limits){
		.sectors = c->capacity / per_sector,
		.sector_size = size,
		.physical_size = size,
		.segment_max = features & BLK_F_SIZE_MAX ? c->size_max : BLK_BYTES_MAX,
		.nsegments = features & BLK_F_SEG_MAX ? at_most(c->seg_max, BLK_SEGMENTS) : 1,
		.nqueues = features & BLK_F_MQ && c->nqueues > 1 ? c->nqueues : 1,
		.can_flush = features & BLK_F_FLUSH,
		.is_read_only = features & BLK_F_RO,
	};
	if (features & BLK_F_DISCARD)
		l->max_discard = erase_max(c->max_discard, per_sector);
	if (features & BLK_F_WRITE_ZEROES)
		l->max_zero = erase_max(c->max_zeroes, per_sector);
	if (features & BLK_F_TOPOLOGY && c->physical_exponent < 16)
		l->physical_size = at_most((uint64_t)size << c->physical_exponent, 1 << 30);
	if (l->sectors > INT64_MAX / SECTOR_MAX || l->segment_max < 512)
		return ERR_IO;
	l->max_bytes = bytes_max(l);
	return OK;
}

void blk_limits_narrow(struct blk_limits *l, unsigned nsegments)
{
	if (nsegments < l->nsegments)
		l->nsegments = nsegments;
	l->max_bytes = bytes_max(l);
}

unsigned blk_queue_init(struct blk_queue *q, void *ring, unsigned size, struct blk_shared *shared,
			uint64_t shared_address, bool is_indirect)
{
	*q = (struct blk_queue){ .shared = shared,
				 .shared_address = shared_address,
				 .is_indirect = is_indirect };
	virtq_init(&q->virtq, ring, size);
	/* Without tables of their own, requests share out the queue's: a few with several segments
	 * each. */
	q->span = is_indirect ? 1 : size < 16 ? size : 16;
	q->nslots = size / q->span < BLK_SLOTS ? size / q->span : BLK_SLOTS;
	return is_indirect ? BLK_SEGMENTS : q->span > 2 ? q->span - 2 : 0;
}

static uint32_t type_of(uint32_t op)
{
	switch (op) {
	case BLOCK_OP_READ:
		return IN;
	case BLOCK_OP_WRITE:
		return OUT;
	case BLOCK_OP_FLUSH:
		return FLUSH;
	case BLOCK_OP_DISCARD:
		return DISCARD;
	case BLK_OP_ID:
		return GET_ID;
	default:
		return WRITE_ZEROES;
	}
}

/* A chain under construction: descriptors that follow each other, from number `first` on. */
struct chain {
	struct virtq_desc *table;
	unsigned first, n;
};

static void chain_add(struct chain *c, uint64_t address, uint32_t size, uint16_t flags)
{
	if (c->n > 0) {
		struct virtq_desc *before = &c->table[c->first + c->n - 1];
		before->flags |= VIRTQ_NEXT;
		before->next = (uint16_t)(c->first + c->n);
	}
	c->table[c->first + c->n++] =
		(struct virtq_desc){ .address = address, .size = size, .flags = flags };
}

static uint64_t shared_at(const struct blk_queue *q, unsigned slot, size_t offset)
{
	return q->shared_address + slot * sizeof(struct blk_shared) + offset;
}

/* Header, data, status: 5.2.6. */
static void slot_put(struct blk_queue *q, unsigned slot, const struct blk_job *job)
{
	struct blk_shared *s = &q->shared[slot];
	bool is_erase = job->op == BLOCK_OP_DISCARD || job->op == BLOCK_OP_ZERO;
	bool has_sector = job->op == BLOCK_OP_READ || job->op == BLOCK_OP_WRITE;
	uint16_t head = (uint16_t)(slot * q->span);
	struct chain c = { q->is_indirect ? s->table : q->virtq.desc, q->is_indirect ? 0 : head,
			   0 };

	s->header.type = type_of(job->op);
	s->header.sector = has_sector ? job->sector : 0;
	s->status = STATUS_NONE;
	chain_add(&c, shared_at(q, slot, offsetof(struct blk_shared, header)), sizeof(s->header),
		  0);
	if (is_erase) {
		s->range.sector = job->sector;
		s->range.count = job->count;
		s->range.flags = 0;
		chain_add(&c, shared_at(q, slot, offsetof(struct blk_shared, range)),
			  sizeof(s->range), 0);
	}
	for (unsigned i = 0; i < job->nsegments; i++)
		chain_add(&c, job->segment[i].address, job->segment[i].size,
			  job->op == BLOCK_OP_WRITE ? 0 : VIRTQ_WRITE);
	chain_add(&c, shared_at(q, slot, offsetof(struct blk_shared, status)), 1, VIRTQ_WRITE);
	if (q->is_indirect)
		q->virtq.desc[head] = (struct virtq_desc){
			.address = shared_at(q, slot, offsetof(struct blk_shared, table)),
			.size = c.n * (uint32_t)sizeof(struct virtq_desc),
			.flags = VIRTQ_INDIRECT,
		};
	virtq_put(&q->virtq, head);
	q->must_notify = true;
}

void blk_put(struct blk_queue *q, const struct blk_job *job)
{
	unsigned slot = 0;

	while (q->slot[slot].is_busy)
		slot++;
	q->slot[slot] = (struct blk_slot){
		.is_busy = true,
		.flush_follows = job->op == BLOCK_OP_WRITE && job->fua,
		.op = (uint8_t)job->op,
		.memory = job->memory,
		.owner = job->owner,
		.cookie = job->cookie,
	};
	q->nbusy++;
	slot_put(q, slot, job);
}

static enum err error_of(uint8_t status)
{
	switch (status) {
	case STATUS_OK:
		return OK;
	case STATUS_UNSUPPORTED:
		return ERR_UNSUPPORTED;
	default:
		return ERR_IO;
	}
}

enum err blk_take(struct blk_queue *q, struct blk_ended *ended)
{
	for (;;) {
		uint16_t head;
		enum err e = virtq_take(&q->virtq, &head);

		if (e != OK)
			return e;
		unsigned slot = head / q->span;
		struct blk_slot *s = &q->slot[slot < BLK_SLOTS ? slot : 0];
		if (head % q->span != 0 || slot >= q->nslots || !s->is_busy)
			return ERR_IO;
		/* Once: the device may write it again at any time. */
		enum err result = error_of(*(volatile uint8_t *)&q->shared[slot].status);
		if (s->flush_follows && result == OK) {
			s->flush_follows = false;
			slot_put(q, slot, &(struct blk_job){ .op = BLOCK_OP_FLUSH });
			continue;
		}
		s->is_busy = false;
		q->nbusy--;
		*ended = (struct blk_ended){ s->owner, s->cookie, s->memory, result };
		return OK;
	}
}
