/* SPDX-License-Identifier: MPL-2.0 */
/* The table of drivers. */
#include "services/devd/core/match.h"
#include <stddef.h>

static const struct match virtio_blk = { "bin/virtio_blk", "block", 4, 2 << 20 };

static const struct row {
	uint16_t vendor, device; /* 0: any */
	uint32_t class, mask;    /* of the class code; mask 0: any */
	const struct match *match;
} rows[] = {
	{ VIRTIO_VENDOR, VIRTIO_FIRST + 2, 0, 0, &virtio_blk },
	{ VIRTIO_VENDOR, 0x1001, 0, 0, &virtio_blk }, /* transitional */
};

const struct match *match_find(uint16_t vendor, uint16_t device, uint32_t class)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		if ((r->vendor == 0 || r->vendor == vendor) &&
		    (r->device == 0 || r->device == device) && (class & r->mask) == r->class)
			return r->match;
	}
	return nullptr;
}
