/* SPDX-License-Identifier: MPL-2.0 */
/* test and [: conditions as a command of its own; the shell has them built in. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"

/* The words still to be read, and whether their outcome is wanted. */
struct words {
	char **p, **stop;
};

static bool or_eval(struct words *w);

static int64_t number_of(const char *s)
{
	const char *p = s;
	char *end;

	p += strspn(p, " \t\n");
	errno = 0;
	long long v = strtoll(p, &end, 10);
	if (end == p || end[strspn(end, " \t\n")] != '\0')
		err_fatal("invalid integer '%s'", s);
	return v;
}

static bool is_newer(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) != 0)
		return false;
	if (stat(b, &y) != 0)
		return true;
	return x.st_mtim.tv_sec != y.st_mtim.tv_sec ? x.st_mtim.tv_sec > y.st_mtim.tv_sec
						    : x.st_mtim.tv_nsec > y.st_mtim.tv_nsec;
}

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const char *const binary_ops[] = { "=",   "==",  "!=",  "-eq", "-ne", "-lt", "-le",  "-gt",
					  "-ge", "-nt", "-ot", "-ef", "<",   ">",   nullptr };

static int binary_find(const char *s)
{
	for (int i = 0; binary_ops[i] != nullptr; i++) {
		if (strcmp(binary_ops[i], s) == 0)
			return i;
	}
	return -1;
}

static bool binary_eval(const char *a, int op, const char *b)
{
	if (op >= 3 && op <= 8) {
		int64_t x = number_of(a), y = number_of(b);
		return op == 3   ? x == y
		       : op == 4 ? x != y
		       : op == 5 ? x < y
		       : op == 6 ? x <= y
		       : op == 7 ? x > y
				 : x >= y;
	}
	switch (op) {
	case 0:
	case 1:
		return strcmp(a, b) == 0;
	case 2:
		return strcmp(a, b) != 0;
	case 9:
		return is_newer(a, b);
	case 10:
		return is_newer(b, a);
	case 11:
		return is_same(a, b);
	case 12:
		return strcmp(a, b) < 0;
	default:
		return strcmp(a, b) > 0;
	}
}

static bool is_unary(const char *s)
{
	return s[0] == '-' && s[1] != '\0' && s[2] == '\0' &&
	       strchr("bcdefghknprstuwxzGLNOS", s[1]) != nullptr;
}

static bool unary_eval(char op, const char *arg)
{
	struct stat st;

	switch (op) {
	case 'n':
		return arg[0] != '\0';
	case 'z':
		return arg[0] == '\0';
	case 't':
		return isatty((int)number_of(arg));
	case 'r':
	case 'w':
	case 'x':
		return faccessat(AT_FDCWD, arg,
				 op == 'r'   ? R_OK
				 : op == 'w' ? W_OK
					     : X_OK,
				 AT_EACCESS) == 0;
	case 'h':
	case 'L':
		return lstat(arg, &st) == 0 && S_ISLNK(st.st_mode);
	}
	if (stat(arg, &st) != 0)
		return false;
	switch (op) {
	case 'b':
		return S_ISBLK(st.st_mode);
	case 'c':
		return S_ISCHR(st.st_mode);
	case 'd':
		return S_ISDIR(st.st_mode);
	case 'f':
		return S_ISREG(st.st_mode);
	case 'p':
		return S_ISFIFO(st.st_mode);
	case 'S':
		return S_ISSOCK(st.st_mode);
	case 's':
		return st.st_size > 0;
	case 'u':
		return st.st_mode & S_ISUID;
	case 'g':
		return st.st_mode & S_ISGID;
	case 'k':
		return st.st_mode & S_ISVTX;
	case 'O':
		return st.st_uid == geteuid();
	case 'G':
		return st.st_gid == getegid();
	case 'N':
		return st.st_mtim.tv_sec > st.st_atim.tv_sec ||
		       (st.st_mtim.tv_sec == st.st_atim.tv_sec &&
			st.st_mtim.tv_nsec > st.st_atim.tv_nsec);
	default:
		return true; /* -e */
	}
}

static bool primary_eval(struct words *w)
{
	ptrdiff_t left = w->stop - w->p;

	if (left == 0)
		err_fatal("missing argument after '%s'", w->p[-1]);
	if (strcmp(w->p[0], "!") == 0 && left > 1) {
		w->p++;
		return !primary_eval(w);
	}
	int op = left >= 3 ? binary_find(w->p[1]) : -1;
	if (op >= 0) {
		bool r = binary_eval(w->p[0], op, w->p[2]);
		w->p += 3;
		return r;
	}
	if (strcmp(w->p[0], "(") == 0 && left > 1) {
		w->p++;
		bool r = or_eval(w);
		if (w->p == w->stop || strcmp(*w->p, ")") != 0)
			err_fatal("')' expected");
		w->p++;
		return r;
	}
	if (is_unary(w->p[0]) && left > 1) {
		bool r = unary_eval(w->p[0][1], w->p[1]);
		w->p += 2;
		return r;
	}
	return *(*w->p++) != '\0';
}

static bool and_eval(struct words *w)
{
	bool r = primary_eval(w);

	while (w->p < w->stop && strcmp(*w->p, "-a") == 0) {
		w->p++;
		bool right = primary_eval(w);
		r = r && right;
	}
	return r;
}

static bool or_eval(struct words *w)
{
	bool r = and_eval(w);

	while (w->p < w->stop && strcmp(*w->p, "-o") == 0) {
		w->p++;
		bool right = and_eval(w);
		r = r || right;
	}
	return r;
}

/* POSIX decides up to four words by their number; more are an expression. */
static bool words_eval(char **p, ptrdiff_t n)
{
	int op = n >= 3 ? binary_find(p[1]) : -1;

	if (n == 0)
		return false;
	if (n == 1)
		return p[0][0] != '\0';
	if (n == 2 && strcmp(p[0], "!") == 0)
		return p[1][0] == '\0';
	if (n == 2 && is_unary(p[0]))
		return unary_eval(p[0][1], p[1]);
	if (n == 2)
		err_fatal("missing argument after '%s'", p[1]);
	if (n == 3 && op >= 0)
		return binary_eval(p[0], op, p[2]);
	if (n == 3 && strcmp(p[1], "-a") == 0)
		return p[0][0] != '\0' && p[2][0] != '\0';
	if (n == 3 && strcmp(p[1], "-o") == 0)
		return p[0][0] != '\0' || p[2][0] != '\0';
	if (n == 3 && strcmp(p[0], "!") == 0)
		return !words_eval(p + 1, 2);
	if (n == 3 && strcmp(p[0], "(") == 0 && strcmp(p[2], ")") == 0)
		return p[1][0] != '\0';
	if (n == 3)
		err_fatal("'%s': binary operator expected", p[1]);
	if (n == 4 && strcmp(p[0], "!") == 0)
		return !words_eval(p + 1, 3);
	if (n == 4 && strcmp(p[0], "(") == 0 && strcmp(p[3], ")") == 0)
		return words_eval(p + 1, 2);
	struct words w = { p, p + n };
	bool r = or_eval(&w);
	if (w.p != w.stop)
		err_fatal("extra argument '%s'", *w.p);
	return r;
}

static int test_main(int argc, char **argv)
{
	err_status = 2;
	return !words_eval(argv + 1, argc - 1);
}

static int bracket_main(int argc, char **argv)
{
	err_status = 2;
	if (argc < 2 || strcmp(argv[argc - 1], "]") != 0)
		err_fatal("missing ']'");
	return !words_eval(argv + 1, argc - 2);
}

#define TEST_TEXTS                                                                                 \
	.summary = "Tell by the status if EXPRESSION is true.",                                    \
	.flags = APPLET_IN_PROCESS | APPLET_RAW,                                                   \
	.details = "-n -z TEXT; TEXT = != < > TEXT; N -eq -ne -lt -le -gt -ge N; FILE -nt -ot "    \
		   "-ef FILE;\n"                                                                   \
		   "-b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x FILE; -t FD; ! A; A " \
		   "-a B; A -o B; ( A )"
APPLET(test, .usage = "EXPRESSION", TEST_TEXTS);
APPLET_NAMED(bracket, "[", .usage = "EXPRESSION ]", TEST_TEXTS);
