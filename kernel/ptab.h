/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Page tables: four levels of 512 entries. A table's frame counts its present entries, and goes
 * when none is left. A table entry may be protected: all below it is then read-only, whatever it
 * says; a write fault takes that one level down at a time.
 */
#pragma once
#include "kernel/space.h"

/* Enter a page; an entry that is there is replaced. The caller flushes if it took access away. */
enum err ptab_map(struct space *s, vaddr va, paddr page, enum page_flags flags);
/* Enter what `page_of` gives for each of the n pages from va on, all in one table of leaves, where
 * nothing is entered yet. It writes no entry for a page that it does not have. */
void ptab_fill(struct space *s, vaddr va, unsigned n, bool writable,
	       pte (*page_of)(void *of, unsigned i), void *of);
/* The leaf entry at va, or nullptr. */
pte *ptab_find(struct space *s, vaddr va);
/* Remove the entries in a range. *work counts down by present pages; returns where it stopped.
 * *any: there was one, so TLBs must be flushed. */
vaddr ptab_unmap(struct space *s, vaddr va, uint64_t size, unsigned *work, bool *any);
/* Take write access from the entries in a range. True if there was any. */
bool ptab_protect(struct space *s, vaddr va, uint64_t size);
/* Take write access from everything at once, at the top. */
void ptab_protect_all(struct space *s);
