/* SPDX-License-Identifier: MPL-2.0 */
/* cpio: archives of files whose names come from standard input. */
#include "apps/utils/cpio_run.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"

enum { OPT_QUIET = 256, OPT_NO_ABSOLUTE, OPT_ABSOLUTE, OPT_STDOUT, OPT_NO_OWNER, OPT_IGNORED };

static const struct opt cpio_opts[] = {
	{ 'i', "extract", nullptr, "unpack an archive" },
	{ 'o', "create", nullptr, "make an archive of the files named on standard input" },
	{ 'p', "pass-through", nullptr, "copy the files named on standard input to DIRECTORY" },
	{ 't', "list", nullptr, "show what is in an archive" },
	{ '0', "null", nullptr, "names end with NUL, not newline" },
	{ 'a', "reset-access-time", nullptr, nullptr },
	{ 'B', nullptr, nullptr, nullptr },
	{ 'c', nullptr, nullptr, "the format odc" },
	{ 'C', "io-size", "BYTES", nullptr },
	{ 'd', "make-directories", nullptr, "make folders that are missing" },
	{ 'D', "directory", "DIRECTORY", "work in DIRECTORY" },
	{ 'E', "pattern-file", "FILE", "patterns from FILE" },
	{ 'f', "nonmatching", nullptr, "what matches none of the patterns" },
	{ 'F', "file", "ARCHIVE", "the archive, not standard input or output" },
	{ 'H', "format", "FORMAT", "bin, odc, newc or crc (bin)" },
	{ 'I', nullptr, "ARCHIVE", "the archive to read" },
	{ 'l', "link", nullptr, "link files instead of copying them, where it works" },
	{ 'L', "dereference", nullptr, "follow symbolic links" },
	{ 'm', "preserve-modification-time", nullptr, "keep the times of files" },
	{ 'n', "numeric-uid-gid", nullptr, "show numbers of users and groups" },
	{ 'O', nullptr, "ARCHIVE", "the archive to write" },
	{ 'R', "owner", "USER:GROUP", "whose the files become" },
	{ 'u', "unconditional", nullptr, "replace newer files too" },
	{ 'v', "verbose", nullptr, "show the names" },
	{ 'V', "dot", nullptr, "show a dot for each file" },
	{ OPT_QUIET, "quiet", nullptr, "do not tell how many blocks there were" },
	{ OPT_NO_ABSOLUTE, "no-absolute-filenames", nullptr,
	  "drop / and .. at the start of names" },
	{ OPT_ABSOLUTE, "absolute-filenames", nullptr, nullptr },
	{ OPT_STDOUT, "to-stdout", nullptr, "unpack to standard output" },
	{ OPT_NO_OWNER, "no-preserve-owner", nullptr, "files become our own" },
	{ OPT_IGNORED, "sparse", nullptr, nullptr },
	{ OPT_IGNORED, "force-local", nullptr, nullptr },
	{},
};

void tell(struct cpio *c, const char *name)
{
	if (c->dots) {
		dprintf(STDERR_FILENO, ".");
		c->any_dot = true;
	} else if (c->verbose) {
		dprintf(STDERR_FILENO, "%s\n", name);
	}
}

struct linked *link_find(struct cpio *c, const struct cpio_member *m)
{
	for (size_t i = 0; i < c->link_count; i++) {
		struct linked *l = &c->links[i];
		if (l->ino == m->ino && l->major == m->major && l->minor == m->minor)
			return l;
	}
	c->links = mem_room(c->links, c->link_count, &c->link_capacity, sizeof *c->links);
	c->links[c->link_count] = (struct linked){ m->major, m->minor, m->ino, .path = nullptr };
	return &c->links[c->link_count++];
}

bool contents_pass(struct in *in, uint64_t size, struct out *out, uint32_t *sum)
{
	while (size > 0) {
		if (in->start == in->end && !in_fill(in))
			return false;
		size_t n = in->end - in->start < size ? in->end - in->start : (size_t)size;
		const char *p = in->buf + in->start;
		for (size_t i = 0; sum != nullptr && i < n; i++)
			*sum += (unsigned char)p[i];
		if (out != nullptr)
			out_write(out, p, n);
		in->start += n;
		size -= n;
	}
	return true;
}

void contents_skip(struct in *in, uint64_t size)
{
	if (!contents_pass(in, size, nullptr, nullptr))
		err_fatal("premature end of file");
}

bool name_next(struct cpio *c, struct in *names, char **name)
{
	char *line;
	size_t len;
	int delim = c->nul ? '\0' : '\n';

	do {
		if (!in_line(names, delim, &line, &len))
			return false;
		len -= line[len - 1] == (char)delim;
	} while (len == 0);
	*name = mem_dup_bytes(line, len);
	return true;
}

void member_fill(struct cpio_member *m, const char *name, const struct stat *st)
{
	while (name[0] == '.' && name[1] == '/' && name[2] != '\0')
		for (name += 2; *name == '/' && name[1] != '\0';)
			name++;
	*m = (struct cpio_member){
		.name = mem_dup(name),
		.major = major(st->st_dev),
		.minor = minor(st->st_dev),
		.ino = st->st_ino,
		.nlink = st->st_nlink,
		.rmajor = major(st->st_rdev),
		.rminor = minor(st->st_rdev),
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim.tv_sec,
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
	};
	if (!S_ISCHR(m->mode) && !S_ISBLK(m->mode))
		m->rmajor = m->rminor = 0;
}

char *link_target(const struct cpio_member *m, struct in *in)
{
	struct text t = {};
	uint64_t left = m->size;

	text_add_string(&t, "");
	while (left > 0) {
		if (in->start == in->end && !in_fill(in))
			err_fatal("premature end of file");
		size_t n = in->end - in->start < left ? in->end - in->start : (size_t)left;
		if (t.len < 65536) /* no system has longer ones */
			text_add(&t, in->buf + in->start, n);
		in->start += n;
		left -= n;
	}
	return t.bytes;
}

static bool is_wanted(const struct cpio *c, const char *name)
{
	bool matches = c->pattern_count == 0;

	for (size_t i = 0; i < c->pattern_count && !matches; i++)
		matches = fnmatch(c->patterns[i], name, 0) == 0;
	return c->pattern_count == 0 || matches != c->others;
}

/* A line as ls -l has it. */
static void member_list(struct cpio *c, const struct cpio_member *m)
{
	char mode[11], date[32], size[32];
	time_t when = (time_t)m->mtime, now = time(nullptr);
	struct tm tm;
	bool recent = when > now - 182 * 86400 && when < now + 3600;

	if (!c->verbose) {
		put_format("%s", m->name);
	} else {
		mode_string(m->mode, mode);
		strftime(date, sizeof date, recent ? "%b %e %H:%M" : "%b %e  %Y",
			 localtime_r(&when, &tm));
		if (S_ISCHR(m->mode) || S_ISBLK(m->mode))
			snprintf(size, sizeof size, "%3lu, %3lu", m->rmajor, m->rminor);
		else
			snprintf(size, sizeof size, "%8llu", (unsigned long long)m->size);
		put_format("%s %3lu ", mode, m->nlink);
		if (c->numeric)
			put_format("%-8u %-8u ", m->uid, m->gid);
		else
			put_format("%-8s %-8s ", user_name(m->uid), group_name(m->gid));
		put_format("%s %s %s", size, date, m->name);
	}
	if (S_ISLNK(m->mode) && c->verbose) {
		char *target = link_target(m, &c->in);
		put_format(" -> %s\n", target);
		mem_free(target);
		return;
	}
	put_char('\n');
	contents_skip(&c->in, m->size);
}

static void archive_read(struct cpio *c)
{
	struct cpio_member m;
	enum cpio_result r;

	while ((r = cpio_read(&c->in, &m, &c->bytes)) == CPIO_MEMBER) {
		if (!is_wanted(c, m.name)) {
			contents_skip(&c->in, m.size);
		} else if (c->what == 't') {
			member_list(c, &m);
		} else if (c->to_stdout) {
			bool regular = S_ISREG(m.mode);
			if (!contents_pass(&c->in, m.size, regular ? &out_std : nullptr, nullptr))
				err_fatal("premature end of file");
		} else {
			member_unpack(c, &m, &c->in, m.name);
		}
		unsigned padding = cpio_padding(m.format, m.size);
		contents_skip(&c->in, padding);
		c->bytes += m.size + padding;
		mem_free(m.name);
	}
	later_set(c);
	if (r == CPIO_BAD)
		applet_exit(2);
}

/* -- the command line -- */

static enum cpio_format format_find(const char *name)
{
	static const struct {
		const char *name;
		enum cpio_format format;
	} formats[] = { { "newc", CPIO_NEWC },
			{ "crc", CPIO_CRC },
			{ "odc", CPIO_ODC },
			{ "bin", CPIO_BINARY } };

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcasecmp(formats[i].name, name) == 0)
			return formats[i].format;
	err_fatal("invalid archive format '%s'; valid formats are: crc newc odc bin", name);
}

static void owner_take(struct cpio *c, const char *text)
{
	char *user = mem_dup(text), *group = strpbrk(user, ":.");

	if (group != nullptr)
		*group++ = '\0';
	c->has_uid = *user != '\0';
	c->has_gid = group != nullptr && *group != '\0';
	if (c->has_uid && !user_find(user, &c->uid))
		err_fatal("invalid user '%s'", user);
	if (c->has_gid && !group_find(group, &c->gid))
		err_fatal("invalid group '%s'", group);
	mem_free(user);
}

static void pattern_add(struct cpio *c, const char *pattern)
{
	c->patterns =
		mem_room(c->patterns, c->pattern_count, &c->pattern_capacity, sizeof *c->patterns);
	c->patterns[c->pattern_count++] = mem_dup(pattern);
}

static void patterns_read(struct cpio *c, const char *path)
{
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, path))
		applet_exit(err_status);
	while (in_line(&in, '\n', &line, &len)) {
		char *pattern = mem_dup_bytes(line, len - (line[len - 1] == '\n'));
		pattern_add(c, pattern);
		mem_free(pattern);
	}
	in_close(&in);
}

static void mode_take(struct cpio *c, int o)
{
	if (c->what == 0 || (c->what == 'i' && o == 't'))
		c->what = o;
	else if (!(c->what == 't' && o == 'i'))
		opt_usage_error("only one of -i, -o, -p and -t");
}

static void option_take(struct cpio *c, int o, const char *arg)
{
	c->nul |= o == '0';
	c->make_dirs |= o == 'd';
	c->others |= o == 'f';
	c->link |= o == 'l';
	c->follow |= o == 'L';
	c->keep_times |= o == 'm';
	c->numeric |= o == 'n';
	c->replace |= o == 'u';
	c->verbose |= o == 'v';
	c->dots |= o == 'V';
	c->quiet |= o == OPT_QUIET;
	c->no_absolute = o == OPT_NO_ABSOLUTE || (c->no_absolute && o != OPT_ABSOLUTE);
	c->to_stdout |= o == OPT_STDOUT;
	c->no_owner |= o == OPT_NO_OWNER;
	switch (o) {
	case 'i':
	case 'o':
	case 'p':
	case 't':
		mode_take(c, o);
		break;
	case 'c':
		c->format = CPIO_ODC;
		break;
	case 'D':
		if (chdir(arg) != 0)
			err_fatal_errno("cannot change to '%s'", arg);
		break;
	case 'E':
		patterns_read(c, arg);
		break;
	case 'F':
	case 'I':
	case 'O':
		c->archive = arg;
		break;
	case 'H':
		c->format = format_find(arg);
		break;
	case 'R':
		owner_take(c, arg);
		break;
	}
}

static void archive_open(struct cpio *c)
{
	if (c->what == 'o') {
		c->out = &out_std;
		if (c->archive == nullptr)
			return;
		int fd = open(c->archive, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			err_fatal_errno("cannot open %s", c->archive);
		out_open(&c->file_out, fd, c->archive);
		c->out = &c->file_out;
	} else if (c->what != 'p') {
		if (!in_open(&c->in, c->archive != nullptr ? c->archive : "-"))
			applet_exit(err_status);
	}
}

static int cpio_main(int argc, char **argv)
{
	struct cpio c = { .format = CPIO_BINARY };
	struct opt_state s;
	int o;

	err_status = 2;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		option_take(&c, o, s.arg);
	if (c.what == 0)
		opt_usage_error("You must specify one of -oipt options.");
	if (c.what == 'p' && argc - s.index != 1)
		opt_usage_error("-p wants one directory");
	if (c.what == 'o' && s.index < argc)
		opt_extra_operand(argv[s.index]);
	if (c.what == 'p')
		c.directory = argv[s.index++];
	while (s.index < argc)
		pattern_add(&c, argv[s.index++]);
	archive_open(&c);
	if (c.what == 'o')
		archive_create(&c);
	else if (c.what == 'p')
		pass_through(&c);
	else
		archive_read(&c);
	if (c.out == &c.file_out)
		out_close(c.out);
	if (c.any_dot)
		dprintf(STDERR_FILENO, "\n");
	put_flush();
	uint64_t blocks = (c.bytes + 511) / 512;
	if (!c.quiet)
		dprintf(STDERR_FILENO, "%llu block%s\n", (unsigned long long)blocks,
			blocks == 1 ? "" : "s");
	return err_count != 0 ? 2 : 0;
}

APPLET(cpio,
       .usage = "-o [OPTION]... <NAMES\n-i [OPTION]... [PATTERN]...\n-t [OPTION]... [PATTERN]...\n"
		"-p [OPTION]... DIRECTORY <NAMES",
       .summary = "Put files into archives, and take them out.", .opts = cpio_opts);
