/* SPDX-License-Identifier: MPL-2.0 */
/* tar: makes, lists and unpacks archives. */
#include "apps/utils/tar.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"
#include "apps/applet/tree.h"
#include "apps/utils/gzip.h"

enum {
	OPT_EXCLUDE = 256,
	OPT_STRIP,
	OPT_NUMERIC,
	OPT_OWNER,
	OPT_GROUP,
	OPT_MTIME,
	OPT_NO_RECURSION,
	OPT_SORT,
	OPT_FORMAT,
	OPT_NO_SAME_OWNER,
	OPT_SAME_OWNER,
	OPT_NO_SAME_PERM,
	OPT_OVERWRITE,
	OPT_ONE_FS,
	OPT_TRANSFORM
};

static const struct opt tar_opts[] = {
	{ 'c', "create", nullptr, "make an archive" },
	{ 'x', "extract", nullptr, "unpack an archive" },
	{ 'x', "get", nullptr, nullptr },
	{ 't', "list", nullptr, "list what is in an archive" },
	{ 'r', "append", nullptr, "add to the end of an archive" },
	{ 'f', "file", "ARCHIVE", "the archive; - is standard input or output (default)" },
	{ 'C', "directory", "DIR", "work in DIR from here on" },
	{ 'v', "verbose", nullptr, "tell what is done; twice: in the long form" },
	{ 'z', "gzip", nullptr, "the archive is compressed; found out when reading" },
	{ 'a', "auto-compress", nullptr,
	  "compress if the name of the archive ends with .gz or .tgz" },
	{ 'h', "dereference", nullptr, "store what symbolic links point to" },
	{ 'k', "keep-old-files", nullptr, "do not overwrite existing files" },
	{ 'm', "touch", nullptr, "do not restore times" },
	{ 'p', "preserve-permissions", nullptr, "restore modes whatever the umask" },
	{ 'O', "to-stdout", nullptr, "unpack to standard output" },
	{ 'P', "absolute-names", nullptr, "keep slashes at the start of names" },
	{ 'T', "files-from", "FILE", "take names from FILE" },
	{ 'X', "exclude-from", "FILE", "leave out what matches the lines of FILE" },
	{ OPT_EXCLUDE, "exclude", "GLOB", "leave out what matches" },
	{ OPT_STRIP, "strip-components", "N", "drop N leading parts of names" },
	{ OPT_NUMERIC, "numeric-owner", nullptr, "numbers, not names, of owners" },
	{ OPT_OWNER, "owner", "NAME", "store NAME as owner" },
	{ OPT_GROUP, "group", "NAME", "store NAME as group" },
	{ OPT_MTIME, "mtime", "@SECONDS", "store this time of modification" },
	{ OPT_NO_RECURSION, "no-recursion", nullptr, "do not go into directories" },
	{ OPT_SORT, "sort", "ORDER", "none or name" },
	{ 'H', nullptr, "NAME", nullptr },
	{ OPT_FORMAT, "format", "NAME", "write gnu (the default), ustar, v7 or pax" },
	{ OPT_NO_SAME_OWNER, "no-same-owner", nullptr, "files belong to who unpacks them" },
	{ OPT_SAME_OWNER, "same-owner", nullptr, "restore owners (default for root)" },
	{ OPT_NO_SAME_PERM, "no-same-permissions", nullptr, "apply the umask" },
	{ OPT_OVERWRITE, "overwrite", nullptr, nullptr },
	{ OPT_ONE_FS, "one-file-system", nullptr, "stay on one file system" },
	{ 'o', nullptr, nullptr, nullptr },
	{ 'S', "sparse", nullptr, nullptr },
	{ 'U', "unlink-first", nullptr, nullptr },
	{ 'B', nullptr, nullptr, nullptr },
	{ 'b', "blocking-factor", "N", nullptr },
	{},
};

struct link_seen {
	dev_t dev;
	ino_t ino;
	char *name;
};

/* A directory's times and mode are set last: filling it changes them. */
struct later {
	char *path;
	mode_t mode;
	struct timespec mtime;
};

struct tar {
	enum tar_format format; /* to write */
	char mode;
	int verbose;
	bool gzip, by_name, follow, keep, touch, exact_modes, to_stdout, absolute, numeric,
		no_recursion, sorted, same_owner, one_device;
	const char *archive;
	unsigned strip;
	const char *owner, *group;
	bool has_mtime;
	time_t mtime;
	const char **excludes;
	size_t exclude_count, exclude_capacity;
	struct name {
		const char *text; /* or a directory to change to */
		bool is_dir, found;
	} *names;
	size_t name_count, name_capacity;
	struct out out;
	struct in in;
	struct link_seen *links;
	size_t link_count, link_capacity;
	struct later *later;
	size_t later_count, later_capacity;
	bool stripped_slash;
	int status;
	pid_t child; /* that compresses or expands */
	struct stat archive_st;
};

static void tell(const struct tar *t, const struct tar_member *m)
{
	int fd = t->mode != 't' && t->mode != 'x' && strcmp(t->archive, "-") == 0 ? STDERR_FILENO
		 : t->to_stdout                                                   ? STDERR_FILENO
										  : STDOUT_FILENO;
	int level = t->verbose + (t->mode == 't');
	struct text line = {};
	char mode[11], when[32], size[48], owner[80];
	struct tm tm;

	if (level == 0)
		return;
	if (level >= 2) {
		static const mode_t kinds[] = { S_IFREG, S_IFREG, S_IFLNK, S_IFCHR,
						S_IFBLK, S_IFDIR, S_IFIFO };
		mode_string(m->mode | (m->type >= '0' && m->type <= '6' ? kinds[m->type - '0']
									: S_IFREG),
			    mode);
		if (m->type == '1')
			mode[0] = 'h';
		strftime(when, sizeof when, "%Y-%m-%d %H:%M", localtime_r(&m->mtime.tv_sec, &tm));
		if (t->numeric || m->user[0] == '\0')
			snprintf(owner, sizeof owner, "%u/%u", m->uid, m->gid);
		else
			snprintf(owner, sizeof owner, "%s/%s", m->user, m->group);
		if (m->type == '3' || m->type == '4')
			snprintf(size, sizeof size, "%u,%u", m->major, m->minor);
		else
			snprintf(size, sizeof size, "%lld", (long long)m->size);
		int pad = 19 - (int)strlen(owner) - 1;
		text_format(&line, "%s %s %*s %s ", mode, owner, pad > 0 ? pad : 0, size, when);
	}
	text_add_string(&line, m->name);
	if (level >= 2 && m->type == '2')
		text_format(&line, " -> %s", m->link);
	if (level >= 2 && m->type == '1')
		text_format(&line, " link to %s", m->link);
	text_add_char(&line, '\n');
	if (fd == STDOUT_FILENO)
		put_bytes(line.bytes, line.len);
	else
		(void)!write(fd, line.bytes, line.len); /* nowhere to report it */
	mem_free(line.bytes);
}

/* Does a name, or a directory above it, match? */
static bool glob_matches(const char *glob, const char *name)
{
	char *copy = mem_dup(name);
	bool found = false;

	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	for (;;) {
		for (const char *p = copy; p != nullptr && !found; p = strchr(p, '/')) {
			p += *p == '/';
			found = fnmatch(glob, p, 0) == 0;
		}
		char *slash = strrchr(copy, '/');
		if (found || slash == nullptr)
			break;
		*slash = '\0';
	}
	mem_free(copy);
	return found;
}

static bool is_excluded(const struct tar *t, const char *name)
{
	for (size_t i = 0; i < t->exclude_count; i++) {
		if (glob_matches(t->excludes[i], name))
			return true;
	}
	return false;
}

/* The part of a name that is stored or used: without a slash in front, and without what escapes. */
static const char *safe_name(struct tar *t, const char *name)
{
	const char *safe = name;

	if (t->absolute)
		return name;
	for (const char *p = name; (p = strstr(p, "..")) != nullptr; p += 2) {
		if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			safe = p + 2;
	}
	while (*safe == '/')
		safe++;
	if (safe != name && !t->stripped_slash) {
		t->stripped_slash = true;
		dprintf(STDERR_FILENO, "tar: Removing leading `%.*s' from member names\n",
			(int)(safe - name), name);
	}
	return *safe == '\0' ? "." : safe;
}

/* Creating */

static const char *link_find(struct tar *t, const struct stat *st, const char *name)
{
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return nullptr;
	for (size_t i = 0; i < t->link_count; i++) {
		if (t->links[i].ino == st->st_ino && t->links[i].dev == st->st_dev)
			return t->links[i].name;
	}
	t->links = mem_room(t->links, t->link_count, &t->link_capacity, sizeof *t->links);
	t->links[t->link_count++] = (struct link_seen){ st->st_dev, st->st_ino, mem_dup(name) };
	return nullptr;
}

static char *link_text(const struct tree_entry *e)
{
	for (size_t size = 128;; size *= 2) {
		char *text = mem_alloc(size);
		ssize_t n = readlinkat(e->dirfd, e->name, text, size);
		if (n >= 0 && (size_t)n < size) {
			text[n] = '\0';
			return text;
		}
		mem_free(text);
		if (n < 0)
			return nullptr;
	}
}

static void owner_fill(const struct tar *t, struct tar_member *m, const struct stat *st)
{
	m->uid = st->st_uid;
	m->gid = st->st_gid;
	if (t->owner != nullptr && !user_find(t->owner, &m->uid))
		err_fatal("%s: Invalid owner", t->owner);
	if (t->group != nullptr && !group_find(t->group, &m->gid))
		err_fatal("%s: Invalid group", t->group);
	if (t->numeric)
		return;
	snprintf(m->user, sizeof m->user, "%s", t->owner != nullptr ? t->owner : user_name(m->uid));
	snprintf(m->group, sizeof m->group, "%s",
		 t->group != nullptr ? t->group : group_name(m->gid));
}

/* Exactly `size` bytes: a file that shrinks meanwhile is filled with zeros. */
static void contents_store(struct tar *t, int fd, off_t size, const char *path)
{
	char buf[16384];
	off_t left = size;

	while (left > 0) {
		size_t want = left < (off_t)sizeof buf ? (size_t)left : sizeof buf;
		ssize_t n = read(fd, buf, want);
		if (n <= 0) {
			if (n < 0)
				err_warn_errno("%s: Read error", path);
			else
				err_warn("%s: File shrank by %lld bytes; padding with zeros", path,
					 (long long)left);
			t->status = 1;
			memset(buf, 0, sizeof buf);
			n = (ssize_t)want;
		}
		out_write(&t->out, buf, (size_t)n);
		left -= n;
	}
	memset(buf, 0, 512);
	out_write(&t->out, buf, (size_t)(tar_padded(size) - size));
}

static void entry_store(struct tar *t, const struct tree_entry *e)
{
	const struct stat *st = &e->st;
	struct tar_member m = { .mode = st->st_mode & 07777, .mtime = st->st_mtim, .type = '0' };
	bool dir = S_ISDIR(st->st_mode);
	const char *name = safe_name(t, e->path);
	int fd = -1;

	if (S_ISSOCK(st->st_mode)) {
		dprintf(STDERR_FILENO, "tar: %s: socket ignored\n", e->path);
		return;
	}
	if (st->st_ino == t->archive_st.st_ino && st->st_dev == t->archive_st.st_dev &&
	    S_ISREG(st->st_mode)) {
		dprintf(STDERR_FILENO, "tar: %s: file is the archive; not dumped\n", e->path);
		return;
	}
	size_t n = strlen(name);
	m.name = dir && (n == 0 || name[n - 1] != '/') ? mem_format("%s/", name) : mem_dup(name);
	m.link = mem_dup("");
	if (t->has_mtime)
		m.mtime.tv_sec = t->mtime;
	owner_fill(t, &m, st);
	const char *linked = link_find(t, st, m.name);
	if (linked != nullptr) {
		m.type = '1';
		m.link = mem_dup(linked);
	} else if (S_ISLNK(st->st_mode)) {
		m.type = '2';
		m.link = link_text(e);
	} else if (dir) {
		m.type = '5';
	} else if (S_ISREG(st->st_mode)) {
		m.size = st->st_size;
		fd = openat(e->dirfd, e->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0) {
			err_warn_errno("%s: Cannot open", e->path);
			t->status = 2;
			return;
		}
	} else {
		m.type = S_ISCHR(st->st_mode) ? '3' : S_ISBLK(st->st_mode) ? '4' : '6';
		m.major = major(st->st_rdev);
		m.minor = minor(st->st_rdev);
	}
	tell(t, &m);
	bool written = tar_write(&t->out, &m, t->format);
	if (!written)
		t->status = 2;
	if (fd >= 0 && written)
		contents_store(t, fd, m.size, e->path);
	if (fd >= 0)
		close(fd);
	tar_member_free(&m);
}

static void path_store(struct tar *t, const char *path)
{
	unsigned flags = (t->follow ? TREE_FOLLOW : 0) | (t->sorted ? TREE_SORTED : 0) |
			 (t->one_device ? TREE_ONE_DEVICE : 0);
	struct tree *tree = tree_open(path, flags);
	struct tree_entry *e;

	while ((e = tree_next(tree)) != nullptr) {
		bool skip =
			(e->kind == TREE_DIR || e->kind == TREE_FILE) && is_excluded(t, e->path);
		if (e->kind == TREE_DIR && (skip || t->no_recursion))
			tree_skip(tree);
		if (skip)
			continue;
		if (t->follow && e->kind == TREE_FILE && S_ISLNK(e->st.st_mode)) {
			e->kind = TREE_NO_STAT;
			e->error = ENOENT;
		}
		if (e->kind == TREE_DIR || e->kind == TREE_FILE) {
			entry_store(t, e);
		} else if (e->kind != TREE_DIR_END) {
			errno = e->error;
			err_warn_errno(e->kind == TREE_NO_STAT ? "%s: Cannot stat"
							       : "%s: Cannot open",
				       e->path);
			t->status = 2;
		}
	}
	tree_close(tree);
}

static void directory_change(const char *path)
{
	if (chdir(path) != 0)
		err_fatal_errno("%s: Cannot open", path);
}

/* Lets a child compress what is written to the result, or expand into what is read from it. */
static int filter_start(struct tar *t, int fd, bool expand)
{
	int ends[2];

	if (pipe(ends) != 0)
		err_fatal_errno("cannot make a pipe");
	t->child = fork();
	if (t->child < 0)
		err_fatal_errno("cannot fork");
	if (t->child != 0) {
		close(ends[expand]);
		return expand ? ends[0] : ends[1];
	}
	struct in in;
	struct out out;
	close(expand ? ends[0] : ends[1]);
	if (expand) {
		in_open_fd(&in, fd, t->archive);
		out_open(&out, ends[1], "pipe");
		signal(SIGPIPE, SIG_DFL);
		const char *error = gzip_expand(&in, &out);
		if (error != nullptr)
			err_warn("%s: %s", t->archive, error);
		out_flush(&out);
		_exit(error != nullptr);
	}
	in_open_fd(&in, ends[0], "pipe");
	out_open(&out, fd, t->archive);
	gzip_compress(&in, &out, 6, nullptr, 0);
	out_flush(&out);
	_exit(0);
}

static void child_finish(struct tar *t)
{
	int status;

	if (t->child <= 0)
		return;
	if (waitpid(t->child, &status, 0) == t->child && status != 0 &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)) {
		err_warn("Child returned status %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
		t->status = 2;
	}
}

static void archive_create(struct tar *t)
{
	static const char zeros[1024];
	bool is_std = strcmp(t->archive, "-") == 0;
	int fd = is_std ? STDOUT_FILENO
			: open(t->archive,
			       O_RDWR | O_CREAT | O_CLOEXEC | (t->mode == 'c' ? O_TRUNC : 0), 0666);

	if (fd < 0)
		err_fatal_errno("%s: Cannot open", t->archive);
	if (is_std && isatty(STDOUT_FILENO))
		err_fatal("Refusing to write archive contents to terminal (missing -f option?)");
	if (t->name_count == 0)
		err_fatal("Cowardly refusing to create an empty archive");
	if (fstat(fd, &t->archive_st) != 0)
		err_fatal_errno("%s", t->archive);
	if (t->mode == 'r') {
		/* New members overwrite the blocks of zeros at the end. */
		struct tar_member m;
		in_open_fd(&t->in, fd, t->archive);
		off_t at = 0;
		for (;;) {
			at = lseek(fd, 0, SEEK_CUR) - (off_t)(t->in.end - t->in.start);
			enum tar_result r = tar_read(&t->in, &m);
			if (r == TAR_BAD)
				applet_exit(2);
			if (r == TAR_END || !tar_contents(&t->in, m.size, nullptr))
				break;
			tar_member_free(&m);
		}
		if (lseek(fd, at, SEEK_SET) < 0)
			err_fatal_errno("%s: Cannot seek", t->archive);
	}
	if (t->gzip)
		fd = filter_start(t, fd, false);
	out_open(&t->out, fd, t->archive);
	for (size_t i = 0; i < t->name_count; i++) {
		if (t->names[i].is_dir)
			directory_change(t->names[i].text);
		else
			path_store(t, t->names[i].text);
	}
	out_write(&t->out, zeros, sizeof zeros);
	out_flush(&t->out);
	/* Archives end at a multiple of 10 KiB, for tapes and for those who expect it. */
	off_t end = t->gzip || is_std ? -1 : lseek(fd, 0, SEEK_CUR);
	for (; end > 0 && end % 10240 != 0; end += 512)
		out_write(&t->out, zeros, 512);
	out_close(&t->out);
	child_finish(t);
}

/* Unpacking */

static char *name_strip(const struct tar *t, const char *name)
{
	for (unsigned n = t->strip; n != 0; n--) {
		name = strchr(name, '/');
		if (name == nullptr)
			return nullptr;
		name += strspn(name, "/");
	}
	return *name == '\0' ? nullptr : mem_dup(name);
}

static void parents_make(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != nullptr;
	     slash = strchr(slash + 1, '/')) {
		if (slash[1] == '\0')
			return;
		*slash = '\0';
		(void)mkdir(path,
			    0777); /* if it is there, good; if not, what follows fails and tells */
		*slash = '/';
	}
}

static void attributes_set(struct tar *t, const struct tar_member *m, const char *path, int fd)
{
	uid_t uid = m->uid;
	gid_t gid = m->gid;
	mode_t mask = umask(0), mode = m->mode;
	const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, m->mtime };

	umask(mask);
	if (t->same_owner) {
		if (!t->numeric && m->user[0] != '\0')
			(void)user_find(m->user, &uid); /* else the number stands */
		if (!t->numeric && m->group[0] != '\0')
			(void)group_find(m->group, &gid); /* the same */
		if (lchown(path, uid, gid) != 0) {
			err_warn_errno("%s: Cannot change ownership to uid %u, gid %u", path, uid,
				       gid);
			t->status = 2;
		}
	}
	if (m->type != '2') {
		mode = t->exact_modes ? mode : mode & 0777 & ~mask;
		if ((fd >= 0 ? fchmod(fd, mode) : chmod(path, mode)) != 0)
			err_warn_errno("%s: Cannot change mode", path);
	}
	if (!t->touch && utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
		err_warn_errno("%s: Cannot utime", path);
}

static bool file_unpack(struct tar *t, const struct tar_member *m, const char *path)
{
	struct out out;
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (t->keep) {
			err_warn("%s: Cannot open: File exists", path);
			t->status = 2;
			return tar_contents(&t->in, m->size, nullptr);
		}
		(void)unlink(path); /* open() tells; a link is replaced, never written through */
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_warn_errno("%s: Cannot open", path);
		t->status = 2;
		return tar_contents(&t->in, m->size, nullptr);
	}
	out_open(&out, fd, path);
	bool ok = tar_contents(&t->in, m->size, &out);
	out_flush(&out);
	attributes_set(t, m, path, fd);
	out_close(&out);
	return ok;
}

static void dir_unpack(struct tar *t, const struct tar_member *m, const char *path)
{
	struct stat st;

	/* A link in the archive must not lead what follows out of the folder. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && !path_is_dir(path))
		(void)unlink(path); /* mkdir() tells */
	if (mkdir(path, 0700 | (m->mode & 0777)) != 0 && !(errno == EEXIST && path_is_dir(path))) {
		err_warn_errno("%s: Cannot mkdir", path);
		t->status = 2;
		return;
	}
	t->later = mem_room(t->later, t->later_count, &t->later_capacity, sizeof *t->later);
	t->later[t->later_count++] = (struct later){ mem_dup(path), m->mode, m->mtime };
	if (t->same_owner)
		(void)!lchown(path, m->uid, m->gid); /* modes and times of directories come last */
}

static bool member_unpack(struct tar *t, struct tar_member *m)
{
	char *stripped = name_strip(t, m->name);
	struct stat st;

	if (stripped == nullptr)
		return tar_contents(&t->in, m->size, nullptr);
	char *path = mem_dup(safe_name(t, stripped));
	if (t->to_stdout)
		return tar_contents(&t->in, m->size, m->type == '0' ? &out_std : nullptr);
	parents_make(path);
	if (m->type == '0')
		return file_unpack(t, m, path);
	if (m->type == '5') {
		dir_unpack(t, m, path);
		return true;
	}
	if (lstat(path, &st) == 0) {
		if (t->keep) {
			err_warn("%s: File exists", path);
			t->status = 2;
			return true;
		}
		(void)unlink(path); /* what follows tells */
	}
	int r = 0;
	char *target = m->type == '1' && t->strip != 0 ? name_strip(t, m->link) : mem_dup(m->link);
	if (m->type == '1')
		r = link(target != nullptr ? safe_name(t, target) : "", path);
	else if (m->type == '2')
		r = symlink(m->link, path);
	else if (m->type == '6')
		r = mkfifo(path, m->mode);
	else if (m->type == '3' || m->type == '4')
		r = mknod(path, (m->type == '3' ? S_IFCHR : S_IFBLK) | m->mode,
			  makedev(m->major, m->minor));
	else
		err_warn("%s: Unknown file type '%c'", path, m->type);
	if (r != 0) {
		err_warn_errno("%s: Cannot create", path);
		t->status = 2;
	} else if (m->type != '1') {
		attributes_set(t, m, path, -1);
	}
	return true;
}

static bool is_named(struct tar *t, const char *name)
{
	bool any = false, named = false;

	for (size_t i = 0; i < t->name_count; i++) {
		struct name *w = &t->names[i];
		if (w->is_dir)
			continue;
		size_t n = strlen(w->text);
		while (n > 1 && w->text[n - 1] == '/')
			n--;
		any = true;
		if (strncmp(w->text, name, n) == 0 && (name[n] == '\0' || name[n] == '/'))
			named = w->found = true;
	}
	return !any || named;
}

static void later_set(struct tar *t)
{
	mode_t mask = umask(0);

	umask(mask);
	for (size_t i = t->later_count; i-- > 0;) {
		struct later *l = &t->later[i];
		const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, l->mtime };
		(void)chmod(l->path, t->exact_modes
					     ? l->mode
					     : l->mode & 0777 & ~mask); /* it exists: we made it */
		if (!t->touch)
			(void)utimensat(AT_FDCWD, l->path, times, 0); /* the same */
	}
}

static int archive_open(struct tar *t)
{
	unsigned char magic[2] = {};
	bool is_std = strcmp(t->archive, "-") == 0;
	int fd = is_std ? STDIN_FILENO : open(t->archive, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err_fatal_errno("%s: Cannot open", t->archive);
	if (is_std && isatty(STDIN_FILENO))
		err_fatal("Refusing to read archive contents from terminal (missing -f option?)");
	bool compressed = pread(fd, magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
	return t->gzip || compressed ? filter_start(t, fd, true) : fd;
}

static void archive_read(struct tar *t)
{
	struct tar_member m;
	enum tar_result r;

	in_open_fd(&t->in, archive_open(t), t->archive);
	for (size_t i = 0; i < t->name_count; i++) {
		if (t->names[i].is_dir)
			directory_change(t->names[i].text);
	}
	while ((r = tar_read(&t->in, &m)) == TAR_MEMBER) {
		bool wanted = is_named(t, m.name) && !is_excluded(t, m.name);
		if (wanted)
			tell(t, &m);
		bool ok = wanted && t->mode == 'x' ? member_unpack(t, &m)
						   : tar_contents(&t->in, m.size, nullptr);
		tar_member_free(&m);
		if (!ok) {
			r = TAR_BAD;
			break;
		}
	}
	if (r == TAR_BAD)
		t->status = 2;
	/* Whoever writes into the pipe may still have padding to write. */
	while (in_fill(&t->in))
		t->in.start = t->in.end;
	later_set(t);
	child_finish(t);
	for (size_t i = 0; i < t->name_count; i++) {
		if (!t->names[i].is_dir && !t->names[i].found) {
			err_warn("%s: Not found in archive", t->names[i].text);
			t->status = 2;
		}
	}
}

static void name_add(struct tar *t, const char *text, bool is_dir)
{
	t->names = mem_room(t->names, t->name_count, &t->name_capacity, sizeof *t->names);
	t->names[t->name_count++] = (struct name){ text, is_dir, false };
}

static void exclude_add(struct tar *t, const char *glob)
{
	t->excludes =
		mem_room(t->excludes, t->exclude_count, &t->exclude_capacity, sizeof *t->excludes);
	t->excludes[t->exclude_count++] = glob;
}

static void list_read(struct tar *t, const char *path, bool excludes)
{
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, path))
		applet_exit(2);
	while (in_line(&in, '\n', &line, &len)) {
		len -= line[len - 1] == '\n';
		if (len == 0)
			continue;
		if (excludes)
			exclude_add(t, mem_dup_bytes(line, len));
		else
			name_add(t, mem_dup_bytes(line, len), false);
	}
	in_close(&in);
}

static enum tar_format format_find(const char *name)
{
	static const struct {
		const char *name;
		enum tar_format format;
	} formats[] = { { "gnu", TAR_GNU }, { "oldgnu", TAR_GNU }, { "ustar", TAR_USTAR },
			{ "v7", TAR_V7 },   { "pax", TAR_PAX },    { "posix", TAR_PAX } };

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		/* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg): -H has an argument */
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	err_fatal("%s: invalid archive format", name);
}

static void tar_option(struct tar *t, int o, const char *arg)
{
	switch (o) {
	case 'c':
	case 'x':
	case 't':
	case 'r':
		if (t->mode != 0 && t->mode != o)
			opt_usage_error("You may not specify more than one '-cxtr' option");
		t->mode = (char)o;
		break;
	case 'f':
		t->archive = arg;
		break;
	case 'C':
		name_add(t, arg, true);
		break;
	case 'T':
		list_read(t, arg, false);
		break;
	case 'X':
		list_read(t, arg, true);
		break;
	case OPT_EXCLUDE:
		exclude_add(t, arg);
		break;
	case OPT_STRIP:
		t->strip = (unsigned)num_get(arg, 0, 10000, "number of elements");
		break;
	case OPT_OWNER:
		t->owner = arg;
		break;
	case OPT_GROUP:
		t->group = arg;
		break;
	case 'H':
	case OPT_FORMAT:
		t->format = format_find(arg);
		break;
	case OPT_MTIME:
		t->has_mtime = true;
		t->mtime = (time_t)num_get(arg + (*arg == '@'), 0, INT64_MAX, "time");
		break;
	}
	t->verbose += o == 'v';
	t->gzip |= o == 'z';
	t->by_name |= o == 'a';
	t->follow |= o == 'h';
	t->keep |= o == 'k';
	t->touch |= o == 'm';
	t->exact_modes |= o == 'p';
	t->to_stdout |= o == 'O';
	t->absolute |= o == 'P';
	t->numeric |= o == OPT_NUMERIC;
	t->no_recursion |= o == OPT_NO_RECURSION;
	t->sorted |= o == OPT_SORT && arg[1] == 'a';
	t->one_device |= o == OPT_ONE_FS;
	t->same_owner |= o == OPT_SAME_OWNER;
	t->same_owner &= o != OPT_NO_SAME_OWNER && o != 'o';
	t->exact_modes &= o != OPT_NO_SAME_PERM;
}

static int tar_main(int argc, char **argv)
{
	struct tar t = { .archive = "-",
			 .same_owner = geteuid() == 0,
			 .exact_modes = geteuid() == 0 };
	struct opt_state s;
	int o;

	err_status = 2;
	/* The old form "tar xzf FILE": letters without a dash, their arguments in the words after.
	 */
	if (argc > 1 && argv[1][0] != '-') {
		int next = 2;
		for (const char *p = argv[1]; *p != '\0'; p++) {
			if (strchr("fCTXb", *p) != nullptr) {
				if (next >= argc)
					opt_usage_error("Old option '%c' requires an argument.",
							*p);
				tar_option(&t, *p, argv[next++]);
			} else if (strchr("cxtrvzahkmpOPoSUB", *p) != nullptr) {
				tar_option(&t, *p, nullptr);
			} else {
				opt_usage_error("invalid option -- '%c'", *p);
			}
		}
		argv[next - 1] = argv[0];
		argv += next - 1;
		argc -= next - 1;
	}
	/* -C counts for the names behind it; so options and names are taken in turn. */
	opt_init_in_order(&s, argc, argv);
	for (;;) {
		while ((o = opt_next(&s)) != 0)
			tar_option(&t, o, s.arg);
		if (s.index >= argc)
			break;
		if (s.index > 0 && strcmp(argv[s.index - 1], "--") == 0 && s.index > 1) {
			while (s.index < argc)
				name_add(&t, argv[s.index++], false);
			break;
		}
		name_add(&t, argv[s.index], false);
		opt_init_in_order(&s, argc - s.index, argv + s.index);
		argv += argc - s.argc;
		argc = s.argc;
	}
	if (t.by_name && t.mode == 'c') {
		size_t n = strlen(t.archive);
		t.gzip |= (n > 3 && strcmp(t.archive + n - 3, ".gz") == 0) ||
			  (n > 4 && strcmp(t.archive + n - 4, ".tgz") == 0);
	}
	if (t.mode == 0)
		opt_usage_error("You must specify one of the '-cxtr' options");
	if (t.mode == 'c' || t.mode == 'r')
		archive_create(&t);
	else
		archive_read(&t);
	return t.status != 0 ? t.status : err_count != 0 ? 2 : 0;
}

APPLET(tar, .usage = "-c|-x|-t|-r [OPTION]... [FILE]...",
       .summary = "Make, unpack or list archives.", .opts = tar_opts);
