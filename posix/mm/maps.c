/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/mm/maps.h"
#include <asm/errno.h>
#include <string.h>
#include "abi/user.h"
#include "posix/abi/linux.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"

struct map_table maps;
uint64_t maps_top = GUEST_END;
bool maps_lock_new;

constexpr uint32_t ACCESS = MAP_IS_READABLE | MAP_IS_WRITABLE | MAP_IS_EXECUTABLE;
constexpr uint64_t LOW_END = 0x80000000;
static_assert(MAP_IS_READABLE == MAP_READ && MAP_IS_WRITABLE == MAP_WRITE &&
	      MAP_IS_EXECUTABLE == MAP_EXEC);

static struct map_entry *entries(void)
{
	return (struct map_entry *)maps.entries;
}

struct map_backing *backing_new(fut_handle vmo, const char *path, uint64_t node, uint32_t mount)
{
	size_t n = strlen(path) + 1;
	struct map_backing *b = heap_new(sizeof(*b) + n);

	if (b == nullptr) {
		(void)fut_handle_close(vmo); /* ours */
		return nullptr;
	}
	*b = (struct map_backing){ .node = node, .mount = mount, .refs = 1, .vmo = vmo };
	memcpy(b->path, path, n);
	return b;
}

void backing_drop(struct map_backing *b)
{
	if (b == nullptr || --b->refs > 0)
		return;
	(void)fut_handle_close(b->vmo); /* ours */
	if (b->use != 0)
		(void)fut_handle_close(b->use); /* ours */
	heap_free(b);
}

/* --- The table --- */

/* The first entry that ends above the address. */
static uint32_t index_of(uint64_t address)
{
	uint32_t low = 0, high = maps.count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (entries()[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct map_entry *maps_find(uint64_t address)
{
	uint32_t i = index_of(address);

	return i < maps.count ? &entries()[i] : nullptr;
}

/* Free entries before the first; the others are behind the last. */
static uint32_t before;

/* Room for `n` more entries at either end: what is inserted moves those on its shorter side. */
static bool reserve(uint32_t n)
{
	uint32_t after = maps.room - maps.count - before, room = maps.room * 2 + 64;
	struct map_entry *old = entries() - before, *new = old;

	if (before >= n && after >= n)
		return true;
	/* With as much free as is used the way is worth it. */
	if (maps.room < 2 * (maps.count + n) && (new = heap_new(room * sizeof(*new))) == nullptr)
		return false;
	uint32_t was = before;
	if (new != old)
		maps.room = room;
	before = (maps.room - maps.count) / 2;
	memmove(new + before, old + was, maps.count * sizeof(*new));
	maps.entries = (uint64_t)(new + before);
	if (new != old)
		heap_free(was + maps.count > 0 ? old : nullptr);
	return true;
}

static void insert(uint32_t i, const struct map_entry *m)
{
	if (i <= maps.count / 2) {
		before--;
		maps.entries -= sizeof(*m);
		memmove(entries(), entries() + 1, i * sizeof(*m));
	} else {
		memmove(entries() + i + 1, entries() + i, (maps.count - i) * sizeof(*m));
	}
	entries()[i] = *m;
	maps.count++;
	if (m->backing != 0)
		backing_of(m)->refs++;
}

/* Between `at` and `top` no gap has `size` bytes: a search for as much can begin at `at`. */
static struct {
	uint64_t top, at, size;
} full;

static void erase(uint32_t i)
{
	uint64_t above = i + 1 < maps.count ? entries()[i + 1].start : full.top;

	if (full.at < above)
		full.at = above < full.top ? above : full.top;
	backing_drop(backing_of(&entries()[i]));
	maps.count--;
	if (i > maps.count / 2) {
		memmove(entries() + i, entries() + i + 1,
			(maps.count - i) * sizeof(struct map_entry));
		return;
	}
	memmove(entries() + 1, entries(), i * sizeof(struct map_entry));
	maps.entries += sizeof(struct map_entry);
	before++;
}

/* So that no entry straddles the address. There is room. */
static void split(uint64_t address)
{
	uint32_t i = index_of(address);

	if (i == maps.count || entries()[i].start >= address)
		return;
	struct map_entry second = entries()[i];
	second.offset += address - second.start;
	second.start = address;
	entries()[i].end = address;
	insert(i + 1, &second);
}

static bool joins(const struct map_entry *a, const struct map_entry *b)
{
	return a->end == b->start && a->flags == b->flags && a->is_copy == b->is_copy &&
	       a->backing == b->backing &&
	       (a->backing == 0 || a->offset + (a->end - a->start) == b->offset);
}

/* Join entry i with its neighbours. */
static void join(uint32_t i)
{
	if (i + 1 < maps.count && joins(&entries()[i], &entries()[i + 1])) {
		entries()[i].end = entries()[i + 1].end;
		erase(i + 1);
	}
	if (i > 0 && i < maps.count && joins(&entries()[i - 1], &entries()[i])) {
		entries()[i - 1].end = entries()[i].end;
		erase(i);
	}
}

static void forget(uint64_t address, uint64_t size)
{
	split(address);
	split(address + size);
	for (uint32_t i = index_of(address); i < maps.count && entries()[i].start < address + size;)
		erase(i);
}

bool maps_cover(uint64_t address, uint64_t size)
{
	uint64_t at = address;

	for (uint32_t i = index_of(address); i < maps.count && at < address + size; i++) {
		if (entries()[i].start > at)
			return false;
		at = entries()[i].end;
	}
	return at >= address + size;
}

static bool is_free(uint64_t address, uint64_t size)
{
	uint32_t i = index_of(address);

	return i == maps.count || entries()[i].start >= address + size;
}

/* The end of the highest gap below `end` that has `size` bytes. */
static uint64_t gap_end(uint64_t size, uint64_t end)
{
	for (uint32_t i = index_of(end - 1) + 1; i-- > 0;) {
		if (i == maps.count)
			continue;
		if (entries()[i].end < end && end - entries()[i].end >= size)
			break;
		if (entries()[i].start < end)
			end = entries()[i].start;
	}
	return end;
}

uint64_t maps_gap(uint64_t size, uint64_t below)
{
	bool is_known = full.top == below && size >= full.size;
	uint64_t end = gap_end(size, is_known ? full.at : below);

	/* What is known of the least size serves most. */
	if (full.top != below || size <= full.size) {
		full.top = below;
		full.at = end;
		full.size = size;
	}
	return end >= GUEST_START + size ? end - size : 0;
}

/* --- Mapping --- */

/* Private contents of a file are a copy-on-write clone of it, as far as the file goes. */
static enum err clone_part(const struct map_backing *b, uint64_t offset, uint64_t size,
			   fut_handle *clone)
{
	uint64_t whole, pages;
	uint32_t flags;
	enum err e = fut_vmo_info(b->vmo, &whole, &pages, &flags);

	if (e != OK)
		return e;
	whole = page_up(whole);
	if (offset >= whole)
		return ERR_NOT_FOUND;
	return fut_vmo_clone(b->vmo, offset, size < whole - offset ? size : whole - offset, clone);
}

static uint32_t inherit_of(uint32_t flags, bool is_shared)
{
	return (flags & (MAP_IS_NOT_FORKED | MAP_IS_WIPED)) != 0 ? INHERIT_NONE
	       : is_shared                                       ? INHERIT_SHARE
								 : INHERIT_COPY;
}

/* Never writable and executable at once: what is to be both is the one or the other, page by page,
 * as it was used last. */
static bool is_both(uint32_t flags)
{
	return (flags & (MAP_IS_WRITABLE | MAP_IS_EXECUTABLE)) ==
	       (MAP_IS_WRITABLE | MAP_IS_EXECUTABLE);
}

static uint32_t kernel_access(uint32_t flags)
{
	return flags & ACCESS & ~(is_both(flags) ? MAP_IS_EXECUTABLE : 0u);
}

bool maps_switch(uint64_t address, bool to_execute)
{
	constexpr uint32_t NEEDS[] = { MAP_IS_READABLE | MAP_IS_WRITABLE,
				       MAP_IS_READABLE | MAP_IS_EXECUTABLE };
	const struct map_entry *m = maps_find(address);

	return m != nullptr && m->start <= address && is_both(m->flags) &&
	       fut_space_protect(0, page_down(address), PAGE, NEEDS[to_execute]) == OK;
}

/* Tell the kernel about one entry's worth of memory. */
static enum err kernel_map(struct map_entry *m, bool replace, bool commit)
{
	uint64_t at, size = m->end - m->start, offset = m->offset;
	/* What cannot be written needs no copy, until mprotect lets it be. */
	bool is_direct = m->backing != 0 &&
			 (m->flags & (MAP_IS_SHARED | MAP_IS_WRITABLE)) != MAP_IS_WRITABLE;
	bool is_shared = is_direct || (m->flags & MAP_IS_SHARED) != 0;
	uint32_t flags = kernel_access(m->flags) | MAP_FIXED | inherit_of(m->flags, is_shared);
	fut_handle vmo = 0, clone = 0;
	enum err e = OK;

	if (replace)
		flags |= MAP_REPLACE;
	if (commit)
		flags |= MAP_COMMIT;
	if (m->backing == 0) {
		offset = 0;
	} else if (is_direct) {
		vmo = backing_of(m)->vmo;
	} else {
		e = clone_part(backing_of(m), offset, size, &clone);
		vmo = e == ERR_NOT_FOUND ? backing_of(m)->vmo : clone;
		offset = e == ERR_NOT_FOUND ? offset : 0;
		if (e == ERR_NOT_FOUND)
			e = OK;
	}
	if (e == OK)
		e = fut_space_map(0, vmo, m->start, offset, size, flags, &at);
	if (clone != 0)
		(void)fut_handle_close(clone); /* the mapping keeps it */
	m->is_copy = !is_direct;
	return e;
}

static int64_t choose(const struct map_request *r)
{
	if (r->address != 0 && guest_ok(r->address, r->size) && r->address >= GUEST_START &&
	    (r->fixed || is_free(r->address, r->size)))
		return r->fixed && !r->replace && !is_free(r->address, r->size)
			       ? -EEXIST
			       : (int64_t)r->address;
	if (r->fixed)
		return guest_ok(r->address, r->size) ? -EPERM : -ENOMEM;
	uint64_t gap = maps_gap(r->size, r->low ? LOW_END : maps_top);
	if (gap == 0 && !r->low)
		gap = maps_gap(r->size, GUEST_END);
	return gap != 0 ? (int64_t)gap : -ENOMEM;
}

/* Bytes of a range that are mapped. */
static uint64_t covered(uint64_t address, uint64_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = index_of(address); i < maps.count && entries()[i].start < end; i++) {
		const struct map_entry *m = &entries()[i];
		sum += (m->end < end ? m->end : end) - (m->start > address ? m->start : address);
	}
	return sum;
}

/* RLIMIT_AS, were the range mapped too. */
static bool fits_limit(uint64_t address, uint64_t size)
{
	return process.space_limit == UINT64_MAX ||
	       covered(0, GUEST_END) - covered(address, address + size) + size <=
		       process.space_limit;
}

int64_t maps_add(const struct map_request *r)
{
	int64_t at = choose(r);

	if (at < 0 || maps.count >= MAPPINGS_MOST || !reserve(4) ||
	    !fits_limit((uint64_t)at, r->size))
		return at < 0 ? at : -ENOMEM;
	struct map_entry m = { .start = (uint64_t)at,
			       .end = (uint64_t)at + r->size,
			       .offset = r->offset,
			       .backing = (uint64_t)r->backing,
			       .flags = r->flags | (maps_lock_new ? MAP_IS_LOCKED : 0) };
	enum err e = kernel_map(&m, r->replace, r->commit || (m.flags & MAP_IS_LOCKED) != 0);
	if (e != OK)
		return call_error(e);
	if (r->replace)
		forget(m.start, r->size);
	uint32_t i = index_of(m.start);
	insert(i, &m);
	join(i);
	return at;
}

static bool straddles(uint64_t address)
{
	const struct map_entry *m = maps_find(address);

	return m != nullptr && m->start < address;
}

int64_t maps_remove(uint64_t address, uint64_t size)
{
	bool is_within = straddles(address) && maps_find(address)->end > address + size;

	if ((is_within && maps.count >= MAPPINGS_MOST) || !reserve(2))
		return -ENOMEM;
	enum err e = fut_space_unmap(0, address, size);
	if (e != OK)
		return call_error(e);
	forget(address, size);
	return 0;
}

/* A private file that could not be written so far becomes a copy when it can. */
static enum err protect(struct map_entry *m, uint32_t access)
{
	enum err e;

	if ((access & MAP_IS_WRITABLE) != 0 && m->backing != 0 && !m->is_copy &&
	    (m->flags & MAP_IS_SHARED) == 0) {
		struct map_entry copy = *m;
		copy.flags = (copy.flags & ~ACCESS) | access;
		e = kernel_map(&copy, true, false);
		if (e == OK)
			*m = copy;
		return e;
	}
	e = fut_space_protect(0, m->start, m->end - m->start, kernel_access(access));
	if (e == OK)
		m->flags = (m->flags & ~ACCESS) | access;
	return e;
}

/* Give a range that is mapped throughout boundaries at its ends; *first is its first entry. */
static bool range_cut(uint64_t address, uint64_t size, uint32_t *first)
{
	uint32_t cuts = straddles(address) + straddles(address + size);

	if (!maps_cover(address, size) || !reserve(2) ||
	    (cuts > 0 && maps.count + cuts > MAPPINGS_MOST))
		return false;
	split(address);
	split(address + size);
	*first = index_of(address);
	return true;
}

int64_t maps_protect(uint64_t address, uint64_t size, uint32_t access)
{
	uint32_t first;

	if (!range_cut(address, size, &first))
		return -ENOMEM;
	uint32_t i = first;
	for (; i < maps.count && entries()[i].start < address + size; i++) {
		enum err e = protect(&entries()[i], access);
		if (e != OK)
			return e == ERR_BAD_ARGUMENT || e == ERR_NO_RIGHT ? -EACCES : call_error(e);
	}
	while (i-- > first)
		join(i);
	return 0;
}

/* Shared memory is a child's too, whatever mapping it is seen through. */
static bool may_wipe(const struct map_entry *m)
{
	return m->backing == 0 && (m->flags & MAP_IS_SHARED) == 0;
}

bool maps_may_free(uint64_t address, uint64_t size)
{
	for (uint32_t i = index_of(address); i < maps.count && entries()[i].start < address + size;
	     i++)
		if (!may_wipe(&entries()[i]) || (entries()[i].flags & MAP_IS_LOCKED) != 0)
			return false;
	return true;
}

static enum err fork_mark(struct map_entry *m, uint32_t set, uint32_t clear)
{
	uint32_t flags = (m->flags & ~clear) | set;
	enum err e = fut_space_inherit(0, m->start, m->end - m->start,
				       inherit_of(flags, m->backing != 0 && !m->is_copy));

	if (e == OK)
		m->flags = flags;
	return e;
}

int64_t maps_at_fork(uint64_t address, uint64_t size, uint32_t set, uint32_t clear)
{
	uint32_t first;

	if (!range_cut(address, size, &first))
		return -ENOMEM;
	uint32_t i = first;
	for (; i < maps.count && entries()[i].start < address + size; i++) {
		if ((set & MAP_IS_WIPED) != 0 && !may_wipe(&entries()[i]))
			return -EINVAL;
		enum err e = fork_mark(&entries()[i], set, clear);
		if (e != OK)
			return call_error(e);
	}
	while (i-- > first)
		join(i);
	return 0;
}

int64_t maps_lock(uint64_t address, uint64_t size, bool set)
{
	uint32_t first;

	if (!range_cut(address, size, &first))
		return -ENOMEM;
	uint32_t i = first;
	for (; i < maps.count && entries()[i].start < address + size; i++)
		entries()[i].flags =
			(entries()[i].flags & ~MAP_IS_LOCKED) | (set ? MAP_IS_LOCKED : 0);
	while (i-- > first)
		join(i);
	return 0;
}

bool maps_has_locked(uint64_t address, uint64_t size)
{
	for (uint32_t i = index_of(address); i < maps.count && entries()[i].start < address + size;
	     i++)
		if ((entries()[i].flags & MAP_IS_LOCKED) != 0)
			return true;
	return false;
}

uint64_t maps_locked(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < maps.count; i++)
		if ((entries()[i].flags & MAP_IS_LOCKED) != 0)
			sum += entries()[i].end - entries()[i].start;
	return sum;
}

uint64_t maps_size(void)
{
	return covered(0, GUEST_END);
}

void maps_forked(void)
{
	if (maps_lock_new) /* else writing would copy the page, as below */
		maps_lock_new = false;
	for (uint32_t i = 0; i < maps.count; i++) {
		struct map_entry *m = &entries()[i];
		if ((m->flags & MAP_IS_LOCKED) != 0)
			m->flags &= ~MAP_IS_LOCKED;
		/* Without memory for it the child has no mapping there: it is told when it looks.
		 */
		if ((m->flags & MAP_IS_NOT_FORKED) != 0 ||
		    ((m->flags & MAP_IS_WIPED) != 0 && kernel_map(m, false, false) != OK))
			erase(i--);
	}
}

int64_t maps_discard(uint64_t address, uint64_t size)
{
	uint64_t end = address + size;

	for (uint32_t i = index_of(address); i < maps.count && entries()[i].start < end; i++) {
		struct map_entry part = entries()[i];
		if ((part.flags & MAP_IS_SHARED) != 0)
			continue;
		if (part.start < address) {
			part.offset += address - part.start;
			part.start = address;
		}
		if (part.end > end)
			part.end = end;
		enum err e = kernel_map(&part, true, false);
		if (e != OK)
			return call_error(e);
	}
	return maps_cover(address, size) ? 0 : -ENOMEM;
}

/* Append memory of the same kind to the end of an entry. */
static int64_t extend(const struct map_entry *m, uint64_t size)
{
	struct map_request more = {
		.address = m->end,
		.size = size,
		.fixed = true,
		.flags = m->flags,
		.backing = backing_of(m),
		.offset = m->backing != 0 ? m->offset + (m->end - m->start) : 0,
	};

	return maps_add(&more);
}

/* Move a range that lies in one entry to a free one. */
static int64_t relocate(const struct map_entry *m, uint64_t size, uint64_t to)
{
	struct map_entry moved = *m;

	if (!reserve(4))
		return -ENOMEM;
	enum err e = fut_space_move(0, m->start, size, to, 0);
	if (e != OK)
		return call_error(e);
	if (m->backing != 0)
		backing_of(m)->refs++; /* over the time when the table has none */
	forget(m->start, size);
	moved.start = to;
	moved.end = to + size;
	insert(index_of(to), &moved);
	backing_drop(backing_of(&moved));
	return 0;
}

int64_t maps_move(uint64_t address, uint64_t size, uint64_t new_size, bool may_move, bool keep,
		  uint64_t to)
{
	const struct map_entry *found = maps_find(address);
	int64_t error;

	if (found == nullptr || found->start > address || found->end < address + size)
		return -EFAULT;
	struct map_entry m = *found;
	m.offset += address - m.start;
	m.start = address;
	m.end = address + size;
	if (to == 0 && new_size <= size) {
		error = new_size < size ? maps_remove(address + new_size, size - new_size) : 0;
		return error < 0 ? error : (int64_t)address;
	}
	if (to == 0 && found->end == m.end && guest_ok(address, new_size) &&
	    is_free(m.end, new_size - size)) {
		error = extend(&m, new_size - size);
		return error < 0 ? error : (int64_t)address;
	}
	if (!may_move)
		return -ENOMEM;
	if (to == 0 && (to = maps_gap(new_size, maps_top)) == 0)
		return -ENOMEM;
	if (!is_free(to, new_size) && (error = maps_remove(to, new_size)) < 0)
		return error;
	if (new_size < size && (error = maps_remove(address + new_size, size - new_size)) < 0)
		return error;
	uint64_t kept = new_size < size ? new_size : size;
	m.end = m.start + kept;
	if ((error = relocate(&m, kept, to)) < 0)
		return error;
	if (keep) {
		struct map_request again = {
			.address = address, .size = kept, .fixed = true, .flags = m.flags
		};
		if ((error = maps_add(&again)) < 0)
			return error;
	}
	m.start = to;
	m.end = to + kept;
	if (new_size > kept && (error = extend(&m, new_size - kept)) < 0)
		return error;
	return (int64_t)to;
}

void maps_clear(void)
{
	(void)fut_space_unmap(0, GUEST_START,
			      GUEST_END - GUEST_START); /* nothing needs to be split */
	while (maps.count > 0)
		erase(0);
}
