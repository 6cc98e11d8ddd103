/* SPDX-License-Identifier: MPL-2.0 */
/* What /proc says of one process: proc(5). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/memory.h"

constexpr uint64_t TICK = 10'000'000; /* ns: USER_HZ is 100 */
constexpr uint64_t PAGE = 4096;
constexpr size_t WORDS_MOST = 2 << 20; /* bytes of arguments and environment shown */

/* What the kernel says, and the process's memory. */
struct facts {
	struct task_info info;
	struct proc_thread thread; /* the one asked for, or the first */
	uint64_t cpu_ns;           /* of that thread or of all */
	uint64_t size;             /* of the guest's mappings, in bytes */
	uint64_t code, stack, data, locked;
	uint64_t ignored, caught, waiting; /* sets of signals */
	uint32_t umask;
	uint32_t nthreads;
};

static void facts_maps(const struct process *p, struct facts *f)
{
	uint32_t count;
	struct map_entry *maps = maps_read(p, &count);

	for (uint32_t i = 0; maps != nullptr && i < count; i++) {
		uint64_t size = maps[i].end - maps[i].start;
		f->size += size;
		if (maps[i].flags & MAP_IS_LOCKED)
			f->locked += size;
		if (maps[i].flags & MAP_IS_EXECUTABLE)
			f->code += size;
		else if (maps[i].flags & MAP_IS_STACK)
			f->stack += size;
		else if (maps[i].flags & MAP_IS_WRITABLE)
			f->data += size;
	}
	free(maps);
}

static void facts_actions(const struct process *p, const struct process_view *v, struct facts *f)
{
	struct view_action actions[SIGNALS + 1];

	if (!memory_read(p, v->actions, actions, sizeof(actions)))
		return;
	for (unsigned n = 1; n <= SIGNALS; n++) {
		f->ignored |= (uint64_t)(actions[n].handler == 1) << (n - 1);
		f->caught |= (uint64_t)(actions[n].handler > 1) << (n - 1);
	}
}

static void facts_view(const struct process *p, struct facts *f)
{
	struct process_view v;

	if (!view_read(p, &v))
		return;
	(void)memory_read(p, v.umask, &f->umask, sizeof(f->umask)); /* else it shows nothing */
	(void)memory_read(p, v.pending, &f->waiting, sizeof(f->waiting));
	facts_actions(p, &v, f);
}

static void facts_find(const struct subject *s, struct facts *f)
{
	const struct process *p = s->p;

	*f = (struct facts){ .nthreads = 1, .cpu_ns = p->usage.user_ns };
	thread_ask(s, &f->thread);
	if (!task_ask(p, &f->info))
		return;
	f->nthreads = f->info.nthreads;
	f->cpu_ns = s->number != 0 ? f->thread.cpu_ns : f->info.cpu_ns;
	facts_maps(p, f);
	facts_view(p, f);
}

char process_letter(const struct process *p)
{
	if (p->state == PROCESS_DEAD)
		return 'Z';
	if (p->is_stopped)
		return 'T';
	return threads_run(p) ? 'R' : 'S';
}

/* Of the thread asked for, or of the process. */
static char letter_of(const struct subject *s, const struct facts *f)
{
	bool of_thread = s->number != 0 && f->thread.runs_known && !s->p->is_stopped;

	return !of_thread ? process_letter(s->p) : f->thread.runs ? 'R' : 'S';
}

static uint32_t parent_pid(const struct process *p)
{
	return p->parent ? p->parent->pid : 0;
}

static void fill_stat(struct text *t, const struct subject *s)
{
	const struct process *p = s->p;
	struct facts f;

	facts_find(s, &f);
	text_add(t, "%u (%s) %c %u %u %u ", f.thread.tid, f.thread.name, letter_of(s, &f),
		 parent_pid(p), p->group->pgid, p->group->session->sid);
	text_add(t, "%u %d 0 %llu 0 0 0 ", p->group->session->terminal,
		 p->group->session->ticket ? (int)p->group->session->foreground : -1,
		 (unsigned long long)(p->state == PROCESS_DEAD ? p->usage.faults : f.info.faults));
	text_add(t, "%llu 0 %llu 0 %d %d %u 0 %llu ", (unsigned long long)(f.cpu_ns / TICK),
		 (unsigned long long)(p->children.user_ns / TICK),
		 p->rt_priority != 0 ? -1 - (int)p->rt_priority : 20 + p->nice, p->nice, f.nthreads,
		 (unsigned long long)(p->start_ns / TICK));
	text_add(t, "%llu %llu %llu 0 0 0 0 0 ", (unsigned long long)f.size,
		 (unsigned long long)f.info.resident, (unsigned long long)p->limits->soft[5]);
	text_add(t, "%llu %llu %llu %llu 0 0 0 17 0 %u %u 0 0 0 0 0 ",
		 (unsigned long long)(f.thread.pending & 0x7fffffff),
		 (unsigned long long)(f.thread.blocked & 0x7fffffff),
		 (unsigned long long)(f.ignored & 0x7fffffff),
		 (unsigned long long)(f.caught & 0x7fffffff), p->rt_priority, p->policy & 0xff);
	text_add(t, "%llu %llu %llu %llu %u\n", (unsigned long long)p->arg_start,
		 (unsigned long long)p->arg_end, (unsigned long long)p->env_start,
		 (unsigned long long)p->env_end, p->state == PROCESS_DEAD ? p->status : 0);
}

static const char *letter_word(char letter)
{
	return letter == 'R'   ? "running"
	       : letter == 'S' ? "sleeping"
	       : letter == 'T' ? "stopped"
			       : "zombie";
}

static void status_ids(struct text *t, const struct credentials *c)
{
	text_add(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	text_add(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	text_add(t, "Groups:\t");
	for (uint32_t i = 0; i < c->ngroups; i++)
		text_add(t, "%u ", c->groups[i]);
	text_add(t, "\n");
}

static void status_memory(struct text *t, const struct facts *f)
{
	text_add(t, "VmSize:\t%8llu kB\n", (unsigned long long)f->size / 1024);
	text_add(t, "VmLck:\t%8llu kB\n", (unsigned long long)f->locked / 1024);
	text_add(t, "VmRSS:\t%8llu kB\n", (unsigned long long)f->info.resident * PAGE / 1024);
	text_add(t, "VmData:\t%8llu kB\n", (unsigned long long)f->data / 1024);
	text_add(t, "VmStk:\t%8llu kB\n", (unsigned long long)f->stack / 1024);
	text_add(t, "VmExe:\t%8llu kB\n", (unsigned long long)f->code / 1024);
}

static void status_signals(struct text *t, const struct process *p, const struct facts *f)
{
	text_add(t, "SigQ:\t%u/%llu\n", p->nqueued,
		 (unsigned long long)p->limits->soft[11]); /* RLIMIT_SIGPENDING */
	text_add(t, "SigPnd:\t%016llx\n", (unsigned long long)f->thread.pending);
	text_add(t, "ShdPnd:\t%016llx\n", (unsigned long long)(f->waiting | p->queued));
	text_add(t, "SigBlk:\t%016llx\n", (unsigned long long)f->thread.blocked);
	text_add(t, "SigIgn:\t%016llx\n", (unsigned long long)f->ignored);
	text_add(t, "SigCgt:\t%016llx\n", (unsigned long long)f->caught);
}

static void status_capabilities(struct text *t, const struct credentials *c)
{
	const struct {
		const char *name;
		uint64_t set;
	} sets[] = {
		{ "Inh", c->may.inheritable }, { "Prm", c->may.permitted },
		{ "Eff", c->may.effective },   { "Bnd", c->may.bounding },
		{ "Amb", c->may.ambient },
	};

	for (unsigned i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		text_add(t, "Cap%s:\t%016llx\n", sets[i].name, (unsigned long long)sets[i].set);
}

static void fill_status(struct text *t, const struct subject *s)
{
	const struct process *p = s->p;
	struct facts f;

	facts_find(s, &f);
	char letter = letter_of(s, &f);
	text_add(t, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\n", f.thread.name, f.umask, letter,
		 letter_word(letter));
	text_add(t, "Tgid:\t%u\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", p->pid, f.thread.tid,
		 parent_pid(p));
	status_ids(t, p->who);
	if (f.info.id != 0 && p->state == PROCESS_ALIVE)
		status_memory(t, &f);
	text_add(t, "Threads:\t%u\n", f.nthreads);
	status_signals(t, p, &f);
	status_capabilities(t, p->who);
}

static void fill_statm(struct text *t, const struct subject *s)
{
	struct facts f;

	facts_find(s, &f);
	text_add(t, "%llu %llu 0 %llu 0 %llu 0\n", (unsigned long long)(f.size / PAGE),
		 (unsigned long long)f.info.resident, (unsigned long long)(f.code / PAGE),
		 (unsigned long long)((f.data + f.stack) / PAGE));
}

static void fill_cmdline(struct text *t, const struct subject *s)
{
	memory_add(t, s->p, s->p->arg_start, s->p->arg_end, WORDS_MOST);
}

static void fill_environ(struct text *t, const struct subject *s)
{
	memory_add(t, s->p, s->p->env_start, s->p->env_end, WORDS_MOST);
}

static void fill_comm(struct text *t, const struct subject *s)
{
	struct proc_thread thread;

	thread_ask(s, &thread);
	text_add(t, "%s\n", thread.name);
}

static int write_comm(const struct subject *s, const char *text, size_t n)
{
	size_t len = strcspn(text, "\n");

	(void)n;
	if (len >= sizeof(s->p->name))
		len = sizeof(s->p->name) - 1;
	memcpy(s->p->name, text, len);
	s->p->name[len] = '\0';
	return 0;
}

static void limit_value(struct text *t, uint64_t value)
{
	if (value == ~0ull)
		text_add(t, "%-20s ", "unlimited");
	else
		text_add(t, "%-20llu ", (unsigned long long)value);
}

static void fill_limits(struct text *t, const struct subject *s)
{
	static const struct {
		const char *name, *unit;
	} rows[LIMITS] = {
		{ "Max cpu time", "seconds" },     { "Max file size", "bytes" },
		{ "Max data size", "bytes" },      { "Max stack size", "bytes" },
		{ "Max core file size", "bytes" }, { "Max resident set", "bytes" },
		{ "Max processes", "processes" },  { "Max open files", "files" },
		{ "Max locked memory", "bytes" },  { "Max address space", "bytes" },
		{ "Max file locks", "locks" },     { "Max pending signals", "signals" },
		{ "Max msgqueue size", "bytes" },  { "Max nice priority", "" },
		{ "Max realtime priority", "" },   { "Max realtime timeout", "us" },
	};

	text_add(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned i = 0; i < LIMITS; i++) {
		text_add(t, "%-25s ", rows[i].name);
		limit_value(t, s->p->limits->soft[i]);
		limit_value(t, s->p->limits->hard[i]);
		text_add(t, "%-10s\n", rows[i].unit);
	}
}

void fill_mounts(struct text *t, const struct subject *s)
{
	static char line[8000];
	const struct mount *root = s->p ? root_of(s->p) : s->world->mounts;

	for (const struct mount *m = s->world->mounts; m != nullptr; m = m->next) {
		const char *at = mount_path(m, root);
		if (at == nullptr)
			continue;
		size_t n = mount_line(m, at, line, sizeof(line) - 1);
		line[n] = '\n';
		text_bytes(t, line, n + 1);
	}
}

static void fill_mountinfo(struct text *t, const struct subject *s)
{
	const struct mount *root = root_of(s->p);

	for (const struct mount *m = s->world->mounts; m != nullptr; m = m->next) {
		const char *at = mount_path(m, root);
		if (at == nullptr)
			continue;
		text_add(t, "%u %u %u:%u / %s %s - %s ", m->number + 1,
			 m->number == 0 ? 0u : (m->below != 0 ? m->below : m->parent) + 1,
			 major(m->device), minor(m->device), mount_word(at), mount_options(m),
			 m->kind);
		text_add(t, "%s %s\n", mount_word(m->source), mount_options(m));
	}
}

/* What the process may do: the handles of its task. */
static void fill_handles(struct text *t, const struct subject *s)
{
	if (s->p->native.task != 0)
		text_handles(t, s->p->native.task);
}

static void fill_oom(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "0\n"); /* a quota that is used up ends who asks for more, and nobody else */
}

static void fill_oom_adjust(struct text *t, const struct subject *s)
{
	text_add(t, "%d\n", s->p->oom_adjust);
}

/* A wish, which the process's children inherit; nobody is ended so that others have memory. */
static int write_oom_adjust(const struct subject *s, const char *text, size_t n)
{
	char *end;
	long value = strtol(text, &end, 10);

	(void)n;
	if (end == text || end[strspn(end, " \n")] != '\0' || value < -1000 || value > 1000)
		return -EINVAL;
	if (value < s->p->oom_least && !s->by_root)
		return -EACCES;
	if (s->by_root)
		s->p->oom_least = (int32_t)value;
	s->p->oom_adjust = (int32_t)value;
	return 0;
}

static const struct proc_entry thread_children[] = {
	{ .name = "comm", .mode = S_IFREG | 0644, .fill = fill_comm },
	{ .name = "stat", .mode = S_IFREG | 0444, .fill = fill_stat },
	{ .name = "status", .mode = S_IFREG | 0444, .fill = fill_status },
	{ .name = "statm", .mode = S_IFREG | 0444, .fill = fill_statm },
	{ .name = "cmdline", .mode = S_IFREG | 0444, .fill = fill_cmdline },
	{},
};

static const struct proc_entry *thread_find(struct subject *s, const char *name)
{
	static const struct proc_entry thread = { .name = "",
						  .mode = S_IFDIR | 0555,
						  .children = thread_children };
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (*end != '\0' || n == 0 || n >= PID_MAX || thread_after(s, (uint32_t)n - 1) != n)
		return nullptr;
	s->number = (uint32_t)n;
	return &thread;
}

static const struct proc_names threads = {
	.find = thread_find, .next = thread_after, .prefix = "", .type = S_IFDIR
};

static const struct proc_entry process_children[] = {
	{ .name = "auxv", .mode = S_IFREG | 0400, .fill = fill_auxv },
	PROC_FIXED("cgroup", "0::/\n"),
	{ .name = "cmdline", .mode = S_IFREG | 0444, .fill = fill_cmdline },
	{ .name = "comm", .mode = S_IFREG | 0644, .fill = fill_comm, .write = write_comm },
	{ .name = "cwd", .mode = S_IFLNK | 0777, .target = cwd_target },
	{ .name = "environ", .mode = S_IFREG | 0400, .fill = fill_environ },
	{ .name = "exe", .mode = S_IFLNK | 0777, .target = exe_target },
	{ .name = "fd", .mode = S_IFDIR | 0500, .names = &fd_names },
	{ .name = "fdinfo", .mode = S_IFDIR | 0555, .names = &fdinfo_names },
	{ .name = "handles", .mode = S_IFREG | 0400, .fill = fill_handles },
	{ .name = "limits", .mode = S_IFREG | 0444, .fill = fill_limits },
	PROC_FIXED("loginuid", "4294967295"), /* (uid_t)-1: nobody logged in by an audited way */
	{ .name = "maps", .mode = S_IFREG | 0444, .fill_from = fill_maps },
	{ .name = "mountinfo", .mode = S_IFREG | 0444, .fill = fill_mountinfo },
	{ .name = "mounts", .mode = S_IFREG | 0444, .fill = fill_mounts },
	{ .name = "net", .mode = S_IFDIR | 0555, .children = net_children },
	{ .name = "oom_score", .mode = S_IFREG | 0444, .fill = fill_oom },
	{ .name = "oom_score_adj",
	  .mode = S_IFREG | 0644,
	  .fill = fill_oom_adjust,
	  .write = write_oom_adjust },
	{ .name = "root", .mode = S_IFLNK | 0777, .target = root_target },
	{ .name = "smaps", .mode = S_IFREG | 0444, .fill_from = fill_smaps },
	{ .name = "smaps_rollup", .mode = S_IFREG | 0444, .fill = fill_smaps_rollup },
	{ .name = "stat", .mode = S_IFREG | 0444, .fill = fill_stat },
	{ .name = "statm", .mode = S_IFREG | 0444, .fill = fill_statm },
	{ .name = "status", .mode = S_IFREG | 0444, .fill = fill_status },
	{ .name = "task", .mode = S_IFDIR | 0555, .names = &threads },
	PROC_FIXED("wchan", "0"),
	{},
};

const struct proc_entry process_root = { .name = "",
					 .mode = S_IFDIR | 0555,
					 .children = process_children };
