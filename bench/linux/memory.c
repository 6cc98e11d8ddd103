/* SPDX-License-Identifier: MPL-2.0 */
/* Mappings, and what malloc makes of them. */
#include "bench/linux/row.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

constexpr unsigned PAGES = 16;
/* Above glibc's threshold: every one of these is a mapping of its own. */
constexpr size_t LARGE = 256 << 10;
constexpr unsigned BLOCKS = 64;

static void touch(volatile char *p, bool write)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (write)
			p[i * PAGE] = 1;
		else
			(void)p[i * PAGE];
	}
}

static void map_touch(void)
{
	char *p = mmap(nullptr, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	need(p != MAP_FAILED, "mmap");
	touch(p, true);
	munmap(p, PAGES * PAGE);
}

static void map_file(void)
{
	char *p = mmap(nullptr, PAGES * PAGE, PROT_READ, MAP_SHARED, data, 0);

	need(p != MAP_FAILED, "mmap");
	touch(p, false);
	munmap(p, PAGES * PAGE);
}

/* Blocks of growing size, half of them freed at once, and each written at both ends. */
static void churn(void)
{
	char *kept[BLOCKS];

	for (unsigned i = 0; i < BLOCKS; i++) {
		size_t size = i % 8 == 0 ? LARGE + i * PAGE : 16 + i * 97;
		kept[i] = malloc(size);
		char *gone = malloc(size);
		need(kept[i] != nullptr && gone != nullptr, "malloc");
		kept[i][0] = kept[i][size - 1] = gone[0] = 1;
		free(gone);
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		free(kept[i]);
}

ROW(map, "mmap-16", "map 16 pages, write each, unmap", 1000, map_touch);
ROW(map_file, "mmap-file-16", "map 16 pages of a file, read each, unmap", 1000, map_file);
ROW(churn, "malloc-churn", "128 blocks, 16 of them mappings: malloc, write, free", 500, churn);
