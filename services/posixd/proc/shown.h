/* SPDX-License-Identifier: MPL-2.0 */
/* What an open file of /proc shows: the text of an entry, made as it is read. */
#pragma once
#include "services/posixd/proc/proc.h"

/*
 * The piece made last. A whole text is one piece, so it stays the same from its first byte on until
 * it is read from its start again.
 */
struct shown {
	struct text text;
	uint64_t offset; /* in the file, of the piece's first byte */
	uint64_t at;     /* where the next piece begins: proc_entry.fill_from */
	bool is_last;
};

/* As files_node_ops.read. `s` may be nullptr: its process is no more, and what was made is left. */
int64_t shown_read(struct shown *shown, const struct proc_entry *e, const struct subject *s,
		   uint64_t offset, const struct lent *to, size_t n);
void shown_destroy(struct shown *shown);
