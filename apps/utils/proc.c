/* SPDX-License-Identifier: MPL-2.0 */
/* Reading /proc: processes, memory, and how long the system is up. */
#include "apps/utils/proc.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"

char *proc_file_read(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct text t = {};
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return nullptr;
	text_add_string(&t, "");
	while ((n = read(fd, buf, sizeof buf)) > 0)
		text_add(&t, buf, (size_t)n);
	close(fd);
	if (len != nullptr)
		*len = t.len;
	return t.bytes;
}

/* Fills what /proc/PID/stat tells; the name may hold blanks and parentheses. */
static bool stat_parse(struct process *p, char *text)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long v[24] = {};
	long long s[24] = {};

	if (open == nullptr || close == nullptr || close[1] == '\0')
		return false;
	snprintf(p->name, sizeof p->name, "%.*s", (int)(close - open - 1), open + 1);
	p->state = close[2];
	char *q = close + 3;
	for (int i = 0; i < 21; i++) {
		s[i] = strtoll(q, nullptr, 10);
		v[i] = strtoull(q, &q, 10);
	}
	p->parent = (pid_t)s[0];
	p->group = (pid_t)s[1];
	p->session = (pid_t)s[2];
	p->terminal = (unsigned)s[3];
	p->terminal_group = (pid_t)s[4];
	p->user_ticks = v[10];
	p->system_ticks = v[11];
	p->ticks = v[10] + v[11];
	p->priority = (long)s[14];
	p->nice = (long)s[15];
	p->threads = (long)s[16];
	p->start_ticks = v[18];
	p->virtual_bytes = v[19];
	p->resident_bytes = v[20] * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static bool process_read(struct process *p, pid_t pid)
{
	char path[64];
	struct stat st;
	size_t len;

	*p = (struct process){ .pid = pid };
	snprintf(path, sizeof path, "/proc/%d", pid);
	if (stat(path, &st) != 0)
		return false;
	p->uid = st.st_uid;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	char *text = proc_file_read(path, nullptr);
	if (text == nullptr || !stat_parse(p, text)) {
		mem_free(text);
		return false;
	}
	mem_free(text);
	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	text = proc_file_read(path, &len);
	while (text != nullptr && len > 0 && text[len - 1] == '\0')
		len--;
	for (size_t i = 0; text != nullptr && i < len; i++) {
		if (text[i] == '\0' || (unsigned char)text[i] < ' ')
			text[i] = ' ';
	}
	p->command = text != nullptr && len != 0 ? mem_dup_bytes(text, len)
						 : mem_format("[%s]", p->name);
	mem_free(text);
	return true;
}

static int pid_compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

void processes_read(struct processes *p)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	p->count = 0;
	if (d == nullptr)
		err_fatal_errno("cannot read /proc");
	while ((e = readdir(d)) != nullptr) {
		struct process one;
		if (!isdigit((unsigned char)e->d_name[0]) || !process_read(&one, atoi(e->d_name)))
			continue;
		p->list = mem_room(p->list, p->count, &p->capacity, sizeof *p->list);
		p->list[p->count++] = one;
	}
	closedir(d);
	if (p->count != 0)
		qsort(p->list, p->count, sizeof *p->list, pid_compare);
}

void processes_free(struct processes *p)
{
	for (size_t i = 0; i < p->count; i++)
		mem_free(p->list[i].command);
	mem_free(p->list);
	*p = (struct processes){};
}

double system_uptime(void)
{
	char *text = proc_file_read("/proc/uptime", nullptr);
	double v = text != nullptr ? strtod(text, nullptr) : 0;

	mem_free(text);
	return v;
}

bool proc_list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list != '\0') {
		size_t len = strcspn(list, ", ");
		if (len == n && memcmp(list, word, n) == 0)
			return true;
		list += len + (list[len] != '\0');
	}
	return false;
}

uint64_t memory_total(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t meminfo_get(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p != nullptr ? strtoull(p + strlen(name), nullptr, 10) * 1024 : 0;
}

void memory_read(struct memory *m)
{
	char *text = proc_file_read("/proc/meminfo", nullptr);

	if (text == nullptr)
		err_fatal_errno("cannot read /proc/meminfo");
	m->total = meminfo_get(text, "MemTotal:");
	m->unused = meminfo_get(text, "MemFree:");
	m->shared = meminfo_get(text, "Shmem:");
	m->cached = meminfo_get(text, "Buffers:") + meminfo_get(text, "\nCached:") +
		    meminfo_get(text, "SReclaimable:");
	m->available = meminfo_get(text, "MemAvailable:");
	m->swap = meminfo_get(text, "SwapTotal:");
	m->swap_free = meminfo_get(text, "SwapFree:");
	if (strstr(text, "MemAvailable:") == nullptr)
		m->available = m->unused + m->cached;
	m->used = m->total > m->available ? m->total - m->available : 0;
	mem_free(text);
}

void uptime_put(void)
{
	struct sysinfo i;
	struct tm tm;
	char when[32];

	if (sysinfo(&i) != 0)
		err_fatal_errno("cannot find how long the system is up");
	time_t now = time(nullptr);
	long days = i.uptime / 86400, hours = i.uptime / 3600 % 24, minutes = i.uptime / 60 % 60;
	strftime(when, sizeof when, "%H:%M:%S", localtime_r(&now, &tm));
	put_format("%s up ", when);
	if (days != 0)
		put_format("%ld day%s, ", days, days == 1 ? "" : "s");
	if (hours != 0)
		put_format("%2ld:%02ld", hours, minutes);
	else
		put_format("%ld min", minutes);
	put_string(",  load average: ");
	for (int k = 0; k < 3; k++)
		put_format("%s%.2f", k == 0 ? "" : ", ", (double)i.loads[k] / 65536);
	put_char('\n');
}
