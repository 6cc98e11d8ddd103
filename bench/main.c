/* SPDX-License-Identifier: MPL-2.0 */
/* bench [large] [PATTERN...]: runs the benchmarks and prints a table, then a line each for
 * programs. */
#include "bench/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/spawn.h"

constexpr uint32_t RESULTS = 64;
constexpr uint32_t OWN_PRIORITY = 32;

extern const struct bench __start_benches[], __stop_benches[];
extern const struct bench_role __start_bench_roles[], __stop_bench_roles[];

/* Instructions, of one operation. */
struct result {
	const char *name;
	uint64_t p50, p90, p99, max, reps, reach;
};

static struct result results[RESULTS];
static unsigned nresults, nmissed;
static uint64_t samples[REPS];

void failed(enum err e, const char *what)
{
	panic("%s: %s", what, error_name(e));
}

struct startup_cap named(const char *name, fut_handle h)
{
	struct startup_cap c = { .handle = h };

	strncpy(c.name, name, sizeof(c.name) - 1);
	return c;
}

static const void *own_image(size_t *size)
{
	static struct cpio_file f;
	uint64_t bytes, pages, at;
	uint32_t flags;

	if (f.data == nullptr) {
		need(fut_vmo_info(cap_need("bundle"), &bytes, &pages, &flags), "bundle");
		need(fut_space_map(0, cap_need("bundle"), 0, 0, bytes, MAP_READ, &at), "bundle");
		need(cpio_find((const void *)at, bytes, "bin/bench", &f), "bin/bench");
	}
	*size = f.size;
	return f.data;
}

fut_handle helper_start(const char *role, uint32_t priority, unsigned capc,
			const struct startup_cap *caps)
{
	const char *const argv[] = { "bench", "--role", role };
	struct spawn s = { .name = role,
			   .quota = cap_need("quota"),
			   .priority = priority,
			   .argc = 3,
			   .argv = argv,
			   .capc = capc,
			   .caps = caps };
	fut_handle task;

	s.image = own_image(&s.size);
	need(spawn(&s, &task), role);
	return task;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t nothing(void)
{
	return 0;
}

/* Ticks of a batch of operations. */
static uint64_t batch(const struct bench *b)
{
	uint64_t span = 0, start = measure();

	for (uint32_t i = 0; i < BATCH; i++)
		span += b->run();
	return b->is_span ? span : measure() - start;
}

/* Fill `samples`, in ticks of a batch; returns how many. */
static uint32_t sample(const struct bench *b)
{
	uint32_t reps = b->reps ? b->reps : REPS, n = (reps + BATCH - 1) / BATCH;

	for (uint32_t i = 0; i < WARM_UP / BATCH + 1; i++)
		(void)batch(b);
	for (uint32_t i = 0; i < n; i++)
		samples[i] = batch(b);
	qsort(samples, n, sizeof(*samples), ascending);
	return n;
}

/* What an empty operation costs, in ticks of a batch: the least ever seen. */
static uint64_t overhead(void)
{
	static const struct bench empty = { .run = nothing };

	sample(&empty);
	return samples[0];
}

static uint64_t instructions(uint64_t ticks, uint64_t own, const struct bench *b)
{
	uint64_t per = (uint64_t)BATCH * (b->per ? b->per : 1);

	return ticks < own ? 0 : ((ticks - own) * INSTRUCTIONS_PER_TICK + per / 2) / per;
}

static void table_line(const struct result *r, const char *what)
{
	bool missed = r->reach != 0 && r->p50 >= r->reach;
	char reach[24] = "-";

	if (r->reach)
		snprintf(reach, sizeof(reach), "%llu", (unsigned long long)r->reach);
	nmissed += missed;
	print("%-24s %9llu %9llu %9llu %9llu %9s %-5s %s\n", r->name, (unsigned long long)r->p50,
	      (unsigned long long)r->p90, (unsigned long long)r->p99, (unsigned long long)r->max,
	      reach,
	      missed     ? "OVER"
	      : r->reach ? "ok"
			 : "",
	      what);
}

static void add(struct result r, const char *what)
{
	if (nresults < RESULTS)
		results[nresults++] = r;
	table_line(&r, what);
}

void report_figure(const char *name, const char *what, uint64_t value, uint64_t reach)
{
	add((struct result){ name, value, value, value, value, 1, reach }, what);
}

static void measure_one(const struct bench *b, uint64_t own)
{
	if (b->setup && !b->setup()) {
		print("%-24s not on this machine: %s\n", b->name, b->what);
		return;
	}
	if (b->run) {
		uint32_t n = sample(b);
		uint64_t less = b->is_span ? 0 : own;
		add((struct result){ b->name, instructions(samples[n / 2], less, b),
				     instructions(samples[n * 9 / 10], less, b),
				     instructions(samples[n * 99 / 100], less, b),
				     instructions(samples[n - 1], less, b),
				     (uint64_t)n * BATCH * (b->per ? b->per : 1), b->reach },
		    b->what);
	}
	if (b->done)
		b->done();
}

static bool is_wanted(const struct bench *b, bool large, int n, char **patterns)
{
	for (int i = 0; i < n; i++)
		if (strstr(b->name, patterns[i]))
			return true;
	return n == 0 && b->is_large == large;
}

static int run_role(const char *name)
{
	for (const struct bench_role *r = __start_bench_roles; r < __stop_bench_roles; r++)
		if (strcmp(r->name, name) == 0)
			return r->run(0);
	return 2;
}

int main(int argc, char **argv)
{
	bool large = argc > 1 && strcmp(argv[1], "large") == 0;

	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return run_role(argv[2]);
	need(fut_thread_set_priority(0, OWN_PRIORITY), "priority"); /* helpers may be above it */
	/* Services that still start would be measured too. */
	(void)fut_thread_sleep(clock_after(20 * MILLISECOND)); /* a shorter sleep is no harm */
	uint64_t own = overhead();
	print("instructions; one tick of the counter is %u, %u operations are timed together\n",
	      INSTRUCTIONS_PER_TICK, BATCH);
	print("%-24s %9s %9s %9s %9s %9s\n", "path", "p50", "p90", "p99", "max", "under");
	for (const struct bench *b = __start_benches; b < __stop_benches; b++)
		if (is_wanted(b, large, argc - 1 - large, argv + 1 + large))
			measure_one(b, own);
	for (unsigned i = 0; i < nresults; i++)
		print("bench %s p50=%llu p90=%llu p99=%llu max=%llu n=%llu under=%llu\n",
		      results[i].name, (unsigned long long)results[i].p50,
		      (unsigned long long)results[i].p90, (unsigned long long)results[i].p99,
		      (unsigned long long)results[i].max, (unsigned long long)results[i].reps,
		      (unsigned long long)results[i].reach);
	print("%u of %u figures are not under their bound\n", nmissed, nresults);
	return 0;
}
