/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Page tables: four levels of 512 entries. A table's frame counts its present entries and bounds
 * where they are; it goes when none is left. A table entry may be protected: all below it is then
 * read-only, whatever it says; a write fault takes that one level down at a time.
 */
#pragma once
#include "kernel/space.h"

/* Enter a page; *old is the entry that was there, or absent. The caller flushes if that allowed
 * what the new one does not. */
enum err ptab_map(struct space *s, vaddr va, paddr page, enum page_flags flags, pte *old);
/* The leaf entries from va on to the end of their table, which is made if need be; nullptr: no
 * memory. Whoever got them must say how many absent ones of the first n it has filled in, even if
 * none. */
pte *ptab_entries(struct space *s, vaddr va, bool writable);
void ptab_entered(struct space *s, vaddr va, unsigned n, unsigned entered);
/* True if it is known that the page at va is there and may be read, or written; which it is. */
bool ptab_allows(struct space *s, vaddr va, bool write, paddr *page);
/* The leaf entry at va, or nullptr. */
pte *ptab_find(struct space *s, vaddr va);
/* Remove the entries in a range. *work counts down by present pages; returns where it stopped.
 * *any: there was one, so TLBs must be flushed. */
vaddr ptab_unmap(struct space *s, vaddr va, uint64_t size, unsigned *work, bool *any);
/* Take write access from the entries in a range. True if there was any. */
bool ptab_protect(struct space *s, vaddr va, uint64_t size);
/* Take write access from everything at once, at the top. */
void ptab_protect_all(struct space *s);
/* Free all tables of a space that no CPU uses, about *work of them at a time; true when all are
 * gone, the root too. */
bool ptab_free(struct space *s, unsigned *work);
