/* SPDX-License-Identifier: MPL-2.0 */
/* getconf: the system's limits by their names. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt getconf_opts[] = {
	{ 'a', nullptr, nullptr, "show all" },
	{},
};

enum source { SYSTEM, PATHS, FIXED };

/* PATHS are those of a path, "/" when all are shown. FIXED are Linux's, which the C library tells
 * otherwise, and the language's. */
static const struct limit {
	const char *name;
	enum source source;
	long key; /* for sysconf, pathconf, or the value itself */
} limits[] = {
	{ "ARG_MAX", SYSTEM, _SC_ARG_MAX },
	{ "CHILD_MAX", SYSTEM, _SC_CHILD_MAX },
	{ "CLK_TCK", SYSTEM, _SC_CLK_TCK },
	{ "HOST_NAME_MAX", FIXED, 64 },
	{ "IOV_MAX", SYSTEM, _SC_IOV_MAX },
	{ "LINE_MAX", FIXED, _POSIX2_LINE_MAX },
	{ "LOGIN_NAME_MAX", SYSTEM, _SC_LOGIN_NAME_MAX },
	{ "NGROUPS_MAX", FIXED, 65536 },
	{ "OPEN_MAX", SYSTEM, _SC_OPEN_MAX },
	{ "PAGESIZE", SYSTEM, _SC_PAGESIZE },
	{ "PAGE_SIZE", SYSTEM, _SC_PAGESIZE },
	{ "SYMLOOP_MAX", SYSTEM, _SC_SYMLOOP_MAX },
	{ "TTY_NAME_MAX", SYSTEM, _SC_TTY_NAME_MAX },
	{ "_NPROCESSORS_CONF", SYSTEM, _SC_NPROCESSORS_CONF },
	{ "_NPROCESSORS_ONLN", SYSTEM, _SC_NPROCESSORS_ONLN },
	{ "_PHYS_PAGES", SYSTEM, _SC_PHYS_PAGES },
	{ "_AVPHYS_PAGES", SYSTEM, _SC_AVPHYS_PAGES },
	{ "_POSIX_VERSION", SYSTEM, _SC_VERSION },
	{ "_POSIX2_VERSION", SYSTEM, _SC_2_VERSION },
	{ "_POSIX_JOB_CONTROL", SYSTEM, _SC_JOB_CONTROL },
	{ "_POSIX_SAVED_IDS", SYSTEM, _SC_SAVED_IDS },
	{ "_POSIX_THREADS", SYSTEM, _SC_THREADS },
	{ "LINK_MAX", PATHS, _PC_LINK_MAX },
	{ "MAX_CANON", PATHS, _PC_MAX_CANON },
	{ "MAX_INPUT", PATHS, _PC_MAX_INPUT },
	{ "NAME_MAX", PATHS, _PC_NAME_MAX },
	{ "PATH_MAX", PATHS, _PC_PATH_MAX },
	{ "PIPE_BUF", PATHS, _PC_PIPE_BUF },
	{ "_POSIX_CHOWN_RESTRICTED", PATHS, _PC_CHOWN_RESTRICTED },
	{ "_POSIX_NO_TRUNC", PATHS, _PC_NO_TRUNC },
	{ "_POSIX_VDISABLE", PATHS, _PC_VDISABLE },
	{ "CHAR_BIT", FIXED, CHAR_BIT },
	{ "INT_MAX", FIXED, INT_MAX },
	{ "INT_MIN", FIXED, INT_MIN },
	{ "LONG_BIT", FIXED, LONG_BIT },
	{ "LONG_MAX", FIXED, LONG_MAX },
	{ "SSIZE_MAX", FIXED, SSIZE_MAX },
	{ "WORD_BIT", FIXED, WORD_BIT },
	{ "_POSIX_ARG_MAX", FIXED, _POSIX_ARG_MAX },
	{ "_POSIX_NAME_MAX", FIXED, _POSIX_NAME_MAX },
	{ "_POSIX_OPEN_MAX", FIXED, _POSIX_OPEN_MAX },
	{ "_POSIX_PATH_MAX", FIXED, _POSIX_PATH_MAX },
	{ "_POSIX_PIPE_BUF", FIXED, _POSIX_PIPE_BUF },
};
constexpr unsigned LIMITS = sizeof(limits) / sizeof(*limits);

/* -1 with errno 0: there is no limit. */
static long limit_get(const struct limit *l, const char *path)
{
	errno = 0;
	return l->source == FIXED    ? l->key
	       : l->source == SYSTEM ? sysconf((int)l->key)
				     : pathconf(path, (int)l->key);
}

static bool limit_put(const struct limit *l, const char *path)
{
	long value = limit_get(l, path);

	if (value == -1 && errno != 0) {
		err_warn_errno("%s", l->source == PATHS ? path : l->name);
		return false;
	}
	if (value == -1)
		put_string("undefined\n");
	else
		put_format("%ld\n", value);
	return true;
}

static int show_all(void)
{
	for (unsigned i = 0; i < LIMITS; i++) {
		put_format("%-34s ", limits[i].name);
		(void)limit_put(&limits[i], "/"); /* reported, and counted */
	}
	return err_count != 0 ? err_status : 0;
}

static int path_put(void)
{
	char path[256];
	size_t n = confstr(_CS_PATH, path, sizeof path);

	if (n == 0 || n > sizeof path)
		err_fatal_errno("PATH");
	put_format("%s\n", path);
	return 0;
}

static int getconf_main(int argc, char **argv)
{
	bool all = false;
	struct opt_state s;

	err_status = 2;
	opt_init_in_order(&s, argc, argv);
	while (opt_next(&s) != 0)
		all = true;
	if (all)
		return show_all();
	if (s.index == argc)
		opt_missing_operand();
	const char *name = argv[s.index], *path = s.index + 1 < argc ? argv[s.index + 1] : nullptr;
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (path == nullptr && (strcmp(name, "PATH") == 0 || strcmp(name, "CS_PATH") == 0))
		return path_put();
	for (unsigned i = 0; i < LIMITS; i++)
		if (strcmp(limits[i].name, name) == 0) {
			if ((limits[i].source == PATHS) != (path != nullptr))
				opt_usage_error("'%s' is %sa limit of a path", name,
						path != nullptr ? "not " : "");
			return limit_put(&limits[i], path) ? 0 : err_status;
		}
	err_fatal("Unrecognized variable '%s'", name);
}

APPLET(getconf, .usage = "NAME [PATH]\n-a", .summary = "Show a limit of the system, or of a path.",
       .opts = getconf_opts);
