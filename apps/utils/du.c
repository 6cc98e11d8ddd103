/* SPDX-License-Identifier: MPL-2.0 */
/* du: the space that files and trees take. */
#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/tree.h"

enum { OPT_APPARENT = 256, OPT_EXCLUDE, OPT_SI, OPT_TIME, OPT_FILES0, OPT_INODES };

static const struct opt du_opts[] = {
	{ '0', "null", nullptr, "lines end with NUL, not newline" },
	{ 'a', "all", nullptr, "show files too, not only directories" },
	{ OPT_APPARENT, "apparent-size", nullptr, "count bytes of contents, not blocks" },
	{ 'B', "block-size", "SIZE", "show units of SIZE" },
	{ 'b', "bytes", nullptr, "the same as --apparent-size --block-size=1" },
	{ 'c', "total", nullptr, "show the sum of all arguments" },
	{ 'D', "dereference-args", nullptr, "follow links given as arguments" },
	{ 'H', nullptr, nullptr, "the same as -D" },
	{ 'd', "max-depth", "N", "show directories down to N levels" },
	{ OPT_EXCLUDE, "exclude", "GLOB", "skip files that match" },
	{ OPT_FILES0, "files0-from", "FILE", "take NUL-ended names from FILE" },
	{ 'h', "human-readable", nullptr, "sizes such as 1.5K" },
	{ OPT_SI, "si", nullptr, "the same, in powers of 1000" },
	{ OPT_INODES, "inodes", nullptr, "count files instead of space" },
	{ 'k', nullptr, nullptr, "units of 1024 bytes" },
	{ 'L', "dereference", nullptr, "follow all links" },
	{ 'l', "count-links", nullptr, "count files again for each of their names" },
	{ 'm', nullptr, nullptr, "units of 1 MiB" },
	{ 'P', "no-dereference", nullptr, "follow no links (default)" },
	{ 'S', "separate-dirs", nullptr, "do not add subdirectories to directories" },
	{ 's', "summarize", nullptr, "show only the sum of each argument" },
	{ 't', "threshold", "SIZE", "leave out what is smaller; if negative, what is larger" },
	{ 'x', "one-file-system", nullptr, "stay on one file system" },
	{},
};

struct seen {
	dev_t dev;
	ino_t ino;
};

struct du {
	bool all, apparent, separate, links, human, inodes, total_line;
	uint64_t unit;
	unsigned human_unit;
	int64_t threshold;
	bool has_threshold;
	int max_depth;
	unsigned tree_flags;
	char end;
	const char **excludes;
	size_t exclude_count, exclude_capacity;
	/* open addressing by inode, for files with several names */
	struct seen *seen;
	size_t seen_count, seen_size;
	uint64_t total;
	int status;
};

/* Notes a file; true if it was met before. */
static bool seen_before(struct du *d, const struct stat *st)
{
	if (d->seen_count * 2 >= d->seen_size) {
		struct seen *old = d->seen;
		size_t n = d->seen_size;
		d->seen_size = n == 0 ? 64 : n * 2;
		d->seen = mem_zero(d->seen_size, sizeof *d->seen);
		for (size_t i = 0; i < n; i++) {
			size_t at = old[i].ino * 0x9e3779b97f4a7c15 >> 20 & (d->seen_size - 1);
			while (d->seen[at].ino != 0)
				at = (at + 1) & (d->seen_size - 1);
			d->seen[at] = old[i];
		}
		mem_free(old);
	}
	size_t at = st->st_ino * 0x9e3779b97f4a7c15 >> 20 & (d->seen_size - 1);
	for (; d->seen[at].ino != 0; at = (at + 1) & (d->seen_size - 1)) {
		if (d->seen[at].ino == st->st_ino && d->seen[at].dev == st->st_dev)
			return true;
	}
	d->seen[at] = (struct seen){ st->st_dev, st->st_ino };
	d->seen_count++;
	return false;
}

static uint64_t size_of(const struct du *d, const struct stat *st)
{
	if (d->inodes)
		return 1;
	if (d->apparent)
		return S_ISREG(st->st_mode) || S_ISLNK(st->st_mode) || S_ISDIR(st->st_mode)
			       ? (uint64_t)st->st_size
			       : 0;
	return (uint64_t)st->st_blocks * 512;
}

static void line_show(const struct du *d, uint64_t size, const char *path)
{
	char buf[NUM_HUMAN_SIZE];

	if (d->has_threshold && (d->threshold >= 0 ? size < (uint64_t)d->threshold : size > (uint64_t)-d->threshold))
		return;
	if (d->human && !d->inodes)
		put_string(num_human(buf, size, d->human_unit));
	else
		put_format("%llu",
			   (unsigned long long)(d->inodes ? size : (size + d->unit - 1) / d->unit));
	put_format("\t%s", path);
	put_char(d->end);
}

static bool is_excluded(const struct du *d, const struct tree_entry *e)
{
	for (size_t i = 0; i < d->exclude_count; i++) {
		if (fnmatch(d->excludes[i], e->name, 0) == 0 ||
		    fnmatch(d->excludes[i], e->path, 0) == 0)
			return true;
	}
	return false;
}

static void path_measure(struct du *d, const char *path)
{
	struct tree *t = tree_open(path, d->tree_flags);
	struct tree_entry *e;
	/* A directory's sum is collected in its own entry's `user`. */
	uint64_t sum = 0;

	while ((e = tree_next(t)) != nullptr) {
		struct tree_entry *up = tree_parent(t);
		switch (e->kind) {
		case TREE_DIR:
		case TREE_FILE:
		case TREE_LOOP: {
			bool counted =
				is_excluded(d, e) ||
				(!d->links &&
				 (S_ISDIR(e->st.st_mode) || e->st.st_nlink > 1 || d->tree_flags) &&
				 seen_before(d, &e->st));
			if (counted) {
				if (e->kind == TREE_DIR)
					tree_skip(t);
				break;
			}
			uint64_t size = size_of(d, &e->st);
			if (e->kind == TREE_DIR) {
				e->user = (long long)size;
				break;
			}
			if (up != nullptr)
				up->user += (long long)size;
			else
				sum += size;
			if ((d->all && e->depth <= d->max_depth) || e->depth == 0)
				line_show(d, size, e->path);
			break;
		}
		case TREE_DIR_END:
			if (e->depth <= d->max_depth)
				line_show(d, (uint64_t)e->user, e->path);
			if (up == nullptr)
				sum += (uint64_t)e->user;
			else if (!d->separate)
				up->user += e->user;
			else
				sum += (uint64_t)e->user;
			break;
		case TREE_NO_STAT:
		case TREE_UNREADABLE:
			errno = e->error;
			err_warn_errno(e->kind == TREE_NO_STAT ? "cannot access '%s'"
							       : "cannot read directory '%s'",
				       e->path);
			d->status = 1;
			break;
		}
	}
	d->total += sum;
	tree_close(t);
}

static void du_option(struct du *d, int o, const char *arg)
{
	switch (o) {
	case '0':
		d->end = '\0';
		break;
	case 'B':
		d->unit = num_get_size(arg, "-B argument");
		if (d->unit == 0)
			err_fatal("invalid -B argument '%s'", arg);
		break;
	case 'b':
	case 'k':
	case 'm':
		d->unit = o == 'b' ? 1 : o == 'k' ? 1024 : 1 << 20;
		d->apparent |= o == 'b';
		d->human = false;
		break;
	case 'd':
		d->max_depth = (int)num_get(arg, 0, INT32_MAX, "maximum depth");
		break;
	case 's':
		d->max_depth = 0;
		break;
	case 'h':
	case OPT_SI:
		d->human = true;
		d->human_unit = o == 'h' ? 1024 : 1000;
		break;
	case 'D':
	case 'H':
		d->tree_flags = (d->tree_flags & ~(unsigned)TREE_FOLLOW) | TREE_FOLLOW_ARGS;
		break;
	case 'L':
		d->tree_flags |= TREE_FOLLOW;
		break;
	case 'P':
		d->tree_flags &= ~(unsigned)(TREE_FOLLOW | TREE_FOLLOW_ARGS);
		break;
	case 'x':
		d->tree_flags |= TREE_ONE_DEVICE;
		break;
	case 't':
		d->has_threshold = true;
		d->threshold = (int64_t)num_get_size(arg + (*arg == '-'), "--threshold argument");
		d->threshold = *arg == '-' ? -d->threshold : d->threshold;
		break;
	case OPT_EXCLUDE:
		d->excludes = mem_room(d->excludes, d->exclude_count, &d->exclude_capacity,
				       sizeof *d->excludes);
		d->excludes[d->exclude_count++] = arg;
		break;
	}
	d->all |= o == 'a';
	d->apparent |= o == OPT_APPARENT;
	d->total_line |= o == 'c';
	d->links |= o == 'l';
	d->separate |= o == 'S';
	d->inodes |= o == OPT_INODES;
}

static int du_main(int argc, char **argv)
{
	struct du d = { .unit = 1024, .max_depth = INT32_MAX, .end = '\n' };
	const char *files0 = nullptr;
	bool summarize = false;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		du_option(&d, o, s.arg);
		summarize |= o == 's';
		if (o == OPT_FILES0)
			files0 = s.arg;
	}
	if (summarize && d.all)
		opt_usage_error("cannot both summarize and show all entries");
	if (files0 != nullptr) {
		struct in in;
		char *name;
		size_t len;
		if (!in_open(&in, files0))
			return 1;
		while (in_line(&in, '\0', &name, &len)) {
			name[len - (name[len - 1] == '\0')] = '\0';
			path_measure(&d, name);
		}
		in_close(&in);
	} else if (s.index == argc) {
		path_measure(&d, ".");
	}
	for (int i = s.index; i < argc; i++)
		path_measure(&d, argv[i]);
	if (d.total_line)
		line_show(&d, d.total, "total");
	return d.status;
}

APPLET(du, .usage = "[OPTION]... [FILE]...",
       .summary = "Show the space that each FILE and the tree below it take.", .opts = du_opts);
