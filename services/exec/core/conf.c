/* SPDX-License-Identifier: MPL-2.0 */
/* Reads exec.conf: lines of a word, a blank, and a text with escapes. */
#include "services/exec/core/conf.h"
#include <stdlib.h>
#include <string.h>

struct line {
	const char *word, *text;
	size_t word_len, text_len;
};

/* The next line that is not empty; false at the end. */
static bool line_next(const char **at, const char *end, struct line *l)
{
	while (*at < end && **at == '\n')
		++*at;
	if (*at == end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	if (stop == nullptr)
		stop = end;
	const char *blank = memchr(*at, ' ', (size_t)(stop - *at));
	l->word = *at;
	l->word_len = (size_t)((blank ? blank : stop) - *at);
	l->text = blank ? blank + 1 : stop;
	l->text_len = (size_t)(stop - l->text);
	*at = stop;
	return true;
}

static bool line_is(const struct line *l, const char *word)
{
	return l->word_len == strlen(word) && memcmp(l->word, word, l->word_len) == 0;
}

/* Undo the escapes of \n and \\; `to` has room for the text and a zero byte. Returns the length, or
 * -1. */
static ptrdiff_t unescape(const struct line *l, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < l->text_len; i++) {
		char c = l->text[i];
		if (c == '\0')
			return -1;
		if (c == '\\') {
			if (++i == l->text_len || (l->text[i] != 'n' && l->text[i] != '\\'))
				return -1;
			c = l->text[i] == 'n' ? '\n' : '\\';
		}
		to[n++] = c;
	}
	to[n] = '\0';
	return (ptrdiff_t)n;
}

/* Append all lines of one kind; the count, or -1. */
static int64_t strings_add(const char *text, size_t size, const char *word, struct conf *conf)
{
	const char *at = text;
	int64_t count = 0;
	struct line l;

	while (line_next(&at, text + size, &l)) {
		if (!line_is(&l, word))
			continue;
		ptrdiff_t n = unescape(&l, conf->strings + conf->size);
		if (n < 0)
			return -1;
		conf->size += (size_t)n + 1;
		count++;
	}
	return count;
}

static bool cwd_read(const char *text, size_t size, struct conf *conf, const char **error)
{
	const char *at = text;
	struct line l;

	conf->cwd[0] = '/';
	conf->cwd[1] = '\0';
	while (line_next(&at, text + size, &l)) {
		if (line_is(&l, "arg") || line_is(&l, "env"))
			continue;
		*error = line_is(&l, "cwd") ? "exec.conf: a bad folder"
					    : "exec.conf: an unknown word";
		if (!line_is(&l, "cwd") || l.text_len >= sizeof(conf->cwd) ||
		    unescape(&l, conf->cwd) < 0)
			return false;
	}
	return true;
}

bool conf_parse(const char *text, size_t size, struct conf *conf, const char **error)
{
	/* A line is never shorter than its string. */
	*conf = (struct conf){ .strings = malloc(size + 2 * sizeof(uint32_t) + 1),
			       .size = 2 * sizeof(uint32_t) };
	*error = "no memory";
	if (conf->strings == nullptr || !cwd_read(text, size, conf, error))
		return false;
	int64_t arguments = strings_add(text, size, "arg", conf);
	int64_t variables = arguments < 0 ? -1 : strings_add(text, size, "env", conf);
	*error = "exec.conf: a bad escape";
	if (variables < 0)
		return false;
	*error = "exec.conf: no command";
	uint32_t counts[2] = { (uint32_t)arguments, (uint32_t)variables };
	memcpy(conf->strings, counts, sizeof(counts));
	return arguments > 0;
}
