/* SPDX-License-Identifier: MPL-2.0 */
/* The line editor: text, undo, display, history and search. */
#include "apps/sh/edit.h"
#include "apps/sh/escape.h"
#include "apps/sh/history.h"
#include "apps/sh/mem.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/term.h"
#include "apps/sh/trap.h"

#include <ctype.h>
#include <stdlib.h>

struct undo {
	struct undo *next;
	char *text;
	size_t len, at;
};

void edit_bell(void)
{
	term_puts("\a");
}

/* -- text -- */

static void undo_push(struct editor *e)
{
	struct undo *u = xmalloc(sizeof(*u));

	*u = (struct undo){ e->undo, xstrndup(e->text, e->len), e->len, e->at };
	e->undo = u;
}

static void room(struct editor *e, size_t n)
{
	if (e->cap - e->len >= n)
		return;
	e->cap = (e->len + n) * 2 + 64;
	e->text = xrealloc(e->text, e->cap);
}

void edit_undo(struct editor *e)
{
	struct undo *u = e->undo;

	if (u == nullptr) {
		edit_bell();
		return;
	}
	e->undo = u->next;
	e->len = 0;
	room(e, u->len);
	memcpy(e->text, u->text, u->len);
	e->len = u->len;
	e->at = u->at;
	free(u->text);
	free(u);
}

void edit_insert(struct editor *e, const char *s, size_t n)
{
	/* A run of typed letters is undone as one. */
	if (n > 1 || e->undo == nullptr || !isalnum((unsigned char)*s) || e->at != e->len)
		undo_push(e);
	room(e, n);
	memmove(e->text + e->at + n, e->text + e->at, e->len - e->at);
	memcpy(e->text + e->at, s, n);
	e->len += n;
	e->at += n;
}

void edit_delete(struct editor *e, size_t from, size_t to, bool keep)
{
	if (from >= to)
		return;
	undo_push(e);
	if (keep) {
		free(e->killed);
		e->killed = xstrndup(e->text + from, to - from);
	}
	memmove(e->text + from, e->text + to, e->len - to);
	e->len -= to - from;
	e->at = from;
}

void edit_replace(struct editor *e, const char *s, size_t n)
{
	undo_push(e);
	e->len = 0;
	room(e, n);
	memcpy(e->text, s, n);
	e->len = e->at = n;
}

size_t edit_left(const struct editor *e, size_t at)
{
	if (at == 0)
		return 0;
	at--;
	while (sh.utf8 && at > 0 && (e->text[at] & 0xC0) == 0x80)
		at--;
	/* A combining character belongs to the one before it. */
	if (at > 0 && char_columns(char_code(e->text + at, e->len - at)) == 0)
		return edit_left(e, at);
	return at;
}

size_t edit_right(const struct editor *e, size_t at)
{
	if (at < e->len)
		at += char_length(e->text + at, e->len - at);
	while (at < e->len && char_columns(char_code(e->text + at, e->len - at)) == 0)
		at += char_length(e->text + at, e->len - at);
	return at;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

size_t edit_word_left(const struct editor *e, size_t at)
{
	while (at > 0 && !is_word(e->text[at - 1]))
		at--;
	while (at > 0 && is_word(e->text[at - 1]))
		at--;
	return at;
}

size_t edit_word_right(const struct editor *e, size_t at)
{
	while (at < e->len && !is_word(e->text[at]))
		at++;
	while (at < e->len && is_word(e->text[at]))
		at++;
	return at;
}

/* -- suggestions -- */

/* What the newest command that starts like this one goes on with; nullptr for none. */
static const char *suggestion(const struct editor *e)
{
	if (e->len == 0 || e->at != e->len || memchr(e->text, '\n', e->len) != nullptr)
		return nullptr;
	int n = history_search(e->text, e->len, history_next_number(), true);
	const char *s = n > 0 ? history_get(n) : nullptr;
	return s != nullptr && s[e->len] != '\0' && strchr(s, '\n') == nullptr ? s + e->len
									       : nullptr;
}

bool edit_accept(struct editor *e, bool word_only)
{
	const char *s = suggestion(e);

	if (s == nullptr)
		return false;
	size_t n = strlen(s);
	if (word_only) {
		n = strspn(s, " ");
		n += strcspn(s + n, " ");
	}
	edit_insert(e, s, n);
	return true;
}

/* -- display -- */

struct screen {
	struct buf out;
	int row, column, columns;
};

static void advance(struct screen *s, int columns)
{
	if (s->column + columns > s->columns) {
		s->row++;
		s->column = 0;
	}
	s->column += columns;
	if (s->column == s->columns) {
		/* The terminal waits at the edge; go on, so that both agree where we are. */
		buf_puts(&s->out, " \r");
		s->row++;
		s->column = 0;
	}
}

static void put_char(struct screen *s, const char *p, size_t n)
{
	unsigned long c = char_code(p, n);

	if (c == '\n') {
		buf_puts(&s->out, "\033[K\r\n");
		s->row++;
		s->column = 0;
	} else if (c < 0x20 || c == 0x7f) {
		char text[2] = { '^', (char)(c ^ 0x40) };
		buf_add(&s->out, text, 2);
		advance(s, 1);
		advance(s, 1);
	} else {
		buf_add(&s->out, p, n);
		advance(s, char_columns(c));
	}
}

static void put_text(struct screen *s, const char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = char_length(p + i, len - i);
		put_char(s, p + i, n);
		i += n;
	}
}

/* Escape sequences, and what is between the marks of \[ \], take no room. */
static void put_prompt(struct screen *s, const char *p)
{
	while (*p != '\0') {
		if (*p == '\001') {
			for (p++; *p != '\0' && *p != '\002'; p++)
				buf_byte(&s->out, *p);
			p += *p == '\002';
		} else if (*p == '\033' && p[1] == '[') {
			size_t n = 2 + strcspn(p + 2, "ABCDEFGHJKSTfhlmnsu");
			n += p[n] != '\0';
			buf_add(&s->out, p, n);
			p += n;
		} else if (*p == '\002') {
			p++;
		} else {
			size_t n = char_length(p, strlen(p));
			put_char(s, p, n);
			p += n;
		}
	}
}

static void move_to(struct screen *s, int row, int column)
{
	if (s->row > row)
		buf_printf(&s->out, "\033[%dA", s->row - row);
	buf_byte(&s->out, '\r');
	if (column > 0)
		buf_printf(&s->out, "\033[%dC", column);
}

static void draw(struct editor *e, const char *prompt, const char *after)
{
	struct mark m = arena_mark(&scratch);
	struct screen s = { .columns = term_columns() };

	if (e->row > 0)
		buf_printf(&s.out, "\033[%dA", e->row);
	buf_puts(&s.out, "\r\033[J");
	put_prompt(&s, prompt);
	put_text(&s, e->text, e->at);
	int row = s.row, column = s.column;
	put_text(&s, e->text + e->at, e->len - e->at);
	if (after != nullptr) {
		buf_puts(&s.out, "\033[2m");
		put_text(&s, after, strlen(after));
		buf_puts(&s.out, "\033[0m");
	}
	move_to(&s, row, column);
	e->row = row;
	term_write(s.out.p, s.out.len);
	arena_release(&scratch, m);
}

void edit_refresh(struct editor *e)
{
	draw(e, e->prompt, suggestion(e));
}

/* The cursor below the text, nothing suggested: the line is done. */
static void leave(struct editor *e)
{
	e->at = e->len;
	draw(e, e->prompt, nullptr);
	term_puts("\r\n");
	e->row = 0;
}

/* -- history -- */

static void show_entry(struct editor *e, int n)
{
	const char *s = history_get(n);

	if (s == nullptr)
		s = e->stash != nullptr ? e->stash : "";
	e->history = n;
	edit_replace(e, s, strlen(s));
}

void edit_history(struct editor *e, int step)
{
	int next = history_next_number(), n = e->history + step;

	if (n < history_first_number() || n > next) {
		edit_bell();
		return;
	}
	if (e->history == next) {
		free(e->stash);
		e->stash = xstrndup(e->text, e->len);
	}
	show_entry(e, n);
}

/* Control-R: each key narrows the search, Control-R again goes further back. */
void edit_search(struct editor *e)
{
	char want[256];
	size_t n = 0;
	int found = 0, from = history_next_number();
	struct editor shown = *e;
	char *before = xstrndup(e->text, e->len);
	size_t before_len = e->len;

	for (;;) {
		want[n] = '\0';
		const char *s = found > 0 ? history_get(found) : nullptr;
		char *prompt = arena_printf(&scratch, "(search) `%s'%s ", want,
					    n > 0 && s == nullptr ? " not found:" : ":");
		if (s != nullptr) {
			edit_replace(e, s, strlen(s));
			const char *hit = strstr(s, want);
			e->at = hit != nullptr ? (size_t)(hit - s) : 0;
		}
		draw(e, prompt, nullptr);
		int key = term_key();
		if (key == KEY_NONE)
			continue;
		if (key == 'R' - 64) {
			int next = n > 0 ? history_search(want, n, found > 0 ? found : from, false)
					 : 0;
			if (next == 0)
				edit_bell();
			else
				found = next;
		} else if ((key == 0x7f || key == 'H' - 64) && n > 0) {
			n--;
			want[n] = '\0';
			found = n > 0 ? history_search(want, n, from, false) : 0;
		} else if (key >= 0x20 && key < 0x110000 && key != 0x7f && n < sizeof(want) - 5) {
			struct buf b = {};
			escape_utf8(&b, (unsigned long)key);
			memcpy(want + n, b.p, b.len);
			n += b.len;
			want[n] = '\0';
			found = history_search(want, n, found > 0 ? found + 1 : from, false);
		} else if (key == 'G' - 64 || key == 'C' - 64 || key == KEY_EOF) {
			edit_replace(e, before, before_len);
			e->at = shown.at;
			break;
		} else {
			e->at = e->len;
			if (key == '\r' || key == '\n')
				e->done = true;
			else if (key != '\033')
				emacs_key(e, key);
			break;
		}
	}
	free(before);
}

/* -- the loop -- */

static void editor_free(struct editor *e)
{
	while (e->undo != nullptr) {
		struct undo *u = e->undo;
		e->undo = u->next;
		free(u->text);
		free(u);
	}
	free(e->stash);
}

static char *kill_buffer; /* outlives the line */

char *edit_line(const char *prompt, size_t *len)
{
	struct editor e = { .prompt = prompt,
			    .history = history_next_number(),
			    .killed = kill_buffer };

	room(&e, 64);
	term_raw();
	/* From here on Control-C is a key. One that came before, while nobody read, is for this
	 * line and not for the command that comes of it. */
	e.cancelled = trap_interrupted;
	while (!e.done && !e.eof && !e.cancelled) {
		struct mark m = arena_mark(&scratch);
		edit_refresh(&e);
		int key = term_key();
		if (key == KEY_EOF) {
			e.eof = true;
		} else if (key == KEY_NONE) {
			term_restore(); /* a trap's action sees the terminal as it should be */
			trap_run_pending();
			term_raw();
		} else if (key == KEY_PASTE) {
			size_t n;
			const char *s = term_paste(&n);
			edit_insert(&e, s, n);
		} else if (sh.opt[OPT_VI]) {
			vi_key(&e, key);
		} else {
			emacs_key(&e, key);
		}
		e.last_key = key;
		arena_release(&scratch, m);
	}
	leave(&e);
	term_restore();
	kill_buffer = e.killed;
	editor_free(&e);
	if (e.eof || e.cancelled) {
		free(e.text);
		*len = e.cancelled; /* told apart by the caller */
		return nullptr;
	}
	room(&e, 1);
	e.text[e.len++] = '\n';
	*len = e.len;
	return e.text;
}
