/* SPDX-License-Identifier: MPL-2.0 */
/* test and [: conditions as a command of its own; the shell has them built in. */
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/condition.h"
#include "apps/applet/err.h"

static int words_test(int n, char **words)
{
	struct condition c = { .unary = CONDITION_UNARY };

	int status = condition_eval(&c, n, words);
	if (c.why != nullptr)
		err_warn("%s: %s", c.what, c.why);
	return status;
}

static int test_main(int argc, char **argv)
{
	err_status = 2;
	return words_test(argc - 1, argv + 1);
}

static int bracket_main(int argc, char **argv)
{
	err_status = 2;
	if (argc < 2 || strcmp(argv[argc - 1], "]") != 0)
		err_fatal("missing ']'");
	return words_test(argc - 2, argv + 1);
}

#define TEST_TEXTS                                                                                 \
	.summary = "Tell by the status if EXPRESSION is true.",                                    \
	.flags = APPLET_IN_PROCESS | APPLET_RAW,                                                   \
	.details = "-n -z TEXT; TEXT = != < > TEXT; N -eq -ne -lt -le -gt -ge N; FILE -nt -ot "    \
		   "-ef FILE;\n"                                                                   \
		   "-b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x FILE; -t FD; ! A; A " \
		   "-a B; A -o B; ( A )"
APPLET(test, .usage = "EXPRESSION", TEST_TEXTS);
APPLET_NAMED(bracket, "[", .usage = "EXPRESSION ]", TEST_TEXTS);
