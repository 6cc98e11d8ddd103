/* SPDX-License-Identifier: MPL-2.0 */
/* Reading dates: absolute parts are set, relative ones added, and mktime() joins them. */
#include "apps/applet/date.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct date {
	struct tm tm;
	long nsec;
	bool has_time, has_date, has_zone, has_stamp, has_day;
	int day, day_ordinal; /* of the week; which of them from now */
	long zone;            /* seconds east */
	time_t stamp;
	long months, days;
	int64_t seconds;
};

/* The index of a name in a list of three-letter beginnings, or -1. */
static int name_find(const char *word, size_t n, const char *list, int count)
{
	for (int i = 0; i < count && n >= 3; i++) {
		if (strncasecmp(word, list + i * 3, 3) == 0)
			return i;
	}
	return -1;
}

static bool word_is(const char *word, size_t n, const char *what)
{
	return strlen(what) == n && strncasecmp(word, what, n) == 0;
}

static bool unit_add(struct date *d, const char *word, size_t n, int64_t count)
{
	static const struct {
		const char *name;
		char kind;
		long factor;
	} units[] = { { "sec", 's', 1 },     { "second", 's', 1 },     { "min", 's', 60 },
		      { "minute", 's', 60 }, { "hour", 's', 3600 },    { "day", 'd', 1 },
		      { "week", 'd', 7 },    { "fortnight", 'd', 14 }, { "month", 'm', 1 },
		      { "year", 'm', 12 } };

	if (n > 3 && tolower((unsigned char)word[n - 1]) == 's')
		n--;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!word_is(word, n, units[i].name))
			continue;
		if (units[i].kind == 's')
			d->seconds += count * units[i].factor;
		else if (units[i].kind == 'd')
			d->days += (long)count * units[i].factor;
		else
			d->months += (long)count * units[i].factor;
		return true;
	}
	return false;
}

/* Takes back what unit_add() did, and twice: "2 days ago". */
static void relative_negate(struct date *d)
{
	d->seconds = -d->seconds;
	d->days = -d->days;
	d->months = -d->months;
}

static bool day_word(struct date *d, const char *word, size_t n)
{
	static const char *const words[] = { "now", "today", "tomorrow", "yesterday" };
	static const int shifts[] = { 0, 0, 1, -1 };

	for (int i = 0; i < 4; i++) {
		if (word_is(word, n, words[i])) {
			d->days += shifts[i];
			return true;
		}
	}
	if (word_is(word, n, "midnight") || word_is(word, n, "noon")) {
		d->tm.tm_hour = tolower((unsigned char)word[0]) == 'n' ? 12 : 0;
		d->tm.tm_min = d->tm.tm_sec = 0;
		d->nsec = 0;
		d->has_time = true;
		return true;
	}
	return false;
}

/* hh:mm[:ss[.frac]] [am|pm], at *p. */
static bool time_read(struct date *d, const char **p)
{
	int hour, minute, second = 0, used = 0;

	if (sscanf(*p, "%2d:%2d%n", &hour, &minute, &used) != 2 || used == 0)
		return false;
	*p += used;
	d->nsec = 0;
	if (**p == ':' && isdigit((unsigned char)(*p)[1])) {
		second = (int)strtol(*p + 1, (char **)p, 10);
		if (**p == '.' || **p == ',') {
			long digit = 100000000;
			for ((*p)++; isdigit((unsigned char)**p); (*p)++, digit /= 10)
				d->nsec += (**p - '0') * digit;
		}
	}
	const char *q = *p + strspn(*p, " ");
	if (strncasecmp(q, "am", 2) == 0 || strncasecmp(q, "pm", 2) == 0) {
		if (hour < 1 || hour > 12)
			return false;
		hour = hour % 12 + (tolower((unsigned char)*q) == 'p' ? 12 : 0);
		*p = q + 2;
	}
	if (hour > 24 || minute > 59 || second > 60)
		return false;
	d->tm.tm_hour = hour;
	d->tm.tm_min = minute;
	d->tm.tm_sec = second;
	d->has_time = true;
	return true;
}

/* +hh, +hhmm or +hh:mm behind a time. */
static bool zone_read(struct date *d, const char **p)
{
	int sign = **p == '-' ? -1 : 1;
	const char *q = *p + 1;
	size_t n = strspn(q, "0123456789");
	long value = strtol(q, nullptr, 10), minutes = 0;

	if (n != 1 && n != 2 && n != 4)
		return false;
	q += n;
	if (n == 4) {
		minutes = value % 100;
		value /= 100;
	} else if (*q == ':' && isdigit((unsigned char)q[1])) {
		minutes = strtol(q + 1, (char **)&q, 10);
	}
	d->zone = sign * (value * 3600 + minutes * 60);
	d->has_zone = true;
	*p = q;
	return true;
}

static void date_set(struct date *d, int year, int month, int day)
{
	d->tm.tm_year = (year < 69 ? year + 2000 : year < 100 ? year + 1900 : year) - 1900;
	d->tm.tm_mon = month - 1;
	d->tm.tm_mday = day;
	d->has_date = true;
}

static bool number_word(struct date *d, const char **p)
{
	int a, b, c, used = 0;
	const char *s = *p;
	size_t n = strspn(s, "0123456789");

	if (sscanf(s, "%d-%d-%d%n", &a, &b, &c, &used) == 3 && used > 0) {
		if (b < 1 || b > 12 || c < 1 || c > 31)
			return false;
		date_set(d, a, b, c);
		*p += used +
		      ((s[used] == 'T' || s[used] == 't') && isdigit((unsigned char)s[used + 1]));
		return true;
	}
	used = 0;
	if (sscanf(s, "%d/%d%n", &a, &b, &used) == 2 && used > 0) {
		int more = 0;
		c = d->tm.tm_year + 1900;
		if (sscanf(s + used, "/%d%n", &c, &more) == 1)
			used += more;
		if (n == 4) /* 2024/05/01 */
			date_set(d, a, b, c);
		else
			date_set(d, c, a, b);
		*p += used;
		return d->tm.tm_mon >= 0 && d->tm.tm_mon < 12;
	}
	if (s[n] == ':')
		return time_read(d, p);
	*p += n;
	if (n == 8) {
		int v = atoi(s);
		date_set(d, v / 10000, v / 100 % 100, v % 100);
		return d->tm.tm_mon >= 0 && d->tm.tm_mon < 12;
	}
	const char *word = *p + strspn(*p, " \t-");
	size_t len = 0;
	while (isalpha((unsigned char)word[len]))
		len++;
	int month = name_find(word, len, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
	if (n <= 2 && month >= 0) {
		d->tm.tm_mday = atoi(s);
		d->tm.tm_mon = month;
		d->has_date = true;
		*p = word + len;
		const char *year = *p + strspn(*p, " ,-");
		size_t digits = strspn(year, "0123456789");
		if ((digits == 4 || digits == 2) && year[digits] != ':') {
			date_set(d, atoi(year), month + 1, d->tm.tm_mday);
			*p = year + digits;
		}
		return true;
	}
	if (word_is(word, len, "am") || word_is(word, len, "pm")) {
		int hour = atoi(s);
		if (hour < 1 || hour > 12)
			return false;
		d->tm.tm_hour = hour % 12 + (tolower((unsigned char)*word) == 'p' ? 12 : 0);
		d->tm.tm_min = d->tm.tm_sec = 0;
		d->nsec = 0;
		d->has_time = true;
		*p = word + len;
		return true;
	}
	if (len != 0 && unit_add(d, word, len, strtoll(s, nullptr, 10))) {
		*p = word + len;
		return true;
	}
	if (n == 4 && d->has_date && d->has_time) { /* a year behind "May 1 12:00:00" */
		d->tm.tm_year = atoi(s) - 1900;
		return true;
	}
	if (n == 4) {
		int v = atoi(s);
		d->tm.tm_hour = v / 100;
		d->tm.tm_min = v % 100;
		d->tm.tm_sec = 0;
		d->nsec = 0;
		d->has_time = true;
		return v / 100 < 24 && v % 100 < 60;
	}
	return false;
}

static bool alpha_word(struct date *d, const char **p)
{
	const char *word = *p;
	size_t n = 0;

	while (isalpha((unsigned char)word[n]))
		n++;
	*p += n;
	if (word_is(word, n, "ago")) {
		relative_negate(d);
		return true;
	}
	if (word_is(word, n, "utc") || word_is(word, n, "gmt") || word_is(word, n, "z")) {
		d->has_zone = true;
		d->zone = 0;
		return true;
	}
	if (word_is(word, n, "next") || word_is(word, n, "last") || word_is(word, n, "this")) {
		int count = tolower((unsigned char)word[0]) == 'n'   ? 1
			    : tolower((unsigned char)word[0]) == 'l' ? -1
								     : 0;
		const char *unit = *p + strspn(*p, " \t");
		size_t len = 0;
		while (isalpha((unsigned char)unit[len]))
			len++;
		*p = unit + len;
		if (unit_add(d, unit, len, count))
			return true;
		d->day = name_find(unit, len, "SunMonTueWedThuFriSat", 7);
		d->day_ordinal = count;
		d->has_day = true;
		return d->day >= 0;
	}
	if (day_word(d, word, n))
		return true;
	int month = name_find(word, n, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
	int day = name_find(word, n, "SunMonTueWedThuFriSat", 7);
	if (month >= 0) {
		const char *q = *p + strspn(*p, " \t-");
		size_t digits = strspn(q, "0123456789");
		if (digits == 0 || digits > 2)
			return false;
		date_set(d, d->tm.tm_year + 1900, month + 1, atoi(q));
		*p = q + digits;
		const char *year = *p + strspn(*p, " ,");
		digits = strspn(year, "0123456789");
		if (digits == 4 && year[digits] != ':') {
			d->tm.tm_year = atoi(year) - 1900;
			*p = year + digits;
		}
		return true;
	}
	if (day >= 0) {
		d->day = day;
		d->has_day = true;
		return true;
	}
	return unit_add(d, word, n, 1);
}

static bool signed_word(struct date *d, const char **p)
{
	int sign = **p == '-' ? -1 : 1;

	if (d->has_time && !d->has_zone && isdigit((unsigned char)(*p)[1]) && zone_read(d, p))
		return true;
	const char *digits = *p + 1 + strspn(*p + 1, " ");
	char *end;
	int64_t count = strtoll(digits, &end, 10);
	if (end == digits)
		return false;
	const char *word = end + strspn(end, " \t");
	size_t n = 0;
	while (isalpha((unsigned char)word[n]))
		n++;
	*p = word + n;
	return unit_add(d, word, n, sign * count);
}

static bool stamp_read(struct date *d, const char **p)
{
	char *end;

	d->stamp = strtoll(*p + 1, &end, 10);
	if (end == *p + 1)
		return false;
	d->nsec = 0;
	if (*end == '.') {
		long digit = 100000000;
		for (end++; isdigit((unsigned char)*end); end++, digit /= 10)
			d->nsec += (*end - '0') * digit;
	}
	d->has_stamp = true;
	*p = end;
	return true;
}

static bool date_join(struct date *d, struct timespec *result)
{
	struct tm tm = d->tm;

	if ((d->has_date || d->has_day) && !d->has_time) {
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		d->nsec = 0;
	}
	if (d->has_day && !d->has_date) {
		int ahead = (d->day - tm.tm_wday + 7) % 7;
		if (d->day_ordinal > 0 && ahead == 0)
			ahead = 7;
		if (d->day_ordinal < 0)
			ahead -= 7;
		tm.tm_mday += ahead;
	}
	tm.tm_mon += (int)d->months;
	tm.tm_mday += (int)d->days;
	tm.tm_isdst = -1;
	time_t t = d->has_stamp ? d->stamp : d->has_zone ? timegm(&tm) - d->zone : mktime(&tm);
	result->tv_sec = t + (time_t)d->seconds;
	result->tv_nsec = d->nsec;
	return true;
}

bool date_parse(const char *text, struct timespec now, struct timespec *result)
{
	struct date d = { .nsec = now.tv_nsec };

	localtime_r(&now.tv_sec, &d.tm);
	const char *p = text;
	for (;;) {
		p += strspn(p, " \t\n,");
		bool ok;
		if (*p == '\0')
			break;
		if (*p == '@')
			ok = stamp_read(&d, &p);
		else if (*p == '+' || *p == '-')
			ok = signed_word(&d, &p);
		else if (isdigit((unsigned char)*p))
			ok = number_word(&d, &p);
		else
			ok = isalpha((unsigned char)*p) && alpha_word(&d, &p);
		if (!ok)
			return false;
	}
	if (text[strspn(text, " \t\n")] == '\0') { /* empty: today's midnight */
		d.has_date = true;
	}
	return date_join(&d, result);
}

bool date_parse_digits(const char *text, bool year_first, struct timespec *result)
{
	size_t n = strspn(text, "0123456789");
	const char *p = text;
	time_t now = time(nullptr);
	struct tm tm;
	int v[4], year = -1;

	localtime_r(&now, &tm);
	if (n != 8 && n != 10 && n != 12)
		return false;
	if (year_first && n > 8) {
		year = n == 12 ? (p[0] - '0') * 1000 + (p[1] - '0') * 100 + (p[2] - '0') * 10 +
					 p[3] - '0'
			       : (p[0] - '0') * 10 + p[1] - '0';
		p += n - 8;
	}
	for (int i = 0; i < 4; i++, p += 2)
		v[i] = (p[0] - '0') * 10 + p[1] - '0';
	if (!year_first && n > 8)
		year = atoi(p);
	if (!year_first && n == 10)
		year = (p[0] - '0') * 10 + p[1] - '0';
	if (year >= 0)
		tm.tm_year = (year < 69 ? year + 2000 : year < 100 ? year + 1900 : year) - 1900;
	tm.tm_mon = v[0] - 1;
	tm.tm_mday = v[1];
	tm.tm_hour = v[2];
	tm.tm_min = v[3];
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	p = text + n;
	if (*p == '.') {
		if (strspn(p + 1, "0123456789") != 2 || p[3] != '\0')
			return false;
		tm.tm_sec = (p[1] - '0') * 10 + p[2] - '0';
	} else if (*p != '\0') {
		return false;
	}
	if (v[0] < 1 || v[0] > 12 || v[1] < 1 || v[1] > 31 || v[2] > 23 || v[3] > 59 ||
	    tm.tm_sec > 60)
		return false;
	*result = (struct timespec){ mktime(&tm), 0 };
	return true;
}
