/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* printf and echo, for the shell's built-ins and for the commands of the same names. */
#include <stddef.h>

/* One directive of a format: its flags, width and precision. */
struct print_spec {
	char flags[8];
	int width;
	int precision; /* -1: none */
};

struct print {
	/* The host's: where output goes, and how errors are told. */
	void (*put)(void *self, const char *bytes, size_t n);
	void (*complain)(void *self, const char *what, const char *why);
	/*
	 * Shows the directive at `f`, behind flags, width and precision, if it is one of the host's
	 * own, and returns what follows it; else nullptr. May be nullptr itself.
	 */
	const char *(*extra)(struct print *p, const struct print_spec *spec, const char *f);
	void *self;

	bool utf8;         /* the locale's characters */
	bool posix;        /* escapes, %c and empty numbers as POSIX has them, no more */
	bool format_stops; /* \c in a format ends the output */

	char **args; /* those not used yet */
	int nargs;
	int status;
	bool stopped;
};

/* Uses `format` as often as it takes to use all arguments; those it cannot use are left. */
void print_format(struct print *p, const char *format);

/* The arguments with blanks between, and a newline unless they say otherwise. */
void print_echo(struct print *p, bool escapes, bool newline);

/* For `extra`: the next argument or nullptr, and text with the directive's width and precision. */
const char *print_arg(struct print *p);
void print_text(struct print *p, const struct print_spec *spec, const char *s, size_t len);
