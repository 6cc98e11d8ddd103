/* SPDX-License-Identifier: MPL-2.0 */
/* Writing flattened device trees. */
#include "kernel/arch/arm64/test/tree.h"
#include <string.h>

static void store32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void token(struct tree *t, uint32_t value)
{
	store32(t->structure + t->structure_size, value);
	t->structure_size += 4;
}

static void padded(struct tree *t, const void *data, uint32_t size)
{
	if (size > 0)
		memcpy(t->structure + t->structure_size, data, size);
	t->structure_size += (size + 3) & ~3u;
}

void tree_begin(struct tree *t)
{
	memset(t, 0, sizeof(*t));
}

void tree_reserve(struct tree *t, uint64_t base, uint64_t size)
{
	t->reservations[t->nreservations][0] = base;
	t->reservations[t->nreservations++][1] = size;
}

void tree_node(struct tree *t, const char *name)
{
	token(t, 1);
	padded(t, name, (uint32_t)strlen(name) + 1);
}

void tree_node_end(struct tree *t)
{
	token(t, 2);
}

void tree_bytes(struct tree *t, const char *name, const void *data, uint32_t size)
{
	token(t, 3);
	token(t, size);
	token(t, t->strings_size);
	strcpy(t->strings + t->strings_size, name);
	t->strings_size += (uint32_t)strlen(name) + 1;
	padded(t, data, size);
}

void tree_text(struct tree *t, const char *name, const char *text)
{
	tree_bytes(t, name, text, (uint32_t)strlen(text) + 1);
}

void tree_cells(struct tree *t, const char *name, unsigned n, const uint32_t *cells)
{
	uint8_t data[256];

	for (unsigned i = 0; i < n; i++)
		store32(data + i * 4ul, cells[i]);
	tree_bytes(t, name, data, n * 4);
}

void tree_end(struct tree *t, uint32_t slack)
{
	constexpr uint32_t HEADER = 40;
	uint32_t structure = HEADER + (t->nreservations + 1) * 16;

	token(t, 9);
	uint32_t strings = structure + t->structure_size;
	t->size = strings + t->strings_size + slack;
	uint32_t header[] = { 0xd00dfeed, t->size, structure, strings,         HEADER,
			      17,         16,      0,         t->strings_size, t->structure_size };
	for (unsigned i = 0; i < 10; i++)
		store32(t->blob + i * 4ul, header[i]);
	for (unsigned i = 0; i < t->nreservations; i++) {
		for (unsigned j = 0; j < 2; j++) {
			uint8_t *at = t->blob + HEADER + i * 16ul + j * 8ul;
			store32(at, (uint32_t)(t->reservations[i][j] >> 32));
			store32(at + 4, (uint32_t)t->reservations[i][j]);
		}
	}
	memcpy(t->blob + structure, t->structure, t->structure_size);
	memcpy(t->blob + strings, t->strings, t->strings_size);
}
