/* SPDX-License-Identifier: MPL-2.0 */
/* Characters to tokens: operators, words, here-documents. */
#include "apps/sh/lex.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/parse.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"
#include "apps/sh/word.h"

#include <stdlib.h>

static const struct {
	char name[9];
	enum keyword kw;
	bool extension;
} keywords[] = {
	{ "!", KW_BANG, false },
	{ "[[", KW_LTEST, true },
	{ "]]", KW_RTEST, true },
	{ "case", KW_CASE, false },
	{ "coproc", KW_COPROC, true },
	{ "do", KW_DO, false },
	{ "done", KW_DONE, false },
	{ "elif", KW_ELIF, false },
	{ "else", KW_ELSE, false },
	{ "esac", KW_ESAC, false },
	{ "fi", KW_FI, false },
	{ "for", KW_FOR, false },
	{ "function", KW_FUNCTION, true },
	{ "if", KW_IF, false },
	{ "in", KW_IN, false },
	{ "select", KW_SELECT, true },
	{ "then", KW_THEN, false },
	{ "time", KW_TIME, false },
	{ "until", KW_UNTIL, false },
	{ "while", KW_WHILE, false },
	{ "{", KW_LBRACE, false },
	{ "}", KW_RBRACE, false },
};

enum keyword keyword_find(const char *name, size_t len)
{
	if (len > 8)
		return KW_NONE;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (keywords[i].name[0] == name[0] && strlen(keywords[i].name) == len &&
		    memcmp(keywords[i].name, name, len) == 0)
			return sh.posix && keywords[i].extension ? KW_NONE : keywords[i].kw;
	return KW_NONE;
}

const char *token_name(const struct token *t)
{
	static const char *const names[] = {
		[TOK_EOF] = "end of file", [TOK_NEWLINE] = "newline", [TOK_SEMI] = ";",
		[TOK_AMP] = "&",           [TOK_AND] = "&&",          [TOK_OR] = "||",
		[TOK_PIPE] = "|",          [TOK_PIPE_BOTH] = "|&",    [TOK_LPAREN] = "(",
		[TOK_RPAREN] = ")",        [TOK_DSEMI] = ";;",        [TOK_SEMI_AMP] = ";&",
		[TOK_DSEMI_AMP] = ";;&",
	};
	static const char *const redirs[] = {
		[REDIR_IN] = "<",       [REDIR_OUT] = ">",           [REDIR_CLOBBER] = ">|",
		[REDIR_APPEND] = ">>",  [REDIR_RDWR] = "<>",         [REDIR_DUP_IN] = "<&",
		[REDIR_DUP_OUT] = ">&", [REDIR_HERE] = "<<",         [REDIR_HERE_STRING] = "<<<",
		[REDIR_BOTH] = "&>",    [REDIR_BOTH_APPEND] = "&>>",
	};

	if (t->kind == TOK_REDIR)
		return redirs[t->redir];
	if (t->kind != TOK_WORD)
		return names[t->kind];
	return t->word->lit != nullptr ? t->word->lit : "word";
}

void syntax_error(const struct token *t)
{
	sh.line = t->line;
	fail(2, "syntax error: unexpected `%s'", token_name(t));
}

void syntax_eof(int line, const char *wanted)
{
	sh.line = source_line();
	fail(2, "syntax error: unexpected end of file, looking for the `%s' of line %d", wanted,
	     line);
}

/* -- words -- */

/* name[subscript]= or [subscript]= at the start of a word. What was read stays in w, whatever it
 * is. */
static void read_element_subscript(struct wordbuf *w)
{
	wordbuf_byte(w, '[', false);
	int c = wordbuf_until(w, READ_PLAIN, "]");
	if (c == ']')
		wordbuf_byte(w, ']', false);
}

static bool text_is_name(const struct wordbuf *w)
{
	return w->first == nullptr && w->text.len > 0 && !w->text_quoted &&
	       name_is_valid(buf_str((struct buf *)&w->text), w->text.len);
}

/* ?( *( +( @( !( and all up to the matching parenthesis. */
static void read_extended_glob(struct wordbuf *w)
{
	lex_get();
	wordbuf_byte(w, '(', false);
	w->protect = true;
	int depth = 1;
	while (depth > 0) {
		int c = wordbuf_until(w, READ_PLAIN, "()");
		if (c == SOURCE_EOF)
			syntax_eof(source_line(), ")");
		wordbuf_byte(w, c, false);
		depth += c == '(' ? 1 : -1;
	}
	w->protect = true;
}

static void read_process_substitution(struct wordbuf *w, int c)
{
	lex_get();
	struct node *n = parse_until_paren(w->ps, source_line());
	wordbuf_flush(w);
	struct part *p = arena_alloc(w->ps->arena, sizeof(*p));
	*p = (struct part){ .kind = c == '<' ? PART_PROC_IN : PART_PROC_OUT };
	p->command = n;
	*w->tail = p;
	w->tail = &p->next;
}

static bool is_glob_prefix(int c, const struct wordbuf *w)
{
	if (sh.posix || strchr("?*+@!", c) == nullptr)
		return false;
	return !(c == '!' && w->ps->command_start && w->first == nullptr && w->text.len == 0);
}

/* Inside the regex of =~ parentheses and | belong to the word. True when c was handled. */
static bool regex_meta(struct wordbuf *w, int c)
{
	if (!w->ps->regex)
		return false;
	if (c == '(')
		w->ps->open++;
	else if (c == ')' && w->ps->open > 0)
		w->ps->open--;
	else if (c != '|' && (w->ps->open == 0 || c == '\n'))
		return false;
	wordbuf_byte(w, c, false);
	return true;
}

static struct word *read_word(struct parser *ps)
{
	struct wordbuf w;
	bool element = ps->element && lex_peek() == '[';

	ps->element = false; /* not for commands in the word */
	wordbuf_init(&w, ps);
	if (element) {
		lex_get();
		read_element_subscript(&w);
	}
	for (;;) {
		int c = lex_get();
		if (c == SOURCE_EOF)
			break;
		if (is_class(c, CC_META)) {
			if (regex_meta(&w, c))
				continue;
			if ((c == '<' || c == '>') && !sh.posix && lex_peek() == '(') {
				read_process_substitution(&w, c);
				continue;
			}
			source_unget(c);
			break;
		}
		if (is_class(c, CC_SPECIAL)) {
			wordbuf_special(&w, c, false);
		} else if (c == '[' && ps->assign_ok && !sh.posix && text_is_name(&w)) {
			read_element_subscript(&w);
		} else if (is_glob_prefix(c, &w) && !ps->regex && lex_peek() == '(') {
			wordbuf_byte(&w, c, false);
			read_extended_glob(&w);
		} else {
			wordbuf_byte(&w, c, false);
		}
	}
	return wordbuf_word(&w);
}

struct word *word_from_text(struct parser *ps, const char *text, size_t len, bool here)
{
	struct source s;
	struct wordbuf w;

	source_push_text(&s, text, len, source_line(), true);
	wordbuf_init(&w, ps);
	wordbuf_until(&w, here ? READ_HERE : READ_ARITH, "");
	struct word *word = wordbuf_word(&w);
	source_pop_to(s.prev);
	return word;
}

/* -- $(( and (( -- */

static void skip_quoted(struct buf *text, int quote)
{
	for (;;) {
		int c = source_get();
		if (c == SOURCE_EOF)
			return;
		buf_byte(text, c);
		if (c == quote)
			return;
		if (c == '\\' && quote != '\'' && (c = source_get()) != SOURCE_EOF)
			buf_byte(text, c);
	}
}

/*
 * Arithmetic ends in )) with its own parentheses balanced. If it does not, this was a command
 * substitution that starts with a subshell: the text goes back.
 */
bool lex_arith(struct parser *ps, char **out, size_t *len)
{
	struct buf text = {};
	int depth = 0;

	(void)ps;
	for (;;) {
		int c = lex_get();
		if (c == SOURCE_EOF)
			break;
		if (c == ')' && depth == 0) {
			if (lex_peek() == ')') {
				lex_get();
				*len = text.len;
				*out = buf_str(&text);
				return true;
			}
			buf_byte(&text, c);
			break;
		}
		depth += (c == '(') - (c == ')');
		buf_byte(&text, c);
		if (c == '\\') {
			if ((c = source_get()) != SOURCE_EOF)
				buf_byte(&text, c);
		} else if (c == '\'' || c == '"' || c == '`') {
			skip_quoted(&text, c);
		}
	}
	source_push_back(text.p != nullptr ? text.p : "", text.len);
	return false;
}

/* -- here-documents -- */

static bool is_delimiter(const struct buf *line, const char *delimiter)
{
	return line->len == strlen(delimiter) && memcmp(line->p, delimiter, line->len) == 0;
}

/* One line without its newline; false at the end of input with nothing read. */
static bool read_here_line(const struct redir *r, struct buf *line)
{
	bool start = true, any = false;

	line->len = 0;
	for (;;) {
		int c = r->here_quoted ? source_get() : lex_get();
		if (c == SOURCE_EOF)
			return any;
		any = true;
		if (c == '\n')
			return true;
		if (start && r->strip_tabs && c == '\t')
			continue;
		start = false;
		buf_byte(line, c);
		if (c == '\\' && !r->here_quoted && (c = source_get()) != SOURCE_EOF) {
			if (c == '\n') {
				source_unget(c);
				continue;
			}
			buf_byte(line, c);
		}
	}
}

static struct word *literal_word(struct parser *ps, const char *text, size_t len)
{
	struct wordbuf w;

	wordbuf_init(&w, ps);
	for (size_t i = 0; i < len; i++)
		wordbuf_byte(&w, (unsigned char)text[i], true);
	w.text_quoted = w.text_any = true;
	return wordbuf_word(&w);
}

static void read_heredoc(struct parser *ps, struct redir *r)
{
	struct buf body = {}, line = {};

	source_prompt = 2;
	for (;;) {
		if (!read_here_line(r, &line)) {
			sh.line = source_line();
			warn("here-document ends with the file, not with `%s'", r->delimiter);
			break;
		}
		buf_room(&line, 1);
		if (is_delimiter(&line, r->delimiter))
			break;
		buf_add(&body, line.p, line.len);
		buf_byte(&body, '\n');
	}
	buf_str(&body);
	r->target = r->here_quoted ? literal_word(ps, body.p, body.len)
				   : word_from_text(ps, body.p, body.len, true);
	/* One of a substitution inside it, whose lines would have to be in it too, stays empty. */
	ps->heredocs = nullptr;
	ps->heredocs_tail = &ps->heredocs;
}

static void read_heredocs(struct parser *ps)
{
	struct redir *list = ps->heredocs;

	ps->heredocs = nullptr;
	ps->heredocs_tail = &ps->heredocs;
	while (list != nullptr) {
		struct redir *r = list;
		list = r->next_here;
		read_heredoc(ps, r);
	}
}

/* -- operators -- */

static enum tok_kind redir_token(struct token *t, enum redir_kind kind)
{
	t->redir = kind;
	return TOK_REDIR;
}

static bool next_is(int c)
{
	if (lex_peek() != c)
		return false;
	lex_get();
	return true;
}

static enum tok_kind lex_less(struct token *t)
{
	if (next_is('<')) {
		if (!sh.posix && next_is('<'))
			return redir_token(t, REDIR_HERE_STRING);
		t->strip_tabs = next_is('-');
		return redir_token(t, REDIR_HERE);
	}
	if (next_is('&'))
		return redir_token(t, REDIR_DUP_IN);
	if (next_is('>'))
		return redir_token(t, REDIR_RDWR);
	return redir_token(t, REDIR_IN);
}

static enum tok_kind lex_greater(struct token *t)
{
	if (next_is('>'))
		return redir_token(t, REDIR_APPEND);
	if (next_is('&'))
		return redir_token(t, REDIR_DUP_OUT);
	if (next_is('|'))
		return redir_token(t, REDIR_CLOBBER);
	return redir_token(t, REDIR_OUT);
}

static enum tok_kind lex_amp(struct token *t)
{
	if (next_is('&'))
		return TOK_AND;
	if (!sh.posix && lex_peek() == '>') {
		lex_get();
		return redir_token(t, next_is('>') ? REDIR_BOTH_APPEND : REDIR_BOTH);
	}
	return TOK_AMP;
}

static enum tok_kind lex_semi(void)
{
	if (next_is('&'))
		return TOK_SEMI_AMP;
	if (!next_is(';'))
		return TOK_SEMI;
	if (!sh.posix && next_is('&'))
		return TOK_DSEMI_AMP;
	return TOK_DSEMI;
}

static enum tok_kind lex_operator(struct token *t, int c)
{
	switch (c) {
	case '<':
		return lex_less(t);
	case '>':
		return lex_greater(t);
	case '&':
		return lex_amp(t);
	case ';':
		return lex_semi();
	case '|':
		if (next_is('|'))
			return TOK_OR;
		return !sh.posix && next_is('&') ? TOK_PIPE_BOTH : TOK_PIPE;
	case '(':
		return TOK_LPAREN;
	default:
		return TOK_RPAREN;
	}
}

/* A word that is a number, or {name}, right before < or > belongs to the redirection. */
static bool take_io_number(struct token *t)
{
	const char *s = word_plain(t->word);
	int c = lex_peek();

	if (s == nullptr || (c != '<' && c != '>'))
		return false;
	size_t n = strspn(s, "0123456789");
	if (n > 0 && s[n] == '\0' && n < 10) {
		t->io = atoi(s);
		return true;
	}
	size_t len = strlen(s);
	if (!sh.posix && len > 2 && s[0] == '{' && s[len - 1] == '}' &&
	    name_is_valid(s + 1, len - 2) && name_length(s + 1) == len - 2) {
		t->io_var = sym_intern(s + 1, len - 2);
		return true;
	}
	return false;
}

static int skip_blanks(void)
{
	int c;

	do
		c = lex_get();
	while (c == ' ' || c == '\t');
	if (c == '#')
		do
			c = source_get();
		while (c != '\n' && c != SOURCE_EOF);
	return c;
}

static void lex_token(struct parser *ps)
{
	struct token *t = &ps->tok;

	*t = (struct token){ .io = -1 };
	source_release_aliases();
	source_alias_blank = false;
	int c = skip_blanks();
	source_release_aliases();
	t->alias_next = source_alias_blank;
	t->line = source_line();
	if (c == SOURCE_EOF) {
		t->kind = TOK_EOF;
		if (ps->heredocs != nullptr)
			read_heredocs(ps); /* empty ones: there is no line for them */
	} else if (c == '\n') {
		t->kind = TOK_NEWLINE;
		t->line--;
		source_prompt = 2;
		if (ps->heredocs != nullptr)
			read_heredocs(ps);
	} else if (is_class(c, CC_META) && !(ps->regex && (c == '(' || c == '|')) &&
		   !((c == '<' || c == '>') && !sh.posix && lex_peek() == '(')) {
		t->kind = lex_operator(t, c);
	} else {
		source_unget(c);
		t->word = read_word(ps);
		ps->command_start = false;
		t->word->line = t->line;
		t->kind = TOK_WORD;
		if (take_io_number(t))
			t->kind = lex_operator(t, lex_get());
	}
}

/* in, do and esac may stand where a word that follows an alias would be substituted. */
static bool token_is_keyword(const struct token *t)
{
	const char *text = word_plain(t->word);
	enum keyword kw = text != nullptr ? keyword_find(text, t->word->lit_len) : KW_NONE;

	return kw == KW_IN || kw == KW_DO || kw == KW_ESAC;
}

struct token *token_peek(struct parser *ps)
{
	bool substituted = false;

	while (!ps->have_tok) {
		bool command = ps->command_start;
		lex_token(ps);
		ps->have_tok = true;
		if (ps->tok.kind != TOK_WORD || command || (!ps->tok.alias_next && !substituted))
			continue; /* where commands start, keywords go first: see peek_keyword */
		if (ps->keyword_next && token_is_keyword(&ps->tok))
			continue;
		substituted = alias_expand(ps);
	}
	ps->keyword_next = false;
	return &ps->tok;
}

bool alias_expand(struct parser *ps)
{
	const char *text = word_plain(ps->tok.word);

	if (text == nullptr || !sh.opt[SHOPT_EXPAND_ALIASES])
		return false;
	struct sym *s = sym_find(text, ps->tok.word->lit_len);
	if (s == nullptr || s->alias == nullptr || s->alias_busy)
		return false;
	token_take(ps);
	source_push_alias(s);
	return true;
}

void token_take(struct parser *ps)
{
	ps->have_tok = false;
}
