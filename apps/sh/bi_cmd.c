/* SPDX-License-Identifier: MPL-2.0 */
/* Built-ins about commands: command, type, hash, alias, builtin. */
#include "apps/sh/applets.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/exec.h"
#include "apps/sh/lex.h"
#include "apps/sh/output.h"
#include "apps/sh/print.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdlib.h>
#include <unistd.h>

static const char *absolute(const char *path)
{
	const char *pwd = var_value(sym_pwd);

	if (*path == '/' || pwd == nullptr)
		return path;
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	return arena_printf(&scratch, "%s%s%s", pwd, strcmp(pwd, "/") == 0 ? "" : "/", path);
}

static bool is_special(const struct sym *s)
{
	return s->builtin != nullptr && (s->builtin->flags & BUILTIN_SPECIAL) != 0;
}

/* command -v: one line that could be typed. */
static int tell_short(const char *name)
{
	struct sym *s = sym_intern(name, strlen(name));

	/* Strictly, a utility that could as well be a program is told by where the program is. */
	bool as_path = sh.posix && s->func == nullptr && s->builtin != nullptr &&
		       (s->builtin->flags & BUILTIN_PURE) != 0 && !is_special(s) &&
		       command_path(s, name) != nullptr;
	if (s->alias == nullptr && !as_path &&
	    (keyword_find(name, strlen(name)) != KW_NONE || s->func != nullptr ||
	     s->builtin != nullptr)) {
		output_printf(&out1, "%s\n", name);
		return 0;
	}
	if (s->alias != nullptr) {
		struct buf b = {};
		buf_printf(&b, "alias %s=", name);
		quote_single(&b, s->alias);
		output_printf(&out1, "%s\n", buf_str(&b));
		return 0;
	}
	const char *path = command_path(s, name);
	if (path == nullptr && applets_find(name) != nullptr)
		path = name;
	if (path == nullptr)
		return 1;
	output_printf(&out1, "%s\n",
		      path == name && strchr(name, '/') == nullptr ? name : absolute(path));
	return 0;
}

/* type and command -V: a sentence. */
static int tell_long(const char *who, const char *name, bool complain)
{
	struct sym *s = sym_intern(name, strlen(name));

	if (s->alias != nullptr) {
		output_printf(&out1, "%s is aliased to `%s'\n", name, s->alias);
		return 0;
	}
	if (keyword_find(name, strlen(name)) != KW_NONE) {
		output_printf(&out1, "%s is a shell keyword\n", name);
		return 0;
	}
	if (is_special(s) && sh.posix) {
		output_printf(&out1, "%s is a special shell builtin\n", name);
		return 0;
	}
	if (s->func != nullptr) {
		struct buf b = {};
		if (sh.posix) {
			output_printf(&out1, "%s is a function\n", name);
			return 0;
		}
		print_function(&b, s);
		output_printf(&out1, "%s is a function\n%s", name, buf_str(&b));
		return 0;
	}
	if (s->builtin != nullptr) {
		const char *as = sh.posix ? command_path(s, name) : nullptr;
		output_printf(&out1,
			      as != nullptr ? "%s is a shell builtin for %s\n"
					    : "%s is a shell builtin\n",
			      name, as);
		return 0;
	}
	const char *path = command_path(s, name);
	if (applets_find(name) != nullptr && applets_match(name, path) != nullptr) {
		output_printf(&out1, "%s is a utility of this shell\n", name);
		return 0;
	}
	if (path != nullptr) {
		bool hashed = s->path == path && s->path_hits > 0 && !sh.posix;
		output_printf(&out1, hashed ? "%s is hashed (%s)\n" : "%s is %s\n", name,
			      absolute(path));
		return 0;
	}
	if (complain)
		warn("%s: %s: not found", who, name);
	return complain && sh.posix ? 127 : 1;
}

/* Runs it so that errors of special built-ins do not end the shell. */
static int run_guarded(int argc, char **argv, bool default_path)
{
	struct guard g;

	if (guard_top == nullptr && !is_special(sym_intern(argv[0], strlen(argv[0]))))
		return command_run(argc, argv, 0, default_path);
	if (guard_push(&g) != 0)
		return sh.status;
	int status = command_run(argc, argv, 0, default_path);
	guard_pop(&g);
	return status;
}

int bi_command(int argc, char **argv)
{
	struct flags f = {};
	bool brief = false, verbose = false, default_path = false;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, "pvV")) != 0) {
		if (c == '?')
			return 2;
		brief |= c == 'v';
		verbose |= c == 'V';
		default_path |= c == 'p';
	}
	if (f.at >= argc)
		return 0;
	if (!brief && !verbose)
		return run_guarded(argc - f.at, argv + f.at, default_path);
	struct frame frame;
	if (default_path) {
		frame_push(&frame, nullptr);
		frame_save(&frame, sym_path);
		var_set(sym_path, DEFAULT_PATH, strlen(DEFAULT_PATH));
	}
	for (int i = f.at; i < argc; i++)
		status |= brief ? tell_short(argv[i]) : tell_long("command", argv[i], true);
	if (default_path)
		frame_pop(&frame);
	return status;
}

int bi_builtin(int argc, char **argv)
{
	int i = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (i >= argc)
		return 0;
	const struct builtin *b = builtin_find(argv[i], strlen(argv[i]));
	if (b == nullptr)
		return usage_error("builtin", argv[i], "not a shell builtin") - 1;
	return b->run(argc - i, argv + i);
}

static void enable_list(bool on, bool off, bool special)
{
	const struct builtin *b;

	for (size_t i = 0; (b = builtin_at(i)) != nullptr; i++) {
		bool is_on = sym_intern(b->name, strlen(b->name))->builtin != nullptr;
		if ((is_on ? on : off) && (!special || (b->flags & BUILTIN_SPECIAL) != 0))
			output_printf(&out1, "enable %s%s\n", is_on ? "" : "-n ", b->name);
	}
}

int bi_enable(int argc, char **argv)
{
	struct flags f = {};
	bool off = false, all = false, special = false, list = false;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, "anps")) != 0) {
		if (c == '?')
			return 2;
		all |= c == 'a';
		off |= c == 'n';
		list |= c == 'p';
		special |= c == 's';
	}
	if (f.at >= argc || list)
		enable_list(all || !off, all || off, special);
	for (int i = f.at; i < argc && !list; i++) {
		const struct builtin *b = builtin_find(argv[i], strlen(argv[i]));
		if (b == nullptr)
			status = usage_error("enable", argv[i], "not a shell builtin") - 1;
		else
			sym_intern(argv[i], strlen(argv[i]))->builtin = off ? nullptr : b;
	}
	return status;
}

/* type -t: one word. */
static const char *kind_word(const char *name)
{
	struct sym *s = sym_intern(name, strlen(name));

	if (s->alias != nullptr)
		return "alias";
	if (keyword_find(name, strlen(name)) != KW_NONE)
		return "keyword";
	if (s->func != nullptr)
		return "function";
	if (s->builtin != nullptr)
		return "builtin";
	if (command_path(s, name) != nullptr)
		return "file";
	return applets_find(name) != nullptr ? "builtin" : nullptr;
}

int bi_type(int argc, char **argv)
{
	struct flags f = {};
	bool kind = false, path_only = false, force = false, no_functions = false;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "" : "afptP")) != 0) {
		if (c == '?')
			return 2;
		kind |= c == 't';
		path_only |= c == 'p';
		force |= c == 'P';
		no_functions |= c == 'f';
	}
	for (int i = f.at; i < argc; i++) {
		struct sym *s = sym_intern(argv[i], strlen(argv[i]));
		const char *word = kind_word(argv[i]);
		if (word == nullptr && (kind || path_only || force)) {
			status = 1;
		} else if (kind) {
			output_printf(&out1, "%s\n", word);
		} else if (path_only || force) {
			const char *path = command_path(s, argv[i]);
			if (path != nullptr && (force || strcmp(word, "file") == 0))
				output_printf(&out1, "%s\n", path);
			else if (force)
				status = 1;
		} else {
			struct func *func = s->func;
			if (no_functions)
				s->func = nullptr;
			int one = tell_long("type", argv[i], true);
			s->func = func;
			status = one != 0 ? one : status;
		}
	}
	return status;
}

static bool is_hashed(const struct sym *s)
{
	return s->path != nullptr && s->path_age == sh.path_age;
}

int bi_hash(int argc, char **argv)
{
	struct flags f = {};
	int c, status = 0;
	size_t n;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "r" : "rdlp:t")) != 0) {
		if (c == '?')
			return 2;
		if (c == 'r')
			sh.path_age++;
	}
	if (f.at >= argc && argc == 1) {
		struct sym **all = sym_sorted(is_hashed, &n);
		for (size_t i = 0; i < n; i++)
			output_printf(&out1, "%s\n", all[i]->path);
	}
	for (int i = f.at; i < argc; i++) {
		struct sym *s = sym_intern(argv[i], strlen(argv[i]));
		if (s->builtin != nullptr || s->func != nullptr)
			continue;
		if (s->path != nullptr) /* look again */
			s->path_age = sh.path_age - 1;
		if (command_path(s, argv[i]) == nullptr && applets_find(argv[i]) == nullptr) {
			warn("hash: %s: not found", argv[i]);
			status = 1;
		}
	}
	return status;
}

static bool is_alias(const struct sym *s)
{
	return s->alias != nullptr;
}

static void print_alias(const struct sym *s)
{
	struct buf b = {};

	buf_printf(&b, "%s%s=", sh.posix ? "" : "alias ", s->name);
	quote_single(&b, s->alias);
	output_printf(&out1, "%s\n", buf_str(&b));
}

static void alias_set(struct sym *s, const char *text)
{
	free(s->alias);
	s->alias = text != nullptr ? xstrdup(text) : nullptr;
}

int bi_alias(int argc, char **argv)
{
	struct flags f = {};
	int c, status = 0;
	size_t n;

	while ((c = flags_next(&f, argc, argv, "p")) != 0)
		if (c == '?')
			return 2;
	if (f.at >= argc) {
		struct sym **all = sym_sorted(is_alias, &n);
		for (size_t i = 0; i < n; i++)
			print_alias(all[i]);
	}
	for (int i = f.at; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		size_t len = eq != nullptr ? (size_t)(eq - argv[i]) : strlen(argv[i]);
		struct sym *s = sym_find(argv[i], len);
		if (eq != nullptr && eq != argv[i]) {
			alias_set(sym_intern(argv[i], len), eq + 1);
		} else if (s != nullptr && s->alias != nullptr) {
			print_alias(s);
		} else {
			warn("alias: %s: not found", argv[i]);
			status = 1;
		}
	}
	return status;
}

static void alias_clear(struct sym *s, void *arg)
{
	(void)arg;
	alias_set(s, nullptr);
}

int bi_unalias(int argc, char **argv)
{
	struct flags f = {};
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, "a")) != 0) {
		if (c == '?')
			return 2;
		sym_each(alias_clear, nullptr);
		return 0;
	}
	if (f.at >= argc)
		return usage_error("unalias", "", "which alias?");
	for (int i = f.at; i < argc; i++) {
		struct sym *s = sym_find(argv[i], strlen(argv[i]));
		if (s == nullptr || s->alias == nullptr) {
			warn("unalias: %s: not found", argv[i]);
			status = 1;
		} else {
			alias_set(s, nullptr);
		}
	}
	return status;
}
