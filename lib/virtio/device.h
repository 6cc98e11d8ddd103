/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A virtio device (Virtual I/O Device 1.2) on PCI or in memory ("MMIO", also its legacy version),
 * as devd hands it to a driver: docs/block.md has the names of the capabilities.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "lib/virtio/queue.h"

constexpr uint64_t VIRTIO_F_INDIRECT = 1ull << 28;
constexpr uint64_t VIRTIO_F_VERSION_1 = 1ull << 32;
constexpr uint64_t VIRTIO_F_ACCESS_PLATFORM = 1ull << 33;

enum virtio_status : uint8_t {
	VIRTIO_ACKNOWLEDGE = 1,
	VIRTIO_DRIVER = 2,
	VIRTIO_DRIVER_OK = 4,
	VIRTIO_FEATURES_OK = 8,
	VIRTIO_NEEDS_RESET = 64,
	VIRTIO_FAILED = 128,
};

struct virtio;

/* Where a queue is, as the device sees it. */
struct virtio_queue_place {
	unsigned size;
	uint64_t desc, avail, used;
	unsigned vector; /* message interrupt; without such it has no meaning */
};

struct virtio_transport {
	uint8_t (*status)(struct virtio *v);
	void (*set_status)(struct virtio *v, uint8_t status);
	uint64_t (*features)(struct virtio *v);
	void (*set_features)(struct virtio *v, uint64_t features);
	/* Most entries that queue n can have; 0: there is no such queue. */
	unsigned (*queue_max)(struct virtio *v, unsigned n);
	enum err (*queue_set)(struct virtio *v, unsigned n, const struct virtio_queue_place *place);
	void (*notify)(struct virtio *v, unsigned n);
	/* Take the reason of a line interrupt, so that the line falls. */
	void (*acknowledge)(struct virtio *v);
	uint8_t (*generation)(struct virtio *v);
	uint8_t (*config)(struct virtio *v, unsigned offset);
};

constexpr unsigned VIRTIO_QUEUES = 16; /* that a driver here can use */

struct virtio {
	const struct virtio_transport *transport;
	bool is_legacy;         /* memory-mapped version 1 */
	bool has_messages;      /* message interrupts, one a queue; else one line for all */
	volatile uint8_t *regs; /* MMIO */
	volatile uint8_t *common, *isr, *device, *notices; /* PCI: 4.1.4.3 to 4.1.4.6 */
	size_t device_size, notices_size;
	uint32_t notice_step;
	volatile uint16_t *notice[VIRTIO_QUEUES];
};

/* --- For drivers --- */

/* The device of this program, from its capabilities. Ends the program if there is none. */
void virtio_open(struct virtio *v);

/* Reset it and agree on those of the features in `wanted` that it has. ERR_UNSUPPORTED: it needs
 * one that we do not have. ERR_IO: it does not come out of reset. */
enum err virtio_begin(struct virtio *v, uint64_t wanted, uint64_t *features);
/* From here on it works. */
void virtio_start(struct virtio *v);
void virtio_fail(struct virtio *v);

/* Copy from its configuration, all of one state of it. */
void virtio_config(struct virtio *v, unsigned offset, void *to, size_t size);

/* Tell it that queue n has something, if it wants to know. */
void virtio_notify(struct virtio *v, unsigned n, const struct virtq *q);

/* --- Transports: pci.c, mmio.c --- */

/* `config` is a copy of the configuration space, `bar[i]` where memory BAR i is mapped, with its
 * size. ERR_UNSUPPORTED: it has no modern interface. ERR_BAD_ARGUMENT: a structure lies outside. */
struct virtio_bar {
	volatile uint8_t *at;
	size_t size;
};
enum err virtio_pci_init(struct virtio *v, const uint8_t config[256],
			 const struct virtio_bar bar[6]);

/* ERR_UNSUPPORTED: these are no registers of a virtio device of version 1 or 2. */
enum err virtio_mmio_init(struct virtio *v, volatile uint8_t *regs);
