/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The whole portable kernel under random calls by several threads of two tasks. Each error that a
 * call gives must be one that its definition names, and when the tasks are dead all books must
 * balance. It closes with the number of calls made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/grammar.h"
#include "kernel/fail.h"
#include "kernel/sched.h"
#include "kernel/test/fixture.h"

struct input {
	const uint8_t *at, *end;
};

static uint8_t byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint64_t number(struct input *in)
{
	/* clang-format off */
	static const uint64_t values[] = {
		0, 1, 2, 3, 8, 63, 64, 255, 1000, 100000, 0x100000,
		PAGE_SIZE, 2 * PAGE_SIZE, 16 * PAGE_SIZE, USER_END,
		1ull << 32, 1ull << 47, 1ull << 63, UINT32_MAX, INT64_MAX, UINT64_MAX,
	};
	/* clang-format on */
	uint8_t b = byte(in);

	if (b < sizeof(values) / sizeof(values[0]))
		return values[b];
	if (b < 128)
		return (uint64_t)(b & 15) << PAGE_SHIFT;
	return byte(in) | (uint64_t)byte(in) << (b & 63);
}

static uint64_t address(struct input *in)
{
	uint8_t b = byte(in);

	if (b < 180)
		return SCRATCH + (b & 31) * 2048;
	if (b < 200)
		return AREAS + (b & 3) * PAGE_SIZE;
	return number(in);
}

/* Mostly a handle of the task that is open, of the type that the call wants if there is one. */
static uint32_t handle(struct input *in, const struct task *task, enum object_type type)
{
	const struct handle_table *t = &task->handles;
	uint8_t b = byte(in);
	uint32_t found = 0;

	if (b >= 250)
		return (uint32_t)number(in);
	unsigned skip = b & 7;

	for (unsigned bit = CHUNK_FIRST_BIT; bit < t->end_bit && bit < 9; bit++) {
		for (uint32_t place = 1u << bit; place < 2u << bit; place++) {
			const struct slot *s = &t->places[bit][place];

			if (s->object == nullptr ||
			    (b < 200 && type != 0 && s->object->type != type))
				continue;
			found = s->number;
			if (skip-- == 0)
				return found;
		}
	}
	return found;
}

static bool is_forbidden(enum call number)
{
	/* They change what the fuzzer itself stands on. */
	return number == CALL_SYSTEM_FAIL;
}

static void check_error(const struct call_grammar *g, int64_t error)
{
	if (error == OK || error == CALL_WAITS || (error < 0 && (g->fails >> -error & 1) != 0))
		return;
	fprintf(stderr, "%s gave error %ld, which it does not name\n", g->name, error);
	abort();
}

static void fill_message(struct input *in, struct thread *t)
{
	struct context *c = &t->context;
	uint8_t b = byte(in);

	c->tag = tag_make(b & 3 ? 7 : 0, byte(in), b & 4 ? (unsigned)byte(in) * 17 : 0,
			  b & 8 ? (b >> 4) & 3 : 0, b & 64 ? 1 : 0);
	c->deadline = b & 128 ? TIME_NEVER : number(in);
	for (unsigned i = 0; i < 4; i++)
		t->control->handles[i] = handle(in, t->task, 0);
	t->control->grants[0] = (struct grant){ address(in), number(in) | (uint64_t)b << 60 };
}

static uint64_t ncalls;

static void report(void)
{
	fprintf(stderr, "%lu calls\n", ncalls);
}

static void random_call(struct input *in)
{
	constexpr size_t n = sizeof(call_grammar) / sizeof(call_grammar[0]);
	const struct call_grammar *g = &call_grammar[byte(in) % n];
	struct thread *t = machine_thread();
	uint64_t *arguments = t->context.arguments;

	if (is_forbidden(g->number))
		return;
	for (unsigned i = 0; i < 6; i++)
		arguments[i] = 0;
	for (unsigned i = 0; i < g->nargs; i++) {
		const struct call_arg *a = &g->args[i];

		switch (a->kind) {
		case ARG_NUMBER:
			arguments[a->reg] = byte(in) & 1 ? address(in) : number(in);
			break;
		case ARG_HANDLE:
		case ARG_SLOT:
			arguments[a->reg] = a->optional && (byte(in) & 3) == 0
						    ? 0
						    : handle(in, t->task, a->type);
			break;
		case ARG_IN:
		case ARG_OUT:
			arguments[a->reg] = address(in);
			arguments[a->reg + 1] = number(in);
		}
	}
	if (g->special)
		fill_message(in, t);
	object_get(&t->object);
	t->context.error = CALL_WAITS;
	if (getenv("FUZZ_TRACE") != nullptr)
		fprintf(stderr, "thread %lu: %s(%lx, %lx, %lx, %lx, %lx, %lx)\n", t->object.id,
			g->name, arguments[0], arguments[1], arguments[2], arguments[3],
			arguments[4], arguments[5]);
	ncalls++;
	machine_call(g->number);
	if (machine_thread() == t)
		check_error(g, t->context.error);
	object_put(&t->object);
}

/* The driver does what the tasks cannot do to themselves: they all wait. */
static void driver_step(struct input *in, struct actor *actors)
{
	struct actor *a = &actors[byte(in) & 1];

	switch (byte(in) % 6) {
	case 0:
		machine_advance(1 + number(in) % 1000000);
		break;
	case 1:
		(void)CALL1(THREAD_INTERRUPT, a->thread);
		break;
	case 2:
		(void)CALL1(THREAD_SUSPEND, a->thread);
		break;
	case 3:
		(void)CALL1(THREAD_RESUME, a->thread);
		break;
	case 4:
		(void)CALL3(TASK_SET_LIMITS, a->task, 40, 0);
		break;
	case 5:
		fail_countdown = byte(in);
	}
}

/* Give an actor a capability of the driver's, or a new one. */
static void give(struct actor *a, enum err e, uint32_t h)
{
	if (e != OK || CALL2(HANDLE_GIVE, a->task, h) != OK)
		abort();
}

static void give_copy(struct actor *a, const char *name)
{
	enum err e = CALL2(HANDLE_DUPLICATE, startup_handle(name), RIGHTS_ALL);

	give(a, e, (uint32_t)word(0));
}

static void equip(struct actor *a, uint32_t quota)
{
	enum err e = CALL2(VMO_CREATE, 8 * PAGE_SIZE, 0);

	give(a, e, (uint32_t)word(0));
	e = CALL2(HANDLE_DUPLICATE, quota, RIGHTS_ALL);
	give(a, e, (uint32_t)word(0));
	e = CALL2(HANDLE_DUPLICATE, a->task, RIGHTS_ALL & ~(uint32_t)RIGHT_MANAGE);
	give(a, e, (uint32_t)word(0));
	e = CALL2(HANDLE_DUPLICATE, a->thread, RIGHTS_ALL);
	give(a, e, (uint32_t)word(0));
	give_copy(a, "physical");
	give_copy(a, "irq");
	give_copy(a, "msi");
	give_copy(a, "ioport");
	give_copy(a, "iospace");
	give_copy(a, "log");
	give_copy(a, "system");
}

/* One port of the first actor's, with sessions for both. */
static void connect(struct actor *actors)
{
	enum err e = CALL0(PORT_CREATE);
	uint32_t port = (uint32_t)word(0);

	if (e != OK)
		abort();
	for (unsigned i = 0; i < 2; i++) {
		e = CALL2(SESSION_CREATE, port, 100 + i);
		give(&actors[i], e, (uint32_t)word(0));
	}
	e = CALL2(HANDLE_DUPLICATE, port, RIGHTS_ALL);
	give(&actors[1], e, (uint32_t)word(0));
	give(&actors[0], OK, port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct actor actors[2];
	static bool started;

	fixture_start();
	if (!started &&
	    (atexit(report) != 0 || CALL4(SYSTEM_TRACE, startup_handle("system"), 0, 0, 0) != OK))
		abort();
	started = true;
	struct books before = books_take();
	enum err e = CALL2(QUOTA_CREATE, startup_handle("quota"), 4 << 20);
	uint32_t quota = (uint32_t)word(0);

	if (e != OK)
		abort();
	for (unsigned i = 0; i < 2; i++) {
		actors[i] = actor_create(quota, 1);
		(void)CALL1(HANDLE_CLOSE, actor_thread(&actors[i], 1, 1));
		equip(&actors[i], quota);
	}
	connect(actors);
	while (in.at < in.end) {
		if (machine_thread() == driver()) {
			driver_step(&in, actors);
			/* Whoever can run comes first. */
			if (machine_thread() == driver() && CALL0(THREAD_YIELD) != OK)
				abort();
		} else if ((byte(&in) & 7) == 0) {
			(void)machine_access(address(&in), 1u << byte(&in) % 3);
		} else {
			random_call(&in);
		}
	}
	fail_countdown = 0;
	while (machine_thread() != driver())
		(void)CALL1(TASK_EXIT, 0);
	for (unsigned i = 0; i < 2; i++)
		actor_destroy(&actors[i]);
	if (CALL1(QUOTA_END, quota) != OK || CALL1(HANDLE_CLOSE, quota) != OK)
		abort();
	struct books after = books_take();

	if (!books_agree(&before, &after))
		abort();
	return 0;
}
