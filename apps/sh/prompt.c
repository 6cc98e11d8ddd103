/* SPDX-License-Identifier: MPL-2.0 */
/* Prompts. */
#include "apps/sh/prompt.h"
#include "apps/sh/escape.h"
#include "apps/sh/expand.h"
#include "apps/sh/history.h"
#include "apps/sh/job.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void add_time(struct buf *b, const char *format)
{
	char text[128];
	time_t now = time(nullptr);
	struct tm tm;

	localtime_r(&now, &tm);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	size_t n = strftime(text, sizeof(text), format, &tm);
#pragma clang diagnostic pop
	buf_add(b, text, n);
}

static void add_directory(struct buf *b, bool last_only)
{
	const char *pwd = var_value(sym_pwd), *home = var_value(sym_home);
	size_t n = home != nullptr ? strlen(home) : 0;

	if (pwd == nullptr)
		return;
	bool inside = n > 1 && strncmp(pwd, home, n) == 0 && (pwd[n] == '/' || pwd[n] == '\0');
	if (last_only && !(inside && pwd[n] == '\0') && strcmp(pwd, "/") != 0) {
		buf_puts(b, strrchr(pwd, '/') + 1);
		return;
	}
	if (inside) {
		buf_byte(b, '~');
		pwd += n;
	}
	buf_puts(b, pwd);
}

static void add_host(struct buf *b, bool full)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	buf_add(b, name, full ? strlen(name) : strcspn(name, "."));
}

static void add_user(struct buf *b)
{
	const char *user = var_get("USER");

	if (user == nullptr)
		user = var_get("LOGNAME");
	if (user != nullptr)
		buf_puts(b, user);
	else
		buf_puts(b, getuid() == 0 ? "root" : "user");
}

static int count_jobs(void)
{
	int n = 0;

	for (const struct job *j = job_list; j != nullptr; j = j->next)
		n += j->id != 0;
	return n;
}

/* The branch in the nearest .git above, read from its HEAD: no program is run. */
static void add_git_branch(struct buf *b)
{
	const char *pwd = var_value(sym_pwd);
	char head[256];

	if (pwd == nullptr)
		return;
	for (size_t n = strlen(pwd);; n--) {
		char *path = arena_printf(&scratch, "%.*s/.git/HEAD", (int)n, pwd);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			ssize_t got = read(fd, head, sizeof(head) - 1);
			close(fd);
			head[got > 0 ? got : 0] = '\0';
			head[strcspn(head, "\n")] = '\0';
			const char *slash =
				strncmp(head, "ref: refs/heads/", 16) == 0 ? head + 16 : nullptr;
			if (slash != nullptr)
				buf_puts(b, slash);
			else
				buf_add(b, head, strlen(head) < 8 ? strlen(head) : 8);
			return;
		}
		while (n > 0 && pwd[n - 1] != '/')
			n--;
		if (n == 0)
			return;
	}
}

/* \D{format}; gives what follows. */
static const char *date_escape(struct buf *b, const char *s)
{
	const char *end = *s == '{' ? strchr(s, '}') : nullptr;

	if (end == nullptr)
		return s;
	add_time(b, end > s + 1 ? arena_strndup(&scratch, s + 1, (size_t)(end - s - 1)) : "%X");
	return end + 1;
}

/* One escape; s is after its letter. */
static const char *prompt_escape(struct buf *b, char c, const char *s)
{
	switch (c) {
	case 'w':
	case 'W':
		add_directory(b, c == 'W');
		break;
	case 'h':
	case 'H':
		add_host(b, c == 'H');
		break;
	case 'u':
		add_user(b);
		break;
	case '$':
		buf_byte(b, getuid() == 0 ? '#' : '$');
		break;
	case 't':
		add_time(b, "%H:%M:%S");
		break;
	case 'T':
		add_time(b, "%I:%M:%S");
		break;
	case '@':
		add_time(b, "%I:%M %p");
		break;
	case 'A':
		add_time(b, "%H:%M");
		break;
	case 'd':
		add_time(b, "%a %b %d");
		break;
	case 'D':
		return date_escape(b, s);
	case 'g': /* ours: the git branch */
		add_git_branch(b);
		break;
	case 'j':
		buf_num(b, count_jobs());
		break;
	case 's':
		buf_puts(b, sh.self);
		break;
	case '!':
	case '#':
		buf_num(b, history_next_number());
		break;
	case '[':
		buf_byte(b, '\001');
		break;
	case ']':
		buf_byte(b, '\002');
		break;
	default:
		s--;
		escape_add(b, &s, s + strlen(s));
		break;
	}
	return s;
}

char *prompt_expand(const char *text)
{
	struct buf b = {};
	int status = sh.status;

	if (sh.posix)
		return expand_text(text);
	while (*text != '\0') {
		if (*text != '\\' || text[1] == '\0') {
			buf_byte(&b, *text++);
			continue;
		}
		text = prompt_escape(&b, text[1], text + 2);
	}
	char *out = expand_text(buf_str(&b));
	sh.status = status;
	return out;
}

/* Status if it is bad, directory, branch: what PS1 shows unless it is set. */
static char *default_prompt(void)
{
	struct buf b = {}, branch = {};
	bool colour = isatty(STDERR_FILENO) == 1;
	const char *term = var_get("TERM");

	if (term == nullptr || strcmp(term, "dumb") == 0)
		colour = false;
	if (sh.status != 0)
		buf_printf(&b, colour ? "\001\033[31m\002%d\001\033[0m\002 " : "%d ", sh.status);
	if (colour)
		buf_puts(&b, "\001\033[1;34m\002");
	add_directory(&b, false);
	if (colour)
		buf_puts(&b, "\001\033[0m\002");
	add_git_branch(&branch);
	if (branch.len > 0)
		buf_printf(&b, colour ? " \001\033[32m\002%s\001\033[0m\002" : " %s",
			   buf_str(&branch));
	buf_printf(&b, " %c ", getuid() == 0 ? '#' : '$');
	return buf_str(&b);
}

char *prompt_text(int which)
{
	const char *text = var_get(which == 1 ? "PS1" : "PS2");

	if (text != nullptr)
		return prompt_expand(text);
	if (which == 2)
		return arena_strndup(&scratch, "> ", 2);
	if (sh.posix)
		return arena_strndup(&scratch, getuid() == 0 ? "# " : "$ ", 2);
	return default_prompt();
}
