/* SPDX-License-Identifier: MPL-2.0 */
/* ps: processes, in columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/utils/proc.h"

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

static bool is_shown(const struct ps *s, const struct process *p, const struct process *self)
{
	char text[32];
	bool asked = s->pids != nullptr || s->users != nullptr || s->terminals != nullptr ||
		     s->names != nullptr;

	snprintf(text, sizeof text, "%d", p->pid);
	if (s->pids != nullptr && proc_list_has(s->pids, text))
		return true;
	snprintf(text, sizeof text, "%u", p->uid);
	if (s->users != nullptr &&
	    (proc_list_has(s->users, user_name(p->uid)) || proc_list_has(s->users, text)))
		return true;
	terminal_text(p->terminal, text);
	if (s->terminals != nullptr && proc_list_has(s->terminals, text))
		return true;
	if (s->names != nullptr && proc_list_has(s->names, p->name))
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

APPLET(ps, .usage = "[OPTION]... [PID]\naux", .summary = "Show processes.", .opts = ps_opts);
