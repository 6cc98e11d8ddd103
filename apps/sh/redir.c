/* SPDX-License-Identifier: MPL-2.0 */
/* Redirections. */
#include "apps/sh/redir.h"
#include "apps/sh/ast.h"
#include "apps/sh/error.h"
#include "apps/sh/expand.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

constexpr int FD_HIGH = 10;        /* scripts may name 0 to 9; the shell's own lie above */
constexpr size_t PIPE_SAFE = 4096; /* bytes a pipe takes without a reader, everywhere */
constexpr mode_t MODE_NEW = 0666;

struct redir_undo *redir_undo_top;

int redir_move_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FD_HIGH);

	if (high >= 0)
		close(fd);
	return high;
}

bool redir_is_ours(int fd)
{
	if (fd < FD_HIGH)
		return false;
	for (const struct redir_undo *u = redir_undo_top; u != nullptr; u = u->prev)
		if (u->saved == fd)
			return true;
	for (const struct source *s = source_top; s != nullptr; s = s->prev)
		if (s->fd == fd)
			return true;
	return fd == job_tty();
}

/* A script is about to use our descriptor: move ours out of its way. */
static void relocate(int fd)
{
	for (struct redir_undo *u = redir_undo_top; u != nullptr; u = u->prev)
		if (u->saved == fd)
			u->saved = redir_move_high(fd);
	for (struct source *s = source_top; s != nullptr; s = s->prev)
		if (s->fd == fd)
			s->fd = redir_move_high(fd);
}

static int open_here(const char *text, size_t len)
{
	int ends[2];

	if (len <= PIPE_SAFE) {
		if (pipe(ends) < 0)
			return -1;
		ssize_t done = write(ends[1], text, len);
		close(ends[1]);
		if (done == (ssize_t)len)
			return ends[0];
		close(ends[0]);
		return -1;
	}
	const char *dir = var_get("TMPDIR");
	char *name = arena_printf(&scratch, "%s/sh-here-XXXXXX",
				  dir != nullptr && *dir == '/' ? dir : "/tmp");
	int fd = mkstemp(name);
	if (fd < 0)
		return -1;
	unlink(name);
	for (size_t at = 0; at < len;) {
		ssize_t done = write(fd, text + at, len - at);
		if (done < 0) {
			close(fd);
			return -1;
		}
		at += (size_t)done;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* With -C an existing regular file is kept. */
static int open_noclobber(const char *name)
{
	struct stat st;
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, MODE_NEW);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	if (stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = open(name, O_WRONLY);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	return fd;
}

static int open_target(enum redir_kind kind, const char *name)
{
	switch (kind) {
	case REDIR_IN:
		return open(name, O_RDONLY);
	case REDIR_RDWR:
		return open(name, O_RDWR | O_CREAT, MODE_NEW);
	case REDIR_APPEND:
	case REDIR_BOTH_APPEND:
		return open(name, O_WRONLY | O_CREAT | O_APPEND, MODE_NEW);
	case REDIR_OUT:
	case REDIR_BOTH:
		if (sh.opt[OPT_NOCLOBBER])
			return open_noclobber(name);
		[[fallthrough]];
	default:
		return open(name, O_WRONLY | O_CREAT | O_TRUNC, MODE_NEW);
	}
}

static void undo_push(int fd)
{
	struct redir_undo *u = xmalloc(sizeof(*u));

	/* Flags go with the copy: a descriptor that was closed on exec stays so. */
	int saved = fcntl(fd, F_DUPFD_CLOEXEC, FD_HIGH);
	*u = (struct redir_undo){ redir_undo_top, fd, saved };
	redir_undo_top = u;
}

/* Puts `from` (ours to close) at `fd`. */
static bool place(int from, int fd, bool undo)
{
	if (redir_is_ours(fd))
		relocate(fd);
	if (from == fd) {
		/* It was free, so that open() took it: taking back means closing. */
		if (undo) {
			struct redir_undo *u = xmalloc(sizeof(*u));
			*u = (struct redir_undo){ redir_undo_top, fd, -1 };
			redir_undo_top = u;
		}
		return true;
	}
	if (undo)
		undo_push(fd);
	bool ok = dup2(from, fd) >= 0;
	if (!ok)
		warn("%d: %s", fd, strerror(errno));
	close(from);
	return ok;
}

static bool duplicate(int from, int fd, bool undo, bool move)
{
	if (redir_is_ours(from) || fcntl(from, F_GETFD) < 0) {
		warn("%d: %s", from, strerror(EBADF));
		return false;
	}
	if (from == fd)
		return true;
	if (redir_is_ours(fd))
		relocate(fd);
	if (undo)
		undo_push(fd);
	if (dup2(from, fd) < 0) {
		warn("%d: %s", fd, strerror(errno));
		return false;
	}
	if (move) {
		if (undo)
			undo_push(from);
		close(from);
	}
	return true;
}

static int fd_for(const struct redir *r)
{
	if (r->fd >= 0)
		return r->fd;
	int free_fd = fcntl(0, F_DUPFD, FD_HIGH);
	if (free_fd < 0)
		free_fd = fcntl(2, F_DUPFD, FD_HIGH);
	if (free_fd >= 0)
		close(free_fd);
	return free_fd;
}

static bool close_target(const struct redir *r, bool undo)
{
	int fd = r->fd;

	if (fd < 0) { /* {v}>&- closes what v says */
		const char *v = var_value(r->fd_var);
		fd = v != nullptr ? atoi(v) : -1;
		undo = false;
	}
	if (undo && !redir_is_ours(fd))
		undo_push(fd);
	if (!redir_is_ours(fd))
		close(fd);
	return true;
}

static bool open_and_place(const struct redir *r, const char *name, int fd, bool undo)
{
	int from = open_target(r->kind, name);

	if (from < 0) {
		warn("%s: %s", name, errno == EEXIST ? "file exists" : strerror(errno));
		return false;
	}
	if (!place(from, fd, undo))
		return false;
	if (r->kind == REDIR_BOTH || r->kind == REDIR_BOTH_APPEND)
		return duplicate(fd, STDERR_FILENO, undo, false);
	return true;
}

static bool is_open_for(int fd, enum redir_kind kind)
{
	int mode = fcntl(fd, F_GETFL);

	return mode < 0 || (mode & O_ACCMODE) != (kind == REDIR_DUP_IN ? O_WRONLY : O_RDONLY);
}

static bool apply_dup(const struct redir *r, const char *target, int fd, bool undo)
{
	size_t digits = strspn(target, "0123456789");
	bool move = digits > 0 && target[digits] == '-' && target[digits + 1] == '\0' && !sh.posix;

	if (strcmp(target, "-") == 0)
		return close_target(r, undo);
	if (digits > 0 && sh.posix && !is_open_for(atoi(target), r->kind)) {
		warn("%s: not open for that", target);
		return false;
	}
	if (digits > 0 && (target[digits] == '\0' || move))
		return duplicate(atoi(target), fd, undo, move);
	if (r->kind == REDIR_DUP_OUT && r->fd == STDOUT_FILENO && !sh.posix && digits == 0) {
		struct redir both = *r;
		both.kind = REDIR_BOTH;
		return open_and_place(&both, target, fd, undo);
	}
	warn("%s: bad file descriptor", target);
	return false;
}

static bool apply_here(const struct redir *r, int fd, bool undo)
{
	size_t len;
	char *text = expand_string_len(r->target, &len);

	if (r->kind == REDIR_HERE_STRING) {
		struct buf b = {};
		buf_add(&b, text, len);
		buf_byte(&b, '\n');
		text = b.p;
		len = b.len;
	}
	int from = open_here(text, len);
	if (from < 0) {
		warn("here-document: %s", strerror(errno));
		return false;
	}
	return place(from, fd, undo);
}

/* In an interactive shell, and in the full language, a file name may be a pattern for one file. */
static const char *expand_target(const struct word *w)
{
	struct fields f = {};
	struct word one = *w;

	if (w->lit != nullptr && (w->flags & WORD_LITERAL) != 0)
		return w->lit;
	if (sh.posix)
		return expand_string(w);
	one.next = nullptr;
	expand_words(&one, &f);
	if (f.n == 1)
		return f.v[0];
	warn("ambiguous redirect");
	return nullptr;
}

static bool apply_one(const struct redir *r, bool undo)
{
	int fd = fd_for(r);
	bool here = r->kind == REDIR_HERE || r->kind == REDIR_HERE_STRING;
	bool dup = r->kind == REDIR_DUP_IN || r->kind == REDIR_DUP_OUT, ok;
	/* A descriptor with a name outlives the command. */
	bool undo_it = undo && r->fd >= 0;

	if (here) {
		ok = apply_here(r, fd, undo_it);
	} else {
		const char *target = expand_target(r->target);
		if (target == nullptr)
			return false;
		ok = dup ? apply_dup(r, target, fd, undo_it)
			 : open_and_place(r, target, fd, undo_it);
		if (dup && strcmp(target, "-") == 0)
			return ok;
	}
	if (ok && r->fd_var != nullptr)
		var_set_num(r->fd_var, fd);
	return ok;
}

bool redir_apply(const struct redir *list, bool undo)
{
	output_flush(&out1);
	for (; list != nullptr; list = list->next) {
		if (list->fd == STDIN_FILENO || list->fd < 0)
			source_sync();
		if (!apply_one(list, undo))
			return false;
	}
	return true;
}

void redir_undo_to(struct redir_undo *mark)
{
	if (redir_undo_top == mark)
		return;
	output_flush(&out1);
	while (redir_undo_top != mark) {
		struct redir_undo *u = redir_undo_top;
		redir_undo_top = u->prev;
		if (u->saved >= 0) {
			dup2(u->saved, u->fd);
			close(u->saved);
		} else {
			close(u->fd);
		}
		free(u);
	}
}

void redir_keep(struct redir_undo *mark)
{
	while (redir_undo_top != mark) {
		struct redir_undo *u = redir_undo_top;
		redir_undo_top = u->prev;
		if (u->saved >= 0)
			close(u->saved);
		free(u);
	}
}
