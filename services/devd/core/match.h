/* SPDX-License-Identifier: MPL-2.0 */
/* Which program drives which device. */
#pragma once
#include <stdint.h>

struct match {
	const char *program; /* in the boot bundle */
	const char *kind;    /* what it provides is called KIND.0, KIND.1... */
	unsigned nirqs;      /* message interrupts that it can use */
	uint64_t quota;      /* bytes */
};

/* The vendor of virtio devices on PCI; in memory their number counts from VIRTIO_FIRST too. */
constexpr uint16_t VIRTIO_VENDOR = 0x1af4, VIRTIO_FIRST = 0x1040;

/* nullptr: there is no driver for it. `class`: 24 bits, as PCI has it; 0 elsewhere. */
const struct match *match_find(uint16_t vendor, uint16_t device, uint32_t class);
