/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/space.h"
#include "kernel/assert.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/mapping.h"
#include "kernel/port.h"
#include "kernel/ptab.h"
#include "kernel/sched.h"
#include "kernel/tlb.h"
#include "kernel/vmo.h"

static struct space kernel_space;
static paddr zero_page; /* what reading untouched memory shows; never written */

struct space *space_kernel(void)
{
	return &kernel_space;
}

void space_kernel_init(void)
{
	if (!space_init(&kernel_space, nullptr) ||
	    !frame_alloc_zero(nullptr, FRAME_KERNEL, &zero_page))
		panic("no memory for the first address space");
}

bool space_init(struct space *s, struct quota *quota)
{
	*s = (struct space){ .quota = quota, .hint = USER_END, .leaf_number = UINT64_MAX };
	if (!frame_alloc_zero(quota, FRAME_TABLE, &s->root))
		return false;
	space_root_init(direct(s->root));
	return true;
}

void space_shuffle(struct space *s)
{
	constexpr uint64_t PAGES = 1 << 28; /* a terabyte of 128 */

	s->hint = USER_END - (arch_random() % PAGES << PAGE_SHIFT);
}

uint64_t space_cpus(const struct space *s)
{
	uint64_t found = 0;

	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && cpus[i]->space == s)
			found |= cpus[i]->bit;
	return found;
}

bool space_reap(struct space *s, unsigned *work)
{
	struct tree_node *n;

	s->dying = true;
	if (this_cpu()->space == s)
		space_enter(this_cpu(), &kernel_space);
	uint64_t users = space_cpus(s);

	for (unsigned i = 0; i < CPUS_MAX; i++)
		if ((users >> i & 1) != 0)
			sched_poke(cpus[i]); /* it idles there: let it leave */
	if (users != 0)
		return false;
	while ((n = tree_first(&s->mappings)) != nullptr) {
		if (*work == 0)
			return false;
		(*work)--;
		mapping_destroy(mapping_of(n));
	}
	return ptab_free(s, work);
}

struct mapping *space_find_from(struct space *s, vaddr va)
{
	struct mapping *m = s->last;

	if (m != nullptr && va >= m->address && va - m->address < m->size)
		return m;
	struct tree_node *n = tree_find_at_most(&s->mappings, va);

	if (n == nullptr)
		n = tree_first(&s->mappings);
	else if (va - mapping_of(n)->address >= mapping_of(n)->size)
		n = tree_next(n);
	if (n == nullptr)
		return nullptr;
	return s->last = mapping_of(n);
}

struct mapping *space_find(struct space *s, vaddr va)
{
	struct mapping *m = space_find_from(s, va);

	return m != nullptr && m->address <= va ? m : nullptr;
}

/* --- Faults --- */

static bool access_is_allowed(const struct mapping *m, enum fault_access access)
{
	/* The bits agree: ACCESS_READ = MAP_READ and so on. What may be written may be read. */
	static_assert(ACCESS_READ == MAP_READ && ACCESS_WRITE == MAP_WRITE &&
		      ACCESS_EXEC == MAP_EXEC);
	uint32_t allowed = m->flags & (MAP_READ | MAP_WRITE | MAP_EXEC);

	if ((allowed & (MAP_WRITE | MAP_EXEC)) != 0)
		allowed |= MAP_READ;
	return (access & ~allowed) == 0;
}

/* A page of RAM is about to be mapped. Before it is run, instruction fetch must see what was
 * stored; that may be long, and is needed once for each time that it could be written. */
static inline void page_prepare(paddr page, enum page_flags flags)
{
	struct frame *f = frame_find(page);

	if ((flags & PAGE_WRITE) != 0)
		f->clean = false;
	if ((flags & PAGE_EXEC) == 0 || f->clean)
		return;
	page_sync_code(page);
	f->clean = true;
}

static enum fault_kind page_enter(struct mapping *m, vaddr va, paddr page, enum page_flags flags)
{
	struct space *s = m->space;
	pte old;

	if (m->vmo == nullptr || m->vmo->kind != VMO_PHYSICAL || frame_is_ram(page.raw, PAGE_SIZE))
		page_prepare(page, flags);
	if (ptab_map(s, va, page, flags, &old) != OK)
		return FAULT_NO_MEMORY;
	if (!pte_is_present(old) || PTE_BREAK_FIRST)
		return FAULT_NONE; /* nothing was there, or ptab_map has flushed it */
	if (pte_address(old).raw != page.raw)
		tlb_shoot(s, va, 1);
	else
		tlb_flush(&s->id, va, 1); /* more is allowed now; other CPUs find out themselves */
	return FAULT_NONE;
}

/* --- Mapping what is there already --- */

constexpr unsigned AROUND = 16; /* pages that one fault looks at */

/* The pages from va on that stand in one node of the object's tree and one page table. */
static unsigned run_length(const struct mapping *m, vaddr va, uint64_t n)
{
	uint64_t place = mapping_index(m, va) + m->vmo->start;
	unsigned in_node = 64 - (place & 63);
	unsigned in_table = 512 - (va >> PAGE_SHIFT & 511);
	unsigned most = in_node < in_table ? in_node : in_table;

	return n < most ? (unsigned)n : most;
}

/* Enter those of the n pages of one run that are absent, or only readable though they may be
 * written now; how many the object has. */
static unsigned run_fill(struct mapping *m, vaddr va, unsigned n)
{
	enum page_flags flags = mapping_page_flags(m), less = flags & ~(enum page_flags)PAGE_WRITE;
	pte writable = pte_leaf((paddr){}, flags), readable = pte_leaf((paddr){}, less);
	bool may_write = (flags & PAGE_WRITE) != 0, alone;
	const uint64_t *slots = slot_look(m->vmo, mapping_index(m, va), &alone);
	pte *e = slots != nullptr ? ptab_entries(m->space, va, may_write) : nullptr;
	unsigned entered = 0, there = 0;

	if (e == nullptr)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		if (slots[i] == 0)
			continue;
		bool write = may_write && slot_is_writable(m->vmo, slots[i], alone);

		there++;
		if (pte_is_present(e[i]) && (pte_is_writable(e[i]) || !write))
			continue;
		entered += !pte_is_present(e[i]);
		page_prepare(slot_page(slots[i]), write ? flags : less);
		e[i] = slot_page(slots[i]).raw | (write ? writable : readable);
	}
	ptab_entered(m->space, va, n, entered);
	return there;
}

bool space_fill(struct mapping *m, vaddr va, uint64_t n)
{
	uint64_t npages = m->vmo->size >> PAGE_SHIFT;
	uint64_t missing = n;

	if (m->vmo->kind == VMO_PHYSICAL)
		return false;
	for (unsigned part; n > 0; n -= part, va += (uint64_t)part << PAGE_SHIFT) {
		part = run_length(m, va, n);
		if (mapping_index(m, va) + part > npages)
			return false;
		missing -= run_fill(m, va, part);
	}
	return missing == 0;
}

/* A page was there already: its neighbours probably are, and will be wanted. */
static void fill_around(struct mapping *m, vaddr va)
{
	vaddr from = va & ~(AROUND * PAGE_SIZE - 1), to = from + AROUND * PAGE_SIZE;

	if (from < m->address)
		from = m->address;
	if (to > mapping_end(m))
		to = mapping_end(m);
	/* Only ahead of need: what is not filled now faults later. */
	(void)space_fill(m, from, (to - from) >> PAGE_SHIFT);
}

static enum fault_kind fault_vmo(struct mapping *m, vaddr va, enum fault_access access, paddr *page)
{
	enum page_flags flags = mapping_page_flags(m);
	uint64_t index = mapping_index(m, va);
	struct page_ref ref;
	bool write = (access & ACCESS_WRITE) != 0;

	switch (write ? vmo_page_write(m->vmo, index, &ref) : vmo_page_read(m->vmo, index, &ref)) {
	case PAGE_FOUND:
		break;
	case PAGE_ZERO:
		ref.page = zero_page;
		break;
	case PAGE_ABSENT:
		return FAULT_PAGER;
	case PAGE_OUTSIDE:
		return FAULT_NO_PAGE;
	case PAGE_NO_MEMORY:
		return FAULT_NO_MEMORY;
	}
	if (ref.changed)
		vmo_unmap_pages_but(m->vmo, index, m);
	if (!ref.writable)
		flags &= ~(enum page_flags)PAGE_WRITE;
	*page = ref.page;
	enum fault_kind kind = page_enter(m, va & ~(PAGE_SIZE - 1), ref.page, flags);

	if (kind == FAULT_NONE && !ref.changed && ref.page.raw != zero_page.raw)
		fill_around(m, va);
	return kind;
}

static enum fault_kind fault_in(struct space *s, vaddr va, enum fault_access access, paddr *page)
{
	struct mapping *m = space_find(s, va);

	if (m == nullptr)
		return FAULT_UNMAPPED;
	if (m->kind == MAPPING_GUARD || !access_is_allowed(m, access))
		return FAULT_ACCESS;
	if (m->vmo != nullptr)
		return fault_vmo(m, va, access, page);
	*page = paddr_add((paddr){ m->offset }, (va - m->address) & ~(PAGE_SIZE - 1));
	return page_enter(m, va & ~(PAGE_SIZE - 1), *page, mapping_page_flags(m));
}

enum fault_kind space_fault(struct space *s, vaddr va, enum fault_access access)
{
	paddr page;

	return fault_in(s, va, access, &page);
}

enum fault_kind space_page(struct space *s, vaddr va, enum fault_access access, paddr *page)
{
	enum fault_kind kind = FAULT_NONE;

	if (!ptab_allows(s, va, access == ACCESS_WRITE, page))
		kind = fault_in(s, va, access, page);
	/* The kernel cannot reach a device's registers as it does memory. */
	if (kind == FAULT_NONE && !frame_is_ram(page->raw, PAGE_SIZE))
		return FAULT_ACCESS;
	return kind;
}

enum fault_kind space_ask_pager(struct thread *t, vaddr va, enum fault_access access)
{
	struct mapping *m = space_find(&t->task->space, va);
	struct page_ref ref;

	if (t->pager_failed) {
		t->pager_failed = false;
		return FAULT_NO_PAGE;
	}
	if (vmo_page_read(m->vmo, mapping_index(m, va), &ref) != PAGE_ABSENT)
		return FAULT_NONE;
	port_ask_pager(t, ref.asked, ref.asked_index << PAGE_SHIFT, (access & ACCESS_WRITE) != 0);
	return FAULT_NONE;
}

/* --- Pages that belong to no memory object --- */

enum err space_map_pages(struct space *s, vaddr address, uint64_t size, paddr first, uint32_t flags,
			 enum mapping_kind kind)
{
	struct mapping *m = space_find_from(s, address);

	if (m != nullptr && m->address < address + size)
		return ERR_EXISTS;
	m = mapping_create(s, address, size, nullptr, first.raw, flags);
	if (m == nullptr)
		return ERR_NO_MEMORY;
	m->kind = kind;
	/* The clock, far from all else and read by few, is entered when it is read. */
	for (uint64_t at = 0; at < size && kind == MAPPING_AREA; at += PAGE_SIZE) {
		pte old;

		if (ptab_map(s, address + at, paddr_add(first, at), mapping_page_flags(m), &old) ==
		    OK)
			continue;
		space_unmap_pages(s, address);
		return ERR_NO_MEMORY;
	}
	return OK;
}

void space_unmap_pages(struct space *s, vaddr address)
{
	struct mapping *m = space_find(s, address);
	unsigned work = UINT32_MAX;

	mapping_unmap_pages(m, m->address, m->size, &work);
	mapping_destroy(m);
}

/* --- Clone --- */

/* What a mapping of the vmo becomes in the clone: the vmo itself, or its copy, made once. */
static enum err vmo_for_clone(struct space *to, struct mapping *m, bool copy, struct vmo **vmo)
{
	if (!copy || !vmo_may_copy(m->vmo)) {
		*vmo = m->vmo;
		return OK;
	}
	if (m->vmo->copy == nullptr) {
		enum err e = vmo_clone(m->vmo, 0, m->vmo->size, to->quota, &m->vmo->copy);

		if (e != OK)
			return e;
		m->vmo->copy->fresh = m->vmo->kind != VMO_PAGER;
	}
	*vmo = m->vmo->copy;
	return OK;
}

/* Code as small as this is entered into a clone's tables at once: it will run soon. */
constexpr uint64_t CODE_SMALL = 64 * PAGE_SIZE;

static enum err mapping_clone(struct space *to, struct mapping *m, uint32_t flags)
{
	uint32_t mode = m->flags & INHERIT_PRIVATE;
	bool copy = mode == INHERIT_PRIVATE || (mode == INHERIT_COPY && (flags & CLONE_SHARE) == 0);
	struct vmo *vmo = nullptr;
	enum err e = OK;

	if (mode == INHERIT_NONE || m->kind == MAPPING_AREA || m->kind == MAPPING_CLOCK)
		return OK;
	if (m->vmo != nullptr)
		e = vmo_for_clone(to, m, copy, &vmo);
	if (e != OK)
		return e;
	struct mapping *new = mapping_create(to, m->address, m->size, vmo, m->offset, m->flags);

	if (new == nullptr)
		return ERR_NO_MEMORY;
	new->allowed = m->allowed;
	if (!copy)
		mapping_lease(new, m->use.leased);
	if (!copy && vmo != nullptr && (m->flags & MAP_EXEC) != 0 && m->size <= CODE_SMALL)
		(void)space_fill(new, new->address, new->size >> PAGE_SHIFT); /* ahead of need */
	return OK;
}

enum err space_clone(struct space *to, struct space *from, uint32_t flags)
{
	enum err e = OK;

	from->cloning = true;
	for (struct tree_node *n = tree_first(&from->mappings); n != nullptr && e == OK;
	     n = tree_next(n))
		e = mapping_clone(to, mapping_of(n), flags);
	/* The copies' references are the mappings'. */
	for (struct tree_node *n = tree_first(&from->mappings); n != nullptr; n = tree_next(n)) {
		struct vmo *vmo = mapping_of(n)->vmo;

		if (vmo != nullptr && vmo->copy != nullptr) {
			object_put(vmo->copy);
			vmo->copy = nullptr;
		}
	}
	from->cloning = false;
	to->hint = from->hint;
	ptab_protect_all(from);
	tlb_shoot(from, 0, SIZE_MAX);
	return e;
}
