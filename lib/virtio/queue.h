/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A split virtqueue (Virtual I/O Device 1.2, section 2.7), the driver's side. It lies in memory
 * that the device writes to: whatever is read from there is bounded, and nothing is read twice. No
 * system calls, and no barriers but those between processors: a device that is part of the
 * emulator, as all that do not ask for VIRTIO_F_ORDER_PLATFORM, counts as one.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

constexpr unsigned VIRTQ_SIZE_MAX = 256; /* entries; a power of two */
constexpr size_t VIRTQ_ALIGN = 4096;     /* of the memory, and of the used ring in it */

struct virtq_desc {
	uint64_t address;
	uint32_t size;
	uint16_t flags; /* VIRTQ_... */
	uint16_t next;
};
static_assert(sizeof(struct virtq_desc) == 16);
constexpr uint16_t VIRTQ_NEXT = 1, VIRTQ_WRITE = 2, VIRTQ_INDIRECT = 4;

struct virtq_avail {
	uint16_t flags;
	_Atomic uint16_t index;
	uint16_t ring[];
};

struct virtq_used {
	_Atomic uint16_t flags;
	_Atomic uint16_t index;
	struct {
		uint32_t id, size;
	} ring[];
};

struct virtq {
	unsigned size;
	struct virtq_desc *desc;
	struct virtq_avail *avail;
	struct virtq_used *used;
	uint16_t next_avail, next_used; /* ours: the device does not see or change them */
};

/* Bytes that a queue of this size takes, laid out as legacy devices want it; offsets of its parts.
 */
size_t virtq_bytes(unsigned size);
size_t virtq_avail_offset(unsigned size);
size_t virtq_used_offset(unsigned size);

/* Use zeroed memory of virtq_bytes(size). */
void virtq_init(struct virtq *q, void *memory, unsigned size);

/* Offer the chain that starts with this descriptor. There must be fewer than `size` on offer. */
void virtq_put(struct virtq *q, uint16_t head);

/* After virtq_put: does the device want to be told? */
bool virtq_wants_notice(const struct virtq *q);

/* What the device is done with. ERR_WOULD_BLOCK: nothing. ERR_IO: the ring cannot be right. Whether
 * `head` was on offer is for the caller to check; it is less than the queue's size. */
enum err virtq_take(struct virtq *q, uint16_t *head);
