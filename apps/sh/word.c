/* SPDX-License-Identifier: MPL-2.0 */
/* Reading one word: quotes, expansions and plain text become a list of parts. */
#include "apps/sh/word.h"
#include "apps/sh/arith.h"
#include "apps/sh/brace.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/input.h"
#include "apps/sh/parse_int.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdlib.h>

/* The next character, with backslash-newline pairs gone. */
int lex_get(void)
{
	int c = source_get();

	while (c == '\\' && source_peek() == '\n') {
		source_prompt = 2;
		source_get();
		c = source_get();
	}
	return c;
}

int lex_peek(void)
{
	int c = lex_get();

	source_unget(c);
	return c;
}

void wordbuf_init(struct wordbuf *w, struct parser *ps)
{
	*w = (struct wordbuf){ .ps = ps };
	w->tail = &w->first;
}

static struct part *part_add(struct wordbuf *w, enum part_kind kind, bool quoted)
{
	wordbuf_flush(w);
	struct part *p = arena_alloc(w->ps->arena, sizeof(*p));
	*p = (struct part){ .kind = kind, .quoted = quoted };
	*w->tail = p;
	w->tail = &p->next;
	return p;
}

void wordbuf_flush(struct wordbuf *w)
{
	if (w->text.len == 0 && !w->text_any)
		return;
	struct buf text = w->text;
	bool quoted = w->text_quoted, protect = w->protect;
	w->text.len = 0;
	w->text_any = w->protect = false;
	struct part *p = part_add(w, PART_TEXT, quoted);
	p->text = arena_strndup(w->ps->arena, text.len > 0 ? text.p : "", text.len);
	p->len = text.len;
	p->protect = protect;
}

void wordbuf_byte(struct wordbuf *w, int c, bool quoted)
{
	quoted |= c == ESC; /* or it would mark what follows */
	if (quoted != w->text_quoted) {
		wordbuf_flush(w);
		w->text_quoted = quoted;
	}
	if (is_class(c, quoted ? CC_ESCAPE : CC_GLOB))
		w->protect = true;
	buf_byte(&w->text, c);
}

/* An empty quoted string still makes a field. */
static void quote_mark(struct wordbuf *w)
{
	if (!w->text_quoted) {
		wordbuf_flush(w);
		w->text_quoted = true;
	}
	w->text_any = true;
}

static void read_single_quoted(struct wordbuf *w)
{
	int line = source_line();

	quote_mark(w);
	for (;;) {
		int c = source_get();
		if (c == '\'')
			return;
		if (c == SOURCE_EOF)
			syntax_eof(line, "'");
		if (c == '\n')
			source_prompt = 2;
		wordbuf_byte(w, c, true);
	}
}

static void read_dollar_quoted(struct wordbuf *w)
{
	struct buf raw = {};
	int line = source_line();

	quote_mark(w);
	for (;;) {
		int c = source_get();
		if (c == SOURCE_EOF)
			syntax_eof(line, "'");
		if (c == '\'')
			break;
		buf_byte(&raw, c);
		if (c == '\\' && (c = source_get()) != SOURCE_EOF)
			buf_byte(&raw, c);
	}
	struct buf out = {};
	escape_dollar_quote(&out, buf_str(&raw), raw.len);
	for (size_t i = 0; i < out.len; i++)
		wordbuf_byte(w, (unsigned char)out.p[i], true);
}

static void read_double_quoted(struct wordbuf *w)
{
	int line = source_line();
	struct part **before;

	wordbuf_flush(w);
	before = w->tail;
	if (wordbuf_until(w, READ_DQUOTE, "\"") == SOURCE_EOF)
		syntax_eof(line, "\"");
	if (w->tail == before)
		quote_mark(w);
	wordbuf_flush(w);
}

static void read_backquoted(struct wordbuf *w, bool dquote)
{
	struct buf raw = {};
	int line = source_line();

	for (;;) {
		int c = source_get();
		if (c == SOURCE_EOF)
			syntax_eof(line, "`");
		if (c == '`')
			break;
		if (c == '\n')
			source_prompt = 2;
		if (c == '\\') {
			int d = source_get();
			if (d != '$' && d != '`' && d != '\\' && !(d == '"' && dquote))
				buf_byte(&raw, '\\');
			c = d;
			if (c == SOURCE_EOF)
				syntax_eof(line, "`");
		}
		buf_byte(&raw, c);
	}
	struct part *p = part_add(w, PART_COMMAND, dquote);
	p->command = parse_text(w->ps, buf_str(&raw), raw.len, line);
}

static struct word *sub_word(struct wordbuf *w, enum read_mode mode, const char *stop, int *ended)
{
	struct wordbuf sub;
	int line = source_line();

	wordbuf_init(&sub, w->ps);
	*ended = wordbuf_until(&sub, mode, stop);
	if (*ended == SOURCE_EOF)
		syntax_eof(line, stop + strlen(stop) - 1);
	struct word *word = wordbuf_word(&sub);
	if (mode == READ_PLAIN)
		word_tilde(w->ps->arena, word, false);
	return word;
}

static struct sym *read_name(void)
{
	struct buf name = {};
	int c = lex_get();

	while (is_class(c, CC_NAME)) {
		buf_byte(&name, c);
		c = lex_get();
	}
	source_unget(c);
	return sym_intern(name.p, name.len);
}

static void read_number(struct param *p)
{
	int c = lex_get();
	long long n = 0;

	while (is_class(c, CC_DIGIT)) {
		n = n * 10 + (c - '0');
		if (n > 100000000)
			n = 100000000; /* nobody has so many arguments */
		c = lex_get();
	}
	source_unget(c);
	p->kind = PARAM_POSITION;
	p->position = (int)n;
	if (n == 0) {
		p->kind = PARAM_SPECIAL;
		p->special = '0';
	}
}

/* The name, number or special character after ${ (or ${# or ${!). False when there is none. */
static bool read_param_name(struct param *p)
{
	int c = lex_peek();

	if (is_class(c, CC_START)) {
		p->kind = PARAM_VAR;
		p->sym = read_name();
	} else if (is_class(c, CC_DIGIT)) {
		read_number(p);
	} else if (is_class(c, CC_PARAM)) {
		p->kind = PARAM_SPECIAL;
		p->special = (char)lex_get();
	} else {
		return false;
	}
	return true;
}

static void read_subscript(struct wordbuf *w, struct param *p)
{
	int ended;

	lex_get();
	p->subscript = sub_word(w, READ_PLAIN, "]", &ended);
	const char *text = word_plain(p->subscript);
	if (text != nullptr && (strcmp(text, "@") == 0 || strcmp(text, "*") == 0))
		p->special = text[0];
}

static enum param_op op_for(int c, int doubled)
{
	switch (c) {
	case '-':
		return OP_DEFAULT;
	case '=':
		return OP_ASSIGN;
	case '?':
		return OP_ERROR;
	case '+':
		return OP_ALTERNATE;
	case '#':
		return doubled ? OP_PREFIX_LONG : OP_PREFIX;
	case '%':
		return doubled ? OP_SUFFIX_LONG : OP_SUFFIX;
	case '^':
		return doubled ? OP_UPPER_ALL : OP_UPPER;
	case ',':
		return doubled ? OP_LOWER_ALL : OP_LOWER;
	default:
		return OP_BAD;
	}
}

static void read_bad(struct wordbuf *w, struct param *p)
{
	int ended;

	p->op = OP_BAD;
	p->arg = sub_word(w, READ_PLAIN, "}", &ended);
}

/* ${v:off:len}, after the colon. */
static void read_slice(struct wordbuf *w, struct param *p)
{
	int ended;

	p->op = OP_SLICE;
	p->arg = sub_word(w, READ_ARITH, ":}", &ended);
	if (ended == ':')
		p->arg2 = sub_word(w, READ_ARITH, "}", &ended);
}

/* ${v/pattern/text}, after the first slash. */
static void read_replace(struct wordbuf *w, struct param *p, bool dquote)
{
	int ended, c = lex_peek();

	p->op = c == '/'   ? OP_REPLACE_ALL
		: c == '#' ? OP_REPLACE_HEAD
		: c == '%' ? OP_REPLACE_TAIL
			   : OP_REPLACE;
	if (p->op != OP_REPLACE)
		lex_get();
	(void)dquote;
	p->arg = sub_word(w, READ_PLAIN, "/}", &ended);
	if (ended == '/')
		p->arg2 = sub_word(w, READ_PLAIN, "}", &ended);
}

static void read_default(struct wordbuf *w, struct param *p, enum param_op op, enum read_mode mode)
{
	int ended;

	p->op = op;
	p->arg = sub_word(w, mode, "}", &ended);
}

/* What follows the name up to and with the closing brace. */
static void read_param_op(struct wordbuf *w, struct param *p, enum read_mode mode)
{
	bool dquote = mode != READ_PLAIN;
	int ended, c = lex_get();

	if (c == '}')
		return;
	if (p->op == OP_LENGTH) {
		source_unget(c);
		read_bad(w, p);
		return;
	}
	if (c == ':') {
		c = lex_peek();
		if (c == '-' || c == '=' || c == '?' || c == '+') {
			p->colon = true;
			lex_get();
		} else {
			if (sh.posix)
				read_bad(w, p);
			else
				read_slice(w, p);
			return;
		}
	}
	if (c == '-' || c == '=' || c == '?' || c == '+') {
		read_default(w, p, op_for(c, false), mode);
	} else if (c == '#' || c == '%' || (!sh.posix && (c == '^' || c == ','))) {
		bool doubled = lex_peek() == c;
		if (doubled)
			lex_get();
		p->op = op_for(c, doubled);
		p->arg = sub_word(w, READ_PLAIN, "}", &ended);
	} else if (c == '/' && !sh.posix) {
		read_replace(w, p, dquote);
	} else if (c == '@' && !sh.posix) {
		p->op = OP_TRANSFORM;
		p->arg = sub_word(w, READ_PLAIN, "}", &ended);
	} else {
		source_unget(c);
		read_bad(w, p);
	}
}

/* After "${#": is this a length, or the parameter # ? */
static bool hash_is_length(void)
{
	int c = lex_get();

	if (c == '}' || c == SOURCE_EOF) {
		source_unget(c);
		return false;
	}
	if (!is_class(c, CC_PARAM)) {
		source_unget(c);
		return is_class(c, CC_NAME);
	}
	bool length = lex_peek() == '}' || (c == '@' || c == '*');
	source_unget(c);
	return length;
}

static bool bang_is_indirect(void)
{
	int c = lex_peek();

	return !sh.posix && (is_class(c, CC_NAME) || c == '@' || c == '*' || c == '#');
}

/* ${!prefix*}, ${!prefix@}, ${!array[@]}: true when it was one of these. */
static bool read_names_form(struct wordbuf *w, struct param *p)
{
	if (p->subscript != nullptr && p->special != '\0' && lex_peek() == '}') {
		p->op = OP_KEYS;
		lex_get();
		return true;
	}
	if (p->kind != PARAM_VAR || p->subscript != nullptr)
		return false;
	int c = lex_get();
	if ((c == '*' || c == '@') && lex_peek() == '}') {
		lex_get();
		p->op = OP_NAMES;
		p->special = (char)c;
		return true;
	}
	source_unget(c);
	(void)w;
	return false;
}

static void read_braced(struct wordbuf *w, enum read_mode mode)
{
	struct param *p = arena_alloc(w->ps->arena, sizeof(*p));

	*p = (struct param){ .braced = true };
	stack_check();
	int c = lex_peek();
	if (c == '#') {
		lex_get();
		if (hash_is_length())
			p->op = OP_LENGTH;
		else
			source_unget('#');
	} else if (c == '!') {
		lex_get();
		p->indirect = bang_is_indirect();
		if (!p->indirect)
			source_unget('!');
	}
	if (!read_param_name(p)) {
		read_bad(w, p);
	} else {
		if (p->kind == PARAM_VAR && lex_peek() == '[' && !sh.posix)
			read_subscript(w, p);
		if (!p->indirect || !read_names_form(w, p))
			read_param_op(w, p, mode);
	}
	part_add(w, PART_PARAM, mode != READ_PLAIN)->param = p;
}

static void read_command_substitution(struct wordbuf *w, bool dquote)
{
	struct node *n = parse_until_paren(w->ps, source_line());

	part_add(w, PART_COMMAND, dquote)->command = n;
}

static void add_arith(struct wordbuf *w, struct word *expr, bool dquote)
{
	struct part *p = part_add(w, PART_ARITH, dquote);

	p->expr = expr;
	p->compiled = expr->lit != nullptr ? arith_compile(w->ps->arena, expr->lit) : nullptr;
}

/* $[ ], the form that bash had before $(( )). */
static void read_bracket(struct wordbuf *w, bool dquote)
{
	int ended;

	lex_get();
	add_arith(w, sub_word(w, READ_ARITH, "]", &ended), dquote);
}

static void read_paren(struct wordbuf *w, bool dquote)
{
	char *text;
	size_t len;

	lex_get();
	if (lex_peek() == '(') {
		lex_get();
		if (lex_arith(w->ps, &text, &len)) {
			add_arith(w, word_from_text(w->ps, text, len, false), dquote);
			return;
		}
		source_unget('('); /* the text was given back; so is the second ( */
	}
	read_command_substitution(w, dquote);
}

static void read_dollar(struct wordbuf *w, enum read_mode mode)
{
	bool dquote = mode != READ_PLAIN;
	int c = lex_peek();

	if (c == '{') {
		lex_get();
		read_braced(w, mode);
	} else if (c == '(') {
		read_paren(w, dquote);
	} else if (c == '[' && !sh.posix && !w->ps->regex) {
		read_bracket(w, dquote);
	} else if (c == '\'' && !dquote) {
		lex_get();
		read_dollar_quoted(w);
	} else if (c == '"' && !dquote && !sh.posix) {
		lex_get();
		read_double_quoted(w);
	} else if (is_class(c, CC_NAME | CC_PARAM)) {
		struct param *p = arena_alloc(w->ps->arena, sizeof(*p));
		*p = (struct param){};
		if (is_class(c, CC_START)) {
			p->sym = read_name();
		} else if (is_class(c, CC_DIGIT) && c != '0') {
			p->kind = PARAM_POSITION;
			p->position = lex_get() - '0';
		} else {
			p->kind = PARAM_SPECIAL;
			p->special = (char)lex_get();
		}
		part_add(w, PART_PARAM, dquote)->param = p;
	} else {
		wordbuf_byte(w, '$', dquote);
	}
}

static void special_in(struct wordbuf *w, int c, enum read_mode mode)
{
	if (c == '$')
		read_dollar(w, mode);
	else if (c == '`')
		read_backquoted(w, mode == READ_DQUOTE);
	else if (c == '\'')
		read_single_quoted(w);
	else if (c == '"')
		read_double_quoted(w);
	else if ((c = source_get()) == SOURCE_EOF)
		wordbuf_byte(w, '\\', true);
	else
		wordbuf_byte(w, c, true);
}

void wordbuf_special(struct wordbuf *w, int c, bool dquote)
{
	special_in(w, c, dquote ? READ_DQUOTE : READ_PLAIN);
}

/* A backslash inside double quotes or a here-document; `brace` when } can be escaped too. */
static void dquote_backslash(struct wordbuf *w, enum read_mode mode, bool brace)
{
	int c = source_get();

	if (c == '$' || c == '`' || c == '\\' || (c == '"' && mode != READ_HERE) ||
	    (c == '}' && brace)) {
		wordbuf_byte(w, c, true);
		return;
	}
	wordbuf_byte(w, '\\', true);
	source_unget(c);
}

static void dquote_char(struct wordbuf *w, int c, enum read_mode mode, bool brace)
{
	if (c == '\\') {
		dquote_backslash(w, mode, brace);
	} else if (c == '$') {
		read_dollar(w, mode);
	} else if (c == '`') {
		read_backquoted(w, true);
	} else if (c == '"' && mode == READ_DQUOTE) {
		read_double_quoted(w); /* "${x-"nested"}" */
	} else if (c == '"' && (mode == READ_ARITH || brace)) {
		return;
	} else {
		wordbuf_byte(w, c, true);
	}
}

int wordbuf_until(struct wordbuf *w, enum read_mode mode, const char *stop)
{
	bool brace = strchr(stop, '}') != nullptr;
	int depth = 0; /* of [ ] in a subscript, ( ) and ?: in a slice */

	stack_check();
	for (;;) {
		int c = lex_get();
		if (c == SOURCE_EOF)
			return c;
		if (c == '\n')
			source_prompt = 2;
		if (depth == 0 && strchr(stop, c) != nullptr)
			return c;
		if (stop[0] == ']')
			depth += (c == '[') - (c == ']');
		else if (stop[0] == ':')
			depth += (c == '(' || c == '?') - (depth > 0 && (c == ')' || c == ':'));
		if (mode != READ_PLAIN)
			dquote_char(w, c, mode, brace);
		else if (is_class(c, CC_SPECIAL))
			special_in(w, c, READ_PLAIN);
		else
			wordbuf_byte(w, c, false);
	}
}

struct word *wordbuf_word(struct wordbuf *w)
{
	struct word *word = arena_alloc(w->ps->arena, sizeof(*word));

	wordbuf_flush(w);
	*word = (struct word){ .parts = w->first, .line = source_line() };
	word_finish(w->ps->arena, word);
	return word;
}

const char *word_plain(const struct word *w)
{
	return (w->flags & WORD_QUOTED) == 0 ? w->lit : nullptr;
}
