/* SPDX-License-Identifier: MPL-2.0 */
/* task_clone, the clone's exit, and the end of the last trace of it. */
#include "bench/bench.h"

constexpr uint64_t PAGE = 4096;
constexpr uint64_t MIB = 1 << 20;

static uint64_t at, size;

static bool setup(uint64_t nbytes)
{
	size = nbytes;
	need(fut_space_map(0, 0, 0, 0, size, MAP_READ | MAP_WRITE | INHERIT_COPY, &at), "map");
	for (uint64_t i = 0; i < size; i += PAGE)
		*(volatile char *)(at + i) = 1;
	return true;
}

static bool setup_1m(void)
{
	return setup(MIB);
}

static bool setup_1g(void)
{
	return setup(1024 * MIB);
}

static void done(void)
{
	need(fut_space_unmap(0, at, size), "unmap");
}

static uint64_t clone(void)
{
	fut_handle task;
	uint32_t copy;
	uint64_t signals;

	need(fut_task_clone(0, &task, &copy), "clone");
	if (copy)
		exit(0);
	need(fut_wait(task, SIGNAL_DEAD, 0, TIME_NEVER, &signals), "wait");
	need(fut_handle_close(task), "close");
	return 0;
}

BENCH(task, clone_1m) = {
	"task.clone_1_mib", "task_clone, exit, reap with 1 MiB resident", 25000, setup_1m, clone,
	.done = done
};
BENCH(task, clone_1m_again) = { "task.clone_1_mib_large",
				"the same, to compare with the next",
				25000,
				setup_1m,
				clone,
				.done = done,
				.is_large = true };
BENCH(task, clone_1g) = { "task.clone_1_gib",
			  "the same with 1 GiB (at most 1.2 times as much)",
			  30000,
			  setup_1g,
			  clone,
			  .done = done,
			  .is_large = true };
