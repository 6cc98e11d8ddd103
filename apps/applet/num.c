/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing numbers. */
#include "apps/applet/num.h"
#include <ctype.h>
#include <math.h>
#include <stdckdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/err.h"

/* Reads digits; *end is where they stop. */
static enum num_result digits_read(const char *s, const char **end, uint64_t *value)
{
	enum num_result r = NUM_OK;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*s))
		return NUM_BAD;
	for (; isdigit((unsigned char)*s); s++) {
		if (ckd_mul(&n, n, 10) || ckd_add(&n, n, (uint64_t)(*s - '0'))) {
			n = UINT64_MAX;
			r = NUM_TOO_BIG;
		}
	}
	*end = s;
	*value = n;
	return r;
}

enum num_result num_parse(const char *s, uint64_t *value)
{
	const char *end;
	enum num_result r = digits_read(s + (*s == '+'), &end, value);

	return r != NUM_BAD && *end != '\0' ? NUM_BAD : r;
}

enum num_result num_parse_signed(const char *s, int64_t *value)
{
	bool negative = *s == '-';
	uint64_t n;
	enum num_result r = num_parse(s + negative, &n);

	if (r == NUM_BAD || (negative && s[1] == '+'))
		return NUM_BAD;
	if (n > (uint64_t)INT64_MAX) {
		*value = negative ? INT64_MIN : INT64_MAX;
		return NUM_TOO_BIG;
	}
	*value = negative ? -(int64_t)n : (int64_t)n;
	return r;
}

uint64_t num_get(const char *s, uint64_t min, uint64_t max, const char *what)
{
	uint64_t n;

	if (num_parse(s, &n) != NUM_OK || n < min || n > max)
		err_fatal("invalid %s: '%s'", what, s);
	return n;
}

int64_t num_get_signed(const char *s, const char *what)
{
	int64_t n;

	if (num_parse_signed(s, &n) != NUM_OK)
		err_fatal("invalid %s: '%s'", what, s);
	return n;
}

/* The factor that a unit stands for; 0 when there is no such unit, UINT64_MAX when too big. */
static uint64_t unit_factor(const char *u)
{
	static const char prefixes[] = "KMGTPEZY";
	uint64_t base = 1024, factor = 1;

	if (u[0] == '\0')
		return 1;
	if (u[1] == '\0' && u[0] == 'c')
		return 1;
	if (u[1] == '\0' && u[0] == 'w')
		return 2;
	if (u[1] == '\0' && u[0] == 'b')
		return 512;
	const char *at = strchr(prefixes, u[0] == 'k' || u[0] == 'm' || u[0] == 'g' || u[0] == 't'
						  ? toupper(u[0])
						  : u[0]);
	if (at == nullptr)
		return 0;
	if (strcmp(u + 1, "B") == 0)
		base = 1000;
	else if (u[1] != '\0' && strcmp(u + 1, "iB") != 0)
		return 0;
	for (long i = 0; i <= at - prefixes; i++) {
		if (ckd_mul(&factor, factor, base))
			return UINT64_MAX;
	}
	return factor;
}

enum num_result num_size(const char *s, uint64_t *value)
{
	const char *end = s;
	uint64_t n = 1;
	enum num_result r = digits_read(s, &end, &n);

	if (r == NUM_BAD && (*s == '\0' || unit_factor(s) == 0))
		return NUM_BAD;
	uint64_t factor = unit_factor(r == NUM_BAD ? s : end);
	if (factor == 0)
		return NUM_BAD;
	if (ckd_mul(value, r == NUM_BAD ? 1 : n, factor) || r == NUM_TOO_BIG) {
		*value = UINT64_MAX;
		return NUM_TOO_BIG;
	}
	return NUM_OK;
}

uint64_t num_get_size(const char *s, const char *what)
{
	uint64_t n;
	enum num_result r = num_size(s, &n);

	if (r == NUM_BAD)
		err_fatal("invalid %s: '%s'", what, s);
	return n;
}

const char *num_human(char buf[static NUM_HUMAN_SIZE], uint64_t n, unsigned unit)
{
	static const char suffix[] = "KMGTPE";
	uint64_t tenths = 0, rest = 0; /* n is n + tenths/10, and rest says if there is more */
	int power = -1;

	if (n < unit) {
		snprintf(buf, NUM_HUMAN_SIZE, "%llu", (unsigned long long)n);
		return buf;
	}
	while (n >= unit) {
		uint64_t part = n % unit * 10 + tenths;
		rest = rest != 0 || part % unit != 0;
		tenths = part / unit;
		n /= unit;
		power++;
	}
	char letter = unit == 1000 && power == 0 ? 'k' : suffix[power];
	tenths += rest;
	if (tenths == 10) {
		tenths = 0;
		n++;
	}
	if (n >= 10 && tenths != 0) {
		n++;
		tenths = 0;
	}
	if (n == unit && suffix[power + 1] != '\0') {
		n = 1;
		tenths = 0;
		letter = suffix[power + 1];
	}
	if (n < 10)
		snprintf(buf, NUM_HUMAN_SIZE, "%u.%u%c", (unsigned)n, (unsigned)tenths, letter);
	else
		snprintf(buf, NUM_HUMAN_SIZE, "%u%c", (unsigned)n, letter);
	return buf;
}

bool num_duration(const char *s, struct timespec *t)
{
	char *end;
	double seconds = strtod(s, &end);

	if (end == s || isnan(seconds) || seconds < 0 || isspace((unsigned char)*s))
		return false;
	if (*end != '\0') {
		const char *unit = strchr("smhd", *end);
		if (unit == nullptr || end[1] != '\0')
			return false;
		seconds *= *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 86400;
	}
	if (seconds > 1e15) /* beyond any clock; and time_t may not overflow */
		seconds = 1e15;
	t->tv_sec = (time_t)seconds;
	t->tv_nsec = (long)((seconds - (double)t->tv_sec) * 1e9);
	return true;
}

size_t num_print(char buf[static 24], uint64_t n)
{
	char digits[24];
	size_t len = 0;

	do {
		digits[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	for (size_t i = 0; i < len; i++)
		buf[i] = digits[len - 1 - i];
	buf[len] = '\0';
	return len;
}
