/* SPDX-License-Identifier: MPL-2.0 */
/* renice: change the niceness of processes that run. */
#include <errno.h>
#include <sys/resource.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

enum { OPT_RELATIVE = 256 };

static const struct opt renice_opts[] = {
	{ 'n', "priority", "N", "the new niceness" },
	{ OPT_RELATIVE, "relative", "N", "add N to the niceness" },
	{ 'g', "pgrp", nullptr, "what follows are process groups" },
	{ 'p', "pid", nullptr, "what follows are processes (default)" },
	{ 'u', "user", nullptr, "what follows are users" },
	{},
};

static const char *const kinds[] = {
	[PRIO_PROCESS] = "process ID", [PRIO_PGRP] = "process group ID", [PRIO_USER] = "user ID"
};

static bool renice(int which, const char *text, int by, bool relative)
{
	uint64_t id;
	uid_t user;

	if (which == PRIO_USER && user_find(text, &user))
		id = user;
	else if (num_parse(text, &id) != NUM_OK || id > INT32_MAX) {
		err_warn("bad %s value: %s", kinds[which], text);
		return false;
	}
	errno = 0;
	int old = getpriority(which, (id_t)id);
	if (errno != 0 || setpriority(which, (id_t)id, by + (relative ? old : 0)) != 0) {
		err_warn_errno("failed to set priority for %llu (%s)", (unsigned long long)id,
			       kinds[which]);
		return false;
	}
	put_format("%llu (%s) old priority %d, new priority %d\n", (unsigned long long)id,
		   kinds[which], old, getpriority(which, (id_t)id));
	return true;
}

/* What follows the number may be mixed: renice 5 12 -u user. */
static bool kind_take(const char *word, int *which)
{
	if (word[0] != '-' || word[1] == '\0' || word[2] != '\0')
		return false;
	if (word[1] != 'p' && word[1] != 'g' && word[1] != 'u')
		return false;
	*which = word[1] == 'g' ? PRIO_PGRP : word[1] == 'u' ? PRIO_USER : PRIO_PROCESS;
	return true;
}

static int renice_main(int argc, char **argv)
{
	int o, status = 0, which = PRIO_PROCESS;
	bool relative = false, has_number = false;
	int64_t by = 0;
	struct opt_state s;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'n' || o == OPT_RELATIVE) {
			by = num_get_signed(s.arg, "priority");
			relative = o == OPT_RELATIVE;
			has_number = true;
		} else {
			which = o == 'g' ? PRIO_PGRP : o == 'u' ? PRIO_USER : PRIO_PROCESS;
		}
	}
	if (!has_number && s.index < argc)
		by = num_get_signed(argv[s.index++], "priority");
	if (s.index == argc)
		opt_missing_operand();
	if (by < -100 || by > 100)
		err_fatal("priority out of range");
	for (int i = s.index; i < argc; i++)
		if (!kind_take(argv[i], &which))
			status |= !renice(which, argv[i], (int)by, relative);
	return status;
}

APPLET(renice, .usage = "[-n] N [-p|-g|-u] ID...\n--relative N [-p|-g|-u] ID...",
       .summary = "Change the niceness of processes.", .opts = renice_opts);
