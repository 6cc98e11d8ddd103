/* SPDX-License-Identifier: MPL-2.0 */
/* df, mount and umount: file systems and where they are mounted. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/resolve.h"

/* One line of /proc/mounts. */
struct mount_entry {
	char *device, *dir, *type, *options;
};

struct mounts {
	struct mount_entry *list;
	size_t count, capacity;
};

/* Blanks stand as \040 and so on in the table. */
static char *field_take(char **p)
{
	char *from = *p, *to = from, *field = from;

	while (*from != '\0' && *from != ' ') {
		if (from[0] == '\\' && isdigit((unsigned char)from[1]) &&
		    isdigit((unsigned char)from[2]) && isdigit((unsigned char)from[3])) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*p = from + (*from == ' ');
	*to = '\0';
	return field;
}

static bool mounts_read(struct mounts *m)
{
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, "/proc/mounts"))
		return false;
	while (in_line(&in, '\n', &line, &len)) {
		char *p = mem_dup_bytes(line, len - (line[len - 1] == '\n'));
		m->list = mem_room(m->list, m->count, &m->capacity, sizeof *m->list);
		struct mount_entry *e = &m->list[m->count++];
		e->device = field_take(&p);
		e->dir = field_take(&p);
		e->type = field_take(&p);
		e->options = field_take(&p);
	}
	in_close(&in);
	return !in.failed;
}

enum { OPT_SI = 256, OPT_TOTAL, OPT_SYNC };

static const struct opt df_opts[] = {
	{ 'a', "all", nullptr, "also file systems of no size, and doubled ones" },
	{ 'B', "block-size", "SIZE", "show units of SIZE" },
	{ 'h', "human-readable", nullptr, "sizes such as 1.5G" },
	{ 'H', "si", nullptr, "the same, in powers of 1000" },
	{ 'i', "inodes", nullptr, "show files instead of space" },
	{ 'k', nullptr, nullptr, "units of 1024 bytes (default)" },
	{ 'l', "local", nullptr, "only local file systems" },
	{ 'm', nullptr, nullptr, "units of 1 MiB" },
	{ 'P', "portability", nullptr, "in the form POSIX asks for" },
	{ OPT_TOTAL, "total", nullptr, "with a sum" },
	{ OPT_SYNC, "sync", nullptr, nullptr },
	{ 't', "type", "TYPE", "only file systems of TYPE" },
	{ 'T', "print-type", nullptr, "show the type" },
	{ 'x', "exclude-type", "TYPE", "not file systems of TYPE" },
	{},
};

struct df {
	bool all, human, inodes, show_type, portable;
	unsigned human_unit;
	uint64_t unit;
	const char *type, *not_type;
	uint64_t sum[3];
	/* the table before its widths are known */
	struct row {
		char *cells[7];
	} *rows;
	size_t count, capacity;
};

static char *amount(const struct df *d, uint64_t bytes)
{
	char buf[NUM_HUMAN_SIZE];

	if (d->human)
		return mem_dup(num_human(buf, bytes, d->human_unit));
	return mem_format(
		"%llu", (unsigned long long)(d->inodes ? bytes : (bytes + d->unit - 1) / d->unit));
}

static void row_add(struct df *d, const char *device, const char *type, uint64_t size,
		    uint64_t used, uint64_t free, const char *dir)
{
	d->rows = mem_room(d->rows, d->count, &d->capacity, sizeof *d->rows);
	struct row *r = &d->rows[d->count++];
	uint64_t known = used + free;
	*r = (struct row){
		{ mem_dup(device), mem_dup(type), amount(d, size), amount(d, used), amount(d, free),
		  known == 0 ? mem_dup("-")
			     : mem_format("%llu%%",
					  (unsigned long long)((used * 100 + known - 1) / known)),
		  mem_dup(dir) }
	};
}

static void heading_add(struct df *d)
{
	char *size = d->inodes            ? mem_dup("Inodes")
		     : d->human           ? mem_dup("Size")
		     : d->portable        ? mem_format("%llu-blocks", (unsigned long long)d->unit)
		     : d->unit == 1024    ? mem_dup("1K-blocks")
		     : d->unit == 1 << 20 ? mem_dup("1M-blocks")
					  : mem_format("%lluB-blocks", (unsigned long long)d->unit);

	d->rows = mem_room(d->rows, d->count, &d->capacity, sizeof *d->rows);
	d->rows[d->count++] = (struct row){ { mem_dup("Filesystem"), mem_dup("Type"), size,
					      mem_dup(d->inodes ? "IUsed" : "Used"),
					      mem_dup(d->inodes  ? "IFree"
						      : d->human ? "Avail"
								 : "Available"),
					      mem_dup(d->inodes     ? "IUse%"
						      : d->portable ? "Capacity"
								    : "Use%"),
					      mem_dup("Mounted on") } };
}

static void entry_add(struct df *d, const struct mount_entry *e, bool asked)
{
	struct statvfs v;

	if ((d->type != nullptr && strcmp(d->type, e->type) != 0) ||
	    (d->not_type != nullptr && strcmp(d->not_type, e->type) == 0))
		return;
	if (statvfs(e->dir, &v) != 0) {
		if (asked)
			err_warn_errno("%s", e->dir);
		return;
	}
	if (v.f_blocks == 0 && !asked && !d->all)
		return;
	uint64_t unit = d->inodes ? 1 : v.f_frsize;
	uint64_t size = (d->inodes ? v.f_files : v.f_blocks) * unit;
	uint64_t left = (d->inodes ? v.f_ffree : v.f_bfree) * unit;
	uint64_t free = (d->inodes ? v.f_ffree : v.f_bavail) * unit;
	row_add(d, e->device, e->type, size, size - left, free, e->dir);
	d->sum[0] += size;
	d->sum[1] += size - left;
	d->sum[2] += free;
}

static void table_show(const struct df *d)
{
	size_t widths[7] = { 14, 4, 5, 5, 5, 4, 0 };

	for (size_t i = 0; i < d->count; i++) {
		for (int c = 0; c < 6; c++) {
			size_t n = strlen(d->rows[i].cells[c]);
			widths[c] = n > widths[c] ? n : widths[c];
		}
	}
	for (size_t i = 0; i < d->count; i++) {
		for (int c = 0; c < 7; c++) {
			if (c == 1 && !d->show_type)
				continue;
			if (c == 6)
				put_format(" %s\n", d->rows[i].cells[c]);
			else if (c < 2)
				put_format(c == 0 ? "%-*s" : " %-*s", (int)widths[c],
					   d->rows[i].cells[c]);
			else
				put_format(" %*s", (int)widths[c], d->rows[i].cells[c]);
		}
	}
}

/* The file system that holds `path`: the longest mount point above it, the last of equals. */
static const struct mount_entry *mount_of(const struct mounts *m, const char *path)
{
	const struct mount_entry *best = nullptr;
	char *real = path_resolve(path, RESOLVE_ALL, true);

	if (real == nullptr)
		return nullptr;
	for (size_t i = 0; i < m->count; i++) {
		const char *dir = m->list[i].dir;
		size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
		bool above =
			strncmp(real, dir, n) == 0 && (real[n] == '/' || real[n] == '\0' || n == 0);
		if (strcmp(m->list[i].device, real) == 0)
			return &m->list[i];
		if (above &&
		    (best == nullptr || n >= strlen(best->dir) || strcmp(best->dir, "/") == 0))
			best = &m->list[i];
	}
	return best;
}

static int df_main(int argc, char **argv)
{
	struct df d = { .unit = 1024, .human_unit = 1024 };
	struct mounts m = {};
	bool total = false;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		d.all |= o == 'a';
		d.human |= o == 'h' || o == 'H';
		d.human_unit = o == 'H' ? 1000 : d.human_unit;
		d.inodes |= o == 'i';
		d.show_type |= o == 'T';
		d.portable |= o == 'P';
		total |= o == OPT_TOTAL;
		if (o == 'B')
			d.unit = num_get_size(s.arg, "-B argument");
		if (o == 'k' || o == 'm')
			d.unit = o == 'k' ? 1024 : 1 << 20;
		if (o == 't')
			d.type = s.arg;
		if (o == 'x')
			d.not_type = s.arg;
	}
	if (d.unit == 0)
		err_fatal("invalid -B argument '0'");
	if (!mounts_read(&m))
		return 1;
	heading_add(&d);
	for (size_t i = 0; i < m.count && s.index == argc; i++) {
		/* What is mounted over is not reachable. */
		const struct mount_entry *top = mount_of(&m, m.list[i].dir);
		if (d.all || top == &m.list[i])
			entry_add(&d, &m.list[i], false);
	}
	for (int i = s.index; i < argc; i++) {
		const struct mount_entry *e = mount_of(&m, argv[i]);
		if (e == nullptr)
			err_warn_errno("%s", argv[i]);
		else
			entry_add(&d, e, true);
	}
	if (d.count == 1) {
		err_warn("no file systems processed");
		return 1;
	}
	if (total)
		row_add(&d, "total", "-", d.sum[0], d.sum[1], d.sum[2], "-");
	table_show(&d);
	return err_count != 0;
}

static const struct opt mount_opts[] = {
	{ 'a', "all", nullptr, "mount what /etc/fstab lists" },
	{ 't', "types", "TYPE", "the type of the file system" },
	{ 'o', "options", "LIST", "options such as ro,noexec,bind" },
	{ 'r', "read-only", nullptr, "the same as -o ro" },
	{ 'w', "rw", nullptr, "the same as -o rw" },
	{ 'n', "no-mtab", nullptr, nullptr },
	{ 'B', "bind", nullptr, "the same as -o bind" },
	{ 'R', "rbind", nullptr, "the same as -o rbind" },
	{},
};

static const struct {
	const char *name;
	unsigned long flag;
	bool clear;
} mount_flags[] = {
	{ "ro", MS_RDONLY, false },
	{ "rw", MS_RDONLY, true },
	{ "nosuid", MS_NOSUID, false },
	{ "suid", MS_NOSUID, true },
	{ "nodev", MS_NODEV, false },
	{ "dev", MS_NODEV, true },
	{ "noexec", MS_NOEXEC, false },
	{ "exec", MS_NOEXEC, true },
	{ "sync", MS_SYNCHRONOUS, false },
	{ "async", MS_SYNCHRONOUS, true },
	{ "remount", MS_REMOUNT, false },
	{ "bind", MS_BIND, false },
	{ "rbind", MS_BIND | MS_REC, false },
	{ "move", MS_MOVE, false },
	{ "noatime", MS_NOATIME, false },
	{ "relatime", MS_RELATIME, false },
	{ "nodiratime", MS_NODIRATIME, false },
	{ "strictatime", MS_STRICTATIME, false },
	{ "private", MS_PRIVATE, false },
	{ "shared", MS_SHARED, false },
};

/* Sorts options into flags and what the file system itself understands. */
static void options_read(const char *list, unsigned long *flags, struct text *rest)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ","), i, count = sizeof mount_flags / sizeof *mount_flags;
		for (i = 0; i < count; i++) {
			if (strlen(mount_flags[i].name) == n &&
			    memcmp(mount_flags[i].name, list, n) == 0)
				break;
		}
		bool known = i < count || (n == 8 && memcmp(list, "defaults", 8) == 0) ||
			     (n == 6 && memcmp(list, "noauto", 6) == 0) ||
			     (n == 4 && memcmp(list, "auto", 4) == 0);
		if (i < count)
			*flags = mount_flags[i].clear ? *flags & ~mount_flags[i].flag
						      : *flags | mount_flags[i].flag;
		else if (!known)
			text_format(rest, "%s%.*s", rest->len != 0 ? "," : "", (int)n, list);
		list += n + (list[n] == ',');
	}
}

/* Without a type: each that /proc/filesystems has for devices. */
static bool mount_guess(const char *device, const char *dir, unsigned long flags, const char *data)
{
	bool done = false;
	struct in in;
	char *line;
	size_t len;

	errno = ENODEV;
	if (!in_open(&in, "/proc/filesystems"))
		return false;
	while (!done && in_line(&in, '\n', &line, &len)) {
		if (len < 2 || line[0] != '\t')
			continue;
		char *type = mem_dup_bytes(line + 1, len - 1 - (line[len - 1] == '\n'));
		done = mount(device, dir, type, flags, data) == 0;
	}
	int error = errno;
	in_close(&in);
	errno = error;
	if (!done)
		err_warn_errno("mounting %s on %s failed", device, dir);
	return done;
}

static bool mount_one(const char *device, const char *dir, const char *type, const char *options)
{
	unsigned long flags = 0;
	struct text rest = {};

	text_add_string(&rest, "");
	options_read(options, &flags, &rest);
	const char *data = rest.len != 0 ? rest.bytes : nullptr;
	if (type == nullptr && !(flags & (MS_BIND | MS_REMOUNT | MS_MOVE)))
		return mount_guess(device, dir, flags, data);
	if (mount(device, dir, type, flags, data) == 0)
		return true;
	err_warn_errno("mounting %s on %s failed", device, dir);
	return false;
}

/* `-o remount` of a directory that /etc/fstab does not list. */
static int mount_again(const char *dir, const char *options)
{
	const struct mount_entry *found = nullptr;
	struct mounts m = {};

	if (!mounts_read(&m))
		return 1;
	for (size_t i = 0; i < m.count; i++)
		if (strcmp(m.list[i].dir, dir) == 0)
			found = &m.list[i];
	if (found == nullptr) {
		err_warn("%s: not mounted", dir);
		return 1;
	}
	return !mount_one(found->device, dir, found->type, options);
}

/* One line of /etc/fstab, split at blanks. */
static bool fstab_entry(char *line, struct mount_entry *e)
{
	char *save;

	e->device = strtok_r(line, " \t\n", &save);
	if (e->device == nullptr || e->device[0] == '#')
		return false;
	e->dir = strtok_r(nullptr, " \t\n", &save);
	e->type = strtok_r(nullptr, " \t\n", &save);
	e->options = strtok_r(nullptr, " \t\n", &save);
	return e->type != nullptr && strcmp(e->type, "swap") != 0;
}

/* Mounts all of /etc/fstab, or the entry whose device or directory is `only`. */
static int fstab_mount(const char *only)
{
	int status = only != nullptr;
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, "/etc/fstab"))
		return 1;
	while (in_line(&in, '\n', &line, &len)) {
		struct mount_entry e;
		if (!fstab_entry(mem_dup_bytes(line, len), &e))
			continue;
		const char *options = e.options != nullptr ? e.options : "";
		if (only != nullptr
			    ? strcmp(e.dir, only) != 0 && strcmp(e.device, only) != 0
			    : strstr(options, "noauto") != nullptr || strcmp(e.dir, "/") == 0)
			continue;
		bool ok = mount_one(e.device, e.dir, e.type, options);
		status = only != nullptr ? !ok : status | !ok;
	}
	in_close(&in);
	if (only != nullptr && status != 0 && err_count == 0)
		err_warn("%s: can't find in /etc/fstab", only);
	return status;
}

static int mount_main(int argc, char **argv)
{
	struct text options = {};
	const char *type = nullptr;
	bool all = false;
	struct opt_state s;
	int o;

	text_add_string(&options, "");
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		const char *word = o == 'o'   ? s.arg
				   : o == 'r' ? "ro"
				   : o == 'w' ? "rw"
				   : o == 'B' ? "bind"
				   : o == 'R' ? "rbind"
					      : nullptr;
		all |= o == 'a';
		if (word != nullptr)
			text_format(&options, "%s%s", options.len != 0 ? "," : "", word);
		if (o == 't')
			type = s.arg;
	}
	int count = argc - s.index;
	if (count == 1 && strstr(options.bytes, "remount") != nullptr)
		return mount_again(argv[s.index], options.bytes);
	if (all || count == 1)
		return fstab_mount(all ? nullptr : argv[s.index]);
	if (count == 2)
		return !mount_one(argv[s.index], argv[s.index + 1], type, options.bytes);
	if (count > 2)
		opt_extra_operand(argv[s.index + 2]);
	struct mounts m = {};
	if (!mounts_read(&m))
		return 1;
	for (size_t i = 0; i < m.count; i++) {
		const struct mount_entry *e = &m.list[i];
		if (type == nullptr || strcmp(type, e->type) == 0)
			put_format("%s on %s type %s (%s)\n", e->device, e->dir, e->type,
				   e->options);
	}
	return 0;
}

static const struct opt umount_opts[] = {
	{ 'a', "all", nullptr, "everything that can be" },
	{ 'f', "force", nullptr, "even if the server does not answer" },
	{ 'l', "lazy", nullptr, "now from the tree, for good when nobody uses it" },
	{ 'r', "read-only", nullptr, "if it is busy, make it read-only" },
	{ 'n', "no-mtab", nullptr, nullptr },
	{},
};

static int umount_main(int argc, char **argv)
{
	bool all = false, read_only = false;
	struct mounts m = {};
	struct opt_state s;
	int o, flags = 0, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		all |= o == 'a';
		read_only |= o == 'r';
		flags |= o == 'f' ? MNT_FORCE : o == 'l' ? MNT_DETACH : 0;
	}
	if (!mounts_read(&m))
		return 1;
	for (size_t i = m.count; all && i-- > 0;) {
		if (strcmp(m.list[i].dir, "/") != 0 && strcmp(m.list[i].type, "proc") != 0)
			status |= umount2(m.list[i].dir, flags) != 0;
	}
	if (!all && s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++) {
		const char *dir = argv[i];
		for (size_t k = 0; k < m.count; k++) {
			if (strcmp(m.list[k].device, dir) == 0)
				dir = m.list[k].dir;
		}
		if (umount2(dir, flags) == 0)
			continue;
		if (read_only && errno == EBUSY &&
		    mount(nullptr, dir, nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0)
			continue;
		err_warn_errno("%s", dir);
		status = 1;
	}
	return status;
}

APPLET(df, .usage = "[OPTION]... [FILE]...",
       .summary = "Show the space of all file systems, or of those that hold FILEs.",
       .opts = df_opts);
APPLET(mount, .usage = "[-t TYPE] [-o OPTIONS] [DEVICE DIRECTORY]",
       .summary = "Mount a file system, or show what is mounted.", .opts = mount_opts);
APPLET(umount, .usage = "[OPTION]... DIRECTORY|DEVICE...", .summary = "Unmount file systems.",
       .opts = umount_opts);
