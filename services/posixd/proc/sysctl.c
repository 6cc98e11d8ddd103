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

static void fill_pipe_max(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", PIPE_MOST);
}

static void fill_max_map_count(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", MAPPINGS_MOST);
}

/* As many as may wait at a listening socket. */
static void fill_somaxconn(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%u\n", BACKLOG_MOST);
}

/* Bits, as RNDGETENTCNT tells. */
#define ENTROPY "256\n"
/* Open files that one line of a file server may have. */
#define FILES_MOST "1048576\n"
/* Nobody counts a user's pipes. */
#define NO_LIMIT      "0\n"
#define SETTING(what) { .name = #what, .mode = S_IFREG | 0444, .fill = fill_##what }

static const struct proc_entry random_children[] = {
	SETTING(boot_id),
	SETTING(uuid),
	PROC_FIXED("entropy_avail", ENTROPY),
	PROC_FIXED("poolsize", ENTROPY),
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
	PROC_FIXED("ostype", "Linux\n"),
	PROC_FIXED("osrelease", LINUX_RELEASE "\n"),
	PROC_FIXED("version", LINUX_VERSION "\n"),
	SETTING(pid_max),
	{ .name = "threads-max", .mode = S_IFREG | 0444, .fill = fill_threads_max },
	SETTING(ngroups_max),
	PROC_FIXED("cap_last_cap", "40\n"),   /* CAP_CHECKPOINT_RESTORE of linux/capability.h */
	PROC_FIXED("core_pattern", "core\n"), /* posix/signal/core_file.c */
	PROC_FIXED("core_uses_pid", "0\n"),
	/* Programs, libraries, stacks and heaps all begin somewhere else each time. */
	PROC_FIXED("randomize_va_space", "2\n"),
	PROC_FIXED("tainted", "0\n"), /* no modules, nor anything else that Linux counts here */
	{ .name = "random", .mode = S_IFDIR | 0555, .children = random_children },
	{},
};

static const struct proc_entry vm_children[] = {
	SETTING(max_map_count),
	/* Memory is promised without being there: pages are paid for when they are touched. */
	PROC_FIXED("overcommit_memory", "1\n"),
	{},
};

static const struct proc_entry fs_children[] = {
	PROC_FIXED("file-max", FILES_MOST),
	PROC_FIXED("nr_open", FILES_MOST),
	{ .name = "pipe-max-size", .mode = S_IFREG | 0444, .fill = fill_pipe_max },
	PROC_FIXED("pipe-user-pages-hard", NO_LIMIT),
	PROC_FIXED("pipe-user-pages-soft", NO_LIMIT),
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
