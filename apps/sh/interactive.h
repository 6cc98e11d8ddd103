/* SPDX-License-Identifier: MPL-2.0 */
/* The person at the terminal: reading lines, with editing where the terminal allows. */
#pragma once

#include <stddef.h>

/*
 * Shows prompt 1 or 2 and reads a line, its newline included, in malloc'd memory. nullptr at the
 * end of input.
 */
char *interactive_line(int prompt, size_t *len);
/* Start-up files, history, key bindings. */
void interactive_init(void);
/* The lines read since the last time are one command: into the history with it. */
void interactive_commit(void);
/* Restores the terminal, writes the history. */
void interactive_exit(void);
