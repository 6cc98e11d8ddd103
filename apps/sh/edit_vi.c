/* SPDX-License-Identifier: MPL-2.0 */
/* vi key bindings. */
#include "apps/sh/edit.h"
#include "apps/sh/escape.h"
#include "apps/sh/history.h"
#include "apps/sh/mem.h"
#include "apps/sh/term.h"

#include <ctype.h>

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

/* Kinds of characters a word of `w` consists of; W knows only blanks and others. */
static int kind(char c, bool big)
{
	if (isspace((unsigned char)c))
		return 0;
	return big || is_name(c) ? 1 : 2;
}

static size_t next_word(const struct editor *e, size_t at, bool big)
{
	int k = at < e->len ? kind(e->text[at], big) : 0;

	while (at < e->len && k != 0 && kind(e->text[at], big) == k)
		at++;
	while (at < e->len && kind(e->text[at], big) == 0)
		at++;
	return at;
}

static size_t word_end(const struct editor *e, size_t at, bool big)
{
	at++;
	while (at < e->len && kind(e->text[at], big) == 0)
		at++;
	if (at >= e->len)
		return e->len > 0 ? e->len - 1 : 0;
	int k = kind(e->text[at], big);
	while (at + 1 < e->len && kind(e->text[at + 1], big) == k)
		at++;
	return at;
}

static size_t previous_word(const struct editor *e, size_t at, bool big)
{
	while (at > 0 && kind(e->text[at - 1], big) == 0)
		at--;
	int k = at > 0 ? kind(e->text[at - 1], big) : 0;
	while (at > 0 && kind(e->text[at - 1], big) == k)
		at--;
	return at;
}

/* f F t T; SIZE_MAX when the character is not there. */
static size_t find(const struct editor *e, size_t at, int key, int c)
{
	size_t i = at;

	if (key == 'f' || key == 't') {
		for (i = at + 1; i < e->len; i++)
			if (e->text[i] == (char)c)
				return key == 'f' ? i : i - 1;
		return SIZE_MAX;
	}
	while (i-- > 0)
		if (e->text[i] == (char)c)
			return key == 'F' ? i : i + 1;
	return SIZE_MAX;
}

struct motion {
	size_t to;
	bool inclusive; /* an operator takes the character it ends on too */
};

static bool find_motion(struct editor *e, int key, struct motion *m)
{
	if (key == ';' || key == ',') {
		if (e->find_key == 0)
			return false;
		int other = isupper(e->find_key) ? tolower(e->find_key) : toupper(e->find_key);
		key = key == ';' ? e->find_key : other;
	} else {
		e->find_key = key;
		e->find_char = term_key();
	}
	size_t to = find(e, m->to, key, e->find_char);
	if (to == SIZE_MAX)
		return false;
	m->to = to;
	m->inclusive = key == 'f' || key == 't';
	return true;
}

/* One step of a motion. False when the key is none, or it cannot move. */
static bool motion_step(struct editor *e, int key, struct motion *m)
{
	size_t at = m->to;

	m->inclusive = false;
	switch (key) {
	case 'h':
	case KEY_LEFT:
	case 0x7f:
		m->to = edit_left(e, at);
		return true;
	case 'l':
	case ' ':
	case KEY_RIGHT:
		m->to = edit_right(e, at);
		return true;
	case 'w':
	case 'W':
		m->to = next_word(e, at, key == 'W');
		return true;
	case 'e':
	case 'E':
		m->to = word_end(e, at, key == 'E');
		m->inclusive = true;
		return true;
	case 'b':
	case 'B':
		m->to = previous_word(e, at, key == 'B');
		return true;
	case '0':
	case KEY_HOME:
		m->to = 0;
		return true;
	case '$':
	case KEY_END:
		m->to = e->len;
		return true;
	case '^':
		for (m->to = 0; m->to < e->len && isspace((unsigned char)e->text[m->to]);)
			m->to++;
		return true;
	case 'f':
	case 'F':
	case 't':
	case 'T':
	case ';':
	case ',':
		return find_motion(e, key, m);
	default:
		return false;
	}
}

static bool motion(struct editor *e, int key, struct motion *m)
{
	int n = e->count > 0 ? e->count : 1;

	m->to = e->at;
	for (int i = 0; i < n; i++)
		if (!motion_step(e, i > 0 && strchr("fFtT", key) != nullptr ? ';' : key, m))
			return false;
	return true;
}

static void insert_mode(struct editor *e)
{
	e->vi_command = false;
}

/* d c y, with a motion after it; twice for the whole line. */
static void operate(struct editor *e, int op)
{
	struct motion m;
	int key = term_key();

	while (key >= '1' && key <= '9') {
		e->count = e->count * 10 + (key - '0');
		key = term_key();
	}
	size_t from = e->at, to;
	if (key == op) {
		from = 0;
		to = e->len;
	} else {
		if (op == 'c' && (key == 'w' || key == 'W'))
			key = key == 'w' ? 'e' : 'E'; /* vi's exception: cw leaves the blank */
		if (!motion(e, key, &m)) {
			edit_bell();
			return;
		}
		to = m.inclusive ? edit_right(e, m.to) : m.to;
		if (to < from) {
			from = to;
			to = e->at;
		}
	}
	if (op == 'y') {
		size_t at = e->at;
		edit_delete(e, from, to, true);
		edit_undo(e);
		e->at = from < at ? from : at;
		return;
	}
	edit_delete(e, from, to, true);
	if (op == 'c')
		insert_mode(e);
}

static void replace_char(struct editor *e)
{
	int key = term_key();
	struct buf b = {};

	if (key < 0x20 || key >= 0x110000 || e->at == e->len)
		return;
	escape_utf8(&b, (unsigned long)key);
	edit_delete(e, e->at, edit_right(e, e->at), false);
	edit_insert(e, b.p, b.len);
	e->at = edit_left(e, e->at);
}

static void toggle_case(struct editor *e)
{
	if (e->at == e->len)
		return;
	char c = e->text[e->at];
	c = (char)(islower((unsigned char)c) ? toupper((unsigned char)c)
					     : tolower((unsigned char)c));
	size_t at = e->at;
	edit_delete(e, at, at + 1, false);
	edit_insert(e, &c, 1);
}

static void put(struct editor *e, bool after)
{
	if (e->killed == nullptr)
		return;
	if (after)
		e->at = edit_right(e, e->at);
	edit_insert(e, e->killed, strlen(e->killed));
	e->at = edit_left(e, e->at);
}

/* Keys that start inserting. */
static bool insert_key(struct editor *e, int key)
{
	switch (key) {
	case 'i':
		break;
	case 'I':
		e->at = 0;
		break;
	case 'a':
		e->at = edit_right(e, e->at);
		break;
	case 'A':
		e->at = e->len;
		break;
	case 's':
		edit_delete(e, e->at, edit_right(e, e->at), true);
		break;
	case 'S':
		edit_delete(e, 0, e->len, true);
		break;
	case 'C':
		edit_delete(e, e->at, e->len, true);
		break;
	default:
		return false;
	}
	insert_mode(e);
	return true;
}

static bool change_key(struct editor *e, int key)
{
	switch (key) {
	case 'd':
	case 'c':
	case 'y':
		operate(e, key);
		return true;
	case 'x':
	case KEY_DELETE:
		for (int n = e->count > 0 ? e->count : 1; n > 0 && e->at < e->len; n--)
			edit_delete(e, e->at, edit_right(e, e->at), true);
		return true;
	case 'X':
		edit_delete(e, edit_left(e, e->at), e->at, true);
		return true;
	case 'D':
		edit_delete(e, e->at, e->len, true);
		return true;
	case 'Y': {
		size_t at = e->at;
		edit_delete(e, 0, e->len, true);
		edit_undo(e);
		e->at = at;
		return true;
	}
	case 'p':
	case 'P':
		put(e, key == 'p');
		return true;
	case 'r':
		replace_char(e);
		return true;
	case '~':
		toggle_case(e);
		return true;
	case 'u':
		edit_undo(e);
		return true;
	default:
		return false;
	}
}

static void other_key(struct editor *e, int key)
{
	int n = e->count > 0 ? e->count : 1;

	switch (key) {
	case 'k':
	case '-':
	case KEY_UP:
		edit_history(e, -n);
		break;
	case 'j':
	case '+':
	case KEY_DOWN:
		edit_history(e, n);
		break;
	case 'G':
		edit_history(e, (e->count > 0 ? e->count : history_first_number()) - e->history);
		break;
	case '/':
	case '?':
		edit_search(e);
		break;
	case '#':
		e->at = 0;
		edit_insert(e, "#", 1);
		e->done = true;
		break;
	default:
		if (key == '\033')
			edit_bell();
		else if (key < 0x20) /* control keys do the same in both modes */
			emacs_key(e, key);
		else
			edit_bell();
		break;
	}
}

static void command_key(struct editor *e, int key)
{
	struct motion m;

	if ((key >= '1' && key <= '9') || (key == '0' && e->count > 0)) {
		e->count = e->count < 10000 ? e->count * 10 + (key - '0') : e->count;
		return;
	}
	if (!insert_key(e, key) && !change_key(e, key)) {
		if (motion(e, key, &m))
			e->at = m.to;
		else
			other_key(e, key);
	}
	e->count = 0;
	/* In command mode the cursor stands on a character, not after the last. */
	if (e->vi_command && e->at == e->len && e->len > 0)
		e->at = edit_left(e, e->at);
}

void vi_key(struct editor *e, int key)
{
	/* Escape and a key typed at once look like Alt and the key. */
	if (key >= KEY_META) {
		vi_key(e, '\033');
		key -= KEY_META;
	}
	if (e->vi_command) {
		command_key(e, key);
	} else if (key == '\033') {
		e->vi_command = true;
		e->at = edit_left(e, e->at);
	} else {
		emacs_key(e, key);
	}
}
