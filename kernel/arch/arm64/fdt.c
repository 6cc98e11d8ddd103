/* SPDX-License-Identifier: MPL-2.0 */
/* Reading flattened device trees. */
#include "kernel/arch/arm64/fdt.h"
#include "kernel/string.h"

constexpr uint32_t MAGIC = 0xd00dfeed;
constexpr uint32_t VERSION = 17; /* the first with all the header fields we read */
constexpr uint32_t HEADER_SIZE = 40;

enum token : uint32_t { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t align4(uint32_t n)
{
	return (n + 3) & ~3u;
}

uint32_t fdt_size(const void *blob)
{
	const uint8_t *header = blob;

	return load32(header) == MAGIC ? load32(header + 4) : 0;
}

bool fdt_open(struct fdt *fdt, const void *blob, size_t size)
{
	const uint8_t *header = blob;

	if (size < HEADER_SIZE || size > FDT_SIZE_MAX || load32(header) != MAGIC ||
	    load32(header + 4) > size || load32(header + 20) < VERSION)
		return false;
	*fdt = (struct fdt){
		.blob = blob,
		.size = load32(header + 4),
		.structure = load32(header + 8),
		.strings = load32(header + 12),
		.reserved = load32(header + 16),
		.strings_size = load32(header + 32),
		.structure_size = load32(header + 36),
	};
	return fdt->structure % 4 == 0 && fdt->structure <= fdt->size &&
	       fdt->structure_size <= fdt->size - fdt->structure && fdt->strings <= fdt->size &&
	       fdt->strings_size <= fdt->size - fdt->strings;
}

/* The reservation block says nothing of its size: its last entry is all zero. */
static uint32_t reservations_end(const struct fdt *fdt)
{
	uint64_t base, size;
	unsigned n = 0;

	while (fdt_reservation(fdt, n, &base, &size))
		n++;
	return fdt->reserved + (n + 1) * 16;
}

void fdt_shrink(struct fdt *fdt, void *blob)
{
	uint32_t ends[] = {
		HEADER_SIZE,
		fdt->structure + fdt->structure_size,
		fdt->strings + fdt->strings_size,
		reservations_end(fdt),
	};
	uint32_t used = 0;

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] > used && ends[i] <= fdt->size)
			used = ends[i];
	fdt->size = used;
	for (unsigned i = 0; i < 4; i++)
		((uint8_t *)blob)[4 + i] = (uint8_t)(used >> (24 - 8 * i));
}

bool fdt_reservation(const struct fdt *fdt, unsigned i, uint64_t *base, uint64_t *size)
{
	uint64_t at = fdt->reserved + i * 16ull;

	if (at + 16 > fdt->size)
		return false;
	struct fdt_value entry = { fdt->blob + at, 16 };
	return fdt_cells(entry, 0, 2, base) && fdt_cells(entry, 2, 2, size) && (*base | *size) != 0;
}

bool fdt_cells(struct fdt_value value, unsigned first, unsigned cells, uint64_t *number)
{
	uint64_t n = 0;

	if (cells < 1 || cells > 2 || (first + (uint64_t)cells) * 4 > value.size)
		return false;
	for (unsigned i = first; i < first + cells; i++)
		n = n << 32 | load32(value.data + i * 4ul);
	*number = n;
	return true;
}

/* --- Tokens. Offsets count from the start of the structure block. --- */

static bool token_at(const struct fdt *f, uint32_t at, enum token *token)
{
	if (at > f->structure_size || f->structure_size - at < 4)
		return false;
	*token = load32(f->blob + f->structure + at);
	return true;
}

struct property {
	const char *name;
	struct fdt_value value;
	uint32_t next;
};

/* The property whose token is at `at`. */
static bool property_at(const struct fdt *f, uint32_t at, struct property *p)
{
	if (f->structure_size - at < 12)
		return false;
	const uint8_t *head = f->blob + f->structure + at;
	uint32_t size = load32(head + 4), name = load32(head + 8);

	if (size > f->structure_size - at - 12 || align4(size) > f->structure_size - at - 12 ||
	    name >= f->strings_size)
		return false;
	p->name = (const char *)f->blob + f->strings + name;
	if (strnlen(p->name, f->strings_size - name) == f->strings_size - name)
		return false;
	p->value = (struct fdt_value){ head + 12, size };
	p->next = at + 12 + align4(size);
	return true;
}

/* The first property of a node from `at` on; false when there are no more. */
static bool property_next(const struct fdt *f, uint32_t at, struct property *p)
{
	enum token token;

	while (token_at(f, at, &token) && token == NOP)
		at += 4;
	return token_at(f, at, &token) && token == PROPERTY && property_at(f, at, p);
}

bool text_is(const char *text, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(text, wanted, n) == 0 && text[n] == '\0';
}

static bool property_find(const struct fdt *f, const struct fdt_node *node, const char *name,
			  struct fdt_value *value)
{
	struct property p;

	for (uint32_t at = node->properties; property_next(f, at, &p); at = p.next) {
		if (text_is(p.name, name)) {
			*value = p.value;
			return true;
		}
	}
	return false;
}

static uint32_t cells_or(const struct fdt *f, const struct fdt_node *node, const char *name,
			 uint32_t otherwise)
{
	struct fdt_value value;
	uint64_t number;

	if (!property_find(f, node, name, &value) || !fdt_cells(value, 0, 1, &number))
		return otherwise;
	return (uint32_t)number;
}

/* --- Walking --- */

void fdt_walk_start(struct fdt_walk *w, const struct fdt *fdt)
{
	w->fdt = fdt;
	w->next = 0;
	w->depth = 0;
}

static bool node_enter(struct fdt_walk *w)
{
	const struct fdt *f = w->fdt;
	uint32_t left = f->structure_size - w->next; /* from the token on, at least 4 */
	const char *name = (const char *)f->blob + f->structure + w->next + 4;
	uint32_t length = (uint32_t)strnlen(name, left - 4);

	if (length == left - 4 || align4(length + 1) > left - 4 || w->depth == FDT_DEPTH)
		return false;
	struct fdt_node *node = &w->node[w->depth++];
	w->next += 4 + align4(length + 1);
	node->name = name;
	node->properties = w->next;
	node->address_cells = cells_or(f, node, "#address-cells", 2);
	node->size_cells = cells_or(f, node, "#size-cells", 1);
	return true;
}

bool fdt_walk_next(struct fdt_walk *w)
{
	struct property p;
	enum token token;

	while (token_at(w->fdt, w->next, &token)) {
		switch (token) {
		case BEGIN_NODE:
			return node_enter(w);
		case END_NODE:
			if (w->depth <= 1)
				return false;
			w->depth--;
			w->next += 4;
			break;
		case PROPERTY:
			if (!property_at(w->fdt, w->next, &p))
				return false;
			w->next = p.next;
			break;
		case NOP:
			w->next += 4;
			break;
		default:
			return false;
		}
	}
	return false;
}

/* --- The current node --- */

bool fdt_find(const struct fdt_walk *w, const char *name, struct fdt_value *value)
{
	return property_find(w->fdt, &w->node[w->depth - 1], name, value);
}

bool fdt_number(const struct fdt_walk *w, const char *name, uint32_t *number)
{
	struct fdt_value value;
	uint64_t n;

	if (!fdt_find(w, name, &value) || !fdt_cells(value, 0, 1, &n))
		return false;
	*number = (uint32_t)n;
	return true;
}

const char *fdt_text(const struct fdt_walk *w, const char *name)
{
	struct fdt_value value;

	if (!fdt_find(w, name, &value))
		return nullptr;
	const char *text = (const char *)value.data;
	return strnlen(text, value.size) < value.size ? text : nullptr;
}

bool fdt_is(const struct fdt_walk *w, const char *compatible)
{
	struct fdt_value list;

	if (!fdt_find(w, "compatible", &list))
		return false;
	while (list.size > 0) {
		const char *text = (const char *)list.data;
		uint32_t length = (uint32_t)strnlen(text, list.size);

		if (length == list.size)
			return false; /* the last one has no end */
		if (text_is(text, compatible))
			return true;
		list.data += length + 1;
		list.size -= length + 1;
	}
	return false;
}

bool fdt_is_enabled(const struct fdt_walk *w)
{
	const char *status = fdt_text(w, "status");

	return status == nullptr || text_is(status, "okay") || text_is(status, "ok");
}

bool fdt_path_is(const struct fdt_walk *w, const char *path, size_t n)
{
	const char *end = path + n;

	for (unsigned i = 1; i < w->depth; i++) {
		size_t length = strlen(w->node[i].name);

		if (path == end || *path++ != '/' || (size_t)(end - path) < length ||
		    memcmp(path, w->node[i].name, length) != 0)
			return false;
		path += length;
	}
	return path == end && w->depth > 1;
}

/* Through the `ranges` of the bus node number `level`: its children's address to its own parent's.
 */
static bool bus_translate(const struct fdt_walk *w, unsigned level, uint64_t *address)
{
	const struct fdt_node *bus = &w->node[level];
	uint32_t child = bus->address_cells, parent = w->node[level - 1].address_cells;
	uint32_t entry = child + parent + bus->size_cells;
	struct fdt_value ranges;
	uint64_t from, to, size;

	if (!property_find(w->fdt, bus, "ranges", &ranges))
		return false;
	if (ranges.size == 0)
		return true;
	if (child > 2 || parent > 2 || bus->size_cells > 2)
		return false;
	for (unsigned i = 0; fdt_cells(ranges, i * entry, child, &from) &&
			     fdt_cells(ranges, i * entry + child, parent, &to) &&
			     fdt_cells(ranges, i * entry + child + parent, bus->size_cells, &size);
	     i++) {
		if (*address >= from && *address - from < size) {
			*address += to - from;
			return true;
		}
	}
	return false;
}

bool fdt_reg(const struct fdt_walk *w, unsigned i, uint64_t *base, uint64_t *size)
{
	struct fdt_value reg;

	if (w->depth < 2 || !fdt_find(w, "reg", &reg))
		return false;
	const struct fdt_node *parent = &w->node[w->depth - 2];
	uint32_t a = parent->address_cells, s = parent->size_cells;

	*size = 0;
	if (a > 2 || s > 2 || !fdt_cells(reg, i * (a + s), a, base) ||
	    (s > 0 && !fdt_cells(reg, i * (a + s) + a, s, size)))
		return false;
	for (unsigned level = w->depth - 2; level > 0; level--)
		if (!bus_translate(w, level, base))
			return false;
	return *size == 0 || *base + (*size - 1) >= *base;
}
