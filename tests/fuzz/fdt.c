/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the device tree reader: everything it offers, on every node. */
#include "kernel/arch/arm64/fdt.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void node_visit(const struct fdt_walk *w)
{
	uint64_t base, length;
	uint32_t number;
	struct fdt_value value;

	for (unsigned i = 0; fdt_reg(w, i, &base, &length); i++)
		if (length != 0 && base + (length - 1) < base)
			abort(); /* promised not to wrap */
	if (fdt_find(w, "ranges", &value) && fdt_cells(value, 0, 2, &base) && value.size < 8)
		abort();
	const char *text = fdt_text(w, "status");
	if (text != nullptr && strlen(text) > FDT_SIZE_MAX)
		abort();
	if (fdt_is(w, "arm,pl011") && fdt_is_enabled(w) && fdt_number(w, "reg-shift", &number) &&
	    fdt_path_is(w, "/soc/serial", 11) && w->depth != 3)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *blob = malloc(size + 1); /* of its own, so that any step outside is seen */
	struct fdt f;
	struct fdt_walk w;
	uint64_t base, length;

	memcpy(blob, data, size);
	/* Half of the inputs claim the size they have: the check of it would refuse nearly all. */
	for (unsigned i = 0; size >= 40 && size % 2 == 0 && i < 4; i++)
		blob[4 + i] = (uint8_t)(size >> (24 - 8 * i));
	if (fdt_open(&f, blob, size)) {
		for (unsigned i = 0; fdt_reservation(&f, i, &base, &length); i++)
			;
		fdt_walk_start(&w, &f);
		while (fdt_walk_next(&w))
			node_visit(&w);
		uint32_t before = f.size;
		fdt_shrink(&f, blob);
		if (f.size > before || (f.size >= 40 && fdt_size(blob) != f.size))
			abort();
	}
	free(blob);
	return 0;
}
