/* SPDX-License-Identifier: MPL-2.0 */
/* caps: what a task of Futura may do: the capabilities it holds. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/control.h"
#include "apps/utils/proc.h"

static const struct opt caps_opts[] = { {} };

static void show_process(const char *pid)
{
	char *path = mem_format("/proc/%s", pid);
	char *file = mem_format("%s/handles", path);
	char *text = proc_file_read(file, nullptr);

	bool is_missing = text == nullptr && errno == ENOENT;

	if (is_missing && access(path, F_OK) != 0)
		err_warn("%s: no such process", pid);
	else if (is_missing)
		err_warn("this system knows no capabilities of Futura: no %s", file);
	else if (text == nullptr)
		err_warn_errno("%s", file);
	else
		put_string(text);
	mem_free(text);
	mem_free(file);
	mem_free(path);
}

static void show_service(const char *name)
{
	char *file = mem_format("caps/%s", name);

	if (strchr(name, '/') != nullptr)
		err_fatal("no such service runs: '%s'", name);
	put_string(control_read(file, nullptr));
	mem_free(file);
}

static int caps_main(int argc, char **argv)
{
	struct opt_state s;
	uint64_t pid;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		show_process("self");
	for (int i = s.index; i < argc; i++) {
		if (argc - s.index > 1)
			put_format("%s%s:\n", i > s.index ? "\n" : "", argv[i]);
		if (num_parse(argv[i], &pid) == NUM_OK)
			show_process(argv[i]);
		else
			show_service(argv[i]);
	}
	return err_count != 0;
}

APPLET(caps, .usage = "[PID|SERVICE]...",
       .summary = "Show what processes and services of a Futura system may do.",
       .details =
	       "One line for each capability: the handle, the kind of object and its number, what "
	       "it stands for, and the rights. Without an operand, of this process.",
       .opts = caps_opts);
