/* SPDX-License-Identifier: MPL-2.0 */
/* Reading a sed script. */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/utf8.h"
#include "apps/utils/sed.h"

struct parser {
	struct sed_script *script;
	const char *start, *p, *stop;
	const char *name;
	bool is_file;
};

[[noreturn]] static void fail(const struct parser *s, const char *message)
{
	size_t line = 1;

	for (const char *q = s->start; q < s->p; q++)
		line += *q == '\n';
	if (s->is_file)
		err_fatal("file %s line %zu: %s", s->name, line, message);
	err_fatal("%s, char %td: %s", s->name, s->p - s->start, message);
}

static int peek(const struct parser *s)
{
	return s->p < s->stop ? (unsigned char)*s->p : -1;
}

static void blanks_skip(struct parser *s)
{
	while (s->p < s->stop && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

static void spaces_skip(struct parser *s)
{
	while (s->p < s->stop && (isspace((unsigned char)*s->p) || *s->p == ';'))
		s->p++;
}

static uint64_t number_read(struct parser *s)
{
	uint64_t n = 0;

	for (; isdigit(peek(s)); s->p++)
		n = n * 10 + (uint64_t)(*s->p - '0');
	return n;
}

/*
 * Reads up to `delim`. An escaped delimiter loses its backslash; \n and an escaped newline become
 * a newline; other escapes stay. Inside brackets of an expression the delimiter is ordinary.
 */
static struct text delimited_read(struct parser *s, int delim, bool is_regex, const char *what)
{
	struct text t = {};

	text_add_string(&t, "");
	for (; s->p < s->stop && (unsigned char)*s->p != delim; s->p++) {
		if (*s->p == '\n' && is_regex)
			break;
		if (*s->p != '\\') {
			text_add_char(&t, *s->p);
			continue;
		}
		if (++s->p == s->stop)
			break;
		if ((unsigned char)*s->p == delim) {
			/* As an operator's letter it would change meaning: s|a\|b|x| has a plain |.
			 */
			if (is_regex && strchr("+?|(){}", delim) != nullptr && delim != '\0')
				text_format(&t, s->script->extended ? "[%c]" : "%c", delim);
			else if (!is_regex && delim == '&')
				text_add_string(&t, "\\&");
			else
				text_add_char(&t, (char)delim);
		} else if (*s->p == 'n' && is_regex) {
			text_add_char(&t, '\n');
		} else {
			text_add_char(&t, '\\');
			text_add_char(&t, *s->p);
		}
	}
	if (peek(s) != delim)
		fail(s, what);
	s->p++;
	return t;
}

/* Turns \dNNN, \oNNN, \xHH and \cX into the characters they stand for. */
static void codes_decode(struct text *t, bool quote_special)
{
	struct text to = {};

	text_add_string(&to, "");
	for (size_t i = 0; i < t->len; i++) {
		char c = t->bytes[i], kind = i + 1 < t->len ? t->bytes[i + 1] : '\0';
		int base = kind == 'd' ? 10 : kind == 'o' ? 8 : kind == 'x' ? 16 : 0;
		if (c != '\\' || (base == 0 && kind != 'c')) {
			text_add_char(&to, c);
			if (c == '\\' && i + 1 < t->len)
				text_add_char(&to, t->bytes[++i]);
			continue;
		}
		if (kind == 'c') {
			if (i + 2 < t->len)
				text_add_char(&to, (char)(toupper((unsigned char)t->bytes[i + 2]) ^
							  0x40));
			i += 2;
			continue;
		}
		size_t digits = 0, most = base == 16 ? 2 : 3;
		int value = 0;
		while (digits < most && i + 2 + digits < t->len &&
		       isxdigit((unsigned char)t->bytes[i + 2 + digits])) {
			int d = (unsigned char)t->bytes[i + 2 + digits];
			d = isdigit(d) ? d - '0' : tolower(d) - 'a' + 10;
			if (d >= base)
				break;
			value = value * base + d;
			digits++;
		}
		if (digits == 0) {
			text_add(&to, t->bytes + i, 2);
			i++;
			continue;
		}
		if (quote_special && strchr("*[]^$.\\&/+?(){}|", value) != nullptr && value != 0)
			text_add_char(&to, '\\');
		text_add_char(&to, (char)value);
		i += 1 + digits;
	}
	mem_free(t->bytes);
	*t = to;
}

static struct regex *regex_make(struct parser *s, struct text *t, unsigned flags)
{
	const char *error;

	if (t->len == 0) {
		if (flags & (REGEX_ICASE | REGEX_MULTILINE))
			fail(s, "no previous regular expression");
		return nullptr;
	}
	codes_decode(t, true);
	flags |= REGEX_ESCAPES | (s->script->extended ? REGEX_EXTENDED : 0);
	struct regex *r = regex_create(t->bytes, t->len, flags, &error);
	if (r == nullptr)
		fail(s, error);
	mem_free(t->bytes);
	return r;
}

static bool addr_read(struct parser *s, struct addr *a)
{
	int c = peek(s);

	*a = (struct addr){};
	if (isdigit(c)) {
		a->n = number_read(s);
		a->kind = ADDR_LINE;
		blanks_skip(s);
		if (peek(s) == '~') {
			s->p++;
			a->kind = ADDR_STEP;
			a->step = number_read(s);
		}
		return true;
	}
	if (c == '$') {
		s->p++;
		a->kind = ADDR_LAST;
		return true;
	}
	if (c != '/' && c != '\\')
		return false;
	s->p++;
	if (c == '\\') {
		c = peek(s);
		if (c < 0)
			fail(s, "unexpected ','");
		s->p++;
	}
	struct text t = delimited_read(s, c, true, "unterminated address regex");
	unsigned flags = 0;
	for (;; s->p++) {
		if (peek(s) == 'I')
			flags |= REGEX_ICASE;
		else if (peek(s) == 'M')
			flags |= REGEX_MULTILINE;
		else
			break;
	}
	a->kind = ADDR_REGEX;
	a->regex = regex_make(s, &t, flags);
	return true;
}

static void addrs_read(struct parser *s, struct sed_command *c)
{
	if (!addr_read(s, &c->from))
		return;
	blanks_skip(s);
	if (peek(s) == ',') {
		s->p++;
		blanks_skip(s);
		if (peek(s) == '+' || peek(s) == '~') {
			c->to.kind = *s->p++ == '+' ? ADDR_PLUS : ADDR_MULTIPLE;
			if (!isdigit(peek(s)))
				fail(s, "expected number");
			c->to.n = number_read(s);
		} else if (!addr_read(s, &c->to)) {
			fail(s, "unexpected `,'");
		}
	}
	if (c->from.kind == ADDR_LINE && c->from.n == 0 && c->to.kind != ADDR_REGEX)
		fail(s, "invalid usage of line address 0");
}

/* The text of a, i and c: "a\" and lines, or the rest of the line. */
static void text_read(struct parser *s, struct sed_command *c)
{
	struct text t = {};

	text_add_string(&t, "");
	blanks_skip(s);
	if (peek(s) < 0)
		fail(s, "expected \\ after `a', `c' or `i'");
	if (peek(s) == '\\') {
		const char *behind = ++s->p;
		blanks_skip(s);
		if (peek(s) == '\n')
			s->p++;
		else if (peek(s) < 0)
			fail(s, "incomplete command");
		else
			s->p = behind; /* a\ text: its blanks count */
	}
	for (; s->p < s->stop && *s->p != '\n'; s->p++) {
		static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
		if (*s->p != '\\') {
			text_add_char(&t, *s->p);
			continue;
		}
		if (++s->p == s->stop)
			break;
		const char *at = strchr(letters, *s->p);
		text_add_char(&t, at != nullptr && *s->p != '\0' ? values[at - letters] : *s->p);
	}
	s->p += s->p < s->stop;
	text_add_char(&t, '\n');
	c->text = t.bytes;
	c->len = t.len;
}

/* A file name or label: the rest of the line. */
static char *word_read(struct parser *s, const char *ends)
{
	blanks_skip(s);
	const char *from = s->p;
	while (s->p < s->stop && *s->p != '\n' && strchr(ends, *s->p) == nullptr)
		s->p++;
	return mem_dup_bytes(from, (size_t)(s->p - from));
}

static struct sed_file *file_get(struct parser *s, const char *name)
{
	struct sed_file *f;

	if (name[0] == '\0')
		fail(s, "missing filename in r/R/w/W commands");
	if (s->script->sandbox)
		fail(s, "e/r/w commands disabled in sandbox mode");
	for (f = s->script->files; f != nullptr; f = f->next) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	f = mem_zero(1, sizeof *f);
	f->name = name;
	f->next = s->script->files;
	s->script->files = f;
	f->to = &f->out;
	if (strcmp(name, "/dev/stdout") == 0) {
		f->to = &out_std;
		return f;
	}
	int fd = strcmp(name, "/dev/stderr") == 0
			 ? dup(STDERR_FILENO)
			 : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err_fatal_errno("couldn't open file %s", name);
	out_open(&f->out, fd, name);
	return f;
}

static struct part *part_add(struct sed_command *c, char kind)
{
	c->parts = mem_room(c->parts, c->part_count, &c->part_capacity, sizeof *c->parts);
	c->parts[c->part_count] = (struct part){ .kind = kind };
	return &c->parts[c->part_count++];
}

static void text_part_add(struct sed_command *c, struct text *t)
{
	if (t->len == 0)
		return;
	struct part *p = part_add(c, 't');
	p->text = mem_dup_bytes(t->bytes, t->len);
	p->len = t->len;
	t->len = 0;
}

static void replacement_read(struct parser *s, struct sed_command *c, int delim)
{
	struct text raw = delimited_read(s, delim, false, "unterminated `s' command"), t = {};

	codes_decode(&raw, true);
	for (size_t i = 0; i < raw.len; i++) {
		char b = raw.bytes[i];
		if (b == '&') {
			text_part_add(c, &t);
			part_add(c, 'g')->group = 0;
			continue;
		}
		if (b != '\\' || i + 1 == raw.len) {
			text_add_char(&t, b);
			continue;
		}
		b = raw.bytes[++i];
		if (b >= '0' && b <= '9') {
			text_part_add(c, &t);
			part_add(c, 'g')->group = (unsigned)(b - '0');
		} else if (strchr("LUluE", b) != nullptr) {
			text_part_add(c, &t);
			part_add(c, b);
		} else {
			static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
			const char *at = strchr(letters, b);
			text_add_char(&t, at != nullptr ? values[at - letters] : b);
		}
	}
	text_part_add(c, &t);
}

static void substitute_read(struct parser *s, struct sed_command *c)
{
	int delim = peek(s);
	unsigned flags = 0;

	if (delim < 0 || delim == '\n' || delim == '\\')
		fail(s, "unterminated `s' command");
	s->p++;
	struct text pattern = delimited_read(s, delim, true, "unterminated `s' command");
	replacement_read(s, c, delim);
	for (bool more = true; more;) {
		int f = peek(s);
		s->p += f >= 0;
		switch (f) {
		case 'g':
			if (c->global)
				fail(s, "multiple `g' options to `s' command");
			c->global = true;
			break;
		case 'p':
			if (c->print)
				fail(s, "multiple `p' options to `s' command");
			c->print = true;
			break;
		case 'i':
		case 'I':
			flags |= REGEX_ICASE;
			break;
		case 'm':
		case 'M':
			flags |= REGEX_MULTILINE;
			break;
		case 'e':
			c->eval = true;
			break;
		case 'w':
			c->file = file_get(s, word_read(s, ""));
			more = false;
			break;
		default:
			if (isdigit(f)) {
				s->p--;
				if (c->occurrence != 0)
					fail(s, "multiple number options to `s' command");
				c->occurrence = number_read(s);
				if (c->occurrence == 0)
					fail(s, "number option to `s' command may not be zero");
				break;
			}
			s->p -= f >= 0;
			more = false;
		}
	}
	c->regex = regex_make(s, &pattern, flags);
	for (size_t i = 0; i < c->part_count && c->regex != nullptr; i++) {
		if (c->parts[i].kind == 'g' && c->parts[i].group > regex_groups(c->regex)) {
			char message[80];
			strcpy(message, "invalid reference \\0 on `s' command's RHS");
			message[19] = (char)('0' + c->parts[i].group);
			fail(s, message);
		}
	}
}

/* Splits the text of y into characters. */
static struct part *chars_split(struct text *t, size_t *count)
{
	size_t capacity = 0;
	struct part *list = nullptr;

	*count = 0;
	for (size_t i = 0; i < t->len;) {
		uint32_t code;
		if (t->bytes[i] == '\\' && i + 1 < t->len) {
			char c = t->bytes[i + 1];
			t->bytes[i + 1] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
			i++;
		}
		int n = char_decode(t->bytes + i, t->bytes + t->len, &code);
		list = mem_room(list, *count, &capacity, sizeof *list);
		list[(*count)++] = (struct part){ .text = t->bytes + i, .len = (size_t)n };
		i += (size_t)n;
	}
	return list;
}

static void translate_read(struct parser *s, struct sed_command *c)
{
	int delim = peek(s);
	size_t to_count;

	if (delim < 0)
		fail(s, "unterminated `y' command");
	s->p++;
	struct text from = delimited_read(s, delim, false, "unterminated `y' command");
	struct text to = delimited_read(s, delim, false, "unterminated `y' command");
	codes_decode(&from, false);
	codes_decode(&to, false);
	c->from_chars = chars_split(&from, &c->from_count);
	c->parts = chars_split(&to, &to_count);
	if (to_count != c->from_count)
		fail(s, "strings for `y' command are different lengths");
	bool bytes = true;
	for (size_t i = 0; i < to_count; i++)
		bytes &= c->from_chars[i].len == 1 && c->parts[i].len == 1;
	if (!bytes)
		return;
	c->map = mem_alloc(256);
	for (unsigned b = 0; b < 256; b++)
		c->map[b] = (unsigned char)b;
	for (size_t i = to_count; i-- > 0;)
		c->map[(unsigned char)c->from_chars[i].text[0]] =
			(unsigned char)c->parts[i].text[0];
}

/* After a command: a separator, a closing brace, or a comment. */
static void end_read(struct parser *s)
{
	blanks_skip(s);
	int c = peek(s);
	if (c == ';' || c == '\n')
		s->p++;
	else if (c >= 0 && c != '}' && c != '#')
		fail(s, "extra characters after command");
}

static void arguments_read(struct parser *s, struct sed_command *c)
{
	switch (c->name) {
	case 'a':
	case 'i':
	case 'c':
		text_read(s, c);
		return;
	case ':':
		c->text = word_read(s, ";");
		if (c->from.kind != ADDR_NONE)
			fail(s, ": doesn't want any addresses");
		if (c->text[0] == '\0')
			fail(s, "\":\" lacks a label");
		for (size_t n = strlen(c->text); n > 0 && isspace((unsigned char)c->text[n - 1]);
		     n--)
			c->text[n - 1] = '\0';
		return;
	case 'b':
	case 't':
	case 'T':
		c->text = word_read(s, ";} \t");
		break;
	case 'r':
	case 'R':
		c->text = word_read(s, "");
		if (c->text[0] == '\0')
			fail(s, "missing filename in r/R/w/W commands");
		if (s->script->sandbox)
			fail(s, "e/r/w commands disabled in sandbox mode");
		break;
	case 'w':
	case 'W':
		c->file = file_get(s, word_read(s, ""));
		break;
	case 'e':
		if (s->script->sandbox)
			fail(s, "e/r/w commands disabled in sandbox mode");
		c->text = word_read(s, "");
		break;
	case 's':
		substitute_read(s, c);
		break;
	case 'y':
		translate_read(s, c);
		break;
	case 'q':
	case 'Q':
	case 'l':
	case 'L':
		blanks_skip(s);
		c->number = isdigit(peek(s)) ? number_read(s) : UINT64_MAX;
		if ((c->name == 'q' || c->name == 'Q') && c->to.kind != ADDR_NONE)
			fail(s, "command only uses one address");
		break;
	case '=':
	case 'd':
	case 'D':
	case 'F':
	case 'g':
	case 'G':
	case 'h':
	case 'H':
	case 'n':
	case 'N':
	case 'p':
	case 'P':
	case 'x':
	case 'z':
		break;
	default: {
		char message[] = "unknown command: `?'";
		message[18] = c->name;
		fail(s, message);
	}
	}
	end_read(s);
}

static struct sed_command *command_add(struct sed_script *s, const struct sed_command *c)
{
	s->commands = mem_room(s->commands, s->count, &s->capacity, sizeof *s->commands);
	s->commands[s->count] = *c;
	return &s->commands[s->count++];
}

/* Joins a closing brace with its opening one: a command "{" jumps behind the "}". */
static void brace_close(struct parser *s)
{
	struct sed_script *script = s->script;

	for (size_t i = script->count; i-- > 0;) {
		struct sed_command *c = &script->commands[i];
		if (c->name == '{' && c->target == SIZE_MAX) {
			c->target = script->count;
			return;
		}
	}
	fail(s, "unexpected `}'");
}

void sed_script_add(struct sed_script *script, const char *text, size_t len, const char *name)
{
	struct parser s = { .script = script,
			    .start = text,
			    .p = text,
			    .stop = text + len,
			    .name = name,
			    .is_file = strncmp(name, "-e", 2) != 0 };

	if (script->count == 0 && len >= 2 && memcmp(text, "#n", 2) == 0 &&
	    (len == 2 || text[2] == '\n'))
		script->quiet_by_comment = true;
	for (;;) {
		struct sed_command c = { .target = SIZE_MAX };
		spaces_skip(&s);
		if (s.p >= s.stop)
			return;
		if (*s.p == '#') {
			while (s.p < s.stop && *s.p != '\n')
				s.p++;
			continue;
		}
		addrs_read(&s, &c);
		blanks_skip(&s);
		for (; peek(&s) == '!'; blanks_skip(&s)) {
			s.p++;
			c.negated = true;
		}
		if (peek(&s) < 0)
			fail(&s, "missing command");
		c.name = *s.p++;
		if (c.name == '{') {
			command_add(script, &c);
		} else if (c.name == '}') {
			if (c.from.kind != ADDR_NONE)
				fail(&s, "} doesn't want any addresses");
			brace_close(&s);
			end_read(&s);
		} else {
			arguments_read(&s, &c);
			command_add(script, &c);
		}
	}
}

static size_t label_find(const struct sed_script *s, const char *label)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->commands[i].name == ':' && strcmp(s->commands[i].text, label) == 0)
			return i;
	}
	err_status = 4;
	err_fatal("can't find label for jump to `%s'", label);
}

void sed_script_finish(struct sed_script *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct sed_command *c = &s->commands[i];
		if (c->name == '{' && c->target == SIZE_MAX)
			err_fatal("-e expression #1, char 0: unmatched `{'");
		if (strchr("btT", c->name) != nullptr)
			c->target = c->text[0] == '\0' ? s->count : label_find(s, c->text);
	}
}
