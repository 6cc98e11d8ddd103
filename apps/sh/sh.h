/* SPDX-License-Identifier: MPL-2.0 */
/* The shell's state that every part looks at: status, options, positional parameters. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum option {
	OPT_ALLEXPORT,
	OPT_NOTIFY,
	OPT_NOCLOBBER,
	OPT_ERREXIT,
	OPT_NOGLOB,
	OPT_HASHALL,
	OPT_INTERACTIVE,
	OPT_KEYWORD,
	OPT_MONITOR,
	OPT_NOEXEC,
	OPT_STDIN,
	OPT_NOUNSET,
	OPT_VERBOSE,
	OPT_XTRACE,
	OPT_BRACEEXPAND,
	OPT_ERRTRACE,
	OPT_FUNCTRACE,
	OPT_PRIVILEGED,
	OPT_PHYSICAL,
	OPT_LOGIN,
	OPT_ONECMD,
	OPT_IGNOREEOF,
	OPT_NOLOG,
	OPT_VI,
	OPT_EMACS,
	OPT_PIPEFAIL,
	OPT_POSIX,
	OPT_HISTEXPAND,
	/* from here on: shopt's */
	SHOPT_EXTGLOB,
	SHOPT_NULLGLOB,
	SHOPT_DOTGLOB,
	SHOPT_GLOBSTAR,
	SHOPT_NOCASEGLOB,
	SHOPT_NOCASEMATCH,
	SHOPT_FAILGLOB,
	SHOPT_LASTPIPE,
	SHOPT_EXPAND_ALIASES,
	SHOPT_INHERIT_ERREXIT,
	SHOPT_XPG_ECHO,
	SHOPT_LOCALVAR_INHERIT,
	SHOPT_ALWAYS, /* on, and stays so */
	OPT_COUNT
};

enum skip { SKIP_NONE, SKIP_BREAK, SKIP_CONTINUE, SKIP_RETURN };

/* $1 and on. A function's arguments lie in the caller's scratch; those of `set` are malloc'd. */
struct params {
	char **v;
	int n;
	char **owned;         /* what to free, or nullptr */
	struct params *outer; /* the caller's, on its stack */
};

struct sh {
	int status;       /* $? */
	int subst_status; /* of the last command substitution in this command */
	int line;         /* $LINENO */
	enum skip skip;   /* break, continue or return on its way out */
	int skip_count;   /* loops it still has to leave */
	int loop_depth;
	int func_depth;
	int dot_depth;
	int subshell; /* forks between the first shell and this one */
	pid_t pid;    /* $$ */
	pid_t bg_pid; /* $! */
	bool bg_known;
	const char *arg0;   /* $0 */
	const char *self;   /* how messages call this shell */
	const char *script; /* the script's name in messages, or nullptr */
	struct params params;
	bool interactive;
	bool job_control;
	bool posix; /* called as sh: no extensions that change what a POSIX script means */
	bool utf8;
	bool in_errexit_test; /* a condition is being evaluated: -e is off */
	unsigned char opt[OPT_COUNT];
	unsigned path_age; /* changes with PATH and hash -r; remembered paths of another age are
			      stale */
};

extern struct sh sh;

void params_set(int n, char **v);
/* A call's own parameters; `before` keeps the caller's until params_pop. */
void params_push(struct params *before, int n, char **v);
void params_pop(void);
/* Leaves the shell: runs the EXIT trap, writes the history, flushes. */
[[noreturn]] void sh_exit(int status);
