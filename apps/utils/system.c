/* SPDX-License-Identifier: MPL-2.0 */
/* Who and where we are: true false pwd tty whoami logname id hostname uname uptime nproc arch. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/utils/proc.h"

static const struct opt no_opts[] = { {} };

/* For utilities without options of their own and at most `most` operands. */
static int operands_only(int argc, char **argv, int most)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (argc - s.index > most)
		opt_extra_operand(argv[s.index + most]);
	return s.index;
}

static int true_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int false_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

static const struct opt pwd_opts[] = {
	{ 'L', "logical", nullptr, "use $PWD, even if it holds links" },
	{ 'P', "physical", nullptr, "without links (default)" },
	{},
};

static int pwd_main(int argc, char **argv)
{
	const char *env = getenv("PWD");
	struct stat a, b;
	bool logical = false;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		logical = o == 'L';
	if (logical && env != nullptr && env[0] == '/' && strstr(env, "/.") == nullptr &&
	    stat(env, &a) == 0 && stat(".", &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev) {
		put_format("%s\n", env);
		return 0;
	}
	for (size_t size = 256;; size *= 2) {
		char *buf = mem_alloc(size);
		if (getcwd(buf, size) != nullptr) {
			put_format("%s\n", buf);
			return 0;
		}
		/* NOLINTNEXTLINE(clang-analyzer-unix.Errno): getcwd failed */
		if (errno != ERANGE)
			err_fatal_errno("cannot find the current directory");
		mem_free(buf);
	}
}

static const struct opt tty_opts[] = {
	{ 's', "silent", nullptr, "show nothing; the status tells" },
	{ 's', "quiet", nullptr, nullptr },
	{},
};

static int tty_main(int argc, char **argv)
{
	bool silent = false;
	struct opt_state s;

	err_status = 2;
	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		silent = true;
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
	const char *name = isatty(STDIN_FILENO) ? ttyname(STDIN_FILENO) : nullptr;
	if (!silent)
		put_format("%s\n", name != nullptr ? name : "not a tty");
	return name == nullptr;
}

static int whoami_main(int argc, char **argv)
{
	operands_only(argc, argv, 0);
	const struct passwd *p = getpwuid(geteuid());
	if (p == nullptr)
		err_fatal("cannot find name for user ID %u", geteuid());
	put_format("%s\n", p->pw_name);
	return 0;
}

static int logname_main(int argc, char **argv)
{
	operands_only(argc, argv, 0);
	const char *name = getlogin();
	if (name == nullptr)
		err_fatal("no login name");
	put_format("%s\n", name);
	return 0;
}

static const struct opt id_opts[] = {
	{ 'a', nullptr, nullptr, nullptr },
	{ 'g', "group", nullptr, "show only the effective group" },
	{ 'G', "groups", nullptr, "show all groups" },
	{ 'n', "name", nullptr, "show names, not numbers; for -u, -g, -G" },
	{ 'r', "real", nullptr, "show real, not effective ones; for -u, -g, -G" },
	{ 'u', "user", nullptr, "show only the effective user" },
	{ 'z', "zero", nullptr, "end with NUL, not newline" },
	{},
};

static void id_put(const char *label, unsigned id, bool group)
{
	const char *name = group ? group_name(id) : user_name(id);
	uint64_t n;

	put_format("%s%u", label, id);
	if (num_parse(name, &n) != NUM_OK)
		put_format("(%s)", name);
}

struct ids {
	uid_t user, real_user;
	gid_t group, real_group;
	gid_t *groups;
	int count;
};

static void groups_find(struct ids *i, const char *name)
{
	int room = 64;

	for (;; room *= 2) {
		i->groups = mem_resize(i->groups, (size_t)room, sizeof *i->groups);
		i->count = room;
		if (name != nullptr) {
			if (getgrouplist(name, i->group, i->groups, &i->count) >= 0)
				return;
		} else {
			i->count = getgroups(room, i->groups);
			if (i->count >= 0)
				break;
		}
		if (room > 1 << 20)
			err_fatal_errno("cannot find groups");
	}
	/* The effective group comes first, and once. */
	for (int k = 0; k < i->count; k++) {
		if (i->groups[k] == i->group) {
			memmove(i->groups + 1, i->groups, (size_t)k * sizeof *i->groups);
			i->groups[0] = i->group;
			return;
		}
	}
	i->groups = mem_resize(i->groups, (size_t)i->count + 1, sizeof *i->groups);
	memmove(i->groups + 1, i->groups, (size_t)i->count * sizeof *i->groups);
	i->groups[0] = i->group;
	i->count++;
}

static struct ids ids_find(const char *name)
{
	struct ids i = { geteuid(), getuid(), getegid(), getgid(), nullptr, 0 };

	if (name != nullptr) {
		const struct passwd *p = getpwnam(name);
		uint64_t n;
		if (p == nullptr && num_parse(name, &n) == NUM_OK)
			p = getpwuid((uid_t)n);
		if (p == nullptr)
			err_fatal("'%s': no such user", name);
		i.user = i.real_user = p->pw_uid;
		i.group = i.real_group = p->pw_gid;
		name = p->pw_name;
	}
	groups_find(&i, name);
	return i;
}

static int id_main(int argc, char **argv)
{
	bool names = false, real = false;
	char what = 0, end = '\n';
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'u' || o == 'g' || o == 'G') {
			if (what != 0 && what != o)
				err_fatal("cannot print \"only\" of more than one choice");
			what = (char)o;
		}
		names |= o == 'n';
		real |= o == 'r';
		if (o == 'z')
			end = '\0';
	}
	if (what == 0 && (names || real))
		err_fatal("printing only names or real IDs requires -u, -g, or -G");
	if (argc - s.index > 1)
		opt_extra_operand(argv[s.index + 1]);
	struct ids i = ids_find(s.index < argc ? argv[s.index] : nullptr);
	if (what == 'u' || what == 'g') {
		unsigned id = what == 'u' ? (real ? i.real_user : i.user)
					  : (real ? i.real_group : i.group);
		if (names)
			put_string(what == 'u' ? user_name(id) : group_name(id));
		else
			put_format("%u", id);
	} else if (what == 'G') {
		for (int k = 0; k < i.count; k++) {
			if (k != 0)
				put_char(end == '\0' ? '\0' : ' ');
			if (names)
				put_string(group_name(i.groups[k]));
			else
				put_format("%u", i.groups[k]);
		}
	} else {
		id_put("uid=", i.real_user, false);
		id_put(" gid=", i.real_group, true);
		if (i.user != i.real_user)
			id_put(" euid=", i.user, false);
		if (i.group != i.real_group)
			id_put(" egid=", i.group, true);
		for (int k = 0; k < i.count; k++)
			id_put(k == 0 ? " groups=" : ",", i.groups[k], true);
	}
	put_char(end);
	return 0;
}

static int groups_main(int argc, char **argv)
{
	int first = operands_only(argc, argv, INT_MAX);

	for (int k = first; k < argc || k == first; k++) {
		struct ids i = ids_find(k < argc ? argv[k] : nullptr);
		if (k < argc)
			put_format("%s :", argv[k]);
		for (int n = 0; n < i.count; n++)
			put_format("%s%s", n == 0 && k >= argc ? "" : " ", group_name(i.groups[n]));
		put_char('\n');
	}
	return 0;
}

static const struct opt hostname_opts[] = {
	{ 's', "short", nullptr, "only up to the first dot" },
	{ 'f', "fqdn", nullptr, "the whole name" },
	{ 'd', "domain", nullptr, "only what is behind the first dot" },
	{},
};

static int hostname_main(int argc, char **argv)
{
	char name[HOST_NAME_MAX + 1] = {};
	struct opt_state s;
	int o, how = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		how = o;
	if (s.index < argc) {
		if (sethostname(argv[s.index], strlen(argv[s.index])) != 0)
			err_fatal_errno("cannot set the name to '%s'", argv[s.index]);
		return 0;
	}
	if (gethostname(name, sizeof name - 1) != 0)
		err_fatal_errno("cannot find the name");
	char *dot = strchr(name, '.');
	if (how == 's' && dot != nullptr)
		*dot = '\0';
	put_format("%s\n", how == 'd' ? (dot != nullptr ? dot + 1 : "") : name);
	return 0;
}

static const struct opt uname_opts[] = {
	{ 'a', "all", nullptr, "everything" },
	{ 's', "kernel-name", nullptr, "the system (default)" },
	{ 'n', "nodename", nullptr, "this machine's name" },
	{ 'r', "kernel-release", nullptr, "the release" },
	{ 'v', "kernel-version", nullptr, "the version" },
	{ 'm', "machine", nullptr, "the kind of machine" },
	{ 'p', "processor", nullptr, "the kind of processor" },
	{ 'i', "hardware-platform", nullptr, "the kind of hardware" },
	{ 'o', "operating-system", nullptr, "the operating system" },
	{},
};

static int uname_main(int argc, char **argv)
{
	static const char letters[] = "snrvmpio";
	bool wanted[8] = {}, any = false;
	struct utsname u;
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		for (int i = 0; i < 8; i++) {
			bool hit = o == letters[i] || (o == 'a' && i != 5 && i != 6);
			wanted[i] |= hit;
			any |= hit;
		}
	}
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
	wanted[0] |= !any;
	if (uname(&u) != 0)
		err_fatal_errno("cannot find the system's name");
	const char *values[] = {
		u.sysname, u.nodename,
		u.release, u.version,
		u.machine, "unknown",
		"unknown", strcmp(u.sysname, "Linux") == 0 ? "GNU/Linux" : u.sysname
	};
	const char *space = "";
	for (int i = 0; i < 8; i++) {
		if (wanted[i]) {
			put_format("%s%s", space, values[i]);
			space = " ";
		}
	}
	put_char('\n');
	return 0;
}

static int arch_main(int argc, char **argv)
{
	struct utsname u;

	operands_only(argc, argv, 0);
	if (uname(&u) != 0)
		err_fatal_errno("cannot find the machine's name");
	put_format("%s\n", u.machine);
	return 0;
}

static const struct opt uptime_opts[] = {
	{ 'p', "pretty", nullptr, "in words" },
	{ 's', "since", nullptr, "since when" },
	{},
};

static int uptime_main(int argc, char **argv)
{
	struct opt_state s;
	struct sysinfo i;
	struct tm tm;
	char when[32];
	int o, how = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		how = o;
	if (sysinfo(&i) != 0)
		err_fatal_errno("cannot find how long the system is up");
	time_t now = time(nullptr);
	long days = i.uptime / 86400, hours = i.uptime / 3600 % 24, minutes = i.uptime / 60 % 60;
	if (how == 's') {
		time_t since = now - i.uptime;
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&since, &tm));
		put_format("%s\n", when);
		return 0;
	}
	if (how == 'p') {
		put_string("up");
		const char *const comma = " ";
		if (days != 0)
			put_format("%s%ld day%s,", comma, days, days == 1 ? "" : "s");
		if (hours != 0)
			put_format("%s%ld hour%s,", comma, hours, hours == 1 ? "" : "s");
		put_format("%s%ld minute%s\n", comma, minutes, minutes == 1 ? "" : "s");
		return 0;
	}
	put_char(' ');
	uptime_put();
	return 0;
}

enum { OPT_ALL = 256, OPT_IGNORE };

static const struct opt nproc_opts[] = {
	{ OPT_ALL, "all", nullptr, "all there are, not only those we may use" },
	{ OPT_IGNORE, "ignore", "N", "leave out N" },
	{},
};

static int nproc_main(int argc, char **argv)
{
	uint64_t ignore = 0;
	bool all = false;
	struct opt_state s;
	cpu_set_t set;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		all |= o == OPT_ALL;
		if (o == OPT_IGNORE)
			ignore = num_get(s.arg, 0, INT_MAX, "number");
	}
	long n = sysconf(_SC_NPROCESSORS_CONF);
	if (!all && sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	n = n > (long)ignore ? n - (long)ignore : 1;
	put_format("%ld\n", n < 1 ? 1 : n);
	return 0;
}

APPLET(true, .usage = "[IGNORED]...", .summary = "Do nothing, successfully.",
       .flags = APPLET_IN_PROCESS);
APPLET(false, .usage = "[IGNORED]...", .summary = "Do nothing, unsuccessfully.",
       .flags = APPLET_IN_PROCESS);
APPLET(pwd, .usage = "[OPTION]", .summary = "Show the current directory.", .opts = pwd_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(tty, .usage = "[OPTION]", .summary = "Show the terminal that is standard input.",
       .opts = tty_opts, .flags = APPLET_IN_PROCESS);
APPLET(whoami, .usage = "", .summary = "Show the name of the effective user.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(logname, .usage = "", .summary = "Show the name that was used to log in.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(id, .usage = "[OPTION]... [USER]", .summary = "Show user and groups.", .opts = id_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(groups, .usage = "[USER]...", .summary = "Show the groups of users.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(hostname, .usage = "[OPTION] [NAME]", .summary = "Show or set the machine's name.",
       .opts = hostname_opts, .flags = APPLET_IN_PROCESS);
APPLET(uname, .usage = "[OPTION]...", .summary = "Show what system this is.", .opts = uname_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(arch, .usage = "", .summary = "Show what machine this is.", .opts = no_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(uptime, .usage = "[OPTION]", .summary = "Show how long the system is up.",
       .opts = uptime_opts, .flags = APPLET_IN_PROCESS);
APPLET(nproc, .usage = "[OPTION]...", .summary = "Show how many processors there are.",
       .opts = nproc_opts, .flags = APPLET_IN_PROCESS);
