/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs the native tests: `native [PATTERN...]` those whose name contains a pattern, or all; `native
 * --list` lists them; `seconds=N` says how long those last that can go on for ever. Prints `plan
 * N`, then `ok NAME` or `not ok NAME: why` for each. A test that leaves objects or pages behind has
 * failed.
 */
#include "tests/native/runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "tests/native/test.h"

constexpr uint64_t TEST_QUOTA = 24 << 20;
constexpr uint64_t TEST_SECONDS = 120; /* catches hangs, measures nothing */
/* Memory comes back in pieces while the machine is idle: so often do we look again, so long apart.
 */
constexpr unsigned SETTLE_TRIES = 200;
constexpr uint64_t SETTLE_WAIT = MILLISECOND;

extern const struct native_test __start_native_tests[], __stop_native_tests[];
extern const struct native_role __start_native_roles[], __stop_native_roles[];

struct report *report(void)
{
	static struct report *mapped;
	uint64_t at;

	if (mapped == nullptr && cap_get("report") &&
	    fut_space_map(0, cap_get("report"), 0, 0, 4096, MAP_READ | MAP_WRITE | INHERIT_SHARE,
			  &at) == OK)
		mapped = (struct report *)at;
	return mapped;
}

const void *own_image(size_t *size)
{
	static struct cpio_file f;
	uint64_t bytes, pages, at;
	uint32_t flags;

	if (f.data == nullptr &&
	    (fut_vmo_info(cap_need("bundle"), &bytes, &pages, &flags) != OK ||
	     fut_space_map(0, cap_need("bundle"), 0, 0, bytes, MAP_READ, &at) != OK ||
	     cpio_find((const void *)at, bytes, "bin/native", &f) != OK))
		panic("cannot find bin/native in the bundle");
	*size = f.size;
	return f.data;
}

static struct system_info counters(void)
{
	struct system_info s = {};
	uint32_t size;
	enum err e = fut_system_info(cap_need("system"), &s, sizeof(s), &size);

	if (e != OK)
		panic("system_info: %s", error_name(e));
	return s;
}

/* The name of the first kind of thing of which there is more than before; nullptr if there is none.
 */
static const char *leak(const struct system_info *before, const struct system_info *after)
{
	static const char *const names[SYSTEM_TYPES] = {
		[OBJECT_TASK] = "task",       [OBJECT_THREAD] = "thread",
		[OBJECT_VMO] = "vmo",         [OBJECT_PORT] = "port",
		[OBJECT_SESSION] = "session", [OBJECT_REPLY] = "reply",
		[OBJECT_EVENT] = "event",     [OBJECT_WAITSET] = "waitset",
		[OBJECT_WATCH] = "watch",     [OBJECT_IRQ] = "irq",
		[OBJECT_IOPORT] = "ioport",   [OBJECT_IOSPACE] = "iospace",
		[OBJECT_BUDGET] = "budget",   [OBJECT_QUOTA] = "quota",
		[OBJECT_LEASE] = "lease",     [OBJECT_RESOURCE] = "resource",
	};

	for (unsigned i = 0; i < SYSTEM_TYPES; i++)
		if (after->objects[i] > before->objects[i])
			return names[i] ? names[i] : "object of an unknown type";
	if (after->pages_user > before->pages_user)
		return "user page";
	if (after->pages_tables > before->pages_tables)
		return "page table";
	/* Pools keep pages for later objects, the trace its rings: they are counted, and not lost.
	 */
	if (after->pages_free + after->pages_objects + after->pages_kernel <
	    before->pages_free + before->pages_objects + before->pages_kernel)
		return "page that is nowhere counted";
	return nullptr;
}

static const char *settle(const struct system_info *before)
{
	const char *what = nullptr;

	for (unsigned i = 0; i < SETTLE_TRIES; i++) {
		struct system_info after = counters();
		what = leak(before, &after);
		if (what == nullptr)
			return nullptr;
		(void)fut_thread_sleep(clock_after(SETTLE_WAIT)); /* a shorter sleep is no harm */
	}
	return what;
}

/* Nothing has changed, and the processors were idle nine tenths of the time: a count that rests is
 * not enough where the host may have stopped a processor in the middle of something. */
static bool was_quiet(const struct system_info *last, const struct system_info *now, uint64_t ns)
{
	for (unsigned i = 0; i < now->ncpus; i++)
		if (now->idle_ns[i] - last->idle_ns[i] < ns / 10 * 9)
			return false;
	return memcmp(now->objects, last->objects, sizeof(now->objects)) == 0;
}

/* Services still start while we do: wait until they rest. */
static void wait_for_quiet(void)
{
	struct system_info last = counters();
	uint64_t from = clock_now();

	for (unsigned still = 0, tries = 0; still < 10 && tries < 500; tries++) {
		(void)fut_thread_sleep(from + 5 * MILLISECOND); /* a shorter sleep is no harm */
		struct system_info now = counters();
		uint64_t to = clock_now();
		still = was_quiet(&last, &now, to - from) ? still + 1 : 0;
		last = now;
		from = to;
	}
}

struct attempt {
	fut_handle quota, memory, task;
	struct report *report;
	enum err error; /* of starting */
	struct task_info info;
};

/* NAME=VALUE as it stands in our environment; nullptr if it does not. */
static const char *env_string(const char *name)
{
	const char *value = env_get(name);

	return value ? value - strlen(name) - 1 : nullptr;
}

static const char *seconds; /* SECONDS=N for tests that can go on as long as one likes */

static enum err start(struct attempt *a, const char *name)
{
	const char *const argv[] = { "native", "--run", name };
	static const char *const optional[] = { "init", "regs", "irq", "ports", "dma" };
	struct startup_cap caps[SPAWN_CAPS];
	/* Which numbers the ranges among them cover. */
	static const char *const inherited[] = { "regs", "irq", "ports" };
	const char *env[sizeof(inherited) / sizeof(*inherited) + 1];
	struct spawn s = { .name = name, .argc = 3, .argv = argv, .env = env, .caps = caps };
	enum err e = fut_quota_create(cap_need("quota"), TEST_QUOTA, &a->quota);

	if (e != OK)
		return e;
	caps[s.capc++] = named("report", duplicate(a->memory, RIGHTS_ALL));
	caps[s.capc++] = named("quota", duplicate(a->quota, RIGHTS_ALL));
	caps[s.capc++] = named("system", duplicate(cap_need("system"), RIGHTS_ALL));
	caps[s.capc++] = named("log", duplicate(cap_need("log"), RIGHTS_ALL));
	caps[s.capc++] = named("bundle", duplicate(cap_need("bundle"), RIGHTS_ALL));
	for (unsigned i = 0; i < sizeof(optional) / sizeof(*optional); i++)
		if (cap_get(optional[i]))
			caps[s.capc++] =
				named(optional[i], duplicate(cap_get(optional[i]), RIGHTS_ALL));
	for (unsigned i = 0; i < sizeof(inherited) / sizeof(*inherited); i++)
		if (env_string(inherited[i]))
			env[s.envc++] = env_string(inherited[i]);
	if (seconds)
		env[s.envc++] = seconds;
	s.own_task = RIGHTS_ALL;
	s.quota = a->quota;
	s.priority = 31;
	s.image = own_image(&s.size);
	return spawn(&s, &a->task);
}

static void attempt(struct attempt *a, const char *name)
{
	memset(a->report, 0, sizeof(*a->report));
	a->quota = a->task = 0;
	a->info = (struct task_info){};
	a->error = start(a, name);
	if (a->error == OK) {
		a->error = spawn_wait(a->task, clock_after(TEST_SECONDS * SECOND), &a->info);
		(void)fut_task_kill(a->task, 1); /* ours; if it has ended this does nothing */
		if (a->error != OK)
			(void)spawn_wait(a->task, clock_after(SECOND), &a->info); /* told already */
		close_handle(a->task);
	}
	if (a->quota) {
		OKAY(fut_quota_end(a->quota)); /* helpers that hold on to each other */
		close_handle(a->quota);
	}
}

static bool judge(const struct attempt *a, const char *name, const char *leaked)
{
	const struct task_info *i = &a->info;

	if (a->error == ERR_TIMED_OUT)
		print("not ok %s: did not end within %llu s\n", name,
		      (unsigned long long)TEST_SECONDS);
	else if (a->error != OK)
		print("not ok %s: cannot be started: %s\n", name, error_name(a->error));
	else if (i->fault.kind != 0)
		print("not ok %s: ended by fault %u at %#llx, pc %#llx\n", name, i->fault.kind,
		      (unsigned long long)i->fault.address, (unsigned long long)i->fault.pc);
	else if (i->exit_code != 0 && i->exit_code != TEST_SKIPPED)
		print("not ok %s: %s (code %lld)\n", name, a->report->why, (long long)i->exit_code);
	else if (leaked)
		print("not ok %s: leaves behind: %s\n", name, leaked);
	else if (i->exit_code == TEST_SKIPPED)
		print("# %s: skipped: %s\nok %s\n", name, a->report->why, name);
	else
		print("ok %s\n", name);
	return a->error == OK && i->fault.kind == 0 && !leaked &&
	       (i->exit_code == 0 || i->exit_code == TEST_SKIPPED);
}

static bool is_wanted(const char *name, int npatterns, char **patterns)
{
	for (int i = 0; i < npatterns; i++)
		if (strstr(name, patterns[i]))
			return true;
	return npatterns == 0;
}

static int run_all(int npatterns, char **patterns)
{
	struct attempt a = { .memory = make_vmo(4096) };
	unsigned n = 0, nfailed = 0;
	uint64_t at = 0;

	OKAY(fut_space_map(0, a.memory, 0, 0, 4096, MAP_READ | MAP_WRITE, &at));
	a.report = (struct report *)at;
	for (const struct native_test *t = __start_native_tests; t < __stop_native_tests; t++)
		n += is_wanted(t->name, npatterns, patterns);
	print("plan %u\n", n);
	wait_for_quiet();
	attempt(&a, "--nothing"); /* once, so that pools and our own heap have what they keep */
	for (const struct native_test *t = __start_native_tests; t < __stop_native_tests; t++) {
		if (!is_wanted(t->name, npatterns, patterns))
			continue;
		struct system_info before = counters();
		attempt(&a, t->name);
		nfailed += !judge(&a, t->name, settle(&before));
	}
	return nfailed > 0;
}

static int run_one(const char *name)
{
	/* As threads have it that a test starts: the task's limit is above it. */
	OKAY(fut_thread_set_priority(0, THREAD_PRIORITY));
	(void)report(); /* mapped now, while that cannot disturb the test */
	for (const struct native_test *t = __start_native_tests; t < __stop_native_tests; t++)
		if (strcmp(t->name, name) == 0) {
			t->run();
			return 0;
		}
	return TEST_FAILED;
}

static int run_role(const char *name, const char *argument)
{
	for (const struct native_role *r = __start_native_roles; r < __stop_native_roles; r++)
		if (strcmp(r->name, name) == 0)
			return r->run(strtoull(argument, nullptr, 10));
	return TEST_FAILED;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--run") == 0)
		return run_one(argv[2]);
	if (argc == 4 && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2], argv[3]);
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (const struct native_test *t = __start_native_tests; t < __stop_native_tests;
		     t++)
			print("%s\n", t->name);
		return 0;
	}
	if (argc > 1 && strncmp(argv[1], "seconds=", 8) == 0) {
		static char text[32];
		snprintf(text, sizeof(text), "SECONDS=%s", argv[1] + 8);
		seconds = text;
		argc--;
		argv++;
	}
	return run_all(argc - 1, argv + 1);
}
