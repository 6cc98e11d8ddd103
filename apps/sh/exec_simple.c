/* SPDX-License-Identifier: MPL-2.0 */
/* Simple commands: assignments, then a function, a built-in, an applet or a program. */
#include "apps/sh/applets.h"
#include "apps/sh/array.h"
#include "apps/sh/ast.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/expand.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/param_op.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/subst.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

struct redir_undo *builtin_redirs;
struct assign **builtin_assigns;

/* A command about to run. */
struct call {
	struct node *n; /* nullptr when `command` runs it */
	struct sym *sym;
	char **argv;
	int argc;
	unsigned flags;
	bool functions;
	bool default_path;
};

static void assign_elements(struct sym *s, const struct assign *as)
{
	bool assoc = (s->flags & VAR_ASSOC) != 0;
	struct array *fresh = array_create(assoc);
	long long next = 0;

	/* The old elements may be among the new ones' words: build first, then replace. */
	if (as->append && s->arr != nullptr)
		next = array_end(s->arr);
	for (const struct element_word *e = as->elements; e != nullptr; e = e->next) {
		if (e->subscript != nullptr) {
			long long index;
			const char *key = subscript_key(e->subscript, s, &index);
			const char *val = expand_string(e->value);
			array_put(fresh, index, key, val, strlen(val));
			next = index + 1;
			continue;
		}
		struct fields f = {};
		struct word one = *e->value;
		one.next = nullptr;
		expand_words(&one, &f);
		for (int i = 0; i < f.n; i++) {
			if (assoc) { /* key value key value */
				const struct element_word *v = i + 1 < f.n ? nullptr : e->next;
				const char *val = v != nullptr ? expand_string(v->value) : "";
				array_put(fresh, 0, f.v[i], val, strlen(val));
				e = v != nullptr ? v : e;
				continue;
			}
			array_put(fresh, next++, nullptr, f.v[i], strlen(f.v[i]));
		}
	}
	if (!as->append && (s->arr != nullptr || s->val != nullptr)) {
		uint32_t flags = s->flags;
		var_drop(s);
		s->flags = flags;
	}
	var_array(s, assoc);
	for (size_t i = 0; i < fresh->n; i++) {
		const struct element *e = &fresh->v[i];
		var_set_element(s, e->index, e->key, e->val, strlen(e->val));
	}
	array_destroy(fresh);
}

static void assign_element(struct sym *s, const struct assign *as)
{
	long long index;
	const char *key = subscript_key(as->subscript, s, &index);
	size_t len;
	const char *val = expand_string_len(as->value, &len);

	if (as->append) {
		const struct element *e =
			s->arr != nullptr ? array_find(s->arr, index, key) : nullptr;
		struct buf b = {};
		if (e != nullptr)
			buf_puts(&b, e->val);
		if (s->flags & VAR_INTEGER)
			buf_byte(&b, '+');
		buf_add(&b, val, len);
		val = buf_str(&b);
		len = b.len;
	}
	var_set_element(s, index, key, val, len);
}

void eval_assign(const struct assign *as, bool export)
{
	struct sym *s = as->sym;

	if (as->array || as->subscript != nullptr) {
		s = var_deref(s);
		var_check_writable(s);
		if (as->array)
			assign_elements(s, as);
		else
			assign_element(s, as);
	} else {
		size_t len;
		const char *val = expand_string_len(as->value, &len);
		if (as->append)
			var_append(s, val, len);
		else
			var_set(s, val, len);
	}
	if (export)
		var_export(var_deref(s));
}

/* Assignments that last as long as the command. */
static void assign_for_command(const struct assign *as, struct frame *f)
{
	for (; as != nullptr; as = as->next) {
		frame_save(f, var_deref(as->sym));
		eval_assign(as, true);
	}
}

static bool targets_are_literal(const struct redir *r)
{
	while (r != nullptr && r->target->lit != nullptr)
		r = r->next;
	return r == nullptr;
}

/* POSIX: redirections without a command happen in a subshell, and so do their expansions. */
static int redirect_in_subshell(struct node *n)
{
	struct job *j = job_create(n, 1);

	if (job_fork(j, FORK_FOREGROUND) == 0)
		sh_exit(!redir_apply(n->redirs, false) ? 2
			: sh.subst_status > 0          ? sh.subst_status
						       : 0);
	return job_wait_foreground(j);
}

static int eval_assignments(struct node *n, unsigned flags)
{
	struct redir_undo *mark = redir_undo_top;
	int status = 0;

	if (n->redirs != nullptr && sh.posix && n->simple.assigns == nullptr &&
	    !targets_are_literal(n->redirs)) {
		status = redirect_in_subshell(n);
	} else if (n->redirs != nullptr) {
		if (!redir_apply(n->redirs, true))
			status = sh.posix ? 2 : 1;
		redir_undo_to(mark);
	}
	if (status == 0)
		for (const struct assign *as = n->simple.assigns; as != nullptr; as = as->next)
			eval_assign(as, false);
	if (sh.opt[OPT_XTRACE] && n->simple.assigns != nullptr)
		trace_command(n->simple.assigns, nullptr);
	if (sh.subst_status >= 0 && status == 0)
		status = sh.subst_status;
	return eval_finish(status, flags);
}

/* The assignments with array values among the arguments of declare and its like. */
static struct assign **collect_assigns(const struct node *n, int argc)
{
	struct assign **v = nullptr;
	int i = 0;

	/* Words before these may expand to several arguments: count from the end. */
	for (const struct word *w = n->simple.words; w != nullptr; w = w->next, i++) {
		if (w->assign == nullptr || !w->assign->array)
			continue;
		if (v == nullptr) {
			v = arena_alloc(&scratch, (size_t)argc * sizeof(*v));
			memset(v, 0, (size_t)argc * sizeof(*v));
		}
		int after = 0;
		for (const struct word *r = w->next; r != nullptr; r = r->next)
			after++;
		if (after < argc)
			v[argc - 1 - after] = w->assign;
	}
	return v;
}

static int call_builtin(struct call *c, const struct builtin *b)
{
	int status = b->run(c->argc, c->argv);

	if ((out1.len > 0 || out1.error != 0) && out1.fd >= 0) {
		int end = output_end(b->name);
		if (status == 0)
			status = end;
	}
	return status;
}

static int run_special(struct call *c, const struct builtin *b)
{
	struct redir_undo *mark = redir_undo_top, *before = builtin_redirs;
	struct node *n = c->n;

	if (!redir_apply(n->redirs, true)) {
		redir_undo_to(mark);
		error_raise(2); /* a special built-in's error ends the shell */
	}
	builtin_redirs = mark;
	for (const struct assign *as = n->simple.assigns; as != nullptr; as = as->next)
		eval_assign(as, b->run == bi_exec && c->argc > 1);
	builtin_assigns = (b->flags & BUILTIN_DECLARES) ? collect_assigns(n, c->argc) : nullptr;
	int status = call_builtin(c, b);
	builtin_redirs = before;
	redir_undo_to(mark);
	return status;
}

/* Everything that runs in this process with its own assignments and redirections. */
static int run_inside(struct call *c, const struct builtin *b, const struct applet *applet)
{
	struct redir_undo *mark = redir_undo_top, *before = builtin_redirs;
	struct node *n = c->n;
	struct frame f;
	bool framed = n->simple.assigns != nullptr;
	int status = 1;

	if (n->redirs != nullptr && !redir_apply(n->redirs, true)) {
		redir_undo_to(mark);
		return sh.posix ? 2 : 1;
	}
	if (framed) {
		frame_push(&f, nullptr);
		assign_for_command(n->simple.assigns, &f);
	}
	if (b != nullptr) {
		builtin_redirs = mark;
		builtin_assigns =
			(b->flags & BUILTIN_DECLARES) ? collect_assigns(n, c->argc) : nullptr;
		status = call_builtin(c, b);
		builtin_redirs = before;
	} else if (applet != nullptr) {
		status = applets_run(applet, c->argc, c->argv);
	} else {
		status = func_call(c->sym, c->argc, c->argv);
	}
	if (framed)
		frame_pop(&f);
	redir_undo_to(mark);
	return status;
}

[[noreturn]] static void run_in_child(struct call *c, const struct applet *applet)
{
	if (c->n != nullptr) {
		if (!redir_apply(c->n->redirs, false))
			sh_exit(sh.posix ? 2 : 1);
		for (const struct assign *as = c->n->simple.assigns; as != nullptr; as = as->next)
			eval_assign(as, true);
		if (c->n->simple.assigns != nullptr && sh.opt[OPT_XTRACE])
			trace_command(c->n->simple.assigns, nullptr);
	}
	if (applet != nullptr)
		applets_exit(applet, c->argc, c->argv);
	if (c->default_path)
		var_set(sym_path, DEFAULT_PATH, strlen(DEFAULT_PATH));
	command_exec(c->sym, c->argv);
}

static bool assigns_path(const struct node *n)
{
	if (n == nullptr)
		return false;
	for (const struct assign *as = n->simple.assigns; as != nullptr; as = as->next)
		if (as->sym == sym_path)
			return true;
	return false;
}

/* In sh an assignment that fails ends the shell, even one for a program. */
static void check_assigns(const struct node *n)
{
	if (n == nullptr || !sh.posix)
		return;
	for (const struct assign *as = n->simple.assigns; as != nullptr; as = as->next)
		var_check_writable(as->sym);
}

static int run_program(struct call *c, const struct applet *applet)
{
	check_assigns(c->n);
	if ((c->flags & EVAL_EXIT) != 0 && !trap_blocks_exec()) {
		output_flush(&out1);
		source_sync();
		run_in_child(c, applet);
	}
	struct job *j = job_create(c->n, 1);
	if (job_fork(j, FORK_FOREGROUND) == 0)
		run_in_child(c, applet);
	return job_wait_foreground(j);
}

static const struct applet *find_applet(struct call *c)
{
	if (assigns_path(c->n) || c->default_path)
		return nullptr;
	if (applets_find(c->argv[0]) == nullptr)
		return strchr(c->argv[0], '/') == nullptr
			       ? (command_path(c->sym, c->argv[0]), nullptr)
			       : nullptr;
	return applets_match(c->argv[0], command_path(c->sym, c->argv[0]));
}

static int run_call(struct call *c)
{
	const struct builtin *b = c->sym->builtin;
	bool special = b != nullptr && (b->flags & BUILTIN_SPECIAL) != 0;

	if (special && sh.posix && c->n != nullptr)
		return run_special(c, b);
	if (c->functions && c->sym->func != nullptr)
		return run_inside(c, nullptr, nullptr);
	if (b != nullptr)
		return c->n != nullptr ? run_inside(c, b, nullptr) : call_builtin(c, b);
	const struct applet *applet = find_applet(c);
	if (applet != nullptr && c->n != nullptr && applets_is_safe(applet)) {
		output_flush(&out1);
		return run_inside(c, nullptr, applet);
	}
	return run_program(c, applet);
}

int command_run(int argc, char **argv, unsigned flags, bool default_path)
{
	struct call c = { .sym = sym_intern(argv[0], strlen(argv[0])),
			  .argv = argv,
			  .argc = argc,
			  .flags = flags,
			  .default_path = default_path };

	return run_call(&c);
}

int eval_simple(struct node *n, unsigned flags)
{
	struct mark m = arena_mark(&scratch);
	struct fields f = {};
	int open_before = subst_open_count();

	sh.line = n->line;
	sh.subst_status = -1;
	if (trap_wants_command())
		trap_before(n);
	expand_words(n->simple.words, &f);
	if (f.n == 0) {
		eval_assignments(n, flags);
		arena_release(&scratch, m);
		return sh.status;
	}
	struct call c = {
		.n = n, .argv = fields_finish(&f), .argc = f.n, .flags = flags, .functions = true
	};
	c.sym = n->simple.command != nullptr ? n->simple.command
					     : sym_intern(c.argv[0], strlen(c.argv[0]));
	if (sh.opt[OPT_XTRACE])
		trace_command(n->simple.assigns, c.argv);
	int status = run_call(&c);
	subst_close(open_before);
	arena_release(&scratch, m);
	return eval_finish(status, flags);
}
