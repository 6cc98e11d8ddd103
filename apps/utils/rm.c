/* SPDX-License-Identifier: MPL-2.0 */
/* rm: removes files and trees; remove_tree() is also what mv uses after a copy. */
#include "apps/utils/rm.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/tree.h"

enum { OPT_INTERACTIVE = 256, OPT_ONE_FS, OPT_NO_PRESERVE, OPT_PRESERVE };

static const struct opt rm_opts[] = {
	{ 'f', "force", nullptr, "ignore what is missing, never ask" },
	{ 'i', nullptr, nullptr, "ask before every removal" },
	{ 'I', nullptr, nullptr, "ask once before removing more than three files, or trees" },
	{ OPT_INTERACTIVE, "interactive", "[WHEN]", "ask never, once (-I) or always (-i)" },
	{ OPT_ONE_FS, "one-file-system", nullptr, "stay on the file system of each argument" },
	{ OPT_NO_PRESERVE, "no-preserve-root", nullptr, "treat / like anything else" },
	{ OPT_PRESERVE, "preserve-root", "[all]", "refuse to remove / (default)" },
	{ 'r', "recursive", nullptr, "remove directories and what is in them" },
	{ 'R', nullptr, nullptr, "the same as -r" },
	{ 'd', "dir", nullptr, "remove empty directories" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

static const char *kind_name(const struct stat *st)
{
	return S_ISDIR(st->st_mode)    ? "directory"
	       : S_ISLNK(st->st_mode)  ? "symbolic link"
	       : S_ISFIFO(st->st_mode) ? "fifo"
	       : S_ISSOCK(st->st_mode) ? "socket"
	       : S_ISCHR(st->st_mode)  ? "character special file"
	       : S_ISBLK(st->st_mode)  ? "block special file"
	       : st->st_size == 0      ? "regular empty file"
				       : "regular file";
}

/* Asks when told to, or when the file is write protected and there is somebody to ask. */
static bool may_remove(const struct rm *r, const struct tree_entry *e)
{
	bool protected = !r->force && !S_ISLNK(e->st.st_mode) && isatty(STDIN_FILENO) &&
			 faccessat(e->dirfd, e->name, W_OK, AT_EACCESS) != 0;

	if (!r->interactive && !protected)
		return true;
	return ask("remove %s%s '%s'? ", protected ? "write-protected " : "", kind_name(&e->st),
		   e->path);
}

static bool entry_remove(const struct rm *r, const struct tree_entry *e, int flags)
{
	if (unlinkat(e->dirfd, e->name, flags) != 0) {
		if (r->force && errno == ENOENT)
			return true;
		err_warn_errno("cannot remove '%s'", e->path);
		return false;
	}
	if (r->verbose)
		put_format(flags != 0 ? "removed directory '%s'\n" : "removed '%s'\n", e->path);
	return true;
}

bool remove_tree(const struct rm *r, const char *path)
{
	struct tree *t = tree_open(path, r->one_device ? TREE_ONE_DEVICE : 0);
	struct tree_entry *e;
	bool ok = true;

	while ((e = tree_next(t)) != nullptr) {
		switch (e->kind) {
		case TREE_DIR:
			if (!r->recursive && !r->empty_dirs) {
				err_warn("cannot remove '%s': Is a directory", e->path);
				tree_skip(t);
				ok = false;
			} else if (!r->recursive) {
				tree_skip(t);
				ok &= !may_remove(r, e) || entry_remove(r, e, AT_REMOVEDIR);
			} else if (r->interactive &&
				   !ask("descend into directory '%s'? ", e->path)) {
				tree_skip(t);
			}
			break;
		case TREE_DIR_END:
			if (!r->interactive || may_remove(r, e))
				ok &= entry_remove(r, e, AT_REMOVEDIR);
			break;
		case TREE_FILE:
		case TREE_LOOP:
			if (may_remove(r, e))
				ok &= entry_remove(r, e, 0);
			break;
		case TREE_NO_STAT:
			if (r->force && (e->error == ENOENT || e->error == ENOTDIR))
				break;
			errno = e->error;
			err_warn_errno("cannot remove '%s'", e->path);
			ok = false;
			break;
		case TREE_UNREADABLE:
			/* It may be empty all the same; if not, its removal tells. */
			if (e->error != EACCES) {
				errno = e->error;
				err_warn_errno("cannot remove '%s'", e->path);
				ok = false;
			}
			break;
		}
	}
	tree_close(t);
	return ok;
}

static bool is_root(const char *path)
{
	struct stat st, root;

	return lstat(path, &st) == 0 && stat("/", &root) == 0 && st.st_ino == root.st_ino &&
	       st.st_dev == root.st_dev;
}

static int rm_main(int argc, char **argv)
{
	struct rm r = {};
	bool once = false, preserve_root = true;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		char when = o == OPT_INTERACTIVE ? (s.arg == nullptr ? 'a' : s.arg[0]) : 0;
		if (o == 'f' || when == 'n') {
			r.force |= o == 'f';
			r.interactive = once = false;
		} else if (o == 'i' || when == 'a' || when == 'y') {
			r.interactive = true;
			r.force = once = false;
		} else if (o == 'I' || when == 'o') {
			once = true;
			r.interactive = false;
		}
		r.recursive |= o == 'r' || o == 'R';
		r.empty_dirs |= o == 'd';
		r.verbose |= o == 'v';
		r.one_device |= o == OPT_ONE_FS;
		preserve_root &= o != OPT_NO_PRESERVE;
	}
	int count = argc - s.index;
	if (count == 0 && !r.force)
		opt_missing_operand();
	if (once && (count > 3 || r.recursive) &&
	    !ask("remove %d argument%s%s? ", count, count == 1 ? "" : "s",
		 r.recursive ? " recursively" : ""))
		return 0;
	for (int i = s.index; i < argc; i++) {
		if (path_is_dot(argv[i])) {
			err_warn("refusing to remove '.' or '..' directory: skipping '%s'",
				 argv[i]);
			status = 1;
		} else if (preserve_root && r.recursive && is_root(argv[i])) {
			err_warn("it is dangerous to operate recursively on '/'");
			err_warn("use --no-preserve-root to override this failsafe");
			status = 1;
		} else {
			status |= !remove_tree(&r, argv[i]);
		}
	}
	return status;
}

APPLET(rm, .usage = "[OPTION]... [FILE]...",
       .summary = "Remove FILEs; directories only with -r or -d.", .opts = rm_opts);
