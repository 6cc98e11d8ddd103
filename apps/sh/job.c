/* SPDX-License-Identifier: MPL-2.0 */
/* Child processes and the table of jobs. */
#include "apps/sh/job.h"
#include "apps/sh/ast.h"
#include "apps/sh/dynvar.h"
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/mem.h"
#include "apps/sh/output.h"
#include "apps/sh/print.h"
#include "apps/sh/redir.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct job *job_list;

static int tty_fd = -1;
static pid_t initial_group; /* whose terminal it was when we came */
static struct termios shell_modes;

int job_tty(void)
{
	return tty_fd;
}

struct job *job_create(const struct node *n, int nprocs)
{
	struct job *j = xmalloc(sizeof(*j));

	*j = (struct job){ .next = job_list, .cap = nprocs };
	j->procs = xmalloc((size_t)nprocs * sizeof(*j->procs));
	if (n != nullptr && (sh.interactive || sh.job_control || n->kind == NODE_BACKGROUND)) {
		struct mark m = arena_mark(&scratch);
		struct buf b = {};
		print_node(&b, n->kind == NODE_BACKGROUND ? n->pair.a : n, -1);
		j->text = xstrdup(buf_str(&b));
		arena_release(&scratch, m);
	}
	job_list = j;
	return j;
}

void job_free(struct job *j)
{
	for (struct job **p = &job_list; *p != nullptr; p = &(*p)->next)
		if (*p == j) {
			*p = j->next;
			break;
		}
	free(j->procs);
	free(j->text);
	free(j->tty);
	free(j);
}

void job_forget_all(void)
{
	while (job_list != nullptr)
		job_free(job_list);
}

/* In the child: the parent's jobs are not ours to wait for, but $(jobs) may still list them. */
static void disclaim_jobs(const struct job *own)
{
	for (struct job *j = job_list; j != nullptr; j = j->next)
		if (j != own)
			j->known = false;
}

static void enter_group(pid_t pid, pid_t group, bool foreground)
{
	setpgid(pid, group);
	if (foreground && tty_fd >= 0 && sh.subshell == 0) {
		/* Whoever of parent and child is first; SIGTTOU is ignored or blocked then. */
		sigset_t ttou, old;
		sigemptyset(&ttou);
		sigaddset(&ttou, SIGTTOU);
		sigprocmask(SIG_BLOCK, &ttou, &old);
		tcsetpgrp(tty_fd, group);
		sigprocmask(SIG_SETMASK, &old, nullptr);
	}
}

static void child_setup(struct job *j, enum fork_mode mode, bool control)
{
	if (control) {
		pid_t self = getpid();
		if (j->pgid == 0)
			j->pgid = self;
		enter_group(0, j->pgid, mode == FORK_FOREGROUND);
	}
	sh.subshell++;
	sh.job_control = false;
	trap_fork(mode == FORK_BACKGROUND, control);
	if (mode == FORK_BACKGROUND && !control) {
		int null = open("/dev/null", O_RDONLY);
		if (null > STDIN_FILENO) {
			dup2(null, STDIN_FILENO);
			close(null);
		}
	}
	guard_top = nullptr;
	disclaim_jobs(j);
}

/* What the shell itself ignores or catches is meant for the child once that has its group: it waits
 * until the child treats it as a program does. */
static void keys_block(sigset_t *old)
{
	static const int keys[] = { SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		sigaddset(&set, keys[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

pid_t job_fork(struct job *j, enum fork_mode mode)
{
	bool control = sh.job_control && mode != FORK_SUBST;

	output_flush(&out1);
	source_sync();
	sigset_t old;
	if (control)
		keys_block(&old);
	pid_t pid = fork();
	if (pid < 0) {
		int e = errno;
		if (control)
			sigprocmask(SIG_SETMASK, &old, nullptr);
		if (j != nullptr)
			job_free(j);
		fail(254, "cannot fork: %s", strerror(e));
	}
	if (pid == 0) {
		child_setup(j, mode, control);
		if (control)
			sigprocmask(SIG_SETMASK, &old, nullptr);
		return 0;
	}
	if (j == nullptr)
		return pid;
	if (control) {
		if (j->pgid == 0)
			j->pgid = pid;
		enter_group(pid, j->pgid, mode == FORK_FOREGROUND);
		sigprocmask(SIG_SETMASK, &old, nullptr);
	}
	if (j->nprocs == j->cap) {
		j->cap = j->cap * 2 + 1;
		j->procs = xrealloc(j->procs, (size_t)j->cap * sizeof(*j->procs));
	}
	j->procs[j->nprocs++] = (struct proc){ .pid = pid };
	return pid;
}

int proc_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return 128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

enum proc_state job_state(const struct job *j)
{
	enum proc_state state = PROC_DONE;

	for (int i = 0; i < j->nprocs; i++) {
		if (j->procs[i].state == PROC_RUNNING)
			return PROC_RUNNING;
		if (j->procs[i].state == PROC_STOPPED)
			state = PROC_STOPPED;
	}
	return state;
}

int job_status(const struct job *j)
{
	int status = j->nprocs > 0 ? proc_status(j->procs[j->nprocs - 1].status) : 0;

	if (job_state(j) == PROC_STOPPED)
		for (int i = 0; i < j->nprocs; i++)
			if (j->procs[i].state == PROC_STOPPED)
				status = proc_status(j->procs[i].status);
	if (sh.opt[OPT_PIPEFAIL] && status == 0)
		for (int i = j->nprocs; i-- > 0 && status == 0;)
			status = proc_status(j->procs[i].status);
	return status;
}

static void proc_update(pid_t pid, int status)
{
	for (struct job *j = job_list; j != nullptr; j = j->next)
		for (int i = 0; i < j->nprocs; i++) {
			struct proc *p = &j->procs[i];
			if (p->pid != pid || p->state == PROC_DONE)
				continue;
			p->state = WIFSTOPPED(status)     ? PROC_STOPPED
				   : WIFCONTINUED(status) ? PROC_RUNNING
							  : PROC_DONE;
			if (p->state != PROC_RUNNING)
				p->status = status;
			j->told = false;
			return;
		}
}

bool job_reap(bool block)
{
	int status, flags = sh.job_control ? WUNTRACED | WCONTINUED : 0;

	for (;;) {
		pid_t pid = waitpid(-1, &status, flags | (block ? 0 : WNOHANG));
		if (pid < 0 && errno == EINTR)
			return true;
		if (pid <= 0)
			return pid == 0;
		proc_update(pid, status);
		if (block)
			return true;
	}
}

/* A fatal signal is worth a line, except those a person or a pipe causes all the time. */
static void report_signal(const struct job *j)
{
	int status = j->procs[j->nprocs - 1].status;

	if (!WIFSIGNALED(status) || !sh.interactive)
		return;
	int sig = WTERMSIG(status);
	if (sig == SIGINT)
		fputs("\n", stderr);
	else if (sig != SIGPIPE)
		fprintf(stderr, "%s%s\n", strsignal(sig),
			WCOREDUMP(status) ? " (core dumped)" : "");
}

static void terminal_take(void)
{
	if (tty_fd < 0 || !sh.job_control)
		return;
	enter_group(0, getpgrp(), true);
}

static void give_number(struct job *j)
{
	int most = 0;

	for (const struct job *k = job_list; k != nullptr; k = k->next)
		if (k->id > most)
			most = k->id;
	if (j->id == 0)
		j->id = most + 1;
}

static void job_stopped(struct job *j)
{
	if (tty_fd >= 0) {
		if (j->tty == nullptr)
			j->tty = xmalloc(sizeof(*j->tty));
		tcgetattr(tty_fd, j->tty);
	}
	give_number(j);
	j->foreground = false;
	j->known = true;
	/* The one stopped last is the current job. */
	for (struct job **p = &job_list; *p != nullptr; p = &(*p)->next)
		if (*p == j) {
			*p = j->next;
			break;
		}
	j->next = job_list;
	job_list = j;
	if (sh.interactive) {
		fputs("\n", stderr);
		job_print(j, 0, true);
	}
	j->told = true;
}

static void pipe_statuses(const struct job *j)
{
	int *v = arena_alloc(&scratch, (size_t)j->nprocs * sizeof(int));

	for (int i = 0; i < j->nprocs; i++)
		v[i] = proc_status(j->procs[i].status);
	dynvar_pipestatus(v, j->nprocs);
}

int job_wait_foreground(struct job *j)
{
	j->foreground = true;
	while (job_state(j) == PROC_RUNNING)
		if (!job_reap(true)) {
			/* Someone else took the status: SIGCHLD ignored when we were started. */
			for (int i = 0; i < j->nprocs; i++)
				if (j->procs[i].state == PROC_RUNNING)
					j->procs[i] = (struct proc){ .state = PROC_DONE };
			break;
		}
	int status = job_status(j);
	bool interrupted = WIFSIGNALED(j->procs[j->nprocs - 1].status) &&
			   WTERMSIG(j->procs[j->nprocs - 1].status) == SIGINT;
	if (!sh.posix)
		pipe_statuses(j);
	if (j->pgid != 0)
		terminal_take();
	if (job_state(j) == PROC_STOPPED) {
		job_stopped(j);
		if (tty_fd >= 0 && sh.interactive)
			tcsetattr(tty_fd, TCSADRAIN, &shell_modes);
		return status;
	}
	if (sh.interactive && sh.job_control && tty_fd >= 0) {
		/* A program that died may leave the terminal in its own modes. */
		if (WIFSIGNALED(j->procs[j->nprocs - 1].status))
			tcsetattr(tty_fd, TCSADRAIN, &shell_modes);
		else
			tcgetattr(tty_fd, &shell_modes);
	}
	report_signal(j);
	job_free(j);
	if (interrupted && sh.interactive && sh.subshell == 0)
		trap_interrupted = sh.loop_depth > 0 || trap_interrupted;
	return status;
}

constexpr int DONE_KEPT = 1024; /* finished jobs whose status a later wait can ask for */

static void forget_oldest_done(void)
{
	int n = 0;
	struct job *oldest = nullptr;

	for (struct job *j = job_list; j != nullptr; j = j->next)
		if (job_state(j) == PROC_DONE) {
			n++;
			oldest = j;
		}
	if (n > DONE_KEPT)
		job_free(oldest);
}

void job_background(struct job *j)
{
	forget_oldest_done();
	j->known = true;
	give_number(j);
	sh.bg_pid = j->procs[j->nprocs - 1].pid;
	sh.bg_known = true;
	if (sh.interactive && sh.job_control)
		fprintf(stderr, "[%d] %d\n", j->id, (int)sh.bg_pid);
}

struct job *job_current(bool previous)
{
	struct job *first = nullptr;

	/* Stopped jobs come first, then the newest. */
	for (int pass = 0; pass < 2; pass++)
		for (struct job *j = job_list; j != nullptr; j = j->next) {
			bool stopped = job_state(j) == PROC_STOPPED;
			if (j->id == 0 || j->disowned || stopped != (pass == 0))
				continue;
			if (first != nullptr || !previous)
				return j;
			first = j;
		}
	return previous ? nullptr : first;
}

static struct job *job_by_text(const char *spec, const char *who)
{
	struct job *found = nullptr;
	bool inside = *spec == '?';

	spec += inside;
	for (struct job *j = job_list; j != nullptr; j = j->next) {
		if (j->id == 0 || j->text == nullptr)
			continue;
		if (inside ? strstr(j->text, spec) == nullptr
			   : strncmp(j->text, spec, strlen(spec)) != 0)
			continue;
		if (found != nullptr) {
			warn("%s: %s: ambiguous job", who, spec);
			return nullptr;
		}
		found = j;
	}
	if (found == nullptr)
		warn("%s: %s: no such job", who, spec);
	return found;
}

struct job *job_find_pid(pid_t pid)
{
	for (struct job *j = job_list; j != nullptr; j = j->next)
		for (int i = 0; i < j->nprocs; i++)
			if (j->procs[i].pid == pid)
				return j;
	return nullptr;
}

struct job *job_parse(const char *spec, const char *who)
{
	struct job *j = nullptr;
	const char *s = spec + (*spec == '%');

	if (*spec != '%') {
		j = job_find_pid((pid_t)atoi(spec));
	} else if (*s == '\0' || ((*s == '%' || *s == '+') && s[1] == '\0')) {
		j = job_current(false);
	} else if (*s == '-' && s[1] == '\0') {
		j = job_current(true);
		if (j == nullptr)
			j = job_current(false);
	} else if (*s >= '0' && *s <= '9') {
		for (j = job_list; j != nullptr && (j->id != atoi(s) || j->id == 0);)
			j = j->next;
	} else {
		return job_by_text(s, who);
	}
	if (j == nullptr)
		warn("%s: %s: no such job", who, spec);
	return j;
}

static const char *state_text(const struct job *j)
{
	static char text[64];
	int status = j->procs[j->nprocs - 1].status;

	switch (job_state(j)) {
	case PROC_RUNNING:
		return "Running";
	case PROC_STOPPED:
		for (int i = 0; i < j->nprocs; i++)
			if (j->procs[i].state == PROC_STOPPED)
				status = j->procs[i].status;
		if (WSTOPSIG(status) == SIGTSTP)
			return "Stopped";
		snprintf(text, sizeof(text), "Stopped(SIG%s)", trap_signal_name(WSTOPSIG(status)));
		return text;
	default:
		if (WIFSIGNALED(status))
			return strsignal(WTERMSIG(status));
		if (WEXITSTATUS(status) == 0)
			return "Done";
		snprintf(text, sizeof(text), sh.posix ? "Done(%d)" : "Exit %d",
			 WEXITSTATUS(status));
		return text;
	}
}

/* format: 0, 'l' with process ids, 'p' only the leader's id. */
void job_print(struct job *j, char format, bool to_stderr)
{
	struct buf b = {};
	char mark = j == job_current(false) ? '+' : j == job_current(true) ? '-' : ' ';

	j->told = true;
	if (format == 'p') {
		buf_printf(&b, "%d\n", (int)j->procs[0].pid);
	} else {
		buf_printf(&b, "[%d] %c ", j->id, mark);
		if (format == 'l')
			buf_printf(&b, "%d ", (int)j->procs[0].pid);
		buf_printf(&b, "%-24s %s", state_text(j), j->text != nullptr ? j->text : "");
		if (job_state(j) == PROC_RUNNING && !sh.posix)
			buf_puts(&b, " &");
		buf_byte(&b, '\n');
	}
	if (!to_stderr)
		output_write(&out1, b.p, b.len);
	else if (write(STDERR_FILENO, b.p, b.len) < 0)
		return; /* nobody to tell */
}

void job_notify(void)
{
	struct job *next;

	job_reap(false);
	for (struct job *j = job_list; j != nullptr; j = next) {
		next = j->next;
		if (j->id == 0 || j->told || job_state(j) == PROC_RUNNING)
			continue;
		if (sh.interactive && !j->disowned)
			job_print(j, 0, true);
		j->told = true;
		if (job_state(j) == PROC_DONE && sh.interactive)
			j->id = 0; /* only wait still knows it, by its process id */
	}
}

int job_resume(struct job *j, bool foreground)
{
	for (int i = 0; i < j->nprocs; i++)
		if (j->procs[i].state == PROC_STOPPED)
			j->procs[i].state = PROC_RUNNING;
	j->told = false;
	if (foreground && tty_fd >= 0) {
		enter_group(j->procs[0].pid, j->pgid, true);
		if (j->tty != nullptr)
			tcsetattr(tty_fd, TCSADRAIN, j->tty);
	}
	if (kill(-j->pgid, SIGCONT) < 0 && errno != ESRCH) {
		warn("cannot continue the job: %s", strerror(errno));
		return 1;
	}
	if (foreground)
		return job_wait_foreground(j);
	sh.bg_pid = j->procs[j->nprocs - 1].pid;
	sh.bg_known = true;
	return 0;
}

static bool open_tty(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		for (int i = 2; i >= 0 && fd < 0; i--)
			if (isatty(i))
				fd = dup(i);
	if (fd < 0)
		return false;
	tty_fd = redir_move_high(fd);
	return tty_fd >= 0;
}

bool job_control_set(bool on)
{
	if (on == sh.job_control)
		return true;
	if (!on) {
		job_control_exit();
		sh.job_control = false;
		trap_set_interactive();
		return true;
	}
	if (tty_fd < 0 && !open_tty()) {
		/* Without a terminal jobs still get groups of their own. */
		sh.job_control = !sh.interactive;
		return sh.job_control;
	}
	if (sh.interactive) {
		pid_t group;
		while ((group = tcgetpgrp(tty_fd)) >= 0 && group != getpgrp())
			kill(0, SIGTTIN); /* started in the background: wait for our turn */
		initial_group = getpgrp();
	}
	sh.job_control = true;
	trap_set_interactive();
	if (sh.interactive) {
		setpgid(0, 0);
		enter_group(0, getpgrp(), true);
		tcgetattr(tty_fd, &shell_modes);
	}
	return true;
}

void job_control_exit(void)
{
	if (!sh.job_control || sh.subshell > 0 || tty_fd < 0 || initial_group == 0)
		return;
	if (initial_group != getpgrp()) {
		enter_group(0, initial_group, true);
		setpgid(0, initial_group);
	}
}

void job_hangup(void)
{
	for (const struct job *j = job_list; j != nullptr; j = j->next)
		if (!j->disowned && j->pgid != 0 && job_state(j) != PROC_DONE) {
			kill(-j->pgid, SIGHUP);
			kill(-j->pgid, SIGCONT);
		}
}

bool job_any_stopped(void)
{
	for (const struct job *j = job_list; j != nullptr; j = j->next)
		if (j->id != 0 && !j->disowned && job_state(j) == PROC_STOPPED)
			return true;
	return false;
}
