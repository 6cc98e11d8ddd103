/* SPDX-License-Identifier: MPL-2.0 */
/* Pathname expansion. */
#include "apps/sh/glob.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/expand.h"
#include "apps/sh/mem.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

struct globber {
	struct fields *out;
	struct buf path; /* what has been matched so far */
	unsigned flags;
};

static void glob_from(struct globber *g, const char *p, const char *end);

/* The end of the component that starts at p: its slash, or `end`. Slashes in ( ) count too. */
static const char *component_end(const char *p, const char *end)
{
	while (p < end && *p != '/')
		p += *p == ESC && p + 1 < end && p[1] != '/' ? 2 : 1;
	return p;
}

static bool path_exists(struct globber *g)
{
	struct stat st;

	return lstat(buf_str(&g->path), &st) == 0;
}

static bool path_is_dir(struct globber *g, bool follow)
{
	struct stat st;
	const char *path = g->path.len > 0 ? buf_str(&g->path) : ".";

	return (follow ? stat(path, &st) : lstat(path, &st)) == 0 && S_ISDIR(st.st_mode);
}

static char *result_copy(struct globber *g)
{
	return arena_strndup(&scratch, buf_str(&g->path), g->path.len);
}

/* A component without pattern characters goes straight to the path. */
static void add_plain(struct globber *g, const char *p, const char *end, const char *slash)
{
	char *text = arena_strndup(&scratch, p, (size_t)(slash - p));
	size_t n = 0;

	for (const char *q = p; q < slash; q++) {
		if ((*q == ESC || *q == '\\') && q + 1 < slash)
			q++;
		text[n++] = *q;
	}
	buf_add(&g->path, text, n);
	const char *rest = slash;
	while (rest < end && *rest == '/')
		rest++;
	buf_add(&g->path, slash, (size_t)(rest - slash));
	if (rest < end)
		glob_from(g, rest, end);
	else if (path_exists(g))
		fields_add(g->out, result_copy(g));
}

static bool is_hidden_ok(const char *p, const char *name)
{
	if (name[0] != '.')
		return true;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return p[0] == '.' && (p[1] != '*' || sh.posix) && !sh.opt[SHOPT_DOTGLOB];
	return sh.opt[SHOPT_DOTGLOB] || p[0] == '.' || (p[0] == ESC && p[1] == '.') ||
	       (p[0] == '\\' && p[1] == '.');
}

/* The directory's names, in scratch: they must survive the recursion below. */
static struct fields read_names(struct globber *g)
{
	struct fields names = {};
	const struct dirent *e;
	DIR *d = opendir(g->path.len > 0 ? buf_str(&g->path) : ".");

	if (d == nullptr)
		return names;
	while ((e = readdir(d)) != nullptr)
		fields_add(&names, arena_strndup(&scratch, e->d_name, strlen(e->d_name)));
	closedir(d);
	return names;
}

static void match_component(struct globber *g, const char *p, const char *end, const char *slash)
{
	struct fields names = read_names(g);
	size_t base = g->path.len;

	for (int i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		size_t len = strlen(name);
		if (!is_hidden_ok(p, name) ||
		    !pattern_match(p, (size_t)(slash - p), name, len, g->flags))
			continue;
		g->path.len = base;
		buf_add(&g->path, name, len);
		if (slash == end) {
			fields_add(g->out, result_copy(g));
			continue;
		}
		if (!path_is_dir(g, true))
			continue;
		const char *rest = slash;
		while (rest < end && *rest == '/')
			rest++;
		buf_add(&g->path, slash, (size_t)(rest - slash));
		if (rest == end)
			fields_add(g->out, result_copy(g));
		else
			glob_from(g, rest, end);
	}
	g->path.len = base;
}

/* ** alone: this directory and all below, without following links. */
static void match_tree(struct globber *g, const char *rest, const char *end)
{
	struct fields names = read_names(g);
	size_t base = g->path.len;

	stack_check();
	glob_from(g, rest < end ? rest : "*", rest < end ? end : &"*"[1]);
	for (int i = 0; i < names.n; i++) {
		if (names.v[i][0] == '.' && !sh.opt[SHOPT_DOTGLOB])
			continue;
		if (strcmp(names.v[i], ".") == 0 || strcmp(names.v[i], "..") == 0)
			continue;
		g->path.len = base;
		buf_puts(&g->path, names.v[i]);
		if (!path_is_dir(g, false))
			continue;
		buf_byte(&g->path, '/');
		match_tree(g, rest, end);
	}
	g->path.len = base;
}

static void glob_from(struct globber *g, const char *p, const char *end)
{
	const char *slash = component_end(p, end);
	size_t base = g->path.len;

	if (sh.opt[SHOPT_GLOBSTAR] && slash - p == 2 && memcmp(p, "**", 2) == 0)
		match_tree(g, slash < end ? slash + 1 : end, end);
	else if (pattern_is_plain(p, (size_t)(slash - p)) || slash == p)
		add_plain(g, p, end, slash);
	else
		match_component(g, p, end, slash);
	g->path.len = base;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool glob_expand(const char *pattern, size_t len, struct fields *out)
{
	int before = out->n;
	struct globber g = { .out = out };

	if (pattern_is_plain(pattern, len))
		return false;
	g.flags = pattern_flags() & PATTERN_EXTENDED;
	if (sh.opt[SHOPT_NOCASEGLOB])
		g.flags |= PATTERN_NOCASE;
	glob_from(&g, pattern, pattern + len);
	if (out->n > before) {
		qsort(out->v + before, (size_t)(out->n - before), sizeof(char *), name_compare);
		return true;
	}
	if (sh.opt[SHOPT_FAILGLOB]) {
		char *shown = arena_strndup(&scratch, pattern, len);
		shown[pattern_unmark(shown, len)] = '\0';
		fail(1, "no match: %s", shown);
	}
	return sh.opt[SHOPT_NULLGLOB];
}
