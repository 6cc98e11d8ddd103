/* SPDX-License-Identifier: MPL-2.0 */
/* A virtio block device for tests: the device's side of a queue, over ordinary memory. */
#pragma once
#include "drivers/virtio_blk/core/blk.h"

constexpr unsigned DISK_SECTORS = 256;

struct disk {
	struct blk_queue q;
	struct blk_shared *shared;
	void *ring;
	uint16_t next; /* in the avail ring */
	char sectors[DISK_SECTORS][512];
	unsigned nflushes;
};

/* A device with a queue of that size. Addresses are the memory's own. */
unsigned disk_init(struct disk *d, unsigned size, bool is_indirect);
void disk_fini(struct disk *d);

/* One request that the driver offered, as the device sees it; false if there is none. */
struct disk_request {
	uint16_t head;
	uint32_t type;
	uint64_t sector;
	unsigned nsegments;
	struct virtq_desc segment[BLK_SEGMENTS + 1];
	uint8_t *status;
};
bool disk_take(struct disk *d, struct disk_request *r);
/* Do it as an honest device would, and tell the driver. */
void disk_do(struct disk *d, const struct disk_request *r);
/* Tell the driver that this one has ended. */
void disk_used(struct disk *d, uint32_t id);
