/* SPDX-License-Identifier: MPL-2.0 */
/* What lies in a process's memory: arguments, the personality's tables. Nothing there is trusted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "abi/info.h"
#include "posix/abi/maps.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/memory.h"

constexpr uint32_t MAPS_MOST = 65536;
constexpr size_t PIECE = 4096;

bool memory_read(const struct process *p, uint64_t address, void *to, size_t n)
{
	uint64_t done;

	return p->native.task != 0 && address != 0 &&
	       fut_space_read(p->native.task, address, to, n, &done) == OK && done == n;
}

bool memory_text(const struct process *p, uint64_t address, char *to, size_t size)
{
	uint64_t done;

	if (p->native.task == 0 || address == 0 ||
	    fut_space_read(p->native.task, address, to, size - 1, &done) != OK)
		return false;
	to[done] = '\0';
	return strlen(to) < size - 1;
}

void memory_add(struct text *t, const struct process *p, uint64_t start, uint64_t end, size_t most)
{
	char piece[PIECE];
	uint64_t done;

	if (end > start && end - start > most)
		end = start + most;
	while (start < end) {
		size_t n = end - start < PIECE ? end - start : PIECE;
		if (p->native.task == 0 ||
		    fut_space_read(p->native.task, start, piece, n, &done) != OK)
			return;
		text_bytes(t, piece, done);
		start += done;
	}
}

bool view_read(const struct process *p, struct process_view *v)
{
	struct map_table table;

	return memory_read(p, p->map_table, &table, sizeof(table)) &&
	       memory_read(p, table.view, v, sizeof(*v));
}

/* The table of mappings, to be freed; nullptr: it cannot be read. */
uint32_t signals_held(const struct process *p)
{
	struct process_view v;
	uint32_t n = 0;

	return view_read(p, &v) && memory_read(p, v.held, &n, sizeof(n)) ? n : 0;
}

struct map_entry *maps_read(const struct process *p, uint32_t *count)
{
	struct map_table table;

	if (!memory_read(p, p->map_table, &table, sizeof(table)) || table.count > MAPS_MOST)
		return nullptr;
	size_t size = table.count * sizeof(struct map_entry);
	struct map_entry *maps = malloc(size + 1);
	if (maps != nullptr && table.count > 0 && !memory_read(p, table.entries, maps, size)) {
		free(maps);
		return nullptr;
	}
	*count = table.count;
	return maps;
}

/* After the columns: a file's path, or what a mapping without one is for. */
static void map_name(struct text *t, const struct process *p, const struct map_entry *m, bool named)
{
	char path[4096];

	if (m->flags & MAP_IS_VDSO)
		text_add(t, "[vdso]");
	else if (m->flags & MAP_IS_STACK)
		text_add(t, "[stack]");
	else if (m->flags & MAP_IS_HEAP)
		text_add(t, "[heap]");
	else if (named && memory_text(p, m->backing + offsetof(struct map_backing, path), path,
				      sizeof(path)))
		text_add(t, "%s", path);
}

/* st_dev of what is mapped; 0: no file. */
static uint64_t device_of(const struct posix_world *w, const struct map_backing *b)
{
	const struct mount *m = b->node != 0 ? mount_by_number(w, b->mount) : nullptr;

	return m != nullptr ? m->device : 0;
}

void map_line(struct text *t, const struct subject *s, const struct map_entry *m)
{
	struct map_backing b = {};
	bool named = m->backing != 0 && memory_read(s->p, m->backing, &b, sizeof(b));
	uint64_t device = device_of(s->world, &b);
	size_t line = t->len;

	text_add(t, "%08llx-%08llx %c%c%c%c %08llx %02llx:%02llx %llu",
		 (unsigned long long)m->start, (unsigned long long)m->end,
		 m->flags & MAP_IS_READABLE ? 'r' : '-', m->flags & MAP_IS_WRITABLE ? 'w' : '-',
		 m->flags & MAP_IS_EXECUTABLE ? 'x' : '-', m->flags & MAP_IS_SHARED ? 's' : 'p',
		 (unsigned long long)m->offset, (unsigned long long)major(device),
		 (unsigned long long)minor(device), (unsigned long long)b.node);
	size_t width = t->len - line;
	text_add(t, "%*s", width < 73 ? (int)(73 - width) : 1, "");
	map_name(t, s->p, m, named);
	while (t->len > 0 && t->at[t->len - 1] == ' ')
		t->len--;
	text_add(t, "\n");
}

/* The mappings that end above `at`, in order: at most `most` of them. */
static uint32_t maps_read_from(const struct process *p, uint64_t at, struct map_entry *maps,
			       uint32_t most)
{
	struct map_table table;
	struct map_entry m;

	if (!memory_read(p, p->map_table, &table, sizeof(table)) || table.count > MAPS_MOST)
		return 0;
	uint32_t low = 0, high = table.count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (!memory_read(p, table.entries + middle * sizeof(m), &m, sizeof(m)))
			return 0;
		if (m.end <= at)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t n = table.count - low < most ? table.count - low : most;
	return n > 0 && memory_read(p, table.entries + low * sizeof(m), maps, n * sizeof(m)) ? n
											     : 0;
}

void maps_print(struct text *t, const struct subject *s, uint64_t *at, size_t most,
		void (*print)(struct text *t, const struct subject *s, const struct map_entry *m))
{
	constexpr uint32_t FEW = 16;
	struct map_entry maps[FEW];
	uint32_t n;

	while ((n = maps_read_from(s->p, *at, maps, FEW)) > 0)
		for (uint32_t i = 0; i < n; i++) {
			size_t before = t->len;
			if (maps[i].end <= *at)
				return; /* a table out of order would have no end */
			print(t, s, &maps[i]);
			if (t->failed)
				return;
			if (t->len > most && before > 0) {
				t->len = before;
				return;
			}
			*at = maps[i].end;
		}
}

void fill_maps(struct text *t, const struct subject *s, uint64_t *at, size_t most)
{
	maps_print(t, s, at, most, map_line);
}

void fill_auxv(struct text *t, const struct subject *s)
{
	constexpr size_t MOST = 4096;
	struct process_view v;
	uint64_t place[2];

	if (view_read(s->p, &v) && memory_read(s->p, v.auxv, place, sizeof(place)))
		memory_add(t, s->p, place[0], place[1], MOST);
}
