/* SPDX-License-Identifier: MPL-2.0 */
/* The multi-call binary: the name it is called by chooses the shell or a utility. */
#include "apps/applet/applet.h"
#include "apps/sh/main.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != nullptr ? slash + 1 : path;

	return *name == '-' ? name + 1 : name; /* a login shell's name starts with a dash */
}

int main(int argc, char **argv)
{
	static char fallback[] = "sh", *none[] = { fallback, nullptr };

	if (argc == 0) {
		argc = 1;
		argv = none;
	}
	const char *name = base_name(argv[0]);
	if (strcmp(name, "sh") == 0)
		return sh_main(argc, argv, true);
	const struct applet *a = applet_find(name);
	if (a != nullptr)
		return applet_main(a, argc, argv);
	/* Under a name that means nothing the first argument may choose. */
	if (strcmp(name, "fush") != 0 && argc > 1 && (a = applet_find(argv[1])) != nullptr)
		return applet_main(a, argc - 1, argv + 1);
	return sh_main(argc, argv, false);
}
