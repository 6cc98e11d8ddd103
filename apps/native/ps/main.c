/* SPDX-License-Identifier: MPL-2.0 */
/* ps: lists the tasks of the system, and with -s what init knows of its services. */
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "protocol/init.h"

static const char *state_name(uint32_t state)
{
	switch (state) {
	case TASK_ALIVE:
		return "alive";
	case TASK_DYING:
		return "dying";
	case TASK_DEAD:
		return "dead";
	default:
		return "?";
	}
}

static int list_tasks(void)
{
	fut_handle system = cap_need("system");
	struct task_info t = {};
	enum err e;

	print("%5s %-16s %-6s %7s %8s %9s %9s %8s %9s %9s %9s\n", "ID", "NAME", "STATE", "THREADS",
	      "HANDLES", "KIB", "MAPPED", "CPU/ms", "CALLS", "MESSAGES", "FAULTS");
	while ((e = fut_system_task(system, t.id, &t, sizeof(t))) == OK)
		print("%5llu %-16.31s %-6s %7u %8llu %9llu %9llu %8llu %9llu %9llu %9llu\n",
		      (unsigned long long)t.id, t.name, state_name(t.state), t.nthreads,
		      (unsigned long long)t.nhandles, (unsigned long long)t.resident * 4,
		      (unsigned long long)t.mapped / 1024,
		      (unsigned long long)(t.cpu_ns / MILLISECOND), (unsigned long long)t.calls,
		      (unsigned long long)t.messages, (unsigned long long)t.faults);
	return e == ERR_NOT_FOUND ? 0 : 1;
}

static int list_services(void)
{
	static const char *const states[] = { "stopped", "running", "waiting" };
	struct remote init = { .session = cap_need("init") };
	uint32_t index = 0, state, restarts;
	int64_t code;
	char name[64];
	size_t n;
	enum err e;

	print("%-16s %-8s %8s %6s\n", "SERVICE", "STATE", "RESTARTS", "CODE");
	while ((e = init_next(&init, index, &index, &state, &restarts, &code, name, sizeof(name),
			      &n)) == OK)
		print("%-16.*s %-8s %8u %6lld\n", (int)n, name, state < 3 ? states[state] : "?",
		      restarts, (long long)code);
	return e == ERR_NOT_FOUND ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-s") == 0)
		return list_services();
	if (argc > 1) {
		print("usage: ps [-s]\n");
		return 2;
	}
	return list_tasks();
}
