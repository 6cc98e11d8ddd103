/* SPDX-License-Identifier: MPL-2.0 */
/* The device tree reader: what it finds in good trees, and that damaged ones harm nobody. */
#include "kernel/arch/arm64/fdt.h"
#include "kernel/arch/arm64/test/tree.h"
#include "lib/test/test.h"
#include <stdlib.h>
#include <string.h>

static struct tree tree;

/* /: cells 2, 1. /soc@1: cells 1, 1, moved up by 4 GiB. /soc@1/uart@100. /last. */
static void sample(void)
{
	tree_begin(&tree);
	tree_reserve(&tree, 0x1000, 0x2000);
	tree_reserve(&tree, 0x123456789000, 1);
	tree_node(&tree, "");
	TREE_CELLS(&tree, "#address-cells", 2);
	TREE_CELLS(&tree, "#size-cells", 1);
	tree_node(&tree, "soc@1");
	TREE_CELLS(&tree, "#address-cells", 1);
	TREE_CELLS(&tree, "#size-cells", 1);
	TREE_CELLS(&tree, "ranges", 0, 1, 0, 0x1000, 0x8000, 2, 0, 0x1000);
	tree_node(&tree, "uart@100");
	tree_bytes(&tree, "compatible", "vendor,uart\0arm,pl011", 22);
	tree_text(&tree, "status", "okay");
	TREE_CELLS(&tree, "reg", 0x100, 0x10, 0x8100, 0x20, 0x4000, 4);
	tree_node_end(&tree);
	tree_node_end(&tree);
	tree_node(&tree, "last");
	tree_text(&tree, "status", "disabled");
	TREE_CELLS(&tree, "reg", 5, 6, 7);
	tree_node_end(&tree);
	tree_node_end(&tree);
	tree_end(&tree, 0);
}

static bool walk_to(struct fdt *f, struct fdt_walk *w, const char *path)
{
	fdt_walk_start(w, f);
	while (fdt_walk_next(w))
		if (fdt_path_is(w, path, strlen(path)))
			return true;
	return false;
}

TEST(fdt, a_walk_visits_every_node_in_order)
{
	static const char *const names[] = { "", "soc@1", "uart@100", "last" };
	static const unsigned depths[] = { 1, 2, 3, 2 };
	struct fdt f;
	struct fdt_walk w;
	unsigned n = 0;

	sample();
	CHECK(fdt_open(&f, tree.blob, tree.size));
	fdt_walk_start(&w, &f);
	for (; fdt_walk_next(&w) && n < 4; n++) {
		CHECK(w.depth == depths[n]);
		CHECK(strcmp(w.node[w.depth - 1].name, names[n]) == 0);
	}
	CHECK(n == 4);
}

TEST(fdt, reg_is_translated_by_the_buses_above)
{
	struct fdt f;
	struct fdt_walk w;
	uint64_t base, size;

	sample();
	CHECK(fdt_open(&f, tree.blob, tree.size));
	CHECK(walk_to(&f, &w, "/soc@1/uart@100"));
	CHECK(fdt_reg(&w, 0, &base, &size) && base == 0x100000100 && size == 0x10);
	CHECK(fdt_reg(&w, 1, &base, &size) && base == 0x200000100 && size == 0x20);
	CHECK(!fdt_reg(&w, 2, &base, &size)); /* no range of the bus holds it */
	CHECK(!fdt_reg(&w, 3, &base, &size));
	CHECK(walk_to(&f, &w, "/last"));
	CHECK(fdt_reg(&w, 0, &base, &size) && base == 0x500000006 && size == 7);
}

TEST(fdt, compatible_is_a_list_and_status_is_obeyed)
{
	struct fdt f;
	struct fdt_walk w;

	sample();
	CHECK(fdt_open(&f, tree.blob, tree.size));
	CHECK(walk_to(&f, &w, "/soc@1/uart@100"));
	CHECK(fdt_is(&w, "arm,pl011") && fdt_is(&w, "vendor,uart"));
	CHECK(!fdt_is(&w, "arm,pl01") && !fdt_is(&w, "arm,pl0111"));
	CHECK(fdt_is_enabled(&w));
	CHECK(walk_to(&f, &w, "/last"));
	CHECK(!fdt_is_enabled(&w) && !fdt_is(&w, "arm,pl011"));
	CHECK(!walk_to(&f, &w, "/soc@1/uart"));
}

TEST(fdt, reservations_end_with_a_zero_entry)
{
	struct fdt f;
	uint64_t base, size;

	sample();
	CHECK(fdt_open(&f, tree.blob, tree.size));
	CHECK(fdt_reservation(&f, 0, &base, &size) && base == 0x1000 && size == 0x2000);
	CHECK(fdt_reservation(&f, 1, &base, &size) && base == 0x123456789000 && size == 1);
	CHECK(!fdt_reservation(&f, 2, &base, &size));
	CHECK(!fdt_reservation(&f, 1u << 31, &base, &size));
}

TEST(fdt, a_tree_shrinks_to_what_it_uses)
{
	struct fdt f;
	struct fdt_walk w;

	sample();
	uint32_t used = tree.size;
	tree_end(&tree, 1000);
	used += 4; /* tree_end put a second END token */
	CHECK(fdt_open(&f, tree.blob, tree.size));
	fdt_shrink(&f, tree.blob);
	CHECK(f.size == used && fdt_size(tree.blob) == used);
	CHECK(fdt_open(&f, tree.blob, used));
	CHECK(walk_to(&f, &w, "/last"));
}

TEST(fdt, what_is_no_tree_is_refused)
{
	struct fdt f;

	sample();
	CHECK(!fdt_open(&f, tree.blob, tree.size - 1));
	CHECK(!fdt_open(&f, tree.blob, 39));
	tree.blob[0] ^= 1;
	CHECK(!fdt_open(&f, tree.blob, tree.size) && fdt_size(tree.blob) == 0);
}

TEST(fdt, nodes_deeper_than_the_limit_end_the_walk)
{
	struct fdt f;
	struct fdt_walk w;
	unsigned n = 0;

	tree_begin(&tree);
	for (unsigned i = 0; i < FDT_DEPTH + 3; i++)
		tree_node(&tree, "n");
	for (unsigned i = 0; i < FDT_DEPTH + 3; i++)
		tree_node_end(&tree);
	tree_end(&tree, 0);
	CHECK(fdt_open(&f, tree.blob, tree.size));
	for (fdt_walk_start(&w, &f); fdt_walk_next(&w); n++)
		CHECK(w.depth <= FDT_DEPTH);
	CHECK(n == FDT_DEPTH);
}

static void visit_all(const uint8_t *blob, size_t size)
{
	struct fdt f;
	struct fdt_walk w;
	uint64_t base, length;

	if (!fdt_open(&f, blob, size))
		return;
	fdt_walk_start(&w, &f);
	while (fdt_walk_next(&w)) {
		for (unsigned i = 0; fdt_reg(&w, i, &base, &length); i++)
			;
		(void)fdt_is(&w, "arm,pl011");            /* only the sanitizer's view counts */
		(void)fdt_path_is(&w, "/soc@1/uart", 11); /* the same */
	}
}

/* In memory of exactly its size, so that the sanitizer sees any step outside. */
TEST(fdt, a_tree_with_any_byte_changed_or_cut_off_is_read_safely)
{
	sample();
	for (uint32_t size = 0; size <= tree.size; size++) {
		uint8_t *copy = malloc(size + 1);

		memcpy(copy, tree.blob, size);
		visit_all(copy, size);
		if (size >= 8)
			memcpy(copy + 4, (uint8_t[]){ 0, 0, (uint8_t)(size >> 8), (uint8_t)size },
			       4);
		visit_all(copy, size);
		free(copy);
	}
	for (uint32_t i = 0; i < tree.size * 8; i++) {
		uint8_t *copy = malloc(tree.size);

		memcpy(copy, tree.blob, tree.size);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		visit_all(copy, tree.size);
		free(copy);
	}
}
