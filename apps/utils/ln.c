/* SPDX-License-Identifier: MPL-2.0 */
/* ln, link and unlink: names for files. */
#include <errno.h>
#include <fcntl.h>
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
#include "apps/utils/resolve.h"

enum { OPT_BACKUP = 256 };

static const struct opt ln_opts[] = {
	{ OPT_BACKUP, "backup", "[HOW]", "keep what would be replaced" },
	{ 'b', nullptr, nullptr, "the same as --backup" },
	{ 'f', "force", nullptr, "remove what is at the new name" },
	{ 'i', "interactive", nullptr, "ask before removing it" },
	{ 'L', "logical", nullptr, "link to what a symbolic TARGET points to" },
	{ 'n', "no-dereference", nullptr, "a LINK_NAME that is a link to a directory is replaced" },
	{ 'P', "physical", nullptr, "link to symbolic links themselves (default)" },
	{ 'r', "relative", nullptr, "with -s, make the text relative to the link's place" },
	{ 's', "symbolic", nullptr, "make symbolic links" },
	{ 'S', "suffix", "SUFFIX", "what is added to the name of a backup" },
	{ 't', "target-directory", "DIRECTORY", "make the links in DIRECTORY" },
	{ 'T', "no-target-directory", nullptr, "LINK_NAME is never a directory to link into" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

struct ln {
	bool force, interactive, logical, symbolic, relative, verbose, no_dereference;
	struct copy backup;
};

static bool link_make(const struct ln *l, const char *target, const char *name)
{
	struct stat st, old;
	bool exists = lstat(name, &old) == 0;
	char *text = l->relative ? path_relative(target, name) : nullptr;

	if (exists && lstat(target, &st) == 0 && !l->symbolic && st.st_ino == old.st_ino &&
	    st.st_dev == old.st_dev && (l->force || l->interactive)) {
		err_warn("'%s' and '%s' are the same file", target, name);
		return false;
	}
	if (!l->symbolic && stat(target, &st) == 0 && S_ISDIR(st.st_mode)) {
		err_warn("%s: hard link not allowed for directory", target);
		return false;
	}
	if (exists && l->interactive && !ask("replace '%s'? ", name))
		return true;
	if (exists && l->backup.backup != 0) {
		if (!copy_backup(&l->backup, name))
			return false;
	} else if (exists && (l->force || l->interactive)) {
		if (S_ISDIR(old.st_mode)) {
			err_warn("%s: cannot overwrite directory", name);
			return false;
		}
		if (unlink(name) != 0 && errno != ENOENT) {
			err_warn_errno("cannot remove '%s'", name);
			return false;
		}
	}
	int r = l->symbolic ? symlink(text != nullptr ? text : target, name)
			    : linkat(AT_FDCWD, target, AT_FDCWD, name,
				     l->logical ? AT_SYMLINK_FOLLOW : 0);
	if (r != 0) {
		if (l->symbolic || errno == EEXIST)
			err_warn_errno("failed to create %s link '%s'",
				       l->symbolic ? "symbolic" : "hard", name);
		else
			err_warn_errno("failed to access '%s'", target);
		return false;
	}
	if (l->verbose)
		put_format("'%s' %s '%s'\n", name, l->symbolic ? "->" : "=>",
			   text != nullptr ? text : target);
	return true;
}

static bool is_directory(const struct ln *l, const char *path)
{
	struct stat st;

	return (l->no_dereference ? lstat(path, &st) : stat(path, &st)) == 0 && S_ISDIR(st.st_mode);
}

static int ln_main(int argc, char **argv)
{
	struct ln l = {};
	const char *directory = nullptr;
	bool no_directory = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		l.force |= o == 'f';
		l.interactive |= o == 'i';
		l.symbolic |= o == 's';
		l.relative |= o == 'r';
		l.verbose |= o == 'v';
		l.no_dereference |= o == 'n';
		no_directory |= o == 'T';
		if (o == 'L' || o == 'P')
			l.logical = o == 'L';
		if (o == 'b' || o == OPT_BACKUP)
			l.backup.backup = s.arg == nullptr ? 'e' : *s.arg == 't' ? 'n' : *s.arg;
		if (o == 'S')
			l.backup = (struct copy){ .suffix = s.arg, .backup = 'e' };
		if (o == 't')
			directory = s.arg;
	}
	int count = argc - s.index;
	if (count == 0)
		opt_usage_error("missing file operand");
	if (l.relative && !l.symbolic)
		err_fatal("cannot do --relative without --symbolic");
	if (no_directory && count != 2)
		opt_usage_error(count < 2 ? "missing destination file operand after '%s'"
					  : "extra operand '%s'",
				argv[s.index + (count > 2 ? 2 : 0)]);
	if (directory == nullptr && !no_directory) {
		if (count == 1)
			directory = ".";
		else if (count > 2 || is_directory(&l, argv[argc - 1]))
			directory = argv[--argc];
	}
	if (directory == nullptr)
		return !link_make(&l, argv[s.index], argv[s.index + 1]);
	if (!is_directory(&l, directory))
		err_fatal("target '%s' is not a directory", directory);
	for (int i = s.index; i < argc; i++) {
		char *name = strcmp(directory, ".") == 0 && count == 1
				     ? mem_format("./%s", path_base(argv[i]))
				     : copy_target(directory, argv[i]);
		status |= !link_make(&l, argv[i], name);
	}
	return status;
}

static const struct opt no_opts[] = { {} };

static int link_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (argc - s.index < 2)
		opt_usage_error("missing operand");
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (link(argv[s.index], argv[s.index + 1]) != 0)
		err_fatal_errno("cannot create link '%s' to '%s'", argv[s.index + 1],
				argv[s.index]);
	return 0;
}

static int unlink_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		opt_missing_operand();
	if (argc - s.index > 1)
		opt_extra_operand(argv[s.index + 1]);
	if (unlink(argv[s.index]) != 0)
		err_fatal_errno("cannot unlink '%s'", argv[s.index]);
	return 0;
}

APPLET(ln,
       .usage = "[OPTION]... TARGET LINK_NAME\n[OPTION]... TARGET...\n[OPTION]... TARGET... "
		"DIRECTORY",
       .summary = "Make LINK_NAME, or names in DIRECTORY, for TARGETs.", .opts = ln_opts);
APPLET(link, .usage = "FILE1 FILE2", .summary = "Make FILE2 a hard link to FILE1.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(unlink, .usage = "FILE", .summary = "Remove the name FILE.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
