/* SPDX-License-Identifier: MPL-2.0 */
/* pgrep, pkill and pidof: processes by name. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/regex.h"
#include "apps/utils/proc.h"
#include "apps/utils/signals.h"

static const struct opt pgrep_opts[] = {
	{ 'a', "list-full", nullptr, "show numbers and commands" },
	{ 'c', "count", nullptr, "show how many there are" },
	{ 'd', "delimiter", "TEXT", "put TEXT between numbers, not newline" },
	{ 'f', "full", nullptr, "match the whole command, not the name" },
	{ 'i', "ignore-case", nullptr, "ignore case" },
	{ 'l', "list-name", nullptr, "show numbers and names" },
	{ 'n', "newest", nullptr, "only the youngest" },
	{ 'o', "oldest", nullptr, "only the oldest" },
	{ 'P', "parent", "LIST", "only children of these" },
	{ 'u', "euid", "LIST", "only of these users" },
	{ 'U', "uid", "LIST", nullptr },
	{ 'v', "inverse", nullptr, "all that do not match" },
	{ 'x', "exact", nullptr, "match exactly" },
	{ 'e', "echo", nullptr, "tell what is signalled" },
	{ 's', "signal", "SIGNAL", "what to send" },
	{},
};

static bool process_matches(const struct process *p, struct regex *r, bool full, bool exact,
			    const char *parents, const char *users)
{
	const char *text = full ? p->command : p->name;
	struct regex_span m;
	char number[32];

	snprintf(number, sizeof number, "%d", p->parent);
	if (parents != nullptr && !proc_list_has(parents, number))
		return false;
	snprintf(number, sizeof number, "%u", p->uid);
	if (users != nullptr && !proc_list_has(users, user_name(p->uid)) &&
	    !proc_list_has(users, number))
		return false;
	if (r == nullptr)
		return true;
	return regex_match(r, text, strlen(text), 0, &m, 1) &&
	       (!exact || (m.start == 0 && m.end == strlen(text)));
}

static int pgrep_run(int argc, char **argv, bool send)
{
	bool full = false, exact = false, inverse = false, list_name = false, list_full = false,
	     count_only = false, echo = false;
	const char *parents = nullptr, *users = nullptr, *delimiter = "\n", *error;
	unsigned flags = REGEX_EXTENDED;
	int o, number = SIGTERM, pick = 0;
	struct processes all = {};
	struct regex *r = nullptr;
	struct opt_state s;

	err_status = 2;
	if (argc > 1 && argv[1][0] == '-' && send && signame_find(argv[1] + 1) >= 0 &&
	    strlen(argv[1]) > 2) {
		number = signame_find(argv[1] + 1);
		argv[1] = argv[0];
		argv++;
		argc--;
	} else if (argc > 1 && send && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		number = atoi(argv[1] + 1);
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		full |= o == 'f';
		exact |= o == 'x';
		inverse |= o == 'v';
		list_name |= o == 'l';
		list_full |= o == 'a';
		count_only |= o == 'c';
		echo |= o == 'e';
		if (o == 'i')
			flags |= REGEX_ICASE;
		if (o == 'n' || o == 'o')
			pick = o;
		if (o == 'd')
			delimiter = s.arg;
		if (o == 'P')
			parents = s.arg;
		if (o == 'u' || o == 'U')
			users = s.arg;
		if (o == 's' && (number = signame_find(s.arg)) < 0)
			err_fatal("unknown signal \"%s\"", s.arg);
	}
	if (s.index == argc && parents == nullptr && users == nullptr)
		opt_usage_error("no matching criteria specified");
	if (s.index < argc) {
		r = regex_create(argv[s.index], strlen(argv[s.index]), flags, &error);
		if (r == nullptr)
			err_fatal("%s", error);
	}
	processes_read(&all);
	const struct process *picked = nullptr;
	unsigned long count = 0;
	for (size_t i = 0; i < all.count; i++) {
		struct process *p = &all.list[i];
		p->shown_ticks = p->pid != getpid() &&
				 process_matches(p, r, full, exact, parents, users) != inverse;
		if (p->shown_ticks &&
		    (picked == nullptr || (pick == 'n' ? p->start_ticks >= picked->start_ticks
						       : p->start_ticks < picked->start_ticks)))
			picked = p;
	}
	for (size_t i = 0; i < all.count; i++) {
		const struct process *p = &all.list[i];
		if (!p->shown_ticks || (pick != 0 && p != picked))
			continue;
		if (send) {
			if (kill(p->pid, number) != 0) {
				err_warn_errno("killing pid %d failed", p->pid);
				continue;
			}
			if (echo)
				put_format("%s killed (pid %d)\n", p->name, p->pid);
		} else if (!count_only) {
			put_format("%s%d", count == 0 ? "" : delimiter, p->pid);
			if (list_full || list_name)
				put_format(" %s", list_full ? p->command : p->name);
		}
		count++;
	}
	if (count_only)
		put_format("%lu\n", count);
	else if (!send && count != 0)
		put_char('\n');
	return count == 0;
}

static int pgrep_main(int argc, char **argv)
{
	return pgrep_run(argc, argv, false);
}

static int pkill_main(int argc, char **argv)
{
	return pgrep_run(argc, argv, true);
}

static const struct opt pidof_opts[] = {
	{ 's', nullptr, nullptr, "only one" },
	{},
};

static int pidof_main(int argc, char **argv)
{
	struct processes all = {};
	bool one = false, any = false;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		one = true;
	processes_read(&all);
	for (size_t i = all.count; i-- > 0;) {
		const struct process *p = &all.list[i];
		bool match = false;
		for (int k = s.index; k < argc; k++)
			match |= strcmp(path_base(argv[k]), p->name) == 0;
		if (!match || p->pid == getpid() || (one && any))
			continue;
		put_format("%s%d", any ? " " : "", p->pid);
		any = true;
	}
	if (any)
		put_char('\n');
	return !any;
}

APPLET(pgrep, .usage = "[OPTION]... PATTERN",
       .summary = "Show the numbers of processes whose name matches.", .opts = pgrep_opts);
APPLET(pkill, .usage = "[-SIGNAL] [OPTION]... PATTERN",
       .summary = "Send signals to processes whose name matches.", .opts = pgrep_opts);
APPLET(pidof, .usage = "[-s] NAME...", .summary = "Show the numbers of processes with these names.",
       .opts = pidof_opts);
