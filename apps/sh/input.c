/* SPDX-License-Identifier: MPL-2.0 */
/* Sources of characters: buffers, files, the terminal, alias texts. */
#include "apps/sh/input.h"
#include "apps/sh/error.h"
#include "apps/sh/interactive.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

constexpr size_t READ_SIZE = 16 * 1024;

struct source *source_top;
bool source_alias_blank;
int source_prompt = 1;

/* Reads up to one line, a byte at a time: whatever follows belongs to the command it starts. */
static ssize_t read_line_exactly(struct source *s)
{
	size_t n = 0;

	while (n < READ_SIZE) {
		ssize_t got = read(s->fd, s->buf + n, 1);
		if (got < 0 && errno == EINTR) {
			trap_run_pending();
			continue;
		}
		if (got <= 0)
			return n > 0 ? (ssize_t)n : got;
		if (s->buf[n++] == '\n')
			break;
	}
	return (ssize_t)n;
}

static ssize_t read_block(struct source *s)
{
	if (s->unbuffered)
		return read_line_exactly(s);
	for (;;) {
		ssize_t got = read(s->fd, s->buf, READ_SIZE);
		if (got >= 0 || errno != EINTR)
			return got;
		trap_run_pending();
	}
}

static bool refill(struct source *s)
{
	if (s->fd < 0 || s->eof)
		return false;
	if (s->interactive) {
		size_t len;
		char *line = interactive_line(source_prompt, &len);
		if (line == nullptr)
			return false;
		free(s->buf);
		s->buf = line;
		s->p = s->begin = line;
		s->end = line + len;
		source_prompt = 2;
		return true;
	}
	source_echo();
	ssize_t n = read_block(s);
	if (n <= 0) {
		if (n < 0)
			warn("cannot read the script: %s", strerror(errno));
		s->eof = true;
		return false;
	}
	s->p = s->begin = s->echoed = s->buf;
	s->end = s->buf + n;
	return true;
}

void source_echo(void)
{
	struct source *s = source_top;

	while (!s->counts && s->prev != nullptr)
		s = s->prev;
	if (sh.opt[OPT_VERBOSE] && !s->interactive && s->p > s->echoed &&
	    write(STDERR_FILENO, s->echoed, (size_t)(s->p - s->echoed)) < 0)
		return; /* -v is a courtesy */
	s->echoed = s->p;
}

int source_fill(void)
{
	for (;;) {
		struct source *s = source_top;

		while (s->p < s->end) {
			int c = (unsigned char)*s->p++;
			if (c == '\n')
				s->line += s->counts;
			if (c != '\0')
				return c;
		}
		if (refill(s))
			continue;
		if (s->barrier || s->prev == nullptr)
			return SOURCE_EOF;
		source_pop();
	}
}

void source_unget(int c)
{
	char byte = (char)c;

	if (c == SOURCE_EOF)
		return;
	if (source_top->p == source_top->begin) { /* the source it came from is used up */
		source_push_back(&byte, 1);
		return;
	}
	source_top->p--;
	if (c == '\n')
		source_top->line -= source_top->counts;
}

int source_peek(void)
{
	int c = source_get();

	source_unget(c);
	return c;
}

int source_line(void)
{
	const struct source *s = source_top;

	while (!s->counts && s->prev != nullptr)
		s = s->prev;
	return s->line;
}

static struct sym *finished; /* aliases to release */

void source_release_aliases(void)
{
	for (; finished != nullptr; finished = finished->alias_done)
		finished->alias_busy = false;
}

static void alias_finish(struct sym *alias)
{
	alias->alias_done = finished;
	finished = alias;
}

static void source_push(struct source *s)
{
	s->prev = source_top;
	s->script = sh.script;
	source_top = s;
}

void source_push_text(struct source *s, const char *text, size_t len, int line, bool barrier)
{
	*s = (struct source){
		.p = text,
		.begin = text,
		.end = text + len,
		.echoed = text,
		.fd = -1,
		.line = line,
		.counts = true,
		.barrier = barrier,
	};
	source_push(s);
}

/* Sources that no C frame owns: freed when popped. They are told by fd == -2. */
static struct source *source_make(size_t len)
{
	struct source *s = xmalloc(sizeof(*s));

	*s = (struct source){ .fd = -2, .buf = xmalloc(len + 1) };
	s->p = s->begin = s->buf;
	return s;
}

void source_push_alias(struct sym *alias)
{
	size_t len = strlen(alias->alias);
	struct source *s = source_make(len);

	memcpy(s->buf, alias->alias, len);
	s->end = s->buf + len;
	s->alias = alias;
	/* The word is the last of the aliases it came out of: they stay busy with this one. */
	s->outer_aliases = finished;
	finished = nullptr;
	alias->alias_busy = true;
	source_push(s);
}

void source_push_back(const char *text, size_t len)
{
	struct source *s = source_make(len);

	memcpy(s->buf, text, len);
	s->end = s->buf + len;
	source_push(s);
}

void source_push_fd(struct source *s, int fd, bool shared)
{
	*s = (struct source){ .fd = fd, .line = 1, .counts = true, .barrier = true };
	s->unbuffered = shared && lseek(fd, 0, SEEK_CUR) < 0;
	s->buf = xmalloc(READ_SIZE);
	s->p = s->end = s->begin = s->echoed = s->buf;
	source_push(s);
}

void source_pop(void)
{
	struct source *s = source_top;

	source_top = s->prev;
	if (s->alias != nullptr) {
		/*
		 * Reading past its end is how a word's end is found, so the alias stays busy until
		 * the next token: `alias e=e` is not endless.
		 */
		alias_finish(s->alias);
		for (struct sym *a = s->outer_aliases, *next; a != nullptr; a = next) {
			next = a->alias_done;
			alias_finish(a);
		}
		if (s->end > s->buf && isblank((unsigned char)s->end[-1]))
			source_alias_blank = true;
	}
	sh.script = s->script;
	free(s->buf);
	if (s->fd == -2)
		free(s);
	else if (s->fd > STDIN_FILENO)
		close(s->fd);
}

void source_pop_to(struct source *s)
{
	while (source_top != s)
		source_pop();
}

void source_sync(void)
{
	struct source *s = source_top;

	while (s != nullptr && s->fd != STDIN_FILENO)
		s = s->prev;
	if (s == nullptr || s->unbuffered || s->interactive || s->p == s->end)
		return;
	if (lseek(s->fd, s->p - s->end, SEEK_CUR) >= 0)
		s->p = s->end = s->echoed = s->buf;
}

void source_discard_line(void)
{
	while (source_top->alias != nullptr || source_top->fd == -2)
		source_pop();
	source_top->p = source_top->end;
}

void source_close_all(void)
{
	for (struct source *s = source_top; s != nullptr; s = s->prev)
		if (s->fd > STDIN_FILENO) {
			close(s->fd);
			s->fd = -1;
		}
}
