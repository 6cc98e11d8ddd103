/* SPDX-License-Identifier: MPL-2.0 */
/* Signals and traps. */
#include "apps/sh/trap.h"
#include "apps/sh/applets.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum disposition : unsigned char { UNKNOWN, DEFAULT, IGNORED, CAUGHT, HARD_IGNORED };

static char *action[TRAP_COUNT];
static enum disposition current[NSIG];
static volatile sig_atomic_t pending[NSIG];
static bool shown_only; /* a subshell that has not set a trap: the texts are just for show */
static bool running_exit;
static int before_action = -1; /* $? when the action began, -1 outside actions */

volatile sig_atomic_t trap_pending;
volatile sig_atomic_t trap_interrupted;

static const struct {
	const char *name;
	int sig;
} names[] = {
	{ "HUP", SIGHUP },       { "INT", SIGINT },         { "QUIT", SIGQUIT },
	{ "ILL", SIGILL },       { "TRAP", SIGTRAP },       { "ABRT", SIGABRT },
	{ "BUS", SIGBUS },       { "FPE", SIGFPE },         { "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },     { "SEGV", SIGSEGV },       { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },     { "ALRM", SIGALRM },       { "TERM", SIGTERM },
	{ "CHLD", SIGCHLD },     { "CONT", SIGCONT },       { "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },     { "TTIN", SIGTTIN },       { "TTOU", SIGTTOU },
	{ "URG", SIGURG },       { "XCPU", SIGXCPU },       { "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },       { "WINCH", SIGWINCH },
	{ "IO", SIGIO },         { "SYS", SIGSYS },         { "STKFLT", 16 },
	{ "PWR", 30 },           { "EXIT", TRAP_EXIT },     { "ERR", TRAP_ERR },
	{ "DEBUG", TRAP_DEBUG }, { "RETURN", TRAP_RETURN },
};

static const struct {
	const char *name;
	int sig;
} aliases[] = { { "CLD", SIGCHLD }, { "POLL", SIGIO }, { "IOT", SIGABRT } };

const char *trap_signal_name(int sig)
{
	static char text[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].sig == sig)
			return names[i].name;
	if (sig >= SIGRTMIN && sig <= SIGRTMAX) {
		bool low = sig - SIGRTMIN <= SIGRTMAX - sig;
		int off = low ? sig - SIGRTMIN : sig - SIGRTMAX;
		if (off == 0)
			return low ? "RTMIN" : "RTMAX";
		snprintf(text, sizeof(text), "%s%+d", low ? "RTMIN" : "RTMAX", off);
		return text;
	}
	return nullptr;
}

static int parse_realtime(const char *s)
{
	bool low = strncasecmp(s, "RTMIN", 5) == 0;

	if (!low && strncasecmp(s, "RTMAX", 5) != 0)
		return -1;
	int sig = (low ? SIGRTMIN : SIGRTMAX) + (s[5] != '\0' ? atoi(s + 5) : 0);
	bool formed = s[5] == '\0' || (s[5] == (low ? '+' : '-') && isdigit((unsigned char)s[6]));
	return formed && sig >= SIGRTMIN && sig <= SIGRTMAX ? sig : -1;
}

int trap_signal_parse(const char *s)
{
	if (isdigit((unsigned char)*s)) {
		char *end;
		long n = strtol(s, &end, 10);
		return *end == '\0' && n >= 0 && n < NSIG ? (int)n : -1;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, s) == 0)
			return names[i].sig >= TRAP_ERR && sh.posix ? -1 : names[i].sig;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].name, s) == 0)
			return aliases[i].sig;
	return parse_realtime(s);
}

/* For a shell that may change it: ignored since the start, and no `trap` was about it. */
static bool born_ignored[NSIG];
/* This process is one of the background, or below one, without job control. */
static bool in_background;

static void handler(int sig)
{
	if (sig == SIGINT && action[SIGINT] == nullptr) {
		trap_interrupted = 1;
		applets_interrupt();
		return;
	}
	pending[sig] = 1;
	trap_pending = 1;
}

static enum disposition disposition_of(int sig)
{
	struct sigaction sa;

	if (current[sig] == UNKNOWN) {
		current[sig] = DEFAULT;
		if (sigaction(sig, nullptr, &sa) == 0 && sa.sa_handler == SIG_IGN)
			current[sig] = sh.interactive ? IGNORED : HARD_IGNORED;
		born_ignored[sig] = current[sig] == IGNORED;
	}
	return current[sig];
}

static void install(int sig, enum disposition d)
{
	struct sigaction sa = {};

	if (disposition_of(sig) == d || current[sig] == HARD_IGNORED)
		return;
	current[sig] = d;
	sa.sa_handler = d == CAUGHT ? handler : d == IGNORED ? SIG_IGN : SIG_DFL;
	sigfillset(&sa.sa_mask);
	sigaction(sig, &sa, nullptr);
}

/* What the shell itself wants of a signal that has no action. */
static enum disposition own_wish(int sig)
{
	if (sh.interactive && sh.subshell == 0) {
		if (sig == SIGINT)
			return CAUGHT;
		if (sig == SIGQUIT || sig == SIGTERM)
			return IGNORED;
	}
	if (sh.job_control && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		return IGNORED;
	return DEFAULT;
}

static void apply(int sig)
{
	if (sig <= 0 || sig >= NSIG)
		return;
	if (action[sig] != nullptr)
		install(sig, action[sig][0] != '\0' ? CAUGHT : IGNORED);
	else if (sig != SIGCHLD)
		install(sig, own_wish(sig));
	else if (current[sig] != UNKNOWN)
		install(sig, DEFAULT);
}

void trap_set_interactive(void)
{
	static const int wished[] = { SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < sizeof(wished) / sizeof(wished[0]); i++)
		if (action[wished[i]] == nullptr || shown_only)
			apply(wished[i]);
}

static void forget_shown(void)
{
	if (!shown_only)
		return;
	shown_only = false;
	for (int i = 0; i < TRAP_COUNT; i++)
		if (action[i] != nullptr && (action[i][0] != '\0' || i == 0)) {
			free(action[i]);
			action[i] = nullptr;
		}
}

void trap_set(int sig, const char *text)
{
	forget_shown();
	if (sig > 0 && sig < NSIG && disposition_of(sig) == HARD_IGNORED)
		return; /* ignored when we were started: POSIX keeps it so */
	if (sig > 0 && sig < NSIG)
		born_ignored[sig] = false;
	free(action[sig]);
	action[sig] = text != nullptr ? xstrdup(text) : nullptr;
	apply(sig);
}

const char *trap_get(int sig)
{
	return shown_only && action[sig] != nullptr && action[sig][0] != '\0' ? nullptr
									      : action[sig];
}

const char *trap_shown(int sig)
{
	if (action[sig] == nullptr && sig > 0 && sig < NSIG && sig != SIGCHLD &&
	    disposition_of(sig) == HARD_IGNORED)
		return "";
	return action[sig];
}

bool trap_is_set(int sig)
{
	const char *text = trap_get(sig);

	return text != nullptr && text[0] != '\0';
}

static void run_text(const char *text)
{
	int status = sh.status;
	enum skip skip = sh.skip;
	int skip_count = sh.skip_count;
	char *copy = xstrdup(text); /* the action may replace itself */

	int outer = before_action;

	sh.skip = SKIP_NONE;
	before_action = status;
	eval_string(copy, strlen(copy), sh.line);
	before_action = outer;
	free(copy);
	if (sh.skip == SKIP_RETURN)
		return;
	sh.status = status;
	sh.skip = skip;
	sh.skip_count = skip_count;
}

int trap_status(bool before)
{
	return before && before_action >= 0 ? before_action : sh.status;
}

int trap_first_pending(void)
{
	for (int i = 1; i < NSIG; i++)
		if (pending[i])
			return i;
	return 0;
}

void trap_run_pending(void)
{
	while (trap_pending) {
		trap_pending = 0;
		for (int i = 1; i < NSIG; i++) {
			if (!pending[i])
				continue;
			pending[i] = 0;
			if (trap_is_set(i))
				run_text(action[i]);
		}
	}
	if (trap_interrupted && sh.interactive && guard_top != nullptr) {
		trap_interrupted = 0;
		error_raise(128 + SIGINT);
	}
}

static bool busy[TRAP_COUNT - NSIG]; /* ERR, DEBUG and RETURN do not nest */

bool trap_wants_command(void)
{
	return (trap_is_set(TRAP_DEBUG) || trap_is_set(TRAP_ERR)) && !busy[TRAP_DEBUG - NSIG] &&
	       !busy[TRAP_ERR - NSIG];
}

void trap_run(int sig)
{
	if (!trap_is_set(sig))
		return;
	if (sig == TRAP_EXIT) {
		char *text = action[TRAP_EXIT];
		if (running_exit)
			return;
		running_exit = true;
		action[TRAP_EXIT] = nullptr;
		before_action = sh.status;
		eval_string(text, strlen(text), sh.line);
		return;
	}
	if (busy[sig - NSIG])
		return;
	busy[sig - NSIG] = true;
	run_text(action[sig]);
	busy[sig - NSIG] = false;
}

bool trap_blocks_exec(void)
{
	if (shown_only)
		return false;
	for (int i = 0; i < TRAP_COUNT; i++)
		if (action[i] != nullptr && action[i][0] != '\0')
			return true;
	return false;
}

void trap_fork(bool background, bool job_control)
{
	shown_only = true;
	running_exit = false;
	before_action = -1;
	for (int i = 1; i < NSIG; i++) {
		pending[i] = 0;
		bool stays = in_background && (i == SIGINT || i == SIGQUIT);
		if (current[i] == CAUGHT ||
		    (current[i] == IGNORED && action[i] == nullptr && !stays))
			install(i, born_ignored[i] ? IGNORED : DEFAULT);
	}
	trap_pending = trap_interrupted = 0;
	if (background && !job_control) {
		in_background = true;
		install(SIGINT, IGNORED);
		install(SIGQUIT, IGNORED);
	}
}

static void hold_nothing(int sig)
{
	(void)sig;
}

void trap_hold(sigset_t *old)
{
	sigset_t all;
	struct sigaction sa = {};

	/* SIGCHLD must interrupt sigsuspend even when nobody traps it. */
	if (disposition_of(SIGCHLD) != CAUGHT) {
		sa.sa_handler = hold_nothing;
		sigaction(SIGCHLD, &sa, nullptr);
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

void trap_release(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, nullptr);
	if (current[SIGCHLD] != CAUGHT) {
		struct sigaction sa = {};
		sa.sa_handler = current[SIGCHLD] == IGNORED ? SIG_IGN : SIG_DFL;
		sigaction(SIGCHLD, &sa, nullptr);
	}
}
