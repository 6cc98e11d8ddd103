/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/sys: the settings that programs look for. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/futura/clock.h"
#include "lib/futura/random.h"
#include "posix/abi/linux.h"
#include "posix/abi/pipe.h"
#include "services/posixd/proc/proc.h"
#include "services/posixd/sockets.h"
#include <futura-arch/arch.h>

static void fill_hostname(struct text *t, const struct subject *s)
{
	text_add(t, "%s\n", s->world->core.host);
}

static void fill_domainname(struct text *t, const struct subject *s)
{
	text_add(t, "%s\n", s->world->core.domain);
}

/* Its files are root's to write, which opening them has checked. */
static int write_name(char *to, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (n > 64)
		return -EINVAL;
	memcpy(to, text, n);
	to[n] = '\0';
	return 0;
}

static int write_hostname(const struct subject *s, const char *text, size_t n)
{
	(void)n;
	return write_name(s->world->core.host, text);
}

static int write_domainname(const struct subject *s, const char *text, size_t n)
{
	(void)n;
	return write_name(s->world->core.domain, text);
}

static void fill_ostype(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Linux\n");
}

static void fill_osrelease(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, LINUX_RELEASE "\n");
}

static void fill_version(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, LINUX_VERSION "\n");
}

static void fill_pid_max(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", PID_MAX);
}

static void fill_threads_max(struct text *t, const struct subject *s)
{
	text_add(t, "%u\n", s->world->core.most_processes);
}

static void fill_ngroups_max(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", GROUPS_MAX);
}

/* There are no modules, nor anything else that Linux counts here. */
static void fill_tainted(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "0\n");
}

static void fill_cap_last_cap(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "40\n"); /* CAP_CHECKPOINT_RESTORE of linux/capability.h */
}

/* Differs from start to start of the system, and stays. */
static void fill_boot_id(struct text *t, const struct subject *s)
{
	static uint64_t id[2];

	(void)s;
	for (unsigned i = 0; i < 2 && id[1] == 0; i++) {
		id[i] = (ticks() ^ (uint64_t)files_now() ^ i) * 0xff51afd7ed558ccd;
		id[i] = (id[i] ^ id[i] >> 33) * 0xc4ceb9fe1a85ec53;
	}
	text_add(t, "%08llx-%04llx-4%03llx-a%03llx-%012llx\n", (unsigned long long)(id[0] >> 32),
		 (unsigned long long)(id[0] >> 16 & 0xffff), (unsigned long long)(id[0] & 0xfff),
		 (unsigned long long)(id[1] >> 52), (unsigned long long)(id[1] & 0xffffffffffff));
}

/* A number of its own for each who reads it: RFC 4122, version 4. */
static void fill_uuid(struct text *t, const struct subject *s)
{
	uint8_t b[16] = {};

	(void)s;
	random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (unsigned i = 0; i < sizeof(b); i++)
		text_add(t, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
	text_add(t, "\n");
}

static void fill_entropy_avail(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "256\n"); /* bits: as RNDGETENTCNT tells */
}

/* Memory is promised without being there: pages are paid for when they are touched. */
static void fill_overcommit(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "1\n");
}

static void fill_file_max(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "1048576\n"); /* open files that one line of a file server may have */
}

static void fill_pipe_max(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", PIPE_MOST);
}

/* Nobody counts a user's pipes. */
static void fill_no_limit(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "0\n");
}

/* posix/signal/core_file.c: in the working directory. */
static void fill_core_pattern(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "core\n");
}

static void fill_core_uses_pid(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "0\n");
}

static void fill_max_map_count(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", MAPPINGS_MOST);
}

/* Programs, libraries, stacks and heaps all begin somewhere else each time. */
static void fill_randomize_va_space(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "2\n");
}

/* As many as may wait at a listening socket. */
static void fill_somaxconn(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", BACKLOG_MOST);
}

#define SETTING(what) { .name = #what, .mode = S_IFREG | 0444, .fill = fill_##what }

static const struct proc_entry random_children[] = {
	SETTING(boot_id),
	SETTING(uuid),
	SETTING(entropy_avail),
	{ .name = "poolsize", .mode = S_IFREG | 0444, .fill = fill_entropy_avail },
	{},
};

static const struct proc_entry kernel_children[] = {
	{ .name = "hostname",
	  .mode = S_IFREG | 0644,
	  .fill = fill_hostname,
	  .write = write_hostname },
	{ .name = "domainname",
	  .mode = S_IFREG | 0644,
	  .fill = fill_domainname,
	  .write = write_domainname },
	SETTING(ostype),
	SETTING(osrelease),
	SETTING(version),
	SETTING(pid_max),
	{ .name = "threads-max", .mode = S_IFREG | 0444, .fill = fill_threads_max },
	SETTING(ngroups_max),
	SETTING(cap_last_cap),
	SETTING(core_pattern),
	SETTING(core_uses_pid),
	SETTING(randomize_va_space),
	SETTING(tainted),
	{ .name = "random", .mode = S_IFDIR | 0555, .children = random_children },
	{},
};

static const struct proc_entry vm_children[] = {
	SETTING(max_map_count),
	{ .name = "overcommit_memory", .mode = S_IFREG | 0444, .fill = fill_overcommit },
	{},
};

static const struct proc_entry fs_children[] = {
	{ .name = "file-max", .mode = S_IFREG | 0444, .fill = fill_file_max },
	{ .name = "nr_open", .mode = S_IFREG | 0444, .fill = fill_file_max },
	{ .name = "pipe-max-size", .mode = S_IFREG | 0444, .fill = fill_pipe_max },
	{ .name = "pipe-user-pages-hard", .mode = S_IFREG | 0444, .fill = fill_no_limit },
	{ .name = "pipe-user-pages-soft", .mode = S_IFREG | 0444, .fill = fill_no_limit },
	{},
};

static const struct proc_entry core_children[] = { SETTING(somaxconn), {} };

static const struct proc_entry network_children[] = {
	{ .name = "core", .mode = S_IFDIR | 0555, .children = core_children },
	{},
};

const struct proc_entry sysctl_children[] = {
	{ .name = "kernel", .mode = S_IFDIR | 0555, .children = kernel_children },
	{ .name = "vm", .mode = S_IFDIR | 0555, .children = vm_children },
	{ .name = "fs", .mode = S_IFDIR | 0555, .children = fs_children },
	{ .name = "net", .mode = S_IFDIR | 0555, .children = network_children },
	{},
};
