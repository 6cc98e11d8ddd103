/* SPDX-License-Identifier: MPL-2.0 */
/* Reading lines from a person. */
#include "apps/sh/interactive.h"
#include "apps/sh/edit.h"
#include "apps/sh/error.h"
#include "apps/sh/history.h"
#include "apps/sh/input.h"
#include "apps/sh/job.h"
#include "apps/sh/mem.h"
#include "apps/sh/output.h"
#include "apps/sh/prompt.h"
#include "apps/sh/sh.h"
#include "apps/sh/term.h"
#include "apps/sh/trap.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void show(const char *s)
{
	/* The marks around invisible parts are for the editor. */
	for (; *s != '\0'; s++)
		if (*s != '\001' && *s != '\002' && write(STDERR_FILENO, s, 1) < 0)
			return;
}

/* Without editing: a dumb terminal, or no terminal at all. */
static char *plain_line(int prompt, size_t *len)
{
	struct mark m = arena_mark(&scratch);
	struct buf b = {};
	char c;

	trap_run_pending(); /* a Control-C that came while nobody read is for this line */
	show(prompt_text(prompt));
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR) {
			trap_run_pending();
			continue;
		}
		if (n <= 0)
			break;
		buf_byte(&b, c);
		if (c == '\n')
			break;
	}
	*len = b.len;
	char *line = b.len > 0 ? xstrndup(b.p, b.len) : nullptr;
	arena_release(&scratch, m);
	return line;
}

static char *pending; /* the lines of the command being typed, for the history */
static size_t pending_len;

static void remember_line(const char *line, size_t len)
{
	pending = xrealloc(pending, pending_len + len);
	memcpy(pending + pending_len, line, len);
	pending_len += len;
}

void interactive_commit(void)
{
	if (pending_len > 0)
		history_add(pending, pending_len);
	pending_len = 0;
}

static char *edited_line(int prompt, size_t *len)
{
	struct mark m = arena_mark(&scratch);
	char *line = edit_line(prompt_text(prompt), len);

	arena_release(&scratch, m);
	if (line == nullptr && *len == 1) { /* Control-C */
		pending_len = 0;
		error_raise(128 + SIGINT);
	}
	return line;
}

char *interactive_line(int prompt, size_t *len)
{
	output_flush(&out1);
	if (prompt == 1)
		job_notify();
	char *line = term_can_edit() ? edited_line(prompt, len) : plain_line(prompt, len);
	if (line != nullptr)
		remember_line(line, *len);
	return line;
}

void interactive_init(void)
{
	history_load();
}

void interactive_exit(void)
{
	term_restore();
}
