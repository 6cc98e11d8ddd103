/* SPDX-License-Identifier: MPL-2.0 */
/* test, [ and [[ ]]. */
#include "apps/applet/condition.h"
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/ast.h"
#include "apps/sh/builtin.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/expand.h"
#include "apps/sh/option.h"
#include "apps/sh/pattern.h"
#include "apps/sh/print.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <regex.h>

static bool test_variable(const char *text)
{
	size_t n = name_length(text), all = strlen(text);
	struct sym *s = sym_find(text, n);

	if (s == nullptr || n == 0)
		return false;
	s = var_deref(s);
	if (n == all)
		return var_value(s) != nullptr;
	if (text[n] != '[' || text[all - 1] != ']')
		return false;
	const char *sub = arena_strndup(&scratch, text + n + 1, all - n - 2);
	var_value(s);
	if (strcmp(sub, "@") == 0 || strcmp(sub, "*") == 0)
		return s->arr != nullptr ? s->arr->n > 0 : s->val != nullptr;
	if (s->arr == nullptr)
		return arith_text(sub) == 0 && s->val != nullptr;
	long long index = s->arr->assoc ? 0 : arith_text(sub);
	if (index < 0)
		index += array_end(s->arr);
	return array_find(s->arr, index, sub) != nullptr;
}

/* The unary operators that only a shell can answer. */
static bool test_shell(char op, const char *arg)
{
	struct sym *s;

	switch (op) {
	case 'o':
		return option_get(arg, false) > 0;
	case 'v':
		return test_variable(arg);
	default: /* -R */
		s = sym_find(arg, strlen(arg));
		return s != nullptr && (s->flags & VAR_REF) != 0;
	}
}

static bool test_unary(char op, const char *arg)
{
	return strchr("ovR", op) != nullptr ? test_shell(op, arg) : condition_unary(op, arg);
}

/* -- test and [ -- */

int bi_test(int argc, char **argv)
{
	struct condition c = {
		.unary = sh.posix ? "bcdefghknprstuwxzGLOS" : CONDITION_UNARY "aovR",
		.extra = test_shell,
	};

	if (argv[0][0] == '[') {
		if (strcmp(argv[argc - 1], "]") != 0)
			return usage_error("[", "", "missing `]'");
		argc--;
	}
	int status = condition_eval(&c, argc - 1, argv + 1);
	if (c.why != nullptr)
		warn("test: %s: %s", c.what, c.why);
	return status;
}

/* -- [[ ]] -- */

static int test_regex(const char *text, const struct word *w)
{
	regex_t re;
	const char *pattern = expand_regex(w);
	struct sym *out = sym_intern("BASH_REMATCH", 12);
	int flags = REG_EXTENDED | (sh.opt[SHOPT_NOCASEMATCH] ? REG_ICASE : 0);

	if (regcomp(&re, pattern, flags) != 0) {
		warn("[[: %s: bad regular expression", pattern);
		return 2;
	}
	regmatch_t *m = arena_alloc(&scratch, (re.re_nsub + 1) * sizeof(*m));
	bool hit = regexec(&re, text, re.re_nsub + 1, m, 0) == 0;
	var_drop(out);
	struct array *a = var_array(out, false);
	for (size_t i = 0; hit && i <= re.re_nsub; i++)
		if (m[i].rm_so >= 0)
			array_put(a, (long long)i, nullptr, text + m[i].rm_so,
				  (size_t)(m[i].rm_eo - m[i].rm_so));
		else
			array_put(a, (long long)i, nullptr, "", 0);
	regfree(&re);
	return !hit;
}

/* set -x: the left side's value, and the right side, maybe a pattern, as it is written. */
static void trace_test(const struct test_node *t, const char *left)
{
	struct buf b = {};

	if (t->kind != TEST_BINARY)
		buf_printf(&b, "%s ", t->kind == TEST_UNARY ? t->op : "-n");
	buf_puts(&b, *left != '\0' ? left : "''");
	if (t->kind == TEST_BINARY) {
		buf_printf(&b, " %s ", t->op);
		print_word(&b, t->right);
	}
	trace_text("[[ ", buf_str(&b), " ]]");
}

static const char *test_left(const struct test_node *t)
{
	const char *left = expand_string(t->left);

	if (sh.opt[OPT_XTRACE])
		trace_test(t, left);
	return left;
}

static int test_double_binary(const struct test_node *t)
{
	const char *left = test_left(t);
	size_t len;

	if (strcmp(t->op, "=~") == 0)
		return test_regex(left, t->right);
	if (t->op[0] == '=' || t->op[0] == '!') {
		const char *p = expand_pattern(t->right, &len);
		bool hit = pattern_match(p, len, left, strlen(left),
					 pattern_flags() | PATTERN_EXTENDED);
		return hit == (t->op[0] == '!');
	}
	const char *right = expand_string(t->right);
	if (t->op[0] == '<' || t->op[0] == '>')
		return t->op[0] == '<' ? strcmp(left, right) >= 0 : strcmp(left, right) <= 0;
	if (condition_is_file_op(t->op))
		return !condition_files(left, t->op, right);
	long long a = arith_text(left), b = arith_text(right);
	return !condition_order(a < b ? -1 : a > b, t->op);
}

static int test_tree(const struct test_node *t)
{
	int r;

	switch (t->kind) {
	case TEST_AND:
		r = test_tree(t->a);
		return r != 0 ? r : test_tree(t->b);
	case TEST_OR:
		r = test_tree(t->a);
		return r != 1 ? r : test_tree(t->b);
	case TEST_NOT:
		r = test_tree(t->a);
		return r > 1 ? r : !r;
	case TEST_UNARY:
		return !test_unary(t->op[1], test_left(t));
	case TEST_BINARY:
		return test_double_binary(t);
	default:
		return *test_left(t) == '\0';
	}
}

int eval_test(const struct node *n)
{
	struct mark m = arena_mark(&scratch);

	sh.line = n->line;
	int r = test_tree(n->test);
	arena_release(&scratch, m);
	return r;
}
