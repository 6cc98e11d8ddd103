/* SPDX-License-Identifier: MPL-2.0 */
/* Writes flattened device trees for tests. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct tree {
	uint8_t blob[4096]; /* header, reservations, structure, strings: made by tree_end */
	uint8_t structure[2048];
	uint32_t structure_size;
	char strings[512];
	uint32_t strings_size;
	uint64_t reservations[8][2];
	unsigned nreservations;
	uint32_t size;
};

void tree_begin(struct tree *t);
void tree_reserve(struct tree *t, uint64_t base, uint64_t size);
void tree_node(struct tree *t, const char *name);
void tree_node_end(struct tree *t);
void tree_bytes(struct tree *t, const char *name, const void *data, uint32_t size);
void tree_text(struct tree *t, const char *name, const char *text);
/* `n` cells, as given. */
void tree_cells(struct tree *t, const char *name, unsigned n, const uint32_t *cells);
#define TREE_CELLS(t, name, ...)                                                                   \
	tree_cells(t, name, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, (uint32_t[]){ __VA_ARGS__ })
/* Put it together, and leave `slack` unused bytes at the end. */
void tree_end(struct tree *t, uint32_t slack);
