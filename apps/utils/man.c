/* SPDX-License-Identifier: MPL-2.0 */
/* man: the manual page of a utility, from the description that its --help is made of. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

enum { OPT_ROFF = 256 };

static const struct opt man_opts[] = {
	{ 'k', "apropos", nullptr, "list the pages that have NAME in their name or summary" },
	{ OPT_ROFF, "roff", nullptr, "the page's source, for another system's man" },
	{},
};

/* $PAGER may have options, so it is the shell's to take apart. */
static const char pager[] = "if [ -n \"$PAGER\" ]; then eval \"$PAGER\"; "
			    "elif command -v less >/dev/null; then less -s; else more; fi";

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct applet *const *)a)->name,
		      (*(const struct applet *const *)b)->name);
}

static int pages_list(const char *word)
{
	const struct applet *a;
	unsigned most = 0, n = 0;

	while (applet_at(most) != nullptr)
		most++;
	const struct applet **list = mem_alloc(most * sizeof(const struct applet *));
	for (unsigned i = 0; i < most; i++) {
		a = applet_at(i);
		if (strcasestr(a->name, word) != nullptr || strcasestr(a->summary, word) != nullptr)
			list[n++] = a;
	}
	if (n == 0) {
		err_warn("%s: nothing appropriate", word);
		mem_free(list);
		return 1;
	}
	qsort(list, n, sizeof(const struct applet *), by_name);
	for (unsigned i = 0; i < n; i++)
		put_format("%-14s - %s\n", list[i]->name, list[i]->summary);
	mem_free(list);
	return 0;
}

static int pages_show(char **names, bool roff)
{
	int status = 0;

	for (; *names != nullptr; names++) {
		const struct applet *a = applet_find(*names);
		if (a == nullptr) {
			err_warn("no page for '%s'; try '%s --help', or 'help %s' for what the "
				 "shell does",
				 *names, *names, *names);
			status = 1;
		} else if (roff) {
			opt_print_manual(a);
		} else {
			opt_print_page(a);
		}
	}
	return status;
}

/* What is written from here on goes through a pager, until pager_end(). */
static FILE *pager_start(void)
{
	FILE *p = popen(pager, "w");

	if (p == nullptr || dup2(fileno(p), STDOUT_FILENO) < 0)
		err_fatal_errno("cannot start a pager");
	return p;
}

static void pager_end(FILE *p)
{
	put_flush();
	(void)close(STDOUT_FILENO); /* the pager ends with the last copy */
	(void)pclose(p);
}

static bool is_section(const char *s)
{
	return isdigit((unsigned char)*s) && s[1] == '\0';
}

static int man_main(int argc, char **argv)
{
	bool list = false, roff = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		list |= o == 'k';
		roff |= o == OPT_ROFF;
	}
	char **names = argv + s.index;
	if (!list && argc - s.index > 1 && is_section(*names))
		names++;
	if (*names == nullptr)
		opt_missing_operand();
	if (list) {
		for (; *names != nullptr; names++)
			status |= pages_list(*names);
		return status;
	}
	FILE *p = !roff && isatty(STDOUT_FILENO) ? pager_start() : nullptr;
	status = pages_show(names, roff);
	if (p != nullptr)
		pager_end(p);
	return status;
}

APPLET(man, .usage = "[SECTION] NAME...\n-k WORD...", .opts = man_opts,
       .summary = "Show the manual page of each command, through $PAGER or less on a terminal.");
