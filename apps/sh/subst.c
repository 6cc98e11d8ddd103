/* SPDX-License-Identifier: MPL-2.0 */
/* Command and process substitution. */
#include "apps/sh/subst.h"
#include "apps/sh/ast.h"
#include "apps/sh/builtin.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/expand.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

constexpr size_t READ_SIZE = 4096;

/* Without NUL bytes, which no value can hold, and without the last newlines. */
static const char *text_finish(struct buf *b, size_t *len)
{
	if (b->len > 0 && memchr(b->p, '\0', b->len) != nullptr) {
		size_t n = 0;
		for (size_t i = 0; i < b->len; i++)
			if (b->p[i] != '\0')
				b->p[n++] = b->p[i];
		b->len = n;
	}
	while (b->len > 0 && b->p[b->len - 1] == '\n')
		b->len--;
	*len = b->len;
	return buf_str(b);
}

static void read_all(struct buf *b, int fd)
{
	for (;;) {
		buf_room(b, READ_SIZE);
		ssize_t n = read(fd, b->p + b->len, b->cap - b->len);
		if (n < 0 && errno == EINTR) {
			if (trap_interrupted && sh.interactive)
				break;
			continue;
		}
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
}

/* Whether expanding the word changes nothing that a subshell would have kept to itself. */
static bool word_is_pure(const struct word *w)
{
	for (const struct part *p = w->parts; p != nullptr; p = p->next) {
		if (p->kind == PART_PARAM) {
			const struct param *q = p->param;
			if (q->op != OP_NONE || q->indirect || q->subscript != nullptr ||
			    (q->kind == PARAM_VAR && (q->sym->flags & VAR_DYNAMIC) != 0))
				return false;
		} else if (p->kind != PART_TEXT && p->kind != PART_TILDE) {
			return false;
		}
	}
	return true;
}

/* One built-in that only writes, with words that only read: no process is needed. */
static const struct builtin *pure_builtin(const struct node *n)
{
	if (n == nullptr || n->kind != NODE_SIMPLE || n->redirs != nullptr ||
	    n->simple.assigns != nullptr || n->simple.command == nullptr ||
	    n->simple.command->func != nullptr || sh.opt[OPT_XTRACE] || sh.opt[OPT_NOUNSET])
		return nullptr;
	const struct builtin *b = n->simple.command->builtin;
	if (b == nullptr || (b->flags & BUILTIN_PURE) == 0)
		return nullptr;
	for (const struct word *w = n->simple.words; w != nullptr; w = w->next)
		if (!word_is_pure(w) || w->assign != nullptr)
			return nullptr;
	return b;
}

static const char *run_pure(const struct node *n, const struct builtin *b, size_t *len)
{
	struct output before = out1;
	struct fields f = {};
	struct buf text = {};

	output_flush(&out1);
	before.len = 0;
	expand_words(n->simple.words, &f);
	char **argv = fields_finish(&f);
	/* printf -v would assign */
	if (f.n > 1 && argv[1][0] == '-' && strcmp(b->name, "printf") == 0)
		return nullptr;
	out1 = (struct output){ .fd = -1 };
	sh.subst_status = b->run(f.n, argv);
	if (out1.len > 0)
		buf_add(&text, out1.buf, out1.len);
	free(out1.buf);
	out1 = before;
	return text_finish(&text, len);
}

static void child_run(const struct node *n, const int ends[2])
{
	close(ends[0]);
	if (ends[1] != STDOUT_FILENO) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[1]);
	}
	out1.len = 0;
	sh.in_errexit_test = false;
	sh.loop_depth = 0;
	if (!sh.posix && !sh.opt[SHOPT_INHERIT_ERREXIT])
		sh.opt[OPT_ERREXIT] = false; /* as in bash */
	eval((struct node *)n, EVAL_EXIT);
	sh_exit(sh.status);
}

/* $(<file) */
static bool is_file_only(const struct node *n)
{
	return !sh.posix && n != nullptr && n->kind == NODE_SIMPLE && n->simple.words == nullptr &&
	       n->simple.assigns == nullptr && n->redirs != nullptr && n->redirs->next == nullptr &&
	       n->redirs->kind == REDIR_IN && n->redirs->fd == STDIN_FILENO;
}

static const char *read_file(const struct node *n, size_t *len)
{
	struct buf text = {};
	const char *name = expand_string(n->redirs->target);
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	sh.subst_status = fd < 0;
	if (fd < 0) {
		warn("%s: %s", name, strerror(errno));
	} else {
		read_all(&text, fd);
		close(fd);
	}
	return text_finish(&text, len);
}

const char *subst_command(const struct node *n, size_t *len)
{
	struct buf text = {};
	int ends[2];

	if (n == nullptr) {
		sh.subst_status = 0;
		*len = 0;
		return "";
	}
	const struct builtin *b = pure_builtin(n);
	const char *quick = b != nullptr ? run_pure(n, b, len) : nullptr;
	if (quick != nullptr)
		return quick;
	if (is_file_only(n))
		return read_file(n, len);
	if (pipe(ends) < 0)
		fail(1, "cannot make a pipe: %s", strerror(errno));
	struct job *j = job_create(nullptr, 1);
	if (job_fork(j, FORK_SUBST) == 0)
		child_run(n, ends);
	close(ends[1]);
	read_all(&text, ends[0]);
	close(ends[0]);
	int before = sh.status;
	while (job_state(j) == PROC_RUNNING && job_reap(true))
		;
	sh.subst_status = job_status(j);
	sh.status = before;
	job_free(j);
	return text_finish(&text, len);
}

/* -- process substitution -- */

static int *open_fds, nopen, open_room;

int subst_open_count(void)
{
	return nopen;
}

void subst_close(int upto)
{
	while (nopen > upto)
		close(open_fds[--nopen]);
}

void subst_process(const struct node *n, bool in, char *name, size_t size)
{
	int ends[2];

	if (nopen == open_room) {
		open_room = 2 * open_room + 16;
		open_fds = xrealloc(open_fds, (size_t)open_room * sizeof(*open_fds));
	}
	if (pipe(ends) < 0)
		fail(1, "cannot make a pipe: %s", strerror(errno));
	int ours = ends[in ? 0 : 1], theirs = ends[in ? 1 : 0];
	int high = fcntl(ours, F_DUPFD, 20);
	if (high >= 0) {
		close(ours);
		ours = high;
	}
	struct job *j = job_create(nullptr, 1);
	pid_t pid = job_fork(j, FORK_SUBST);
	if (pid == 0) {
		close(ours);
		subst_close(0);
		dup2(theirs, in ? STDOUT_FILENO : STDIN_FILENO);
		close(theirs);
		sh.in_errexit_test = false;
		eval((struct node *)n, EVAL_EXIT);
		sh_exit(sh.status);
	}
	sh.bg_pid = pid;
	sh.bg_known = true;
	j->known = true;
	close(theirs);
	open_fds[nopen++] = ours;
	snprintf(name, size, "/dev/fd/%d", ours);
}
