/* SPDX-License-Identifier: MPL-2.0 */
/* mountpoint: is something mounted on a directory? */
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/resolve.h"

constexpr int NOT_ONE = 32; /* util-linux's status */

static const struct opt mountpoint_opts[] = {
	{ 'd', "fs-devno", nullptr, "show the device number of what is mounted" },
	{ 'q', "quiet", nullptr, "show nothing; the status tells" },
	{ 'x', "devno", nullptr, "show the device number of a block device" },
	{},
};

static int device_show(const char *path, const struct stat *st, bool quiet)
{
	if (!S_ISBLK(st->st_mode)) {
		if (!quiet)
			err_warn("%s: not a block device", path);
		return NOT_ONE;
	}
	put_format("%u:%u\n", major(st->st_rdev), minor(st->st_rdev));
	return 0;
}

static bool mounts_has(const char *path)
{
	FILE *list = setmntent("/proc/self/mounts", "r");
	const struct mntent *m = nullptr;

	if (list == nullptr)
		return false;
	while ((m = getmntent(list)) != nullptr && strcmp(m->mnt_dir, path) != 0)
		;
	endmntent(list);
	return m != nullptr;
}

/* A mount from the same file system has the same device: the list of mounts knows. */
static bool is_mounted(const char *path, const struct stat *st)
{
	char *up = mem_path(path, "..");
	struct stat above;
	bool differs =
		stat(up, &above) == 0 && (above.st_dev != st->st_dev || above.st_ino == st->st_ino);
	char *real = path_resolve(path, RESOLVE_ALL, true);

	mem_free(up);
	return differs || (real != nullptr && mounts_has(real));
}

static int mountpoint_main(int argc, char **argv)
{
	bool quiet = false, number = false, device = false;
	struct opt_state s;
	struct stat st;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		quiet |= o == 'q';
		number |= o == 'd';
		device |= o == 'x';
	}
	if (s.index == argc)
		opt_missing_operand();
	if (s.index + 1 < argc)
		opt_extra_operand(argv[s.index + 1]);
	const char *path = argv[s.index];
	if (stat(path, &st) != 0) {
		if (!quiet)
			err_warn_errno("%s", path);
		return 1;
	}
	if (device)
		return device_show(path, &st, quiet);
	bool mounted = S_ISDIR(st.st_mode) && is_mounted(path, &st);
	if (mounted && number)
		put_format("%u:%u\n", major(st.st_dev), minor(st.st_dev));
	else if (!quiet)
		put_format("%s is %sa mountpoint\n", path, mounted ? "" : "not ");
	return mounted ? 0 : NOT_ONE;
}

APPLET(mountpoint, .usage = "[-dq] DIRECTORY\n-x DEVICE",
       .summary = "Tell whether something is mounted on DIRECTORY.", .opts = mountpoint_opts);
