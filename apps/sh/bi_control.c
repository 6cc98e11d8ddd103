/* SPDX-License-Identifier: MPL-2.0 */
/* Built-ins that steer: break, return, exit, eval, `.', exec, set, shift. */
#include "apps/sh/arith.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/calls.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/option.h"
#include "apps/sh/output.h"
#include "apps/sh/print.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int bi_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int bi_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

/* Past "--", which even built-ins without options accept. */
static int operand(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
}

static long long count_operand(int argc, char **argv, long long otherwise)
{
	int i = operand(argc, argv);
	long long n;

	if (i >= argc)
		return otherwise;
	if (!number_parse(argv[i], &n) || (argv[i][0] == '-' && n >= 0))
		fail(2, "%s: %s: not a number", argv[0], argv[i]);
	return n;
}

int bi_break(int argc, char **argv)
{
	long long n = count_operand(argc, argv, 1);

	if (n <= 0)
		fail(1, "%s: %lld: not a number of loops", argv[0], n);
	if (sh.loop_depth == 0)
		return 0;
	sh.skip = argv[0][0] == 'b' ? SKIP_BREAK : SKIP_CONTINUE;
	sh.skip_count = n < sh.loop_depth ? (int)n : sh.loop_depth;
	return 0;
}

int bi_return(int argc, char **argv)
{
	long long n = count_operand(argc, argv, trap_status(sh.posix));

	if (sh.func_depth == 0 && sh.dot_depth == 0) {
		if (!sh.posix) {
			warn("return: only in a function or a file run with `.'");
			return 1;
		}
		sh_exit((int)(n & 0xff)); /* a script ends like a file that is being sourced */
	}
	sh.skip = SKIP_RETURN;
	return (int)(n & (sh.posix ? 0x1ff : 0xff));
}

int bi_exit(int argc, char **argv)
{
	static bool warned;
	long long n = count_operand(argc, argv, trap_status(true));

	if (sh.interactive && sh.subshell == 0 && !warned && job_any_stopped()) {
		warn("there are stopped jobs; exit again to leave them");
		warned = true;
		return 1;
	}
	sh_exit((int)(n & 0xff));
}

int bi_eval(int argc, char **argv)
{
	struct buf b = {};
	int i = operand(argc, argv);

	for (int j = i; j < argc; j++) {
		if (j > i)
			buf_byte(&b, ' ');
		buf_puts(&b, argv[j]);
	}
	if (b.len == 0)
		return 0;
	buf_str(&b);
	return eval_string(b.p, b.len, sh.line);
}

static bool is_readable_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && access(path, R_OK) == 0;
}

static const char *dot_path(const char *name)
{
	const char *p = var_value(sym_path);

	if (strchr(name, '/') != nullptr)
		return name;
	while (p != nullptr && *p != '\0') {
		size_t len = strcspn(p, ":");
		char *full = len > 0 ? arena_printf(&scratch, "%.*s/%s", (int)len, p, name)
				     : arena_strndup(&scratch, name, strlen(name));
		if (is_readable_file(full))
			return full;
		p += len + (p[len] == ':');
	}
	return !sh.posix && is_readable_file(name) ? name : nullptr;
}

static int dot_run(int fd, const char *path)
{
	struct source s;
	const char *script = sh.script;

	sh.dot_depth++;
	source_push_fd(&s, fd, false);
	sh.script = path;
	/* sh.script comes back with the source that was below */
	s.script = script;
	s.called = true;
	s.called_at = sh.line;
	s.frame = frame_top;
	int loops = sh.loop_depth;
	sh.loop_depth = 0;
	int status = eval_source();
	if (sh.skip == SKIP_RETURN)
		sh.skip = SKIP_NONE;
	sh.loop_depth = loops;
	source_pop_to(s.prev);
	sh.dot_depth--;
	return status;
}

int bi_dot(int argc, char **argv)
{
	int i = operand(argc, argv);

	if (i >= argc)
		return usage_error(argv[0], "", "which file?");
	const char *path = dot_path(argv[i]);
	int fd = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		const char *why = path == nullptr ? "not found" : strerror(errno);
		if (sh.posix)
			fail(1, ".: %s: %s", argv[i], why);
		warn("%s: %s: %s", argv[0], argv[i], why);
		return 1;
	}
	fd = redir_move_high(fd);
	struct params before;
	bool own = i + 1 < argc && !sh.posix;
	if (own)
		params_push(&before, argc - i - 1, argv + i + 1);
	int status = dot_run(fd, path);
	if (own)
		params_pop();
	return status;
}

int bi_caller(int argc, char **argv)
{
	long long n = count_operand(argc, argv, -1);
	struct call here, c;

	if (n < -1 || !call_at(n < 0 ? 0 : (size_t)n, &here) || here.line == 0) {
		if (n == -1)
			output_puts(&out1, "0 NULL\n");
		return n != -1;
	}
	if (!call_at(n < 0 ? 1 : (size_t)n + 1, &c))
		c = (struct call){ .name = "main" };
	const char *file = c.source != nullptr ? c.source : "NULL";
	if (n < 0)
		output_printf(&out1, "%d %s\n", here.line, file);
	else
		output_printf(&out1, "%d %s %s\n", here.line, c.name, file);
	return 0;
}

int bi_exec(int argc, char **argv)
{
	struct flags f = {};
	const char *name = nullptr;
	int c;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "" : "a:cl")) != 0) {
		if (c == '?')
			return 2;
		if (c == 'a')
			name = f.arg;
	}
	argv += f.at;
	if (*argv == nullptr) {
		redir_keep(builtin_redirs);
		return 0;
	}
	redir_keep(builtin_redirs);
	struct sym *s = sym_intern(argv[0], strlen(argv[0]));
	const char *path = command_path(s, argv[0]);
	if (path == nullptr && sh.interactive && strchr(argv[0], '/') == nullptr) {
		warn("exec: %s: command not found", argv[0]);
		return 127;
	}
	output_flush(&out1);
	if (sh.interactive)
		job_control_exit();
	trap_fork(false, false);
	sh.subshell++; /* from here on there is nobody to come back to */
	if (name != nullptr && path != nullptr) {
		char **v = argv;
		v[0] = (char *)name;
		execve(path, v, env_build());
		warn("exec: %s: %s", path, strerror(errno));
		sh_exit(126);
	}
	command_exec(s, argv);
}

static bool has_value(const struct sym *s)
{
	return s->val != nullptr || s->arr != nullptr;
}

static void print_variables(void)
{
	size_t n;
	struct sym **all = sym_sorted(has_value, &n);

	for (size_t i = 0; i < n; i++) {
		struct buf b = {};
		print_value(&b, all[i]);
		buf_byte(&b, '\n');
		output_write(&out1, b.p, b.len);
	}
}

int bi_set(int argc, char **argv)
{
	if (argc == 1) {
		print_variables();
		return 0;
	}
	if (option_parse(argc, argv, false, nullptr) != 0) {
		if (sh.posix)
			error_raise(2);
		return 2;
	}
	return 0;
}

int bi_shift(int argc, char **argv)
{
	long long n = count_operand(argc, argv, 1);

	if (n < 0 || n > sh.params.n) {
		if (sh.posix)
			fail(1, "shift: only %d to shift", sh.params.n);
		if (n < 0)
			warn("shift: %lld: out of range", n);
		return 1;
	}
	sh.params.v += n;
	sh.params.n -= (int)n;
	return 0;
}

static void params_free(struct params *p)
{
	if (p->owned == nullptr)
		return;
	for (char **s = p->owned; *s != nullptr; s++)
		free(*s);
	free(p->owned);
	p->owned = nullptr;
}

void params_set(int n, char **v)
{
	char **copy = xmalloc(((size_t)n + 1) * sizeof(*copy));

	for (int i = 0; i < n; i++)
		copy[i] = xstrdup(v[i]);
	copy[n] = nullptr;
	params_free(&sh.params);
	sh.params = (struct params){ copy, n, copy, sh.params.outer };
}

void params_push(struct params *before, int n, char **v)
{
	*before = sh.params;
	sh.params = (struct params){ .v = v, .n = n, .outer = before };
}

void params_pop(void)
{
	params_free(&sh.params);
	sh.params = *sh.params.outer;
}
