/* SPDX-License-Identifier: MPL-2.0 */
/* The least that a call can cost. */
#include "bench/linux/row.h"
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int zero;

static void getppid_once(void)
{
	syscall(SYS_getppid);
}

static void clock_once(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
}

static void zero_open(void)
{
	zero = open("/dev/zero", O_RDONLY);
	need(zero >= 0, "/dev/zero");
}

static void zero_read(void)
{
	need(read(zero, buffer, 1) == 1, "read /dev/zero");
}

static void zero_close(void)
{
	close(zero);
}

ROW(getppid, "getppid", "a call that does nothing", 10000, getppid_once);
ROW(clock, "clock_gettime", "the time", 10000, clock_once);
ROW(zero, "read-zero-1", "read 1 byte of /dev/zero", 10000, zero_read, .start = zero_open,
    .stop = zero_close);
