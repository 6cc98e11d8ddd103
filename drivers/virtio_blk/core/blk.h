/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Requests to a virtio block device (Virtual I/O Device 1.2, section 5.2) in one of its queues. No
 * system calls. The device is not trusted: what it writes can end a request wrongly, or break the
 * queue, and nothing else.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"
#include "lib/virtio/queue.h"

/* Features, 5.2.3. */
constexpr uint64_t BLK_F_SIZE_MAX = 1 << 1, BLK_F_SEG_MAX = 1 << 2, BLK_F_RO = 1 << 5,
		   BLK_F_BLK_SIZE = 1 << 6, BLK_F_FLUSH = 1 << 9, BLK_F_TOPOLOGY = 1 << 10,
		   BLK_F_MQ = 1 << 12, BLK_F_DISCARD = 1 << 13, BLK_F_WRITE_ZEROES = 1 << 14;

/* Its configuration, 5.2.4. */
struct blk_config {
	uint64_t capacity; /* of 512 bytes */
	uint32_t size_max, seg_max;
	uint16_t cylinders;
	uint8_t heads, sectors;
	uint32_t blk_size;
	uint8_t physical_exponent, alignment;
	uint16_t min_io;
	uint32_t opt_io;
	uint8_t writeback, reserved;
	uint16_t nqueues;
	uint32_t max_discard, max_discard_segments, discard_alignment;
	uint32_t max_zeroes, max_zeroes_segments;
	uint8_t zeroes_unmap, reserved2[3];
};
constexpr size_t BLK_CONFIG_SIZE = 60; /* the structure has padding at its end */
static_assert(offsetof(struct blk_config, reserved2) + 3 == BLK_CONFIG_SIZE);

/* What a client of the device can count on: the above, checked. */
struct blk_limits {
	uint64_t sectors;
	uint32_t sector_size, physical_size; /* bytes, powers of two */
	uint32_t max_bytes;                  /* of a read or write */
	uint32_t max_discard, max_zero;      /* sectors */
	uint32_t segment_max;                /* bytes in one piece */
	unsigned nsegments;
	unsigned nqueues;
	bool can_flush, is_read_only;
};

/* The queues allow only so many segments. */
void blk_limits_narrow(struct blk_limits *l, unsigned nsegments);

/* ERR_IO: a device with such a configuration is none that can be used. */
enum err blk_limits_find(const struct blk_config *c, uint64_t features, struct blk_limits *l);

constexpr unsigned BLK_SLOTS = 64;     /* requests under way in one queue */
constexpr unsigned BLK_SEGMENTS = 129; /* 512 KiB in pages, wherever in a page it begins */
constexpr uint32_t BLK_BYTES_MAX = 512 << 10;

/* What the device sees of one request. With indirect descriptors the table is used, else the
 * queue's own descriptors. */
struct blk_shared {
	struct {
		uint32_t type, reserved;
		uint64_t sector;
	} header;
	struct {
		uint64_t sector;
		uint32_t count, flags;
	} range; /* of a discard */
	uint8_t status;
	uint8_t reserved[15];
	struct virtq_desc table[BLK_SEGMENTS + 2];
};
static_assert(sizeof(struct blk_shared) % 16 == 0);

constexpr uint32_t BLK_OP_ID = 100; /* ask for the serial number, BLK_ID_SIZE bytes */
constexpr uint32_t BLK_ID_SIZE = 20;

struct blk_segment {
	uint64_t address;
	uint32_t size;
};

struct blk_job {
	uint32_t op;     /* BLOCK_OP_..., BLK_OP_ID */
	bool fua;        /* of a write: flush after it */
	uint64_t sector; /* of 512 bytes */
	uint32_t count;  /* the same, of a discard or zero */
	unsigned nsegments;
	struct blk_segment segment[BLK_SEGMENTS];
	void *owner; /* these two come back with its end */
	uint64_t cookie;
	uint32_t memory; /* so does this: which memory it uses */
};

struct blk_ended {
	void *owner;
	uint64_t cookie;
	uint32_t memory;
	enum err error;
};

struct blk_slot {
	bool is_busy, flush_follows;
	uint8_t op;
	uint32_t memory;
	void *owner;
	uint64_t cookie;
};

struct blk_queue {
	struct virtq virtq;
	struct blk_shared *shared; /* BLK_SLOTS of them, at `shared_address` for the device */
	uint64_t shared_address;
	bool is_indirect;
	unsigned nslots, span; /* slot i owns descriptors from i * span on */
	unsigned nbusy;
	bool must_notify; /* something was put that the device has not been told of */
	struct blk_slot slot[BLK_SLOTS];
};

/* Set up over zeroed memory: virtq_bytes(size) for the queue, BLK_SLOTS * sizeof(struct blk_shared)
 * for the requests. Returns how many segments a job may have. */
unsigned blk_queue_init(struct blk_queue *q, void *ring, unsigned size, struct blk_shared *shared,
			uint64_t shared_address, bool is_indirect);
static inline bool blk_queue_has_room(const struct blk_queue *q)
{
	return q->nbusy < q->nslots;
}

/* Begin a job; there is room, and it is within the limits. */
void blk_put(struct blk_queue *q, const struct blk_job *job);

/* One that has ended. ERR_WOULD_BLOCK: none. ERR_IO: the device breaks the rules, and the queue
 * must not be used any more. */
enum err blk_take(struct blk_queue *q, struct blk_ended *ended);
