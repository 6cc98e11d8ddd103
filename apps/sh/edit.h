/* SPDX-License-Identifier: MPL-2.0 */
/* The line editor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct editor {
	char *text; /* malloc'd, not terminated */
	size_t len, cap;
	size_t at; /* the cursor, in bytes */
	const char *prompt;
	int row;      /* of the cursor on the screen, below the prompt's first */
	int history;  /* the entry being shown; history_next_number() for the new line */
	char *stash;  /* the new line while an entry is shown */
	char *killed; /* what C-k and its like took last */
	struct undo *undo;
	bool vi_command;
	bool done, eof, cancelled;
	int last_key;
	size_t last_arg_len; /* of what M-. put in, and from which entry */
	int last_arg_entry;
	/* vi */
	int count;
	int find_key, find_char; /* for ; and , */
};

/* Reads a line after the prompt; malloc'd, newline included. nullptr at the end of input. */
char *edit_line(const char *prompt, size_t *len);

/* -- for the key bindings -- */

void edit_insert(struct editor *e, const char *s, size_t n);
/* Removes a range, into the kill buffer if `keep`. */
void edit_delete(struct editor *e, size_t from, size_t to, bool keep);
void edit_replace(struct editor *e, const char *s, size_t n);
void edit_refresh(struct editor *e);
void edit_undo(struct editor *e);
size_t edit_left(const struct editor *e, size_t at);
size_t edit_right(const struct editor *e, size_t at);
size_t edit_word_left(const struct editor *e, size_t at);
size_t edit_word_right(const struct editor *e, size_t at);
void edit_history(struct editor *e, int step);
void edit_search(struct editor *e);
/* Takes over what is suggested after the line, or its next word. */
bool edit_accept(struct editor *e, bool word_only);
void edit_bell(void);

void emacs_key(struct editor *e, int key);
void vi_key(struct editor *e, int key);
void complete_key(struct editor *e, bool again);
