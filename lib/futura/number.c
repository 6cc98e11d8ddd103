/* SPDX-License-Identifier: MPL-2.0 */
/* Strict: no signs, no blanks, no empty text. */
#include "lib/futura/number.h"
#include <stdckdint.h>
#include <string.h>

static int digit(char c, unsigned base)
{
	int d = c >= '0' && c <= '9'                 ? c - '0'
		: (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						     : -1;

	return d < (int)base ? d : -1;
}

/* The digits at the start of `text`; the rest is where they end, nullptr if there is no number. */
static const char *digits(const char *text, uint64_t *number)
{
	unsigned base = 10;
	int d;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	if (digit(*text, base) < 0)
		return nullptr;
	for (*number = 0; (d = digit(*text, base)) >= 0; text++)
		if (ckd_mul(number, *number, base) || ckd_add(number, *number, (uint64_t)d))
			return nullptr;
	return text;
}

struct unit {
	char name[4];
	uint64_t factor;
};

static enum err parse(const char *text, const struct unit *units, unsigned nunits, uint64_t *value)
{
	uint64_t number;
	const char *rest = digits(text, &number);

	if (rest == nullptr)
		return ERR_BAD_ARGUMENT;
	for (unsigned i = 0; i < nunits; i++)
		if (strcmp(rest, units[i].name) == 0)
			return ckd_mul(value, number, units[i].factor) ? ERR_BAD_ARGUMENT : OK;
	return ERR_BAD_ARGUMENT;
}

enum err number_parse(const char *text, uint64_t *number)
{
	static const struct unit none[] = { { "", 1 } };

	return parse(text, none, 1, number);
}

enum err bytes_parse(const char *text, uint64_t *nbytes)
{
	static const struct unit powers[] = {
		{ "", 1 },        { "K", 1 << 10 },    { "M", 1 << 20 },
		{ "G", 1 << 30 }, { "T", 1ull << 40 },
	};

	return parse(text, powers, 5, nbytes);
}

enum err duration_parse(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
	};

	return parse(text, units, 4, ns);
}
