/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* A sed script as sed_parse.c makes it and sed.c runs it. */
#include <stdint.h>
#include "apps/applet/mem.h"
#include "apps/applet/out.h"
#include "apps/applet/regex.h"

enum addr_kind : uint8_t {
	ADDR_NONE,
	ADDR_LINE,
	ADDR_STEP, /* first~step */
	ADDR_LAST,
	ADDR_REGEX,
	ADDR_PLUS,    /* as second: addr1,+N */
	ADDR_MULTIPLE /* as second: addr1,~N */
};

struct addr {
	enum addr_kind kind;
	uint64_t n, step;
	struct regex *regex; /* nullptr: the last one used */
};

/* A part of a replacement: text, or a group, with a change of case. */
struct part {
	char kind; /* 't'ext, 'g'roup, or the letter of a case change: L U l u E */
	unsigned group;
	char *text;
	size_t len;
};

/* A file that w writes to; the same name is opened once. */
struct sed_file {
	struct sed_file *next;
	const char *name;
	struct out out;
	struct out *to;       /* &out, or standard output */
	bool missing_newline; /* the last line written had none */
};

struct sed_command {
	struct addr from, to;
	bool negated;
	char name;
	char *text; /* a i c r R: text or file; b t T: label, : too */
	size_t len;
	uint64_t number; /* q Q l L: argument, UINT64_MAX when absent */
	size_t target;   /* b t T { : index of where to go on */
	/* s and y */
	struct regex *regex;
	struct part *parts;
	size_t part_count, part_capacity;
	bool global, print, eval;
	uint64_t occurrence;
	struct sed_file *file;
	unsigned char *map;      /* y on bytes */
	struct part *from_chars; /* y on characters: pairs of texts */
	size_t from_count;
	/* while running */
	bool in_range;
	uint64_t range_end;
	struct in *reader; /* R: how far it has been read */
};

struct sed_script {
	struct sed_command *commands;
	size_t count, capacity;
	bool extended, sandbox, quiet_by_comment;
	struct sed_file *files;
};

/* Adds a piece of script, of -e or a file; `name` is for messages. Pieces are as if on lines. */
void sed_script_add(struct sed_script *s, const char *text, size_t len, const char *name);
/* After the last piece: checks braces and resolves labels. */
void sed_script_finish(struct sed_script *s);
