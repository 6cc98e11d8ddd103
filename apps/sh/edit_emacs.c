/* SPDX-License-Identifier: MPL-2.0 */
/* Emacs key bindings; the insert mode of vi uses them too. */
#include "apps/sh/edit.h"
#include "apps/sh/escape.h"
#include "apps/sh/history.h"
#include "apps/sh/mem.h"
#include "apps/sh/pattern.h"
#include "apps/sh/term.h"

#include <ctype.h>

#define CTRL(c) ((c) - 64)

static size_t line_start(const struct editor *e)
{
	size_t at = e->at;

	while (at > 0 && e->text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct editor *e)
{
	size_t at = e->at;

	while (at < e->len && e->text[at] != '\n')
		at++;
	return at;
}

/* Up and down move inside a text of several lines first, then through the history. */
static void move_line(struct editor *e, int step)
{
	size_t start = line_start(e), end = line_end(e), column = e->at - start;

	if (step < 0 && start > 0) {
		e->at = start - 1;
		start = line_start(e);
		e->at = start + column < e->at ? start + column : e->at;
	} else if (step > 0 && end < e->len) {
		e->at = end + 1;
		end = line_end(e);
		e->at = e->at + column < end ? e->at + column : end;
	} else {
		edit_history(e, step);
	}
}

static void transpose(struct editor *e)
{
	if (e->at == e->len)
		e->at = edit_left(e, e->at);
	size_t b = e->at, a = edit_left(e, b), end = edit_right(e, b);
	if (a == b || end == b) {
		edit_bell();
		return;
	}
	char *first = arena_strndup(&scratch, e->text + a, b - a);
	size_t n = b - a;
	edit_delete(e, a, b, false);
	e->at = a + (end - b);
	edit_insert(e, first, n);
}

static void change_case(struct editor *e, int letter)
{
	size_t to = edit_word_right(e, e->at), from = e->at;
	bool first = true;
	struct buf b = {};

	for (size_t i = from; i < to; i++) {
		char c = e->text[i];
		bool up = letter == 'u' || (letter == 'c' && first);
		if (isalpha((unsigned char)c))
			first = false;
		buf_byte(&b, up ? toupper((unsigned char)c) : tolower((unsigned char)c));
	}
	edit_delete(e, from, to, false);
	edit_insert(e, b.p, b.len);
}

/* M-. puts in the last word of the command before; again, of the one before that. */
static void last_word(struct editor *e)
{
	bool again = e->last_key == KEY_META + '.' || e->last_key == KEY_META + '_';
	int n = (again ? e->last_arg_entry : history_next_number()) - 1;
	const char *s = history_get(n);

	if (s == nullptr) {
		edit_bell();
		return;
	}
	if (again)
		edit_delete(e, e->at - e->last_arg_len, e->at, false);
	const char *space = strrchr(s, ' ');
	s = space != nullptr ? space + 1 : s;
	edit_insert(e, s, strlen(s));
	e->last_arg_len = strlen(s);
	e->last_arg_entry = n;
}

static void unix_word(struct editor *e)
{
	size_t from = e->at;

	while (from > 0 && isspace((unsigned char)e->text[from - 1]))
		from--;
	while (from > 0 && !isspace((unsigned char)e->text[from - 1]))
		from--;
	edit_delete(e, from, e->at, true);
}

static void meta_key(struct editor *e, int key)
{
	switch (key) {
	case 'b':
		e->at = edit_word_left(e, e->at);
		break;
	case 'f':
		if (e->at == e->len && edit_accept(e, true))
			break;
		e->at = edit_word_right(e, e->at);
		break;
	case 'd':
		edit_delete(e, e->at, edit_word_right(e, e->at), true);
		break;
	case 0x7f:
	case CTRL('H'):
		edit_delete(e, edit_word_left(e, e->at), e->at, true);
		break;
	case 'u':
	case 'l':
	case 'c':
		change_case(e, key);
		break;
	case '.':
	case '_':
		last_word(e);
		break;
	case '<':
		edit_history(e, history_first_number() - e->history);
		break;
	case '>':
		edit_history(e, history_next_number() - e->history);
		break;
	case '\r':
		edit_insert(e, "\n", 1);
		break;
	default:
		edit_bell();
		break;
	}
}

static void move_right(struct editor *e)
{
	if (e->at == e->len)
		edit_accept(e, false);
	else
		e->at = edit_right(e, e->at);
}

static bool move_key(struct editor *e, int key)
{
	switch (key) {
	case CTRL('A'):
	case KEY_HOME:
		e->at = line_start(e);
		return true;
	case CTRL('E'):
	case KEY_END:
		if (e->at == e->len)
			edit_accept(e, false);
		e->at = line_end(e);
		return true;
	case CTRL('B'):
	case KEY_LEFT:
		e->at = edit_left(e, e->at);
		return true;
	case CTRL('F'):
	case KEY_RIGHT:
		move_right(e);
		return true;
	case KEY_WORD_LEFT:
		e->at = edit_word_left(e, e->at);
		return true;
	case KEY_WORD_RIGHT:
		meta_key(e, 'f');
		return true;
	case CTRL('P'):
	case KEY_UP:
		move_line(e, -1);
		return true;
	case CTRL('N'):
	case KEY_DOWN:
		move_line(e, 1);
		return true;
	default:
		return false;
	}
}

static bool delete_key(struct editor *e, int key)
{
	switch (key) {
	case CTRL('D'):
		if (e->len == 0) {
			e->eof = true;
			return true;
		}
		[[fallthrough]];
	case KEY_DELETE:
		edit_delete(e, e->at, edit_right(e, e->at), false);
		return true;
	case 0x7f:
	case CTRL('H'):
		edit_delete(e, edit_left(e, e->at), e->at, false);
		return true;
	case CTRL('K'):
		edit_delete(e, e->at, line_end(e), true);
		return true;
	case CTRL('U'):
		edit_delete(e, line_start(e), e->at, true);
		return true;
	case CTRL('W'):
		unix_word(e);
		return true;
	case CTRL('Y'):
		if (e->killed != nullptr)
			edit_insert(e, e->killed, strlen(e->killed));
		return true;
	default:
		return false;
	}
}

static void quoted_insert(struct editor *e)
{
	int key = term_key();
	struct buf b = {};

	if (key < 0 || key >= KEY_UP)
		return;
	escape_utf8(&b, (unsigned long)key);
	edit_insert(e, b.p, b.len);
}

void emacs_key(struct editor *e, int key)
{
	struct buf b = {};

	if (key >= KEY_META) {
		meta_key(e, key - KEY_META);
		return;
	}
	if (move_key(e, key) || delete_key(e, key))
		return;
	switch (key) {
	case '\r':
	case '\n':
		e->done = true;
		break;
	case CTRL('C'):
		e->at = e->len;
		term_puts("^C");
		e->cancelled = true;
		break;
	case '\t':
		complete_key(e, e->last_key == '\t');
		break;
	case CTRL('R'):
		edit_search(e);
		break;
	case CTRL('T'):
		transpose(e);
		break;
	case CTRL('L'):
		term_puts("\033[H\033[2J");
		e->row = 0;
		break;
	case CTRL('_'):
		edit_undo(e);
		break;
	case CTRL('V'):
		quoted_insert(e);
		break;
	default:
		if (key < 0x20 || (key >= KEY_UP && key <= KEY_UNKNOWN)) {
			edit_bell();
		} else if (key >= 0x110000) {
			char c = (char)(key - 0x110000); /* a byte that is no UTF-8 */
			edit_insert(e, &c, 1);
		} else {
			escape_utf8(&b, (unsigned long)key);
			edit_insert(e, b.p, b.len);
		}
		break;
	}
}
