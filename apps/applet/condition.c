/* SPDX-License-Identifier: MPL-2.0 */
/* The conditions of test and [, by POSIX's rules for few words and the old grammar for more. */
#include "apps/applet/condition.h"
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- questions about files and strings -- */

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool file_is(const struct stat *st, char op)
{
	switch (op) {
	case 'b':
		return S_ISBLK(st->st_mode);
	case 'c':
		return S_ISCHR(st->st_mode);
	case 'd':
		return S_ISDIR(st->st_mode);
	case 'f':
		return S_ISREG(st->st_mode);
	case 'p':
		return S_ISFIFO(st->st_mode);
	case 'S':
		return S_ISSOCK(st->st_mode);
	case 's':
		return st->st_size > 0;
	case 'u':
		return (st->st_mode & S_ISUID) != 0;
	case 'g':
		return (st->st_mode & S_ISGID) != 0;
	case 'k':
		return (st->st_mode & S_ISVTX) != 0;
	case 'O':
		return st->st_uid == geteuid();
	case 'G':
		return st->st_gid == getegid();
	case 'N':
		return is_later(st->st_mtim, st->st_atim);
	default:
		return true; /* -e, and its old name -a */
	}
}

bool condition_unary(char op, const char *arg)
{
	struct stat st;

	switch (op) {
	case 'n':
		return *arg != '\0';
	case 'z':
		return *arg == '\0';
	case 't':
		return isatty(atoi(arg)) == 1;
	case 'r':
		return faccessat(AT_FDCWD, arg, R_OK, AT_EACCESS) == 0;
	case 'w':
		return faccessat(AT_FDCWD, arg, W_OK, AT_EACCESS) == 0;
	case 'x':
		return faccessat(AT_FDCWD, arg, X_OK, AT_EACCESS) == 0;
	case 'h':
	case 'L':
		return lstat(arg, &st) == 0 && S_ISLNK(st.st_mode);
	default:
		return stat(arg, &st) == 0 && file_is(&st, op);
	}
}

bool condition_is_file_op(const char *op)
{
	return strcmp(op, "-nt") == 0 || strcmp(op, "-ot") == 0 || strcmp(op, "-ef") == 0;
}

bool condition_files(const char *a, const char *op, const char *b)
{
	struct stat x, y;
	bool has_x = stat(a, &x) == 0, has_y = stat(b, &y) == 0;

	if (op[1] == 'e')
		return has_x && has_y && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
	if (!has_x || !has_y)
		return op[1] == 'n' ? has_x : has_y;
	return op[1] == 'n' ? is_later(x.st_mtim, y.st_mtim) : is_later(y.st_mtim, x.st_mtim);
}

bool condition_order(int order, const char *op)
{
	switch (op[1]) {
	case 'e':
		return order == 0;
	case 'n':
		return order != 0;
	case 'l':
		return op[2] == 't' ? order < 0 : order <= 0;
	default:
		return op[2] == 't' ? order > 0 : order >= 0;
	}
}

/* -- numbers of any length -- */

struct number {
	bool negative;
	const char *digits; /* without leading zeros */
	size_t len;
};

static bool number_take(const char *s, struct number *n)
{
	while (isspace((unsigned char)*s))
		s++;
	n->negative = *s == '-';
	s += *s == '-' || *s == '+';
	if (!isdigit((unsigned char)*s))
		return false;
	while (s[0] == '0' && isdigit((unsigned char)s[1]))
		s++;
	n->digits = s;
	while (isdigit((unsigned char)*s))
		s++;
	n->len = (size_t)(s - n->digits);
	n->negative &= n->digits[0] != '0';
	while (isspace((unsigned char)*s))
		s++;
	return *s == '\0';
}

static int number_compare(const struct number *a, const struct number *b)
{
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	int r = a->len != b->len ? (a->len < b->len ? -1 : 1)
				 : memcmp(a->digits, b->digits, a->len);
	return a->negative ? -r : r;
}

/* -- expressions -- */

/* The words not read yet. */
struct tester {
	struct condition *c;
	char **v;
	int n;
	int depth; /* of parentheses */
};

/* Each takes a bit of stack; nobody writes this many. */
constexpr int DEPTH_MOST = 5000;

static bool fail(struct tester *t, const char *what, const char *why)
{
	if (t->c->why == nullptr) {
		t->c->what = what;
		t->c->why = why;
	}
	return false;
}

static bool is_word(const char *word, const char *other)
{
	return word[0] == other[0] && strcmp(word, other) == 0;
}

static bool is_binary(const char *op)
{
	static const char *const ops[] = { "=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
					   "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef" };

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (is_word(ops[i], op))
			return true;
	return false;
}

static bool is_unary(const struct tester *t, const char *op)
{
	return op[0] == '-' && op[1] != '\0' && op[2] == '\0' &&
	       strchr(t->c->unary, op[1]) != nullptr;
}

static bool unary_eval(struct tester *t, char op, const char *arg)
{
	struct number fd;

	if (strchr(CONDITION_UNARY, op) == nullptr)
		return t->c->extra(op, arg);
	if (op == 't' && !number_take(arg, &fd))
		return fail(t, arg, "not a number");
	return condition_unary(op, arg);
}

static bool binary_eval(struct tester *t, const char *a, const char *op, const char *b)
{
	struct number x, y;

	if (op[0] != '-') {
		int r = strcmp(a, b);
		return op[0] == '=' ? r == 0 : op[0] == '!' ? r != 0 : op[0] == '<' ? r < 0 : r > 0;
	}
	if (condition_is_file_op(op))
		return condition_files(a, op, b);
	if (!number_take(a, &x))
		return fail(t, a, "not a number");
	if (!number_take(b, &y))
		return fail(t, b, "not a number");
	return condition_order(number_compare(&x, &y), op);
}

static void words_skip(struct tester *t, int n)
{
	t->v += n;
	t->n -= n;
}

static bool or_eval(struct tester *t);

static bool group_eval(struct tester *t)
{
	words_skip(t, 1);
	if (++t->depth > DEPTH_MOST)
		return fail(t, "(", "nested too deep");
	bool r = or_eval(t);
	t->depth--;
	if (t->n == 0 || !is_word(t->v[0], ")"))
		return fail(t, "(", "missing `)'");
	words_skip(t, 1);
	return r;
}

/* The old grammar, for more words than POSIX defines. */
static bool primary_eval(struct tester *t)
{
	bool r, wanted = true;

	for (; t->n > 1 && is_word(t->v[0], "!"); words_skip(t, 1))
		wanted = !wanted;
	if (t->n == 0)
		return fail(t, "", "argument expected");
	if (t->n >= 3 && is_binary(t->v[1])) {
		r = binary_eval(t, t->v[0], t->v[1], t->v[2]);
		words_skip(t, 3);
	} else if (t->n > 1 && is_word(t->v[0], "(")) {
		r = group_eval(t);
	} else if (t->n > 1 && is_unary(t, t->v[0])) {
		r = unary_eval(t, t->v[0][1], t->v[1]);
		words_skip(t, 2);
	} else {
		r = *t->v[0] != '\0';
		words_skip(t, 1);
	}
	return r == wanted;
}

static bool and_eval(struct tester *t)
{
	bool r = primary_eval(t);

	while (t->n > 0 && is_word(t->v[0], "-a")) {
		words_skip(t, 1);
		r = primary_eval(t) && r;
	}
	return r;
}

static bool or_eval(struct tester *t)
{
	bool r = and_eval(t);

	while (t->n > 0 && is_word(t->v[0], "-o")) {
		words_skip(t, 1);
		r = and_eval(t) || r;
	}
	return r;
}

static bool two_eval(struct tester *t, char **v)
{
	if (is_word(v[0], "!"))
		return *v[1] == '\0';
	if (!is_unary(t, v[0]))
		return fail(t, v[0], "no such operator");
	return unary_eval(t, v[0][1], v[1]);
}

static bool three_eval(struct tester *t, char **v)
{
	if (is_binary(v[1]))
		return binary_eval(t, v[0], v[1], v[2]);
	if (is_word(v[1], "-a"))
		return *v[0] != '\0' && *v[2] != '\0';
	if (is_word(v[1], "-o"))
		return *v[0] != '\0' || *v[2] != '\0';
	if (is_word(v[0], "!"))
		return !two_eval(t, v + 1);
	if (is_word(v[0], "(") && is_word(v[2], ")"))
		return *v[1] != '\0';
	return fail(t, v[1], "no such operator");
}

/* POSIX says what up to four words mean, by their number. */
static bool words_eval(struct tester *t, int n, char **v)
{
	if (n == 0)
		return false;
	if (n == 1)
		return *v[0] != '\0';
	if (n == 2)
		return two_eval(t, v);
	if (n == 3)
		return three_eval(t, v);
	if (n == 4 && is_word(v[0], "!"))
		return !three_eval(t, v + 1);
	if (n == 4 && is_word(v[0], "(") && is_word(v[3], ")"))
		return two_eval(t, v + 1);
	t->v = v;
	t->n = n;
	bool r = or_eval(t);
	return t->n > 0 ? fail(t, t->v[0], "unexpected argument") : r;
}

int condition_eval(struct condition *c, int n, char **words)
{
	struct tester t = { .c = c };

	bool r = words_eval(&t, n, words);
	return c->why != nullptr ? 2 : !r;
}
