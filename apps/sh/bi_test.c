/* SPDX-License-Identifier: MPL-2.0 */
/* test, [ and [[ ]]. */
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/ast.h"
#include "apps/sh/builtin.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/expand.h"
#include "apps/sh/option.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- the questions -- */

static bool test_mode(const char *path, mode_t type)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static bool test_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool test_stat(const char *path, char op)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	switch (op) {
	case 's':
		return st.st_size > 0;
	case 'u':
		return (st.st_mode & S_ISUID) != 0;
	case 'g':
		return (st.st_mode & S_ISGID) != 0;
	case 'k':
		return (st.st_mode & S_ISVTX) != 0;
	case 'O':
		return st.st_uid == geteuid();
	case 'G':
		return st.st_gid == getegid();
	case 'N':
		return st.st_mtim.tv_sec > st.st_atim.tv_sec ||
		       (st.st_mtim.tv_sec == st.st_atim.tv_sec &&
			st.st_mtim.tv_nsec > st.st_atim.tv_nsec);
	default:
		return true;
	}
}

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

static bool is_unary(const char *op)
{
	return op[0] == '-' && op[1] != '\0' && op[2] == '\0' &&
	       strchr("abcdefghknoprstuvwxzGLNORS", op[1]) != nullptr &&
	       !(sh.posix && strchr("avoRN", op[1]) != nullptr);
}

static bool test_unary(char op, const char *arg)
{
	struct sym *s;

	switch (op) {
	case 'n':
		return *arg != '\0';
	case 'z':
		return *arg == '\0';
	case 'r':
	case 'w':
	case 'x':
		return faccessat(AT_FDCWD, arg,
				 op == 'r'   ? R_OK
				 : op == 'w' ? W_OK
					     : X_OK,
				 AT_EACCESS) == 0;
	case 'b':
		return test_mode(arg, S_IFBLK);
	case 'c':
		return test_mode(arg, S_IFCHR);
	case 'd':
		return test_mode(arg, S_IFDIR);
	case 'f':
		return test_mode(arg, S_IFREG);
	case 'p':
		return test_mode(arg, S_IFIFO);
	case 'S':
		return test_mode(arg, S_IFSOCK);
	case 'h':
	case 'L':
		return test_link(arg);
	case 't':
		return isatty(atoi(arg)) == 1;
	case 'o':
		return option_get(arg, false) > 0;
	case 'v':
		return test_variable(arg);
	case 'R':
		s = sym_find(arg, strlen(arg));
		return s != nullptr && (s->flags & VAR_REF) != 0;
	default:
		return test_stat(arg, op);
	}
}

static bool is_binary(const char *op)
{
	static const char *const ops[] = { "=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
					   "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i][0] == op[0] && strcmp(ops[i], op) == 0)
			return true;
	return false;
}

static bool compare_files(const char *a, const char *op, const char *b)
{
	struct stat x, y;
	bool has_x = stat(a, &x) == 0, has_y = stat(b, &y) == 0;

	if (op[1] == 'e')
		return has_x && has_y && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
	if (!has_x || !has_y)
		return op[1] == 'n' ? has_x : has_y;
	bool newer = x.st_mtim.tv_sec > y.st_mtim.tv_sec || (x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
							     x.st_mtim.tv_nsec > y.st_mtim.tv_nsec);
	bool older = x.st_mtim.tv_sec < y.st_mtim.tv_sec || (x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
							     x.st_mtim.tv_nsec < y.st_mtim.tv_nsec);
	return op[1] == 'n' ? newer : older;
}

static bool compare_numbers(long long a, const char *op, long long b)
{
	if (op[1] == 'e')
		return a == b;
	if (op[1] == 'n')
		return a != b;
	if (op[1] == 'l')
		return op[2] == 't' ? a < b : a <= b;
	return op[2] == 't' ? a > b : a >= b;
}

static bool is_file_comparison(const char *op)
{
	return strcmp(op, "-nt") == 0 || strcmp(op, "-ot") == 0 || strcmp(op, "-ef") == 0;
}

/* -- test and [ -- */

struct tester {
	char **v;
	int n;
	bool failed; /* told: the status is 2 */
};

static bool test_fail(struct tester *t, const char *what, const char *why)
{
	if (!t->failed)
		warn("test: %s: %s", what, why);
	t->failed = true;
	return false;
}

static bool test_binary(struct tester *t, const char *a, const char *op, const char *b)
{
	long long x, y;

	if (op[0] != '-')
		return op[0] == '='   ? strcmp(a, b) == 0
		       : op[0] == '!' ? strcmp(a, b) != 0
		       : op[0] == '<' ? strcmp(a, b) < 0
				      : strcmp(a, b) > 0;
	if (is_file_comparison(op))
		return compare_files(a, op, b);
	if (!number_parse(a, &x))
		return test_fail(t, a, "not a number");
	if (!number_parse(b, &y))
		return test_fail(t, b, "not a number");
	return compare_numbers(x, op, y);
}

static bool test_or(struct tester *t);

/* The old grammar, for more arguments than POSIX defines. */
static bool test_primary(struct tester *t)
{
	if (t->n == 0)
		return test_fail(t, "", "argument expected");
	if (t->n >= 3 && is_binary(t->v[1])) {
		bool r = test_binary(t, t->v[0], t->v[1], t->v[2]);
		t->v += 3;
		t->n -= 3;
		return r;
	}
	if (strcmp(t->v[0], "!") == 0) {
		t->v++;
		t->n--;
		stack_check();
		return !test_primary(t);
	}
	if (strcmp(t->v[0], "(") == 0) {
		t->v++;
		t->n--;
		stack_check();
		bool r = test_or(t);
		if (t->n == 0 || strcmp(t->v[0], ")") != 0)
			return test_fail(t, "(", "missing `)'");
		t->v++;
		t->n--;
		return r;
	}
	bool unary = t->n >= 2 && is_unary(t->v[0]);
	bool r = unary ? test_unary(t->v[0][1], t->v[1]) : *t->v[0] != '\0';
	t->v += 1 + unary;
	t->n -= 1 + unary;
	return r;
}

static bool test_and(struct tester *t)
{
	bool r = test_primary(t);

	while (t->n > 0 && strcmp(t->v[0], "-a") == 0) {
		t->v++;
		t->n--;
		r = test_primary(t) && r;
	}
	return r;
}

static bool test_or(struct tester *t)
{
	bool r = test_and(t);

	while (t->n > 0 && strcmp(t->v[0], "-o") == 0) {
		t->v++;
		t->n--;
		r = test_and(t) || r;
	}
	return r;
}

static bool test_args(struct tester *t, int n, char **v);

static bool test_three(struct tester *t, char **v)
{
	if (is_binary(v[1]))
		return test_binary(t, v[0], v[1], v[2]);
	if (strcmp(v[1], "-a") == 0)
		return *v[0] != '\0' && *v[2] != '\0';
	if (strcmp(v[1], "-o") == 0)
		return *v[0] != '\0' || *v[2] != '\0';
	if (strcmp(v[0], "!") == 0)
		return !test_args(t, 2, v + 1);
	if (strcmp(v[0], "(") == 0 && strcmp(v[2], ")") == 0)
		return *v[1] != '\0';
	return test_fail(t, v[1], "no such operator");
}

/* POSIX says what up to four arguments mean, by their number. */
static bool test_args(struct tester *t, int n, char **v)
{
	switch (n) {
	case 0:
		return false;
	case 1:
		return *v[0] != '\0';
	case 2:
		if (strcmp(v[0], "!") == 0)
			return *v[1] == '\0';
		if (!is_unary(v[0]))
			return test_fail(t, v[0], "no such operator");
		if (v[0][1] == 't' && strspn(v[1], "0123456789") != strlen(v[1]))
			return test_fail(t, v[1], "not a number");
		return test_unary(v[0][1], v[1]);
	case 3:
		return test_three(t, v);
	case 4:
		if (strcmp(v[0], "!") == 0)
			return !test_three(t, v + 1);
		if (strcmp(v[0], "(") == 0 && strcmp(v[3], ")") == 0)
			return test_args(t, 2, v + 1);
		break;
	default:
		break;
	}
	t->v = v;
	t->n = n;
	bool r = test_or(t);
	if (t->n > 0)
		return test_fail(t, t->v[0], "unexpected argument");
	return r;
}

int bi_test(int argc, char **argv)
{
	struct tester t = {};

	if (argv[0][0] == '[') {
		if (strcmp(argv[argc - 1], "]") != 0)
			return usage_error("[", "", "missing `]'");
		argc--;
	}
	bool r = test_args(&t, argc - 1, argv + 1);
	return t.failed ? 2 : !r;
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

static int test_double_binary(const struct test_node *t)
{
	const char *left = expand_string(t->left);
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
	if (is_file_comparison(t->op))
		return !compare_files(left, t->op, right);
	long long a = arith_text(left);
	return !compare_numbers(a, t->op, arith_text(right));
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
		return !test_unary(t->op[1], expand_string(t->left));
	case TEST_BINARY:
		return test_double_binary(t);
	default:
		return *expand_string(t->left) == '\0';
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
