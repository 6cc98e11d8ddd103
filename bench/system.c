/* SPDX-License-Identifier: MPL-2.0 */
/* Start-up and memory: figures that are read once. */
#include "bench/bench.h"

/* Under -icount a nanosecond is an instruction, and the clock starts with the kernel. */
static bool boot(void)
{
	struct task_info init = {};

	need(fut_system_task(cap_need("system"), 0, &init, sizeof(init)), "system_task");
	report_figure("boot.to_init", "from the kernel's first instruction to init's task",
		      init.start_ns, 3000000);
	return true;
}

static bool memory(void)
{
	struct system_info s = {};
	uint64_t bundle, pages;
	uint32_t size, flags;

	need(fut_system_info(cap_need("system"), &s, sizeof(s), &size), "system_info");
	need(fut_vmo_info(cap_need("bundle"), &bundle, &pages, &flags), "vmo_info");
	report_figure(
		"memory.kernel_kib", "KiB of kernel, page tables and objects, beside the bundle",
		(s.pages_kernel + s.pages_tables + s.pages_objects) * 4 - bundle / 1024, 2048);
	return true;
}

BENCH(system, boot) = { .name = "boot.to_init", .setup = boot };
BENCH(system, memory) = { .name = "memory.kernel_kib", .setup = memory };
