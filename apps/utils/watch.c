/* SPDX-License-Identifier: MPL-2.0 */
/* watch: a command's output, again and again. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/terminal.h"
#include "apps/applet/utf8.h"

static const struct opt watch_opts[] = {
	{ 'b', "beep", nullptr, "beep when the command fails" },
	{ 'd', "differences", "[permanent]", "mark what changed" },
	{ 'e', "errexit", nullptr, "leave when the command fails" },
	{ 'g', "chgexit", nullptr, "leave when the output changes" },
	{ 'n', "interval", "SECONDS", "the time between runs (2)" },
	{ 't', "no-title", nullptr, "no line above the output" },
	{ 'x', "exec", nullptr, "run the command itself, without a shell" },
	{},
};

struct watch {
	bool beep, differences, on_error, on_change, no_title, direct;
	struct timespec interval;
	char **argv;
	char *command; /* its words in one line */
	int fd;        /* of the keys; -1 without a screen */
	struct text output, before;
	bool first;
	int status; /* of the last run, as wait() has it */
	bool quit;
};

static char *words_join(char **words)
{
	struct text t = {};

	text_add_string(&t, "");
	for (; *words != nullptr; words++) {
		if (t.len != 0)
			text_add_char(&t, ' ');
		text_add_string(&t, *words);
	}
	return t.bytes;
}

[[noreturn]] static void child_run(const struct watch *w, int out)
{
	static char shell[] = "sh", option[] = "-c";
	char *through_shell[] = { shell, option, w->command, nullptr };
	char **argv = w->direct ? w->argv : through_shell;

	/* Of its own group, so that Ctrl-C can end all of it, and no reader of our keys. */
	(void)setpgid(0, 0);
	int null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		(void)dup2(null, STDIN_FILENO); /* without it the command reads our keys */
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(out, STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "watch: cannot run '%s'\n", argv[0]);
	_exit(127);
}

static bool is_quit_key(int key)
{
	return key == 'q' || key == KEY_CTRL_C || key == KEY_END_OF_INPUT;
}

/* Takes the command's output until its end, or until a key ends it all. */
static void output_take(struct watch *w, int from, pid_t child)
{
	struct pollfd p[2] = { { .fd = from, .events = POLLIN },
			       { .fd = w->fd, .events = POLLIN } };
	char buf[4096];

	for (;;) {
		if (poll(p, w->fd >= 0 ? 2 : 1, -1) < 0)
			continue; /* interrupted, by a new size perhaps */
		if (w->fd >= 0 && p[1].revents != 0 && is_quit_key(terminal_key(w->fd, 0))) {
			kill(-child, SIGTERM);
			w->quit = true;
			return;
		}
		if (p[0].revents == 0)
			continue;
		ssize_t n = read(from, buf, sizeof buf);
		if (n <= 0)
			return;
		text_add(&w->output, buf, (size_t)n);
	}
}

static void command_run(struct watch *w)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0)
		err_fatal_errno("cannot make a pipe");
	put_flush();
	pid_t child = fork();
	if (child < 0)
		err_fatal_errno("cannot fork");
	if (child == 0)
		child_run(w, pipes[1]);
	close(pipes[1]);
	struct text swap = w->before;
	w->before = w->output;
	w->output = swap;
	w->output.len = 0;
	text_add_string(&w->output, "");
	output_take(w, pipes[0], child);
	close(pipes[0]);
	while (waitpid(child, &w->status, 0) < 0)
		continue;
}

/* The line above: what runs, where, and when, the last two on the right. */
static void title_put(const struct watch *w, int columns)
{
	char host[65] = "", when[64], right[160], left[64];
	time_t now = time(nullptr);
	struct tm tm;

	(void)gethostname(host, sizeof host - 1); /* empty if it has none */
	strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", localtime_r(&now, &tm));
	snprintf(right, sizeof right, "%s: %s", host, when);
	snprintf(left, sizeof left,
		 "Every %.1fs: ", (double)w->interval.tv_sec + (double)w->interval.tv_nsec / 1e9);
	int room = columns - (int)strlen(right) - (int)strlen(left) - 1;
	room = room > 0 ? room : 0;
	put_format("%s%-*.*s %s", left, room, room, w->command, right);
}

/* Behind a sequence of the command's, which would disturb the screen. */
static const char *escape_skip(const char *s, const char *stop)
{
	s++;
	if (s < stop && *s == '[')
		for (s++; s < stop && (unsigned char)*s < '@'; s++)
			continue;
	return s < stop ? s + 1 : s;
}

/* The next character to show of the text at *s; false at the end of its line. */
static bool cell_take(const char **s, const char *stop, const char **bytes, int *n, int *width)
{
	uint32_t code;

	while (*s < stop && **s == '\033')
		*s = escape_skip(*s, stop);
	if (*s >= stop || **s == '\n')
		return false;
	*bytes = *s;
	*n = char_decode(*s, stop, &code);
	*s += *n;
	*width = code < ' ' || code == 0x7f ? 0 : char_width(code);
	return true;
}

static const char *line_next(const char *s, const char *stop)
{
	const char *end = memchr(s, '\n', (size_t)(stop - s));

	return end != nullptr ? end + 1 : stop;
}

/* One line of output; what differs from the line `old` is shown inverse. */
static void line_put(const struct watch *w, const char *s, const char *stop, const char *old,
		     const char *old_stop, int columns)
{
	const char *bytes, *was;
	int n, m, width, column = 0, old_width;

	while (cell_take(&s, stop, &bytes, &n, &width)) {
		bool had = cell_take(&old, old_stop, &was, &m, &old_width);
		bool mark = w->differences && !w->first &&
			    !(had && n == m && memcmp(bytes, was, (size_t)n) == 0);
		if (*bytes == '\t')
			width = 8 - column % 8;
		if (column + width > columns)
			break;
		column += width;
		if (mark)
			put_string("\033[7m");
		if (*bytes == '\t')
			put_format("%*s", width, "");
		else if (width > 0)
			put_bytes(bytes, (size_t)n);
		if (mark)
			put_string("\033[m");
	}
}

static void screen_draw(const struct watch *w)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);
	const char *s = w->output.bytes, *stop = s + w->output.len;
	const char *old = w->before.bytes, *old_stop = old != nullptr ? old + w->before.len : old;
	int row = 0;

	put_string("\033[H");
	if (!w->no_title) {
		title_put(w, size.columns);
		put_string("\033[K\n\033[K");
		row += 2;
		if (row < size.rows)
			put_char('\n');
	}
	for (; row < size.rows && s < stop; row++) {
		line_put(w, s, stop, old, old_stop, size.columns);
		put_string("\033[K");
		if (row + 1 < size.rows)
			put_char('\n');
		s = line_next(s, stop);
		if (old != nullptr)
			old = line_next(old, old_stop);
	}
	put_string("\033[J");
}

static void plain_show(const struct watch *w)
{
	if (!w->no_title) {
		title_put(w, terminal_size(STDOUT_FILENO).columns);
		put_string("\n\n");
	}
	put_bytes(w->output.bytes, w->output.len);
	put_flush();
}

/* Waits for the next run; false when a key ends it all. */
static bool interval_wait(const struct watch *w)
{
	if (w->fd < 0) {
		nanosleep(&w->interval, nullptr);
		return true;
	}
	int ms = (int)(w->interval.tv_sec < 1000000 ? w->interval.tv_sec : 1000000) * 1000 +
		 (int)(w->interval.tv_nsec / 1000000);
	int key = terminal_key(w->fd, ms);
	if (key == KEY_CTRL_Z)
		terminal_stop(w->fd);
	return !is_quit_key(key);
}

/* Runs until something ends it; returns the exit status. */
static int watch_run(struct watch *w)
{
	for (w->first = true;; w->first = false) {
		command_run(w);
		if (w->quit)
			return 0;
		if (w->fd >= 0)
			screen_draw(w);
		else
			plain_show(w);
		if (w->status != 0 && w->beep)
			put_char('\a');
		if (w->status != 0 && w->on_error)
			return 8;
		bool changed =
			!w->first && (w->output.len != w->before.len ||
				      memcmp(w->output.bytes, w->before.bytes, w->output.len) != 0);
		if ((changed && w->on_change) || !interval_wait(w))
			return 0;
	}
}

static int watch_main(int argc, char **argv)
{
	struct watch w = { .fd = -1, .interval = { .tv_sec = 2 } };
	struct opt_state s;
	int o;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		w.beep |= o == 'b';
		w.differences |= o == 'd';
		w.on_error |= o == 'e';
		w.on_change |= o == 'g';
		w.no_title |= o == 't';
		w.direct |= o == 'x';
		if (o == 'n' && !num_duration(s.arg, &w.interval))
			err_fatal("invalid interval '%s'", s.arg);
	}
	if (s.index == argc)
		opt_missing_operand();
	w.argv = argv + s.index;
	w.command = words_join(w.argv);
	if (w.interval.tv_sec == 0 && w.interval.tv_nsec < 100000000)
		w.interval.tv_nsec = 100000000; /* as often as an eye can follow */
	bool screen = terminal_is_capable(STDOUT_FILENO);
	w.fd = screen ? terminal_open() : -1;
	if (w.fd >= 0 && terminal_begin(w.fd))
		put_string("\033[?1049h\033[?25l");
	else
		w.fd = -1;
	int status = watch_run(&w);
	if (w.fd >= 0) {
		put_string("\033[?25h\033[?1049l");
		terminal_end(w.fd);
		if (status != 0)
			put_bytes(w.output.bytes, w.output.len);
	}
	return status;
}

APPLET(watch, .usage = "[OPTION]... COMMAND [ARGUMENT]...",
       .summary = "Show a command's output again and again, until q.", .opts = watch_opts);
