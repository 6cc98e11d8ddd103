/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/PID/smaps and smaps_rollup: how much memory each mapping takes, as the kernel counts. */
#include <stdlib.h>
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "services/posixd/proc/memory.h"

constexpr uint64_t KB_OF_PAGE = 4;

/* In kilobytes. What is shared is so with other processes, or was forked and not written since. */
struct memory_use {
	uint64_t size, resident;
	uint64_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t anonymous, locked;
};

/* Pages in [start, end) as the kernel's mappings there tell it. */
static void count(const struct process *p, uint64_t start, uint64_t end, uint64_t *resident,
		  uint64_t *shared)
{
	struct mapping_info m;

	*resident = *shared = 0;
	while (start < end && p->native.task != 0 &&
	       fut_space_find(p->native.task, start, &m, sizeof(m)) == OK && m.address < end) {
		*resident += m.resident;
		*shared += m.shared;
		start = m.address + m.size;
	}
}

static struct memory_use use_of(const struct process *p, const struct map_entry *m)
{
	struct memory_use u = { .size = (m->end - m->start) / 1024 };
	bool is_file = m->backing != 0 && m->is_copy == 0;
	uint64_t resident, shared;

	count(p, m->start, m->end, &resident, &shared);
	u.resident = resident * KB_OF_PAGE;
	shared *= KB_OF_PAGE;
	if (m->flags & MAP_IS_SHARED)
		u.shared_dirty = u.resident;
	else if (is_file)
		u.shared_clean = u.resident; /* the file's own pages */
	else
		u.shared_dirty = shared;
	if ((m->flags & MAP_IS_SHARED) == 0 && !is_file) {
		u.private_dirty = u.resident - shared;
		u.anonymous = u.resident;
	}
	u.locked = m->flags & MAP_IS_LOCKED ? u.resident : 0;
	return u;
}

static void use_add(struct memory_use *all, const struct memory_use *u)
{
	all->size += u->size;
	all->resident += u->resident;
	all->shared_clean += u->shared_clean;
	all->shared_dirty += u->shared_dirty;
	all->private_clean += u->private_clean;
	all->private_dirty += u->private_dirty;
	all->anonymous += u->anonymous;
	all->locked += u->locked;
}

/* "%-16s%8llu kB\n", of which a record has some twenty: put together here, as formats are slow. */
static void line(struct text *t, const char *name, uint64_t kb)
{
	constexpr size_t NAME = 16, DIGITS = 20;
	char row[NAME + DIGITS + 4];
	char *end = row + sizeof(row), *at = end - 4;

	memcpy(at, " kB\n", 4);
	do
		*--at = (char)('0' + kb % 10);
	while ((kb /= 10) != 0);
	while (at > end - 4 - 8)
		*--at = ' ';
	at -= NAME;
	memset(at, ' ', NAME);
	memcpy(at, name, strlen(name));
	text_bytes(t, at, (size_t)(end - at));
}

static void use_print(struct text *t, const struct memory_use *u)
{
	/* Nobody counts who shares a page: of two, each has half. */
	line(t, "Rss:", u->resident);
	line(t,
	     "Pss:", u->private_clean + u->private_dirty + (u->shared_clean + u->shared_dirty) / 2);
	line(t, "Pss_Dirty:", u->private_dirty + u->shared_dirty / 2);
	line(t, "Shared_Clean:", u->shared_clean);
	line(t, "Shared_Dirty:", u->shared_dirty);
	line(t, "Private_Clean:", u->private_clean);
	line(t, "Private_Dirty:", u->private_dirty);
	line(t, "Referenced:", u->resident);
	line(t, "Anonymous:", u->anonymous);
	/* There are no lazily freed, huge or swapped pages. */
	static const char *const none[] = { "LazyFree:",      "AnonHugePages:",  "ShmemPmdMapped:",
					    "FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:",
					    "Swap:",          "SwapPss:" };
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		line(t, none[i], 0);
	line(t, "Locked:", u->locked);
}

static void flags_print(struct text *t, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} of[] = {
		{ MAP_IS_READABLE, "rd" },
		{ MAP_IS_WRITABLE, "wr" },
		{ MAP_IS_EXECUTABLE, "ex" },
		{ MAP_IS_SHARED, "sh" },
	};

	text_add(t, "VmFlags:");
	for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (flags & of[i].flag)
			text_add(t, " %s", of[i].name);
	text_add(t, " mr mw me%s%s%s%s\n", flags & MAP_IS_STACK ? " gd" : "",
		 flags & MAP_IS_LOCKED ? " lo" : "", flags & MAP_IS_NOT_FORKED ? " dc" : "",
		 flags & MAP_IS_WIPED ? " wf" : "");
}

static void smaps_record(struct text *t, const struct subject *s, const struct map_entry *m)
{
	struct memory_use u = use_of(s->p, m);

	map_line(t, s, m);
	line(t, "Size:", u.size);
	line(t, "KernelPageSize:", KB_OF_PAGE);
	line(t, "MMUPageSize:", KB_OF_PAGE);
	use_print(t, &u);
	text_add(t, "THPeligible:    0\n");
	flags_print(t, m->flags);
}

void fill_smaps(struct text *t, const struct subject *s, uint64_t *at, size_t most)
{
	maps_print(t, s, at, most, smaps_record);
}

void fill_smaps_rollup(struct text *t, const struct subject *s)
{
	struct memory_use all = {};
	uint32_t n;
	struct map_entry *maps = maps_read(s->p, &n);

	for (uint32_t i = 0; maps != nullptr && i < n; i++) {
		struct memory_use u = use_of(s->p, &maps[i]);
		use_add(&all, &u);
	}
	if (maps != nullptr && n > 0) {
		text_add(t, "%08llx-%08llx ---p 00000000 00:00 0%36s[rollup]\n",
			 (unsigned long long)maps[0].start, (unsigned long long)maps[n - 1].end,
			 "");
		use_print(t, &all);
	}
	free(maps);
}
