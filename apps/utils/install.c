/* SPDX-License-Identifier: MPL-2.0 */
/* install: copy files to where they belong, with modes and owners. */
#include <errno.h>
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

static const struct opt install_opts[] = {
	{ 'b', nullptr, nullptr, "keep what is replaced, with ~ after its name" },
	{ 'c', nullptr, nullptr, nullptr },
	{ 'd', "directory", nullptr, "make directories, and what is missing above them" },
	{ 'D', nullptr, nullptr, "make directories that are missing for the destination" },
	{ 'g', "group", "GROUP", "give them to GROUP" },
	{ 'm', "mode", "MODE", "permissions, as chmod's; default rwxr-xr-x" },
	{ 'o', "owner", "OWNER", "give them to OWNER" },
	{ 'p', "preserve-timestamps", nullptr, "keep the times of files" },
	{ 't', "target-directory", "DIR", "copy into DIR" },
	{ 'T', "no-target-directory", nullptr, "the last operand is no directory to copy into" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

struct install {
	struct copy copy;
	const char *mode_text, *target;
	bool directories, make_parents, no_target;
	uid_t owner;
	gid_t group;
};

/* Of one that was made: its mode without regard to the umask, and its owners. */
static bool attributes_set(const struct install *x, const char *path, bool is_dir)
{
	const char *text = x->mode_text != nullptr ? x->mode_text : "755";
	const struct mode_change *m = mode_parse(text, 0);

	if (m == nullptr)
		err_fatal("invalid mode '%s'", text);
	if ((x->owner != (uid_t)-1 || x->group != (gid_t)-1) &&
	    chown(path, x->owner, x->group) != 0) {
		err_warn_errno("cannot change ownership of '%s'", path);
		return false;
	}
	if (chmod(path, mode_apply(m, 0, is_dir)) != 0) {
		err_warn_errno("cannot change permissions of '%s'", path);
		return false;
	}
	return true;
}

/* False if it is none, and cannot be made one. The umask says nothing about what is installed. */
static bool directory_make(const struct install *x, const char *path)
{
	bool made = mkdir(path, 0755) == 0;

	if (!made && (errno != EEXIST || !path_is_dir(path))) {
		err_warn_errno("cannot create directory '%s'", path);
		return false;
	}
	if (made && x->copy.verbose)
		put_format("install: creating directory '%s'\n", path);
	return !made || chmod(path, 0755) == 0;
}

/* The directory and all above it. */
static bool directories_make(const struct install *x, const char *path)
{
	char *copy = mem_dup(path);

	for (char *p = copy + 1; *copy != '\0' && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (!directory_make(x, copy))
			return false;
		*p = '/';
	}
	mem_free(copy);
	return directory_make(x, path);
}

static bool is_same(const char *from, const char *to)
{
	struct stat a, b;

	return stat(from, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static bool file_install(struct install *x, const char *from, const char *to)
{
	if (path_is_dir(from)) {
		err_warn("omitting directory '%s'", from);
		return false;
	}
	if (is_same(from, to)) {
		err_warn("'%s' and '%s' are the same file", from, to);
		return false;
	}
	if (x->make_parents && !directories_make(x, path_dir(to)))
		return false;
	if (access(from, R_OK) == 0 && x->copy.backup == 0 && !path_is_dir(to))
		(void)unlink(to); /* a program that runs keeps the old one; it may not be there */
	return copy_path(&x->copy, from, to) && attributes_set(x, to, false);
}

static int files_install(struct install *x, char **files, int n)
{
	const char *last = x->target != nullptr ? x->target : files[--n];
	bool into = x->target != nullptr || (!x->no_target && path_is_dir(last));
	int status = 0;

	if (n == 0)
		opt_usage_error("missing destination file operand after '%s'", last);
	if (x->target != nullptr && x->make_parents && !directories_make(x, last))
		return 1;
	if (x->target != nullptr && !path_is_dir(last))
		err_fatal_errno("target directory '%s'", last);
	if (!into && n > 1)
		err_fatal("target '%s' is not a directory", last);
	for (int i = 0; i < n; i++) {
		char *to = into ? copy_target(last, files[i]) : mem_dup(last);
		status |= !file_install(x, files[i], to);
		mem_free(to);
	}
	return status;
}

static void option_take(struct install *x, int o, const char *argument)
{
	switch (o) {
	case 'b':
		x->copy.backup = 's';
		return;
	case 'd':
		x->directories = true;
		return;
	case 'D':
		x->make_parents = true;
		return;
	case 'g':
		if (!group_find(argument, &x->group))
			err_fatal("invalid group '%s'", argument);
		return;
	case 'm':
		x->mode_text = argument;
		return;
	case 'o':
		if (!user_find(argument, &x->owner))
			err_fatal("invalid user '%s'", argument);
		return;
	case 'p':
		x->copy.keep_times = true;
		return;
	case 't':
		x->target = argument;
		return;
	case 'T':
		x->no_target = true;
		return;
	case 'v':
		x->copy.verbose = true;
		return;
	}
}

static int install_main(int argc, char **argv)
{
	struct install x = {
		.copy = { .verb = "copy", .suffix = "~", .follow = FOLLOW_ALWAYS },
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		option_take(&x, o, s.arg);
	if (s.index == argc)
		opt_usage_error("missing file operand");
	if (x.mode_text != nullptr && mode_parse(x.mode_text, 0) == nullptr)
		err_fatal("invalid mode '%s'", x.mode_text);
	if (!x.directories)
		return files_install(&x, argv + s.index, argc - s.index);
	for (int i = s.index; i < argc; i++)
		status |= !directories_make(&x, argv[i]) || !attributes_set(&x, argv[i], true);
	return status;
}

APPLET(install,
       .usage = "[OPTION]... SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n"
		"[OPTION]... -t DIRECTORY SOURCE...\n[OPTION]... -d DIRECTORY...",
       .summary = "Copy files and set their modes and owners.", .opts = install_opts);
