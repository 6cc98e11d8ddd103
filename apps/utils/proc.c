/* SPDX-License-Identifier: MPL-2.0 */
/* ps, pgrep, pkill, pidof, free and dmesg: what the system does. */
#include "apps/utils/proc.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/regex.h"
#include "apps/utils/signals.h"

/* A small file whole; nullptr if it is gone. */
static char *file_read(const char *path, size_t *len)
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
	char *text = file_read(path, nullptr);
	if (text == nullptr || !stat_parse(p, text)) {
		mem_free(text);
		return false;
	}
	mem_free(text);
	snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
	text = file_read(path, &len);
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
	char *text = file_read("/proc/uptime", nullptr);
	double v = text != nullptr ? strtod(text, nullptr) : 0;

	mem_free(text);
	return v;
}

static void terminal_text(unsigned device, char buf[static 32])
{
	unsigned kind = major(device), number = minor(device);

	if (device == 0)
		strcpy(buf, "?");
	else if (kind >= 136 && kind <= 143)
		snprintf(buf, 32, "pts/%u", (kind - 136) * 256 + number);
	else if (kind == 4 && number >= 64)
		snprintf(buf, 32, "ttyS%u", number - 64);
	else if (kind == 4)
		snprintf(buf, 32, "tty%u", number);
	else if (kind == 5 && number == 1)
		strcpy(buf, "console");
	else
		snprintf(buf, 32, "%u:%u", kind, number);
}

/* [[DD-]HH:]MM:SS, or with HH always. */
static void duration_text(uint64_t seconds, bool hours, char buf[static 32])
{
	unsigned long long days = seconds / 86400, h = seconds / 3600 % 24, m = seconds / 60 % 60,
			   s = seconds % 60;

	if (days != 0)
		snprintf(buf, 32, "%llu-%02llu:%02llu:%02llu", days, h, m, s);
	else if (h != 0 || hours)
		snprintf(buf, 32, "%02llu:%02llu:%02llu", h, m, s);
	else
		snprintf(buf, 32, "%02llu:%02llu", m, s);
}

/* What ps can show of a process. */
struct column {
	const char *name, *heading;
	int width; /* negative: to the left */
};

static const struct column columns[] = {
	{ "pid", "PID", 7 },        { "ppid", "PPID", 7 },      { "pgid", "PGID", 7 },
	{ "sid", "SID", 7 },        { "uid", "UID", 5 },        { "user", "USER", -8 },
	{ "tty", "TT", -8 },        { "stat", "STAT", -4 },     { "time", "TIME", 8 },
	{ "etime", "ELAPSED", 11 }, { "etimes", "ELAPSED", 7 }, { "vsz", "VSZ", 7 },
	{ "rss", "RSS", 6 },        { "ni", "NI", 3 },          { "pri", "PRI", 3 },
	{ "nlwp", "NLWP", 4 },      { "pcpu", "%CPU", 4 },      { "pmem", "%MEM", 4 },
	{ "stime", "STIME", 5 },    { "comm", "COMMAND", -15 }, { "args", "COMMAND", -27 },
};

static const struct column *column_find(const char *name)
{
	static const char *const aliases[][2] = {
		{ "cmd", "args" },    { "command", "args" }, { "ucmd", "comm" },
		{ "tt", "tty" },      { "tname", "tty" },    { "s", "stat" },
		{ "state", "stat" },  { "cputime", "time" }, { "pgrp", "pgid" },
		{ "sess", "sid" },    { "nice", "ni" },      { "ruser", "user" },
		{ "euser", "user" },  { "euid", "uid" },     { "%cpu", "pcpu" },
		{ "%mem", "pmem" },   { "vsize", "vsz" },    { "rssize", "rss" },
		{ "start", "stime" }, { "thcount", "nlwp" }
	};

	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
		if (strcmp(aliases[i][0], name) == 0)
			name = aliases[i][1];
	}
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	}
	return nullptr;
}

static uint64_t memory_total(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void column_text(const struct process *p, const char *name, double uptime, char *buf,
			size_t size)
{
	long hz = sysconf(_SC_CLK_TCK);
	double age = uptime - (double)p->start_ticks / (double)hz;

	buf[0] = '\0';
	if (strcmp(name, "user") == 0) {
		snprintf(buf, size, "%s", user_name(p->uid));
	} else if (strcmp(name, "tty") == 0) {
		terminal_text(p->terminal, buf);
	} else if (strcmp(name, "stat") == 0) {
		snprintf(buf, size, "%c%s%s%s%s", p->state,
			 p->nice < 0   ? "<"
			 : p->nice > 0 ? "N"
				       : "",
			 p->session == p->pid ? "s" : "", p->threads > 1 ? "l" : "",
			 p->terminal_group > 0 && p->terminal_group == p->group ? "+" : "");
	} else if (strcmp(name, "time") == 0) {
		duration_text(p->ticks / (uint64_t)hz, true, buf);
	} else if (strcmp(name, "etime") == 0) {
		duration_text(age > 0 ? (uint64_t)age : 0, false, buf);
	} else if (strcmp(name, "pcpu") == 0) {
		snprintf(buf, size, "%.1f",
			 age > 0 ? 100.0 * (double)p->ticks / (double)hz / age : 0);
	} else if (strcmp(name, "pmem") == 0) {
		snprintf(buf, size, "%.1f",
			 100.0 * (double)p->resident_bytes / (double)memory_total());
	} else if (strcmp(name, "stime") == 0) {
		struct tm tm;
		time_t now = time(nullptr), start = now - (time_t)age;
		strftime(buf, size, age < 86400 ? "%H:%M" : "%b%d", localtime_r(&start, &tm));
	} else if (strcmp(name, "comm") == 0) {
		snprintf(buf, size, "%s", p->name);
	} else {
		long long v = strcmp(name, "pid") == 0    ? p->pid
			      : strcmp(name, "ppid") == 0 ? p->parent
			      : strcmp(name, "pgid") == 0 ? p->group
			      : strcmp(name, "sid") == 0  ? p->session
			      : strcmp(name, "uid") == 0  ? (long long)p->uid
			      : strcmp(name, "vsz") == 0  ? (long long)(p->virtual_bytes / 1024)
			      : strcmp(name, "rss") == 0  ? (long long)(p->resident_bytes / 1024)
			      : strcmp(name, "ni") == 0   ? p->nice
			      : strcmp(name, "pri") == 0  ? 39 - p->priority
			      : strcmp(name, "nlwp") == 0 ? p->threads
							  : (long long)age;
		snprintf(buf, size, "%lld", v);
	}
}

static const struct opt ps_opts[] = {
	{ 'A', nullptr, nullptr, "all processes" },
	{ 'e', nullptr, nullptr, "all processes" },
	{ 'a', nullptr, nullptr, "all with a terminal, but session leaders" },
	{ 'd', nullptr, nullptr, "all but session leaders" },
	{ 'f', nullptr, nullptr, "with parent, start and arguments" },
	{ 'l', nullptr, nullptr, "with priority and size" },
	{ 'o', nullptr, "LIST", "show these columns: NAME or NAME=HEADING, commas between" },
	{ 'p', nullptr, "LIST", "these processes" },
	{ 'u', nullptr, "LIST", "the processes of these users" },
	{ 't', nullptr, "LIST", "the processes of these terminals" },
	{ 'C', nullptr, "LIST", "the processes with these names" },
	{ 'x', nullptr, nullptr, "with those that have no terminal" },
	{},
};

struct ps {
	bool all, any_terminal, no_leaders, full, long_form, without_terminal;
	const char *pids, *users, *terminals, *names;
	struct shown {
		const struct column *column;
		const char *heading;
	} *shown;
	size_t count, capacity;
	bool headings;
};

static bool list_has(const char *list, const char *word)
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

static bool is_shown(const struct ps *s, const struct process *p, const struct process *self)
{
	char text[32];
	bool asked = s->pids != nullptr || s->users != nullptr || s->terminals != nullptr ||
		     s->names != nullptr;

	snprintf(text, sizeof text, "%d", p->pid);
	if (s->pids != nullptr && list_has(s->pids, text))
		return true;
	snprintf(text, sizeof text, "%u", p->uid);
	if (s->users != nullptr &&
	    (list_has(s->users, user_name(p->uid)) || list_has(s->users, text)))
		return true;
	terminal_text(p->terminal, text);
	if (s->terminals != nullptr && list_has(s->terminals, text))
		return true;
	if (s->names != nullptr && list_has(s->names, p->name))
		return true;
	if (asked)
		return false;
	if (s->all)
		return true;
	if (s->no_leaders)
		return p->session != p->pid;
	if (s->any_terminal)
		return p->terminal != 0 && (s->without_terminal || p->session != p->pid);
	return p->uid == geteuid() && (s->without_terminal || p->terminal == self->terminal);
}

static void shown_add(struct ps *s, char *list)
{
	char *save = nullptr;

	for (char *w = strtok_r(list, ", ", &save); w != nullptr;
	     w = strtok_r(nullptr, ", ", &save)) {
		char *heading = strchr(w, '=');
		if (heading != nullptr)
			*heading++ = '\0';
		const struct column *c = column_find(w);
		if (c == nullptr)
			err_fatal("unknown user-defined format specifier \"%s\"", w);
		s->shown = mem_room(s->shown, s->count, &s->capacity, sizeof *s->shown);
		s->shown[s->count++] =
			(struct shown){ c, heading != nullptr ? heading : c->heading };
		s->headings |= heading == nullptr || *heading != '\0';
	}
}

static void row_put(const struct ps *s, const struct process *p, double uptime)
{
	struct text line = {};

	text_add_string(&line, "");
	for (size_t i = 0; i < s->count; i++) {
		const struct column *c = s->shown[i].column;
		char buf[128];
		const char *value = p == nullptr ? s->shown[i].heading : buf;
		if (p != nullptr && strcmp(c->name, "args") == 0)
			value = p->command;
		else if (p != nullptr)
			column_text(p, c->name, uptime, buf, sizeof buf);
		bool last = i + 1 == s->count;
		if (c->width < 0)
			text_format(&line, "%-*s", last ? 0 : -c->width, value);
		else
			text_format(&line, "%*s", c->width, value);
		if (!last)
			text_add_char(&line, ' ');
	}
	put_format("%s\n", line.bytes);
	mem_free(line.bytes);
}

static int ps_main(int argc, char **argv)
{
	static char first[] = "pid,tty,time,comm",
		    full[] = "user,pid,ppid,pcpu,stime,tty,time,args",
		    long_form[] = "stat,uid,pid,ppid,pri,ni,vsz,tty,time,comm",
		    bsd[] = "user,pid,pcpu,pmem,vsz,rss,tty,stat,stime,time,args";
	struct ps s = {};
	struct processes all = {};
	struct opt_state state;
	bool user_form = false;
	int o;

	/* The letters of BSD come without a dash: ps aux. */
	if (argc > 1 && argv[1][0] != '-' && argv[1][strspn(argv[1], "auxwfjle")] == '\0') {
		for (const char *p = argv[1]; *p != '\0'; p++) {
			s.any_terminal |= *p == 'a';
			s.without_terminal |= *p == 'x' || *p == 'a';
			s.all |= *p == 'x' && strchr(argv[1], 'a') != nullptr;
			user_form |= *p == 'u';
			s.long_form |= *p == 'l';
		}
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		s.all |= o == 'A' || o == 'e';
		s.any_terminal |= o == 'a';
		s.no_leaders |= o == 'd';
		s.full |= o == 'f';
		s.long_form |= o == 'l';
		s.without_terminal |= o == 'x';
		if (o == 'o')
			shown_add(&s, mem_dup(state.arg));
		if (o == 'p')
			s.pids = state.arg;
		if (o == 'u')
			s.users = state.arg;
		if (o == 't')
			s.terminals = state.arg;
		if (o == 'C')
			s.names = state.arg;
	}
	if (state.index < argc)
		s.pids = argv[state.index];
	if (s.count == 0)
		shown_add(&s, mem_dup(user_form     ? bsd
				      : s.full      ? full
				      : s.long_form ? long_form
						    : first));
	processes_read(&all);
	double uptime = system_uptime();
	struct process self = {};
	for (size_t i = 0; i < all.count; i++)
		self = all.list[i].pid == getpid() ? all.list[i] : self;
	if (s.headings)
		row_put(&s, nullptr, 0);
	bool any = false;
	for (size_t i = 0; i < all.count; i++) {
		if (!is_shown(&s, &all.list[i], &self))
			continue;
		row_put(&s, &all.list[i], uptime);
		any = true;
	}
	return !any;
}

static const struct opt pgrep_opts[] = {
	{ 'a', "list-full", nullptr, "show numbers and commands" },
	{ 'c', "count", nullptr, "show how many there are" },
	{ 'd', "delimiter", "TEXT", "put TEXT between numbers, not newline" },
	{ 'f', "full", nullptr, "match the whole command, not the name" },
	{ 'i', "ignore-case", nullptr, "ignore case" },
	{ 'l', "list-name", nullptr, "show numbers and names" },
	{ 'n', "newest", nullptr, "only the youngest" },
	{ 'o', "oldest", nullptr, "only the oldest" },
	{ 'P', "parent", "LIST", "only children of these" },
	{ 'u', "euid", "LIST", "only of these users" },
	{ 'U', "uid", "LIST", nullptr },
	{ 'v', "inverse", nullptr, "all that do not match" },
	{ 'x', "exact", nullptr, "match exactly" },
	{ 'e', "echo", nullptr, "tell what is signalled" },
	{ 's', "signal", "SIGNAL", "what to send" },
	{},
};

static bool process_matches(const struct process *p, struct regex *r, bool full, bool exact,
			    const char *parents, const char *users)
{
	const char *text = full ? p->command : p->name;
	struct regex_span m;
	char number[32];

	snprintf(number, sizeof number, "%d", p->parent);
	if (parents != nullptr && !list_has(parents, number))
		return false;
	snprintf(number, sizeof number, "%u", p->uid);
	if (users != nullptr && !list_has(users, user_name(p->uid)) && !list_has(users, number))
		return false;
	if (r == nullptr)
		return true;
	return regex_match(r, text, strlen(text), 0, &m, 1) &&
	       (!exact || (m.start == 0 && m.end == strlen(text)));
}

static int pgrep_run(int argc, char **argv, bool send)
{
	bool full = false, exact = false, inverse = false, list_name = false, list_full = false,
	     count_only = false, echo = false;
	const char *parents = nullptr, *users = nullptr, *delimiter = "\n", *error;
	unsigned flags = REGEX_EXTENDED;
	int o, number = SIGTERM, pick = 0;
	struct processes all = {};
	struct regex *r = nullptr;
	struct opt_state s;

	err_status = 2;
	if (argc > 1 && argv[1][0] == '-' && send && signame_find(argv[1] + 1) >= 0 &&
	    strlen(argv[1]) > 2) {
		number = signame_find(argv[1] + 1);
		argv[1] = argv[0];
		argv++;
		argc--;
	} else if (argc > 1 && send && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		number = atoi(argv[1] + 1);
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		full |= o == 'f';
		exact |= o == 'x';
		inverse |= o == 'v';
		list_name |= o == 'l';
		list_full |= o == 'a';
		count_only |= o == 'c';
		echo |= o == 'e';
		if (o == 'i')
			flags |= REGEX_ICASE;
		if (o == 'n' || o == 'o')
			pick = o;
		if (o == 'd')
			delimiter = s.arg;
		if (o == 'P')
			parents = s.arg;
		if (o == 'u' || o == 'U')
			users = s.arg;
		if (o == 's' && (number = signame_find(s.arg)) < 0)
			err_fatal("unknown signal \"%s\"", s.arg);
	}
	if (s.index == argc && parents == nullptr && users == nullptr)
		opt_usage_error("no matching criteria specified");
	if (s.index < argc) {
		r = regex_create(argv[s.index], strlen(argv[s.index]), flags, &error);
		if (r == nullptr)
			err_fatal("%s", error);
	}
	processes_read(&all);
	const struct process *picked = nullptr;
	unsigned long count = 0;
	for (size_t i = 0; i < all.count; i++) {
		struct process *p = &all.list[i];
		p->shown_ticks = p->pid != getpid() &&
				 process_matches(p, r, full, exact, parents, users) != inverse;
		if (p->shown_ticks &&
		    (picked == nullptr || (pick == 'n' ? p->start_ticks >= picked->start_ticks
						       : p->start_ticks < picked->start_ticks)))
			picked = p;
	}
	for (size_t i = 0; i < all.count; i++) {
		const struct process *p = &all.list[i];
		if (!p->shown_ticks || (pick != 0 && p != picked))
			continue;
		if (send) {
			if (kill(p->pid, number) != 0) {
				err_warn_errno("killing pid %d failed", p->pid);
				continue;
			}
			if (echo)
				put_format("%s killed (pid %d)\n", p->name, p->pid);
		} else if (!count_only) {
			put_format("%s%d", count == 0 ? "" : delimiter, p->pid);
			if (list_full || list_name)
				put_format(" %s", list_full ? p->command : p->name);
		}
		count++;
	}
	if (count_only)
		put_format("%lu\n", count);
	else if (!send && count != 0)
		put_char('\n');
	return count == 0;
}

static int pgrep_main(int argc, char **argv)
{
	return pgrep_run(argc, argv, false);
}

static int pkill_main(int argc, char **argv)
{
	return pgrep_run(argc, argv, true);
}

static const struct opt pidof_opts[] = {
	{ 's', nullptr, nullptr, "only one" },
	{},
};

static int pidof_main(int argc, char **argv)
{
	struct processes all = {};
	bool one = false, any = false;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		one = true;
	processes_read(&all);
	for (size_t i = all.count; i-- > 0;) {
		const struct process *p = &all.list[i];
		bool match = false;
		for (int k = s.index; k < argc; k++)
			match |= strcmp(path_base(argv[k]), p->name) == 0;
		if (!match || p->pid == getpid() || (one && any))
			continue;
		put_format("%s%d", any ? " " : "", p->pid);
		any = true;
	}
	if (any)
		put_char('\n');
	return !any;
}

static const struct opt free_opts[] = {
	{ 'b', "bytes", nullptr, "in bytes" },
	{ 'k', "kibi", nullptr, "in KiB (default)" },
	{ 'm', "mebi", nullptr, "in MiB" },
	{ 'g', "gibi", nullptr, "in GiB" },
	{ 'h', "human", nullptr, "with units" },
	{ 't', "total", nullptr, "with a sum" },
	{},
};

static uint64_t meminfo_get(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p != nullptr ? strtoull(p + strlen(name), nullptr, 10) * 1024 : 0;
}

static void free_row(const char *label, const uint64_t *values, int count, uint64_t unit)
{
	put_format("%-7s", label);
	for (int i = 0; i < count; i++) {
		char buf[NUM_HUMAN_SIZE];
		if (unit == 0) {
			num_human(buf, values[i], 1024);
			put_format(" %10s%s", buf, values[i] < 1024 ? "B" : "i");
		} else {
			put_format(" %11llu", (unsigned long long)(values[i] / unit));
		}
	}
	put_char('\n');
}

static int free_main(int argc, char **argv)
{
	uint64_t unit = 1024;
	bool total = false;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		total |= o == 't';
		unit = o == 'b'   ? 1
		       : o == 'k' ? 1024
		       : o == 'm' ? 1 << 20
		       : o == 'g' ? 1 << 30
		       : o == 'h' ? 0
				  : unit;
	}
	char *text = file_read("/proc/meminfo", nullptr);
	if (text == nullptr)
		err_fatal_errno("cannot read /proc/meminfo");
	uint64_t all = meminfo_get(text, "MemTotal:"), unused = meminfo_get(text, "MemFree:"),
		 buffers = meminfo_get(text, "Buffers:"),
		 cached = meminfo_get(text, "\nCached:") + meminfo_get(text, "SReclaimable:"),
		 available = meminfo_get(text, "MemAvailable:"),
		 shared = meminfo_get(text, "Shmem:"), swap = meminfo_get(text, "SwapTotal:"),
		 swap_free = meminfo_get(text, "SwapFree:");
	uint64_t used = all > available ? all - available : 0;
	const uint64_t memory[] = { all, used, unused, shared, buffers + cached, available };
	const uint64_t swaps[] = { swap, swap - swap_free, swap_free };
	const uint64_t sums[] = { all + swap, used + swap - swap_free, unused + swap_free };
	put_string("               total        used        free      shared  buff/cache   "
		   "available\n");
	free_row("Mem:", memory, 6, unit);
	free_row("Swap:", swaps, 3, unit);
	if (total)
		free_row("Total:", sums, 3, unit);
	return 0;
}

static const struct opt dmesg_opts[] = {
	{ 'c', "read-clear", nullptr, "show, then empty the log" },
	{ 'C', "clear", nullptr, "empty the log" },
	{ 'n', "console-level", "LEVEL", "show only messages below LEVEL on the console" },
	{ 'r', "raw", nullptr, "with the levels" },
	{ 't', "notime", nullptr, "without the times" },
	{},
};

/* The operations of klogctl(2). */
enum { KLOG_READ_ALL = 3, KLOG_READ_CLEAR = 4, KLOG_CLEAR = 5, KLOG_LEVEL = 8, KLOG_SIZE = 10 };

static int dmesg_main(int argc, char **argv)
{
	bool raw = false, no_time = false;
	int o, how = KLOG_READ_ALL;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		raw |= o == 'r';
		no_time |= o == 't';
		how = o == 'c' ? KLOG_READ_CLEAR : o == 'C' ? KLOG_CLEAR : how;
		if (o == 'n') {
			if (klogctl(KLOG_LEVEL, nullptr, (int)num_get(s.arg, 0, 8, "level")) < 0)
				err_fatal_errno("cannot set the level");
			return 0;
		}
	}
	int size = klogctl(KLOG_SIZE, nullptr, 0);
	char *buf = mem_alloc(size > 0 ? (size_t)size : 16384);
	int n = klogctl(how, how == KLOG_CLEAR ? nullptr : buf, size > 0 ? size : 16384);
	if (n < 0)
		err_fatal_errno("read kernel buffer failed");
	for (char *p = buf, *stop = buf + n; p < stop;) {
		char *end = memchr(p, '\n', (size_t)(stop - p));
		end = end != nullptr ? end + 1 : stop;
		if (!raw && *p == '<') {
			char *close = memchr(p, '>', (size_t)(end - p));
			p = close != nullptr ? close + 1 : p;
		}
		if (no_time && *p == '[') {
			char *close = memchr(p, ']', (size_t)(end - p));
			p = close != nullptr ? close + 1 + (close[1] == ' ') : p;
		}
		put_bytes(p, (size_t)(end - p));
		p = end;
	}
	return 0;
}

APPLET(ps, .usage = "[OPTION]... [PID]\naux", .summary = "Show processes.", .opts = ps_opts);
APPLET(pgrep, .usage = "[OPTION]... PATTERN",
       .summary = "Show the numbers of processes whose name matches.", .opts = pgrep_opts);
APPLET(pkill, .usage = "[-SIGNAL] [OPTION]... PATTERN",
       .summary = "Send signals to processes whose name matches.", .opts = pgrep_opts);
APPLET(pidof, .usage = "[-s] NAME...", .summary = "Show the numbers of processes with these names.",
       .opts = pidof_opts);
APPLET(free, .usage = "[OPTION]...", .summary = "Show how much memory is used.", .opts = free_opts);
APPLET(dmesg, .usage = "[OPTION]...", .summary = "Show the kernel's messages.", .opts = dmesg_opts);
