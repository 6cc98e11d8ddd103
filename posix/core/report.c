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

/* "call 250, keyctl, is not implemented", once for each; numbers that Linux does not know, once. */
int64_t call_unknown(uint64_t number)
{
	static _Atomic uint64_t reported[CALLS / 64 + 1];
	uint64_t known = number < CALLS ? number : CALLS, bit = 1ull << known % 64;
	struct line_text l = {};

	if ((atomic_fetch_or(&reported[known / 64], bit) & bit) != 0)
		return -ENOSYS;
	line_add(&l, "call ");
	line_number(&l, number);
	line_add(&l, ", ");
	line_add(&l, known < CALLS && call_names[known] ? call_names[known] : "which has no name");
	line_add(&l, ", is not implemented");
	send(&l);
	return -ENOSYS;
}
