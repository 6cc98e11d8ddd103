/* SPDX-License-Identifier: MPL-2.0 */
/* counters: what the kernel has counted since boot, and where its memory is. */
#include "abi/info.h"
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"

static void line(const char *name, uint64_t value)
{
	print("%-22s %14llu\n", name, (unsigned long long)value);
}

static void memory(const struct system_info *s)
{
	line("KiB total", s->pages_total * 4);
	line("KiB free", s->pages_free * 4);
	line("KiB in memory objects", s->pages_user * 4);
	line("KiB of page tables", s->pages_tables * 4);
	line("KiB of kernel objects", s->pages_objects * 4);
	line("KiB of the kernel", s->pages_kernel * 4);
}

static void events(const struct system_info *s)
{
	line("system calls", s->calls);
	line("messages", s->messages);
	line("messages, fast path", s->fast_messages);
	line("page faults", s->faults);
	line("interrupts", s->interrupts);
	line("context switches", s->switches);
	line("TLB shootdowns", s->shootdowns);
	line("migrations", s->migrations);
	line("kernel allocations", s->allocations);
}

static void objects(const struct system_info *s)
{
	static const char *const names[SYSTEM_TYPES] = {
		[OBJECT_TASK] = "tasks",         [OBJECT_THREAD] = "threads",
		[OBJECT_VMO] = "memory objects", [OBJECT_PORT] = "ports",
		[OBJECT_SESSION] = "sessions",   [OBJECT_REPLY] = "replies",
		[OBJECT_EVENT] = "events",       [OBJECT_WAITSET] = "waitsets",
		[OBJECT_WATCH] = "watches",      [OBJECT_IRQ] = "interrupts taken",
		[OBJECT_IOPORT] = "port ranges", [OBJECT_IOSPACE] = "DMA windows",
		[OBJECT_BUDGET] = "budgets",     [OBJECT_QUOTA] = "quotas",
		[OBJECT_LEASE] = "leases",       [OBJECT_RESOURCE] = "resources",
	};

	for (unsigned i = 0; i < SYSTEM_TYPES; i++)
		if (names[i])
			line(names[i], s->objects[i]);
}

int main(void)
{
	struct system_info s = {};
	uint32_t size;
	enum err e = fut_system_info(cap_need("system"), &s, sizeof(s), &size);

	if (e != OK)
		panic("system_info: %s", error_name(e));
	line("ms since boot", s.now_ns / MILLISECOND);
	line("CPUs", s.ncpus);
	for (unsigned i = 0; i < s.ncpus && i < 8; i++)
		print("%-20s %u %14llu\n", "idle ms, CPU", i,
		      (unsigned long long)(s.idle_ns[i] / MILLISECOND));
	memory(&s);
	events(&s);
	objects(&s);
	return 0;
}
