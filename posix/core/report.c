/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/report.h"
#include <string.h>
#include "calls.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "protocol/posix.h"

constexpr unsigned LINE = 400;

struct line {
	char text[LINE];
	size_t n;
};

static void add(struct line *l, const char *text)
{
	size_t n = strnlen(text, LINE - l->n);

	memcpy(l->text + l->n, text, n);
	l->n += n;
}

static void add_number(struct line *l, uint64_t number)
{
	char digits[24];
	unsigned at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
	} while ((number /= 10) != 0);
	add(l, digits + at);
}

static void send(const struct line *l)
{
	(void)posix_log(&process.posix, l->text, l->n); /* if posixd is gone there is no log */
}

void report(const char *what, const char *name, int64_t error)
{
	struct line l = {};

	add(&l, what);
	add(&l, " ");
	add(&l, name);
	if (error < 0) {
		add(&l, ": error ");
		add_number(&l, (uint64_t)-error);
	}
	send(&l);
}

void report_number(const char *what, uint64_t number)
{
	struct line l = {};

	add(&l, what);
	add(&l, " ");
	add_number(&l, number);
	send(&l);
}

int64_t call_unknown(uint64_t number)
{
	static _Atomic uint64_t reported[CALLS / 64 + 1];
	uint64_t bit = 1ull << number % 64;

	if (number >= CALLS) {
		report_number("unknown call", number);
		return -ENOSYS;
	}
	if ((atomic_fetch_or(&reported[number / 64], bit) & bit) == 0)
		report("call is not implemented:", call_names[number] ? call_names[number] : "?",
		       -(int64_t)number);
	return -ENOSYS;
}
