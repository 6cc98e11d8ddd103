/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel's smallest calls, and a foreign call handled in user mode. */
#include "bench/bench.h"

static fut_handle event;

void foreign_entry(void);
uint64_t foreign_call(void);

static bool setup(void)
{
	need(fut_event_create(&event), "event");
	return true;
}

static void done(void)
{
	need(fut_handle_close(event), "close");
}

static uint64_t null(void)
{
	(void)fut_null(event); /* open: it cannot fail */
	return 0;
}

static uint64_t duplicate_close(void)
{
	fut_handle copy;

	need(fut_handle_duplicate(event, RIGHTS_ALL, &copy), "duplicate");
	need(fut_handle_close(copy), "close");
	return 0;
}

static bool foreign_setup(void)
{
	need(fut_task_set_upcall(0, (uint64_t)foreign_entry, (uint64_t)foreign_entry), "upcall");
	return true;
}

static void foreign_done(void)
{
	need(fut_task_set_upcall(0, 0, 0), "upcall");
}

BENCH(call, null) = { "call.null", "null call: one handle looked up, its right checked",
		      100,         setup,
		      null,        .done = done };
BENCH(call, upcall) = { "call.foreign",      "Linux-ABI trap to the upcall entry and back",
			INSTRUCTIONS(60, 0), foreign_setup,
			foreign_call,        .done = foreign_done };
BENCH(call, duplicate_close) = { "handle.duplicate_close",
				 "duplicate and close a handle",
				 300,
				 setup,
				 duplicate_close,
				 .done = done };
