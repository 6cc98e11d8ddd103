/* SPDX-License-Identifier: MPL-2.0 */
/* Processes: fork, exec, wait. */
#include "bench/linux/row.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr size_t MILLION = 1 << 20;
static char *million;

static void reap(pid_t pid)
{
	need(pid > 0 && waitpid(pid, nullptr, 0) == pid, "fork");
}

static void fork_exit(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	reap(pid);
}

static void vfork_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "nothing", nullptr);
		_exit(127);
	}
	reap(pid);
}

static void million_fill(void)
{
	million = malloc(MILLION);
	need(million != nullptr, "malloc");
	memset(million, 1, MILLION);
}

static void fork_write(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (size_t i = 0; i < MILLION; i += PAGE)
			million[i] = 2;
		_exit(0);
	}
	reap(pid);
}

static void million_free(void)
{
	free(million);
}

ROW(fork, "fork-exit-wait", "fork, exit, wait", 500, fork_exit);
ROW(exec, "vfork-exec-wait", "vfork, exec of a static program, exit, wait", 200, vfork_exec);
ROW(fork_write, "fork-write-1m", "fork, write 1 MiB in the child, exit, wait", 50, fork_write,
    .start = million_fill, .stop = million_free);
