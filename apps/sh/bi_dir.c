/* SPDX-License-Identifier: MPL-2.0 */
/* The working directory: cd, pwd, pushd, popd, dirs; and umask. */
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Removes . and .. from an absolute path; nullptr when what comes before a .. is no directory. */
static char *path_clean(const char *path)
{
	struct buf b = {};

	for (const char *p = path; *p != '\0';) {
		while (*p == '/')
			p++;
		size_t n = strcspn(p, "/");
		if (n == 0)
			break;
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (b.len > 0 && !is_dir(buf_str(&b)))
				return nullptr;
			while (b.len > 0 && b.p[--b.len] != '/')
				;
		} else if (n != 1 || p[0] != '.') {
			buf_byte(&b, '/');
			buf_add(&b, p, n);
		}
		p += n;
	}
	if (b.len == 0)
		buf_byte(&b, '/');
	/* POSIX lets two leading slashes mean something of their own. */
	if (path[0] == '/' && path[1] == '/' && path[2] != '/') {
		struct buf two = {};
		buf_byte(&two, '/');
		buf_puts(&two, buf_str(&b));
		return buf_str(&two);
	}
	return buf_str(&b);
}

static const char *current(void)
{
	const char *pwd = var_value(sym_pwd);

	return pwd != nullptr && *pwd == '/' ? pwd : nullptr;
}

static bool go(const char *path, bool physical, const char **now)
{
	if (physical) {
		if (chdir(path) < 0)
			return false;
		char *cwd = getcwd(nullptr, 0);
		*now = cwd != nullptr ? arena_strndup(&scratch, cwd, strlen(cwd)) : "";
		free(cwd);
		return true;
	}
	const char *full = path;
	if (*path != '/') {
		const char *pwd = current();
		if (pwd == nullptr)
			return go(path, true, now);
		full = arena_printf(&scratch, "%s%s%s", pwd, pwd[strlen(pwd) - 1] == '/' ? "" : "/",
				    path);
	}
	char *clean = path_clean(full);
	if (clean == nullptr) {
		errno = ENOENT;
		return false;
	}
	*now = clean;
	/* The full name may be too long for the system, or the way to it closed to us. */
	return chdir(clean) == 0 || (*path != '/' && chdir(path) == 0);
}

/* Where CDPATH leads; tells whether the new directory must be printed. */
static const char *search_cdpath(const char *dir, bool *print)
{
	const char *p = var_value(sym_cdpath);
	size_t dots = strspn(dir, ".");

	if (p == nullptr || *dir == '/' ||
	    (dots > 0 && dots < 3 && (dir[dots] == '/' || !dir[dots])))
		return dir;
	for (;;) {
		size_t len = strcspn(p, ":");
		const char *full = len == 0 ? arena_printf(&scratch, "./%s", dir)
					    : arena_printf(&scratch, "%.*s%s%s", (int)len, p,
							   p[len - 1] == '/' ? "" : "/", dir);
		if (is_dir(full)) {
			*print = len > 0;
			return len > 0 ? full : dir;
		}
		if (p[len] == '\0')
			return dir;
		p += len + 1;
	}
}

static void set_var_safely(struct sym *s, const char *v)
{
	if (s->flags & VAR_READONLY)
		warn("cd: %s: readonly variable", s->name);
	else
		var_set(s, v, strlen(v));
}

static int change_to(const char *dir, bool physical, bool print)
{
	const char *before = var_value(sym_pwd), *now = "";

	before = arena_strndup(&scratch, before != nullptr ? before : "",
			       before != nullptr ? strlen(before) : 0);
	if (!go(dir, physical, &now)) {
		warn("cd: %s: %s", dir, strerror(errno));
		return 1;
	}
	set_var_safely(sym_oldpwd, before);
	set_var_safely(sym_pwd, now);
	if (!sh.posix)
		sym_oldpwd->flags |= sym_pwd->flags & VAR_EXPORT;
	if (print)
		output_printf(&out1, "%s\n", now);
	return *now == '\0' ? 1 : 0;
}

int bi_cd(int argc, char **argv)
{
	struct flags f = {};
	bool physical = sh.opt[OPT_PHYSICAL], print = false;
	int c;

	while ((c = flags_next(&f, argc, argv, "LPe")) != 0) {
		if (c == '?')
			return 2;
		physical = c == 'P' ? true : c == 'L' ? false : physical;
	}
	if (f.at + 1 < argc)
		return usage_error("cd", "", "too many arguments");
	const char *dir = argv[f.at];
	if (dir == nullptr) {
		dir = var_value(sym_home);
		if (dir == nullptr || (*dir == '\0' && sh.posix))
			return usage_error("cd", "HOME", "not set") - 1;
		if (*dir == '\0')
			return 0;
	} else if (strcmp(dir, "-") == 0) {
		dir = var_value(sym_oldpwd);
		if (dir == nullptr)
			return usage_error("cd", "OLDPWD", "not set") - 1;
		print = true;
	} else if (*dir == '\0') {
		if (sh.posix)
			return usage_error("cd", "", "the name is empty");
		return 0;
	} else {
		dir = search_cdpath(dir, &print);
	}
	return change_to(dir, physical, print);
}

int bi_pwd(int argc, char **argv)
{
	struct flags f = {};
	bool physical = sh.opt[OPT_PHYSICAL];
	int c;
	struct stat a, b;

	while ((c = flags_next(&f, argc, argv, "LP")) != 0) {
		if (c == '?')
			return 2;
		physical = c == 'P';
	}
	const char *pwd = current();
	if (!physical && pwd != nullptr && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		output_printf(&out1, "%s\n", pwd);
		return 0;
	}
	char *cwd = getcwd(nullptr, 0);
	if (cwd == nullptr) {
		warn("pwd: %s", strerror(errno));
		return 1;
	}
	output_printf(&out1, "%s\n", cwd);
	free(cwd);
	return 0;
}

/* -- the directory stack, below the working directory -- */

static char **stack;
static int depth;

static void stack_insert(int at, const char *dir)
{
	stack = xrealloc(stack, ((size_t)depth + 1) * sizeof(*stack));
	memmove(stack + at + 1, stack + at, (size_t)(depth - at) * sizeof(*stack));
	stack[at] = xstrdup(dir);
	depth++;
}

static char *stack_take(int at)
{
	char *dir = arena_strndup(&scratch, stack[at], strlen(stack[at]));

	free(stack[at]);
	depth--;
	memmove(stack + at, stack + at + 1, (size_t)(depth - at) * sizeof(*stack));
	return dir;
}

static const char *with_tilde(const char *dir, bool full)
{
	const char *home = var_value(sym_home);
	size_t n = home != nullptr ? strlen(home) : 0;

	if (full || n == 0 || strncmp(dir, home, n) != 0 || (dir[n] != '/' && dir[n] != '\0'))
		return dir;
	return arena_printf(&scratch, "~%s", dir + n);
}

static int stack_show(int argc, char **argv)
{
	struct flags f = {};
	bool full = false, lines = false, numbers = false;
	int c;

	while ((c = flags_next(&f, argc, argv, "clpv")) != 0) {
		if (c == '?')
			return 2;
		if (c == 'c') {
			while (depth > 0)
				stack_take(0);
			return 0;
		}
		full |= c == 'l';
		lines |= c == 'p' || c == 'v';
		numbers |= c == 'v';
	}
	for (int i = 0; i <= depth; i++) {
		const char *dir = i == 0 ? current() : stack[i - 1];
		if (numbers)
			output_printf(&out1, "%2d  ", i);
		output_printf(&out1, "%s%s", with_tilde(dir != nullptr ? dir : "", full),
			      lines       ? "\n"
			      : i < depth ? " "
					  : "\n");
	}
	return 0;
}

/* +n counts from the left of what dirs shows, -n from the right. -1: out of range. */
static int stack_index(const char *arg)
{
	int n = atoi(arg + 1);

	n = *arg == '-' ? depth - n : n;
	return n >= 0 && n <= depth ? n : -1;
}

static bool is_index(const char *s)
{
	return (*s == '+' || *s == '-') && s[1] >= '0' && s[1] <= '9';
}

static int push(int argc, char **argv)
{
	const char *here = current();
	here = here != nullptr ? arena_strndup(&scratch, here, strlen(here)) : "";

	if (argc > 1 && !is_index(argv[1])) {
		if (change_to(argv[1], false, false) != 0)
			return 1;
		stack_insert(0, here);
		return stack_show(1, argv);
	}
	int n = argc > 1 ? stack_index(argv[1]) : 1;
	if (depth == 0 || n < 0)
		return usage_error("pushd", argc > 1 ? argv[1] : "", "no other directory") - 1;
	/* Rotate the whole, working directory included, until the n-th is on top. */
	stack_insert(0, here);
	for (int i = 0; i < n; i++)
		stack_insert(depth - 1, stack_take(0));
	const char *top = stack_take(0);
	if (change_to(top, false, false) != 0)
		return 1;
	return stack_show(1, argv);
}

static int pop(int argc, char **argv)
{
	int n = argc > 1 && is_index(argv[1]) ? stack_index(argv[1]) : 0;

	if (depth == 0 || n < 0)
		return usage_error("popd", "", "directory stack empty") - 1;
	const char *dir = stack_take(n > 0 ? n - 1 : 0);
	if (n == 0 && change_to(dir, false, false) != 0)
		return 1;
	return stack_show(1, argv);
}

int bi_dirs(int argc, char **argv)
{
	if (argv[0][0] == 'd')
		return stack_show(argc, argv);
	return argv[0][1] == 'u' ? push(argc, argv) : pop(argc, argv);
}

/* -- umask -- */

static void mask_symbolic(mode_t mask)
{
	static const char who[] = "ugo";

	for (int i = 0; i < 3; i++) {
		mode_t allowed = ~mask >> (6 - 3 * i) & 7;
		output_printf(&out1, "%s%c=%s%s%s", i > 0 ? "," : "", who[i],
			      allowed & 4 ? "r" : "", allowed & 2 ? "w" : "",
			      allowed & 1 ? "x" : "");
	}
	output_byte(&out1, '\n');
}

static mode_t mode_letters(const char **s, mode_t now)
{
	mode_t bits = 0;

	for (;; ++*s) {
		switch (**s) {
		case 'r':
			bits |= 0444;
			break;
		case 'w':
			bits |= 0222;
			break;
		case 'x':
			bits |= 0111;
			break;
		case 'X':
			bits |= now & 0111 ? 0111 : 0;
			break;
		case 's':
		case 't':
			break;
		case 'u':
			bits |= (now >> 6 & 7) * 0111;
			break;
		case 'g':
			bits |= (now >> 3 & 7) * 0111;
			break;
		case 'o':
			bits |= (now & 7) * 0111;
			break;
		default:
			return bits;
		}
	}
}

/* u=rwx,g-w: on what is allowed, the opposite of the mask. False when badly formed. */
static bool mask_parse(const char *s, mode_t *mask)
{
	mode_t allowed = ~*mask & 0777;

	for (;; s++) {
		mode_t who = 0;
		for (; *s != '\0' && strchr("ugoa", *s) != nullptr; s++)
			who |= *s == 'u' ? 0700 : *s == 'g' ? 0070 : *s == 'o' ? 0007 : 0777;
		if (who == 0)
			who = 0777;
		if (*s == '\0' || strchr("+-=", *s) == nullptr)
			return false;
		while (*s != '\0' && strchr("+-=", *s) != nullptr) {
			char op = *s++;
			mode_t bits = mode_letters(&s, allowed) & who;
			allowed = op == '+'   ? allowed | bits
				  : op == '-' ? allowed & ~bits
					      : (allowed & ~who) | bits;
		}
		if (*s == '\0')
			break;
		if (*s != ',')
			return false;
	}
	*mask = ~allowed & 0777;
	return true;
}

int bi_umask(int argc, char **argv)
{
	struct flags f = {};
	bool symbolic = false, reusable = false;
	int c;

	while ((c = flags_next(&f, argc, argv, "Sp")) != 0) {
		if (c == '?')
			return 2;
		symbolic |= c == 'S';
		reusable |= c == 'p';
	}
	mode_t mask = umask(0);
	umask(mask);
	const char *arg = argv[f.at];
	if (arg == nullptr) {
		if (reusable)
			output_printf(&out1, symbolic ? "umask -S " : "umask ");
		if (symbolic)
			mask_symbolic(mask);
		else
			output_printf(&out1, "%04o\n", (unsigned)mask);
		return 0;
	}
	if (*arg >= '0' && *arg <= '9') {
		char *end;
		unsigned long n = strtoul(arg, &end, 8);
		if (*end != '\0' || n > 0777)
			return usage_error("umask", arg, "not a mask") - 1;
		mask = (mode_t)n;
	} else if (!mask_parse(arg, &mask)) {
		return usage_error("umask", arg, "not a mask") - 1;
	}
	umask(mask);
	if (symbolic && !sh.posix)
		mask_symbolic(mask);
	return 0;
}
