/* SPDX-License-Identifier: MPL-2.0 */
/* The utilities without the shell, for their tests: `utils NAME ARGS...`, or called by a name. */
#include <stdio.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const struct applet *a = applet_find(slash != nullptr ? slash + 1 : argv[0]);

	if (a == nullptr && argc > 1) {
		a = applet_find(argv[1]);
		argv++;
		argc--;
	}
	if (a != nullptr)
		return applet_main(a, argc, argv);
	for (unsigned i = 0; (a = applet_at(i)) != nullptr; i++)
		printf("%s\n", a->name);
	return argc > 1 ? 127 : 0;
}
