/* SPDX-License-Identifier: MPL-2.0 */
/* echo and printf as commands of their own; the shell has them built in. */
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/print.h"
#include "apps/applet/utf8.h"

static void out_put(void *self, const char *bytes, size_t n)
{
	(void)self;
	put_bytes(bytes, n);
}

static void complain(void *self, const char *what, const char *why)
{
	(void)self;
	err_warn("%s: %s", what, why);
}

/* %q: quoted so that a shell reads it back. */
static const char *quoted_put(struct print *p, const struct print_spec *spec, const char *f)
{
	if (*f != 'q')
		return nullptr;
	(void)spec;
	const char *s = print_arg(p);
	s = s != nullptr ? s : "";
	bool plain = *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
					       "Z0123456789_-./,:@%+")] == '\0';
	if (plain) {
		put_string(s);
		return f + 1;
	}
	put_char('\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			put_string("'\\''");
		else
			put_char(*s);
	}
	put_char('\'');
	return f + 1;
}

static int echo_main(int argc, char **argv)
{
	struct print p = { .put = out_put, .complain = complain, .utf8 = utf8_is_locale() };
	bool newline = true, escapes = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0' &&
	       argv[i][1 + strspn(argv[i] + 1, "neE")] == '\0';
	     i++) {
		for (const char *letter = argv[i] + 1; *letter != '\0'; letter++) {
			newline &= *letter != 'n';
			escapes = *letter == 'e' ? true : *letter == 'E' ? false : escapes;
		}
	}
	p.args = argv + i;
	p.nargs = argc - i;
	print_echo(&p, escapes, newline);
	return 0;
}

static int printf_main(int argc, char **argv)
{
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (first >= argc)
		opt_missing_operand();
	struct print p = {
		.put = out_put,
		.complain = complain,
		.extra = quoted_put,
		.utf8 = utf8_is_locale(),
		.format_stops = true,
		.args = argv + first + 1,
		.nargs = argc - first - 1,
	};
	print_format(&p, argv[first]);
	if (p.nargs > 0 && !p.stopped)
		err_warn("warning: ignoring excess arguments, starting with '%s'", *p.args);
	return p.status;
}

APPLET(echo, .usage = "[-neE] [TEXT]...",
       .summary = "Show TEXTs with blanks between; -n without newline, -e with escapes.",
       .flags = APPLET_IN_PROCESS);
APPLET(printf, .usage = "FORMAT [ARGUMENT]...", .summary = "Show ARGUMENTs as FORMAT says.",
       .flags = APPLET_IN_PROCESS);
