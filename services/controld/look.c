/* SPDX-License-Identifier: MPL-2.0 */
/* The files `log` and `tasks`, and those of `caps`. */
#include <errno.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "services/controld/control.h"

int log_fill(struct text *t, const char *)
{
	static char piece[4096];
	uint64_t at = 0;
	uint32_t n;
	enum err e;

	while ((e = fut_log_read(cap_need("log"), at, piece, sizeof(piece), &at, &n)) == OK &&
	       n > 0)
		text_bytes(t, piece, n);
	return e == OK ? 0 : -EIO;
}

int tasks_fill(struct text *t, const char *)
{
	static const char *const states[] = {
		[TASK_ALIVE] = "alive", [TASK_DYING] = "dying", [TASK_DEAD] = "dead"
	};
	struct task_info i = {};
	enum err e;

	while ((e = fut_system_task(cap_need("system"), i.id, &i, sizeof(i))) == OK)
		text_add(t, "%llu %s %u %llu %llu %llu %llu %llu %.31s\n", (unsigned long long)i.id,
			 i.state <= TASK_DEAD ? states[i.state] : "?", i.nthreads,
			 (unsigned long long)i.nhandles, (unsigned long long)i.resident * 4,
			 (unsigned long long)i.cpu_ns / 1000, (unsigned long long)i.calls,
			 (unsigned long long)i.messages, i.name);
	return e == ERR_NOT_FOUND ? 0 : -EIO;
}

int caps_fill(struct text *t, const char *name)
{
	fut_handle task;
	int e = service_task(name, &task);

	if (e != 0)
		return e;
	text_handles(t, task);
	(void)fut_handle_close(task); /* ours, and open */
	return 0;
}
