/* SPDX-License-Identifier: MPL-2.0 */
/* stat: what the file system knows of a file, or of itself. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

enum { OPT_PRINTF = 256 };

static const struct opt stat_opts[] = {
	{ 'L', "dereference", nullptr, "follow links" },
	{ 'f', "file-system", nullptr, "show the file system that holds the file" },
	{ 'c', "format", "FORMAT", "show what FORMAT says, with a newline" },
	{ OPT_PRINTF, "printf", "FORMAT", "the same without a newline, with backslash escapes" },
	{ 't', "terse", nullptr, "in one line" },
	{},
};

static const char *kind_name(const struct stat *st)
{
	return S_ISREG(st->st_mode)    ? (st->st_size == 0 ? "regular empty file" : "regular file")
	       : S_ISDIR(st->st_mode)  ? "directory"
	       : S_ISLNK(st->st_mode)  ? "symbolic link"
	       : S_ISFIFO(st->st_mode) ? "fifo"
	       : S_ISSOCK(st->st_mode) ? "socket"
	       : S_ISCHR(st->st_mode)  ? "character special file"
	       : S_ISBLK(st->st_mode)  ? "block special file"
				       : "weird file";
}

static void time_text(char *buf, size_t size, const struct timespec *t)
{
	struct tm tm;
	size_t n = strftime(buf, size, "%Y-%m-%d %H:%M:%S", localtime_r(&t->tv_sec, &tm));

	n += (size_t)snprintf(buf + n, size - n, ".%09ld ", t->tv_nsec);
	strftime(buf + n, size - n, "%z", &tm);
}

static char *quoted_name(const char *path, const struct stat *st)
{
	char target[4097];
	ssize_t n = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof target - 1) : -1;

	return n >= 0 ? mem_format("'%s' -> '%.*s'", path, (int)n, target)
		      : mem_format("'%s'", path);
}

/* A number or text, padded as the flags and width between % and the letter say. */
static void padded_put(const char *spec, size_t n, bool number, const char *value)
{
	bool left = memchr(spec, '-', n) != nullptr, zero = false;
	size_t width = 0, len = strlen(value), i = 0;

	while (i < n && strchr("-+ #0", spec[i]) != nullptr)
		zero |= spec[i++] == '0';
	for (; i < n && spec[i] >= '0' && spec[i] <= '9'; i++)
		width = width * 10 + (size_t)(spec[i] - '0');
	if (i + 1 < n && spec[i] == '.') {
		size_t precision = 0;
		for (i++; i < n && spec[i] >= '0' && spec[i] <= '9'; i++)
			precision = precision * 10 + (size_t)(spec[i] - '0');
		if (!number && precision < len)
			len = precision;
	}
	for (size_t k = len; !left && k < width; k++)
		put_char(zero && number ? '0' : ' ');
	put_bytes(value, len);
	for (size_t k = len; left && k < width; k++)
		put_char(' ');
}

static void directive_put(const char *path, const struct stat *st, const char *spec, size_t n,
			  char letter)
{
	char buf[128] = "";
	bool number = true;
	const struct timespec *t = strchr("xX", letter)   ? &st->st_atim
				   : strchr("yY", letter) ? &st->st_mtim
							  : &st->st_ctim;
	unsigned long long value = 0;

	switch (letter) {
	case 'n':
		padded_put(spec, n, false, path);
		return;
	case 'N':
		padded_put(spec, n, false, quoted_name(path, st));
		return;
	case 'a':
		snprintf(buf, sizeof buf, memchr(spec, '#', n) ? "%#o" : "%o",
			 (unsigned)st->st_mode & 07777);
		break;
	case 'A':
		mode_string(st->st_mode, buf);
		number = false;
		break;
	case 'F':
		padded_put(spec, n, false, kind_name(st));
		return;
	case 'U':
	case 'G':
		padded_put(spec, n, false,
			   letter == 'U' ? user_name(st->st_uid) : group_name(st->st_gid));
		return;
	case 'f':
		snprintf(buf, sizeof buf, "%x", (unsigned)st->st_mode);
		break;
	case 'D':
		snprintf(buf, sizeof buf, "%llx", (unsigned long long)st->st_dev);
		break;
	case 't':
	case 'T':
		snprintf(buf, sizeof buf, "%x",
			 letter == 't' ? major(st->st_rdev) : minor(st->st_rdev));
		break;
	case 'x':
	case 'y':
	case 'z':
		time_text(buf, sizeof buf, t);
		number = false;
		break;
	case 'X':
	case 'Y':
	case 'Z':
		snprintf(buf, sizeof buf, "%lld", (long long)t->tv_sec);
		break;
	case 'w':
	case 'W':
		strcpy(buf, letter == 'w' ? "-" : "0"); /* POSIX has no time of birth */
		break;
	case 'm':
	case 'C':
		strcpy(buf, "?");
		break;
	default:
		value = letter == 's'   ? (unsigned long long)st->st_size
			: letter == 'b' ? (unsigned long long)st->st_blocks
			: letter == 'B' ? 512
			: letter == 'd' ? (unsigned long long)st->st_dev
			: letter == 'g' ? st->st_gid
			: letter == 'h' ? (unsigned long long)st->st_nlink
			: letter == 'i' ? (unsigned long long)st->st_ino
			: letter == 'o' ? (unsigned long long)st->st_blksize
			: letter == 'u' ? st->st_uid
			: letter == 'r' ? (unsigned long long)st->st_rdev
					: 0;
		if (strchr("sbBdghiour", letter) != nullptr)
			snprintf(buf, sizeof buf, "%llu", value);
		else
			snprintf(buf, sizeof buf, "?");
	}
	padded_put(spec, n, number, buf);
}

static const char *escape_put(const char *p)
{
	static const char letters[] = "abefnrtv\\\"", values[] = "\a\b\33\f\n\r\t\v\\\"";
	const char *at = *p != '\0' ? strchr(letters, *p) : nullptr;

	if (*p >= '0' && *p <= '7') {
		int value = 0;
		for (int i = 0; i < 3 && *p >= '0' && *p <= '7'; i++)
			value = value * 8 + (*p++ - '0');
		put_char(value);
		return p;
	}
	put_char(at != nullptr ? values[at - letters] : '\\');
	return at != nullptr ? p + 1 : p;
}

static void fs_directive_put(const char *path, const struct statvfs *v, const char *spec, size_t n,
			     char letter)
{
	char buf[64];
	unsigned long long value = letter == 'a'   ? v->f_bavail
				   : letter == 'b' ? v->f_blocks
				   : letter == 'c' ? v->f_files
				   : letter == 'd' ? v->f_ffree
				   : letter == 'f' ? v->f_bfree
				   : letter == 'l' ? v->f_namemax
				   : letter == 's' ? v->f_bsize
				   : letter == 'S' ? v->f_frsize
						   : v->f_fsid;

	if (letter == 'n') {
		padded_put(spec, n, false, path);
		return;
	}
	if (strchr("abcdflsSi", letter) == nullptr)
		strcpy(buf, "?");
	else
		snprintf(buf, sizeof buf, letter == 'i' ? "%llx" : "%llu", value);
	padded_put(spec, n, true, buf);
}

/* Exactly one of `st` and `fs` is given. */
static void format_put(const char *format, bool escapes, const char *path, const struct stat *st,
		       const struct statvfs *fs)
{
	for (const char *p = format; *p != '\0';) {
		if (*p == '\\' && escapes) {
			p = escape_put(p + 1);
			continue;
		}
		if (*p != '%') {
			put_char(*p++);
			continue;
		}
		const char *spec = p + 1;
		size_t n = strspn(spec, "-+ #0123456789.");
		char letter = spec[n];
		if (letter == '\0') {
			put_char('%');
			return;
		}
		/* %Hd, %Ld, %Hr and %Lr: parts of a device number. */
		if ((letter == 'H' || letter == 'L') &&
		    (spec[n + 1] == 'd' || spec[n + 1] == 'r') && st != nullptr) {
			dev_t dev = spec[n + 1] == 'd' ? st->st_dev : st->st_rdev;
			put_format("%u", letter == 'H' ? major(dev) : minor(dev));
			p = spec + n + 2;
			continue;
		}
		if (letter == '%')
			put_char('%');
		else if (st != nullptr)
			directive_put(path, st, spec, n, letter);
		else
			fs_directive_put(path, fs, spec, n, letter);
		p = spec + n + 1;
	}
}

static const char *default_format(const struct stat *st)
{
	bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);

	return device ? "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: "
			"%Hd,%Ld\tInode: "
			"%-11i Links: %-5h Device type: %Hr,%Lr\nAccess: (%04a/%A)  Uid: (%5u/%8U) "
			"  Gid: "
			"(%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w"
		      : "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: "
			"%Hd,%Ld\tInode: "
			"%-11i Links: %h\nAccess: (%04a/%A)  Uid: (%5u/%8U)   Gid: "
			"(%5g/%8G)\nAccess: "
			"%x\nModify: %y\nChange: %z\n Birth: %w";
}

static bool path_show(const char *path, const char *format, bool escapes, bool follow, bool fs,
		      bool terse)
{
	struct statvfs v;
	struct stat st;

	if (fs) {
		if (statvfs(path, &v) != 0) {
			err_warn_errno("cannot read file system information for '%s'", path);
			return false;
		}
		format_put(
			format != nullptr
				? format
				: "  File: \"%n\"\n    ID: %-8i Namelen: %-7l\nBlock size: %-10s "
				  "Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f "
				  "Available: %a\nInodes: Total: %-10c Free: %d",
			escapes, path, nullptr, &v);
	} else {
		bool in = strcmp(path, "-") == 0;
		if ((in       ? fstat(STDIN_FILENO, &st)
		     : follow ? stat(path, &st)
			      : lstat(path, &st)) != 0) {
			err_warn_errno("cannot statx '%s'", path);
			return false;
		}
		format_put(format != nullptr ? format
			   : terse           ? "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o"
					     : default_format(&st),
			   escapes, path, &st, nullptr);
	}
	if (!escapes)
		put_char('\n');
	return true;
}

static int stat_main(int argc, char **argv)
{
	bool follow = false, fs = false, terse = false, escapes = false;
	const char *format = nullptr;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		follow |= o == 'L';
		fs |= o == 'f';
		terse |= o == 't';
		if (o == 'c' || o == OPT_PRINTF) {
			format = s.arg;
			escapes = o == OPT_PRINTF;
		}
	}
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++)
		status |= !path_show(argv[i], format, escapes, follow, fs, terse);
	return status;
}

APPLET(stat, .usage = "[OPTION]... FILE...", .summary = "Show what the file system knows of FILEs.",
       .opts = stat_opts, .flags = APPLET_IN_PROCESS,
       .details = "FORMAT: %n name, %N with quotes and target, %s size, %a %A mode, %F kind, %h "
		  "links,\n"
		  "%i inode, %u %U owner, %g %G group, %b blocks, %B their size, %o best I/O size, "
		  "%d %D device,\n"
		  "%t %T its type, %f raw mode, %x %y %z times of access, change, status, %X %Y %Z "
		  "in seconds");
