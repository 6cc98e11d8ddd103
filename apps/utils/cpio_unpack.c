/* SPDX-License-Identifier: MPL-2.0 */
/* cpio -i and -p: making files from what an archive or a folder has. */
#include "apps/utils/cpio_run.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/path.h"

static void parents_make(const struct cpio *c, char *path)
{
	if (!c->make_dirs)
		return;
	for (char *slash = strchr(path + 1, '/'); slash != nullptr;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0777); /* it is there already, or what follows tells */
		*slash = '/';
	}
}

/* Without / at the start and .. anywhere, so that nothing lands outside. */
static const char *safe_name(const char *name)
{
	const char *safe = name;

	for (const char *p = name; *p != '\0';) {
		size_t n = strcspn(p, "/");
		const char *next = p + n + strspn(p + n, "/");
		if (n == 0 || (n == 2 && p[0] == '.' && p[1] == '.'))
			safe = next;
		p = next;
	}
	return *safe != '\0' ? safe : ".";
}

static void attributes_set(struct cpio *c, const struct cpio_member *m, const char *path)
{
	uid_t uid = c->has_uid ? c->uid : m->uid;
	gid_t gid = c->has_gid ? c->gid : m->gid;

	if (!c->no_owner && (geteuid() == 0 || c->has_uid || c->has_gid) &&
	    lchown(path, uid, gid) != 0)
		err_warn_errno("%s: Cannot change ownership", path);
	if (S_ISLNK(m->mode))
		return;
	if (chmod(path, m->mode & 07777) != 0)
		err_warn_errno("%s: Cannot change mode", path);
	if (!c->keep_times)
		return;
	if (S_ISDIR(m->mode)) {
		c->later = mem_room(c->later, c->later_count, &c->later_capacity, sizeof *c->later);
		c->later[c->later_count++] = (struct later){ mem_dup(path), m->mtime };
		return;
	}
	const struct timespec times[] = { { .tv_sec = m->mtime }, { .tv_sec = m->mtime } };
	if (utimensat(AT_FDCWD, path, times, 0) != 0)
		err_warn_errno("%s: Cannot change the times", path);
}

void later_set(struct cpio *c)
{
	for (size_t i = c->later_count; i-- > 0;) {
		const struct timespec times[] = { { .tv_sec = c->later[i].mtime },
						  { .tv_sec = c->later[i].mtime } };
		(void)utimensat(AT_FDCWD, c->later[i].path, times,
				0); /* it was there a moment ago */
	}
}

/* Makes way for a new file; false if what is there must stay. */
static bool place_clear(struct cpio *c, const struct cpio_member *m, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return true;
	if (S_ISDIR(st.st_mode)) {
		if (S_ISDIR(m->mode))
			return true;
		err_warn("cannot remove current %s: Is a directory", path);
		return false;
	}
	if (!c->replace && m->mtime <= st.st_mtim.tv_sec) {
		err_warn("%s not created: newer or same age version exists", path);
		err_count--; /* no failure, as with GNU */
		return false;
	}
	if (unlink(path) != 0) {
		err_warn_errno("cannot remove current %s", path);
		return false;
	}
	return true;
}

/* Takes the contents: what goes to the file, and always all of them from the archive. */
static void file_fill(struct cpio *c, const struct cpio_member *m, struct in *in, const char *path,
		      int flags)
{
	struct out out;
	uint32_t sum = 0;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0)
		err_warn_errno("%s: Cannot open", path);
	else
		out_open(&out, fd, path);
	if (!contents_pass(in, m->size, fd >= 0 ? &out : nullptr, &sum))
		err_fatal("premature end of file");
	if (fd < 0)
		return;
	out_close(&out);
	if (m->format == CPIO_CRC && sum != m->sum)
		err_warn("%s: checksum error (0x%x, should be 0x%x)", path, sum, m->sum);
	attributes_set(c, m, path);
}

/*
 * A regular file. One with several names is made at the first; the others become links, and the
 * contents go into it with the name that brings them.
 */
static void file_unpack(struct cpio *c, const struct cpio_member *m, struct in *in,
			const char *path)
{
	struct linked *l = m->nlink > 1 && (m->ino != 0 || m->major != 0 || m->minor != 0)
				   ? link_find(c, m)
				   : nullptr;

	if (l == nullptr || l->path == nullptr) {
		file_fill(c, m, in, path, O_CREAT | O_EXCL);
		if (l != nullptr)
			l->path = mem_dup(path);
		return;
	}
	if (link(l->path, path) != 0)
		err_warn_errno("cannot link %s to %s", l->path, path);
	if (m->size > 0)
		file_fill(c, m, in, path, O_TRUNC);
}

static void special_unpack(struct cpio *c, const struct cpio_member *m, struct in *in,
			   const char *path)
{
	int r;

	if (S_ISLNK(m->mode)) {
		char *target = link_target(m, in);
		r = symlink(target, path);
		mem_free(target);
	} else {
		contents_skip(in, m->size);
		if (S_ISDIR(m->mode))
			r = mkdir(path, 0700) == 0 || (errno == EEXIST && path_is_dir(path)) ? 0
											     : -1;
		else
			r = mknod(path, m->mode, makedev(m->rmajor, m->rminor));
	}
	if (r != 0)
		err_warn_errno("%s: Cannot create", path);
	else
		attributes_set(c, m, path);
}

void member_unpack(struct cpio *c, const struct cpio_member *m, struct in *in, const char *name)
{
	char *path = mem_dup(c->no_absolute ? safe_name(name) : name);

	parents_make(c, path);
	if (!place_clear(c, m, path)) {
		contents_skip(in, m->size);
	} else if (S_ISREG(m->mode)) {
		file_unpack(c, m, in, path);
		tell(c, m->name);
	} else {
		special_unpack(c, m, in, path);
		tell(c, m->name);
	}
	mem_free(path);
}

/* -- passing through -- */

static void path_pass(struct cpio *c, const char *path)
{
	char *to = mem_path(c->directory, path);
	struct cpio_member m;
	struct stat st;
	struct in in = { .eof = true };

	if ((c->follow ? stat(path, &st) : lstat(path, &st)) != 0) {
		err_warn_errno("%s: Cannot stat", path);
		mem_free(to);
		return;
	}
	member_fill(&m, path, &st);
	mem_free(m.name);
	m.name = to;
	parents_make(c, to);
	if (c->link && S_ISREG(m.mode) && place_clear(c, &m, to) && link(path, to) == 0) {
		tell(c, to);
	} else if (S_ISLNK(m.mode)) {
		in.buf = mem_alloc(4097);
		ssize_t n = readlink(path, in.buf, 4096);
		m.size = in.end = n > 0 ? (size_t)n : 0;
		member_unpack(c, &m, &in, to);
		mem_free(in.buf);
	} else if (!S_ISREG(m.mode)) {
		member_unpack(c, &m, &in, to);
	} else if (in_open(&in, path)) {
		member_unpack(c, &m, &in, to);
		in_close(&in);
	}
	c->bytes += m.size;
	mem_free(to);
}

void pass_through(struct cpio *c)
{
	struct in names;
	char *name;

	in_open_fd(&names, STDIN_FILENO, "standard input");
	while (name_next(c, &names, &name)) {
		path_pass(c, name);
		mem_free(name);
	}
	later_set(c);
}
