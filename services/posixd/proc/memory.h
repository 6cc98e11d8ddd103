/* SPDX-License-Identifier: MPL-2.0 */
/* Reading what processes show of themselves: posix/abi/maps.h and view.h. */
#pragma once
#include "posix/abi/maps.h"
#include "posix/abi/view.h"
#include "services/posixd/proc/proc.h"

bool memory_read(const struct process *p, uint64_t address, void *to, size_t n);
/* False also if it has no end within `size` bytes. */
bool memory_text(const struct process *p, uint64_t address, char *to, size_t size);
/* All bytes in [start, end), at most `most`, as far as they can be read. */
void memory_add(struct text *t, const struct process *p, uint64_t start, uint64_t end, size_t most);

bool view_read(const struct process *p, struct process_view *v);
/* process_ops.held; none, if its memory does not tell. */
uint32_t signals_held(const struct process *p);
/* The table of mappings, to be freed; nullptr: it cannot be read. */
struct map_entry *maps_read(const struct process *p, uint32_t *count);
/* Its line of /proc/PID/maps. */
void map_line(struct text *t, const struct subject *s, const struct map_entry *m);
/* proc_entry.fill_from with a record for each mapping; `*at` is the address where the last ended,
 * so that none is left out or told twice while others come and go. */
void maps_print(struct text *t, const struct subject *s, uint64_t *at, size_t most,
		void (*print)(struct text *t, const struct subject *s, const struct map_entry *m));
