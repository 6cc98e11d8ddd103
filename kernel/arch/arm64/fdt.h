/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapter 5). The tree comes from
 * outside: every offset and length is checked, and damage ends a walk early. It keeps no state but
 * the caller's and allocates nothing.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr unsigned FDT_DEPTH = 16;
constexpr size_t FDT_SIZE_MAX = 2 << 20;

struct fdt {
	const uint8_t *blob;
	uint32_t structure, structure_size;
	uint32_t strings, strings_size;
	uint32_t reserved; /* offset of the memory reservation block */
	uint32_t size;
};

/* A property's value. */
struct fdt_value {
	const uint8_t *data;
	uint32_t size;
};

/* A walk over all nodes in the order of the document: where it is, and the nodes around that. */
struct fdt_walk {
	const struct fdt *fdt;
	uint32_t next;  /* offset of the token to read */
	unsigned depth; /* 1 at the root node; node[depth - 1] is the current one */
	struct fdt_node {
		const char *name;
		uint32_t properties;    /* offset of the first token in it */
		uint32_t address_cells; /* of its children's addresses */
		uint32_t size_cells;
	} node[FDT_DEPTH];
};

/* The size a tree claims to have, or 0 if `blob`, of which 8 bytes are there, is none. */
uint32_t fdt_size(const void *blob);
/* False if the first `size` bytes at `blob` hold no usable tree. */
bool fdt_open(struct fdt *fdt, const void *blob, size_t size);
/* Make the tree claim no more memory than it uses; its size is then fdt->size. */
void fdt_shrink(struct fdt *fdt, void *blob);
/* Entry i of the memory reservation block; false past its end. */
bool fdt_reservation(const struct fdt *fdt, unsigned i, uint64_t *base, uint64_t *size);

void fdt_walk_start(struct fdt_walk *w, const struct fdt *fdt);
/* On to the next node, the root first; false at the end. */
bool fdt_walk_next(struct fdt_walk *w);

/* For text of the tree, which need not be aligned or long enough. */
bool text_is(const char *text, const char *wanted);
/* A property of the current node; false if it has none of that name. */
bool fdt_find(const struct fdt_walk *w, const char *name, struct fdt_value *value);
/* The current node's `compatible` lists this. */
bool fdt_is(const struct fdt_walk *w, const char *compatible);
/* Its `status`, if there is one, does not forbid its use. */
bool fdt_is_enabled(const struct fdt_walk *w);
/* The current node's path is the first n bytes of `path`. */
bool fdt_path_is(const struct fdt_walk *w, const char *path, size_t n);
/* Entry i of `reg`, as the CPU sees it: translated by the `ranges` of the buses above. */
bool fdt_reg(const struct fdt_walk *w, unsigned i, uint64_t *base, uint64_t *size);

/* A number of `cells` (1 or 2) cells, from cell number `first`; false if the value is shorter. */
bool fdt_cells(struct fdt_value value, unsigned first, unsigned cells, uint64_t *number);
/* The same for a property of the current node. */
bool fdt_number(const struct fdt_walk *w, const char *name, uint32_t *number);
/* A property's text, ended by a zero byte inside the value; else nullptr. */
const char *fdt_text(const struct fdt_walk *w, const char *name);
