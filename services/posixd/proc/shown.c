/* SPDX-License-Identifier: MPL-2.0 */
#include "services/posixd/proc/shown.h"
#include <errno.h>
#include <stdlib.h>

/* Bytes of a piece made of records: others wait while posixd makes it. */
constexpr size_t PIECE_LEAST = 4096, PIECE_MOST = 65536;

static void shown_rewind(struct shown *shown)
{
	shown->text.len = 0;
	shown->offset = shown->at = 0;
	shown->is_last = false;
}

/* Make the piece after the one that is there. */
static int shown_go_on(struct shown *shown, const struct proc_entry *e, const struct subject *s,
		       size_t most)
{
	struct text *t = &shown->text;

	if (s == nullptr)
		return -ESRCH;
	shown->offset += t->len;
	t->len = 0;
	t->failed = false;
	if (e->fill_from != nullptr)
		e->fill_from(t, s, &shown->at,
			     most < PIECE_LEAST  ? PIECE_LEAST
			     : most > PIECE_MOST ? PIECE_MOST
						 : most);
	else if (e->fixed != nullptr)
		text_add(t, "%s", e->fixed);
	else
		e->fill(t, s);
	shown->is_last = e->fill_from == nullptr || t->len == 0;
	if (!t->failed)
		return 0;
	shown_rewind(shown);
	return -ENOMEM;
}

/* Bytes of the piece that `offset` lies in; 0: the text ends before. */
static int64_t shown_find(struct shown *shown, const struct proc_entry *e, const struct subject *s,
			  uint64_t offset, size_t most)
{
	if (offset == 0 || offset < shown->offset)
		shown_rewind(shown);
	while (offset >= shown->offset + shown->text.len) {
		if (shown->is_last)
			return 0;
		int error = shown_go_on(shown, e, s, most);
		if (error != 0)
			return error;
	}
	return (int64_t)(shown->offset + shown->text.len - offset);
}

int64_t shown_read(struct shown *shown, const struct proc_entry *e, const struct subject *s,
		   uint64_t offset, const struct lent *to, size_t n)
{
	size_t done = 0;

	if (e->fill == nullptr && e->fixed == nullptr && e->fill_from == nullptr)
		return -EINVAL;
	/* As on Linux it ends with a piece, and so with a record, unless less than one is asked
	 * for. */
	while (done < n && (done == 0 || n < PIECE_LEAST)) {
		int64_t there = shown_find(shown, e, s, offset + done, n);
		if (there <= 0)
			return done > 0 ? (int64_t)done : there;
		size_t part = (size_t)there < n - done ? (size_t)there : n - done;
		int64_t given = files_give(to, done,
					   shown->text.at + (offset + done - shown->offset), part);
		if (given < 0)
			return given;
		done += part;
	}
	return (int64_t)done;
}

void shown_destroy(struct shown *shown)
{
	if (shown != nullptr)
		free(shown->text.at);
	free(shown);
}
