/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tracedump [SECONDS [MASK]]: traces the system for that long (1 s, everything), and prints the
 * entries for tools/trace on the host: `trace TIME THREAD KIND CPU A B C`, numbers in hexadecimal and
 * the time in nanoseconds, between `trace begin` and `trace end`.
 */
#include "abi/trace.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/number.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"

static const struct trace_head *trace_map(fut_handle rings)
{
	uint64_t size, pages, at;
	uint32_t flags;
	enum err e = fut_vmo_info(rings, &size, &pages, &flags);

	if (e == OK)
		e = fut_space_map(0, rings, 0, 0, size, MAP_READ, &at);
	if (e != OK)
		panic("cannot map the trace: %s", error_name(e));
	return (const struct trace_head *)at;
}

static void print_ring(const struct trace_head *head, unsigned cpu, const uint64_t *from)
{
	const struct trace_entry *ring =
		(const struct trace_entry *)((const char *)head + head->first) +
		(uint64_t)cpu * head->entries;
	uint64_t next = head->next[cpu];
	uint64_t first = next - *from > head->entries ? next - head->entries : *from;

	if (first > *from)
		print("trace lost %u %llu\n", cpu, (unsigned long long)(first - *from));
	for (uint64_t i = first; i < next; i++) {
		const struct trace_entry *t = &ring[i % head->entries];
		print("trace %llx %x %x %x %llx %llx %llx\n", (unsigned long long)t->time_ns,
		      t->thread, t->kind, cpu, (unsigned long long)t->a, (unsigned long long)t->b,
		      (unsigned long long)t->c);
	}
}

int main(int argc, char **argv)
{
	uint64_t seconds = 1, mask = UINT32_MAX, from[8] = {};
	fut_handle system = cap_need("system"), rings;

	if (argc > 3 || (argc > 1 && number_parse(argv[1], &seconds) != OK) ||
	    (argc > 2 && number_parse(argv[2], &mask) != OK)) {
		print("usage: tracedump [SECONDS [MASK]]\n");
		return 2;
	}
	enum err e = fut_system_trace(system, (uint32_t)mask, &rings);
	if (e != OK)
		panic("system_trace: %s", error_name(e));
	const struct trace_head *head = trace_map(rings);
	for (unsigned cpu = 0; cpu < head->ncpus; cpu++)
		from[cpu] = head->next[cpu];
	e = fut_thread_sleep(clock_after(seconds * SECOND));
	if (e == OK || e == ERR_TIMED_OUT)
		e = fut_system_trace(system, 0, &rings); /* printing is not to be traced */
	if (e != OK)
		panic("%s", error_name(e));
	print("trace begin\n");
	for (unsigned cpu = 0; cpu < head->ncpus; cpu++)
		print_ring(head, cpu, &from[cpu]);
	print("trace end\n");
	return 0;
}
