/* SPDX-License-Identifier: MPL-2.0 */
/* What file(1) tells of text: its encoding, its lines, and what language it is likely to be. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "apps/applet/utf8.h"
#include "apps/utils/magic.h"

/* -- encodings -- */

struct encoding {
	const char *words, *charset;
};

/* The control characters that text has: bell to carriage return, and escape. */
static bool is_text_control(unsigned char c)
{
	return (c >= '\a' && c <= '\r') || c == '\033';
}

static bool is_ascii(unsigned char c)
{
	return (c >= ' ' && c < 0x7f) || is_text_control(c);
}

static bool is_utf8(const unsigned char *p, size_t n)
{
	const char *s = (const char *)p, *stop = s + n;
	uint32_t code;

	while (s < stop) {
		int len = utf8_decode(s, stop, &code);
		if (len < 0)
			return true; /* cut off at the end of what was read */
		if (len == 0 || (len == 1 && !is_ascii((unsigned char)*s)))
			return false;
		s += len;
	}
	return true;
}

/* With a mark at the start; bytes of text are every second one then. */
static bool is_utf16(const unsigned char *p, size_t n, bool big)
{
	if (n < 2 || p[0] != (big ? 0xfe : 0xff) || p[1] != (big ? 0xff : 0xfe))
		return false;
	for (size_t i = 2; i + 1 < n; i += 2) {
		unsigned c = (unsigned)p[i + !big] << 8 | p[i + big];
		if (c == 0xfffe || (c < 128 && !is_ascii((unsigned char)c)))
			return false;
	}
	return true;
}

static bool encoding_find(const unsigned char *p, size_t n, struct encoding *e)
{
	size_t ascii = 0, latin = 0, high = 0;

	for (size_t i = 0; i < n; i++) {
		ascii += is_ascii(p[i]);
		latin += is_ascii(p[i]) || p[i] >= 0xa0 || p[i] == 0x85;
		high += is_ascii(p[i]) || p[i] >= 0x80;
	}
	if (ascii == n)
		*e = (struct encoding){ "ASCII", "us-ascii" };
	else if (is_utf16(p, n, false))
		*e = (struct encoding){ "Unicode text, UTF-16, little-endian", "utf-16le" };
	else if (is_utf16(p, n, true))
		*e = (struct encoding){ "Unicode text, UTF-16, big-endian", "utf-16be" };
	else if (is_utf8(p, n) && n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		*e = (struct encoding){ "Unicode text, UTF-8 (with BOM)", "utf-8" };
	else if (is_utf8(p, n))
		*e = (struct encoding){ "Unicode text, UTF-8", "utf-8" };
	else if (latin == n)
		*e = (struct encoding){ "ISO-8859", "iso-8859-1" };
	else if (high == n)
		*e = (struct encoding){ "Non-ISO extended-ASCII", "unknown-8bit" };
	else
		return false;
	return true;
}

/* -- lines -- */

constexpr size_t LONG_LINE = 300;

static void lines_tell(struct text *t, const unsigned char *p, size_t n, bool wide)
{
	size_t crlf = 0, cr = 0, lf = 0, longest = 0, start = 0;
	bool escapes = false, overstrikes = false;

	for (size_t i = 0; i < n; i++) {
		bool pair = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';
		crlf += pair;
		cr += p[i] == '\r' && !pair;
		lf += p[i] == '\n' && (i == 0 || p[i - 1] != '\r');
		escapes |= p[i] == '\033';
		overstrikes |= p[i] == '\b';
		if (p[i] == '\n' || p[i] == '\r')
			start = i + 1;
		else if (i + 1 - start > longest)
			longest = i + 1 - start;
	}
	if (longest > LONG_LINE && !wide)
		text_format(t, ", with very long lines (%zu)", longest);
	if (crlf == 0 && cr == 0 && lf == 0)
		text_add_string(t, ", with no line terminators");
	else if (crlf != 0 || cr != 0)
		text_format(t, ", with %s%s%s%s%s line terminators", crlf != 0 ? "CRLF" : "",
			    crlf != 0 && cr != 0 ? ", " : "", cr != 0 ? "CR" : "",
			    lf != 0 ? ", " : "", lf != 0 ? "LF" : "");
	if (escapes)
		text_add_string(t, ", with escape sequences");
	if (overstrikes)
		text_add_string(t, ", with overstriking");
}

/* -- languages -- */

/* JSON, by its grammar (RFC 8259), as far as it was read. */
struct json {
	const unsigned char *p, *stop;
	int depth;
};

static void blanks_skip(struct json *j)
{
	while (j->p < j->stop && strchr(" \t\r\n", *j->p) != nullptr && *j->p != '\0')
		j->p++;
}

static bool text_skip(struct json *j)
{
	for (j->p++; j->p < j->stop; j->p++) {
		if (*j->p == '"') {
			j->p++;
			return true;
		}
		j->p += *j->p == '\\';
	}
	return false;
}

static bool value_skip(struct json *j);

/* Members or elements between commas, up to the closing bracket. */
static bool list_skip(struct json *j, bool object)
{
	unsigned char close = object ? '}' : ']';

	if (++j->depth > 500)
		return false;
	j->p++;
	blanks_skip(j);
	for (bool first = true; j->p < j->stop && *j->p != close; first = false) {
		if (!first && *j->p++ != ',')
			return false;
		blanks_skip(j);
		if (object && (j->p >= j->stop || *j->p != '"' || !text_skip(j)))
			return false;
		blanks_skip(j);
		if (object && (j->p >= j->stop || *j->p++ != ':'))
			return false;
		if (!value_skip(j))
			return false;
		blanks_skip(j);
	}
	j->depth--;
	return j->p++ < j->stop;
}

static bool value_skip(struct json *j)
{
	static const char *const words[] = { "true", "false", "null" };

	blanks_skip(j);
	if (j->p >= j->stop)
		return false;
	if (*j->p == '{' || *j->p == '[')
		return list_skip(j, *j->p == '{');
	if (*j->p == '"')
		return text_skip(j);
	for (int i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(j->stop - j->p) >= n && memcmp(j->p, words[i], n) == 0) {
			j->p += n;
			return true;
		}
	}
	const unsigned char *from = j->p;
	while (j->p < j->stop && (isdigit(*j->p) || strchr("+-.eE", *j->p) != nullptr) &&
	       *j->p != '\0')
		j->p++;
	return j->p > from && (isdigit(*from) || *from == '-');
}

static bool is_json(const unsigned char *p, size_t n)
{
	struct json j = { p, p + n, 0 };

	blanks_skip(&j);
	if (j.p >= j.stop || (*j.p != '{' && *j.p != '[') || !value_skip(&j))
		return false;
	blanks_skip(&j);
	return j.p == j.stop;
}

static bool has_line(const unsigned char *p, size_t n, const char *start)
{
	size_t len = strlen(start);

	for (const unsigned char *s = p, *stop = p + n;
	     s != nullptr && (size_t)(stop - s) >= len;) {
		if (memcmp(s, start, len) == 0)
			return true;
		s = memchr(s, '\n', (size_t)(stop - s));
		s += s != nullptr;
	}
	return false;
}

static bool starts(const unsigned char *p, size_t n, const char *word)
{
	while (n > 0 && isspace(*p)) {
		p++;
		n--;
	}
	return n >= strlen(word) && strncasecmp((const char *)p, word, strlen(word)) == 0;
}

struct language {
	const char *words, *mime;
	bool script, no_encoding;
};

/* The interpreter of a script that starts with #!; its arguments may follow, behind env too. */
static bool script_find(const unsigned char *p, size_t n, struct language *l, char *line,
			size_t size)
{
	static const struct {
		const char *name;
		struct language language;
	} known[] = {
		{ "sh", { "POSIX shell script", "text/x-shellscript", true, false } },
		{ "dash", { "POSIX shell script", "text/x-shellscript", true, false } },
		{ "bash", { "Bourne-Again shell script", "text/x-shellscript", true, false } },
		{ "ksh", { "Korn shell script", "text/x-shellscript", true, false } },
		{ "zsh", { "Paul Falstad's zsh script", "text/x-shellscript", true, false } },
		{ "python", { "Python script", "text/x-script.python", true, false } },
		{ "perl", { "Perl script", "text/x-perl", true, true } },
		{ "awk", { "awk script", "text/x-awk", true, false } },
		{ "gawk", { "GNU awk script", "text/x-gawk", true, false } },
		{ "node", { "Node.js script", "application/javascript", true, false } },
		{ "ruby", { "Ruby script", "text/x-ruby", true, false } },
		{ "tclsh", { "Tcl/Tk script", "text/x-tcl", true, false } },
	};

	if (n < 3 || p[0] != '#' || p[1] != '!')
		return false;
	const unsigned char *end = memchr(p, '\n', n);
	size_t len = end != nullptr ? (size_t)(end - p) - 2 : n - 2;
	snprintf(line, size, "%.*s", (int)(len < 100 ? len : 100), (const char *)p + 2);
	char *word = line + strspn(line, " \t");
	size_t path = strcspn(word, " \t\r");
	if (path >= 4 && memcmp(word + path - 4, "/env", 4) == 0) {
		word += path;
		word += strspn(word, " \t");
		path = strcspn(word, " \t\r");
	}
	const char *name = word;
	for (const char *s = word; s < word + path; s++)
		name = *s == '/' ? s + 1 : name;
	size_t stem = (size_t)(word + path - name);
	while (stem > 0 && (isdigit((unsigned char)name[stem - 1]) || name[stem - 1] == '.'))
		stem--;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strlen(known[i].name) == stem && memcmp(known[i].name, name, stem) == 0) {
			*l = known[i].language;
			return true;
		}
	}
	char told[128];
	snprintf(told, sizeof told, "a %s script", line + strspn(line, " \t"));
	snprintf(line, size, "%s", told);
	*l = (struct language){ line, "text/plain", true, false };
	return true;
}

static bool language_find(const unsigned char *p, size_t n, struct language *l, char *line,
			  size_t size)
{
	if (script_find(p, n, l, line, size))
		return true;
	if (is_json(p, n))
		*l = (struct language){ "JSON text data", "application/json", false, true };
	else if (starts(p, n, "<?xml version=\"1.0\"") || starts(p, n, "<?xml version='1.0'"))
		*l = (struct language){ "XML 1.0 document", "text/xml", false, false };
	else if (starts(p, n, "<!doctype html") || starts(p, n, "<html"))
		*l = (struct language){ "HTML document", "text/html", false, false };
	else if (has_line(p, n, "#include"))
		*l = (struct language){ "C source", "text/x-c", false, false };
	else if (has_line(p, n, "diff --git ") ||
		 (has_line(p, n, "--- ") && has_line(p, n, "+++ ") && has_line(p, n, "@@ -")))
		*l = (struct language){ "unified diff output", "text/x-diff", false, false };
	else
		return false;
	return true;
}

bool magic_text(struct magic *m, const unsigned char *bytes, size_t len)
{
	struct language l = {};
	struct encoding e;
	char line[160];

	if (len == 0 || !encoding_find(bytes, len, &e))
		return false;
	*m = (struct magic){ .mime = "text/plain", .charset = e.charset };
	bool known = language_find(bytes, len, &l, line, sizeof line);
	if (known)
		m->mime = l.mime;
	if (known)
		text_format(&m->words, "%s%s", l.words, l.no_encoding ? "" : ", ");
	if (known && l.no_encoding && !l.script)
		return true; /* JSON: a format of its own, whose lines mean nothing */
	text_format(&m->words, "%s text%s", known && l.no_encoding ? "" : e.words,
		    l.script ? " executable" : "");
	lines_tell(&m->words, bytes, len, strncmp(e.charset, "utf-16", 6) == 0);
	return true;
}
