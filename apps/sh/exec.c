/* SPDX-License-Identifier: MPL-2.0 */
/* Running syntax trees: lists, pipelines, compound commands. */
#include "apps/sh/exec.h"
#include "apps/sh/arith.h"
#include "apps/sh/ast.h"
#include "apps/sh/calls.h"
#include "apps/sh/dynvar.h"
#include "apps/sh/error.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/expand.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/parse.h"
#include "apps/sh/pattern.h"
#include "apps/sh/print.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/subst.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A command has failed or not: ERR trap, and -e unless somebody tests the status. */
static int finish(int status, bool tested)
{
	sh.status = status;
	if (status != 0 && !tested && sh.skip == SKIP_NONE) {
		if (trap_is_set(TRAP_ERR) && (sh.func_depth == 0 || sh.opt[OPT_ERRTRACE]))
			trap_run(TRAP_ERR);
		if (sh.opt[OPT_ERREXIT])
			sh_exit(status);
	}
	return status;
}

static bool is_tested(unsigned flags)
{
	return (flags & EVAL_TESTED) != 0 || sh.in_errexit_test;
}

/* Runs what if, while, !, && and || look at. */
static int eval_tested(struct node *n)
{
	bool before = sh.in_errexit_test;

	sh.in_errexit_test = true;
	int status = eval(n, 0);
	sh.in_errexit_test = before;
	return status;
}

/* After a loop's body or test: true when the loop must be left. */
static bool loop_left(void)
{
	if (sh.skip == SKIP_NONE)
		return false;
	if (sh.skip == SKIP_RETURN)
		return true;
	if (--sh.skip_count > 0)
		return true;
	bool leave = sh.skip == SKIP_BREAK;
	sh.skip = SKIP_NONE;
	return leave;
}

static int eval_while(struct node *n)
{
	int status = 0;
	bool until = n->kind == NODE_UNTIL;

	sh.loop_depth++;
	for (;;) {
		int test = eval_tested(n->branch.test);
		if (sh.skip != SKIP_NONE) {
			if (sh.skip == SKIP_RETURN)
				status = sh.status;
			if (loop_left())
				break;
			continue;
		}
		if ((test != 0) != until)
			break;
		status = eval(n->branch.then, 0);
		if (loop_left())
			break;
	}
	sh.loop_depth--;
	return sh.status = status;
}

static void copy_params(struct fields *f)
{
	for (int i = 0; i < sh.params.n; i++)
		fields_add(f, arena_strndup(&scratch, sh.params.v[i], strlen(sh.params.v[i])));
}

static int eval_for(struct node *n)
{
	struct mark m = arena_mark(&scratch);
	struct fields f = {};
	int status = 0;

	sh.line = n->line;
	if (n->loop.has_in)
		expand_words(n->loop.words, &f);
	else
		copy_params(&f);
	sh.loop_depth++;
	for (int i = 0; i < f.n; i++) {
		var_set(n->loop.var, f.v[i], strlen(f.v[i]));
		if (sh.opt[OPT_XTRACE])
			trace_for(n->loop.var->name, &f);
		status = eval(n->loop.body, 0);
		if (loop_left())
			break;
	}
	sh.loop_depth--;
	arena_release(&scratch, m);
	return sh.status = status;
}

/* As it is written: to expand it here would be once too often. */
static void trace_arith(const struct word *w)
{
	struct buf b = {};

	print_expression(&b, w);
	trace_text("(( ", buf_str(&b), " ))");
}

static long long eval_clause(struct word *w, struct arith *c, long long otherwise)
{
	struct mark m = arena_mark(&scratch);
	if (w != nullptr && sh.opt[OPT_XTRACE])
		trace_arith(w);
	long long n = w == nullptr ? otherwise : arith_word(w, c);

	arena_release(&scratch, m);
	return n;
}

static int eval_for_arith(struct node *n)
{
	int status = 0;

	sh.line = n->line;
	eval_clause(n->arith_loop.init, n->arith_loop.c_init, 0);
	sh.loop_depth++;
	while (eval_clause(n->arith_loop.test, n->arith_loop.c_test, 1) != 0) {
		status = eval(n->arith_loop.body, 0);
		if (loop_left())
			break;
		eval_clause(n->arith_loop.step, n->arith_loop.c_step, 0);
	}
	sh.loop_depth--;
	return sh.status = status;
}

static int eval_select(struct node *n)
{
	struct mark m = arena_mark(&scratch);
	struct fields f = {};
	int status = 0;
	bool menu = true;

	if (n->loop.has_in)
		expand_words(n->loop.words, &f);
	else
		copy_params(&f);
	sh.loop_depth++;
	while (f.n > 0 && select_ask(&f, menu, n->loop.var)) {
		menu = var_value(sym_reply)[0] == '\0';
		if (menu)
			continue;
		status = eval(n->loop.body, 0);
		if (loop_left())
			break;
	}
	sh.loop_depth--;
	arena_release(&scratch, m);
	return sh.status = status;
}

static bool case_matches(const struct word *w, const char *s, size_t len)
{
	if (w->flags & WORD_LITERAL && !sh.opt[SHOPT_NOCASEMATCH])
		return w->lit_len == len && memcmp(w->lit, s, len) == 0;
	size_t plen;
	const char *pattern = expand_pattern(w, &plen);
	return pattern_match(pattern, plen, s, len, pattern_flags());
}

static int eval_case(struct node *n, unsigned flags)
{
	struct mark m = arena_mark(&scratch);
	size_t len;
	int status = 0;
	bool fall = false;

	sh.line = n->line;
	sh.subst_status = 0;
	const char *subject = expand_string_len(n->pick.subject, &len);
	if (sh.opt[OPT_XTRACE])
		trace_text("case ", subject, " in");
	for (struct case_item *i = n->pick.items; i != nullptr; i = i->next) {
		const struct word *w = i->patterns;
		while (!fall && w != nullptr && !case_matches(w, subject, len))
			w = w->next;
		if (!fall && w == nullptr)
			continue;
		fall = i->end == CASE_FALL;
		status = i->body != nullptr ? eval(i->body, fall ? 0 : flags) : 0;
		if (i->end == CASE_BREAK || sh.skip != SKIP_NONE)
			break;
	}
	arena_release(&scratch, m);
	return sh.status = status;
}

static int eval_if(struct node *n, unsigned flags)
{
	int test = eval_tested(n->branch.test);

	if (sh.skip != SKIP_NONE)
		return sh.status;
	if (test == 0)
		return eval(n->branch.then, flags);
	if (n->branch.otherwise != nullptr)
		return eval(n->branch.otherwise, flags);
	return sh.status = 0;
}

static int eval_list(struct node *n, unsigned flags)
{
	int last = n->list.n - 1;

	for (int i = 0; i < last; i++) {
		eval(n->list.v[i], 0);
		if (sh.skip != SKIP_NONE)
			return sh.status;
	}
	return eval(n->list.v[last], flags);
}

void eval_child(struct node *n)
{
	/* The parent's sources are not ours to read, and its frames not to unwind. */
	sh.in_errexit_test = false;
	eval(n, EVAL_EXIT);
	sh_exit(sh.status);
}

static int eval_subshell(struct node *n, unsigned flags)
{
	bool tested = is_tested(flags);

	if ((flags & EVAL_EXIT) != 0 && !trap_blocks_exec() && sh.subshell > 0) {
		trap_fork(false, false);
		sh.subshell++;
		if (!redir_apply(n->redirs, false))
			sh_exit(1);
		eval(n->pair.a, EVAL_EXIT);
		sh_exit(sh.status);
	}
	struct job *j = job_create(n, 1);
	if (job_fork(j, FORK_FOREGROUND) == 0) {
		sh.in_errexit_test = tested;
		if (!redir_apply(n->redirs, false))
			sh_exit(sh.posix ? 2 : 1);
		eval(n->pair.a, EVAL_EXIT);
		sh_exit(sh.status);
	}
	return finish(job_wait_foreground(j), tested);
}

struct plumbing {
	int in;      /* read end left by the one before, or -1 */
	int ends[2]; /* pipe to the next, or -1 */
};

static void plumb_child(const struct plumbing *p)
{
	if (p->in >= 0) {
		dup2(p->in, STDIN_FILENO);
		close(p->in);
	}
	if (p->ends[1] >= 0) {
		dup2(p->ends[1], STDOUT_FILENO);
		close(p->ends[1]);
		close(p->ends[0]);
	}
}

/* The last command of a pipeline in this shell: shopt -s lastpipe. */
static int eval_lastpipe(struct node *n, struct job *j, int in)
{
	struct redir_undo *mark = redir_undo_top;
	struct redir_undo u = { redir_undo_top, STDIN_FILENO,
				fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10) };

	dup2(in, STDIN_FILENO);
	close(in);
	eval(n, 0);
	redir_undo_to(mark);
	dup2(u.saved, STDIN_FILENO);
	close(u.saved);
	int status = sh.status, others = job_wait_foreground(j);
	dynvar_pipestatus_add(status);
	return sh.opt[OPT_PIPEFAIL] && status == 0 ? others : status;
}

void pipe_open(int ends[2])
{
	if (pipe(ends) < 0)
		fail(1, "cannot make a pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		if (ends[i] <= STDERR_FILENO) {
			int high = fcntl(ends[i], F_DUPFD, 3);
			close(ends[i]);
			ends[i] = high;
		}
}

static int eval_pipe(struct node *n, enum fork_mode mode, unsigned flags)
{
	struct job *j = job_create(n, n->list.n);
	struct plumbing p = { -1, { -1, -1 } };
	bool tested = is_tested(flags);
	bool here = sh.opt[SHOPT_LASTPIPE] && !sh.job_control && mode == FORK_FOREGROUND;

	for (int i = 0; i < n->list.n; i++) {
		bool last = i == n->list.n - 1;
		p.ends[0] = p.ends[1] = -1;
		if (!last)
			pipe_open(p.ends);
		if (last && here)
			return finish(eval_lastpipe(n->list.v[i], j, p.in), tested);
		if (job_fork(j, mode) == 0) {
			plumb_child(&p);
			sh.in_errexit_test = tested;
			eval(n->list.v[i], EVAL_EXIT);
			sh_exit(sh.status);
		}
		if (p.in >= 0)
			close(p.in);
		if (!last)
			close(p.ends[1]);
		p.in = p.ends[0];
	}
	if (mode == FORK_BACKGROUND) {
		job_background(j);
		return sh.status = 0;
	}
	return finish(job_wait_foreground(j), tested);
}

static int eval_background(struct node *n)
{
	struct node *a = n->pair.a;

	if (a->kind == NODE_PIPE && a->redirs == nullptr)
		return eval_pipe(a, FORK_BACKGROUND, EVAL_TESTED);
	struct job *j = job_create(n, 1);
	if (job_fork(j, FORK_BACKGROUND) == 0) {
		sh.in_errexit_test = false;
		if (a->kind == NODE_SUBSHELL) {
			if (!redir_apply(a->redirs, false))
				sh_exit(1);
			a = a->pair.a;
		}
		eval(a, EVAL_EXIT);
		sh_exit(sh.status);
	}
	job_background(j);
	return sh.status = 0;
}

static int eval_arith(struct node *n, unsigned flags)
{
	struct mark m = arena_mark(&scratch);

	struct guard g;
	int status = 1;

	sh.line = n->line;
	if (trap_wants_command())
		trap_before(n);
	if (sh.opt[OPT_XTRACE])
		trace_arith(n->arith.expr);
	if (guard_push(&g) == 0) {
		status = arith_word(n->arith.expr, n->arith.compiled) == 0;
		guard_pop(&g);
	}
	arena_release(&scratch, m);
	return finish(status, is_tested(flags));
}

static int eval_kind(struct node *n, unsigned flags)
{
	int status;

	switch (n->kind) {
	case NODE_AND:
		status = eval_tested(n->pair.a);
		return status != 0 || sh.skip != SKIP_NONE ? status : eval(n->pair.b, flags);
	case NODE_OR:
		status = eval_tested(n->pair.a);
		return status == 0 || sh.skip != SKIP_NONE ? status : eval(n->pair.b, flags);
	case NODE_NOT:
		status = n->pair.a != nullptr ? eval_tested(n->pair.a) : 0;
		return sh.skip != SKIP_NONE ? status : (sh.status = status == 0);
	case NODE_LIST:
		return eval_list(n, flags);
	case NODE_PIPE:
		return eval_pipe(n, FORK_FOREGROUND, flags);
	case NODE_BACKGROUND:
		return eval_background(n);
	case NODE_GROUP:
		return eval(n->pair.a, flags);
	case NODE_IF:
		return eval_if(n, flags);
	case NODE_WHILE:
	case NODE_UNTIL:
		return eval_while(n);
	case NODE_FOR:
		return eval_for(n);
	case NODE_FOR_ARITH:
		return eval_for_arith(n);
	case NODE_SELECT:
		return eval_select(n);
	case NODE_CASE:
		return eval_case(n, flags);
	case NODE_FUNCTION:
		func_define(n->function.name, n);
		return sh.status = 0;
	case NODE_TEST:
		if (trap_wants_command())
			trap_before(n);
		return finish(eval_test(n), is_tested(flags));
	case NODE_ARITH:
		return eval_arith(n, flags);
	case NODE_COPROC:
		return eval_coproc(n);
	case NODE_TIME:
		return eval_time(n);
	default:
		return 0;
	}
}

static int eval_redirected(struct node *n, unsigned flags)
{
	struct redir_undo *mark = redir_undo_top;
	struct mark m = arena_mark(&scratch);

	sh.line = n->line;
	if (!redir_apply(n->redirs, true)) {
		redir_undo_to(mark);
		arena_release(&scratch, m);
		return finish(sh.posix ? 2 : 1, is_tested(flags));
	}
	/* Its descriptors come back after it, so it is never the last thing of the process. */
	eval_kind(n, flags & EVAL_TESTED);
	redir_undo_to(mark);
	arena_release(&scratch, m);
	return sh.status;
}

int eval(struct node *n, unsigned flags)
{
	if (n == nullptr)
		return sh.status = 0;
	if (sh.opt[OPT_NOEXEC] && !sh.interactive)
		return sh.status;
	if (n->kind == NODE_SIMPLE)
		eval_simple(n, flags);
	else if (n->kind == NODE_SUBSHELL)
		eval_subshell(n, flags);
	else if (n->redirs != nullptr)
		eval_redirected(n, flags);
	else
		eval_kind(n, flags);
	if (trap_pending | trap_interrupted)
		trap_run_pending();
	return sh.status;
}

int eval_finish(int status, unsigned flags)
{
	return finish(status, is_tested(flags));
}

/* -- sources -- */

int eval_script(struct node *n, unsigned flags)
{
	struct guard g;

	if (sh.posix || guard_top != nullptr || sh.subshell > 0)
		return eval(n, flags);
	if (guard_push(&g) == 0) {
		eval(n, flags);
		guard_pop(&g);
	}
	return sh.status;
}

/* In the full language text that eval or `.' cannot parse is a failed command, not the end. */
static enum parse_result parse_nested(struct tree *t, struct node **n)
{
	struct guard g;
	enum parse_result r;

	if (sh.posix || source_top->prev == nullptr)
		return parse_command(t, n);
	if (guard_push(&g) != 0)
		return PARSE_FAILED;
	r = parse_command(t, n);
	guard_pop(&g);
	return r;
}

int eval_source(void)
{
	int status = 0;

	for (;;) {
		struct tree *t = tree_create();
		struct node *n;
		enum parse_result r = parse_nested(t, &n);
		source_echo();
		if (r == PARSE_FAILED)
			status = sh.status;
		if (r == PARSE_COMMAND && (!sh.opt[OPT_NOEXEC] || sh.interactive))
			status = source_top->prev == nullptr ? eval_script(n, 0) : eval(n, 0);
		tree_put(t);
		if (r == PARSE_END || r == PARSE_FAILED || sh.skip != SKIP_NONE)
			break;
	}
	return sh.skip != SKIP_NONE ? sh.status : (sh.status = status);
}

int eval_string(const char *text, size_t len, int line)
{
	struct source s;

	stack_check();
	source_push_text(&s, text, len, line, true);
	int status = eval_source();
	source_pop_to(s.prev);
	return status;
}

/* -- functions -- */

void func_unset(struct sym *s)
{
	struct func *f = s->func;

	s->func = nullptr;
	if (f == nullptr || --f->refs > 0)
		return;
	tree_put(f->tree);
	free(f);
}

/* Where a definition stands that is run now; bash's word where no file is being read. */
static const char *definition_file(void)
{
	struct call c;
	const char *file = call_at(0, &c) && c.source != nullptr ? c.source : "environment";

	return sym_intern(file, strlen(file))->name;
}

void func_define(struct sym *s, struct node *n)
{
	struct func *f = xmalloc(sizeof(*f));

	*f = (struct func){
		.body = n->function.body,
		.tree = tree_get(n->function.tree),
		.source = definition_file(),
		.refs = 1,
		.exported = s->func != nullptr && s->func->exported,
	};
	func_unset(s);
	s->func = f;
}

int func_call(struct sym *s, int argc, char **argv)
{
	struct func *f = s->func;
	struct params before;
	int loops = sh.loop_depth, line = sh.line;
	struct frame frame;

	stack_check();
	f->refs++;
	frame_push(&frame, s->name);
	frame.source = f->source;
	params_push(&before, argc - 1, argv + 1);
	sh.loop_depth = 0;
	sh.func_depth++;
	eval(f->body, 0);
	if (sh.skip == SKIP_RETURN)
		sh.skip = SKIP_NONE;
	if (sh.opt[OPT_FUNCTRACE] || trap_is_set(TRAP_RETURN))
		trap_run(TRAP_RETURN);
	sh.func_depth--;
	sh.loop_depth = loops;
	params_pop();
	frame_pop(&frame);
	sh.line = line;
	if (--f->refs == 0) {
		tree_put(f->tree);
		free(f);
	}
	return sh.status;
}
