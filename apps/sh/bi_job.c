/* SPDX-License-Identifier: MPL-2.0 */
/* Built-ins about jobs: jobs, fg, bg, wait, kill, disown, suspend. */
#include "apps/sh/arith.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/job.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_listed(const struct job *j)
{
	return j->id != 0 && !j->disowned;
}

static struct job *job_numbered(int id)
{
	struct job *j = job_list;

	while (j != nullptr && (j->id != id || !is_listed(j)))
		j = j->next;
	return j;
}

static int highest_id(void)
{
	int most = 0;

	for (const struct job *j = job_list; j != nullptr; j = j->next)
		if (j->id > most)
			most = j->id;
	return most;
}

static void show(struct job *j, char format)
{
	job_print(j, format, false);
	if (job_state(j) == PROC_DONE && sh.subshell == 0 && !j->known)
		job_free(j);
}

int bi_jobs(int argc, char **argv)
{
	struct flags f = {};
	char format = 0, only = 0;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "lp" : "lprsn")) != 0) {
		if (c == '?')
			return 2;
		if (c == 'l' || c == 'p')
			format = (char)c;
		else
			only = (char)c;
	}
	if (sh.subshell == 0)
		job_reap(false);
	if (f.at >= argc) {
		int most = highest_id();
		for (int id = 1; id <= most; id++) {
			struct job *j = job_numbered(id);
			if (j == nullptr || (only == 'r' && job_state(j) != PROC_RUNNING) ||
			    (only == 's' && job_state(j) != PROC_STOPPED))
				continue;
			bool done = job_state(j) == PROC_DONE;
			job_print(j, format, false);
			if (done && sh.subshell == 0)
				job_free(j);
		}
		return 0;
	}
	for (int i = f.at; i < argc; i++) {
		struct job *j = job_parse(argv[i], "jobs");
		if (j == nullptr)
			status = 1;
		else
			show(j, format);
	}
	return status;
}

static int need_control(const char *who)
{
	if (sh.job_control)
		return 0;
	warn("%s: no job control", who);
	return 1;
}

static bool can_resume(const struct job *j, const char *who)
{
	if (j->pgid == 0 || (j->procs[0].state == PROC_DONE && job_state(j) == PROC_DONE)) {
		warn("%s: the job has ended or was started without job control", who);
		return false;
	}
	return true;
}

int bi_fg(int argc, char **argv)
{
	struct flags f = {};

	if (flags_next(&f, argc, argv, "") == '?')
		return 2;
	if (need_control("fg") != 0)
		return 1;
	job_reap(false);
	struct job *j = job_parse(f.at < argc ? argv[f.at] : "%+", "fg");
	if (j == nullptr || !can_resume(j, "fg"))
		return 1;
	output_printf(&out1, "%s\n", j->text != nullptr ? j->text : "");
	output_flush(&out1);
	return job_resume(j, true);
}

static int background(const char *spec)
{
	struct job *j = job_parse(spec, "bg");

	if (j == nullptr || !can_resume(j, "bg"))
		return 1;
	output_printf(&out1, "[%d] %s &\n", j->id, j->text != nullptr ? j->text : "");
	return job_state(j) == PROC_RUNNING ? 0 : job_resume(j, false);
}

int bi_bg(int argc, char **argv)
{
	struct flags f = {};
	int status = 0;

	if (flags_next(&f, argc, argv, "") == '?')
		return 2;
	if (need_control("bg") != 0)
		return 1;
	job_reap(false);
	if (f.at >= argc)
		return background("%+");
	for (int i = f.at; i < argc; i++)
		status |= background(argv[i]);
	return status;
}

/* -- wait -- */

/*
 * Waits for something to change without missing a trapped signal: they are held back while we
 * look, and sigsuspend lets them in. Gives 128 + n for a trapped signal, else 0.
 */
static int wait_change(void)
{
	sigset_t old;
	int sig = 0;

	trap_hold(&old);
	if (!trap_pending && !trap_interrupted) {
		sigset_t open = old;
		job_reap(false);
		for (const struct job *j = job_list; j != nullptr; j = j->next)
			if (!j->told && job_state(j) != PROC_RUNNING) {
				trap_release(&old);
				return 0;
			}
		sigdelset(&open, SIGCHLD);
		sigsuspend(&open);
	}
	sig = trap_first_pending();
	if (sig == 0 && trap_interrupted)
		sig = SIGINT;
	trap_release(&old);
	if (sig == 0)
		return 0;
	trap_run_pending();
	return 128 + sig;
}

/* Waits for one job; its status, or of the signal that broke the wait in *broken. */
static int wait_job(struct job *j, bool until_done, bool *broken)
{
	for (;;) {
		job_reap(false);
		enum proc_state state = job_state(j);
		if (state == PROC_DONE || (state == PROC_STOPPED && !until_done && sh.job_control))
			break;
		j->told = false;
		for (struct job *k = job_list; k != nullptr; k = k->next)
			if (job_state(k) != PROC_RUNNING)
				k->told = true; /* news we have seen */
		int status = wait_change();
		if (status != 0) {
			*broken = true;
			return status;
		}
	}
	return job_status(j);
}

static int wait_all(void)
{
	bool broken = false;

	for (struct job *j = job_list, *next; j != nullptr; j = next) {
		next = j->next;
		if (!j->known)
			continue;
		if (job_state(j) == PROC_STOPPED)
			continue;
		int status = wait_job(j, false, &broken);
		if (broken)
			return status;
		if (job_state(j) == PROC_DONE) {
			job_free(j);
			next = job_list;
		}
	}
	return 0;
}

/* wait -n: the next one to end, of those named or of all. */
static int wait_next(int argc, char **argv, const char *name)
{
	for (;;) {
		bool any = false;
		job_reap(false);
		for (struct job *j = job_list; j != nullptr; j = j->next) {
			bool wanted = argc == 0 && j->known;
			for (int i = 0; i < argc && !wanted; i++)
				wanted = *argv[i] == '%' ? job_parse(argv[i], "wait") == j
							 : job_find_pid(atoi(argv[i])) == j;
			any |= wanted;
			if (!wanted || job_state(j) != PROC_DONE)
				continue;
			int status = job_status(j);
			if (name != nullptr)
				var_set_num(sym_intern(name, strlen(name)),
					    j->procs[j->nprocs - 1].pid);
			job_free(j);
			return status;
		}
		if (!any)
			return 127;
		for (struct job *k = job_list; k != nullptr; k = k->next)
			k->told = job_state(k) != PROC_RUNNING;
		int status = wait_change();
		if (status != 0)
			return status;
	}
}

static int wait_one(const char *spec, bool until_done, bool *broken)
{
	struct job *j;
	long long pid;

	if (*spec == '%') {
		j = job_parse(spec, "wait");
	} else {
		if (!number_parse(spec, &pid) || pid < 0) {
			warn("wait: %s: not a process or job", spec);
			return sh.posix ? 2 : 1;
		}
		j = job_find_pid((pid_t)pid);
	}
	if (j == nullptr || !j->known) {
		if (*spec != '%' && !sh.posix)
			warn("wait: %s: not a child of this shell", spec);
		return 127;
	}
	int status = wait_job(j, until_done, broken);
	if (*spec != '%' && j->nprocs > 1 && !*broken)
		for (int i = 0; i < j->nprocs; i++)
			if (j->procs[i].pid == (pid_t)pid)
				status = proc_status(j->procs[i].status);
	if (!*broken && job_state(j) == PROC_DONE)
		job_free(j);
	return status;
}

int bi_wait(int argc, char **argv)
{
	struct flags f = {};
	bool next = false, until_done = false, broken = false;
	const char *name = nullptr;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "" : "fnp:")) != 0) {
		if (c == '?')
			return 2;
		next |= c == 'n';
		until_done |= c == 'f';
		name = c == 'p' ? f.arg : name;
	}
	if (next)
		return wait_next(argc - f.at, argv + f.at, name);
	if (f.at >= argc)
		return wait_all();
	for (int i = f.at; i < argc && !broken; i++)
		status = wait_one(argv[i], until_done, &broken);
	return status;
}

/* -- kill -- */

static int list_signals(int argc, char **argv)
{
	int status = 0;

	if (argc == 0) {
		for (int i = 1; i < NSIG; i++)
			if (trap_signal_name(i) != nullptr)
				output_printf(&out1, "%s\n", trap_signal_name(i));
		return 0;
	}
	for (int i = 0; i < argc; i++) {
		int sig;
		if (isdigit((unsigned char)argv[i][0])) {
			int n = atoi(argv[i]);
			n = n >= 384 ? n - 384 : n > 128 ? n - 128 : n;
			const char *name = n > 0 ? trap_signal_name(n) : n == 0 ? "EXIT" : nullptr;
			if (name == nullptr)
				status = usage_error("kill", argv[i], "no such signal") - 1;
			else
				output_printf(&out1, "%s\n", name);
		} else if ((sig = trap_signal_parse(argv[i])) >= 0) {
			output_printf(&out1, "%d\n", sig);
		} else {
			status = usage_error("kill", argv[i], "no such signal") - 1;
		}
	}
	return status;
}

static int send_to_job(struct job *j, int sig)
{
	int status = 0;

	if (j->pgid != 0) {
		/* A stopped job must run to take notice. */
		if (kill(-j->pgid, sig) < 0) {
			warn("kill: %s", strerror(errno));
			return 1;
		}
		if (job_state(j) == PROC_STOPPED && (sig == SIGTERM || sig == SIGHUP))
			kill(-j->pgid, SIGCONT);
		return 0;
	}
	for (int i = 0; i < j->nprocs; i++)
		if (j->procs[i].state != PROC_DONE && kill(j->procs[i].pid, sig) < 0)
			status = 1;
	return status;
}

static int send_one(const char *spec, int sig)
{
	long long pid;

	if (*spec == '%') {
		struct job *j = job_parse(spec, "kill");
		return j != nullptr ? send_to_job(j, sig) : 1;
	}
	if (!number_parse(spec, &pid)) {
		warn("kill: %s: not a process or job", spec);
		return 1;
	}
	if (kill((pid_t)pid, sig) < 0) {
		warn("kill: %s: %s", spec, strerror(errno));
		return 1;
	}
	return 0;
}

int bi_kill(int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = 0;

	if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0' && strcmp(argv[1], "--") != 0) {
		const char *a = argv[1] + 1;
		if ((*a == 'l' || *a == 'L') && a[1] == '\0') {
			int first = argc > 2 && strcmp(argv[2], "--") == 0 ? 3 : 2;
			return list_signals(argc - first, argv + first);
		}
		if ((*a == 's' || *a == 'n') && (a[1] == '\0' || trap_signal_parse(a) < 0)) {
			a = a[1] != '\0' ? a + 1 : argc > 2 ? argv[++i] : "";
		}
		sig = trap_signal_parse(a);
		if (sig < 0)
			return usage_error("kill", a, "no such signal") - 1;
		i++;
	}
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (i >= argc)
		return usage_error("kill", "", "which process?");
	for (; i < argc; i++)
		status |= send_one(argv[i], sig);
	return status;
}

int bi_disown(int argc, char **argv)
{
	struct flags f = {};
	bool all = false, keep = false;
	int c;

	while ((c = flags_next(&f, argc, argv, "ahr")) != 0) {
		if (c == '?')
			return 2;
		all |= c == 'a' || c == 'r';
		keep |= c == 'h';
	}
	if (all) {
		for (struct job *j = job_list; j != nullptr; j = j->next)
			j->disowned = !keep;
		return 0;
	}
	int i = f.at;
	do {
		struct job *j = job_parse(i < argc ? argv[i] : "%+", "disown");
		if (j == nullptr)
			return 1;
		j->disowned = !keep;
		if (!keep)
			j->id = 0;
	} while (++i < argc);
	return 0;
}

int bi_suspend(int argc, char **argv)
{
	bool force = argc > 1 && strcmp(argv[1], "-f") == 0;

	if (sh.opt[OPT_LOGIN] && !force)
		return usage_error("suspend", "", "this is a login shell") - 1;
	job_control_exit();
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	trap_set_interactive();
	return 0;
}
