/* SPDX-License-Identifier: MPL-2.0 */
/* xargs: runs a command with arguments read from input. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

enum { OPT_SHOW_LIMITS = 256, OPT_PROCESS_SLOT };

static const struct opt xargs_opts[] = {
	{ '0', "null", nullptr, "arguments end with NUL; no quoting" },
	{ 'a', "arg-file", "FILE", "read arguments from FILE, not standard input" },
	{ 'd', "delimiter", "BYTE", "arguments end with BYTE; no quoting" },
	{ 'E', nullptr, "WORD", "stop at an argument WORD" },
	{ 'e', "eof", "[WORD]", nullptr },
	{ 'I', nullptr, "TEXT", "replace TEXT in the command by each line" },
	{ 'i', "replace", "[TEXT]", "the same; TEXT is {} if not given" },
	{ 'L', "max-lines", "NUM", "no more than NUM lines for a command" },
	{ 'l', nullptr, "[NUM]", nullptr },
	{ 'n', "max-args", "NUM", "no more than NUM arguments for a command" },
	{ 'o', "open-tty", nullptr, "the command reads from the terminal" },
	{ 'P', "max-procs", "NUM", "run up to NUM commands at once; 0: as many as there are" },
	{ 'p', "interactive", nullptr, "ask before running each command" },
	{ OPT_PROCESS_SLOT, "process-slot-var", "NAME", nullptr },
	{ 'r', "no-run-if-empty", nullptr, "run nothing if there are no arguments" },
	{ 's', "max-chars", "NUM", "no more than NUM bytes for a command" },
	{ OPT_SHOW_LIMITS, "show-limits", nullptr, nullptr },
	{ 't', "verbose", nullptr, "show each command before it runs" },
	{ 'x', "exit", nullptr, "stop if a command would be too long" },
	{},
};

struct xargs {
	char **command;
	int command_count;
	const char *replace, *end_word;
	int delim; /* -1: blanks and quotes */
	uint64_t max_args, max_lines, max_bytes, max_procs;
	bool exit_if_long, trace, ask, no_run_if_empty, terminal;
	/* the command being made up */
	struct text args; /* each ends with a NUL */
	size_t count;
	uint64_t lines;
	/* what runs */
	uint64_t running;
	int status;
	struct in in;
};

/* Takes note of how a command ended; some ends stop xargs. */
static void child_judge(struct xargs *x, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 255) {
		err_warn("%s: exited with status 255; aborting", x->command[0]);
		applet_exit(124);
	}
	if (WIFSIGNALED(status)) {
		err_warn("%s: terminated by signal %d", x->command[0], WTERMSIG(status));
		applet_exit(125);
	}
	int code = WEXITSTATUS(status);
	if (code == 126 || code == 127)
		applet_exit(code);
	if (code != 0)
		x->status = 123;
}

static void child_wait(struct xargs *x)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) < 0 && errno == EINTR && !applet_interrupted)
		;
	if (pid < 0) {
		x->running = 0;
		return;
	}
	x->running--;
	child_judge(x, status);
}

static void child_start(struct xargs *x, char **argv)
{
	while (x->max_procs != 0 && x->running >= x->max_procs)
		child_wait(x);
	put_flush();
	pid_t pid = fork();
	if (pid < 0)
		err_fatal_errno("cannot fork");
	if (pid != 0) {
		x->running++;
		return;
	}
	/* The list of arguments is not the command's to read. */
	int fd = open(x->terminal ? "/dev/tty" : "/dev/null", O_RDONLY);
	if (fd >= 0 && fd != STDIN_FILENO && (x->terminal || x->in.fd == STDIN_FILENO)) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
	execvp(argv[0], argv);
	err_warn_errno("%s", argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static bool command_shown(const struct xargs *x, char **argv)
{
	if (!x->trace && !x->ask)
		return true;
	struct text t = {};
	for (int i = 0; argv[i] != nullptr; i++)
		text_format(&t, "%s%s", i == 0 ? "" : " ", argv[i]);
	text_add_string(&t, x->ask ? " ?..." : "\n");
	(void)!write(STDERR_FILENO, t.bytes, t.len); /* nowhere to report it */
	mem_free(t.bytes);
	if (!x->ask)
		return true;
	char c, first = 0;
	int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_fatal_errno("cannot open /dev/tty");
	while (read(fd, &c, 1) == 1 && c != '\n')
		first = first == 0 ? c : first;
	close(fd);
	return first == 'y' || first == 'Y';
}

static void command_run(struct xargs *x)
{
	char **argv = mem_alloc(((size_t)x->command_count + x->count + 1) * sizeof *argv);
	int n = 0;

	for (int i = 0; i < x->command_count; i++)
		argv[n++] = x->command[i];
	for (char *p = x->args.bytes; x->count != 0 && p < x->args.bytes + x->args.len;
	     p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = nullptr;
	if (command_shown(x, argv))
		child_start(x, argv);
	mem_free(argv);
	x->args.len = 0;
	x->count = 0;
	x->lines = 0;
}

static char *text_replace(const char *word, const char *what, const char *by)
{
	struct text t = {};
	size_t n = strlen(what);

	text_add_string(&t, "");
	for (const char *p = word; *p != '\0';) {
		if (n != 0 && strncmp(p, what, n) == 0) {
			text_add_string(&t, by);
			p += n;
		} else {
			text_add_char(&t, *p++);
		}
	}
	return t.bytes;
}

static void replaced_run(struct xargs *x, const char *arg)
{
	char **argv = mem_alloc(((size_t)x->command_count + 1) * sizeof *argv);

	for (int i = 0; i < x->command_count; i++)
		argv[i] = text_replace(x->command[i], x->replace, arg);
	argv[x->command_count] = nullptr;
	if (command_shown(x, argv))
		child_start(x, argv);
	for (int i = 0; i < x->command_count; i++)
		mem_free(argv[i]);
	mem_free(argv);
}

static size_t fixed_bytes(const struct xargs *x)
{
	size_t n = 0;

	for (int i = 0; i < x->command_count; i++)
		n += strlen(x->command[i]) + 1;
	return n;
}

static void arg_add(struct xargs *x, const char *arg, size_t len)
{
	if (x->replace != nullptr) {
		replaced_run(x, arg);
		return;
	}
	size_t total = fixed_bytes(x) + x->args.len + len + 1;
	if (x->count != 0 && total > x->max_bytes) {
		if (x->exit_if_long && (x->max_args != UINT64_MAX || x->max_lines != UINT64_MAX))
			err_fatal("argument list too long");
		command_run(x);
		total = fixed_bytes(x) + len + 1;
	}
	if (total > x->max_bytes)
		err_fatal("argument line too long");
	text_add(&x->args, arg, len + 1);
	x->count++;
	if (x->count >= x->max_args)
		command_run(x);
}

/* One argument of the quoted form in `t`; false at the end. *line_end tells if a line ended. */
static bool quoted_read(struct xargs *x, struct text *t, bool *line_end)
{
	struct in *in = &x->in;
	bool any = false;
	char quote = 0;

	t->len = 0;
	*line_end = false;
	text_add_string(t, "");
	for (;;) {
		if (in->start == in->end && !in_fill(in)) {
			if (quote != 0)
				err_fatal("unmatched %s quote; by default quotes are special to "
					  "xargs unless you use the -0 option",
					  quote == '"' ? "double" : "single");
			*line_end = true;
			return any;
		}
		char c = in->buf[in->start++];
		if (quote != 0) {
			if (c == '\n')
				err_fatal("unmatched %s quote; by default quotes are special to "
					  "xargs unless you use the -0 option",
					  quote == '"' ? "double" : "single");
			if (c == quote)
				quote = 0;
			else
				text_add_char(t, c);
		} else if (c == '\\') {
			if (in->start < in->end || in_fill(in))
				text_add_char(t, in->buf[in->start++]);
			any = true;
		} else if (c == '\'' || c == '"') {
			quote = c;
			any = true;
		} else if (c == '\n' || (isblank((unsigned char)c) && x->replace == nullptr)) {
			if (any) {
				/* A blank before the newline joins the next line, for -L. */
				*line_end = c == '\n';
				while (!*line_end && x->max_lines != UINT64_MAX &&
				       (in->start < in->end || in_fill(in))) {
					char next = in->buf[in->start];
					if (next == '\n') {
						in->start++;
						break;
					}
					if (!isblank((unsigned char)next))
						break;
					in->start++;
				}
				return true;
			}
		} else {
			if (isblank((unsigned char)c) &&
			    !any) /* leading blanks of a line, with -I */
				continue;
			text_add_char(t, c);
			any = true;
		}
	}
}

static bool delimited_read(struct xargs *x, struct text *t)
{
	char *line;
	size_t len;

	if (!in_line(&x->in, x->delim, &line, &len))
		return false;
	t->len = 0;
	text_add(t, line, len - (line[len - 1] == (char)x->delim));
	return true;
}

static void input_run(struct xargs *x)
{
	struct text t = {};
	bool line_end = true, any = false;

	for (;;) {
		bool more = x->delim >= 0 ? delimited_read(x, &t) : quoted_read(x, &t, &line_end);
		if (!more ||
		    (x->end_word != nullptr && x->delim < 0 && strcmp(t.bytes, x->end_word) == 0))
			break;
		any = true;
		arg_add(x, t.bytes, t.len);
		x->lines += line_end;
		if (x->count != 0 && x->lines >= x->max_lines)
			command_run(x);
	}
	if (x->count != 0 || (!any && !x->no_run_if_empty && x->replace == nullptr))
		command_run(x);
	while (x->running != 0)
		child_wait(x);
}

static int delimiter_read(const char *s)
{
	static const char letters[] = "abfnrtv0\\", values[] = "\a\b\f\n\r\t\v\0\\";
	const char *at;

	if (s[0] != '\0' && s[1] == '\0')
		return (unsigned char)s[0];
	if (s[0] == '\\' && s[1] != '\0' && s[2] == '\0' && (at = strchr(letters, s[1])) != nullptr)
		return (unsigned char)values[at - letters];
	if (s[0] == '\\' && s[1] == 'x')
		return (int)strtol(s + 2, nullptr, 16) & 255;
	if (s[0] == '\\' && s[1] >= '0' && s[1] <= '7')
		return (int)strtol(s + 1, nullptr, 8) & 255;
	err_fatal("Invalid input delimiter specification %s: the delimiter must be either a single "
		  "character or an escape sequence starting with \\.",
		  s);
}

static void xargs_option(struct xargs *x, int o, const char *arg)
{
	switch (o) {
	case '0':
		x->delim = '\0';
		break;
	case 'd':
		x->delim = delimiter_read(arg);
		break;
	case 'E':
	case 'e':
		x->end_word = arg;
		break;
	case 'I':
	case 'i':
		x->replace = arg != nullptr ? arg : "{}";
		x->max_args = x->max_lines = UINT64_MAX;
		break;
	case 'L':
	case 'l':
		x->max_lines =
			arg != nullptr ? num_get(arg, 1, UINT64_MAX, "number for -L option") : 1;
		x->max_args = UINT64_MAX;
		x->replace = nullptr;
		break;
	case 'n':
		x->max_args = num_get(arg, 1, UINT64_MAX, "number for -n option");
		x->max_lines = UINT64_MAX;
		if (x->max_args != 1)
			x->replace = nullptr;
		break;
	case 'P':
		x->max_procs = num_get(arg, 0, INT32_MAX, "number for -P option");
		break;
	case 's':
		x->max_bytes = num_get(arg, 1, UINT64_MAX, "number for -s option");
		break;
	}
	x->exit_if_long |= o == 'x';
	x->trace |= o == 't' || o == 'p';
	x->ask |= o == 'p';
	x->no_run_if_empty |= o == 'r';
	x->terminal |= o == 'o';
}

static int xargs_main(int argc, char **argv)
{
	struct xargs x = { .delim = -1,
			   .max_args = UINT64_MAX,
			   .max_lines = UINT64_MAX,
			   .max_bytes = 128 * 1024,
			   .max_procs = 1 };
	static char echo[] = "echo";
	char *default_command[] = { echo };
	const char *file = "-";
	struct opt_state s;
	int o;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		xargs_option(&x, o, s.arg);
		if (o == 'a')
			file = s.arg;
	}
	x.command_count = argc - s.index;
	x.command = x.command_count == 0 ? default_command : argv + s.index;
	x.command_count += x.command_count == 0;
	if (!in_open(&x.in, file))
		return 1;
	input_run(&x);
	return x.status;
}

APPLET(xargs, .usage = "[OPTION]... [COMMAND [ARGUMENT]...]",
       .summary = "Run COMMAND (echo) with arguments read from standard input.",
       .opts = xargs_opts);
