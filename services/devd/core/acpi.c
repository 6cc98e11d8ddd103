/* SPDX-License-Identifier: MPL-2.0 */
/* Section numbers are of the ACPI specification 6.4. Firmware wrote the tables: lengths are
 * checked.
 */
#include "services/devd/core/acpi.h"
#include <string.h>

constexpr uint32_t TABLE_MAX = 1 << 20; /* larger is taken for damage */

struct [[gnu::packed]] header {
	char signature[4];
	uint32_t length;
	char rest[28];
};
static_assert(sizeof(struct header) == 36);

struct [[gnu::packed]] entry {
	uint64_t base;
	uint16_t segment;
	uint8_t first, last;
	uint32_t reserved;
};
constexpr uint64_t ENTRIES_OFFSET = 44;

struct memory {
	acpi_read *read;
	void *self;
};

static bool header_read(const struct memory *m, uint64_t at, struct header *h)
{
	return at != 0 && m->read(m->self, at, h, sizeof(*h)) && h->length >= sizeof(*h) &&
	       h->length <= TABLE_MAX;
}

static unsigned mcfg_read(const struct memory *m, uint64_t at, uint32_t length,
			  struct acpi_ecam *to, unsigned max)
{
	unsigned n = 0;

	for (uint64_t offset = ENTRIES_OFFSET; offset + sizeof(struct entry) <= length && n < max;
	     offset += sizeof(struct entry)) {
		struct entry e;
		if (!m->read(m->self, at + offset, &e, sizeof(e)))
			return n;
		if (e.segment == 0 && e.first <= e.last && e.base % 4096 == 0)
			to[n++] = (struct acpi_ecam){ e.base, e.first, e.last };
	}
	return n;
}

/* The list of tables, 5.2.7 and 5.2.8: addresses of `size` bytes each. */
static unsigned list_read(const struct memory *m, uint64_t list, unsigned size,
			  struct acpi_ecam *to, unsigned max)
{
	struct header h, t;

	if (!header_read(m, list, &h))
		return 0;
	for (uint64_t offset = sizeof(h); offset + size <= h.length; offset += size) {
		uint64_t at = 0;
		if (m->read(m->self, list + offset, &at, size) && header_read(m, at, &t) &&
		    memcmp(t.signature, "MCFG", 4) == 0)
			return mcfg_read(m, at, t.length, to, max);
	}
	return 0;
}

unsigned acpi_ecam_find(uint64_t rsdp, acpi_read *read, void *self, struct acpi_ecam *to,
			unsigned max)
{
	struct memory m = { read, self };
	struct [[gnu::packed]] {
		char signature[8];
		uint8_t checksum;
		char oem[6];
		uint8_t revision;
		uint32_t rsdt, length;
		uint64_t xsdt;
	} root = {};

	/* 20 bytes are in every revision, 5.2.5.3. */
	if (rsdp == 0 || !read(self, rsdp, &root, 20) || memcmp(root.signature, "RSD PTR ", 8) != 0)
		return 0;
	if (root.revision >= 2 && read(self, rsdp, &root, sizeof(root)) && root.xsdt != 0)
		return list_read(&m, root.xsdt, 8, to, max);
	return list_read(&m, root.rsdt, 4, to, max);
}
