/* SPDX-License-Identifier: MPL-2.0 */
/* mv: renames, and between file systems copies and removes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/utils/copy.h"
#include "apps/utils/rm.h"

enum { OPT_BACKUP = 256, OPT_STRIP };

static const struct opt mv_opts[] = {
	{ OPT_BACKUP, "backup", "[HOW]",
	  "keep what would be overwritten; HOW: simple, numbered, existing" },
	{ 'b', nullptr, nullptr, "the same as --backup" },
	{ 'f', "force", nullptr, "do not ask before overwriting" },
	{ 'i', "interactive", nullptr, "ask before overwriting" },
	{ 'n', "no-clobber", nullptr, "never overwrite" },
	{ OPT_STRIP, "strip-trailing-slashes", nullptr, "drop slashes at the end of each SOURCE" },
	{ 'S', "suffix", "SUFFIX", "what is added to the name of a backup" },
	{ 't', "target-directory", "DIRECTORY", "move all SOURCEs into DIRECTORY" },
	{ 'T', "no-target-directory", nullptr, "DEST is never a directory to move into" },
	{ 'u', "update", nullptr, "move only what is newer, or missing there" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

static bool is_newer(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
						      : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool across_move(struct copy *c, const char *from, const char *to)
{
	const struct rm r = { .force = true, .recursive = true };
	bool verbose = c->verbose;

	if (unlink(to) != 0 && errno != ENOENT && errno != EISDIR && errno != EPERM) {
		err_warn_errno("inter-device move failed: '%s' to '%s'; unable to remove target",
			       from, to);
		return false;
	}
	c->verbose = false;
	bool ok = copy_path(c, from, to);
	c->verbose = verbose;
	return ok && remove_tree(&r, from);
}

/* May what is at `to` be replaced? *ok is cleared when not and it is an error. */
static bool may_replace(const struct copy *c, const char *from, const char *to, bool force,
			bool *ok)
{
	struct stat st, old;

	if (lstat(to, &old) != 0 || lstat(from, &st) != 0)
		return true;
	if (st.st_ino == old.st_ino && st.st_dev == old.st_dev &&
	    (S_ISDIR(st.st_mode) || st.st_nlink == 1)) {
		err_warn("'%s' and '%s' are the same file", from, to);
		*ok = false;
		return false;
	}
	if (c->no_clobber || (c->update && !is_newer(&st, &old)))
		return false;
	if (S_ISDIR(old.st_mode) && !S_ISDIR(st.st_mode)) {
		err_warn("cannot overwrite directory '%s' with non-directory '%s'", to, from);
		*ok = false;
		return false;
	}
	if (!S_ISDIR(old.st_mode) && S_ISDIR(st.st_mode)) {
		err_warn("cannot overwrite non-directory '%s' with directory '%s'", to, from);
		*ok = false;
		return false;
	}
	bool protected =
		!force && !S_ISLNK(old.st_mode) && access(to, W_OK) != 0 && isatty(STDIN_FILENO);
	if ((c->interactive || protected) && !ask("overwrite '%s'? ", to))
		return false;
	if (c->backup != 0)
		*ok = copy_backup(c, to);
	return *ok;
}

static bool path_move(struct copy *c, const char *from, const char *to, bool force)
{
	bool ok = true;
	struct stat st;

	if (lstat(from, &st) != 0) {
		err_warn_errno("cannot stat '%s'", from);
		return false;
	}
	if (!may_replace(c, from, to, force, &ok))
		return ok;
	if (rename(from, to) != 0) {
		if (errno == EXDEV) {
			ok = across_move(c, from, to);
		} else if (errno == EINVAL) {
			err_warn("cannot move '%s' to a subdirectory of itself, '%s'", from, to);
			return false;
		} else {
			err_warn_errno("cannot move '%s' to '%s'", from, to);
			return false;
		}
	}
	if (ok && c->verbose)
		put_format("renamed '%s' -> '%s'\n", from, to);
	return ok;
}

static int mv_main(int argc, char **argv)
{
	struct copy c = { .verb = "move",
			  .recursive = true,
			  .keep_mode = true,
			  .keep_owner = true,
			  .keep_times = true,
			  .keep_links = true,
			  .follow = FOLLOW_NEVER };
	const char *directory = nullptr;
	bool no_directory = false, force = false, strip = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'f' || o == 'i' || o == 'n') {
			force = o == 'f';
			c.interactive = o == 'i';
			c.no_clobber = o == 'n';
		}
		c.update |= o == 'u';
		c.verbose |= o == 'v';
		no_directory |= o == 'T';
		strip |= o == OPT_STRIP;
		if (o == 'b' || o == OPT_BACKUP)
			c.backup = s.arg == nullptr ? 'e' : *s.arg == 't' ? 'n' : *s.arg;
		if (o == 'S') {
			c.suffix = s.arg;
			c.backup = c.backup != 0 ? c.backup : 'e';
		}
		if (o == 't')
			directory = s.arg;
	}
	int count = argc - s.index;
	if (count == 0)
		opt_usage_error("missing file operand");
	if (count == 1 && directory == nullptr)
		opt_usage_error("missing destination file operand after '%s'", argv[s.index]);
	if (no_directory && count > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (directory == nullptr && !no_directory && (count > 2 || path_is_dir(argv[argc - 1])))
		directory = argv[--argc];
	if (directory == nullptr)
		return !path_move(&c, argv[s.index], argv[s.index + 1], force);
	if (!path_is_dir(directory))
		err_fatal("target '%s' is not a directory", directory);
	for (int i = s.index; i < argc; i++) {
		for (size_t n = strlen(argv[i]); strip && n > 1 && argv[i][n - 1] == '/'; n--)
			argv[i][n - 1] = '\0';
		char *to = copy_target(directory, argv[i]);
		status |= !path_move(&c, argv[i], to, force);
		mem_free(to);
	}
	return status;
}

APPLET(mv,
       .usage = "[OPTION]... SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t "
		"DIRECTORY SOURCE...",
       .summary = "Rename SOURCE to DEST, or move SOURCEs into DIRECTORY.", .opts = mv_opts);
