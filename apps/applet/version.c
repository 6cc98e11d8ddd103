/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The order of Debian's version numbers (Debian Policy 5.6.12), with suffixes such as ".tar.gz"
 * compared last: digits by value, letters before other characters, a tilde before even the end.
 */
#include "apps/applet/version.h"
#include <ctype.h>
#include <string.h>

static bool is_alpha(unsigned char c)
{
	return isalpha(c) && c < 128;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Without the suffixes: (\.[A-Za-z~][A-Za-z0-9~]*)*$ */
static size_t prefix_len(const char *s, size_t len)
{
	size_t prefix = 0;

	for (size_t i = 0; i < len;) {
		i++;
		prefix = i;
		while (i + 1 < len && s[i] == '.' &&
		       (is_alpha((unsigned char)s[i + 1]) || s[i + 1] == '~')) {
			for (i += 2; i < len && (isalnum((unsigned char)s[i]) || s[i] == '~'); i++)
				;
		}
		if (i < len && prefix != i)
			prefix = i;
	}
	return prefix;
}

/* The end counts as 0, which only a tilde is below. */
static int order(const char *s, size_t at, size_t len)
{
	if (at == len)
		return -1;
	unsigned char c = (unsigned char)s[at];
	if (is_digit(c))
		return 0;
	if (is_alpha(c))
		return c;
	return c == '~' ? -2 : c + 256;
}

static int part_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i = 0, j = 0;

	while (i < a_len || j < b_len) {
		int first = 0;
		while ((i < a_len && !is_digit((unsigned char)a[i])) ||
		       (j < b_len && !is_digit((unsigned char)b[j]))) {
			int d = order(a, i, a_len) - order(b, j, b_len);
			if (d != 0)
				return d;
			i++;
			j++;
		}
		while (i < a_len && a[i] == '0')
			i++;
		while (j < b_len && b[j] == '0')
			j++;
		while (i < a_len && j < b_len && is_digit((unsigned char)a[i]) &&
		       is_digit((unsigned char)b[j])) {
			if (first == 0)
				first = a[i] - b[j];
			i++;
			j++;
		}
		if (i < a_len && is_digit((unsigned char)a[i]))
			return 1;
		if (j < b_len && is_digit((unsigned char)b[j]))
			return -1;
		if (first != 0)
			return first;
	}
	return 0;
}

/* Empty, ".", "..", and other hidden names come first, in this order. */
static int special_rank(const char *s, size_t len)
{
	if (len == 0)
		return 0;
	if (s[0] != '.')
		return 4;
	return len == 1 ? 1 : len == 2 && s[1] == '.' ? 2 : 3;
}

int version_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int ranks = special_rank(a, a_len) - special_rank(b, b_len);
	if (ranks != 0)
		return ranks;
	size_t a_prefix = prefix_len(a, a_len), b_prefix = prefix_len(b, b_len);
	int d = part_compare(a, a_prefix, b, b_prefix);

	if (d == 0)
		d = part_compare(a, a_len, b, b_len);
	if (d != 0)
		return d;
	size_t n = a_len < b_len ? a_len : b_len;
	d = memcmp(a, b, n);
	return d != 0 ? d : a_len < b_len ? -1 : a_len > b_len;
}
