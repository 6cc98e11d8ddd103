/* SPDX-License-Identifier: MPL-2.0 */
/* Processes that have more and more memory: fork, exit, mmap. */
#include "bench/growth/growth.h"
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr size_t PAGE = 4096;
constexpr int BOTH = PROT_READ | PROT_WRITE;
static unsigned npages;

static char *map(size_t pages, int protection)
{
	return mmap(nullptr, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool touch(unsigned pages)
{
	char *p = map(pages, BOTH);

	for (unsigned i = 0; p != MAP_FAILED && i < pages; i++)
		p[i * PAGE] = 1;
	return p != MAP_FAILED;
}

static bool resident(unsigned from, unsigned to)
{
	return touch(to - from);
}

static uint64_t fork_exit(void)
{
	uint64_t start = now();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	need(pid > 0 && waitpid(pid, nullptr, 0) == pid, "fork");
	return now() - start;
}

static bool remember(unsigned from, unsigned to)
{
	(void)from;
	npages = to;
	return true;
}

/* From the word to end until the parent knows; the pages are the child's own. */
static uint64_t exit_large(void)
{
	int ready[2], go[2];
	char c;

	need(pipe(ready) == 0 && pipe(go) == 0, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		bool ok = touch(npages) && write(ready[1], "", 1) == 1 && read(go[0], &c, 1) == 1;
		_exit(ok ? 0 : 1);
	}
	need(pid > 0 && read(ready[0], &c, 1) == 1, "fork");
	uint64_t start = now();
	need(write(go[1], "", 1) == 1 && waitpid(pid, nullptr, 0) == pid, "exit");
	uint64_t took = now() - start;
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	return took;
}

/* Neighbours differ, so that none are joined. */
static bool mappings(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if (map(1, i % 2 ? PROT_READ : BOTH) == MAP_FAILED)
			return false;
	return true;
}

static uint64_t map_unmap(void)
{
	uint64_t start = now();
	char *p = map(1, PROT_NONE);

	need(p != MAP_FAILED && munmap(p, PAGE) == 0, "mmap");
	return now() - start;
}

GROWTH(fork, "fork", "resident pages", resident, fork_exit);
GROWTH(exit, "exit", "resident pages", remember, exit_large);
GROWTH(mmap, "mmap", "mappings", mappings, map_unmap);
