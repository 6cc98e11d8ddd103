/* SPDX-License-Identifier: MPL-2.0 */
/* mkfifo and mknod: make FIFOs and device nodes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"

constexpr mode_t ALL = 0666;

static const struct opt mkfifo_opts[] = {
	{ 'm', "mode", "MODE", "give them this mode, as chmod would" },
	{},
};

/* The permissions that -m asks for; without it ALL, which the umask restricts. */
static mode_t mode_get(const char *text)
{
	mode_t mask = umask(0);

	umask(mask);
	const struct mode_change *m = mode_parse(text, mask);
	if (m == nullptr)
		err_fatal("invalid mode");
	mode_t mode = mode_apply(m, ALL, false);
	if ((mode & ~(mode_t)0777) != 0)
		err_fatal("mode must specify only file permission bits");
	return mode;
}

static bool node_make(const char *path, mode_t mode, dev_t device, const char *mode_text)
{
	mode_t wanted = mode_text != nullptr ? mode_get(mode_text) : ALL;

	if (mknod(path, mode | wanted, device) != 0) {
		if (S_ISFIFO(mode) && strcmp(applet_name(), "mkfifo") == 0)
			err_warn_errno("cannot create fifo '%s'", path);
		else
			err_warn_errno("%s", path);
		return false;
	}
	if (mode_text != nullptr && chmod(path, wanted) != 0) {
		err_warn_errno("cannot set permissions of '%s'", path);
		return false;
	}
	return true;
}

static int mkfifo_main(int argc, char **argv)
{
	const char *mode = nullptr;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		mode = s.arg;
	if (s.index == argc)
		opt_missing_operand();
	if (mode != nullptr)
		(void)mode_get(mode); /* a wrong one makes nothing */
	for (int i = s.index; i < argc; i++)
		(void)node_make(argv[i], S_IFIFO, 0, mode); /* reported, and counted */
	return err_count != 0;
}

static unsigned number_get(const char *text, const char *what)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0); /* 0x1f and 017 too, as in C */

	if (*text < '0' || *text > '9' || *end != '\0' || n > UINT32_MAX)
		err_fatal("invalid %s device number '%s'", what, text);
	return (unsigned)n;
}

static int mknod_main(int argc, char **argv)
{
	const char *mode = nullptr;
	dev_t device = 0;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		mode = s.arg;
	if (argc - s.index < 2)
		opt_missing_operand();
	char **operand = argv + s.index;
	bool is_fifo = operand[1][0] == 'p';
	int wanted = is_fifo ? 2 : 4;
	if (argc - s.index > wanted)
		opt_extra_operand(operand[wanted]);
	if (operand[1][0] == '\0' || strchr("bcup", operand[1][0]) == nullptr)
		opt_usage_error("invalid device type '%s'", operand[1]);
	if (argc - s.index < wanted)
		opt_usage_error("Special files require major and minor device numbers.");
	if (!is_fifo)
		device = makedev(number_get(operand[2], "major"), number_get(operand[3], "minor"));
	mode_t type = is_fifo ? S_IFIFO : operand[1][0] == 'b' ? S_IFBLK : S_IFCHR;
	return !node_make(operand[0], type, device, mode);
}

APPLET(mkfifo, .usage = "[OPTION]... NAME...", .summary = "Make FIFOs.", .opts = mkfifo_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(mknod, .usage = "[OPTION]... NAME TYPE [MAJOR MINOR]",
       .summary = "Make a FIFO or a device node.",
       .details = "TYPE is p for a FIFO, b for a block device, c or u for a character device.",
       .opts = mkfifo_opts, .flags = APPLET_IN_PROCESS);
