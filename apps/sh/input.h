/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where the parser's characters come from: a stack of sources. A file or the terminal is below;
 * alias texts and strings being parsed lie above it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct frame;
struct sym;

struct source {
	struct source *prev;
	const char *p, *begin, *end;
	char *buf;                 /* owned, or nullptr */
	int fd;                    /* -1 for a string */
	int line;                  /* of the character at p, counted from 1 */
	struct sym *alias;         /* whose text this is */
	struct sym *outer_aliases; /* that its name came out of, by alias_done */
	bool counts;               /* newlines advance `line` */
	bool barrier; /* its end is the end of input: what lies below belongs to someone else */
	bool interactive;
	bool unbuffered; /* commands share this descriptor: never read past the line in use */
	bool eof;
	const char *echoed; /* -v has shown the text before this */
	const char *script; /* sh.script as it was below */
	bool called;        /* a file of `.': called_at and frame tell from where */
	int called_at;
	const struct frame *frame;
};

extern struct source *source_top;

/* Set when an alias text that ends in a blank was used up; the lexer clears it. */
extern bool source_alias_blank;

constexpr int SOURCE_EOF = -1;

int source_fill(void);
/* The next character, consumed. */
static inline int source_get(void)
{
	struct source *s = source_top;

	if (s->p < s->end) {
		int c = (unsigned char)*s->p++;
		if (c == '\n')
			s->line += s->counts;
		if (c != '\0')
			return c;
	}
	return source_fill();
}
/* Gives back what source_get just returned. */
void source_unget(int c);
int source_peek(void);
int source_line(void);

/* The text must live until the source is popped. With `barrier` its end reads as end of input. */
void source_push_text(struct source *s, const char *text, size_t len, int line, bool barrier);
void source_push_alias(struct sym *alias);
/* Aliases whose text was used up may be substituted again: the token they ended is done with. */
void source_release_aliases(void);
/* Text that continues the current source: given back characters. */
void source_push_back(const char *text, size_t len);
void source_push_fd(struct source *s, int fd, bool shared);
void source_pop(void);
void source_pop_to(struct source *s);
/* set -v: shows what was read since it was last called. */
void source_echo(void);
/* Before a command may read the shared descriptor: gives back what was read ahead. */
void source_sync(void);
/* After a syntax error at the prompt: forgets the rest of the line. */
void source_discard_line(void);
/* In a forked child: the script's own descriptor is not wanted. */
void source_close_all(void);

/* The prompt to show when the terminal is next read: 1 or 2. */
extern int source_prompt;
