/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/test/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/startup.h"
#include "kernel/frame.h"
#include "kernel/sched.h"

static struct thread *the_driver;
static struct startup *startup;

static void nothing_runs(void)
{
	fprintf(stderr, "nothing can run, not even the driver\n");
	abort();
}

void fixture_start(void)
{
	static char block[PAGE_SIZE];

	if (the_driver != nullptr)
		return;
	machine.on_idle = nothing_runs;
	machine_start(64 << 20);
	the_driver = machine_thread();
	vaddr at = the_driver->context.arguments[0];

	/* Low, so that whatever a test makes runs first. */
	if (CALL2(THREAD_SET_PRIORITY, 0, 1) != OK ||
	    CALL6(SPACE_MAP, 0, 0, SCRATCH, 0, SCRATCH_SIZE, MAP_READ | MAP_WRITE | MAP_FIXED) !=
		    OK)
		abort();
	/* Present from the start, so that the books do not change by the driver's own use. */
	for (vaddr page = SCRATCH; page < SCRATCH + SCRATCH_SIZE; page += PAGE_SIZE)
		put(page, "", 1);
	get(block, at, PAGE_SIZE);
	startup = (struct startup *)block;
}

struct thread *driver(void)
{
	return the_driver;
}

uint32_t startup_handle(const char *name)
{
	for (uint32_t i = 0; i < startup->capc; i++)
		if (strcmp(startup->caps[i].name, name) == 0)
			return startup->caps[i].handle;
	fprintf(stderr, "init has no %s\n", name);
	abort();
}

static struct context last; /* of whoever called, after the call */

static enum err make(enum call number)
{
	struct thread *t = machine_thread();

	object_get(&t->object); /* it may end itself */
	t->context.error = CALL_WAITS;
	machine_call(number);
	last = t->context;
	object_put(&t->object);
	return (enum err)last.error;
}

enum err call(enum call number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
	      uint64_t f)
{
	uint64_t values[6] = { a, b, c, d, e, f };

	memcpy(machine_thread()->context.arguments, values, sizeof(values));
	return make(number);
}

uint64_t word(unsigned i)
{
	return last.words[i];
}

enum err message(enum call number, uint32_t handle, uint64_t tag, uint64_t deadline)
{
	struct context *c = &machine_thread()->context;

	c->arguments[0] = handle;
	c->tag = tag;
	c->deadline = deadline;
	return make(number);
}

void put(vaddr va, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!machine_access(va + i, ACCESS_WRITE) ||
		    user_copy_out(va + i, (const char *)from + i, 1) != 1)
			abort();
}

void get(void *to, vaddr va, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!machine_access(va + i, ACCESS_READ) ||
		    user_copy_in((char *)to + i, va + i, 1) != 1)
			abort();
}

static void must(enum err e, const char *what)
{
	if (e == OK)
		return;
	fprintf(stderr, "fixture: %s: error %d\n", what, e);
	abort();
}

uint32_t actor_thread(struct actor *a, unsigned n, unsigned priority)
{
	must(CALL6(THREAD_CREATE, a->task, AREAS + n * THREAD_AREA_SIZE, 0x10000, 0, 0, priority),
	     "thread_create");
	uint32_t thread = (uint32_t)word(0);

	a->thread_object = thread_of(handle_slot(the_driver->task, thread)->object);
	must(CALL1(THREAD_RESUME, thread), "thread_resume");
	return thread;
}

struct actor actor_create(uint32_t quota, unsigned priority)
{
	struct actor a;

	put(SCRATCH, "actor", 6);
	must(CALL3(TASK_CREATE, quota, SCRATCH, 6), "task_create");
	a.task = (uint32_t)word(0);
	a.task_object = (struct task *)handle_slot(the_driver->task, a.task)->object;
	must(CALL6(SPACE_MAP, a.task, 0, SCRATCH, 0, SCRATCH_SIZE,
		   MAP_READ | MAP_WRITE | MAP_FIXED | INHERIT_COPY),
	     "space_map");
	a.thread = actor_thread(&a, 0, priority);
	return a;
}

void actor_destroy(struct actor *a)
{
	must(CALL2(TASK_KILL, a->task, 0), "task_kill");
	must(CALL1(HANDLE_CLOSE, a->task), "handle_close");
	must(CALL1(HANDLE_CLOSE, a->thread), "handle_close");
}

void reap_all(void)
{
	for (unsigned i = 0; i < 1000 && reap_wanted; i++)
		if (CALL0(THREAD_YIELD) != OK)
			abort();
}

struct books books_take(void)
{
	struct books b;

	reap_all();
	b.free = frame_count(FRAME_FREE);
	b.user = frame_count(FRAME_USER);
	b.tables = frame_count(FRAME_TABLE);
	b.objects = frame_count(FRAME_OBJECT);
	for (unsigned i = 1; i < OBJECT_TYPES; i++)
		b.live[i] = object_count((enum object_type)i);
	return b;
}

static bool same(const char *what, uint64_t a, uint64_t b)
{
	if (a != b)
		fprintf(stderr, "%s: %lu before, %lu after\n", what, a, b);
	return a == b;
}

bool books_agree(const struct books *a, const struct books *b)
{
	static const char *const names[OBJECT_TYPES] = {
		[OBJECT_TASK] = "tasks",       [OBJECT_THREAD] = "threads",
		[OBJECT_VMO] = "vmos",         [OBJECT_PORT] = "ports",
		[OBJECT_SESSION] = "sessions", [OBJECT_REPLY] = "replies",
		[OBJECT_EVENT] = "events",     [OBJECT_WAITSET] = "waitsets",
		[OBJECT_WATCH] = "watches",    [OBJECT_IRQ] = "irqs",
		[OBJECT_IOPORT] = "ioports",   [OBJECT_IOSPACE] = "iospaces",
		[OBJECT_BUDGET] = "budgets",   [OBJECT_QUOTA] = "quotas",
		[OBJECT_LEASE] = "leases",     [OBJECT_RESOURCE] = "resources",
	};
	bool good = same("user pages", a->user, b->user);

	good &= same("page tables", a->tables, b->tables);
	for (unsigned i = 1; i < OBJECT_TYPES; i++)
		good &= same(names[i], a->live[i], b->live[i]);
	return good;
}
