/* SPDX-License-Identifier: MPL-2.0 */
/* Folders with more and more files, processes with more and more descriptors. */
#include "bench/growth/growth.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/tmp/growth"

static unsigned nfiles;
static int last;

static const char *name_of(unsigned i)
{
	static char name[64];

	snprintf(name, sizeof(name), FOLDER "/file-%u", i);
	return name;
}

static bool files(unsigned from, unsigned to)
{
	mkdir(FOLDER, 0700); /* there from the last size, or from the other operation */
	for (unsigned i = from; i < to; i++) {
		int fd = open(name_of(i), O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			return false;
		close(fd);
	}
	nfiles = to;
	return true;
}

static uint64_t lookup(void)
{
	struct stat st;
	const char *name = name_of(nfiles / 2);
	uint64_t start = now();

	need(stat(name, &st) == 0, name);
	return now() - start;
}

static bool descriptors(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if ((last = eventfd(0, EFD_NONBLOCK)) < 0)
			return false;
	return true;
}

static uint64_t open_close(void)
{
	uint64_t start = now();
	int fd = open("/dev/null", O_RDONLY);

	need(fd >= 0, "/dev/null");
	close(fd);
	return now() - start;
}

/* The last one made, which has the highest number. */
static uint64_t handle(void)
{
	uint64_t value = 1, start = now();

	need(write(last, &value, sizeof(value)) == sizeof(value) &&
		     read(last, &value, sizeof(value)) == sizeof(value),
	     "eventfd");
	return now() - start;
}

GROWTH(lookup, "lookup", "files in the folder", files, lookup);
GROWTH(open, "open", "open descriptors", descriptors, open_close);
GROWTH(handle, "handle", "open descriptors", descriptors, handle);
