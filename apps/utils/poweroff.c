/* SPDX-License-Identifier: MPL-2.0 */
/* The ends of a session with the machine: poweroff, reboot, halt. */
#include <sys/reboot.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"

static const struct opt end_opts[] = {
	{ 'f', "force", nullptr, "at once; there is no other way here" },
	{},
};

/* What is on disks is written back by the system itself. */
static int machine_end(int argc, char **argv, int action)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		;
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
	sync();
	if (reboot(action) == 0)
		for (;;)
			pause(); /* the machine is about to end */
	err_warn_errno("the machine stays on");
	return 1;
}

static int poweroff_main(int argc, char **argv)
{
	return machine_end(argc, argv, RB_POWER_OFF);
}

static int halt_main(int argc, char **argv)
{
	return machine_end(argc, argv, RB_HALT_SYSTEM);
}

static int reboot_main(int argc, char **argv)
{
	return machine_end(argc, argv, RB_AUTOBOOT);
}

APPLET(poweroff, .usage = "[-f]", .summary = "Turn the machine off.", .opts = end_opts);
APPLET(halt, .usage = "[-f]", .summary = "Turn the machine off.", .opts = end_opts);
APPLET(reboot, .usage = "[-f]", .summary = "Start the machine anew.", .opts = end_opts);
