/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/ptab.h"
#include "kernel/frame.h"
#include "kernel/string.h"

constexpr unsigned LEVELS = 4;
constexpr unsigned LEVEL_BITS = 9;
constexpr unsigned ENTRIES = 1 << LEVEL_BITS;

static unsigned entry_shift(unsigned level)
{
	return PAGE_SHIFT + LEVEL_BITS * level;
}

static pte *entry_at(pte *table, vaddr va, unsigned level)
{
	return &table[va >> entry_shift(level) & (ENTRIES - 1)];
}

static struct frame *table_frame(const pte *table)
{
	return frame_find(direct_paddr(table));
}

/* n entries of those from `first` to `last` are present now that were not. */
static void entries_note(struct frame *f, unsigned first, unsigned last, unsigned n)
{
	f->present += n;
	if (first / 2 < f->low)
		f->low = (uint8_t)(first / 2);
	if (last / 2 > f->high)
		f->high = (uint8_t)(last / 2);
}

/* A write goes through a protected table entry: protect the entries below instead. */
static void push_down(pte *entry)
{
	pte *table = direct(pte_address(*entry));
	const struct frame *f = table_frame(table);

	/* Absent entries stay absent, and to look at each would be longer. */
	for (pte *e = table + f->low * 2u, *end = table + f->high * 2u + 2; e < end; e += 2) {
		e[0] = pte_protect(e[0]);
		e[1] = pte_protect(e[1]);
	}
	pte_publish(); /* no processor may see the next before these */
	*entry = pte_allow(*entry);
}

/* The table of level `stop` that covers va, or nullptr; *skip is then the address to go on at. */
static pte *table_find(struct space *s, vaddr va, unsigned stop, vaddr *skip)
{
	pte *table = direct(s->root);

	for (unsigned level = LEVELS - 1; level > stop; level--) {
		pte e = *entry_at(table, va, level);

		if (!pte_is_present(e)) {
			*skip = ((va >> entry_shift(level)) + 1) << entry_shift(level);
			return nullptr;
		}
		table = direct(pte_address(e));
	}
	return table;
}

/* The same for a table of leaves: often the one that was used last. */
static inline pte *leaf_find(struct space *s, vaddr va, vaddr *skip)
{
	return va >> entry_shift(1) == s->leaf_number ? s->leaf : table_find(s, va, 0, skip);
}

pte *ptab_find(struct space *s, vaddr va)
{
	vaddr skip;
	pte *table = leaf_find(s, va, &skip);

	if (table == nullptr)
		return nullptr;
	pte *e = entry_at(table, va, 0);

	return pte_is_present(*e) ? e : nullptr;
}

bool ptab_allows(struct space *s, vaddr va, bool write, paddr *page)
{
	const pte *e = ptab_find(s, va);

	if (e == nullptr)
		return false;
	*page = pte_address(*e);
	return !write ||
	       (pte_is_writable(*e) && s->leaf_writable && va >> entry_shift(1) == s->leaf_number);
}

/* A table that nothing hangs from goes back. Only few of its entries were ever used, and are not 0.
 */
static void table_release(paddr page)
{
	const struct frame *f = frame_find(page);

	if (f->low <= f->high)
		memset((pte *)direct(page) + f->low * 2u, 0,
		       (f->high - f->low + 1u) * 2 * sizeof(pte));
	frame_free_zero(page);
}

/* The tables for va that have become empty go back. Until the caller has flushed TLBs a processor
 * may still look into them: what the frame allocator writes there has its lowest bits 0, and so is
 * no present entry. */
static void tables_free(struct space *s, vaddr va)
{
	for (unsigned level = 1; level < LEVELS; level++) {
		vaddr skip;
		pte *table = table_find(s, va, level, &skip);
		pte *e = table != nullptr ? entry_at(table, va, level) : nullptr;

		if (e == nullptr || !pte_is_present(*e))
			continue;
		if (frame_find(pte_address(*e))->present != 0)
			return;
		table_release(pte_address(*e));
		*e = 0;
		s->leaf_number = UINT64_MAX;
		if (level == LEVELS - 1)
			s->roots[(e - table) / 64] &= ~(1ull << (e - table) % 64);
		else
			table_frame(table)->present--;
	}
}

/* A new table below the entry; false: no memory. */
static bool table_add(struct space *s, pte *table, pte *e)
{
	paddr page;

	if (!frame_alloc_zero(s->quota, FRAME_TABLE, &page))
		return false;
	struct frame *f = frame_find(page);
	unsigned i = (unsigned)(e - table);

	f->present = 0;
	f->low = UINT8_MAX;
	f->high = 0;
	if (table == direct(s->root))
		s->roots[i / 64] |= 1ull << i % 64;
	else
		entries_note(table_frame(table), i, i, 1);
	pte_publish(); /* the table is empty before it is seen */
	*e = pte_table(page);
	return true;
}

/* The table of leaves for va, made if need be; nullptr: no memory. */
[[gnu::noinline]] static pte *leaf_make(struct space *s, vaddr va, bool writable)
{
	pte *table = direct(s->root);

	for (unsigned shift = entry_shift(LEVELS - 1); shift > PAGE_SHIFT; shift -= LEVEL_BITS) {
		pte *e = &table[va >> shift & (ENTRIES - 1)];

		if (!pte_is_present(*e)) {
			if (!table_add(s, table, e)) {
				tables_free(s, va);
				return nullptr;
			}
		} else if (writable && !pte_is_writable(*e)) {
			push_down(e);
		}
		table = direct(pte_address(*e));
	}
	s->leaf = table;
	s->leaf_number = va >> entry_shift(1);
	s->leaf_writable = writable;
	return table;
}

static inline pte *leaf_table(struct space *s, vaddr va, bool writable)
{
	if (va >> entry_shift(1) == s->leaf_number && (s->leaf_writable || !writable))
		return s->leaf;
	return leaf_make(s, va, writable);
}

pte *ptab_entries(struct space *s, vaddr va, bool writable)
{
	pte *table = leaf_table(s, va, writable);

	return table != nullptr ? entry_at(table, va, 0) : nullptr;
}

void ptab_entered(struct space *s, vaddr va, unsigned n, unsigned entered)
{
	struct frame *f = table_frame(s->leaf);
	unsigned first = va >> PAGE_SHIFT & (ENTRIES - 1);

	entries_note(f, first, first + n - 1, entered);
	s->resident += entered;
	if (f->present == 0)
		tables_free(s, va);
	pte_publish();
}

enum err ptab_map(struct space *s, vaddr va, paddr page, enum page_flags flags, pte *old)
{
	pte *e = ptab_entries(s, va, (flags & PAGE_WRITE) != 0);

	if (e == nullptr)
		return ERR_NO_MEMORY;
	*old = *e;
	if (pte_is_present(*e) && PTE_BREAK_FIRST) {
		*e = 0;
		tlb_flush(&s->id, va, 1);
	}
	*e = pte_leaf(page, flags);
	ptab_entered(s, va, 1, pte_is_present(*old) ? 0 : 1);
	return OK;
}

/* Leaf entries in a row. */
struct leaves {
	pte *table;
	unsigned from, to; /* indices; `to` is not one of them */
};

/* Those that may be present of one table, the first from *va on that there is below `end`; *va goes
 * behind it. False: there is none. */
static inline bool leaves_next(struct space *s, vaddr *va, vaddr end, struct leaves *l)
{
	constexpr vaddr SPAN = 1ull << (PAGE_SHIFT + LEVEL_BITS);

	while (*va < end) {
		vaddr at = *va;

		l->table = leaf_find(s, at, va);
		if (l->table == nullptr)
			continue;
		const struct frame *f = table_frame(l->table);
		vaddr stop = (at & ~(SPAN - 1)) + SPAN;

		*va = stop < end ? stop : end;
		l->from = at >> PAGE_SHIFT & (ENTRIES - 1);
		l->to = l->from + (unsigned)((*va - at) >> PAGE_SHIFT);
		if (l->from < f->low * 2u)
			l->from = f->low * 2u;
		if (l->to > f->high * 2u + 2)
			l->to = f->high * 2u + 2;
		return true;
	}
	return false;
}

vaddr ptab_unmap(struct space *s, vaddr va, uint64_t size, unsigned *work, bool *any)
{
	vaddr end = va + size;
	struct leaves l;

	while (*work > 0 && leaves_next(s, &va, end, &l)) {
		unsigned removed = 0;

		for (unsigned i = l.from; i < l.to; i++) {
			if (!pte_is_present(l.table[i]))
				continue;
			l.table[i] = 0;
			removed++;
		}
		if (removed == 0)
			continue;
		*any = true;
		s->resident -= removed;
		*work -= removed < *work ? removed : *work;
		struct frame *f = table_frame(l.table);

		f->present -= removed;
		if (f->present == 0)
			tables_free(s, va - 1);
	}
	pte_publish();
	return va < end ? va : end;
}

bool ptab_protect(struct space *s, vaddr va, uint64_t size)
{
	vaddr end = va + size;
	bool any = false;
	struct leaves l;

	while (leaves_next(s, &va, end, &l)) {
		for (unsigned i = l.from; i < l.to; i++) {
			pte e = l.table[i];

			if (!pte_is_present(e) || !pte_is_writable(e))
				continue;
			l.table[i] = pte_protect(e);
			any = true;
		}
	}
	pte_publish();
	return any;
}

void ptab_protect_all(struct space *s)
{
	pte *root = direct(s->root);

	s->leaf_writable = false;
	for (unsigned i = 0; i < USER_ROOT_ENTRIES / 64; i++) {
		for (uint64_t left = s->roots[i]; left != 0; left &= left - 1) {
			pte *e = &root[i * 64 + (unsigned)__builtin_ctzll(left)];

			*e = pte_protect(*e);
		}
	}
	pte_publish();
}

/* Free what is below an entry, and its table. False: the work is used up before it is done. */
static bool table_free(pte *entry, unsigned level, unsigned *work)
{
	pte *table = direct(pte_address(*entry));
	const struct frame *f = table_frame(table);

	for (unsigned i = f->low * 2u; level > 1 && i < f->high * 2u + 2; i++)
		if (pte_is_present(table[i]) && !table_free(&table[i], level - 1, work))
			return false;
	if (*work == 0)
		return false;
	(*work)--;
	table_release(pte_address(*entry));
	*entry = 0;
	return true;
}

bool ptab_free(struct space *s, unsigned *work)
{
	pte *root = direct(s->root);

	for (unsigned i = 0; i < USER_ROOT_ENTRIES / 64; i++) {
		for (uint64_t *left = &s->roots[i]; *left != 0; *left &= *left - 1) {
			pte *e = &root[i * 64 + (unsigned)__builtin_ctzll(*left)];

			if (!table_free(e, LEVELS - 1, work))
				return false;
		}
	}
	frame_free(s->root);
	return true;
}
