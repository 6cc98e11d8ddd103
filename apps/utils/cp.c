/* SPDX-License-Identifier: MPL-2.0 */
/* cp: copies files and trees. */
#include <string.h>
#include <sys/stat.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"
#include "apps/utils/copy.h"

enum {
	OPT_PRESERVE = 256,
	OPT_NO_PRESERVE,
	OPT_REMOVE,
	OPT_ATTRIBUTES,
	OPT_BACKUP,
	OPT_PARENTS,
	OPT_STRIP,
	OPT_REFLINK,
	OPT_SPARSE,
	OPT_CONTENTS
};

static const struct opt cp_opts[] = {
	{ 'a', "archive", nullptr, "the same as -dR --preserve=all" },
	{ OPT_ATTRIBUTES, "attributes-only", nullptr, "copy the attributes, not the contents" },
	{ OPT_BACKUP, "backup", "[HOW]",
	  "keep what would be overwritten; HOW: simple, numbered, existing" },
	{ 'b', nullptr, nullptr, "the same as --backup" },
	{ OPT_CONTENTS, "copy-contents", nullptr, "with -R, copy what can be read from devices" },
	{ 'd', nullptr, nullptr, "the same as -P --preserve=links" },
	{ 'f', "force", nullptr, "remove a target that cannot be opened" },
	{ 'i', "interactive", nullptr, "ask before overwriting" },
	{ 'H', nullptr, nullptr, "follow symbolic links given as SOURCE" },
	{ 'l', "link", nullptr, "make hard links instead of copies" },
	{ 'L', "dereference", nullptr, "follow all symbolic links" },
	{ 'n', "no-clobber", nullptr, "never overwrite" },
	{ 'P', "no-dereference", nullptr, "never follow symbolic links" },
	{ 'p', nullptr, nullptr, "the same as --preserve=mode,ownership,timestamps" },
	{ OPT_PRESERVE, "preserve", "[LIST]", "keep mode, ownership, timestamps, links, all" },
	{ OPT_NO_PRESERVE, "no-preserve", "LIST", "do not keep these" },
	{ OPT_PARENTS, "parents", nullptr, "keep the whole source path below DIRECTORY" },
	{ 'R', "recursive", nullptr, "copy directories with what is in them" },
	{ 'r', nullptr, nullptr, "the same as -R" },
	{ OPT_REFLINK, "reflink", "[WHEN]", nullptr },
	{ OPT_SPARSE, "sparse", "WHEN", nullptr },
	{ OPT_REMOVE, "remove-destination", nullptr, "remove each existing target first" },
	{ OPT_STRIP, "strip-trailing-slashes", nullptr, "drop slashes at the end of each SOURCE" },
	{ 's', "symbolic-link", nullptr, "make symbolic links instead of copies" },
	{ 'S', "suffix", "SUFFIX", "what is added to the name of a backup" },
	{ 't', "target-directory", "DIRECTORY", "copy all SOURCEs into DIRECTORY" },
	{ 'T', "no-target-directory", nullptr, "DEST is never a directory to copy into" },
	{ 'u', "update", nullptr, "copy only what is newer, or missing there" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{ 'x', "one-file-system", nullptr, "stay on one file system" },
	{},
};

static void keep_set(struct copy *c, const char *list, bool value)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		bool all = n == 3 && memcmp(list, "all", n) == 0;
		bool known = all;
		if (all || (n == 4 && memcmp(list, "mode", n) == 0))
			c->keep_mode = value, known = true;
		if (all || (n == 9 && memcmp(list, "ownership", n) == 0))
			c->keep_owner = value, known = true;
		if (all || (n == 10 && memcmp(list, "timestamps", n) == 0))
			c->keep_times = value, known = true;
		if (all || (n == 5 && memcmp(list, "links", n) == 0))
			c->keep_links = value, known = true;
		known |= (n == 5 && memcmp(list, "xattr", n) == 0) ||
			 (n == 7 && memcmp(list, "context", n) == 0);
		if (!known)
			opt_usage_error("invalid argument '%.*s' for '--preserve'", (int)n, list);
		list += n + (list[n] == ',');
	}
}

struct arguments {
	const char *directory;
	bool no_directory, parents, strip;
	int follow; /* -1: not said */
};

static void cp_option(struct copy *c, struct arguments *a, int o, const char *arg)
{
	c->recursive |= o == 'R' || o == 'r' || o == 'a';
	c->force |= o == 'f';
	c->update |= o == 'u';
	c->verbose |= o == 'v';
	c->hard_link |= o == 'l';
	c->symbolic_link |= o == 's';
	c->one_device |= o == 'x';
	c->remove_destination |= o == OPT_REMOVE;
	c->attributes_only |= o == OPT_ATTRIBUTES;
	c->contents_of_specials |= o == OPT_CONTENTS;
	a->parents |= o == OPT_PARENTS;
	a->no_directory |= o == 'T';
	a->strip |= o == OPT_STRIP;
	if (o == 'i' || o == 'n') {
		c->interactive = o == 'i';
		c->no_clobber = o == 'n';
	}
	if (o == 'a')
		keep_set(c, "all", true);
	if (o == 'd')
		keep_set(c, "links", true);
	if (o == 'p' || (o == OPT_PRESERVE && arg == nullptr))
		keep_set(c, "mode,ownership,timestamps", true);
	else if (o == OPT_PRESERVE || o == OPT_NO_PRESERVE)
		keep_set(c, arg, o == OPT_PRESERVE);
	if (o == 'a' || o == 'd' || o == 'P')
		a->follow = FOLLOW_NEVER;
	else if (o == 'L' || o == 'H')
		a->follow = o == 'L' ? FOLLOW_ALWAYS : FOLLOW_ARGUMENTS;
	if (o == 'b' || o == OPT_BACKUP)
		c->backup = arg == nullptr ? 'e' : *arg == 't' ? 'n' : *arg == 'o' ? 0 : *arg;
	if (o == 'S') {
		c->suffix = arg;
		c->backup = c->backup != 0 ? c->backup : 'e';
	}
	if (o == 't')
		a->directory = arg;
}

/* Makes dir/path's folders with the modes of those of `path`. */
static char *parents_make(const struct copy *c, const char *dir, const char *path)
{
	char *to = mem_path(dir, path);
	size_t skip = strlen(to) - strlen(path);

	for (char *slash = strchr(to + skip + 1, '/'); slash != nullptr;
	     slash = strchr(slash + 1, '/')) {
		struct stat st;
		*slash = '\0';
		if (stat(to + skip, &st) != 0)
			st.st_mode = 0777;
		if (mkdir(to, (st.st_mode & 0777) | S_IRWXU) != 0 && !path_is_dir(to))
			err_fatal_errno("cannot make directory '%s'", to);
		*slash = '/';
	}
	(void)c;
	return to;
}

static int cp_main(int argc, char **argv)
{
	struct copy c = { .verb = "copy" };
	struct arguments a = { .follow = -1 };
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		cp_option(&c, &a, o, s.arg);
	c.follow = a.follow >= 0                 ? (enum copy_follow)a.follow
		   : c.recursive && !c.hard_link ? FOLLOW_NEVER
						 : FOLLOW_ALWAYS;
	int count = argc - s.index;
	if (count == 0)
		opt_usage_error("missing file operand");
	if (count == 1 && a.directory == nullptr)
		opt_usage_error("missing destination file operand after '%s'", argv[s.index]);
	if (a.no_directory && count > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (a.directory == nullptr && !a.no_directory && (count > 2 || path_is_dir(argv[argc - 1])))
		a.directory = argv[--argc];
	else if (a.parents && a.directory == nullptr)
		opt_usage_error("with --parents, the destination must be a directory");
	if (a.directory == nullptr)
		return !copy_path(&c, argv[s.index], argv[s.index + 1]);
	if (!path_is_dir(a.directory))
		err_fatal("target '%s' is not a directory", a.directory);
	for (int i = s.index; i < argc; i++) {
		char *from = argv[i];
		for (size_t n = strlen(from); a.strip && n > 1 && from[n - 1] == '/'; n--)
			from[n - 1] = '\0';
		char *to = a.parents           ? parents_make(&c, a.directory, from)
			   : path_is_dot(from) ? mem_dup(a.directory)
					       : copy_target(a.directory, from);
		status |= !copy_path(&c, from, to);
		mem_free(to);
	}
	return status;
}

APPLET(cp,
       .usage = "[OPTION]... SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t "
		"DIRECTORY SOURCE...",
       .summary = "Copy SOURCE to DEST, or several SOURCEs into DIRECTORY.", .opts = cp_opts);
