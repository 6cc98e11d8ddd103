/* SPDX-License-Identifier: MPL-2.0 */
/* basename and dirname: parts of path names. */
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

static const struct opt basename_opts[] = {
	{ 'a', "multiple", nullptr, "every argument is a NAME" },
	{ 's', "suffix", "SUFFIX", "drop SUFFIX at the end; implies -a" },
	{ 'z', "zero", nullptr, "end with NUL, not newline" },
	{},
};

static void base_put(const char *path, const char *suffix, char end)
{
	char *base = path_base(path);
	size_t n = strlen(base), m = suffix != nullptr ? strlen(suffix) : 0;

	if (m != 0 && n > m && strcmp(base + n - m, suffix) == 0)
		base[n - m] = '\0';
	put_string(base);
	put_char(end);
	mem_free(base);
}

static int basename_main(int argc, char **argv)
{
	const char *suffix = nullptr;
	bool multiple = false;
	char end = '\n';
	struct opt_state s;
	int o;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		multiple |= o == 'a' || o == 's';
		if (o == 's')
			suffix = s.arg;
		if (o == 'z')
			end = '\0';
	}
	if (s.index == argc)
		opt_missing_operand();
	if (!multiple && argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	if (!multiple) {
		base_put(argv[s.index], argc - s.index == 2 ? argv[s.index + 1] : nullptr, end);
		return 0;
	}
	for (int i = s.index; i < argc; i++)
		base_put(argv[i], suffix, end);
	return 0;
}

static const struct opt dirname_opts[] = {
	{ 'z', "zero", nullptr, "end with NUL, not newline" },
	{},
};

static int dirname_main(int argc, char **argv)
{
	char end = '\n';
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		end = '\0';
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++) {
		char *dir = path_dir(argv[i]);
		put_string(dir);
		put_char(end);
		mem_free(dir);
	}
	return 0;
}

APPLET(basename, .usage = "NAME [SUFFIX]\nOPTION... NAME...",
       .summary = "Show NAME without its directories, and without SUFFIX.", .opts = basename_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(dirname, .usage = "[OPTION] NAME...", .summary = "Show each NAME without its last part.",
       .opts = dirname_opts, .flags = APPLET_IN_PROCESS);
