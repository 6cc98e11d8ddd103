/* SPDX-License-Identifier: MPL-2.0 */
/* What is rarely run: tracing, time, select's menu. */
#include "apps/sh/ast.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/exec.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/expand.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/print.h"
#include "apps/sh/prompt.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* -- set -x -- */

/* PS4 may run commands, which are not traced even if they set -x themselves: else each would run
 * them again, without end. False while it is expanded. */
static bool trace_begin(struct buf *b)
{
	static bool is_in_ps4;
	const char *ps4 = var_value(sym_ps4);
	int status = sh.status, subst = sh.subst_status;

	if (is_in_ps4)
		return false;
	is_in_ps4 = true;
	sh.opt[OPT_XTRACE] = false;
	if (ps4 != nullptr)
		buf_puts(b, expand_text(ps4));
	sh.opt[OPT_XTRACE] = true;
	is_in_ps4 = false;
	sh.status = status;
	sh.subst_status = subst;
	return true;
}

static void trace_end(struct buf *b)
{
	buf_byte(b, '\n');
	output_flush(&out1);
	if (write(STDERR_FILENO, b->p, b->len) < 0)
		return; /* tracing is a courtesy */
}

void trace_for(const char *name, const struct fields *f)
{
	struct buf b = {};

	if (sh.posix || !trace_begin(&b))
		return;
	buf_printf(&b, "for %s in", name);
	for (int i = 0; i < f->n; i++) {
		buf_byte(&b, ' ');
		quote_word(&b, f->v[i]);
	}
	trace_end(&b);
}

void trace_text(const char *before, const char *text, const char *after)
{
	struct buf b = {};

	if (sh.posix || !trace_begin(&b))
		return;
	buf_puts(&b, before);
	buf_puts(&b, text);
	buf_puts(&b, after);
	trace_end(&b);
}

void trace_command(const struct assign *as, char **argv)
{
	struct buf b = {};
	const char *sep = "";

	if (!trace_begin(&b))
		return;
	for (; as != nullptr; as = as->next, sep = " ") {
		const char *v = argv == nullptr        ? var_value(as->sym)
				: as->value != nullptr ? expand_string(as->value)
						       : nullptr;
		buf_printf(&b, "%s%s=", sep, as->sym->name);
		if (v != nullptr && *v != '\0')
			quote_word(&b, v);
	}
	for (; argv != nullptr && *argv != nullptr; argv++, sep = " ") {
		buf_puts(&b, sep);
		quote_word(&b, *argv);
	}
	trace_end(&b);
}

void trap_before(const struct node *n)
{
	struct mark m = arena_mark(&scratch);

	if (!sh.posix) {
		struct buf b = {};
		print_node(&b, n, -1);
		var_put("BASH_COMMAND", buf_str(&b));
	}
	trap_run(TRAP_DEBUG);
	arena_release(&scratch, m);
}

/* -- time -- */

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void used(double *user, double *system)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	*user = seconds(self.ru_utime) + seconds(children.ru_utime);
	*system = seconds(self.ru_stime) + seconds(children.ru_stime);
}

static void print_time(const char *name, double t, bool posix)
{
	if (posix)
		fprintf(stderr, "%s %.2f\n", name, t);
	else
		fprintf(stderr, "%s\t%dm%.3fs\n", name, (int)(t / 60), t - (int)(t / 60) * 60.0);
}

int eval_time(struct node *n)
{
	struct timeval from, to;
	double user, system, user2, system2;

	gettimeofday(&from, nullptr);
	used(&user, &system);
	eval(n->pair.a, 0);
	gettimeofday(&to, nullptr);
	used(&user2, &system2);
	output_flush(&out1);
	if (!n->time_posix && !sh.posix)
		fputs("\n", stderr);
	bool posix = n->time_posix || sh.posix;
	print_time("real", seconds(to) - seconds(from), posix);
	print_time("user", user2 - user, posix);
	print_time("sys", system2 - system, posix);
	return sh.status;
}

/* -- coproc -- */

static void put_number(struct sym *s, long long index, int n)
{
	char digits[NUM_MAX], *p = num_format(n, digits + NUM_MAX);

	var_set_element(s, index, nullptr, p, strlen(p));
}

/* NAME=(what it writes, what it reads), NAME_PID; the job is one of the background. */
int eval_coproc(struct node *n)
{
	struct sym *name = n->function.name;
	int to[2], from[2];

	var_check_writable(name);
	pipe_open(to);
	pipe_open(from);
	struct job *j = job_create(n, 1);
	pid_t pid = job_fork(j, FORK_BACKGROUND);
	if (pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		for (int i = 0; i < 2; i++) {
			close(to[i]);
			close(from[i]);
		}
		sh.in_errexit_test = false;
		eval(n->function.body, EVAL_EXIT);
		sh_exit(sh.status);
	}
	close(to[0]);
	close(from[1]);
	var_drop(name);
	put_number(name, 0, redir_move_high(from[0]));
	put_number(name, 1, redir_move_high(to[1]));
	var_set_num(
		sym_intern(arena_printf(&scratch, "%s_PID", name->name), strlen(name->name) + 4),
		pid);
	job_background(j);
	return sh.status = 0;
}

/* -- select -- */

static void select_menu(const struct fields *f)
{
	int width = snprintf(nullptr, 0, "%d", f->n);

	for (int i = 0; i < f->n; i++)
		fprintf(stderr, "%*d) %s\n", width, i + 1, f->v[i]);
}

bool select_ask(const struct fields *f, bool menu, struct sym *var)
{
	struct buf line = {};
	const char *ps3 = var_get("PS3");
	char c;

	if (menu)
		select_menu(f);
	fputs(ps3 != nullptr ? prompt_expand(ps3) : "#? ", stderr);
	source_sync();
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			sh.status = 1;
			return false;
		}
		if (c == '\n')
			break;
		buf_byte(&line, c);
	}
	var_set(sym_reply, buf_str(&line), line.len);
	int pick = atoi(line.p);
	const char *word = pick >= 1 && pick <= f->n ? f->v[pick - 1] : "";
	var_set(var, word, strlen(word));
	return true;
}
