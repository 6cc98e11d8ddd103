/* SPDX-License-Identifier: MPL-2.0 */
/* find: walks trees and evaluates an expression for each file. The expression is in find_expr.c. */
#include "apps/utils/find.h"
#include <errno.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static void entry_visit(struct find *f, struct tree *t, struct tree_entry *e)
{
	f->entry = e;
	f->prune = false;
	bool too_high = e->depth < f->min_depth;
	if (!too_high)
		(void)expr_eval(f, f->expr); /* only its actions matter */
	if (e->kind == TREE_DIR && (f->prune || e->depth >= f->max_depth))
		tree_skip(t);
}

static void path_walk(struct find *f, const char *path)
{
	struct tree *t = tree_open(path, f->tree_flags);
	struct tree_entry *e;

	f->start = path;
	while (!f->quit && (e = tree_next(t)) != nullptr) {
		switch (e->kind) {
		case TREE_DIR:
			if (!f->depth_first || e->depth >= f->max_depth)
				entry_visit(f, t, e);
			break;
		case TREE_DIR_END:
			if (f->depth_first)
				entry_visit(f, t, e);
			break;
		case TREE_FILE:
			entry_visit(f, t, e);
			break;
		case TREE_LOOP:
			err_warn("File system loop detected; '%s' is part of the same file system "
				 "loop as what is above it",
				 e->path);
			f->status = 1;
			break;
		case TREE_NO_STAT:
		case TREE_UNREADABLE:
			if (e->error == ENOENT && e->depth > 0 && f->ignore_races)
				break;
			errno = e->error;
			err_warn_errno("'%s'", e->path);
			f->status = 1;
			break;
		}
	}
	tree_close(t);
}

static bool is_expression(const char *word)
{
	return (word[0] == '-' && word[1] != '\0') || strcmp(word, "(") == 0 ||
	       strcmp(word, "!") == 0 || strcmp(word, ")") == 0 || strcmp(word, ",") == 0;
}

static const struct opt find_opts[] = {
	{ 'H', nullptr, nullptr, "follow symbolic links given as PATH" },
	{ 'L', nullptr, nullptr, "follow all symbolic links" },
	{ 'P', nullptr, nullptr, "never follow symbolic links (default)" },
	{},
};

static int find_main(int argc, char **argv)
{
	struct find f = { .max_depth = INT_MAX };
	int at = 1, first;

	clock_gettime(CLOCK_REALTIME, &f.now);
	for (; at < argc; at++) {
		if (strcmp(argv[at], "--help") == 0) {
			opt_print_help(applet_find("find"));
			return 0;
		}
		if (strcmp(argv[at], "-L") == 0)
			f.tree_flags = TREE_FOLLOW;
		else if (strcmp(argv[at], "-H") == 0)
			f.tree_flags = TREE_FOLLOW_ARGS;
		else if (strcmp(argv[at], "-P") == 0)
			f.tree_flags = 0;
		else
			break;
	}
	first = at;
	while (at < argc && !is_expression(argv[at]))
		at++;
	f.expr = expr_parse(&f, argv + at);
	if (f.one_device)
		f.tree_flags |= TREE_ONE_DEVICE;
	if (at == first)
		path_walk(&f, ".");
	for (int i = first; i < at && !f.quit; i++)
		path_walk(&f, argv[i]);
	expr_finish(&f);
	return f.status;
}

APPLET(find, .usage = "[-H|-L|-P] [PATH]... [EXPRESSION]",
       .summary = "Walk the trees at PATHs and do what EXPRESSION says with each file.",
       .opts = find_opts,
       .details =
	       "Operators, first the tightest: ( E )  ! E  -not E  E E  E -a E  E -o E  E , E\n"
	       "Tests: -name -iname -path -ipath -wholename -lname -ilname GLOB, -regex -iregex "
	       "RE,\n"
	       "  -type [bcdflps,..], -xtype, -size N[bcwkMG], -empty, -perm [-/]MODE, -links N, "
	       "-inum N,\n"
	       "  -user U, -group G, -uid N, -gid N, -nouser, -nogroup, -mtime -atime -ctime N "
	       "(days),\n"
	       "  -mmin -amin -cmin N, -newer -anewer -cnewer FILE, -newerXY REF, -samefile FILE,\n"
	       "  -readable, -writable, -executable, -fstype T, -true, -false; +N more than, -N "
	       "less than\n"
	       "Actions: -print, -print0, -printf FORMAT, -fprint -fprint0 -fprintf FILE.., -ls, "
	       "-fls FILE,\n"
	       "  -exec CMD ;, -exec CMD {} +, -execdir, -ok, -okdir, -delete, -prune, -quit\n"
	       "Options: -maxdepth N, -mindepth N, -depth, -xdev, -mount, -daystart, -regextype "
	       "T,\n"
	       "  -follow, -ignore_readdir_race");
