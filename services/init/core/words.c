/* SPDX-License-Identifier: MPL-2.0 */
/* Lines of words, in the manifest and on the kernel's command line. */
#include "services/init/core/manifest.h"
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One word from `in`, moved to `out`, without its quotes; returns where it ended, or nullptr. */
static char *word_take(char *in, char **out)
{
	bool quoted = false;
	char *to = *out;

	for (; *in != '\0' && (quoted || !is_blank(*in)); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*to++ = *in;
	}
	*out = to;
	return quoted ? nullptr : in;
}

enum err words_split(char *line, const char **words, unsigned max, unsigned *n)
{
	*n = 0;
	for (;;) {
		while (is_blank(*line))
			line++;
		if (*line == '\0' || *line == '#')
			return OK;
		if (*n == max)
			return ERR_TOO_BIG;
		char *start = line, *end = line;
		line = word_take(line, &end);
		if (line == nullptr)
			return ERR_BAD_ARGUMENT;
		/* The zero may fall on the blank that ends the word: step over it first. */
		if (*line != '\0')
			line++;
		*end = '\0';
		words[(*n)++] = start;
	}
}
