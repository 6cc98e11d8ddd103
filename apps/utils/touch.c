/* SPDX-License-Identifier: MPL-2.0 */
/* touch, truncate, sync and mktemp: small changes of files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/date.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

enum { OPT_TIME = 256, OPT_SUFFIX, OPT_TMPDIR };

static const struct opt touch_opts[] = {
	{ 'a', nullptr, nullptr, "change only the time of access" },
	{ 'c', "no-create", nullptr, "make no files" },
	{ 'd', "date", "DATE", "use this time instead of now" },
	{ 'f', nullptr, nullptr, nullptr },
	{ 'h', "no-dereference", nullptr, "change symbolic links themselves" },
	{ 'm', nullptr, nullptr, "change only the time of modification" },
	{ 'r', "reference", "FILE", "use the times of FILE" },
	{ 't', nullptr, "[[CC]YY]MMDDhhmm[.ss", "use this time" },
	{ OPT_TIME, "time", "WORD", "access, atime, use: as -a; modify, mtime: as -m" },
	{},
};

static bool file_touch(const char *path, const struct timespec times[2], bool create, bool link)
{
	int flags = link ? AT_SYMLINK_NOFOLLOW : 0;

	if (utimensat(AT_FDCWD, path, times, flags) == 0)
		return true;
	if (errno == ENOENT && !create)
		return true;
	if (errno != ENOENT || link) {
		err_warn_errno("setting times of '%s'", path);
		return false;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
	if (fd < 0) {
		err_warn_errno("cannot touch '%s'", path);
		return false;
	}
	bool ok = futimens(fd, times) == 0;
	if (!ok)
		err_warn_errno("setting times of '%s'", path);
	close(fd);
	return ok;
}

static int touch_main(int argc, char **argv)
{
	bool access_only = false, modify_only = false, create = true, link = false, given = false;
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	const char *date = nullptr;
	struct timespec now;
	struct opt_state s;
	int o, status = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		access_only |= o == 'a' || (o == OPT_TIME && strchr("au", s.arg[0]) != nullptr);
		modify_only |= o == 'm' || (o == OPT_TIME && s.arg[0] == 'm');
		create &= o != 'c';
		link |= o == 'h';
		if (o == 'd')
			date = s.arg;
		if (o == 't') {
			if (!date_parse_digits(s.arg, true, &times[0]))
				err_fatal("invalid date format '%s'", s.arg);
			times[1] = times[0];
			given = true;
		}
		if (o == 'r') {
			struct stat st;
			if ((link ? lstat(s.arg, &st) : stat(s.arg, &st)) != 0)
				err_fatal_errno("failed to get attributes of '%s'", s.arg);
			times[0] = st.st_atim;
			times[1] = st.st_mtim;
			given = true;
		}
	}
	if (date != nullptr) {
		for (int i = 0; i < 2; i++) {
			if (!date_parse(date, given ? times[i] : now, &times[i]))
				err_fatal("invalid date format '%s'", date);
		}
	}
	if (access_only && !modify_only)
		times[1].tv_nsec = UTIME_OMIT;
	if (modify_only && !access_only)
		times[0].tv_nsec = UTIME_OMIT;
	if (s.index == argc)
		opt_usage_error("missing file operand");
	for (int i = s.index; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0) {
			if (futimens(STDOUT_FILENO, times) != 0) {
				err_warn_errno("setting times of '-'");
				status = 1;
			}
			continue;
		}
		status |= !file_touch(argv[i], times, create, link);
	}
	return status;
}

static const struct opt truncate_opts[] = {
	{ 'c', "no-create", nullptr, "make no files" },
	{ 'o', "io-blocks", nullptr, "SIZE counts blocks of the file" },
	{ 'r', "reference", "FILE", "use the size of FILE" },
	{ 's', "size", "SIZE", "set or change the size; + - < > / % before it" },
	{},
};

/* The size that `old` becomes by a change such as "+1K". */
static uint64_t size_change(uint64_t old, char how, uint64_t n)
{
	switch (how) {
	case '+':
		return old + n;
	case '-':
		return old > n ? old - n : 0;
	case '<':
		return old < n ? old : n;
	case '>':
		return old > n ? old : n;
	case '/':
		return old / n * n;
	case '%':
		return (old + n - 1) / n * n;
	default:
		return n;
	}
}

static int truncate_main(int argc, char **argv)
{
	const char *size = nullptr, *reference = nullptr;
	bool create = true, blocks = false;
	struct stat st;
	struct opt_state s;
	int o, status = 0;
	char how = 0;
	uint64_t n = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		create &= o != 'c';
		blocks |= o == 'o';
		if (o == 's')
			size = s.arg + strspn(s.arg, " ");
		if (o == 'r')
			reference = s.arg;
	}
	if (size == nullptr && reference == nullptr)
		opt_usage_error("you must specify either '--size' or '--reference'");
	if (size != nullptr) {
		if (*size != '\0' && strchr("+-<>/%", *size) != nullptr)
			how = *size++;
		n = num_get_size(size, "number");
		if ((how == '/' || how == '%') && n == 0)
			err_fatal("division by zero");
		if (reference != nullptr && how == 0)
			opt_usage_error("you must specify a relative '--size' with '--reference'");
	}
	if (reference != nullptr && stat(reference, &st) != 0)
		err_fatal_errno("cannot stat '%s'", reference);
	off_t reference_size = reference != nullptr ? st.st_size : 0;
	if (s.index == argc)
		opt_usage_error("missing file operand");
	for (int i = s.index; i < argc; i++) {
		int fd = open(argv[i], O_WRONLY | O_NONBLOCK | O_CLOEXEC | (create ? O_CREAT : 0),
			      0666);
		if (fd < 0) {
			if (!create && errno == ENOENT)
				continue;
			err_warn_errno("cannot open '%s' for writing", argv[i]);
			status = 1;
			continue;
		}
		bool ok = fstat(fd, &st) == 0;
		uint64_t old = (uint64_t)(reference != nullptr ? reference_size : st.st_size);
		uint64_t to =
			size == nullptr
				? old
				: size_change(old, how, blocks ? n * (uint64_t)st.st_blksize : n);
		if (!ok || ftruncate(fd, (off_t)to) != 0) {
			err_warn_errno("failed to truncate '%s' at %llu bytes", argv[i],
				       (unsigned long long)to);
			status = 1;
		}
		close(fd);
	}
	return status;
}

static const struct opt sync_opts[] = {
	{ 'd', "data", nullptr, "write only the data, not what is not needed to read it" },
	{ 'f', "file-system", nullptr, "write the file systems that hold the FILEs" },
	{},
};

static int sync_main(int argc, char **argv)
{
	bool data = false, whole = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		data |= o == 'd';
		whole |= o == 'f';
	}
	if (s.index == argc)
		sync();
	for (int i = s.index; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0) {
			err_warn_errno("error opening '%s'", argv[i]);
			status = 1;
			continue;
		}
		if ((whole ? syncfs(fd) : data ? fdatasync(fd) : fsync(fd)) != 0) {
			err_warn_errno("error syncing '%s'", argv[i]);
			status = 1;
		}
		close(fd);
	}
	return status;
}

static const struct opt mktemp_opts[] = {
	{ 'd', "directory", nullptr, "make a directory, not a file" },
	{ 'u', "dry-run", nullptr, "make nothing, show an unused name" },
	{ 'q', "quiet", nullptr, "no messages" },
	{ OPT_SUFFIX, "suffix", "TEXT", "put TEXT behind TEMPLATE" },
	{ 'p', nullptr, "DIR", "make it in DIR" },
	{ OPT_TMPDIR, "tmpdir", "[DIR]", "make it in DIR, or $TMPDIR, or /tmp" },
	{ 't', nullptr, nullptr, "TEMPLATE is a name in $TMPDIR or /tmp" },
	{},
};

static void letters_fill(char *x, size_t n)
{
	static const char letters[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < n;) {
		unsigned char byte;
		if (getrandom(&byte, 1, 0) != 1)
			err_fatal_errno("cannot get random bytes");
		if (byte < 4 * 62)
			x[i++] = letters[byte % 62];
	}
}

static bool unique_make(char *path, char *x, size_t n, bool directory, bool dry)
{
	for (int tries = 0; tries < 10000; tries++) {
		struct stat st;
		letters_fill(x, n);
		int r = dry         ? (lstat(path, &st) == 0 ? -1 : 0)
			: directory ? mkdir(path, 0700)
				    : open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (r >= 0) {
			if (!dry && !directory)
				close(r);
			return true;
		}
		if (!dry && errno != EEXIST)
			return false;
	}
	errno = EEXIST;
	return false;
}

static int mktemp_main(int argc, char **argv)
{
	bool directory = false, dry = false, quiet = false, in_tmp = false, old_t = false;
	const char *suffix = "", *dir = nullptr;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		directory |= o == 'd';
		dry |= o == 'u';
		quiet |= o == 'q';
		in_tmp |= o == 'p' || o == 't' || o == OPT_TMPDIR;
		old_t |= o == 't';
		if (o == 'p' || o == OPT_TMPDIR)
			dir = s.arg;
		if (o == OPT_SUFFIX)
			suffix = s.arg;
	}
	if (argc - s.index > 1)
		opt_usage_error("too many templates");
	const char *name = s.index < argc ? argv[s.index] : "tmp.XXXXXXXXXX";
	in_tmp |= s.index == argc;
	const char *x = strrchr(name, 'X');
	if (suffix[0] == '\0' && x != nullptr)
		suffix = mem_dup(x + 1);
	size_t end = x != nullptr ? (size_t)(x - name) + 1 : 0, n = 0;
	while (n < end && name[end - 1 - n] == 'X')
		n++;
	if (n < 3)
		err_fatal("too few X's in template '%s'", name);
	if (in_tmp) {
		const char *env = getenv("TMPDIR");
		if (dir == nullptr || old_t)
			dir = env != nullptr && *env != '\0' ? env : dir != nullptr ? dir : "/tmp";
		if (old_t && strchr(name, '/') != nullptr)
			err_fatal("invalid template, '%s', contains directory separator", name);
		if (name[0] == '/')
			err_fatal("invalid template, '%s'; with --tmpdir, it may not be absolute",
				  name);
	}
	char *stem = mem_dup_bytes(name, end);
	char *path = in_tmp ? mem_path(dir, stem) : stem;
	size_t at = strlen(path) - n;
	path = mem_format("%s%s", path, suffix);
	if (!unique_make(path, path + at, n, directory, dry)) {
		if (!quiet)
			err_warn_errno("failed to create %s via template '%s'",
				       directory ? "directory" : "file", name);
		return 1;
	}
	put_format("%s\n", path);
	return 0;
}

APPLET(touch, .usage = "[OPTION]... FILE...",
       .summary = "Set the times of FILEs to now; make those that are missing.", .opts = touch_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(truncate, .usage = "OPTION... FILE...", .summary = "Shorten or extend FILEs.",
       .opts = truncate_opts, .flags = APPLET_IN_PROCESS);
APPLET(sync, .usage = "[OPTION] [FILE]...", .summary = "Write what is held in memory to storage.",
       .opts = sync_opts);
APPLET(mktemp, .usage = "[OPTION]... [TEMPLATE]",
       .summary = "Make a file or directory with an unused name, and show it.", .opts = mktemp_opts,
       .flags = APPLET_IN_PROCESS);
