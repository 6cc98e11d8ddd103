/* SPDX-License-Identifier: MPL-2.0 */
/* pathchk: could this be a file's name, here or on any POSIX system? */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"

enum { OPT_PORTABILITY = 256 };

static const struct opt pathchk_opts[] = {
	{ 'p', nullptr, nullptr, "check what POSIX promises everywhere, not this system" },
	{ 'P', nullptr, nullptr, "refuse empty names, and names that begin with a dash" },
	{ OPT_PORTABILITY, "portability", nullptr, "the same as -p -P" },
	{},
};

static bool characters_are_portable(const char *path)
{
	size_t n = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789._-/");

	if (path[n] == '\0')
		return true;
	/* The whole character, of which UTF-8 has up to three bytes more. */
	int len = 1;
	while ((path[n + (size_t)len] & 0xc0) == 0x80)
		len++;
	err_warn("nonportable character '%.*s' in file name '%s'", len, path + n, path);
	return false;
}

static bool has_leading_dash(const char *path)
{
	return path[0] == '-' || strstr(path, "/-") != nullptr;
}

/* Each name between slashes. */
static bool names_fit(const char *path, size_t most)
{
	for (const char *p = path; *p != '\0';) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		if (n > most) {
			err_warn("limit %zu exceeded by length %zu of file name component '%.*s'",
				 most, n, (int)n, p);
			return false;
		}
		p += n;
	}
	return true;
}

static bool is_known_here(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 || (errno == ENOENT && path[0] != '\0'))
		return true;
	err_warn_errno("'%s'", path);
	return false;
}

static bool check(const char *path, bool portable, bool strict)
{
	size_t most_name = portable ? _POSIX_NAME_MAX : NAME_MAX;
	size_t most_path = portable ? _POSIX_PATH_MAX : PATH_MAX;

	if (strict && has_leading_dash(path)) {
		err_warn("leading '-' in a component of file name '%s'", path);
		return false;
	}
	if ((portable || strict) && path[0] == '\0') {
		err_warn("empty file name");
		return false;
	}
	if (portable && !characters_are_portable(path))
		return false;
	if (!portable && !is_known_here(path))
		return false;
	if (strlen(path) >= most_path) {
		err_warn("limit %zu exceeded by length %zu of file name '%s'", most_path - 1,
			 strlen(path), path);
		return false;
	}
	return names_fit(path, most_name);
}

static int pathchk_main(int argc, char **argv)
{
	bool portable = false, strict = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		portable |= o == 'p' || o == OPT_PORTABILITY;
		strict |= o == 'P' || o == OPT_PORTABILITY;
	}
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++)
		status |= !check(argv[i], portable, strict);
	return status;
}

APPLET(pathchk, .usage = "[OPTION]... NAME...",
       .summary = "Tell of file names that are invalid or not portable.", .opts = pathchk_opts,
       .flags = APPLET_IN_PROCESS);
