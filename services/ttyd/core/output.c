/* SPDX-License-Identifier: MPL-2.0 */
/* Output: what programs write, on its way to the line. */
#include <string.h>
#include "services/ttyd/core/ldisc_parts.h"

static uint32_t room(const struct ldisc *l)
{
	return l->stopped ? 0 : LDISC_OUTPUT - (l->out_head - l->out_tail);
}

static void ring_put(struct ldisc *l, const uint8_t *from, size_t n)
{
	size_t at = l->out_head % LDISC_OUTPUT;
	size_t first = n < LDISC_OUTPUT - at ? n : LDISC_OUTPUT - at;

	memcpy(l->output + at, from, first);
	memcpy(l->output, from + first, n - first);
	l->out_head += (uint32_t)n;
}

bool output_put(struct ldisc *l, const void *from, size_t n)
{
	if (n > room(l))
		return false;
	ring_put(l, from, n);
	return true;
}

void ldisc_put(struct ldisc *l, uint8_t c)
{
	if (c != 0 && ldisc_output_waits(l) < LDISC_OUTPUT)
		ring_put(l, &c, 1);
}

static bool output_newline(struct ldisc *l)
{
	if (output_is(l, ONLCR)) {
		if (!output_put(l, "\r\n", 2))
			return false;
		l->line_column = l->column = 0;
		return true;
	}
	if (!output_put(l, "\n", 1))
		return false;
	if (output_is(l, ONLRET))
		l->column = 0;
	l->line_column = l->column;
	return true;
}

static bool output_return(struct ldisc *l)
{
	if (output_is(l, ONOCR) && l->column == 0)
		return true;
	if (!output_put(l, output_is(l, OCRNL) ? "\n" : "\r", 1))
		return false;
	if (!output_is(l, OCRNL) || output_is(l, ONLRET))
		l->line_column = l->column = 0;
	return true;
}

static bool output_tab(struct ldisc *l)
{
	uint32_t n = 8 - (l->column & 7);
	bool spaces = (l->settings.c_oflag & TABDLY) == XTABS;

	if (!output_put(l, spaces ? "        " : "\t", spaces ? n : 1))
		return false;
	l->column += n;
	return true;
}

static bool output_plain(struct ldisc *l, uint8_t c)
{
	bool control = byte_is_control(c);
	uint8_t shown = output_is(l, OLCUC) && byte_is_lower(c) ? c - 0x20 : c;

	if (!output_put(l, &shown, 1))
		return false;
	if (c == '\b')
		l->column -= l->column > 0;
	else
		l->column += !control && !byte_continues(l, shown);
	return true;
}

bool output_byte(struct ldisc *l, uint8_t c)
{
	if (room(l) == 0)
		return false; /* even for what shows nothing */
	switch (c) {
	case '\n':
		return output_newline(l);
	case '\r':
		return output_return(l);
	case '\t':
		return output_tab(l);
	default:
		return output_plain(l, c);
	}
}

/* The bytes at the start of `from` that are shown as they are, one column each. */
static size_t plain_span(const struct ldisc *l, const uint8_t *from, size_t n)
{
	size_t i = 0;

	if (output_is(l, OLCUC))
		return 0;
	while (i < n && from[i] >= 0x20 && from[i] < 0x7f)
		i++;
	return i;
}

static size_t write_processed(struct ldisc *l, const uint8_t *from, size_t n)
{
	for (size_t done = 0;;) {
		size_t most = n - done < room(l) ? n - done : room(l);
		size_t span = plain_span(l, from + done, most);
		ring_put(l, from + done, span);
		l->column += (uint32_t)span;
		done += span;
		if (done == n || !output_byte(l, from[done]))
			return done;
		done++;
	}
}

size_t ldisc_write(struct ldisc *l, const uint8_t *from, size_t n)
{
	echo_flush(l);
	if (output_is(l, OPOST))
		return write_processed(l, from, n);
	if (n > room(l))
		n = room(l);
	ring_put(l, from, n);
	return n;
}

bool ldisc_writable(const struct ldisc *l)
{
	return room(l) > 8; /* whatever byte comes next */
}

size_t ldisc_output_waits(const struct ldisc *l)
{
	return l->out_head - l->out_tail;
}

size_t ldisc_peek(const struct ldisc *l, uint8_t *to, size_t n)
{
	size_t at = l->out_tail % LDISC_OUTPUT;

	if (n > ldisc_output_waits(l))
		n = ldisc_output_waits(l);
	size_t first = n < LDISC_OUTPUT - at ? n : LDISC_OUTPUT - at;
	memcpy(to, l->output + at, first);
	memcpy(to + first, l->output, n - first);
	return n;
}

void ldisc_sent(struct ldisc *l, size_t n)
{
	bool full = !ldisc_writable(l);

	l->out_tail += (uint32_t)n;
	if (full)
		echo_flush(l);
}
