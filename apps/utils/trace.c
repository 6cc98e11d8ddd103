/* SPDX-License-Identifier: MPL-2.0 */
/* trace: what Futura's kernel does while a command runs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "abi/trace.h"
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/command.h"
#include "apps/utils/control.h"

static const struct opt trace_opts[] = {
	{ 'k', "kinds", "LIST", "trace only these kinds, with commas between" },
	{ 's', "seconds", "N", "trace for N seconds; default 1, or until COMMAND ends" },
	{ 'o', "output", "FILE", "write the trace as it is, for tools/trace" },
	{},
};

/* By enum trace_kind. */
static const char *const kinds[] = { "call",   "return", "send",   "answer", "fault",
				     "switch", "irq",    "upcall", "wake",   "task" };
constexpr unsigned KINDS = sizeof(kinds) / sizeof(*kinds);

/* What calls and messages are called: made from abi/ and protocol/. */
static const struct method {
	uint16_t protocol, number;
	const char *name;
} methods[] = {
#include <trace_names.h>
};

struct name {
	uint64_t id;
	const char *text;
};

/* What tasks are called, and whose threads are; by their numbers. */
static struct name *names;
static size_t nnames;
static struct owner {
	uint32_t thread;
	uint64_t task;
} *owners;
static size_t nowners, owners_room;

static uint32_t kinds_parse(char *list)
{
	uint32_t mask = 0;

	for (char *word = strtok(list, ","); word != nullptr; word = strtok(nullptr, ",")) {
		unsigned i = 0;
		while (i < KINDS && strcmp(kinds[i], word) != 0)
			i++;
		if (i == KINDS)
			opt_usage_error("unknown kind '%s'", word);
		mask |= 1u << i;
	}
	return mask;
}

static void mask_set(uint32_t mask)
{
	char line[16];

	snprintf(line, sizeof line, "%#x\n", mask);
	if (!control_write("trace", line))
		err_fatal_errno("cannot trace");
}

/* The text stays: names point into it. */
static void names_read(void)
{
	char *text = control_read("tasks", nullptr), *line;
	size_t capacity = 0;

	while ((line = control_line(&text)) != nullptr) {
		char *name = line;
		for (int i = 0; i < 8 && name != nullptr; i++) {
			name = strchr(name, ' ');
			name = name != nullptr ? name + 1 : nullptr;
		}
		if (name == nullptr)
			continue;
		names = mem_room(names, nnames, &capacity, sizeof *names);
		names[nnames++] = (struct name){ strtoull(line, nullptr, 10), name };
	}
}

static const char *task_name(uint64_t id)
{
	for (size_t i = 0; i < nnames; i++)
		if (names[i].id == id)
			return names[i].text;
	return "";
}

static const char *method_name(uint64_t protocol, uint64_t number)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (methods[i].protocol == protocol && methods[i].number == number)
			return methods[i].name;
	return "?";
}

/* A message's tag has its protocol and method in its low words (abi/message.h). */
static const char *tag_name(uint64_t tag)
{
	return method_name(tag >> 16 & 0xffff, tag & 0xffff);
}

static void put_detail(const struct trace_entry *e)
{
	static const char *const steps[] = { "?", "made", "cloned", "killed", "gone" };
	int64_t error = (int64_t)e->b;

	switch (e->kind) {
	case TRACE_CALL:
		put_format("%s(%#" PRIx64 ", %#" PRIx64 ")", method_name(0, e->a), e->b, e->c);
		return;
	case TRACE_RETURN:
		put_format("%s -> %s %" PRId64, method_name(0, e->a),
			   error < 0   ? "error"
			   : error > 0 ? "waits"
				       : "ok",
			   error < 0 ? -error : 0);
		return;
	case TRACE_SEND:
		put_format("%s to thread %" PRIu64 ", word 0 %#" PRIx64, tag_name(e->a), e->b,
			   e->c);
		return;
	case TRACE_ANSWER:
		put_format("to thread %" PRIu64 ", word 0 %#" PRIx64, e->b, e->c);
		return;
	case TRACE_FAULT:
		put_format("at %#" PRIx64 ", pc %#" PRIx64, e->a, e->c);
		return;
	case TRACE_SWITCH:
		put_format("to thread %" PRIu64 " of %s", e->b, task_name(e->c >> 8));
		return;
	case TRACE_IRQ:
		put_format("line %" PRIu64, e->a);
		return;
	case TRACE_UPCALL:
		put_format("reason %" PRIu64 ", pc %#" PRIx64, e->a, e->b);
		return;
	case TRACE_WAKE:
		put_format("thread %" PRIu64 " on CPU %" PRIu64, e->a, e->b);
		return;
	case TRACE_TASK:
		put_format("%" PRIu64 " %s", e->a, e->b < 5 ? steps[e->b] : "?");
		return;
	default:
		put_format("%#" PRIx64 " %#" PRIx64 " %#" PRIx64, e->a, e->b, e->c);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct trace_entry *const *x = a, *const *y = b;

	return (*x)->time_ns<(*y)->time_ns ? -1 : (*x)->time_ns>(*y)->time_ns;
}

static uint64_t owner_find(uint32_t thread)
{
	for (size_t i = 0; i < nowners; i++)
		if (owners[i].thread == thread)
			return owners[i].task;
	return 0;
}

/* A switch to a thread tells whose it is. */
static void owner_learn(const struct trace_entry *e)
{
	if (e->kind != TRACE_SWITCH || owner_find((uint32_t)e->b) != 0)
		return;
	owners = mem_room(owners, nowners, &owners_room, sizeof *owners);
	owners[nowners++] = (struct owner){ (uint32_t)e->b, e->c >> 8 };
}

/* The entries of one CPU since `from`; how many. */
static size_t ring_take(const struct trace_head *head, unsigned cpu, uint64_t from,
			const struct trace_entry **entries)
{
	const struct trace_entry *ring =
		(const struct trace_entry *)((const char *)head + head->first) +
		(size_t)cpu * head->entries;
	uint64_t next = head->next[cpu];
	uint64_t first = next - from > head->entries ? next - head->entries : from;
	size_t n = 0;

	if (first > from)
		err_warn("CPU %u: the first %" PRIu64 " events are lost: the ring holds %u", cpu,
			 first - from, head->entries);
	for (uint64_t i = first; i < next; i++) {
		entries[n] = &ring[i % head->entries];
		owner_learn(entries[n++]);
	}
	return n;
}

static void entry_put(const struct trace_entry *e, uint64_t began)
{
	uint64_t ns = e->time_ns - began;

	put_format("%8" PRIu64 ".%03u %3u %6u %-16s %-7s ", ns / 1000, (unsigned)(ns % 1000),
		   e->cpu, e->thread, task_name(owner_find(e->thread)),
		   e->kind < KINDS ? kinds[e->kind] : "?");
	put_detail(e);
	put_char('\n');
}

/* Those of the kinds in `mask`. */
static void show(const struct trace_head *head, const uint64_t *from, uint32_t mask)
{
	const struct trace_entry **entries =
		mem_alloc(((size_t)head->ncpus * head->entries + 1) * sizeof *entries);
	size_t n = 0;

	names_read();
	for (unsigned cpu = 0; cpu < head->ncpus; cpu++)
		n += ring_take(head, cpu, from[cpu], entries + n);
	qsort(entries, n, sizeof *entries, by_time);
	put_format("%12s %3s %6s %-16s %-7s %s\n", "MICROSECONDS", "CPU", "THREAD", "TASK", "EVENT",
		   "WHAT");
	for (size_t i = 0; i < n; i++)
		if (mask & 1u << entries[i]->kind)
			entry_put(entries[i], entries[0]->time_ns);
}

static void save(const char *path, const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	if (f == nullptr || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		err_fatal_errno("%s", path);
}

/* The trace as it is now; ends the applet if it is none. */
static const struct trace_head *trace_take(size_t *n)
{
	const struct trace_head *head = (const struct trace_head *)control_read("trace", n);

	if (*n < sizeof *head || head->magic != TRACE_MAGIC || head->ncpus > 8 ||
	    head->first + (uint64_t)head->ncpus * head->entries * sizeof(struct trace_entry) > *n)
		err_fatal("the system's trace is not in a form that is known here");
	return head;
}

static int trace_main(int argc, char **argv)
{
	uint32_t mask = UINT32_MAX;
	uint64_t from[8];
	const char *output = nullptr;
	struct timespec time = { .tv_sec = 1 };
	struct opt_state s;
	size_t n;
	int o, status = 0;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'k')
			mask = kinds_parse(mem_dup(s.arg));
		if (o == 's' && !num_duration(s.arg, &time))
			opt_usage_error("invalid time '%s'", s.arg);
		if (o == 'o')
			output = s.arg;
	}
	mask_set(0); /* makes the rings, if nobody has traced yet */
	memcpy(from, trace_take(&n)->next, sizeof from);
	mask_set(mask | 1u << TRACE_SWITCH); /* without switches nobody knows whose threads are */
	if (s.index < argc)
		status = command_wait(command_start(argv + s.index));
	else
		nanosleep(&time, nullptr);
	mask_set(0); /* what reads it is not to be traced */
	const struct trace_head *head = trace_take(&n);
	if (output != nullptr)
		save(output, (const char *)head, n);
	else
		show(head, from, mask);
	return status;
}

APPLET(trace, .usage = "[OPTION]... [COMMAND [ARG]...]",
       .summary = "Show what a Futura kernel does while COMMAND runs.",
       .details = "Kinds are: call return send answer fault switch irq upcall wake task. Each "
		  "processor keeps its newest events only.",
       .opts = trace_opts);
