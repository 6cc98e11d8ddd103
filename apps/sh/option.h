/* SPDX-License-Identifier: MPL-2.0 */
/* The options of set and shopt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* $-: the letters of the options that are on. In scratch. */
const char *option_letters(void);
/* False when there is no such letter. */
bool option_set_letter(char letter, bool on);
bool option_set_name(const char *name, bool on, bool shopt);
/* `set -o` (reusable: as commands), `shopt`. */
void option_print(bool reusable, bool shopt);
void option_print_one(const char *name, bool on, bool reusable, bool shopt);
/* 1 on, 0 off, -1 unknown */
int option_get(const char *name, bool shopt);
void option_defaults(void);
/* Options and positional parameters as `set` and the command line take them. */
int option_parse(int argc, char **argv, bool command_line, char **command);
/* The list of names, for completion: until nullptr. */
const char *option_name(size_t i);
