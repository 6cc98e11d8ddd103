/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/ptab.h"
#include "kernel/frame.h"

constexpr unsigned LEVELS = 4;
constexpr unsigned ENTRIES = 512;

static unsigned entry_shift(unsigned level)
{
	return PAGE_SHIFT + 9 * level;
}

static pte *entry_at(pte *table, vaddr va, unsigned level)
{
	return &table[va >> entry_shift(level) & (ENTRIES - 1)];
}

static struct frame *table_frame(const pte *table)
{
	return frame_find(direct_paddr(table));
}

/* A write goes through a protected table entry: protect the entries below instead. */
static void push_down(pte *entry)
{
	pte *table = direct(pte_address(*entry));

	for (unsigned i = 0; i < ENTRIES; i++)
		if (pte_is_present(table[i]))
			table[i] = pte_protect(table[i]);
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

pte *ptab_find(struct space *s, vaddr va)
{
	vaddr skip;
	pte *table = table_find(s, va, 0, &skip);

	if (table == nullptr)
		return nullptr;
	pte *e = entry_at(table, va, 0);

	return pte_is_present(*e) ? e : nullptr;
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
		if (frame_find(pte_address(*e))->refs != 0)
			return;
		frame_free(pte_address(*e));
		*e = 0;
		if (level != LEVELS - 1)
			table_frame(table)->refs--;
	}
}

/* The table of leaves for va, made if need be; nullptr: no memory. */
static pte *leaf_table(struct space *s, vaddr va, bool writable)
{
	pte *table = direct(s->root);

	for (unsigned level = LEVELS - 1; level > 0; level--) {
		pte *e = entry_at(table, va, level);

		if (!pte_is_present(*e)) {
			paddr page;

			if (!frame_alloc_zero(s->quota, FRAME_TABLE, &page)) {
				tables_free(s, va);
				return nullptr;
			}
			frame_find(page)->refs = 0;
			if (level != LEVELS - 1)
				table_frame(table)->refs++;
			pte_publish(); /* the table is empty before it is seen */
			*e = pte_table(page);
		} else if (writable && !pte_is_writable(*e)) {
			push_down(e);
		}
		table = direct(pte_address(*e));
	}
	return table;
}

enum err ptab_map(struct space *s, vaddr va, paddr page, enum page_flags flags)
{
	pte *table = leaf_table(s, va, (flags & PAGE_WRITE) != 0);

	if (table == nullptr)
		return ERR_NO_MEMORY;
	pte *e = entry_at(table, va, 0);

	if (!pte_is_present(*e)) {
		table_frame(table)->refs++;
		s->resident++;
	} else if (PTE_BREAK_FIRST) {
		*e = 0;
		tlb_flush(&s->id, va, 1);
	}
	*e = pte_leaf(page, flags);
	pte_publish();
	return OK;
}

void ptab_fill(struct space *s, vaddr va, unsigned n, bool writable,
	       pte (*page_of)(void *of, unsigned i), void *of)
{
	pte *table = leaf_table(s, va, writable);
	unsigned entered = 0;

	if (table == nullptr)
		return;
	pte *e = entry_at(table, va, 0);

	for (unsigned i = 0; i < n; i++) {
		pte new = pte_is_present(e[i]) ? 0 : page_of(of, i);

		if (new == 0)
			continue;
		e[i] = new;
		entered++;
	}
	table_frame(table)->refs += entered;
	s->resident += entered;
	if (table_frame(table)->refs == 0)
		tables_free(s, va);
	pte_publish();
}

vaddr ptab_unmap(struct space *s, vaddr va, uint64_t size, unsigned *work, bool *any)
{
	vaddr end = va + size;

	while (va < end && *work > 0) {
		vaddr next;
		pte *table = table_find(s, va, 0, &next);

		if (table == nullptr) {
			va = next;
			continue;
		}
		unsigned removed = 0;
		vaddr first = va;
		pte *e = entry_at(table, va, 0);

		do {
			if (pte_is_present(*e)) {
				*e = 0;
				removed++;
			}
			e++;
			va += PAGE_SIZE;
		} while (va < end && (va & ((1ull << entry_shift(1)) - 1)) != 0);
		if (removed == 0)
			continue;
		*any = true;
		s->resident -= removed;
		*work -= removed < *work ? removed : *work;
		struct frame *f = table_frame(table);

		f->refs -= removed;
		if (f->refs == 0)
			tables_free(s, first);
	}
	pte_publish();
	return va < end ? va : end;
}

bool ptab_protect(struct space *s, vaddr va, uint64_t size)
{
	vaddr end = va + size;
	bool any = false;

	while (va < end) {
		vaddr next;
		pte *table = table_find(s, va, 0, &next);

		if (table == nullptr) {
			va = next;
			continue;
		}
		pte *e = entry_at(table, va, 0);

		do {
			if (pte_is_present(*e) && pte_is_writable(*e)) {
				*e = pte_protect(*e);
				any = true;
			}
			e++;
			va += PAGE_SIZE;
		} while (va < end && (va & ((1ull << entry_shift(1)) - 1)) != 0);
	}
	pte_publish();
	return any;
}

void ptab_protect_all(struct space *s)
{
	pte *root = direct(s->root);

	for (unsigned i = 0; i < USER_ROOT_ENTRIES; i++)
		if (pte_is_present(root[i]))
			root[i] = pte_protect(root[i]);
	pte_publish();
}
