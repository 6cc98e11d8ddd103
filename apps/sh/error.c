/* SPDX-License-Identifier: MPL-2.0 */
/* Messages, and the way out of a failed command. */
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/output.h"
#include "apps/sh/redir.h"
#include "apps/sh/var.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct guard *guard_top;

static char *stack_floor; /* going below is refused */

constexpr size_t STACK_SPARE = 256 * 1024;
constexpr size_t STACK_MOST = 64 * 1024 * 1024;

void guard_init(struct guard *g)
{
	g->prev = guard_top;
	g->scratch = arena_mark(&scratch);
	g->redirs = redir_undo_top;
	g->frame = frame_top;
	g->source = source_top;
	g->params_outer = sh.params.outer;
	g->loop_depth = sh.loop_depth;
	g->func_depth = sh.func_depth;
	g->dot_depth = sh.dot_depth;
	g->in_errexit_test = sh.in_errexit_test;
	guard_top = g;
}

void guard_pop(struct guard *g)
{
	guard_top = g->prev;
}

void error_raise(int status)
{
	struct guard *g = guard_top;

	sh.status = status;
	if (g == nullptr)
		sh_exit(status);
	guard_top = g->prev;
	redir_undo_to(g->redirs);
	frame_pop_to(g->frame);
	source_pop_to(g->source);
	while (sh.params.outer != g->params_outer)
		params_pop(); /* but what `set` made of the guard's own stays */
	sh.loop_depth = g->loop_depth;
	sh.func_depth = g->func_depth;
	sh.dot_depth = g->dot_depth;
	sh.in_errexit_test = g->in_errexit_test;
	sh.skip = SKIP_NONE;
	arena_release(&scratch, g->scratch);
	longjmp(g->env, 1);
}

void error_fatal(int status)
{
	if (!sh.interactive)
		sh_exit(status);
	error_raise(status);
}

static void warn_list(const char *fmt, va_list ap)
{
	char text[1024];
	size_t n;

	output_flush(&out1);
	if (sh.interactive && sh.script == nullptr)
		n = (size_t)snprintf(text, sizeof(text), "%s: ", sh.self);
	else
		n = (size_t)snprintf(text, sizeof(text),
				     "%s: line %d: ", sh.script != nullptr ? sh.script : sh.self,
				     sh.line);
	if (n >= sizeof(text) - 2)
		n = sizeof(text) / 2;
	int more = vsnprintf(text + n, sizeof(text) - n - 1, fmt, ap);
	n += (size_t)more < sizeof(text) - n - 1 ? (size_t)more : sizeof(text) - n - 2;
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, n) < 0)
		return; /* there is nowhere left to complain to */
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_list(fmt, ap);
	va_end(ap);
}

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_list(fmt, ap);
	va_end(ap);
	error_raise(status);
}

void error_oom(size_t n)
{
	warn("cannot allocate %zu bytes", n);
	_exit(2);
}

void stack_init(void)
{
	struct rlimit rl;
	char *here = __builtin_frame_address(0);
	size_t size = 8 * 1024 * 1024;

	if (getrlimit(RLIMIT_STACK, &rl) == 0)
		size = rl.rlim_cur < STACK_MOST ? (size_t)rl.rlim_cur : STACK_MOST;
	stack_floor = size > 2 * STACK_SPARE ? here - (size - STACK_SPARE) : here - size / 2;
}

void stack_check(void)
{
	char here;

	if (&here < stack_floor) {
		char *floor = stack_floor;

		stack_floor -= STACK_SPARE / 2; /* the message and the EXIT trap need room */
		warn("nested too deeply");
		stack_floor = floor;
		error_raise(2);
	}
}
