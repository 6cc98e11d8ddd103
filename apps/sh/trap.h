/* SPDX-License-Identifier: MPL-2.0 */
/* Signals: actions of `trap`, what an interactive shell ignores, what a child inherits. */
#pragma once

#include <signal.h>
#include <stdbool.h>

constexpr int TRAP_EXIT = 0;
constexpr int TRAP_ERR = NSIG;
constexpr int TRAP_DEBUG = NSIG + 1;
constexpr int TRAP_RETURN = NSIG + 2;
constexpr int TRAP_COUNT = NSIG + 3;

/* Some signal came that has an action to run. */
extern volatile sig_atomic_t trap_pending;
/* SIGINT came and nobody traps it. */
extern volatile sig_atomic_t trap_interrupted;

/* Sets the signals that an interactive shell (and one with job control) treats specially. */
void trap_set_interactive(void);
/* text nullptr: the default action; "": ignored. */
void trap_set(int sig, const char *text);
const char *trap_get(int sig);
/* What `trap` shows: in a subshell the parent's, until it sets its own. */
const char *trap_shown(int sig);
void trap_run_pending(void);
/* Runs the action for EXIT, ERR and so on, if there is one. */
void trap_run(int sig);
/* In a forked child: caught signals go back to their default. `background`: & without job control.
 */
void trap_fork(bool background, bool job_control);
/* Whether any action is set that must run before the process may be replaced. */
bool trap_blocks_exec(void);
bool trap_is_set(int sig);
/* Whether an action may want to know which command it is run for: BASH_COMMAND. */
bool trap_wants_command(void);
/* $?; in an action that of before it: what `exit` and `return` mean when they are not told. */
int trap_status(bool before);

/* Blocks all signals, so that sigsuspend can wait for one (SIGCHLD too) without missing it. */
void trap_hold(sigset_t *old);
void trap_release(const sigset_t *old);
/* The first signal that waits for its action, or 0. */
int trap_first_pending(void);

/* Names without SIG; nullptr for no signal. */
const char *trap_signal_name(int sig);
/* "INT", "SIGINT", "2", "EXIT", "0": -1 when it is none. */
int trap_signal_parse(const char *s);
