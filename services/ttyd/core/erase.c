/* SPDX-License-Identifier: MPL-2.0 */
/* Erasing: a character, a word, the line, and what of it is seen. */
#include "services/ttyd/core/ldisc_parts.h"

void erase_finish(struct ldisc *l)
{
	if (!l->erasing)
		return;
	echo_byte(l, '/');
	l->erasing = false;
}

/* Where the line's last character begins; its end if there is only a part of one. */
static uint32_t last_character(struct ldisc *l)
{
	uint32_t at = l->head;

	do
		at--;
	while (byte_continues(l, *input_at(l, at)) && at != l->ready);
	return byte_continues(l, *input_at(l, at)) ? l->head : at;
}

/* How far the cursor has come since the line's begin or a tab, for the tab that stood at `end`. */
static void show_untab(struct ldisc *l, uint32_t end)
{
	uint32_t columns = 0;

	for (uint32_t at = end; at != l->ready;) {
		uint8_t c = *input_at(l, --at);
		if (c == '\t') {
			echo_untab(l, columns, true);
			return;
		}
		if (byte_is_control(c))
			columns += local_is(l, ECHOCTL) ? 2 : 0;
		else
			columns += !byte_continues(l, c);
	}
	echo_untab(l, columns, false);
}

static void show_rubout(struct ldisc *l)
{
	echo_byte(l, '\b');
	echo_byte(l, ' ');
	echo_byte(l, '\b');
}

/* As printing terminals do: between \ and / stands, backwards, what was erased. */
static void show_printed(struct ldisc *l, uint32_t at, uint32_t end)
{
	if (!l->erasing)
		echo_byte(l, '\\');
	l->erasing = true;
	echo_visible(l, *input_at(l, at));
	while (++at != end) {
		echo_byte(l, *input_at(l, at));
		echo_back(l);
	}
}

/* The character from `at` to `end` is gone. */
static void show_erased(struct ldisc *l, uint32_t at, uint32_t end, bool single)
{
	uint8_t c = *input_at(l, at);

	if (local_is(l, ECHOPRT)) {
		show_printed(l, at, end);
	} else if (single && !local_is(l, ECHOE)) {
		echo_visible(l, l->settings.c_cc[VERASE]);
	} else if (c == '\t') {
		show_untab(l, at);
	} else {
		if (byte_is_control(c) && local_is(l, ECHOCTL))
			show_rubout(l);
		if (!byte_is_control(c) || local_is(l, ECHOCTL))
			show_rubout(l);
	}
}

enum extent { CHARACTER, WORD, LINE };

static void erase_back(struct ldisc *l, enum extent extent)
{
	bool in_word = false;

	while (l->head != l->ready) {
		uint32_t at = last_character(l), end = l->head;
		if (at == end)
			break;
		bool word = byte_is_word(*input_at(l, at));
		if (extent == WORD && in_word && !word)
			break;
		in_word |= word;
		l->head = at;
		if (local_is(l, ECHO))
			show_erased(l, at, end, extent == CHARACTER);
		if (extent == CHARACTER)
			break;
	}
	if (l->head == l->ready && local_is(l, ECHO))
		erase_finish(l);
}

/* VKILL where the erasing is not to be seen. */
static void kill_unseen(struct ldisc *l)
{
	l->head = l->ready;
	if (!local_is(l, ECHO))
		return;
	erase_finish(l);
	echo_visible(l, l->settings.c_cc[VKILL]);
	if (local_is(l, ECHOK))
		echo_byte(l, '\n');
}

void erase(struct ldisc *l, uint8_t c)
{
	constexpr tcflag_t seen = ECHO | ECHOK | ECHOKE | ECHOE;

	if (l->head == l->ready)
		return;
	if (c == l->settings.c_cc[VERASE])
		erase_back(l, CHARACTER);
	else if (c == l->settings.c_cc[VWERASE])
		erase_back(l, WORD);
	else if ((l->settings.c_lflag & seen) == seen)
		erase_back(l, LINE);
	else
		kill_unseen(l);
}
