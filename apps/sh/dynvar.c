/* SPDX-License-Identifier: MPL-2.0 */
/* Variables that act, and the import of the environment. */
#include "apps/sh/dynvar.h"
#include "apps/sh/array.h"
#include "apps/sh/calls.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/getopts.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sym *sym_ifs, *sym_path, *sym_home, *sym_pwd, *sym_oldpwd, *sym_optind, *sym_reply, *sym_ps4,
	*sym_cdpath;

unsigned char ifs_class[256] = { [' '] = 1, ['\t'] = 1, ['\n'] = 1 };
char ifs_first = ' ';
bool ifs_joins = true;

static struct sym *sym_line, *sym_random, *sym_seconds, *sym_funcname, *sym_epoch, *sym_epochreal,
	*sym_bashpid, *sym_pipestatus, *sym_lineno_stack, *sym_sources, *sym_srandom, *sym_subshell;
static time_t seconds_base;
static uint32_t random_state = 1;

static void store(struct sym *s, long long n)
{
	char digits[NUM_MAX];
	char *p = num_format(n, digits + NUM_MAX);

	free(s->val);
	s->val = xstrdup(p);
	s->len = strlen(p);
	s->cap = s->len + 1;
}

/* xorshift: no secret, only variety. */
static uint32_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* FUNCNAME, BASH_LINENO, BASH_SOURCE: one element for each call. */
static void refresh_calls(struct sym *s)
{
	struct array *a = var_array(s, false);
	struct call c;

	array_clear(a);
	if (s == sym_funcname && sh.func_depth == 0)
		return; /* as in bash, whatever files are being read */
	for (size_t i = 0; call_at(i, &c); i++) {
		char digits[NUM_MAX];
		const char *v = s == sym_funcname  ? c.name
				: s == sym_sources ? c.source
						   : num_format(c.line, digits + NUM_MAX);
		v = v != nullptr ? v : "";
		array_put(a, (long long)i, nullptr, v, strlen(v));
	}
}

void dynvar_refresh(struct sym *s)
{
	if (s == sym_line) {
		store(s, sh.line);
	} else if (s == sym_random) {
		store(s, random_next() >> 9 & 0x7fff);
	} else if (s == sym_srandom) {
		store(s, random_next());
	} else if (s == sym_seconds) {
		store(s, (long long)(time(nullptr) - seconds_base));
	} else if (s == sym_epoch) {
		store(s, (long long)time(nullptr));
	} else if (s == sym_bashpid) {
		store(s, getpid());
	} else if (s == sym_subshell) {
		store(s, sh.subshell);
	} else if (s == sym_funcname || s == sym_sources || s == sym_lineno_stack) {
		refresh_calls(s);
	} else if (s == sym_epochreal) {
		struct timespec ts;
		char text[40];
		clock_gettime(CLOCK_REALTIME, &ts);
		int n = snprintf(text, sizeof(text), "%lld.%06ld", (long long)ts.tv_sec,
				 ts.tv_nsec / 1000);
		free(s->val);
		s->val = xstrdup(text);
		s->len = (size_t)n;
		s->cap = s->len + 1;
	}
}

static void ifs_changed(void)
{
	const char *ifs = sym_ifs->val != nullptr ? sym_ifs->val : " \t\n";

	memset(ifs_class, 0, sizeof(ifs_class));
	for (const char *p = ifs; *p != '\0'; p++)
		ifs_class[(unsigned char)*p] = *p == ' ' || *p == '\t' || *p == '\n' ? 1 : 2;
	ifs_joins = *ifs != '\0';
	ifs_first = *ifs;
}

static bool names_utf8(const char *locale)
{
	for (const char *p = strchr(locale, '.'); p != nullptr && *p != '\0'; p++)
		if (strncasecmp(p, "utf8", 4) == 0 || strncasecmp(p, "utf-8", 5) == 0)
			return true;
	return false;
}

static bool locale_is_utf8(void)
{
	static const char *const which[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const struct sym *s = sym_find(which[i], strlen(which[i]));
		if (s != nullptr && s->val != nullptr && *s->val != '\0')
			return names_utf8(s->val);
	}
	return false;
}

/* The C library must know too, for regular expressions and letter cases. */
static void locale_changed(void)
{
	bool before = sh.utf8;

	sh.utf8 = locale_is_utf8();
	if (sh.utf8 != before)
		setlocale(LC_CTYPE, sh.utf8 ? "C.UTF-8" : "C");
}

void dynvar_changed(struct sym *s)
{
	if (s == sym_ifs) {
		ifs_changed();
	} else if (s == sym_path) {
		sh.path_age++;
	} else if (s == sym_optind) {
		getopts_reset(s->val != nullptr ? atoi(s->val) : 1);
	} else if (s == sym_random && s->val != nullptr) {
		random_state = (uint32_t)atoi(s->val) * 2654435761u + 1;
	} else if (s == sym_seconds && s->val != nullptr) {
		seconds_base = time(nullptr) - atoi(s->val);
	} else if (s->name[0] == 'L') {
		locale_changed();
	}
}

void dynvar_pipestatus(const int *statuses, int n)
{
	struct array *a = var_array(sym_pipestatus, false);

	char digits[NUM_MAX];
	if (a->n == 1 && n == 1) {
		char *p = num_format(statuses[0], digits + NUM_MAX);
		if (strlen(p) <= strlen(a->v[0].val)) { /* nearly always 0 after 0 */
			memcpy(a->v[0].val, p, strlen(p) + 1);
			return;
		}
	}
	array_clear(a);
	for (int i = 0; i < n; i++) {
		char *p = num_format(statuses[i], digits + NUM_MAX);
		array_put(a, i, nullptr, p, strlen(p));
	}
}

void dynvar_pipestatus_add(int status)
{
	struct array *a = var_array(sym_pipestatus, false);
	char digits[NUM_MAX], *p = num_format(status, digits + NUM_MAX);

	array_put(a, (long long)a->n, nullptr, p, strlen(p));
}

static struct sym *named(const char *name, uint32_t flags)
{
	struct sym *s = sym_intern(name, strlen(name));

	s->flags |= flags;
	return s;
}

static void name_symbols(void)
{
	sym_ifs = named("IFS", VAR_HOOK);
	sym_path = named("PATH", VAR_HOOK);
	sym_optind = named("OPTIND", VAR_HOOK);
	sym_home = named("HOME", 0);
	sym_pwd = named("PWD", 0);
	sym_oldpwd = named("OLDPWD", 0);
	sym_reply = named("REPLY", 0);
	sym_ps4 = named("PS4", 0);
	sym_cdpath = named("CDPATH", 0);
	named("LC_ALL", VAR_HOOK);
	named("LC_CTYPE", VAR_HOOK);
	named("LANG", VAR_HOOK);
	sym_line = named("LINENO", VAR_DYNAMIC);
	if (sh.posix)
		return;
	sym_random = named("RANDOM", VAR_DYNAMIC);
	sym_srandom = named("SRANDOM", VAR_DYNAMIC);
	sym_seconds = named("SECONDS", VAR_DYNAMIC);
	sym_epoch = named("EPOCHSECONDS", VAR_DYNAMIC);
	sym_epochreal = named("EPOCHREALTIME", VAR_DYNAMIC);
	sym_bashpid = named("BASHPID", VAR_DYNAMIC);
	sym_funcname = named("FUNCNAME", VAR_DYNAMIC | VAR_INDEXED);
	sym_lineno_stack = named("BASH_LINENO", VAR_DYNAMIC | VAR_INDEXED);
	sym_sources = named("BASH_SOURCE", VAR_DYNAMIC | VAR_INDEXED);
	sym_subshell = named("BASH_SUBSHELL", VAR_DYNAMIC);
	sym_pipestatus = named("PIPESTATUS", 0);
}

/* PWD from the environment is believed only if it is where we are. */
static bool pwd_is_right(const char *pwd)
{
	struct stat a, b;

	return pwd != nullptr && pwd[0] == '/' && strstr(pwd, "/./") == nullptr &&
	       strstr(pwd, "/../") == nullptr && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void set_pwd(void)
{
	if (pwd_is_right(sym_pwd->val))
		return;
	char *cwd = getcwd(nullptr, 0);
	if (cwd != nullptr)
		var_set(sym_pwd, cwd, strlen(cwd));
	free(cwd);
}

void var_init(char **envp)
{
	name_symbols();
	for (; *envp != nullptr; envp++) {
		size_t n = name_length(*envp);
		if (n == 0 || (*envp)[n] != '=')
			continue;
		struct sym *s = sym_intern(*envp, n);
		if ((s->flags & VAR_DYNAMIC) == 0)
			var_import(s, *envp + n + 1);
	}
	var_set(sym_ifs, " \t\n", 3);
	sym_ifs->flags &= ~(uint32_t)VAR_EXPORT;
	var_set(sym_optind, "1", 1);
	if (sym_path->val == nullptr)
		var_put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	if (sym_ps4->val == nullptr)
		var_set(sym_ps4, "+ ", 2);
	var_set_num(sym_intern("PPID", 4), getppid());
	sym_intern("PPID", 4)->flags |= sh.posix ? 0 : VAR_READONLY;
	set_pwd();
	seconds_base = time(nullptr);
	random_state = (uint32_t)getpid() * 2654435761u ^ (uint32_t)seconds_base;
	random_state |= 1;
}
