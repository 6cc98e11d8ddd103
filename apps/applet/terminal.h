/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The terminal, for utilities that fill the screen: its size, and keys one by one. */
#include <stddef.h>

/* Rows and columns: of the terminal at `fd`, else of LINES and COLUMNS, else 24 and 80. */
struct terminal_size {
	int rows, columns;
};
struct terminal_size terminal_size(int fd);

/* Can the cursor be moved? False for TERM=dumb and for what is no terminal. */
bool terminal_is_capable(int fd);

/* A descriptor to read keys from when standard input may be data; -1 if there is no terminal. */
int terminal_open(void);

/*
 * Keys come unechoed, one by one, Ctrl-C and Ctrl-Z too, from terminal_begin() until
 * terminal_end(), which restores the modes. False if `fd` is no terminal.
 */
bool terminal_begin(int fd);
void terminal_end(int fd);

enum terminal_key {
	KEY_NONE = -1, /* the time is up */
	KEY_END_OF_INPUT = -2,
	KEY_UP = 256,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_OTHER, /* a sequence that means nothing here */
};

constexpr int KEY_CTRL_C = 3, KEY_CTRL_Z = 26;

/* The next key: a byte or one of the above; waits at most timeout_ms, for ever when negative. */
int terminal_key(int fd, int timeout_ms);

/* Restores the modes, stops this process, and takes the terminal again when it goes on. */
void terminal_stop(int fd);

/* Asks on the last row of the screen; false when Escape or Ctrl-C ended it. */
bool terminal_ask(int fd, int row, const char *question, char *answer, size_t size);
