/* SPDX-License-Identifier: MPL-2.0 */
/* Keys of sort: finding them in a line, and comparing them by bytes, value, month or version. */
#include "apps/utils/sort_key.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/scan.h"
#include "apps/applet/version.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void flag_set(struct key *k, char c, bool at_start, bool at_end)
{
	if (c == 'b') {
		k->skip_start_blanks |= at_start;
		k->skip_end_blanks |= at_end;
	} else if (c == 'd') {
		k->dictionary = true;
	} else if (c == 'f') {
		k->fold = true;
	} else if (c == 'i') {
		k->printable = true;
	} else if (c == 'r') {
		k->reverse = true;
	} else if (k->type == 0 || k->type == c) {
		k->type = c;
	} else {
		err_fatal("options '-%c%c' are incompatible", k->type, c);
	}
}

void order_add_flag(struct order *o, char flag)
{
	flag_set(&o->defaults, flag, true, true);
}

static size_t number_read(const char **p, const char *spec)
{
	size_t n = 0;

	if (!isdigit((unsigned char)**p))
		err_fatal("invalid number at field start: invalid count at start of '%s'", spec);
	for (; isdigit((unsigned char)**p); (*p)++) {
		if (n < SIZE_MAX / 16)
			n = n * 10 + (size_t)(**p - '0');
	}
	return n;
}

static void letters_read(struct key *k, const char **p, bool at_start)
{
	for (; **p != '\0' && strchr("bdfgiMhnRrV", **p) != nullptr; (*p)++)
		flag_set(k, **p, at_start, !at_start);
}

void order_add_key(struct order *o, const char *spec)
{
	struct key k = { .end_field = SIZE_MAX };
	const char *p = spec;

	k.start_field = number_read(&p, spec);
	if (k.start_field == 0)
		err_fatal("field number is zero: invalid field specification '%s'", spec);
	k.start_field--;
	if (*p == '.') {
		p++;
		k.start_char = number_read(&p, spec);
		if (k.start_char == 0)
			err_fatal("character offset is zero: invalid field specification '%s'",
				  spec);
		k.start_char--;
	}
	letters_read(&k, &p, true);
	if (*p == ',') {
		p++;
		k.end_field = number_read(&p, spec);
		if (k.end_field == 0)
			err_fatal("field number is zero: invalid field specification '%s'", spec);
		k.end_field--;
		if (*p == '.') {
			p++;
			k.end_char = number_read(&p, spec);
		}
		letters_read(&k, &p, false);
	}
	if (*p != '\0')
		err_fatal("stray character in field spec: invalid field specification '%s'", spec);
	o->keys = mem_room(o->keys, o->count, &o->capacity, sizeof *o->keys);
	o->keys[o->count++] = k;
}

static bool has_flags(const struct key *k)
{
	return k->type != 0 || k->reverse || k->fold || k->dictionary || k->printable ||
	       k->skip_start_blanks || k->skip_end_blanks;
}

static void key_check(const struct key *k)
{
	const char *numeric = k->type != 0 ? strchr("ghMn", k->type) : nullptr;

	if (numeric != nullptr && (k->dictionary || k->printable))
		err_fatal("options '-%c%c' are incompatible", k->dictionary ? 'd' : 'i', k->type);
}

void order_finish(struct order *o)
{
	struct key d = o->defaults;

	o->reverse = d.reverse;
	for (size_t i = 0; i < o->count; i++) {
		struct key *k = &o->keys[i];
		if (!has_flags(k)) {
			k->skip_start_blanks = d.skip_start_blanks;
			k->skip_end_blanks = d.skip_end_blanks;
			k->type = d.type;
			k->reverse = d.reverse;
			k->fold = d.fold;
			k->dictionary = d.dictionary;
			k->printable = d.printable;
		}
		key_check(k);
	}
	key_check(&d);
	if (o->count == 0) {
		d.end_field = SIZE_MAX;
		o->keys = mem_room(o->keys, o->count, &o->capacity, sizeof *o->keys);
		o->keys[o->count++] = d;
		/* GNU: a reverse without keys applies to the last resort only once. */
		o->plain = d.type == 0 && !d.fold && !d.dictionary && !d.printable &&
			   !d.skip_start_blanks;
	}
	for (size_t i = 0; i < o->count; i++) {
		if (o->keys[i].type == 'R' &&
		    getrandom(&o->seed, sizeof o->seed, 0) != (ssize_t)sizeof o->seed)
			err_fatal_errno("cannot get random bytes");
	}
}

static const char *key_start(const struct order *o, const struct key *k, const struct line *l)
{
	const char *p = l->text, *stop = p + l->len;

	for (size_t i = k->start_field; i > 0 && p < stop; i--) {
		if (o->tab >= 0) {
			p = scan_byte(p, stop, o->tab);
			p += p < stop;
			continue;
		}
		while (p < stop && is_blank(*p))
			p++;
		while (p < stop && !is_blank(*p))
			p++;
	}
	while (k->skip_start_blanks && p < stop && is_blank(*p))
		p++;
	return (size_t)(stop - p) < k->start_char ? stop : p + k->start_char;
}

static const char *key_stop(const struct order *o, const struct key *k, const struct line *l)
{
	const char *p = l->text, *stop = p + l->len;

	if (k->end_field == SIZE_MAX)
		return stop;
	for (size_t i = k->end_field + (k->end_char == 0); i > 0 && p < stop; i--) {
		if (o->tab >= 0) {
			p = scan_byte(p, stop, o->tab);
			p += p < stop && (i > 1 || k->end_char != 0);
			continue;
		}
		while (p < stop && is_blank(*p))
			p++;
		while (p < stop && !is_blank(*p))
			p++;
	}
	if (k->end_char == 0)
		return p;
	while (k->skip_end_blanks && p < stop && is_blank(*p))
		p++;
	return (size_t)(stop - p) < k->end_char ? stop : p + k->end_char;
}

/* Does this byte count? */
static inline bool is_counted(const struct key *k, unsigned char c)
{
	if (k->dictionary && !(c < 128 && (isalnum(c) || is_blank((char)c))))
		return false;
	return !k->printable || (c >= 32 && c < 127);
}

static inline int folded(const struct key *k, unsigned char c)
{
	return k->fold ? toupper(c) : c;
}

static int text_compare(const struct key *k, const char *a, const char *a_stop, const char *b,
			const char *b_stop)
{
	if (!k->fold && !k->dictionary && !k->printable) {
		size_t n = a_stop - a < b_stop - b ? (size_t)(a_stop - a) : (size_t)(b_stop - b);
		int d = scan_compare(a, b, n);
		return d != 0 ? d : (a_stop - a > b_stop - b) - (a_stop - a < b_stop - b);
	}
	for (;; a++, b++) {
		while (a < a_stop && !is_counted(k, (unsigned char)*a))
			a++;
		while (b < b_stop && !is_counted(k, (unsigned char)*b))
			b++;
		if (a >= a_stop || b >= b_stop)
			return (a < a_stop) - (b < b_stop);
		int d = folded(k, (unsigned char)*a) - folded(k, (unsigned char)*b);
		if (d != 0)
			return d;
	}
}

/* A decimal number of any length: where its parts are. */
struct decimal {
	bool negative, zero;
	const char *whole, *whole_stop;       /* without leading zeros */
	const char *fraction, *fraction_stop; /* without trailing zeros */
	const char *end;
};

static struct decimal decimal_read(const char *p, const char *stop)
{
	struct decimal d = {};

	while (p < stop && is_blank(*p))
		p++;
	d.negative = p < stop && *p == '-';
	p += d.negative;
	while (p < stop && *p == '0')
		p++;
	d.whole = p;
	while (p < stop && isdigit((unsigned char)*p))
		p++;
	d.whole_stop = d.fraction = d.fraction_stop = p;
	if (p < stop && *p == '.') {
		d.fraction = ++p;
		while (p < stop && isdigit((unsigned char)*p))
			p++;
		d.fraction_stop = p;
		while (d.fraction_stop > d.fraction && d.fraction_stop[-1] == '0')
			d.fraction_stop--;
	}
	d.end = p;
	d.zero = d.whole == d.whole_stop && d.fraction == d.fraction_stop;
	return d;
}

static int digits_compare(const char *a, const char *a_stop, const char *b, const char *b_stop)
{
	size_t n = (size_t)(a_stop - a), m = (size_t)(b_stop - b);
	int d = memcmp(a, b, n < m ? n : m);

	return d != 0 ? d : (n > m) - (n < m);
}

static int decimal_compare(const struct decimal *a, const struct decimal *b)
{
	bool a_minus = a->negative && !a->zero, b_minus = b->negative && !b->zero;

	if (a_minus != b_minus)
		return a_minus ? -1 : 1;
	ptrdiff_t n = (a->whole_stop - a->whole) - (b->whole_stop - b->whole);
	int d = n != 0 ? (n > 0 ? 1 : -1)
		       : digits_compare(a->whole, a->whole_stop, b->whole, b->whole_stop);
	if (d == 0)
		d = digits_compare(a->fraction, a->fraction_stop, b->fraction, b->fraction_stop);
	return a_minus ? -d : d;
}

/* The power of a size's unit; negative sizes count downward. */
static int unit_rank(const struct decimal *d, const char *stop)
{
	static const char units[] = "KMGTPEZY";
	const char *at = d->end < stop && *d->end != '\0'
				 ? strchr(units, *d->end == 'k' ? 'K' : *d->end)
				 : nullptr;
	int rank = at == nullptr || d->zero ? 0 : (int)(at - units) + 1;

	return d->negative ? -rank : rank;
}

static int size_compare(const char *a, const char *a_stop, const char *b, const char *b_stop)
{
	struct decimal x = decimal_read(a, a_stop), y = decimal_read(b, b_stop);
	bool x_minus = x.negative && !x.zero, y_minus = y.negative && !y.zero;

	if (x_minus != y_minus || x.zero || y.zero)
		return decimal_compare(&x, &y);
	int d = unit_rank(&x, a_stop) - unit_rank(&y, b_stop);
	return d != 0 ? d : decimal_compare(&x, &y);
}

static int month_read(const char *p, const char *stop)
{
	static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

	while (p < stop && is_blank(*p))
		p++;
	for (int i = 0; i < 12 && stop - p >= 3; i++) {
		if (strncasecmp(p, months + i * 3, 3) == 0)
			return i + 1;
	}
	return 0;
}

/* *rank: 0 for what is no number, 1 for a NaN, 2 for numbers. */
static long double value_read(const char *p, const char *stop, int *rank)
{
	char small[64], *copy = small, *end;
	size_t n = (size_t)(stop - p);

	if (n >= sizeof small)
		copy = mem_alloc(n + 1);
	memcpy(copy, p, n);
	copy[n] = '\0';
	long double v = strtold(copy, &end);
	*rank = end == copy ? 0 : isnan(v) ? 1 : 2;
	if (copy != small)
		mem_free(copy);
	return *rank == 2 ? v : 0;
}

static int value_compare(const char *a, const char *a_stop, const char *b, const char *b_stop)
{
	int a_rank, b_rank;
	long double x = value_read(a, a_stop, &a_rank), y = value_read(b, b_stop, &b_rank);

	return a_rank != b_rank ? a_rank - b_rank : (x > y) - (x < y);
}

static uint64_t text_hash(uint64_t h, const char *p, const char *stop)
{
	for (; p < stop; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

static int key_compare(const struct order *o, const struct key *k, const char *a,
		       const char *a_stop, const char *b, const char *b_stop)
{
	switch (k->type) {
	case 'n': {
		struct decimal x = decimal_read(a, a_stop), y = decimal_read(b, b_stop);
		return decimal_compare(&x, &y);
	}
	case 'h':
		return size_compare(a, a_stop, b, b_stop);
	case 'g':
		return value_compare(a, a_stop, b, b_stop);
	case 'M':
		return month_read(a, a_stop) - month_read(b, b_stop);
	case 'V':
		return version_compare(a, (size_t)(a_stop - a), b, (size_t)(b_stop - b));
	case 'R': {
		uint64_t x = text_hash(o->seed, a, a_stop), y = text_hash(o->seed, b, b_stop);
		return x != y ? (x < y ? -1 : 1) : text_compare(k, a, a_stop, b, b_stop);
	}
	default:
		return text_compare(k, a, a_stop, b, b_stop);
	}
}

int order_compare(const struct order *o, const struct line *a, const struct line *b)
{
	if (o->plain) {
		size_t n = a->len < b->len ? a->len : b->len;
		int d = scan_compare(a->text, b->text, n);
		d = d != 0 ? d : (a->len > b->len) - (a->len < b->len);
		return o->reverse ? -d : d;
	}
	for (size_t i = 0; i < o->count; i++) {
		const struct key *k = &o->keys[i];
		const char *a_start = key_start(o, k, a), *a_stop = key_stop(o, k, a);
		const char *b_start = key_start(o, k, b), *b_stop = key_stop(o, k, b);
		int d = key_compare(o, k, a_start, a_stop < a_start ? a_start : a_stop, b_start,
				    b_stop < b_start ? b_start : b_stop);
		if (d != 0)
			return k->reverse ? -d : d;
	}
	return 0;
}

static uint64_t text_prefix(const struct key *k, const char *p, const char *stop)
{
	uint64_t prefix = 0;
	int shift = 56;

	if (!k->fold && !k->dictionary && !k->printable && stop - p >= 8) {
		memcpy(&prefix, p, 8);
		return __builtin_bswap64(prefix); /* both our architectures are little endian */
	}
	for (; p < stop && shift >= 0; p++) {
		if (!is_counted(k, (unsigned char)*p))
			continue;
		prefix |= (uint64_t)folded(k, (unsigned char)*p) << shift;
		shift -= 8;
	}
	return prefix;
}

/* Numbers below 2^62 by their whole part; larger ones are all alike here. */
static uint64_t decimal_prefix(const char *p, const char *stop)
{
	struct decimal d = decimal_read(p, stop);
	uint64_t n = 0;

	if (d.whole_stop - d.whole > 18)
		n = 1ull << 62;
	else
		for (p = d.whole; p < d.whole_stop; p++)
			n = n * 10 + (uint64_t)(*p - '0');
	return d.negative ? (1ull << 63) - n : (1ull << 63) + n;
}

/* The bits of a double, so changed that they order as numbers. */
static uint64_t value_prefix(const char *p, const char *stop)
{
	int rank;
	double v = (double)value_read(p, stop, &rank) + 0.0; /* turns -0 into 0 */
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	if (rank != 2)
		return (uint64_t)rank;
	return (bits >> 63 ? ~bits : bits | 1ull << 63) / 2 + 2;
}

uint64_t order_prefix(const struct order *o, const struct line *l)
{
	const struct key *k = &o->keys[0];
	const char *p = o->plain ? l->text : key_start(o, k, l);
	const char *stop = o->plain ? l->text + l->len : key_stop(o, k, l);
	uint64_t prefix = 0;

	if (stop < p)
		stop = p;
	if (k->type == 0)
		prefix = text_prefix(k, p, stop);
	else if (k->type == 'n')
		prefix = decimal_prefix(p, stop);
	else if (k->type == 'g')
		prefix = value_prefix(p, stop);
	else if (k->type == 'R')
		prefix = text_hash(o->seed, p, stop);
	else if (k->type == 'M')
		prefix = (uint64_t)month_read(p, stop);
	return k->reverse ? ~prefix : prefix;
}
