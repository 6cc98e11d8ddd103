/* SPDX-License-Identifier: MPL-2.0 */
/* chmod, chown and chgrp: modes and owners of files and trees. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/tree.h"

enum { OPT_REFERENCE = 256, OPT_FROM, OPT_PRESERVE_ROOT, OPT_NO_PRESERVE_ROOT };

struct change {
	bool recursive, changes, verbose, quiet, no_dereference;
	unsigned tree_flags;
	const struct mode_change *mode;
	mode_t umask_bits;
	bool implicit_who; /* for chmod's check of what the umask kept */
	bool set_user, set_group;
	uid_t user, from_user;
	gid_t group, from_group;
	bool has_from_user, has_from_group;
	bool (*apply)(const struct change *c, const struct tree_entry *e);
};

static bool mode_set(const struct change *c, const struct tree_entry *e)
{
	struct stat st = e->st;
	char before[11], after[11];

	if (S_ISLNK(st.st_mode)) {
		if (e->depth > 0)
			return true; /* links have no mode of their own */
		if (fstatat(e->dirfd, e->name, &st, 0) != 0) {
			if (!c->quiet)
				err_warn("cannot operate on dangling symlink '%s'", e->path);
			return false;
		}
	}
	mode_t mode = mode_apply(c->mode, st.st_mode, S_ISDIR(st.st_mode));
	if (fchmodat(e->dirfd, e->name, mode, 0) != 0) {
		if (!c->quiet)
			err_warn_errno("changing permissions of '%s'", e->path);
		return false;
	}
	bool changed = mode != (st.st_mode & 07777);
	if (c->verbose || (c->changes && changed)) {
		mode_string(st.st_mode, before);
		mode_string(mode | (st.st_mode & S_IFMT), after);
		if (changed)
			put_format("mode of '%s' changed from %04o (%s) to %04o (%s)\n", e->path,
				   (unsigned)st.st_mode & 07777, before + 1, (unsigned)mode,
				   after + 1);
		else
			put_format("mode of '%s' retained as %04o (%s)\n", e->path, (unsigned)mode,
				   after + 1);
	}
	return true;
}

static bool owner_set(const struct change *c, const struct tree_entry *e)
{
	bool link = c->no_dereference || ((c->tree_flags & TREE_FOLLOW) == 0 && c->recursive);
	struct stat st = e->st;

	if (!link && S_ISLNK(st.st_mode) && fstatat(e->dirfd, e->name, &st, 0) != 0) {
		if (!c->quiet)
			err_warn_errno("cannot dereference '%s'", e->path);
		return false;
	}
	if ((c->has_from_user && st.st_uid != c->from_user) ||
	    (c->has_from_group && st.st_gid != c->from_group))
		return true;
	if (fchownat(e->dirfd, e->name, c->set_user ? c->user : (uid_t)-1,
		     c->set_group ? c->group : (gid_t)-1, link ? AT_SYMLINK_NOFOLLOW : 0) != 0) {
		if (!c->quiet)
			err_warn_errno("changing %s of '%s'", c->set_user ? "ownership" : "group",
				       e->path);
		return false;
	}
	bool changed =
		(c->set_user && st.st_uid != c->user) || (c->set_group && st.st_gid != c->group);
	if (c->verbose || (c->changes && changed))
		put_format("%s of '%s' %s\n", c->set_user ? "ownership" : "group", e->path,
			   changed ? "changed" : "retained");
	return true;
}

static bool path_change(const struct change *c, const char *path)
{
	struct tree *t = tree_open(path, c->tree_flags);
	struct tree_entry *e;
	bool ok = true;

	while ((e = tree_next(t)) != nullptr) {
		switch (e->kind) {
		case TREE_DIR:
			if (!c->recursive)
				tree_skip(t);
			ok &= c->apply(c, e);
			break;
		case TREE_FILE:
		case TREE_LOOP:
			ok &= c->apply(c, e);
			break;
		case TREE_DIR_END:
			break;
		case TREE_NO_STAT:
		case TREE_UNREADABLE:
			errno = e->error;
			if (!c->quiet)
				err_warn_errno(e->kind == TREE_NO_STAT
						       ? "cannot access '%s'"
						       : "cannot read directory '%s'",
					       e->path);
			ok = false;
			break;
		}
	}
	tree_close(t);
	return ok;
}

static void common_option(struct change *c, int o)
{
	c->recursive |= o == 'R';
	c->changes |= o == 'c';
	c->verbose |= o == 'v';
	c->quiet |= o == 'f';
	c->no_dereference |= o == 'h';
	if (o == 'H')
		c->tree_flags = TREE_FOLLOW_ARGS;
	else if (o == 'L')
		c->tree_flags = TREE_FOLLOW;
	else if (o == 'P')
		c->tree_flags = 0;
}

static int paths_change(const struct change *c, char **paths, int count)
{
	int status = 0;

	for (int i = 0; i < count; i++)
		status |= !path_change(c, paths[i]);
	return status;
}

static const struct opt chmod_opts[] = {
	{ 'c', "changes", nullptr, "tell what was changed" },
	{ 'f', "silent", nullptr, "no messages about files that cannot be changed" },
	{ 'f', "quiet", nullptr, nullptr },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{ OPT_NO_PRESERVE_ROOT, "no-preserve-root", nullptr, nullptr },
	{ OPT_PRESERVE_ROOT, "preserve-root", nullptr, nullptr },
	{ OPT_REFERENCE, "reference", "FILE", "use the mode of FILE" },
	{ 'R', "recursive", nullptr, "change directories and what is in them" },
	{},
};

/* chmod -x FILE is a mode; so words such as -rwx are taken out before options are read. */
static const char *minus_mode_take(int *argc, char **argv)
{
	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		const char *p = argv[i];
		if (p[0] != '-' || p[1] == '\0' || strchr("rwxXstugoa,=+", p[1]) == nullptr)
			continue;
		memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
		(*argc)--;
		return p;
	}
	return nullptr;
}

static int chmod_main(int argc, char **argv)
{
	struct change c = { .apply = mode_set };
	const char *mode = minus_mode_take(&argc, argv), *reference = nullptr;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		common_option(&c, o);
		if (o == OPT_REFERENCE)
			reference = s.arg;
	}
	mode_t mask = umask(0);
	umask(mask);
	int first = s.index;
	if (reference != nullptr) {
		struct stat st;
		if (stat(reference, &st) != 0)
			err_fatal_errno("failed to get attributes of '%s'", reference);
		mode = mem_format("%05o", (unsigned)st.st_mode & 07777);
	} else if (mode == nullptr) {
		if (first == argc)
			opt_missing_operand();
		mode = argv[first++];
	}
	c.mode = mode_parse(mode, mask);
	if (c.mode == nullptr)
		opt_usage_error("invalid mode: '%s'", mode);
	if (first == argc)
		opt_usage_error("missing operand after '%s'", mode);
	return paths_change(&c, argv + first, argc - first);
}

static const struct opt chown_opts[] = {
	{ 'c', "changes", nullptr, "tell what was changed" },
	{ 'f', "silent", nullptr, "no messages about files that cannot be changed" },
	{ 'f', "quiet", nullptr, nullptr },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{ 'h', "no-dereference", nullptr, "change symbolic links themselves" },
	{ OPT_FROM, "from", "OWNER:GROUP", "change only files that belong to these" },
	{ OPT_NO_PRESERVE_ROOT, "no-preserve-root", nullptr, nullptr },
	{ OPT_PRESERVE_ROOT, "preserve-root", nullptr, nullptr },
	{ OPT_REFERENCE, "reference", "FILE", "use owner and group of FILE" },
	{ 'R', "recursive", nullptr, "change directories and what is in them" },
	{ 'H', nullptr, nullptr, "with -R, follow links given as arguments" },
	{ 'L', nullptr, nullptr, "with -R, follow all links to directories" },
	{ 'P', nullptr, nullptr, "with -R, follow no links (default)" },
	{},
};

/* "user", "user:group", "user:", ":group"; a dot does for the colon. */
static void owner_parse(const char *text, bool *has_user, uid_t *user, bool *has_group,
			gid_t *group)
{
	const char *colon = strchr(text, ':');

	if (colon == nullptr && !user_find(text, user))
		colon = strchr(text, '.');
	size_t n = colon != nullptr ? (size_t)(colon - text) : strlen(text);
	if (n != 0) {
		char *name = mem_dup_bytes(text, n);
		*has_user = true;
		if (!user_find(name, user))
			err_fatal("invalid user: '%s'", text);
	}
	if (colon != nullptr && colon[1] != '\0') {
		*has_group = true;
		if (!group_find(colon + 1, group))
			err_fatal("invalid group: '%s'", text);
	}
}

static int owner_run(int argc, char **argv, bool group_only)
{
	struct change c = { .apply = owner_set };
	const char *reference = nullptr;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		common_option(&c, o);
		if (o == OPT_REFERENCE)
			reference = s.arg;
		if (o == OPT_FROM)
			owner_parse(s.arg, &c.has_from_user, &c.from_user, &c.has_from_group,
				    &c.from_group);
	}
	int first = s.index;
	if (reference != nullptr) {
		struct stat st;
		if (stat(reference, &st) != 0)
			err_fatal_errno("failed to get attributes of '%s'", reference);
		c.set_user = !group_only;
		c.set_group = true;
		c.user = st.st_uid;
		c.group = st.st_gid;
	} else {
		if (first == argc)
			opt_missing_operand();
		const char *owner = argv[first++];
		if (first == argc)
			opt_usage_error("missing operand after '%s'", owner);
		if (!group_only) {
			owner_parse(owner, &c.set_user, &c.user, &c.set_group, &c.group);
		} else {
			c.set_group = owner[0] != '\0';
			if (c.set_group && !group_find(owner, &c.group))
				err_fatal("invalid group: '%s'", owner);
		}
	}
	if (first == argc)
		opt_missing_operand();
	return paths_change(&c, argv + first, argc - first);
}

static int chown_main(int argc, char **argv)
{
	return owner_run(argc, argv, false);
}

static int chgrp_main(int argc, char **argv)
{
	return owner_run(argc, argv, true);
}

APPLET(chmod, .usage = "[OPTION]... MODE[,MODE]... FILE...\n[OPTION]... --reference=FILE FILE...",
       .summary = "Change the mode of each FILE.", .opts = chmod_opts,
       .details = "A MODE is octal digits, or [ugoa]*[-+=][rwxXst]*, or with u, g or o copied.");
APPLET(chown,
       .usage = "[OPTION]... [OWNER][:[GROUP]] FILE...\n[OPTION]... --reference=FILE FILE...",
       .summary = "Change owner and group of each FILE.", .opts = chown_opts);
APPLET(chgrp, .usage = "[OPTION]... GROUP FILE...\n[OPTION]... --reference=FILE FILE...",
       .summary = "Change the group of each FILE.", .opts = chown_opts);
