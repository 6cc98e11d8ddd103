/* SPDX-License-Identifier: MPL-2.0 */
/* date and cal: times and calendars. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "apps/applet/applet.h"
#include "apps/applet/date.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

enum { OPT_RFC3339 = 256, OPT_DEBUG, OPT_RESOLUTION };

static const struct opt date_opts[] = {
	{ 'd', "date", "TEXT", "show the time that TEXT describes, not now" },
	{ OPT_DEBUG, "debug", nullptr, nullptr },
	{ 'f', "file", "FILE", "the same for each line of FILE" },
	{ 'I', "iso-8601", "[UNIT]",
	  "in the form of ISO 8601; UNIT: date, hours, minutes, seconds, ns" },
	{ OPT_RESOLUTION, "resolution", nullptr, nullptr },
	{ 'R', "rfc-email", nullptr, "in the form of mail: Mon, 14 Aug 2006 02:34:56 -0600" },
	{ OPT_RFC3339, "rfc-3339", "UNIT", "in the form of RFC 3339; UNIT: date, seconds, ns" },
	{ 'r', "reference", "FILE", "show when FILE was changed" },
	{ 's', "set", "TEXT", "set the clock" },
	{ 'u', "utc", nullptr, "in universal time" },
	{ 'u', "universal", nullptr, nullptr },
	{},
};

/* A number with GNU's flags: - no padding, _ blanks, 0 zeros; and a width. */
static void number_put(char flag, int width, int default_width, char default_pad, long long value)
{
	char pad = flag == '_' ? ' ' : flag == '0' ? '0' : default_pad;
	int w = flag == '-' ? 0 : width > 0 ? width : default_width;
	char text[32];
	int n = snprintf(text, sizeof text, "%lld", value < 0 ? -value : value);

	if (value < 0 && pad == '0')
		put_char('-');
	for (int i = n + (value < 0); i < w; i++)
		put_char(pad);
	if (value < 0 && pad != '0')
		put_char('-');
	put_string(text);
}

static void zone_put(const struct tm *tm, int colons)
{
	long offset = tm->tm_gmtoff;
	char sign = offset < 0 ? '-' : '+';

	offset = labs(offset);
	put_format(colons == 0 ? "%c%02ld%02ld" : "%c%02ld:%02ld", sign, offset / 3600,
		   offset / 60 % 60);
	if (colons == 2)
		put_format(":%02ld", offset % 60);
}

static void text_put(char flag, int width, char *text)
{
	for (char *p = text; *p != '\0'; p++) {
		if (flag == '^')
			*p = (char)toupper((unsigned char)*p);
		else if (flag == '#')
			*p = (char)(islower((unsigned char)*p) ? toupper((unsigned char)*p)
							       : tolower((unsigned char)*p));
	}
	for (int i = (int)strlen(text); i < width; i++)
		put_char(flag == '0' ? '0' : ' ');
	put_string(text);
}

static void format_put(const char *format, const struct timespec *t, const struct tm *tm);

/* One directive at p, behind the percent sign; what follows it. */
static const char *directive_put(const char *p, const struct timespec *t, const struct tm *tm)
{
	char flag = 0;
	int width = 0, colons = 0;

	while (*p != '\0' && strchr("-_0^#", *p) != nullptr)
		flag = *p++;
	while (isdigit((unsigned char)*p))
		width = width * 10 + (*p++ - '0');
	while (*p == ':')
		colons += *p++ == ':';
	p += *p == 'E' || *p == 'O';
	int hour12 = (tm->tm_hour + 11) % 12 + 1;
	switch (*p) {
	case '\0':
		put_char('%');
		return p;
	case 'd':
		number_put(flag, width, 2, '0', tm->tm_mday);
		break;
	case 'e':
		number_put(flag, width, 2, ' ', tm->tm_mday);
		break;
	case 'H':
		number_put(flag, width, 2, '0', tm->tm_hour);
		break;
	case 'k':
		number_put(flag, width, 2, ' ', tm->tm_hour);
		break;
	case 'I':
		number_put(flag, width, 2, '0', hour12);
		break;
	case 'l':
		number_put(flag, width, 2, ' ', hour12);
		break;
	case 'j':
		number_put(flag, width, 3, '0', tm->tm_yday + 1);
		break;
	case 'm':
		number_put(flag, width, 2, '0', tm->tm_mon + 1);
		break;
	case 'M':
		number_put(flag, width, 2, '0', tm->tm_min);
		break;
	case 'S':
		number_put(flag, width, 2, '0', tm->tm_sec);
		break;
	case 'q':
		number_put(flag, width, 1, '0', tm->tm_mon / 3 + 1);
		break;
	case 's':
		number_put(flag, width, 1, '0', t->tv_sec);
		break;
	case 'C':
		number_put(flag, width, 2, '0', (tm->tm_year + 1900ll) / 100);
		break;
	case 'y':
		number_put(flag, width, 2, '0', (tm->tm_year + 1900ll) % 100);
		break;
	case 'Y':
		number_put(flag, width, 4, '0', tm->tm_year + 1900ll);
		break;
	case 'w':
		number_put(flag, width, 1, '0', tm->tm_wday);
		break;
	case 'u':
		number_put(flag, width, 1, '0', (tm->tm_wday + 6) % 7 + 1);
		break;
	case 'z':
		zone_put(tm, colons);
		break;
	case 'N': {
		char digits[10];
		snprintf(digits, sizeof digits, "%09ld", t->tv_nsec);
		if (width > 0 && width < 9)
			digits[width] = '\0';
		put_string(digits);
		break;
	}
	case 'P':
		put_string(tm->tm_hour < 12 ? "am" : "pm");
		break;
	case 'D':
		format_put("%m/%d/%y", t, tm);
		break;
	case 'F':
		format_put("%Y-%m-%d", t, tm);
		break;
	case 'R':
		format_put("%H:%M", t, tm);
		break;
	case 'T':
		format_put("%H:%M:%S", t, tm);
		break;
	case 'n':
		put_char('\n');
		break;
	case 't':
		put_char('\t');
		break;
	case '%':
		put_char('%');
		break;
	default: {
		char spec[] = { '%', *p, '\0' }, text[256] = "";
		if (strchr("aAbBcghGprUVWxXZ", *p) == nullptr) {
			put_format("%%%c", *p);
			break;
		}
		strftime(text, sizeof text, spec, tm);
		text_put(flag, width, text);
	}
	}
	return p + 1;
}

static void format_put(const char *format, const struct timespec *t, const struct tm *tm)
{
	for (const char *p = format; *p != '\0';) {
		if (*p == '%')
			p = directive_put(p + 1, t, tm);
		else
			put_char(*p++);
	}
}

static void time_show(const char *format, const struct timespec *t)
{
	struct tm tm;

	if (localtime_r(&t->tv_sec, &tm) == nullptr)
		err_fatal("time %lld is out of range", (long long)t->tv_sec);
	format_put(format, t, &tm);
	put_char('\n');
}

static const char *iso_format(const char *unit, char separator)
{
	static const char *const units[] = { "date", "hours", "minutes", "seconds", "ns" };
	static const char *const iso[] = { "%Y-%m-%d", "%Y-%m-%dT%H%:z", "%Y-%m-%dT%H:%M%:z",
					   "%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%dT%H:%M:%S,%N%:z" };
	static const char *const rfc[] = { "%Y-%m-%d", nullptr, nullptr, "%Y-%m-%d %H:%M:%S%:z",
					   "%Y-%m-%d %H:%M:%S.%N%:z" };

	for (int i = 0; i < 5; i++) {
		const char *f = (separator == 'T' ? iso : rfc)[i];
		if (*unit != '\0' && strncmp(units[i], unit, strlen(unit)) == 0 && f != nullptr)
			return f;
	}
	opt_usage_error("invalid argument '%s' for '%s'", unit,
			separator == 'T' ? "--iso-8601" : "--rfc-3339");
}

static int dates_show(const char *path, const char *format, struct timespec now)
{
	struct timespec t;
	struct in in;
	char *line;
	size_t len;
	int status = 0;

	if (!in_open(&in, path))
		return 1;
	while (in_line(&in, '\n', &line, &len)) {
		char *text = mem_dup_bytes(line, len - (line[len - 1] == '\n'));
		if (date_parse(text, now, &t)) {
			time_show(format, &t);
		} else {
			err_warn("invalid date '%s'", text);
			status = 1;
		}
		mem_free(text);
	}
	in_close(&in);
	return status;
}

static int date_main(int argc, char **argv)
{
	const char *text = nullptr, *file = nullptr, *reference = nullptr, *set = nullptr,
		   *format = nullptr;
	struct timespec now, t;
	struct opt_state s;
	struct stat st;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'd')
			text = s.arg;
		if (o == 'f')
			file = s.arg;
		if (o == 'I')
			format = iso_format(s.arg != nullptr ? s.arg : "date", 'T');
		if (o == OPT_RFC3339)
			format = iso_format(s.arg, ' ');
		if (o == 'R')
			format = "%a, %d %b %Y %H:%M:%S %z";
		if (o == 'r')
			reference = s.arg;
		if (o == 's')
			set = s.arg;
		if (o == 'u')
			setenv("TZ", "UTC0", 1);
	}
	tzset();
	clock_gettime(CLOCK_REALTIME, &now);
	t = now;
	int first = s.index;
	if (first < argc && argv[first][0] == '+')
		format = argv[first++] + 1;
	else if (first < argc && text == nullptr && file == nullptr && reference == nullptr) {
		if (!date_parse_digits(argv[first], false, &t))
			err_fatal("invalid date '%s'", argv[first]);
		set = argv[first++];
	} else if (set != nullptr && !date_parse(set, now, &t)) {
		err_fatal("invalid date '%s'", set);
	}
	if (first < argc)
		opt_extra_operand(argv[first]);
	if (set != nullptr && clock_settime(CLOCK_REALTIME, &t) != 0)
		err_warn_errno("cannot set date");
	if (format == nullptr)
		format = "%a %b %e %H:%M:%S %Z %Y";
	if (file != nullptr)
		return dates_show(file, format, now);
	if (reference != nullptr) {
		if (stat(reference, &st) != 0)
			err_fatal_errno("%s", reference);
		t = st.st_mtim;
	}
	if (text != nullptr && !date_parse(text, now, &t))
		err_fatal("invalid date '%s'", text);
	time_show(format, &t);
	return err_count != 0;
}

APPLET(date, .usage = "[OPTION]... [+FORMAT]\n[-u] [MMDDhhmm[[CC]YY][.ss]]",
       .summary = "Show the time as FORMAT says, or set it.", .opts = date_opts);

static const struct opt cal_opts[] = {
	{ '1', "one", nullptr, "one month (default)" },
	{ '3', "three", nullptr, "the month before and after, too" },
	{ 'm', "monday", nullptr, "weeks start on Monday" },
	{ 's', "sunday", nullptr, "weeks start on Sunday (default)" },
	{ 'y', "year", nullptr, "the whole year" },
	{},
};

static bool is_leap(long year)
{
	return year <= 1752 ? year % 4 == 0 : (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(long year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year));
}

/* The day of the week of the first of a month; before September 1752 by the Julian calendar. */
static int first_day(long year, int month)
{
	static const int shifts[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
	bool julian = year < 1752 || (year == 1752 && month <= 8);
	long y = month < 2 ? year - 1 : year;

	if (julian)
		return (int)((y + y / 4 + shifts[month] + 1 + 5) % 7);
	return (int)((y + y / 4 - y / 100 + y / 400 + shifts[month] + 1) % 7);
}

/* Six weeks of twenty columns each. */
static void weeks_make(char weeks[6][21], long year, int month, int week_start)
{
	int column = (first_day(year, month) - week_start + 7) % 7, row = 0;

	for (int i = 0; i < 6; i++)
		snprintf(weeks[i], 21, "%20s", "");
	for (int day = 1; day <= month_days(year, month); day++) {
		if (year == 1752 && month == 8 && day == 3)
			day = 14; /* the days that Britain left out */
		char text[4];
		snprintf(text, sizeof text, "%2d", day);
		memcpy(weeks[row] + column * 3, text, 2);
		row += column == 6;
		column = (column + 1) % 7;
	}
}

static void centered_put(const char *text, int width)
{
	int n = (int)strlen(text), left = (width - n) / 2;

	put_format("%*s%s%*s", left, "", text, width - n - left, "");
}

/* `count` months side by side. */
static void months_show(long year, int month, int count, int week_start, bool with_year)
{
	static const char *const names[] = { "January",   "February", "March",    "April",
					     "May",       "June",     "July",     "August",
					     "September", "October",  "November", "December" };
	char weeks[3][6][21];

	for (int i = 0; i < count; i++) {
		long y = year + (month + i) / 12;
		char title[32];
		int m = (month + i) % 12;
		weeks_make(weeks[i], y, m, week_start);
		snprintf(title, sizeof title, with_year ? "%s %ld" : "%s", names[m], y);
		centered_put(title, 20);
		put_string("  ");
	}
	put_char('\n');
	for (int i = 0; i < count; i++)
		put_format("%s  ", week_start ? "Mo Tu We Th Fr Sa Su" : "Su Mo Tu We Th Fr Sa");
	put_char('\n');
	for (int row = 0; row < 6; row++) {
		for (int i = 0; i < count; i++)
			put_format("%s  ", weeks[i][row]);
		put_char('\n');
	}
}

static int cal_main(int argc, char **argv)
{
	int o, week_start = 0, count = 1;
	bool whole_year = false;
	time_t now = time(nullptr);
	struct opt_state s;
	struct tm tm;

	localtime_r(&now, &tm);
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'm' || o == 's')
			week_start = o == 'm';
		if (o == '1' || o == '3')
			count = o - '0';
		whole_year |= o == 'y';
	}
	long year = tm.tm_year + 1900;
	int month = tm.tm_mon;
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (argc - s.index >= 1)
		year = (long)num_get(argv[argc - 1], 1, 9999, "year");
	if (argc - s.index == 2)
		month = (int)num_get(argv[s.index], 1, 12, "month") - 1;
	whole_year |= argc - s.index == 1;
	if (!whole_year) {
		if (count == 3 && month-- == 0) {
			month = 11;
			year--;
		}
		months_show(year, month, count, week_start, true);
		return 0;
	}
	char title[32];
	snprintf(title, sizeof title, "%ld", year);
	centered_put(title, 64);
	put_char('\n');
	for (month = 0; month < 12; month += 3)
		months_show(year, month, 3, week_start, false);
	return 0;
}

APPLET(cal, .usage = "[OPTION]... [[MONTH] YEAR]", .summary = "Show a calendar.", .opts = cal_opts);
