/* SPDX-License-Identifier: MPL-2.0 */
/* fc and history. */
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/history.h"
#include "apps/sh/output.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int bi_history(int argc, char **argv)
{
	struct flags f = {};
	int c, from = history_first_number();

	while ((c = flags_next(&f, argc, argv, "c")) != 0) {
		if (c == '?')
			return 2;
		history_clear();
		return 0;
	}
	if (f.at < argc) {
		int n = atoi(argv[f.at]), start = history_next_number() - n;
		from = start > from ? start : from;
	}
	for (int n = from; n < history_next_number(); n++)
		output_printf(&out1, "%5d  %s\n", n, history_get(n));
	return 0;
}

/* A number, a negative number counted from the newest, or the start of a command; 0: none. */
static int resolve(const char *spec, int newest)
{
	const char *digits = spec + (*spec == '-' || *spec == '+');

	if (isdigit((unsigned char)*digits)) {
		int n = atoi(spec);
		n = *spec == '-' ? newest + 1 + n : n;
		n = n < history_first_number() ? history_first_number() : n;
		return n > newest ? newest : n;
	}
	return history_search(spec, strlen(spec), newest + 1, true);
}

static int list(int first, int last, bool numbers, bool reverse)
{
	if (first > last) {
		int n = first;
		first = last;
		last = n;
		reverse = !reverse;
	}
	for (int i = 0; i <= last - first; i++) {
		int n = reverse ? last - i : first + i;
		const char *s = history_get(n);
		if (s != nullptr && numbers)
			output_printf(&out1, "%d\t %s\n", n, s);
		else if (s != nullptr)
			output_printf(&out1, "\t %s\n", s);
	}
	return 0;
}

static int run(const char *text)
{
	fputs(text, stderr);
	fputs("\n", stderr);
	history_add(text, strlen(text));
	return eval_string(text, strlen(text), sh.line);
}

/* fc -s [old=new] [first] */
static int substitute(int argc, char **argv, int newest)
{
	const char *eq = argc > 0 ? strchr(argv[0], '=') : nullptr, *at;
	int n = newest;
	struct buf b = {};

	if (argc > (eq != nullptr))
		n = resolve(argv[eq != nullptr], newest);
	const char *text = n > 0 ? history_get(n) : nullptr;
	if (text == nullptr)
		return usage_error("fc", "", "no such command") - 1;
	char *old =
		eq != nullptr ? arena_strndup(&scratch, argv[0], (size_t)(eq - argv[0])) : nullptr;
	if (old != nullptr && (at = strstr(text, old)) != nullptr) {
		buf_add(&b, text, (size_t)(at - text));
		buf_puts(&b, eq + 1);
		buf_puts(&b, at + strlen(old));
	} else {
		buf_puts(&b, text);
	}
	return run(buf_str(&b));
}

static int edit(int first, int last, bool reverse, const char *editor)
{
	char name[] = "/tmp/fc-XXXXXX";
	int fd = mkstemp(name), status = 1;

	if (fd < 0) {
		warn("fc: %s", strerror(errno));
		return 1;
	}
	for (int i = 0; i <= last - first; i++) {
		const char *s = history_get(reverse ? last - i : first + i);
		if (s != nullptr)
			dprintf(fd, "%s\n", s);
	}
	close(fd);
	char *command = arena_printf(&scratch, "%s %s", editor, name);
	if (eval_string(command, strlen(command), sh.line) == 0) {
		struct buf text = {};
		ssize_t n;
		fd = open(name, O_RDONLY | O_CLOEXEC);
		do {
			buf_room(&text, 4096);
			n = fd >= 0 ? read(fd, text.p + text.len, text.cap - text.len) : 0;
			text.len += n > 0 ? (size_t)n : 0;
		} while (n > 0);
		if (fd >= 0)
			close(fd);
		while (text.len > 0 && text.p[text.len - 1] == '\n')
			text.len--;
		status = run(buf_str(&text));
	}
	unlink(name);
	return status;
}

static const char *editor_name(const char *given)
{
	if (given != nullptr)
		return given;
	const char *e = var_get("FCEDIT");
	e = e != nullptr ? e : var_get("EDITOR");
	return e != nullptr ? e : "ed";
}

int bi_fc(int argc, char **argv)
{
	struct flags f = {};
	bool show = false, plain = false, reverse = false, again = false;
	const char *editor = nullptr;
	int c;

	while (f.at == 0 || f.at < argc) {
		/* -5 is a position, not an option */
		int next = f.at == 0 ? 1 : f.at;
		if ((f.rest == nullptr || *f.rest == '\0') && next < argc && argv[next][0] == '-' &&
		    isdigit((unsigned char)argv[next][1]))
			break;
		if ((c = flags_next(&f, argc, argv, "e:lnrs")) == 0)
			break;
		if (c == '?')
			return 2;
		show |= c == 'l';
		plain |= c == 'n';
		reverse |= c == 'r';
		again |= c == 's';
		editor = c == 'e' ? f.arg : editor;
	}
	if (f.at == 0)
		f.at = 1;
	/* The fc command itself is the newest entry; it is not meant. */
	int newest = history_next_number() - 1 - (sh.interactive ? 1 : 0);
	argv += f.at;
	argc -= f.at;
	if (again || (editor != nullptr && strcmp(editor, "-") == 0)) {
		if (sh.interactive)
			history_remove_last();
		return substitute(argc, argv, newest);
	}
	int first = show ? newest - 15 : newest, last = newest;
	if (argc > 0) {
		first = resolve(argv[0], newest);
		last = argc > 1 ? resolve(argv[1], newest) : show ? newest : first;
	}
	if (first < history_first_number() && argc == 0)
		first = history_first_number();
	if (first <= 0 || last <= 0 || newest < history_first_number())
		return usage_error("fc", "", "no such command") - 1;
	if (show)
		return list(first, last, !plain, reverse);
	if (sh.interactive)
		history_remove_last();
	return first <= last ? edit(first, last, reverse, editor_name(editor))
			     : edit(last, first, !reverse, editor_name(editor));
}
