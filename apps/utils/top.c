/* SPDX-License-Identifier: MPL-2.0 */
/* top: the processes that are busiest, again and again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/terminal.h"
#include "apps/utils/proc.h"
#include "apps/utils/signals.h"

static const struct opt top_opts[] = {
	{ 'b', "batch", nullptr, "write text, with no screen and no keys" },
	{ 'c', "cmdline-toggle", nullptr, "whole commands instead of names" },
	{ 'd', "delay", "SECONDS", "the time between pictures (3)" },
	{ 'i', "idle-toggle", nullptr, "only what used the processor" },
	{ 'n', "iterations", "N", "end after N pictures" },
	{ 'o', "sort-override", "COLUMN", "sort by %CPU, %MEM, TIME+, PID, USER, RES or VIRT" },
	{ 'p', "pid", "LIST", "only these processes" },
	{ 'u', "filter-any-user", "USER", "only of this user" },
	{},
};

/* The processor's time since the start, in ticks, by what it was spent on. */
enum {
	CPU_USER,
	CPU_NICE,
	CPU_SYSTEM,
	CPU_IDLE,
	CPU_WAIT,
	CPU_IRQ,
	CPU_SOFT,
	CPU_STEAL,
	CPU_KINDS
};

struct top {
	bool batch, whole, busy_only, reverse;
	char order; /* P cpu, M memory, T time, N pid, U user, R resident, V virtual */
	struct timespec delay;
	const char *pids, *user;
	int fd;    /* of the keys; -1 in batch mode */
	int first; /* row of the list that is shown first */
	struct processes before, now;
	double uptime, interval; /* seconds; the interval is 0 at the first picture */
	uint64_t cpu_before[CPU_KINDS], cpu[CPU_KINDS];
};

static const struct top *sorting; /* qsort() passes no context; one top runs at a time */

static int order_compare(const void *p, const void *q)
{
	const struct process *a = p, *b = q;
	int r = 0;

#define COMPARE(x, y) ((x) < (y) ? 1 : (x) > (y) ? -1 : 0)
	switch (sorting->order) {
	case 'M':
	case 'R':
		r = COMPARE(a->resident_bytes, b->resident_bytes);
		break;
	case 'V':
		r = COMPARE(a->virtual_bytes, b->virtual_bytes);
		break;
	case 'T':
		r = COMPARE(a->ticks, b->ticks);
		break;
	case 'U':
		r = strcmp(user_name(b->uid), user_name(a->uid));
		break;
	case 'P':
		r = COMPARE(a->shown_ticks, b->shown_ticks);
		break;
	}
	if (r == 0)
		r = COMPARE(a->pid, b->pid) * (sorting->order == 'N' ? 1 : -1);
#undef COMPARE
	return sorting->reverse ? -r : r;
}

static void cpu_read(uint64_t cpu[CPU_KINDS])
{
	char *text = proc_file_read("/proc/stat", nullptr);
	char *p = text != nullptr && strncmp(text, "cpu ", 4) == 0 ? text + 4 : nullptr;

	for (int i = 0; i < CPU_KINDS; i++)
		cpu[i] = p != nullptr ? strtoull(p, &p, 10) : 0;
	mem_free(text);
}

/* The same process in the picture before, or nullptr; both lists are by number then. */
static const struct process *process_before(const struct processes *all, const struct process *p)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct process *q = &all->list[mid];
		if (q->pid == p->pid)
			return q->start_ticks == p->start_ticks ? q : nullptr;
		if (q->pid < p->pid)
			low = mid + 1;
		else
			high = mid;
	}
	return nullptr;
}

/* Keeps a copy by number: the one that is shown gets sorted. */
static void picture_keep(struct top *t)
{
	processes_free(&t->before);
	for (size_t i = 0; i < t->now.count; i++) {
		t->before.list = mem_room(t->before.list, t->before.count, &t->before.capacity,
					  sizeof *t->before.list);
		t->before.list[i] = t->now.list[i];
		t->before.list[i].command = mem_dup(t->now.list[i].command);
		t->before.count++;
	}
}

static void picture_take(struct top *t)
{
	double was = t->uptime;

	processes_free(&t->now);
	processes_read(&t->now);
	t->uptime = system_uptime();
	t->interval = was > 0 ? t->uptime - was : 0;
	memcpy(t->cpu_before, t->cpu, sizeof t->cpu);
	cpu_read(t->cpu);
	for (size_t i = 0; i < t->now.count; i++) {
		struct process *p = &t->now.list[i];
		const struct process *q = process_before(&t->before, p);
		p->shown_ticks = p->ticks - (q != nullptr ? q->ticks : 0);
	}
	picture_keep(t);
	sorting = t;
	if (t->now.count != 0)
		qsort(t->now.list, t->now.count, sizeof *t->now.list, order_compare);
}

static double percent_cpu(const struct top *t, const struct process *p)
{
	double hz = (double)sysconf(_SC_CLK_TCK), span = t->interval;

	if (span == 0) /* the first picture tells of all its life */
		span = t->uptime - (double)p->start_ticks / hz;
	double percent = span > 0 ? 100 * (double)p->shown_ticks / hz / span : 0;
	return percent > 9999 ? 9999 : percent;
}

/* -- drawing -- */

struct screen {
	bool batch;
	int rows, columns; /* 0: without a limit */
	int row;           /* used so far */
};

/* One row, cut to the width; false when the screen is full. */
static bool row_put(struct screen *s, struct text *line)
{
	if (s->rows != 0 && s->row >= s->rows)
		return false;
	size_t n = line->len;
	if (s->columns != 0 && n > (size_t)s->columns)
		n = (size_t)s->columns;
	put_bytes(line->bytes, n);
	if (!s->batch)
		put_string("\033[K");
	s->row++;
	if (s->batch || s->row < s->rows)
		put_string(s->batch ? "\n" : "\r\n");
	line->len = 0;
	return true;
}

static void tasks_format(const struct top *t, struct text *line)
{
	unsigned running = 0, stopped = 0, zombie = 0;

	for (size_t i = 0; i < t->now.count; i++) {
		char c = t->now.list[i].state;
		running += c == 'R';
		stopped += c == 'T' || c == 't';
		zombie += c == 'Z';
	}
	unsigned total = (unsigned)t->now.count;
	text_format(line, "Tasks: %3u total, %3u running, %3u sleeping, %3u stopped, %3u zombie",
		    total, running, total - running - stopped - zombie, stopped, zombie);
}

static void cpu_format(const struct top *t, struct text *line)
{
	static const int order[] = { CPU_USER, CPU_SYSTEM, CPU_NICE, CPU_IDLE,
				     CPU_WAIT, CPU_IRQ,    CPU_SOFT, CPU_STEAL };
	static const char *const names[] = { "us", "sy", "ni", "id", "wa", "hi", "si", "st" };
	double all = 0, part[CPU_KINDS];

	for (int i = 0; i < CPU_KINDS; i++) {
		part[i] = (double)(t->cpu[i] - t->cpu_before[i]);
		all += part[i];
	}
	text_add_string(line, "%Cpu(s):");
	for (int i = 0; i < CPU_KINDS; i++)
		text_format(line, "%s%5.1f %s", i == 0 ? "" : ",",
			    all > 0 ? 100 * part[order[i]] / all : 0, names[i]);
}

static void memory_format(const char *label, uint64_t total, uint64_t unused, uint64_t used,
			  uint64_t last, const char *last_name, struct text *line)
{
	const double unit = 1 << 20;

	text_format(line, "MiB %s: %8.1f total, %8.1f free, %8.1f used%s %8.1f %s", label,
		    (double)total / unit, (double)unused / unit, (double)used / unit,
		    *last_name == 'a' ? "." : ",", (double)last / unit, last_name);
}

/* In KiB, or with a unit when that takes more than `width` columns. */
static void size_format(struct text *line, uint64_t bytes, int width)
{
	char number[32];
	static const char units[] = "mgt";
	double n = (double)bytes / 1024;

	snprintf(number, sizeof number, "%.0f", n);
	for (int i = 0; (int)strlen(number) > width && i < 3; i++) {
		n /= 1024;
		snprintf(number, sizeof number, "%.1f%c", n, units[i]);
	}
	text_format(line, " %*s", width, number);
}

static uint64_t shared_bytes(pid_t pid)
{
	char path[64];
	unsigned long long shared = 0;

	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	char *text = proc_file_read(path, nullptr);
	if (text != nullptr && sscanf(text, "%*u %*u %llu", &shared) != 1)
		shared = 0;
	mem_free(text);
	return shared * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void process_format(const struct top *t, const struct process *p, struct text *line)
{
	char user[16];
	uint64_t hundredths = p->ticks * 100 / (uint64_t)sysconf(_SC_CLK_TCK);
	double memory = 100 * (double)p->resident_bytes / (double)memory_total();

	snprintf(user, sizeof user, "%.8s", user_name(p->uid));
	text_format(line, "%7d %-8s ", p->pid, user);
	if (p->priority < -99)
		text_add_string(line, " rt");
	else
		text_format(line, "%3ld", p->priority);
	text_format(line, " %3ld", p->nice);
	size_format(line, p->virtual_bytes, 7);
	size_format(line, p->resident_bytes, 6);
	size_format(line, shared_bytes(p->pid), 6);
	text_format(line, " %c %5.1f %5.1f %3llu:%02llu.%02llu ", p->state, percent_cpu(t, p),
		    memory, (unsigned long long)(hundredths / 6000),
		    (unsigned long long)(hundredths / 100 % 60),
		    (unsigned long long)(hundredths % 100));
	text_add_string(line, t->whole ? p->command : p->name);
}

static bool is_shown(const struct top *t, const struct process *p)
{
	char number[16];

	snprintf(number, sizeof number, "%d", p->pid);
	if (t->pids != nullptr && !proc_list_has(t->pids, number))
		return false;
	snprintf(number, sizeof number, "%u", p->uid);
	if (t->user != nullptr && strcmp(t->user, user_name(p->uid)) != 0 &&
	    strcmp(t->user, number) != 0)
		return false;
	return !t->busy_only || p->shown_ticks > 0;
}

static void summary_draw(const struct top *t, struct screen *screen)
{
	struct text line = {};
	struct memory m;

	memory_read(&m);
	put_string("top - ");
	uptime_put();
	screen->row++;
	tasks_format(t, &line);
	row_put(screen, &line);
	cpu_format(t, &line);
	row_put(screen, &line);
	memory_format("Mem ", m.total, m.unused, m.used, m.cached, "buff/cache", &line);
	row_put(screen, &line);
	memory_format("Swap", m.swap, m.swap_free, m.swap - m.swap_free, m.available, "avail Mem",
		      &line);
	row_put(screen, &line);
	text_add_string(&line, "");
	row_put(screen, &line);
	mem_free(line.bytes);
}

static void picture_draw(const struct top *t)
{
	struct screen screen = { .batch = t->batch };
	struct text line = {};
	int skip = t->first;

	if (!t->batch) {
		struct terminal_size size = terminal_size(STDOUT_FILENO);
		screen.rows = size.rows;
		screen.columns = size.columns;
		put_string("\033[H");
	}
	summary_draw(t, &screen);
	text_format(&line, "%7s %-8s %3s %3s %7s %6s %6s S %5s %5s %9s COMMAND", "PID", "USER",
		    "PR", "NI", "VIRT", "RES", "SHR", "%CPU", "%MEM", "TIME+");
	if (!t->batch)
		put_string("\033[7m");
	row_put(&screen, &line);
	if (!t->batch)
		put_string("\033[m");
	for (size_t i = 0; i < t->now.count; i++) {
		if (!is_shown(t, &t->now.list[i]) || skip-- > 0)
			continue;
		process_format(t, &t->now.list[i], &line);
		if (!row_put(&screen, &line))
			break;
	}
	if (!t->batch)
		put_string("\033[J");
	mem_free(line.bytes);
	put_flush();
}

/* -- keys -- */

static void help_show(struct top *t)
{
	put_string("\033[H\033[J"
		   "P M T N   sort by processor, memory, time, number\r\n"
		   "R         turn the order round\r\n"
		   "c         whole commands, or names\r\n"
		   "i         only what is busy, or all\r\n"
		   "u         only one user's processes\r\n"
		   "k         send a signal\r\n"
		   "d         change the delay\r\n"
		   "Up Down   move in the list\r\n"
		   "Space     a new picture now\r\n"
		   "q         quit\r\n\nPress a key.");
	(void)terminal_key(t->fd, -1); /* any will do */
}

static void tell(struct top *t, const char *what)
{
	put_format("\033[%d;1H\033[K%s", 6, what);
	(void)terminal_key(t->fd, 1500); /* or none */
}

static void kill_ask(struct top *t)
{
	char answer[32], name[32];
	uint64_t pid;

	if (!terminal_ask(t->fd, 6, "PID to signal: ", answer, sizeof answer) ||
	    num_parse(answer, &pid) != NUM_OK || pid == 0 || pid > INT32_MAX)
		return;
	if (!terminal_ask(t->fd, 6, "Signal (TERM): ", name, sizeof name))
		return;
	int number = *name == '\0' ? SIGTERM : signame_find(name);
	if (number < 0)
		tell(t, "No such signal.");
	else if (kill((pid_t)pid, number) != 0)
		tell(t, strerror(errno));
}

static void user_ask(struct top *t)
{
	static char answer[32];

	if (terminal_ask(t->fd, 6, "User (all): ", answer, sizeof answer))
		t->user = *answer != '\0' ? answer : nullptr;
}

static void delay_ask(struct top *t)
{
	char answer[32];
	struct timespec delay;

	if (terminal_ask(t->fd, 6, "Delay in seconds: ", answer, sizeof answer) &&
	    num_duration(answer, &delay))
		t->delay = delay;
}

/* False to end. */
static bool key_do(struct top *t, int key)
{
	switch (key) {
	case 'q':
	case KEY_CTRL_C:
	case KEY_END_OF_INPUT:
		return false;
	case KEY_CTRL_Z:
		terminal_stop(t->fd);
		break;
	case 'P':
	case 'M':
	case 'T':
	case 'N':
		t->order = (char)key;
		break;
	case 'R':
		t->reverse = !t->reverse;
		break;
	case 'c':
		t->whole = !t->whole;
		break;
	case 'i':
		t->busy_only = !t->busy_only;
		break;
	case 'u':
		user_ask(t);
		break;
	case 'k':
		kill_ask(t);
		break;
	case 'd':
	case 's':
		delay_ask(t);
		break;
	case 'h':
	case '?':
		help_show(t);
		break;
	case KEY_UP:
	case KEY_DOWN:
		t->first += key == KEY_DOWN ? 1 : t->first > 0 ? -1 : 0;
		break;
	case KEY_HOME:
		t->first = 0;
		break;
	}
	return true;
}

static char order_find(const char *name)
{
	static const struct {
		const char *name;
		char order;
	} orders[] = { { "%cpu", 'P' }, { "%mem", 'M' }, { "time+", 'T' }, { "time", 'T' },
		       { "pid", 'N' },  { "user", 'U' }, { "res", 'R' },   { "virt", 'V' } };

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		if (strcasecmp(name, orders[i].name) == 0)
			return orders[i].order;
	err_fatal("unrecognized field name '%s'", name);
}

static void options_read(struct top *t, int argc, char **argv, uint64_t *pictures)
{
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		t->batch |= o == 'b';
		t->whole |= o == 'c';
		t->busy_only |= o == 'i';
		if (o == 'd' && !num_duration(s.arg, &t->delay))
			err_fatal("bad delay interval '%s'", s.arg);
		if (o == 'n')
			*pictures = num_get(s.arg, 1, UINT64_MAX, "number of iterations");
		if (o == 'o') {
			t->reverse = s.arg[0] == '-';
			t->order = order_find(s.arg + (s.arg[0] == '-' || s.arg[0] == '+'));
		}
		if (o == 'p')
			t->pids = s.arg;
		if (o == 'u')
			t->user = s.arg;
	}
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
}

static int top_main(int argc, char **argv)
{
	struct top t = { .order = 'P', .delay = { .tv_sec = 3 }, .fd = -1 };
	uint64_t pictures = UINT64_MAX;

	options_read(&t, argc, argv, &pictures);
	if (!t.batch) {
		t.fd = terminal_open();
		if (!terminal_is_capable(STDOUT_FILENO) || t.fd < 0 || !terminal_begin(t.fd))
			err_fatal("no terminal to draw on; -b writes text");
		put_string("\033[?1049h\033[?25l");
	}
	for (bool more = true; more && pictures-- > 0;) {
		picture_take(&t);
		picture_draw(&t);
		if (t.batch && pictures > 0) {
			put_char('\n');
			put_flush();
			nanosleep(&t.delay, nullptr);
		} else if (!t.batch) {
			int ms = (int)(t.delay.tv_sec < 100000 ? t.delay.tv_sec : 100000) * 1000 +
				 (int)(t.delay.tv_nsec / 1000000);
			more = pictures == 0 || key_do(&t, terminal_key(t.fd, ms));
		}
	}
	if (!t.batch) {
		put_string("\033[?25h\033[?1049l");
		terminal_end(t.fd);
	}
	return 0;
}

APPLET(top, .usage = "[OPTION]...", .summary = "Show the busiest processes, again and again.",
       .details = "Keys: P M T N sort, R turns round, c commands, i busy ones, u user, k signal,\n"
		  "d delay, h help, q quit.",
       .opts = top_opts);
