/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages, and the way out of a failed command.
 *
 * error_raise unwinds to the innermost struct guard (the prompt, `command`, ...) and undoes what
 * was pushed since: redirections, local variables, input sources, scratch. Without a guard the
 * shell exits, as POSIX wants of a script.
 */
#pragma once

#include <setjmp.h>
#include <stddef.h>

#include "apps/sh/mem.h"
#include "apps/sh/sh.h"

struct redir_undo;
struct frame;
struct source;

struct guard {
	jmp_buf env;
	struct guard *prev;
	struct mark scratch;
	struct redir_undo *redirs;
	struct frame *frame;
	struct source *source;
	struct params *params_outer;
	int loop_depth, func_depth, dot_depth;
	bool in_errexit_test;
};

extern struct guard *guard_top;

void guard_init(struct guard *g);
void guard_pop(struct guard *g);

/* Use: if (guard_push(&g) == 0) { ...; guard_pop(&g); } else { failed, sh.status tells; }. */
#define guard_push(g) (guard_init(g), setjmp((g)->env))

/* Writes "name: line n: message". */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, and ends the command with this status. */
[[noreturn]] void fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
[[noreturn]] void error_raise(int status);
/* For errors that end every script, strict or not: ${v?}, set -u. */
[[noreturn]] void error_fatal(int status);
[[noreturn]] void error_oom(size_t n);
/* Raises when the stack is nearly used up: called wherever input decides the depth. */
void stack_check(void);
void stack_init(void);
