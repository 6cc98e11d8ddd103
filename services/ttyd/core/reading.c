/* SPDX-License-Identifier: MPL-2.0 */
/* Reading: lines, or bytes by VMIN and VTIME. */
#include <string.h>
#include "services/ttyd/core/ldisc_parts.h"

bool ldisc_has(const struct ldisc *l, uint32_t wanted)
{
	return has_lines(l) ? l->ready != l->tail : l->head - l->tail >= wanted;
}

bool ldisc_readable(const struct ldisc *l)
{
	uint32_t least = l->settings.c_cc[VMIN];

	return ldisc_has(l, l->settings.c_cc[VTIME] == 0 && least > 0 ? least : 1);
}

struct ldisc_patience ldisc_patience(const struct ldisc *l, size_t n, bool expired)
{
	uint32_t there = l->head - l->tail;
	uint32_t least = l->settings.c_cc[VMIN], time = l->settings.c_cc[VTIME];

	if (has_lines(l) || n == 0)
		return (struct ldisc_patience){ .now = n == 0 || ldisc_has(l, 1), .wanted = 1 };
	if (least == 0)
		return (struct ldisc_patience){
			.now = there > 0 || time == 0 || expired,
			.wanted = 1,
			.tenths = time,
		};
	if (least > n)
		least = (uint32_t)n;
	if (there >= least || (there > 0 && time > 0 && expired))
		return (struct ldisc_patience){ .now = true };
	if (time == 0)
		return (struct ldisc_patience){ .wanted = least };
	/* The clock runs between bytes, from the first on. */
	return (struct ldisc_patience){ .wanted = there + 1, .tenths = there > 0 ? time : 0 };
}

static size_t read_bytes(struct ldisc *l, uint8_t *to, size_t n)
{
	size_t at = l->tail % LDISC_INPUT;

	if (n > l->head - l->tail)
		n = l->head - l->tail;
	size_t first = n < LDISC_INPUT - at ? n : LDISC_INPUT - at;
	memcpy(to, l->input + at, first);
	memcpy(to + first, l->input, n - first);
	l->tail += (uint32_t)n;
	return n;
}

static bool end_of_file_at(struct ldisc *l, uint32_t at)
{
	return end_at(l, at) && *input_at(l, at) == 0;
}

static size_t read_line(struct ldisc *l, uint8_t *to, size_t n)
{
	size_t done = 0;
	bool ended = false;

	while (done < n && l->tail != l->ready && !ended) {
		ended = end_at(l, l->tail);
		if (!end_of_file_at(l, l->tail))
			to[done++] = *input_at(l, l->tail);
		end_clear(l, l->tail++);
	}
	/* An end of file just behind is this read's, not the next one's. */
	if (!ended && l->tail != l->ready && end_of_file_at(l, l->tail))
		end_clear(l, l->tail++);
	return done;
}

size_t ldisc_read(struct ldisc *l, uint8_t *to, size_t n)
{
	if (n == 0)
		return 0;
	return has_lines(l) ? read_line(l, to, n) : read_bytes(l, to, n);
}

void ldisc_unread(struct ldisc *l, uint32_t tail)
{
	/* Whatever the read gave, the next one is to give again: it ends where this one did. */
	if (has_lines(l) && l->tail != tail)
		end_set(l, l->tail - 1);
	l->tail = tail;
}

size_t ldisc_input_waits(const struct ldisc *l)
{
	size_t n = 0;

	if (!has_lines(l))
		return l->head - l->tail;
	for (uint32_t at = l->tail; at != l->ready; at++)
		n += !end_at(l, at) || l->input[at % LDISC_INPUT] != 0;
	return n;
}
