/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every call of abi/kernel.fipc with every argument wrong in every way that gen/abi/grammar.h
 * lists, all others being right. Each gives its documented error; the runner sees that nothing was
 * lost.
 */
#include <stdio.h>
#include <string.h>
#include "abi/grammar.h"
#include "lib/futura/error.h"
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;
constexpr unsigned CANDIDATES = 2;

static struct {
	/* Objects of each type that this task can have, with all the rights it can have. */
	fut_handle right[OBJECT_TYPES][CANDIDATES];
	fut_handle other; /* a task without threads, whose handles are foreign */
	fut_handle foreign, closed;
	uint64_t memory;    /* a page that can be written, and after it nothing */
	uint64_t read_only; /* a page that can be read: empty lines */
	uint64_t nothing;   /* a page that is not mapped */
} f;
static unsigned ndone, nleft_out, naddress;

static const struct call_grammar *grammar_of(enum call number)
{
	for (size_t i = 0; i < sizeof call_grammar / sizeof call_grammar[0]; i++)
		if (call_grammar[i].number == number)
			return &call_grammar[i];
	return nullptr;
}

static bool is_open(fut_handle h)
{
	uint32_t type, rights;
	uint64_t id;

	return fut_handle_info(h, &type, &rights, &id) == OK;
}

/* A number that is open in the other task only: its table is filled until one is above ours. */
static fut_handle make_foreign(void)
{
	fut_handle there = 0;

	do
		OKAY(fut_handle_give(f.other, make_event(), &there));
	while (is_open(there));
	return there;
}

static void setup_memory(void)
{
	f.memory = (uint64_t)make_memory(4 * PAGE);
	f.read_only = f.memory + 2 * PAGE;
	f.nothing = f.memory + PAGE;
	memset((void *)f.read_only, '\n', PAGE);
	OKAY(fut_space_protect(0, f.read_only, PAGE, MAP_READ));
	OKAY(fut_space_unmap(0, f.nothing, PAGE));
}

static void setup(void)
{
	fut_handle leased = 0;
	uint64_t id;

	OKAY(fut_task_create(cap_need("quota"), "other", 5, &f.other));
	f.right[OBJECT_TASK][0] = duplicate(cap_need("task"), RIGHTS_ALL);
	f.right[OBJECT_QUOTA][0] = duplicate(cap_need("quota"), RIGHTS_ALL);
	f.right[OBJECT_RESOURCE][0] = duplicate(cap_need("system"), RIGHTS_ALL);
	f.right[OBJECT_RESOURCE][1] = duplicate(cap_need("log"), RIGHTS_ALL);
	f.right[OBJECT_VMO][0] = make_vmo(2 * PAGE);
	f.right[OBJECT_PORT][0] = make_port();
	f.right[OBJECT_SESSION][0] = make_session(f.right[OBJECT_PORT][0], 1);
	f.right[OBJECT_EVENT][0] = make_event();
	OKAY(fut_task_thread(f.right[OBJECT_TASK][0], 0, &f.right[OBJECT_THREAD][0], &id));
	OKAY(fut_waitset_create(&f.right[OBJECT_WAITSET][0]));
	OKAY(fut_watch_create(f.right[OBJECT_WAITSET][0], f.right[OBJECT_EVENT][0], 1, 0, 7,
			      &f.right[OBJECT_WATCH][0]));
	OKAY(fut_budget_create(100 * MILLISECOND, 50 * MILLISECOND, &f.right[OBJECT_BUDGET][0]));
	OKAY(fut_lease_create(f.right[OBJECT_EVENT][0], RIGHT_READ, &leased,
			      &f.right[OBJECT_LEASE][0]));
	close_handle(leased);
	f.closed = make_event();
	close_handle(f.closed);
	f.foreign = make_foreign();
	setup_memory();
}

static void fini(void)
{
	for (unsigned type = 0; type < OBJECT_TYPES; type++)
		for (unsigned i = 0; i < CANDIDATES; i++)
			if (f.right[type][i] != 0)
				close_handle(f.right[type][i]);
	OKAY(fut_task_kill(f.other, 0));
	close_handle(f.other);
}

/* A handle to an object of this type with these rights; 0 if this task can have none. */
static fut_handle handle_with(enum object_type type, uint32_t rights)
{
	if (type == OBJECT_ANY)
		type = OBJECT_EVENT;
	for (unsigned i = 0; i < CANDIDATES; i++) {
		uint32_t is, has;
		uint64_t id;

		if (f.right[type][i] != 0 &&
		    fut_handle_info(f.right[type][i], &is, &has, &id) == OK &&
		    (has & rights) == rights)
			return f.right[type][i];
	}
	return 0;
}

/* A number that may be right, by what it is called. */
static uint64_t number_for(const char *name)
{
	static const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{ "size", PAGE },
		{ "bytes", PAGE },
		{ "rights", RIGHT_READ },
		{ "period", 100 * MILLISECOND },
		{ "allowance", 50 * MILLISECOND },
	};

	if (strcmp(name, "address") == 0)
		return f.memory;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].value;
	return 0;
}

/* Put an argument that is right into its registers. False: this task can have none. */
static bool fill_right(const struct call_arg *a, uint64_t *regs)
{
	switch (a->kind) {
	case ARG_HANDLE:
		regs[a->reg] = handle_with(a->type, a->rights);
		return regs[a->reg] != 0 || a->optional;
	case ARG_SLOT:
		regs[a->reg] = f.right[OBJECT_EVENT][0];
		return true;
	case ARG_IN:
	case ARG_OUT:
		regs[a->reg] = f.memory;
		regs[a->reg + 1] = a->limit < 1024 ? a->limit : 1024;
		return true;
	default:
		regs[a->reg] = number_for(a->name);
		return true;
	}
}

static fut_handle wrong_handle(const struct bad_call *b, const struct call_arg *a)
{
	fut_handle h;

	switch (b->how) {
	case BAD_NUMBER:
		return 0x7fff1234;
	case BAD_CLOSED:
		return f.closed;
	case BAD_FOREIGN:
		return f.foreign;
	case BAD_TYPE:
		h = f.right[a->type == OBJECT_VMO ? OBJECT_EVENT : OBJECT_VMO][0];
		return duplicate(h, RIGHTS_ALL);
	case BAD_RIGHT:
		h = handle_with(a->type, a->rights);
		return h != 0 ? duplicate(h, RIGHTS_ALL & ~b->right) : 0;
	default:
		return 0;
	}
}

static void fill_wrong_buffer(enum bad_how how, const struct call_arg *a, uint64_t *regs)
{
	uint64_t *address = &regs[a->reg], *size = &regs[a->reg + 1];

	switch (how) {
	case BAD_OVERFLOW:
		*address = UINT64_MAX;
		*size = 2;
		break;
	case BAD_KERNEL:
		*address = 0xffff800000000000;
		break;
	case BAD_BIG:
		*size = a->limit + 1;
		break;
	case BAD_UNMAPPED:
		*address = f.nothing;
		break;
	case BAD_READ_ONLY:
		*address = f.read_only;
		break;
	case BAD_HALF:
		*address = f.nothing - 8;
		*size = *size < 16 ? *size : 16;
		break;
	default: /* BAD_UNALIGNED; one byte is enough to read, and does not fill the log */
		*address = (a->kind == ARG_IN ? f.read_only : f.memory) + 1;
		*size = a->kind == ARG_IN ? 1 : *size;
		break;
	}
}

static bool is_documented(const struct call_grammar *g, enum err e)
{
	return e < 0 && (g->fails >> -e & 1) != 0;
}

static bool is_expected(const struct bad_call *b, const struct call_grammar *g, enum err e)
{
	if (b->exact)
		return e == b->error;
	/* What a buffer is like matters only if the call comes to touching it. */
	if (b->how == BAD_UNALIGNED)
		return e == OK || (is_documented(g, e) && e != ERR_BAD_ADDRESS);
	return e == OK || is_documented(g, e);
}

static void close_results(const struct call_grammar *g, const struct native_words *r)
{
	for (unsigned i = 0; i < g->nresults; i++)
		if (g->results[i].kind == ARG_HANDLE && r->word[i] != 0)
			close_handle((fut_handle)r->word[i]);
}

static void try_wrong(const struct bad_call *b)
{
	const struct call_grammar *g = grammar_of(b->number);
	const struct call_arg *a = &g->args[b->arg];
	struct native_words r = {};
	uint64_t regs[8] = {};
	fut_handle made = 0;

	for (unsigned i = 0; i < g->nargs; i++)
		/* Of those behind the wrong one nobody has looked at the handles yet. */
		if (!fill_right(&g->args[i], regs) && i < b->arg) {
			nleft_out++;
			return;
		}
	if (a->kind == ARG_HANDLE || a->kind == ARG_SLOT) {
		made = wrong_handle(b, a);
		regs[a->reg] = made;
		if (b->how == BAD_RIGHT && made == 0) {
			nleft_out++;
			return;
		}
	} else {
		fill_wrong_buffer(b->how, a, regs);
	}
	enum err e =
		native_call6(b->number, regs[0], regs[1], regs[2], regs[3], regs[4], regs[5], &r);
	if (!is_expected(b, g, e)) {
		char why[100];

		snprintf(why, sizeof why, "%s: `%s` wrong in way %u gave %s", g->name, a->name,
			 b->how, error_name(e));
		test_check(false, why, __FILE__, __LINE__);
	}
	if (e == OK)
		close_results(g, &r);
	if (b->how == BAD_TYPE || b->how == BAD_RIGHT)
		close_handle(made);
	naddress += e == ERR_BAD_ADDRESS;
	ndone++;
}

TEST(bad_calls, give_the_documented_errors)
{
	constexpr unsigned ROWS = sizeof bad_calls / sizeof bad_calls[0];

	setup();
	for (unsigned i = 0; i < ROWS; i++)
		try_wrong(&bad_calls[i]);
	fini();
	EQUAL(ndone + nleft_out, ROWS);
	/* Only interrupts, ports and DMA windows, of which a test has none, are left out. */
	CHECK(nleft_out * 10 < ROWS);
	CHECK(naddress > 50);
}

/* Take all that the quota has: first in pages, then in objects until no event can be made. */
static fut_handle exhaust(fut_handle *events, unsigned room, unsigned *n)
{
	fut_handle vmo = make_vmo(1ull << 32);
	uint64_t at = 0, done;

	while (fut_vmo_commit(vmo, at, (1ull << 32) - at, &done) == OK)
		at += done;
	for (*n = 0; *n < room && fut_event_create(&events[*n]) == OK;)
		++*n;
	return vmo;
}

/* Left out: the trace's rings, once made, stay with the kernel. */
static bool makes_handles(const struct call_grammar *g)
{
	if (g->number == CALL_SYSTEM_TRACE)
		return false;
	for (unsigned i = 0; i < g->nresults; i++)
		if (g->results[i].kind == ARG_HANDLE)
			return true;
	return false;
}

/* A call that wants memory, with all arguments right, when there is none. */
static enum err try_poor(const struct call_grammar *g)
{
	struct native_words r = {};
	uint64_t regs[8] = {};

	for (unsigned i = 0; i < g->nargs; i++)
		if (!fill_right(&g->args[i], regs))
			return OK;
	enum err e =
		native_call6(g->number, regs[0], regs[1], regs[2], regs[3], regs[4], regs[5], &r);
	if (e == OK && g->number == CALL_TASK_CLONE && r.word[1] == 1)
		(void)fut_task_exit(0); /* we are the clone */
	if (e != OK && !is_documented(g, e)) {
		char why[100];

		snprintf(why, sizeof why, "%s without memory gave %s", g->name, error_name(e));
		test_check(false, why, __FILE__, __LINE__);
	}
	if (e == OK)
		close_results(g, &r);
	return e;
}

TEST(bad_calls, an_exhausted_quota_is_a_documented_error)
{
	static fut_handle events[4096];
	unsigned n, nrefused = 0, nmakers = 0;

	setup();
	fut_handle vmo = exhaust(events, sizeof events / sizeof events[0], &n);

	for (size_t i = 0; i < sizeof call_grammar / sizeof call_grammar[0]; i++) {
		if (!makes_handles(&call_grammar[i]) || call_grammar[i].special)
			continue;
		nmakers++;
		nrefused += try_poor(&call_grammar[i]) == ERR_NO_MEMORY;
	}
	close_handle(vmo);
	while (n > 0)
		close_handle(events[--n]);
	/* With memory, the same calls are not refused for want of it. */
	for (size_t i = 0; i < sizeof call_grammar / sizeof call_grammar[0]; i++)
		if (makes_handles(&call_grammar[i]) && call_grammar[i].number != CALL_TASK_CLONE)
			CHECK(try_poor(&call_grammar[i]) != ERR_NO_MEMORY);
	fini();
	/* The others want hardware that a test has not, a call to keep, or a place that is free. */
	CHECK(nrefused * 2 > nmakers);
}

TEST(bad_calls, numbers_that_are_no_call_are_unsupported)
{
	struct native_words r;

	for (uint32_t number = 0; number < CALL_COUNT; number++)
		if (grammar_of((enum call)number) == nullptr)
			FAILS(native_call6((enum call)number, 1, 2, 3, 4, 5, 6, &r),
			      ERR_UNSUPPORTED);
}
