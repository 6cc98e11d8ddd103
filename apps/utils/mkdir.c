/* SPDX-License-Identifier: MPL-2.0 */
/* mkdir and rmdir: make and remove directories. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

static const struct opt mkdir_opts[] = {
	{ 'm', "mode", "MODE", "give the directories this mode, as chmod would" },
	{ 'p', "parents", nullptr, "make parents too; no error if it is there" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

/* Makes what is missing above the last part. */
static bool parents_make(char *path, bool verbose)
{
	for (char *p = path; *p != '\0'; p++) {
		if (p == path || *p != '/' || p[1] == '/' || p[1] == '\0')
			continue;
		*p = '\0';
		bool made = mkdir(path, 0777 | S_IRWXU) == 0;
		if (!made && errno != EEXIST && !path_is_dir(path)) {
			err_warn_errno("cannot create directory '%s'", path);
			*p = '/';
			return false;
		}
		if (made && verbose)
			put_format("mkdir: created directory '%s'\n", path);
		*p = '/';
	}
	return true;
}

static int mkdir_main(int argc, char **argv)
{
	const char *mode_text = nullptr;
	bool parents = false, verbose = false;
	struct opt_state s;
	mode_t mask = umask(0), mode = 0777;
	int o, status = 0;

	umask(mask);
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		parents |= o == 'p';
		verbose |= o == 'v';
		if (o == 'm')
			mode_text = s.arg;
	}
	if (s.index == argc)
		opt_missing_operand();
	if (mode_text != nullptr) {
		const struct mode_change *m = mode_parse(mode_text, mask);
		if (m == nullptr)
			err_fatal("invalid mode '%s'", mode_text);
		mode = mode_apply(m, 0777, true);
	}
	for (int i = s.index; i < argc; i++) {
		char *path = mem_dup(argv[i]);
		if (parents && !parents_make(path, verbose)) {
			status = 1;
			continue;
		}
		if (mkdir(argv[i], mode) != 0) {
			if (parents && errno == EEXIST && path_is_dir(argv[i]))
				continue;
			err_warn_errno("cannot create directory '%s'", argv[i]);
			status = 1;
			continue;
		}
		if (verbose)
			put_format("mkdir: created directory '%s'\n", argv[i]);
		if (mode_text != nullptr && chmod(argv[i], mode) != 0) {
			err_warn_errno("cannot set permissions of '%s'", argv[i]);
			status = 1;
		}
	}
	return status;
}

enum { OPT_IGNORE = 256 };

static const struct opt rmdir_opts[] = {
	{ OPT_IGNORE, "ignore-fail-on-non-empty", nullptr,
	  "no error for a directory that is not empty" },
	{ 'p', "parents", nullptr, "remove the parents named in the path too" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{},
};

static int rmdir_main(int argc, char **argv)
{
	bool parents = false, verbose = false, ignore = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		parents |= o == 'p';
		verbose |= o == 'v';
		ignore |= o == OPT_IGNORE;
	}
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++) {
		char *path = mem_dup(argv[i]);
		for (;;) {
			if (verbose)
				put_format("rmdir: removing directory, '%s'\n", path);
			if (rmdir(path) != 0) {
				if (ignore && (errno == ENOTEMPTY || errno == EEXIST))
					break;
				err_warn_errno("failed to remove '%s'", path);
				status = 1;
				break;
			}
			for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
				path[n - 1] = '\0';
			char *slash = strrchr(path, '/');
			if (!parents || slash == nullptr || slash == path)
				break;
			*slash = '\0';
		}
	}
	return status;
}

APPLET(mkdir, .usage = "[OPTION]... DIRECTORY...", .summary = "Make directories.",
       .opts = mkdir_opts, .flags = APPLET_IN_PROCESS);
APPLET(rmdir, .usage = "[OPTION]... DIRECTORY...", .summary = "Remove empty directories.",
       .opts = rmdir_opts, .flags = APPLET_IN_PROCESS);
