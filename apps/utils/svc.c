/* SPDX-License-Identifier: MPL-2.0 */
/* svc: Futura's services: list, start, stop, restart, log. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/control.h"

static const struct opt svc_opts[] = { {} };

static void list(void)
{
	char *text = control_read("services", nullptr), *line;

	put_format("%-16s %-8s %8s %6s\n", "SERVICE", "STATE", "RESTARTS", "CODE");
	while ((line = control_line(&text)) != nullptr) {
		char name[32], state[16];
		unsigned restarts;
		long long code;
		if (sscanf(line, "%31s %15s %u %lld", name, state, &restarts, &code) == 4)
			put_format("%-16s %-8s %8u %6lld\n", name, state, restarts, code);
	}
}

static bool is_service(const char *name)
{
	char *text = control_read("services", nullptr), *line;
	size_t n = strlen(name);

	while ((line = control_line(&text)) != nullptr)
		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			return true;
	return false;
}

/* Services begin their lines with their name and a colon; init and others quote it. */
static bool is_about(const char *line, const char *name, const char *quoted)
{
	size_t n = strlen(name);

	return (strncmp(line, name, n) == 0 && line[n] == ':') || strstr(line, quoted) != nullptr;
}

static void show_log(const char *name)
{
	char *text = control_read("log", nullptr), *line;
	char *quoted = name != nullptr ? mem_format("`%s`", name) : nullptr;
	bool any = false;

	while ((line = control_line(&text)) != nullptr)
		if (name == nullptr || is_about(line, name, quoted)) {
			put_format("%s\n", line);
			any = true;
		}
	if (!any && name != nullptr && !is_service(name))
		err_fatal("no such service: '%s'", name);
}

static const char *reason(const char *order)
{
	switch (errno) {
	case ENOENT:
		return "no such service";
	case EBUSY:
		return strcmp(order, "start") == 0 ? "it runs already, or is about to"
						   : "it does not run";
	case EDEADLK:
		return "it serves this very request";
	default:
		return strerror(errno);
	}
}

static void give_order(const char *order, const char *name)
{
	char *line = mem_format("%s %s\n", order, name);

	/* Who ends controld is not answered: that is the sign of it. */
	if (!control_write("services", line) &&
	    !(errno == EIO && strcmp(line, "kill controld\n") == 0))
		err_warn("cannot %s '%s': %s", order, name, reason(order));
	mem_free(line);
}

static bool is_order(const char *word)
{
	static const char *const orders[] = { "start", "stop", "restart", "kill" };

	for (unsigned i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (strcmp(orders[i], word) == 0)
			return true;
	return false;
}

static int svc_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	const char *word = s.index < argc ? argv[s.index] : "list";
	int rest = s.index + 1;
	if (strcmp(word, "list") == 0) {
		if (rest < argc)
			opt_extra_operand(argv[rest]);
		list();
	} else if (strcmp(word, "log") == 0) {
		if (rest + 1 < argc)
			opt_extra_operand(argv[rest + 1]);
		show_log(rest < argc ? argv[rest] : nullptr);
	} else if (is_order(word)) {
		if (rest >= argc)
			opt_missing_operand();
		for (int i = rest; i < argc; i++)
			give_order(word, argv[i]);
	} else {
		opt_usage_error("unknown command '%s'", word);
	}
	return err_count != 0;
}

APPLET(svc, .usage = "[list]\nstart|stop|restart|kill SERVICE...\nlog [SERVICE]",
       .summary = "Show and run the services of a Futura system.",
       .details = "kill ends a service as a fault would: its restart policy decides what follows. "
		  "log shows what the system, or one service, has logged.",
       .opts = svc_opts);
