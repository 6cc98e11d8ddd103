/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tracedump [SECONDS [MASK [SERVICE]]]: traces the system for that long (1 s, everything), and
 * prints the entries for tools/trace on the host: `trace TIME THREAD KIND CPU A B C`, numbers in
 * hexadecimal and the time in nanoseconds, between `trace begin` and `trace end`, and a line
 * `trace name TASK NAME` for each task. With SERVICE, which must not run, that is started once the
 * trace is on.
 */
#include "abi/info.h"
#include "abi/trace.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/number.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "protocol/init.h"
#include <string.h>

static void need(enum err e, const char *what)
{
	if (e != OK)
		panic("%s: %s", what, error_name(e));
}

static const struct trace_head *trace_map(fut_handle rings)
{
	uint64_t size, pages, at;
	uint32_t flags;

	need(fut_vmo_info(rings, &size, &pages, &flags), "the trace's size");
	need(fut_space_map(0, rings, 0, 0, size, MAP_READ, &at), "mapping the trace");
	return (const struct trace_head *)at;
}

/* What is called something now; a task that ended before has no name. */
static void print_names(fut_handle system)
{
	struct task_info task = {};

	while (fut_system_task(system, task.id, &task, sizeof task) == OK)
		print("trace name %llx %s\n", (unsigned long long)task.id, task.name);
}

static void print_ring(const struct trace_head *head, unsigned cpu, uint64_t from)
{
	const struct trace_entry *ring =
		(const struct trace_entry *)((const char *)head + head->first) +
		(uint64_t)cpu * head->entries;
	uint64_t next = head->next[cpu];
	uint64_t first = next - from > head->entries ? next - head->entries : from;

	if (first > from)
		print("trace lost %u %llu\n", cpu, (unsigned long long)(first - from));
	for (uint64_t i = first; i < next; i++) {
		const struct trace_entry *t = &ring[i % head->entries];
		print("trace %llx %x %x %x %llx %llx %llx\n", (unsigned long long)t->time_ns,
		      t->thread, t->kind, cpu, (unsigned long long)t->a, (unsigned long long)t->b,
		      (unsigned long long)t->c);
	}
}

static void service_start(const char *name)
{
	struct remote init = { .session = cap_need("init") };

	need(init_start(&init, name, strlen(name)), name);
}

static void trace_print(fut_handle system, uint32_t mask, uint64_t seconds, const char *service)
{
	uint64_t from[8] = {};
	fut_handle rings;

	need(fut_system_trace(system, mask, &rings), "system_trace");
	const struct trace_head *head = trace_map(rings);

	for (unsigned cpu = 0; cpu < head->ncpus; cpu++)
		from[cpu] = head->next[cpu];
	if (service != nullptr)
		service_start(service);
	enum err e = fut_thread_sleep(clock_after(seconds * SECOND));

	need(e == ERR_TIMED_OUT ? OK : e, "sleeping");
	/* Printing is not to be traced. */
	need(fut_system_trace(system, 0, &rings), "system_trace");
	print("trace begin\n");
	print_names(system);
	for (unsigned cpu = 0; cpu < head->ncpus; cpu++)
		print_ring(head, cpu, from[cpu]);
	print("trace end\n");
}

int main(int argc, char **argv)
{
	uint64_t seconds = 1, mask = UINT32_MAX;

	if (argc > 4 || (argc > 1 && number_parse(argv[1], &seconds) != OK) ||
	    (argc > 2 && number_parse(argv[2], &mask) != OK)) {
		print("usage: tracedump [SECONDS [MASK [SERVICE]]]\n");
		return 2;
	}
	trace_print(cap_need("system"), (uint32_t)mask, seconds, argc > 3 ? argv[3] : nullptr);
	return 0;
}
