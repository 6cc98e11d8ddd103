/* SPDX-License-Identifier: MPL-2.0 */
/* The space_ calls. */
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/mapping.h"
#include "kernel/port.h"
#include "kernel/ptab.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/tlb.h"
#include "kernel/user.h"
#include "kernel/vmo.h"

/* Pages that one call handles before it lets others run, and goes on. */
constexpr unsigned WORK_MAX = 4096;

constexpr uint32_t MAP_ACCESS = MAP_READ | MAP_WRITE | MAP_EXEC;
constexpr uint32_t MAP_KNOWN =
	MAP_ACCESS | MAP_FIXED | MAP_REPLACE | MAP_COMMIT | MAP_LOW | MAP_GUARD | INHERIT_PRIVATE;

static bool range_is_pages(vaddr address, uint64_t size)
{
	return ((address | size) & (PAGE_SIZE - 1)) == 0 && size != 0 && address >= USER_START &&
	       user_range_ok(address, size);
}

static bool access_is_sane(uint32_t flags)
{
	return (flags & (MAP_WRITE | MAP_EXEC)) != (MAP_WRITE | MAP_EXEC);
}

static bool range_is_free(struct space *s, vaddr address, uint64_t size)
{
	struct mapping *m = space_find_from(s, address);

	return m == nullptr || m->address >= address + size;
}

/* --- Free ranges --- */

/* The highest free range of `size` bytes that ends at or below `top`; 0 if there is none. */
static vaddr range_below(struct space *s, vaddr top, uint64_t size)
{
	struct tree_node *n = tree_find_at_most(&s->mappings, top - 1);

	while (top >= USER_START + size) {
		vaddr floor = n != nullptr ? mapping_end(mapping_of(n)) : USER_START;

		if (floor < top && top - floor >= size)
			return top - size;
		if (n == nullptr)
			return 0;
		if (mapping_of(n)->address < top)
			top = mapping_of(n)->address;
		n = tree_prev(n);
	}
	return 0;
}

static vaddr range_choose(struct space *s, vaddr wish, uint64_t size, bool low)
{
	constexpr vaddr LOW_TOP = 1ull << 31;
	vaddr at;

	if (wish != 0 && range_is_pages(wish, size) && range_is_free(s, wish, size))
		return wish;
	if (low)
		return range_below(s, LOW_TOP, size);
	at = range_below(s, s->hint, size);
	if (at == 0)
		at = range_below(s, USER_END, size);
	if (at != 0)
		s->hint = at;
	return at;
}

/* --- Unmap --- */

/* Free the pages of fresh memory that nothing maps any more. */
static enum err fresh_free(struct mapping *m, vaddr va, uint64_t size, unsigned *work)
{
	uint64_t first = mapping_index(m, va), n = size >> PAGE_SHIFT;

	if (m->kind != MAPPING_FRESH || m->vmo->root == nullptr ||
	    (size == m->size && m->vmo->object.refs == 1))
		return OK;
	LIST_EACH(at, &m->vmo->mappings) {
		struct mapping *o = container_of(at, struct mapping, link);
		uint64_t o_first = o->offset >> PAGE_SHIFT;

		if (o != m && o_first < first + n && first < o_first + (o->size >> PAGE_SHIFT))
			return OK; /* a clone shares it */
	}
	enum err e = vmo_drop_pages(m->vmo, first, n, work);

	return e == ERR_AGAIN ? e
			      : OK; /* what cannot be parted from a clone goes with the object */
}

/* Cut [va, va + size) out of a mapping that has no further boundary inside. */
static enum err mapping_remove(struct mapping *m, unsigned *work)
{
	if (mapping_unmap_pages(m, m->address, m->size, work) < mapping_end(m))
		return ERR_AGAIN;
	enum err e = fresh_free(m, m->address, m->size, work);

	if (e == OK)
		mapping_destroy(m);
	return e;
}

/* True if the range holds what only the kernel may unmap. */
static bool holds_area(struct space *s, vaddr address, uint64_t size)
{
	for (struct mapping *m = space_find_from(s, address);
	     m != nullptr && m->address < address + size;) {
		if (m->kind == MAPPING_AREA || m->kind == MAPPING_CLOCK)
			return true;
		struct tree_node *n = tree_next(&m->node);

		m = n != nullptr ? mapping_of(n) : nullptr;
	}
	return false;
}

/* Nearly always: what was mapped at once is unmapped at once. */
static bool is_exactly(const struct mapping *m, vaddr address, uint64_t size)
{
	return m->address == address && m->size == size && m->kind != MAPPING_AREA &&
	       m->kind != MAPPING_CLOCK;
}

/* Boundaries at both ends of a range, nothing of the kernel's in it. */
static enum err range_isolate(struct space *s, vaddr address, uint64_t size)
{
	struct mapping *m = space_find_from(s, address);

	if (m != nullptr && is_exactly(m, address, size))
		return OK;
	if (holds_area(s, address, size))
		return ERR_BAD_STATE;
	enum err e = mapping_split(s, address);

	return e == OK ? mapping_split(s, address + size) : e;
}

static enum err range_unmap(struct space *s, vaddr address, uint64_t size)
{
	unsigned work = WORK_MAX;
	struct mapping *m = space_find_from(s, address);

	if (m != nullptr && is_exactly(m, address, size))
		return mapping_remove(m, &work);
	enum err e = range_isolate(s, address, size);

	m = e == OK ? space_find_from(s, address) : nullptr;
	while (e == OK && m != nullptr && m->address < address + size) {
		struct tree_node *n = tree_next(&m->node);

		e = mapping_remove(m, &work);
		if (e == OK && work == 0)
			e = ERR_AGAIN;
		m = n != nullptr ? mapping_of(n) : nullptr;
	}
	return e;
}

enum err sys_space_unmap(struct thread *self, struct task *task, uint64_t address, uint64_t size)
{
	if (!range_is_pages(address, size))
		return ERR_BAD_ARGUMENT;
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	enum err e = range_unmap(&task->space, address, size);

	return e == ERR_AGAIN ? call_repeat(self) : e;
}

/* --- Map --- */

static enum err map_check(const struct cap *vmo, uint64_t offset, uint64_t size, uint32_t flags)
{
	if ((flags & ~MAP_KNOWN) != 0 || !access_is_sane(flags) || size == 0 ||
	    ((offset | size) & (PAGE_SIZE - 1)) != 0 || size > USER_END ||
	    offset > VMO_SIZE_MAX - size)
		return ERR_BAD_ARGUMENT;
	if ((flags & MAP_GUARD) != 0 && (vmo != nullptr || (flags & MAP_ACCESS) != 0))
		return ERR_BAD_ARGUMENT;
	if (vmo == nullptr)
		return offset == 0 ? OK : ERR_BAD_ARGUMENT;
	static_assert(RIGHT_READ == MAP_READ && RIGHT_WRITE == MAP_WRITE &&
		      RIGHT_EXECUTE == MAP_EXEC);
	return (flags & MAP_ACCESS & ~vmo->rights) == 0 ? OK : ERR_NO_RIGHT;
}

/* Where it shall stand. ERR_AGAIN: what is there was not unmapped all at once. */
static enum err map_place(struct space *s, vaddr address, uint64_t size, uint32_t flags, vaddr *at)
{
	if ((flags & MAP_FIXED) == 0) {
		*at = range_choose(s, address, size, (flags & MAP_LOW) != 0);
		return *at != 0 ? OK : ERR_FULL;
	}
	if (!range_is_pages(address, size))
		return ERR_BAD_ARGUMENT;
	*at = address;
	if (range_is_free(s, address, size))
		return OK;
	if ((flags & MAP_REPLACE) == 0)
		return ERR_EXISTS;
	enum err e = range_unmap(s, address, size);

	return e == ERR_BAD_STATE ? ERR_EXISTS : e;
}

static void map_commit(struct mapping *m)
{
	enum fault_access access = (m->flags & MAP_WRITE) != 0 ? ACCESS_WRITE : ACCESS_READ;
	uint64_t n = m->size >> PAGE_SHIFT < WORK_MAX ? m->size >> PAGE_SHIFT : WORK_MAX;

	if (space_fill(m, m->address, n))
		return;
	for (vaddr at = m->address; at < m->address + (n << PAGE_SHIFT); at += PAGE_SIZE)
		if (ptab_find(m->space, at) == nullptr &&
		    space_fault(m->space, at, access) != FAULT_NONE)
			return;
}

enum err sys_space_map(struct thread *self, struct task *task, const struct cap *cap,
		       uint64_t address, uint64_t offset, uint64_t size, uint32_t flags,
		       uint64_t *at)
{
	struct vmo *vmo = cap != nullptr ? (struct vmo *)cap->object : nullptr;
	enum err e = map_check(cap, offset, size, flags);

	if (e == OK && task->state != TASK_ALIVE)
		e = ERR_BAD_STATE;
	if (e == OK)
		e = map_place(&task->space, address, size, flags, at);
	if (e != OK)
		return e == ERR_AGAIN ? call_repeat(self) : e;
	if (vmo != nullptr) {
		object_get(vmo);
	} else if ((flags & MAP_GUARD) == 0) {
		vmo = vmo_create(task->object.quota, size);
		if (vmo == nullptr)
			return ERR_NO_MEMORY;
		vmo->fresh = true;
	}
	struct mapping *m = mapping_create(&task->space, *at, size, vmo, offset,
					   flags & (MAP_ACCESS | MAP_GUARD | INHERIT_PRIVATE));

	object_put(vmo);
	if (m == nullptr)
		return ERR_NO_MEMORY;
	if (cap != nullptr) {
		m->allowed = cap->rights & MAP_ACCESS;
		mapping_lease(m, cap->lease);
	} else if (vmo != nullptr) {
		m->allowed = MAP_ACCESS;
	}
	if ((flags & MAP_COMMIT) != 0 && vmo != nullptr)
		map_commit(m);
	return OK;
}

/* --- Change --- */

/* Every page of the range is mapped, and every mapping in it satisfies `check`. */
static enum err range_check(struct space *s, vaddr address, uint64_t size,
			    enum err (*check)(const struct mapping *m, uint32_t flags),
			    uint32_t flags)
{
	vaddr end = address + size;

	while (address < end) {
		struct mapping *m = space_find(s, address);
		enum err e = m == nullptr ? ERR_NOT_FOUND : check(m, flags);

		if (e != OK)
			return e;
		address = mapping_end(m);
	}
	return OK;
}

/* Call `change` for every mapping of a range that has boundaries at its ends. */
static void range_each(struct space *s, vaddr address, uint64_t size,
		       void (*change)(struct mapping *m, uint64_t value), uint64_t value)
{
	for (vaddr at = address; at < address + size;) {
		struct mapping *m = space_find(s, at);

		at = mapping_end(m);
		change(m, value);
	}
}

static enum err protect_check(const struct mapping *m, uint32_t flags)
{
	if (m->kind == MAPPING_AREA || m->kind == MAPPING_CLOCK)
		return ERR_BAD_STATE;
	return (flags & ~m->allowed) == 0 ? OK : ERR_NO_RIGHT;
}

static void protect_one(struct mapping *m, uint64_t flags)
{
	uint32_t lost = m->flags & ~(uint32_t)flags & MAP_ACCESS;
	unsigned work = UINT32_MAX;

	m->flags = (m->flags & ~MAP_ACCESS) | (uint32_t)flags;
	/* Pages that may only be written no more stay; all other changes are found by faults. */
	if ((lost & ~MAP_WRITE) != 0 || ((uint32_t)flags & MAP_EXEC) != 0)
		mapping_unmap_pages(m, m->address, m->size, &work);
	else if (lost != 0 && ptab_protect(m->space, m->address, m->size))
		tlb_shoot(m->space, m->address, m->size >> PAGE_SHIFT);
}

enum err sys_space_protect(struct thread *self, struct task *task, uint64_t address, uint64_t size,
			   uint32_t flags)
{
	struct space *s = &task->space;

	(void)self;
	if (!range_is_pages(address, size) || (flags & ~MAP_ACCESS) != 0 || !access_is_sane(flags))
		return ERR_BAD_ARGUMENT;
	enum err e = range_check(s, address, size, protect_check, flags);

	if (e == OK)
		e = range_isolate(s, address, size);
	if (e == OK)
		range_each(s, address, size, protect_one, flags);
	return e;
}

static enum err inherit_check(const struct mapping *m, uint32_t flags)
{
	(void)flags;
	return m->kind == MAPPING_AREA || m->kind == MAPPING_CLOCK ? ERR_BAD_STATE : OK;
}

static void inherit_one(struct mapping *m, uint64_t flags)
{
	m->flags = (m->flags & ~INHERIT_PRIVATE) | (uint32_t)flags;
}

enum err sys_space_inherit(struct thread *self, struct task *task, uint64_t address, uint64_t size,
			   uint32_t flags)
{
	(void)self;
	if (!range_is_pages(address, size) || (flags & ~INHERIT_PRIVATE) != 0)
		return ERR_BAD_ARGUMENT;
	enum err e = range_check(&task->space, address, size, inherit_check, flags);

	if (e == OK)
		e = range_isolate(&task->space, address, size);
	if (e == OK)
		range_each(&task->space, address, size, inherit_one, flags);
	return e;
}

static void move_one(struct mapping *m, uint64_t by)
{
	struct space *s = m->space;
	unsigned work = UINT32_MAX;

	mapping_unmap_pages(m, m->address, m->size, &work);
	tree_remove(&s->mappings, &m->node);
	m->address += by;
	tree_insert(&s->mappings, &m->node, m->address);
	s->last = nullptr;
}

enum err sys_space_move(struct thread *self, struct task *task, uint64_t from, uint64_t size,
			uint64_t to, uint32_t flags)
{
	struct space *s = &task->space;

	if (!range_is_pages(from, size) || !range_is_pages(to, size) ||
	    (from < to + size && to < from + size) || (flags & ~MAP_REPLACE) != 0)
		return ERR_BAD_ARGUMENT;
	enum err e = range_check(s, from, size, inherit_check, 0);
	vaddr at;

	if (e == OK)
		e = map_place(s, to, size, flags | MAP_FIXED, &at);
	if (e == ERR_AGAIN)
		return call_repeat(self);
	if (e == OK)
		e = range_isolate(s, from, size);
	if (e == OK)
		range_each(s, from, size, move_one, to - from);
	return e;
}

/* --- Look --- */

enum err sys_space_find(struct thread *self, struct task *task, uint64_t address,
			struct user_out to)
{
	struct mapping *m = space_find_from(&task->space, address);

	if (m == nullptr)
		return ERR_NOT_FOUND;
	struct mapping_info info = {
		.address = m->address,
		.size = m->size,
		.offset = m->vmo != nullptr ? m->offset : 0,
		.vmo_id = m->vmo != nullptr ? m->vmo->object.id : 0,
		.flags = m->flags,
		.allowed = m->allowed,
		.kind = m->kind,
	};

	if (m->vmo != nullptr && m->vmo->kind != VMO_PHYSICAL)
		info.resident = vmo_count_pages(m->vmo, m->offset >> PAGE_SHIFT,
						m->size >> PAGE_SHIFT, &info.shared);
	return user_put(self, to, &info, sizeof(info));
}

enum err sys_space_present(struct thread *self, uint64_t address, uint64_t size, struct user_out to)
{
	struct space *s = &self->task->space;

	if (!range_is_pages(address, size) || to.size < size >> PAGE_SHIFT)
		return ERR_BAD_ARGUMENT;
	for (vaddr va = address; va < address + size; va += PAGE_SIZE) {
		struct mapping *m = space_find(s, va);
		struct page_ref ref;
		uint8_t present;

		if (m == nullptr)
			return ERR_NOT_FOUND;
		present = m->vmo == nullptr
				  ? m->kind != MAPPING_GUARD
				  : vmo_page_read(m->vmo, mapping_index(m, va), &ref) == PAGE_FOUND;
		enum err e =
			user_write(self, to.address + ((va - address) >> PAGE_SHIFT), &present, 1);

		if (e != OK)
			return e;
	}
	return OK;
}

/* --- Another task's memory --- */

static enum err fault_error(enum fault_kind kind)
{
	switch (kind) {
	case FAULT_NONE:
		return OK;
	case FAULT_PAGER:
		return ERR_AGAIN;
	case FAULT_NO_MEMORY:
		return ERR_NO_MEMORY;
	default:
		return ERR_BAD_ADDRESS;
	}
}

/* A debugger may write where the task itself may only read: into a copy of its own. */
static enum err mapping_privatise(struct mapping *m)
{
	struct vmo *copy;
	unsigned work = UINT32_MAX;

	if (m->kind == MAPPING_FRESH)
		return OK;
	enum err e = vmo_clone(m->vmo, 0, m->vmo->size, m->space->quota, &copy);

	if (e != OK)
		return e == ERR_NO_MEMORY ? e : ERR_BAD_ADDRESS;
	mapping_unmap_pages(m, m->address, m->size, &work);
	list_remove(&m->link);
	lease_unuse(&m->use);
	object_put(m->vmo);
	copy->fresh = true;
	m->vmo = copy;
	m->kind = MAPPING_FRESH;
	list_append(&copy->mappings, &m->link);
	return OK;
}

/* The page of a read-only mapping, writable for the kernel alone. */
static enum err page_force(struct space *s, vaddr va, paddr *page)
{
	struct mapping *m = space_find(s, va);
	struct page_ref ref;

	if (m == nullptr || m->vmo == nullptr || m->allowed == 0 || m->vmo->kind == VMO_PHYSICAL)
		return ERR_BAD_ADDRESS;
	enum err e = mapping_privatise(m);

	if (e != OK)
		return e;
	uint64_t index = mapping_index(m, va);

	switch (vmo_page_write(m->vmo, index, &ref)) {
	case PAGE_FOUND:
		break;
	case PAGE_ABSENT:
		return ERR_AGAIN;
	case PAGE_NO_MEMORY:
		return ERR_NO_MEMORY;
	default:
		return ERR_BAD_ADDRESS;
	}
	if (ref.changed)
		vmo_unmap_pages(m->vmo, index, 1);
	*page = ref.page;
	return OK;
}

enum err space_copy(struct thread *self, struct space *s, vaddr va, vaddr mine, size_t n,
		    enum copy_mode mode, uint64_t *count)
{
	enum err e = OK;
	size_t done = 0;

	while (done < n && e == OK) {
		size_t in_page = PAGE_SIZE - ((va + done) & (PAGE_SIZE - 1));
		size_t part = n - done < in_page ? n - done : in_page;
		enum fault_access access = mode == COPY_OUT_OF ? ACCESS_READ : ACCESS_WRITE;
		paddr page;

		if (!user_range_ok(va + done, part))
			e = ERR_BAD_ADDRESS;
		else
			e = fault_error(space_page(s, va + done, access, &page));
		if (e == ERR_BAD_ADDRESS && mode == COPY_FORCE)
			e = page_force(s, va + done, &page);
		if (e != OK)
			break;
		char *kernel = (char *)direct(page) + ((va + done) & (PAGE_SIZE - 1));

		/* The page stays: the lock is held, and only a fault of ours could change the
		 * space. */
		e = mode == COPY_OUT_OF ? user_write(self, mine + done, kernel, part)
					: user_read(self, kernel, mine + done, part);
		if (mode != COPY_OUT_OF)
			frame_written(page);
		if (e != OK)
			return e; /* our own buffer is at fault */
		done += part;
	}
	*count = done;
	return done > 0 && e != ERR_AGAIN ? OK : e;
}

enum err sys_space_read(struct thread *self, struct task *task, uint64_t address,
			struct user_out to, uint64_t *count)
{
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	return space_copy(self, &task->space, address, to.address, to.size, COPY_OUT_OF, count);
}

enum err sys_space_write(struct thread *self, struct task *task, uint64_t address,
			 struct user_in from, uint64_t *count)
{
	if (task->state != TASK_ALIVE)
		return ERR_BAD_STATE;
	return space_copy(self, &task->space, address, from.address, from.size, COPY_FORCE, count);
}
