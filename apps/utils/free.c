/* SPDX-License-Identifier: MPL-2.0 */
/* free and dmesg: the system's memory and its messages. */
#include <errno.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/control.h"
#include "apps/utils/proc.h"

static const struct opt free_opts[] = {
	{ 'b', "bytes", nullptr, "in bytes" },
	{ 'k', "kibi", nullptr, "in KiB (default)" },
	{ 'm', "mebi", nullptr, "in MiB" },
	{ 'g', "gibi", nullptr, "in GiB" },
	{ 'h', "human", nullptr, "with units" },
	{ 't', "total", nullptr, "with a sum" },
	{},
};

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
	struct memory m;
	memory_read(&m);
	const uint64_t memory[] = { m.total, m.used, m.unused, m.shared, m.cached, m.available };
	const uint64_t swaps[] = { m.swap, m.swap - m.swap_free, m.swap_free };
	const uint64_t sums[] = { m.total + m.swap, m.used + m.swap - m.swap_free,
				  m.unused + m.swap_free };
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

/* The log and its length. */
static char *log_read(int how, size_t *len)
{
	int size = klogctl(KLOG_SIZE, nullptr, 0);
	char *buf = mem_alloc(size > 0 ? (size_t)size : 16384);
	int n = klogctl(how, how == KLOG_CLEAR ? nullptr : buf, size > 0 ? size : 16384);

	if (n < 0)
		err_fatal_errno("read kernel buffer failed");
	*len = (size_t)n;
	return buf;
}

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
	size_t n;
	char *buf = log_read(how, &n);

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

APPLET(free, .usage = "[OPTION]...", .summary = "Show how much memory is used.", .opts = free_opts);
APPLET(dmesg, .usage = "[OPTION]...", .summary = "Show the kernel's messages.", .opts = dmesg_opts);
