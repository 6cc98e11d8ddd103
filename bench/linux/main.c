/* SPDX-License-Identifier: MPL-2.0 */
/*
 * rows [-l] [-n TIMES] [-s] [-t] [NAME...]: measures all rows, or those named, and prints a line
 * for each. -l lists them, -n sets the most repetitions, -s prints every sample as well, -t when
 * the last repetition began and ended. As the first process of a system (rows --init ...) it mounts
 * what it needs, and turns the machine off in the end.
 */
#include "bench/linux/row.h"
#include "bench/linux/init.h"
#include <bench-arch/mark.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct row __start_rows[], __stop_rows[];

int data;
const char *self;
char buffer[64 << 10];

static struct {
	unsigned times; /* the most; 0: as each row says */
	bool samples, window;
	int nnames;
	char **names;
} options;

static void nothing(void)
{
}

static uint64_t last_start, last_end;

static uint64_t time_of(void (*run)(void))
{
	last_start = now();
	mark_begin();
	run();
	mark_end();
	last_end = now();
	return last_end - last_start;
}

/* What an empty operation costs: the least ever seen. */
static uint64_t overhead(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < 100; i++) {
		uint64_t took = time_of(nothing);
		least = took < least ? took : least;
	}
	return least;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_samples(const char *name, const uint64_t *times, unsigned n)
{
	printf("samples %s", name);
	for (unsigned i = 0; i < n; i++)
		printf(" %lu", times[i]);
	printf("\n");
}

static void print_row(const struct row *r, uint64_t *times, unsigned n)
{
	uint64_t sum = 0;

	if (options.samples)
		print_samples(r->name, times, n);
	for (unsigned i = 0; i < n; i++)
		sum += times[i];
	qsort(times, n, sizeof(*times), by_value);
	printf("row %-20s %11lu %11lu %11lu %11lu %11lu %7u\n", r->name, times[n / 2],
	       times[n * 9 / 10], times[n * 99 / 100], times[n - 1], sum / n, n);
	fflush(stdout);
}

static void measure(const struct row *r)
{
	unsigned n = r->repetitions;

	if (options.times != 0 && options.times < n)
		n = options.times;
	uint64_t least = overhead(), *times = malloc(n * sizeof(*times));

	need(times != nullptr, "malloc");
	memset(times, 0, n * sizeof(*times)); /* their pages are not to come while we measure */
	if (r->start)
		r->start();
	/* What takes long is warm after one time. */
	for (unsigned i = 0; i < (n > 10 ? n / 10 + 3 : 1); i++)
		r->run();
	mark_ready();
	for (unsigned i = 0; i < n; i++) {
		uint64_t took = time_of(r->run);
		times[i] = took > least ? took - least : 0;
	}
	if (r->stop)
		r->stop();
	if (options.window)
		printf("window %lu %lu\n", last_start, last_end);
	print_row(r, times, n);
	free(times);
}

static bool is_wanted(const char *name)
{
	for (int i = 0; i < options.nnames; i++)
		if (strcmp(options.names[i], name) == 0)
			return true;
	return options.nnames == 0;
}

static void data_open(void)
{
	data = open(FILE_NAME, O_CREAT | O_TRUNC | O_RDWR, 0600);
	need(data >= 0, FILE_NAME);
	for (size_t i = 0; i < FILE_BYTES; i += sizeof(buffer))
		need(write(data, buffer, sizeof(buffer)) == sizeof(buffer), "write");
}

static int list(void)
{
	for (const struct row *r = __start_rows; r < __stop_rows; r++)
		printf("%-20s %s\n", r->name, r->what);
	return 0;
}

/* The number after a name in one of /proc's files; 0: it is not there. */
static unsigned long proc_number(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char line[128];
	unsigned long n = 0;

	while (f != nullptr && n == 0 && fgets(line, sizeof(line), f) != nullptr)
		if (strncmp(line, name, strlen(name)) == 0)
			n = strtoul(line + strlen(name), nullptr, 10);
	if (f != nullptr)
		fclose(f);
	return n;
}

/*
 * What of the machine's memory could still be used, before anything is measured. Linux counts what
 * its caches would give up as available; Futura's /proc/meminfo tells what this world's processes
 * may use, and its free pages are the machine's.
 */
static void print_memory(void)
{
	unsigned long available = proc_number("/proc/meminfo", "MemAvailable:");
	unsigned long pages = proc_number("/proc/vmstat", "nr_free_pages");
	unsigned long free = pages * (PAGE / 1024);

	printf("memory %lu KiB available\n", free > available ? free : available);
}

static int measure_all(void)
{
	print_memory();
	data_open();
	printf("row %-20s %11s %11s %11s %11s %11s %7s\n", "name", "p50", "p90", "p99", "max",
	       "mean", "times");
	for (const struct row *r = __start_rows; r < __stop_rows; r++) {
		if (!is_wanted(r->name))
			continue;
		if (r->is_here == nullptr || r->is_here())
			measure(r);
		else
			printf("absent %s\n", r->name);
	}
	unlink(FILE_NAME);
	return 0;
}

int main(int argc, char **argv)
{
	bool is_init = argc > 1 && strcmp(argv[1], "--init") == 0;
	int status, option, lists = false;

	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	self = argv[0];
	if (is_init) {
		init_begin();
		argv++, argc--;
	}
	while ((option = getopt(argc, argv, "ln:st")) != -1) {
		if (option == '?') {
			fprintf(stderr, "usage: rows [-l] [-n TIMES] [-s] [-t] [NAME...]\n");
			return 2;
		}
		lists |= option == 'l';
		options.samples |= option == 's';
		options.window |= option == 't';
		if (option == 'n')
			options.times = (unsigned)atoi(optarg);
	}
	options.nnames = argc - optind;
	options.names = argv + optind;
	status = lists ? list() : measure_all();
	if (is_init)
		init_end();
	return status;
}
