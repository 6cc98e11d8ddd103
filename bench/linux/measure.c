/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/linux/measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}
