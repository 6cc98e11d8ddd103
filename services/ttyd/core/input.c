/* SPDX-License-Identifier: MPL-2.0 */
/* Input: bytes from the line, by what they mean. */
#include <signal.h>
#include <string.h>
#include "services/ttyd/core/ldisc_parts.h"

static void input_put(struct ldisc *l, uint8_t c)
{
	if (l->head - l->tail == LDISC_INPUT)
		return;
	end_clear(l, l->head);
	*input_at(l, l->head++) = c;
}

/* With PARMRK \377 begins a mark, and so is doubled where it is none. */
static void input_put_marked(struct ldisc *l, uint8_t c)
{
	if (c == 0xff && input_is(l, PARMRK))
		input_put(l, c);
	input_put(l, c);
}

static bool is(const struct ldisc *l, uint8_t c, unsigned which)
{
	return c == l->settings.c_cc[which];
}

static void start_by_any(struct ldisc *l)
{
	if (l->stopped && !l->held && input_is(l, IXON) && input_is(l, IXANY)) {
		flow_start(l);
		echo_flush(l);
	}
}

static void receive_echo(struct ldisc *l, uint8_t c)
{
	if (l->head == l->ready)
		echo_mark(l);
	echo_visible(l, c);
}

/* A byte that is just taken. */
static void receive_plain(struct ldisc *l, uint8_t c)
{
	start_by_any(l);
	if (local_is(l, ECHO)) {
		erase_finish(l);
		receive_echo(l, c);
	}
	input_put_marked(l, c);
}

static bool receive_flow(struct ldisc *l, uint8_t c)
{
	if (!input_is(l, IXON))
		return false;
	if (is(l, c, VSTART)) {
		flow_start(l);
		echo_flush(l);
	} else if (is(l, c, VSTOP)) {
		flow_stop(l);
	} else {
		return false;
	}
	return true;
}

static int signal_of(const struct ldisc *l, uint8_t c)
{
	if (!local_is(l, ISIG))
		return 0;
	return is(l, c, VINTR) ? SIGINT : is(l, c, VQUIT) ? SIGQUIT : is(l, c, VSUSP) ? SIGTSTP : 0;
}

static void signal_raise(struct ldisc *l, int signal)
{
	l->signals |= 1ull << signal;
	if (local_is(l, NOFLSH))
		return;
	echo_drop(l);
	output_drop(l, l->out_before);
	ldisc_flush_input(l);
}

void ldisc_signal(struct ldisc *l, int signal)
{
	l->out_before = l->out_head;
	signal_raise(l, signal);
}

static bool receive_signal(struct ldisc *l, uint8_t c)
{
	int signal = signal_of(l, c);

	if (signal == 0)
		return false;
	signal_raise(l, signal);
	if (input_is(l, IXON))
		flow_start(l);
	if (local_is(l, ECHO))
		echo_visible(l, c);
	else
		echo_flush(l);
	return true;
}

static void line_end(struct ldisc *l, uint8_t c)
{
	if (l->head - l->tail == LDISC_INPUT)
		return;
	input_put(l, c);
	end_set(l, l->head - 1);
	l->ready = l->head;
}

static void literal_begin(struct ldisc *l)
{
	l->literal = true;
	if (!local_is(l, ECHO))
		return;
	erase_finish(l);
	if (local_is(l, ECHOCTL)) {
		echo_byte(l, '^');
		echo_byte(l, '\b');
	}
}

static void reprint(struct ldisc *l, uint8_t c)
{
	erase_finish(l);
	echo_visible(l, c);
	echo_byte(l, '\n');
	for (uint32_t at = l->ready; at != l->head; at++)
		echo_visible(l, *input_at(l, at));
}

/* With ICANON: true if that was all. */
static bool receive_in_line(struct ldisc *l, uint8_t c)
{
	bool extended = local_is(l, IEXTEN), echo = local_is(l, ECHO);

	if (is(l, c, VERASE) || is(l, c, VKILL) || (is(l, c, VWERASE) && extended)) {
		erase(l, c);
	} else if (is(l, c, VLNEXT) && extended) {
		literal_begin(l);
	} else if (is(l, c, VREPRINT) && echo && extended) {
		reprint(l, c);
	} else if (c == '\n') {
		if (echo || local_is(l, ECHONL))
			echo_byte(l, c);
		line_end(l, c);
	} else if (is(l, c, VEOF)) {
		line_end(l, 0);
	} else if (is(l, c, VEOL) || (is(l, c, VEOL2) && extended)) {
		if (echo)
			receive_echo(l, c);
		if (c == 0xff && input_is(l, PARMRK))
			input_put(l, c);
		line_end(l, c);
	} else {
		return false;
	}
	return true;
}

static void receive_special(struct ldisc *l, uint8_t c)
{
	if (receive_flow(l, c) || receive_signal(l, c))
		return;
	start_by_any(l);
	if (c == '\r') {
		if (input_is(l, IGNCR))
			return;
		if (input_is(l, ICRNL))
			c = '\n';
	} else if (c == '\n' && input_is(l, INLCR)) {
		c = '\r';
	}
	if (local_is(l, ICANON) && receive_in_line(l, c))
		return;
	if (local_is(l, ECHO)) {
		erase_finish(l);
		if (c == '\n')
			echo_byte(l, c);
		else
			receive_echo(l, c);
	}
	input_put_marked(l, c);
}

static void receive_byte(struct ldisc *l, uint8_t c)
{
	bool literal = l->literal;

	l->literal = false;
	if (input_is(l, ISTRIP))
		c &= 0x7f;
	if (input_is(l, IUCLC) && local_is(l, IEXTEN) && byte_is_upper(c))
		c += 0x20;
	if (literal)
		receive_plain(l, c);
	else if (local_is(l, EXTPROC))
		input_put(l, c);
	else if (l->special[c])
		receive_special(l, c);
	else
		receive_plain(l, c);
}

/* How many more bytes from the line have a place; one is always kept for a line's end. */
static uint32_t input_room(const struct ldisc *l)
{
	uint32_t left = LDISC_INPUT - (l->head - l->tail);

	if (input_is(l, PARMRK))
		left = (left + 2) / 3;
	return left > 0 ? left - 1 : 0;
}

/* A line that fits nowhere: its last byte makes place for the next, until its end comes. */
static bool input_overflows(struct ldisc *l)
{
	if (!local_is(l, ICANON) || l->ready != l->tail)
		return false;
	if (l->head - l->tail == LDISC_INPUT)
		l->head--;
	return true;
}

static size_t receive_raw(struct ldisc *l, const uint8_t *from, size_t n)
{
	size_t at = l->head % LDISC_INPUT, most = input_room(l);

	if (n > most)
		n = most;
	size_t first = n < LDISC_INPUT - at ? n : LDISC_INPUT - at;
	memcpy(l->input + at, from, first);
	memcpy(l->input, from + first, n - first);
	l->head += (uint32_t)n;
	return n;
}

size_t ldisc_receive(struct ldisc *l, const uint8_t *from, size_t n)
{
	size_t done = 0;

	l->out_before = l->out_head;
	if (l->raw)
		return receive_raw(l, from, n);
	for (; done < n && (input_room(l) > 0 || input_overflows(l)); done++)
		receive_byte(l, from[done]);
	if (local_is(l, ECHO | ECHONL))
		echo_flush(l);
	return done;
}
