/* SPDX-License-Identifier: MPL-2.0 */
/* file: what kind of data files hold. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/utf8.h"
#include "apps/utils/magic.h"

enum { OPT_MIME_TYPE = 256, OPT_MIME_ENCODING };

static const struct opt file_opts[] = {
	{ 'b', "brief", nullptr, "without the names" },
	{ 'E', nullptr, nullptr, "fail if a file cannot be read" },
	{ 'f', "files-from", "FILE", "the files that FILE names, one a line" },
	{ 'F', "separator", "TEXT", "put TEXT behind names, not :" },
	{ 'h', "no-dereference", nullptr, "tell of symbolic links themselves (default)" },
	{ 'i', "mime", nullptr, "show media types, such as text/plain; charset=us-ascii" },
	{ OPT_MIME_TYPE, "mime-type", nullptr, "show the media type only" },
	{ OPT_MIME_ENCODING, "mime-encoding", nullptr, "show the encoding only" },
	{ 'L', "dereference", nullptr, "follow symbolic links" },
	{ 'N', "no-pad", nullptr, "do not line up what is behind the names" },
	{ 's', "special-files", nullptr, "read block and character devices too" },
	{ '0', "print0", nullptr, "a NUL behind the names" },
	{},
};

constexpr size_t READ_MOST = 1 << 20; /* bytes of a file that are looked at */

struct file {
	bool brief, strict, follow, no_pad, special, nul;
	int mime; /* 0, 'i', or one of the options above */
	const char *separator;
	int width; /* of the longest name */
};

static int width_of(const char *name)
{
	const char *stop = name + strlen(name);
	int width = 0;
	uint32_t code;

	while (name < stop) {
		name += char_decode(name, stop, &code);
		width += char_width(code);
	}
	return width;
}

static void name_put(const struct file *f, const char *name)
{
	if (f->brief)
		return;
	put_string(name);
	if (f->nul)
		put_char('\0');
	put_string(f->separator);
	put_format("%*s ", f->no_pad ? 0 : f->width - width_of(name), "");
}

static void kind_put(const struct file *f, const char *words, const char *mime, const char *charset)
{
	if (f->mime == 0)
		put_string(words);
	else if (f->mime == OPT_MIME_TYPE)
		put_string(mime);
	else if (f->mime == OPT_MIME_ENCODING)
		put_string(charset);
	else
		put_format("%s; charset=%s", mime, charset);
	put_char('\n');
}

static void link_put(const struct file *f, const char *path)
{
	char target[4097];
	struct stat st;
	ssize_t n = readlink(path, target, sizeof target - 1);

	target[n > 0 ? n : 0] = '\0';
	char *words =
		mem_format("%ssymbolic link to %s", stat(path, &st) == 0 ? "" : "broken ", target);
	kind_put(f, words, "inode/symlink", "binary");
	mem_free(words);
}

static void modes_put(const struct file *f, const struct stat *st)
{
	if (f->mime != 0)
		return;
	if (st->st_mode & S_ISUID)
		put_string("setuid ");
	if (st->st_mode & S_ISGID)
		put_string("setgid ");
	if (st->st_mode & S_ISVTX)
		put_string("sticky ");
}

/* What has no contents to look at; false if it has. */
static bool special_put(const struct file *f, const char *path, const struct stat *st)
{
	bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);

	if (S_ISREG(st->st_mode) || (device && f->special))
		return false;
	if (S_ISLNK(st->st_mode)) {
		link_put(f, path);
	} else if (S_ISDIR(st->st_mode)) {
		kind_put(f, st->st_mode & S_ISVTX ? "sticky, directory" : "directory",
			 "inode/directory", "binary");
	} else if (device) {
		const char *kind = S_ISCHR(st->st_mode) ? "character" : "block";
		char *words = mem_format("%s special (%u/%u)", kind, major(st->st_rdev),
					 minor(st->st_rdev));
		kind_put(f, words, S_ISCHR(st->st_mode) ? "inode/chardevice" : "inode/blockdevice",
			 "binary");
		mem_free(words);
	} else {
		bool fifo = S_ISFIFO(st->st_mode);
		kind_put(f, fifo ? "fifo (named pipe)" : "socket",
			 fifo ? "inode/fifo" : "inode/socket", "binary");
	}
	return true;
}

static void contents_put(const struct file *f, int fd)
{
	struct in in;
	struct magic m;

	in_open_fd(&in, fd, "");
	while (in.end - in.start < READ_MOST && in_fill(&in))
		continue;
	magic_find(&m, (const unsigned char *)in.buf + in.start, in.end - in.start, fd);
	kind_put(f, m.words.bytes, m.mime, m.charset);
	mem_free(m.words.bytes);
	mem_free(in.buf);
}

static void cannot_open(const struct file *f, const char *path)
{
	if (f->strict) {
		err_warn_errno("cannot open '%s'", path);
		return;
	}
	name_put(f, path);
	put_format("cannot open `%s' (%s)\n", path, strerror(errno));
}

static void file_tell(const struct file *f, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		name_put(f, "/dev/stdin");
		contents_put(f, STDIN_FILENO);
		return;
	}
	if ((f->follow ? stat(path, &st) : lstat(path, &st)) != 0 &&
	    (!f->follow || lstat(path, &st) != 0)) {
		cannot_open(f, path);
		return;
	}
	bool plain = S_ISREG(st.st_mode) || f->special;
	int fd = plain ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	if (S_ISREG(st.st_mode) && fd < 0) {
		name_put(f, path);
		put_format("regular file, no read permission\n");
		return;
	}
	name_put(f, path);
	if (!S_ISDIR(st.st_mode))
		modes_put(f, &st);
	if (!special_put(f, path, &st) && fd >= 0)
		contents_put(f, fd);
	if (fd >= 0)
		close(fd);
}

/* The names of a list, all at once, to know the longest. */
static char **names_read(const char *path, int *count)
{
	char **names = nullptr, *line;
	size_t n = 0, capacity = 0, len;
	struct in in;

	if (!in_open(&in, path))
		applet_exit(1);
	while (in_line(&in, '\n', &line, &len)) {
		names = mem_room(names, n, &capacity, sizeof *names);
		names[n++] = mem_dup_bytes(line, len - (line[len - 1] == '\n'));
	}
	in_close(&in);
	*count = (int)n;
	return names;
}

static void files_tell(struct file *f, char **names, int count)
{
	f->width = 0;
	for (int i = 0; i < count; i++) {
		int width = width_of(strcmp(names[i], "-") == 0 ? "/dev/stdin" : names[i]);
		f->width = width > f->width ? width : f->width;
	}
	for (int i = 0; i < count; i++)
		file_tell(f, names[i]);
}

static int file_main(int argc, char **argv)
{
	struct file f = { .separator = ":" };
	const char *list = nullptr;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		f.brief |= o == 'b';
		f.strict |= o == 'E';
		f.follow = o == 'L' || (f.follow && o != 'h');
		f.no_pad |= o == 'N';
		f.special |= o == 's';
		f.nul |= o == '0';
		if (o == 'i' || o == OPT_MIME_TYPE || o == OPT_MIME_ENCODING)
			f.mime = o;
		if (o == 'f')
			list = s.arg;
		if (o == 'F')
			f.separator = s.arg;
	}
	if (list == nullptr && s.index == argc)
		opt_missing_operand();
	if (list != nullptr) {
		int count;
		char **names = names_read(list, &count);
		files_tell(&f, names, count);
	}
	files_tell(&f, argv + s.index, argc - s.index);
	return err_count != 0;
}

APPLET(file, .usage = "[OPTION]... FILE...", .summary = "Tell what kind of data FILEs hold.",
       .opts = file_opts);
