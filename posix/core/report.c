/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/report.h"
#include "calls.h"
#include "posix/core/call.h"
#include "posix/core/line.h"
#include "posix/core/process.h"
#include "protocol/posix.h"

static void send(const struct line_text *l)
{
	(void)posix_log(&process.posix, l->text, l->n); /* if posixd is gone there is no log */
}

void report(const char *what, const char *name, int64_t error)
{
	struct line_text l = {};

	line_add(&l, what);
	line_add(&l, " ");
	line_add(&l, name);
	if (error < 0) {
		line_add(&l, ": error ");
		line_number(&l, (uint64_t)-error);
	}
	send(&l);
}

void report_number(const char *what, uint64_t number)
{
	struct line_text l = {};

	line_add(&l, what);
	line_add(&l, " ");
	line_number(&l, number);
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
