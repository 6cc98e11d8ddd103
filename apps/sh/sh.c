/* SPDX-License-Identifier: MPL-2.0 */
/* The shell's start and end. */
#include "apps/sh/sh.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/expand.h"
#include "apps/sh/funcenv.h"
#include "apps/sh/input.h"
#include "apps/sh/interactive.h"
#include "apps/sh/job.h"
#include "apps/sh/main.h"
#include "apps/sh/option.h"
#include "apps/sh/output.h"
#include "apps/sh/parse.h"
#include "apps/sh/prompt.h"
#include "apps/sh/redir.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct sh sh;

void sh_exit(int status)
{
	sh.status = status;
	guard_top = nullptr;
	sh.opt[OPT_ERREXIT] = sh.opt[OPT_ERREXIT] && sh.subshell == 0;
	if (trap_is_set(TRAP_EXIT)) {
		sh.skip = SKIP_NONE;
		trap_run(TRAP_EXIT);
	}
	int end = output_end(sh.self);
	if (status == 0)
		status = end;
	if (sh.subshell > 0)
		_exit(status);
	if (sh.interactive)
		interactive_exit();
	job_control_exit();
	exit(status);
}

/* Runs a start-up file if it is there. */
static void run_file(const char *path)
{
	struct source s;
	struct guard g;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	source_push_fd(&s, redir_move_high(fd), false);
	if (guard_push(&g) == 0) {
		sh.script = path;
		s.script = nullptr;
		eval_source();
		guard_pop(&g);
	}
	sh.skip = SKIP_NONE;
	source_pop_to(s.prev);
}

static void run_profile(bool login)
{
	const char *home = var_value(sym_home);

	if (login) {
		run_file("/etc/profile");
		if (home != nullptr)
			run_file(arena_printf(&scratch, "%s/.profile", home));
	}
	if (!sh.interactive)
		return;
	const char *env = var_get("ENV");
	if (sh.posix && env != nullptr && getuid() == geteuid())
		run_file(expand_text(env));
	else if (!sh.posix && home != nullptr)
		run_file(arena_printf(&scratch, "%s/.fushrc", home));
}

/* One command; after an error the prompt comes back. */
static bool interactive_command(void)
{
	struct guard g;
	struct tree *t = tree_create();
	struct node *n;
	enum parse_result r = PARSE_EMPTY;

	if (guard_push(&g) == 0) {
		source_prompt = 1;
		r = parse_command(t, &n);
		interactive_commit();
		if (r == PARSE_COMMAND)
			eval(n, 0);
		guard_pop(&g);
	} else {
		interactive_commit();
		source_discard_line();
	}
	sh.skip = SKIP_NONE;
	trap_interrupted = 0;
	tree_put(t);
	return r != PARSE_END;
}

[[noreturn]] static void interactive_loop(void)
{
	static int ends;

	for (;;) {
		if (interactive_command()) {
			ends = 0;
			continue;
		}
		if (sh.opt[OPT_IGNOREEOF] && ++ends < 50) {
			fputs("Use \"exit\" to leave the shell.\n", stderr);
			source_top->eof = false;
			continue;
		}
		if (isatty(STDIN_FILENO))
			fputs(sh.posix ? "\n" : "exit\n", stderr);
		sh_exit(sh.status);
	}
}

/* sh -c: the last command may become the process. */
[[noreturn]] static void run_command(const char *text)
{
	struct source s;

	source_push_text(&s, text, strlen(text), 1, true);
	for (;;) {
		struct tree *t = tree_create();
		struct node *n;
		enum parse_result r = parse_command(t, &n);
		source_echo();
		if (r == PARSE_END)
			break;
		if (r == PARSE_COMMAND && !sh.opt[OPT_NOEXEC])
			eval_script(n, source_top == &s && s.p == s.end ? EVAL_EXIT : 0);
		tree_put(t);
		if (sh.skip == SKIP_RETURN)
			break;
	}
	sh_exit(sh.status);
}

/* A program run as a script would only give puzzling errors. */
static void refuse_binary(int fd)
{
	char head[128];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n > 0 && head[0] != '#' && memchr(head, '\0', (size_t)n) != nullptr) {
		const char *name = sh.script;
		sh.script = nullptr;
		warn("%s: cannot run: not a script", name);
		exit(126);
	}
}

static void open_script(struct source *s)
{
	int fd = open(sh.script, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && strchr(sh.script, '/') == nullptr) {
		const char *path =
			command_path(sym_intern(sh.script, strlen(sh.script)), sh.script);
		if (path != nullptr)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0) {
		int e = errno;
		const char *name = sh.script;
		sh.script = nullptr;
		warn("%s: %s", name, strerror(e));
		exit(e == ENOENT ? 127 : 126);
	}
	refuse_binary(fd);
	source_push_fd(s, redir_move_high(fd), false);
}

static void start_interactive(const char *command)
{
	sh.interactive = sh.opt[OPT_INTERACTIVE] ||
			 (command == nullptr && sh.opt[OPT_STDIN] && isatty(STDIN_FILENO) == 1 &&
			  isatty(STDERR_FILENO) == 1);
	if (!sh.interactive) {
		if (sh.opt[OPT_MONITOR])
			sh.opt[OPT_MONITOR] = job_control_set(true);
		return;
	}
	trap_set_interactive();
	if (command == nullptr || sh.opt[OPT_MONITOR])
		sh.opt[OPT_MONITOR] = job_control_set(true);
	if (command == nullptr)
		interactive_init();
}

int sh_main(int argc, char **argv, bool posix)
{
	static struct source script;
	char *command = nullptr;
	extern char **environ;

	stack_init();
	sh.posix = posix;
	sh.arg0 = argv[0];
	const char *slash = strrchr(argv[0], '/');
	sh.self = slash != nullptr ? slash + 1 : argv[0];
	sh.opt[OPT_LOGIN] = *sh.self == '-';
	sh.self += *sh.self == '-';
	option_defaults();
	var_init(environ);
	int status = option_parse(argc, argv, true, &command);
	sh.pid = getpid();
	if (status != 0)
		return status;
	if (!sh.posix)
		functions_import(environ);
	start_interactive(command);
	if (sh.interactive || sh.opt[OPT_LOGIN])
		run_profile(sh.opt[OPT_LOGIN]);
	if (command != nullptr)
		run_command(command);
	if (sh.script != nullptr) {
		open_script(&script);
	} else {
		source_push_fd(&script, STDIN_FILENO, true);
		script.interactive = sh.interactive;
	}
	if (sh.interactive && sh.script == nullptr)
		interactive_loop();
	eval_source();
	sh_exit(sh.status);
}
