/* SPDX-License-Identifier: MPL-2.0 */
/* chroot: run a command with another root directory. */
#include <grp.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"
#include "apps/utils/command.h"

enum { OPT_USER = 256, OPT_SKIP };

static const struct opt chroot_opts[] = {
	{ OPT_USER, "userspec", "USER[:GROUP]", "run it as this user and group" },
	{ OPT_SKIP, "skip-chdir", nullptr, "stay in the working directory; only for the root /" },
	{},
};

/* Names are looked up in the new root. */
static void user_become(const char *spec)
{
	char *user = mem_dup(spec), *group = strchr(user, ':');
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (group != nullptr)
		*group++ = '\0';
	if (*user != '\0' && !user_find(user, &uid))
		err_fatal("invalid user '%s'", user);
	if (group != nullptr && *group != '\0' && !group_find(group, &gid))
		err_fatal("invalid group '%s'", group);
	if (setgroups(0, nullptr) != 0 || (gid != (gid_t)-1 && setgid(gid) != 0) ||
	    (uid != (uid_t)-1 && setuid(uid) != 0))
		err_fatal_errno("cannot become '%s'", spec);
}

static int chroot_main(int argc, char **argv)
{
	char sh[] = "/bin/sh", interactive[] = "-i", *shell[] = { sh, interactive, nullptr };
	const char *user = nullptr;
	bool stay = false;
	struct opt_state s;
	int o;

	err_status = 125;
	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		stay |= o == OPT_SKIP;
		if (o == OPT_USER)
			user = s.arg;
	}
	if (s.index == argc)
		opt_missing_operand();
	const char *root = argv[s.index];
	if (stay && strcmp(root, "/") != 0)
		opt_usage_error("option --skip-chdir only permitted if NEWROOT is old '/'");
	if (chroot(root) != 0)
		err_fatal_errno("cannot change root directory to '%s'", root);
	if (!stay && chdir("/") != 0)
		err_fatal_errno("cannot chdir to root directory");
	if (user != nullptr)
		user_become(user);
	command_become(s.index + 1 < argc ? argv + s.index + 1 : shell);
}

APPLET(chroot, .usage = "[OPTION]... ROOT [COMMAND [ARG]...]",
       .summary = "Run COMMAND, or a shell, with another root directory.", .opts = chroot_opts);
