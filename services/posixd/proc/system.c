/* SPDX-License-Identifier: MPL-2.0 */
/* What /proc says of the machine. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "posix/abi/linux.h"
#include "services/posixd/proc/proc.h"

constexpr uint64_t TICK = 10'000'000; /* ns: USER_HZ is 100 */
constexpr uint64_t KIB_PER_PAGE = 4;

bool system_ask(struct system_info *info)
{
	static fut_handle system;
	uint32_t size;

	if (system == 0)
		system = cap_get("system");
	return fut_system_info(system, info, sizeof(*info), &size) == OK;
}

/* What this world's processes may use, and how much of it they do. */
static void fill_meminfo(struct text *t, const struct subject *s)
{
	uint64_t total, free, pages;

	if (!world_memory(s->world, &total, &free, &pages))
		return;
	text_add(t, "MemTotal:       %8llu kB\n", (unsigned long long)(total / 1024));
	text_add(t, "MemFree:        %8llu kB\n", (unsigned long long)(free / 1024));
	text_add(t, "MemAvailable:   %8llu kB\n", (unsigned long long)(free / 1024));
	text_add(t, "Buffers:        %8u kB\nCached:         %8u kB\nSwapCached:     %8u kB\n", 0,
		 0, 0);
	text_add(t, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0, 0);
	text_add(t, "AnonPages:      %8llu kB\n", (unsigned long long)pages * KIB_PER_PAGE);
}

static void fill_uptime(struct text *t, const struct subject *s)
{
	uint64_t now = clock_now() / TICK, idle = 0;
	struct system_info i;

	(void)s;
	if (!system_ask(&i))
		return;
	for (unsigned cpu = 0; cpu < i.ncpus && cpu < 8; cpu++)
		idle += i.idle_ns[cpu] / TICK;
	text_add(t, "%llu.%02llu %llu.%02llu\n", (unsigned long long)now / 100,
		 (unsigned long long)now % 100, (unsigned long long)idle / 100,
		 (unsigned long long)idle % 100);
}

static void stat_cpu(struct text *t, const char *name, uint64_t busy, uint64_t idle)
{
	text_add(t, "%s %llu 0 0 %llu 0 0 0 0 0 0\n", name, (unsigned long long)busy,
		 (unsigned long long)idle);
}

static void fill_stat(struct text *t, const struct subject *s)
{
	const struct world *w = &s->world->core;
	uint64_t now = clock_now() / TICK, idle = 0;
	struct system_info i;
	unsigned running = 0;

	if (!system_ask(&i))
		return;
	unsigned ncpus = i.ncpus < 8 ? i.ncpus : 8;
	for (unsigned cpu = 0; cpu < ncpus; cpu++)
		idle += i.idle_ns[cpu] / TICK;
	stat_cpu(t, "cpu ", now * ncpus > idle ? now * ncpus - idle : 0, idle);
	for (unsigned cpu = 0; cpu < ncpus; cpu++) {
		char name[8] = { 'c', 'p', 'u', (char)('0' + cpu) };
		uint64_t ticks = i.idle_ns[cpu] / TICK;
		stat_cpu(t, name, now > ticks ? now - ticks : 0, ticks);
	}
	for (struct process *p = nullptr; (p = process_next(w, p ? p->pid : 0)) != nullptr;)
		running += process_letter(p) == 'R';
	text_add(t,
		 "intr %llu\nctxt %llu\nbtime %llu\nprocesses %u\nprocs_running %u\nprocs_blocked "
		 "0\n",
		 (unsigned long long)i.interrupts, (unsigned long long)i.switches,
		 (unsigned long long)((uint64_t)files_now() / SECOND - clock_now() / SECOND),
		 w->last_serial, running);
}

static void fill_loadavg(struct text *t, const struct subject *s)
{
	const struct world *w = &s->world->core;
	struct system_info i;
	unsigned running = 0;

	if (!system_ask(&i))
		return;
	load_print(t, &i);
	for (struct process *p = nullptr; (p = process_next(w, p ? p->pid : 0)) != nullptr;)
		running += process_letter(p) == 'R';
	text_add(t, "%u/%u %u\n", running, w->nprocesses, w->last_number);
}

static void fill_version(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Linux version " LINUX_RELEASE " (Futura) " LINUX_VERSION "\n");
}

static void fill_cmdline(struct text *t, const struct subject *s)
{
	const char *line = env_get("CMDLINE");

	(void)s;
	text_add(t, "%s\n", line ? line : "");
}

static void fill_filesystems(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevpts\nnodev\tramfs\n"
		    "nodev\tcontrol\nnodev\tdevtmpfs\n\tfuturafs\n");
}

static void fill_cpuinfo(struct text *t, const struct subject *s)
{
	struct system_info i;

	(void)s;
	if (!system_ask(&i))
		return;
	for (unsigned cpu = 0; cpu < i.ncpus; cpu++)
		cpu_describe(t, cpu, i.ncpus);
}

static int self_target(const struct subject *s, struct files_target *t)
{
	(void)s;
	t->number = 0;
	return FILE_JUMP_SELF;
}

static int thread_self_target(const struct subject *s, struct files_target *t)
{
	(void)s;
	t->number = 1;
	return FILE_JUMP_SELF;
}

static int text_target(struct files_target *t, const char *text)
{
	t->text = text;
	t->len = strlen(text);
	return 0;
}

static int mounts_target(const struct subject *s, struct files_target *t)
{
	(void)s;
	return text_target(t, "self/mounts");
}

static int net_target(const struct subject *s, struct files_target *t)
{
	(void)s;
	return text_target(t, "self/net");
}

/* A pid, or a thread's number. */
static const struct proc_entry *process_entry(struct subject *s, const char *name)
{
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (*end != '\0' || name[0] < '1' || name[0] > '9' || n >= PID_MAX)
		return nullptr;
	s->p = process_of(&s->world->core, (uint32_t)n);
	s->number = 0;
	return s->p ? &process_root : nullptr;
}

static uint32_t process_after(const struct subject *s, uint32_t after)
{
	const struct process *p = process_next(&s->world->core, after);

	return p ? p->pid : 0;
}

static const struct proc_names processes = {
	.find = process_entry, .next = process_after, .prefix = "", .type = S_IFDIR
};

static const struct proc_entry root_children[] = {
	{ .name = "self", .mode = S_IFLNK | 0777, .target = self_target },
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .target = thread_self_target },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .target = mounts_target },
	{ .name = "net", .mode = S_IFLNK | 0777, .target = net_target },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .fill = fill_cmdline },
	{ .name = "cpuinfo", .mode = S_IFREG | 0444, .fill = fill_cpuinfo },
	{ .name = "devices", .mode = S_IFREG | 0444, .fill = fill_devices },
	{ .name = "diskstats", .mode = S_IFREG | 0444, .fill = fill_nothing },
	{ .name = "filesystems", .mode = S_IFREG | 0444, .fill = fill_filesystems },
	{ .name = "loadavg", .mode = S_IFREG | 0444, .fill = fill_loadavg },
	{ .name = "meminfo", .mode = S_IFREG | 0444, .fill = fill_meminfo },
	{ .name = "partitions", .mode = S_IFREG | 0444, .fill = fill_partitions },
	{ .name = "stat", .mode = S_IFREG | 0444, .fill = fill_stat },
	{ .name = "swaps", .mode = S_IFREG | 0444, .fill = fill_swaps },
	{ .name = "uptime", .mode = S_IFREG | 0444, .fill = fill_uptime },
	{ .name = "version", .mode = S_IFREG | 0444, .fill = fill_version },
	{ .name = "vmstat", .mode = S_IFREG | 0444, .fill = fill_vmstat },
	{ .name = "sys", .mode = S_IFDIR | 0555, .children = sysctl_children },
	{},
};

const struct proc_entry proc_root = {
	.name = "", .mode = S_IFDIR | 0555, .children = root_children, .names = &processes
};

/* /sys: what programs count processors and disks by. */

static void fill_online(struct text *t, const struct subject *s)
{
	struct system_info i;

	(void)s;
	if (system_ask(&i))
		text_add(t, i.ncpus > 1 ? "0-%u\n" : "%u\n", i.ncpus - 1);
}

static const struct proc_entry *cpu_entry(struct subject *s, const char *name)
{
	static const struct proc_entry cpu = { .name = "", .mode = S_IFDIR | 0555 };
	struct system_info i;
	char *end;

	if (strncmp(name, "cpu", 3) != 0 || name[3] == '\0' || !system_ask(&i))
		return nullptr;
	unsigned long n = strtoul(name + 3, &end, 10);
	s->number = (uint32_t)n + 1;
	return *end == '\0' && n < i.ncpus ? &cpu : nullptr;
}

static uint32_t cpu_after(const struct subject *s, uint32_t after)
{
	struct system_info i;

	(void)s;
	return system_ask(&i) && after < i.ncpus ? after + 1 : 0;
}

static const struct proc_names cpus = {
	.find = cpu_entry, .next = cpu_after, .prefix = "cpu", .offset = 1, .type = S_IFDIR
};

static const struct proc_entry cpu_children[] = {
	{ .name = "online", .mode = S_IFREG | 0444, .fill = fill_online },
	{ .name = "possible", .mode = S_IFREG | 0444, .fill = fill_online },
	{ .name = "present", .mode = S_IFREG | 0444, .fill = fill_online },
	{},
};
static const struct proc_entry system_children[] = {
	{ .name = "cpu", .mode = S_IFDIR | 0555, .children = cpu_children, .names = &cpus },
	{},
};
static const struct proc_entry devices_children[] = {
	{ .name = "system", .mode = S_IFDIR | 0555, .children = system_children },
	{},
};
static const struct proc_entry sys_children[] = {
	{ .name = "block", .mode = S_IFDIR | 0555, .names = &disk_names },
	{ .name = "dev", .mode = S_IFDIR | 0555, .children = disk_numbers_children },
	{ .name = "devices", .mode = S_IFDIR | 0555, .children = devices_children },
	{},
};

const struct proc_entry sys_root = { .name = "", .mode = S_IFDIR | 0555, .children = sys_children };
