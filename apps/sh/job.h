/* SPDX-License-Identifier: MPL-2.0 */
/* Child processes: forking, waiting, and the table of jobs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct node;
struct termios;

enum proc_state : unsigned char { PROC_RUNNING, PROC_STOPPED, PROC_DONE };

struct proc {
	pid_t pid;
	int status; /* as wait gives it */
	enum proc_state state;
	bool changed; /* and not yet told */
};

struct job {
	struct job *next; /* newest first */
	struct proc *procs;
	int nprocs, cap;
	int id;     /* 0: has no number, because it was never in the background */
	pid_t pgid; /* 0: shares the shell's group */
	char *text; /* what `jobs` shows */
	bool foreground;
	bool waited;         /* its end was told: forget it */
	bool disowned;       /* no SIGHUP for it, and not listed */
	bool told;           /* its present state has been reported */
	bool known;          /* was in the background of this shell: wait knows it */
	struct termios *tty; /* the terminal's modes when it stopped */
};

extern struct job *job_list;

enum fork_mode { FORK_FOREGROUND, FORK_BACKGROUND, FORK_SUBST };

struct job *job_create(const struct node *n, int nprocs);
/* As fork(). In the child signals, groups and the job table are as a subshell needs them. */
pid_t job_fork(struct job *j, enum fork_mode mode);
/* Waits for a foreground job; its exit status. The job is freed unless it stopped. */
int job_wait_foreground(struct job *j);
/* The job has started in the background. */
void job_background(struct job *j);

enum proc_state job_state(const struct job *j);
/* The exit status of the last process (with pipefail, of the last that failed). */
int job_status(const struct job *j);
int proc_status(int status);
/* Collects what has changed; with `block` waits for one change. False when there are no children.
 */
bool job_reap(bool block);
/* Reports finished and stopped jobs at the prompt. */
void job_notify(void);
void job_print(struct job *j, char format, bool to_stderr);
/* The job that %..., or a process id, names; nullptr after a message in the name of `who`. */
struct job *job_parse(const char *spec, const char *who);
struct job *job_find_pid(pid_t pid);
struct job *job_current(bool previous);
void job_free(struct job *j);
/* Puts a stopped job back to work. */
int job_resume(struct job *j, bool foreground);
void job_forget_all(void);

/* Turns job control on or off; false when there is no terminal for it. */
bool job_control_set(bool on);
void job_control_exit(void);
/* Our descriptor of the terminal, or -1. */
int job_tty(void);
/* SIGHUP for every job: the terminal is gone, or the login shell leaves. */
void job_hangup(void);
bool job_any_stopped(void);
