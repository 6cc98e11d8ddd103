/* SPDX-License-Identifier: MPL-2.0 */
/*
 * growth [-m MOST] [NAME...]: prints a line `growth NAME SIZE P50` for each size, and the error's
 * name in place of P50 where there can be no more. Each operation has a process of its own, which
 * takes what it made with it.
 */
#include "bench/growth/growth.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is large takes long; a few times do, since runs repeat exactly. */
constexpr unsigned LARGE = 10'000, FEW = 3, TIMES = 51;

extern const struct growth __start_growths[], __stop_growths[];

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(const struct growth *g, unsigned n)
{
	uint64_t times[TIMES];

	g->run(); /* warm */
	for (unsigned i = 0; i < n; i++)
		times[i] = g->run();
	qsort(times, n, sizeof(times[0]), by_value);
	return times[n / 2];
}

static void measure(const struct growth *g, unsigned most)
{
	for (unsigned size = 1, had = 0; size <= most; size *= 10) {
		if (!g->grow(had, size)) {
			printf("growth %s %u %s\n", g->name, size, strerrorname_np(errno));
			return;
		}
		had = size;
		printf("growth %s %u %lu\n", g->name, size, median(g, size < LARGE ? TIMES : FEW));
		fflush(stdout);
	}
}

static void measure_apart(const struct growth *g, unsigned most)
{
	int status = 0;

	fflush(stdout);
	pid_t pid = fork();
	need(pid >= 0, "fork");
	if (pid == 0) {
		measure(g, most);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status != 0)
		printf("growth %s 0 failed\n", g->name);
}

static bool is_wanted(const char *name, int n, char **names)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return n == 0;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 200'000, 200'000 };
	unsigned most = 100'000;
	int option;

	while ((option = getopt(argc, argv, "m:")) != -1) {
		if (option == '?')
			return 2;
		most = (unsigned)atoi(optarg);
	}
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		perror("RLIMIT_NOFILE"); /* then there are fewer descriptors */
	for (const struct growth *g = __start_growths; g < __stop_growths; g++)
		if (is_wanted(g->name, argc - optind, argv + optind))
			measure_apart(g, most);
	return 0;
}
