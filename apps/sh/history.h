/* SPDX-License-Identifier: MPL-2.0 */
/* Earlier commands: in memory, and in a file that several shells may share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

void history_load(void);
/* Adds a command (newlines and all) and appends it to the file at once, so that nothing is lost. */
void history_add(const char *text, size_t len);
/* Entries by number; nullptr when there is none. Numbers count from 1 and never change. */
const char *history_get(int number);
int history_first_number(void);
int history_next_number(void);
void history_clear(void);
void history_remove_last(void);
/* The newest entry before `before` that contains (or, prefix: starts with) the text; 0 if none. */
int history_search(const char *text, size_t len, int before, bool prefix);
