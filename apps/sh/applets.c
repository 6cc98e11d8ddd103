/* SPDX-License-Identifier: MPL-2.0 */
/* The utilities in this binary, as the shell sees them. */
#include "apps/sh/applets.h"
#include "apps/applet/applet.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

const struct applet *applets_find(const char *name)
{
	return applet_find(name);
}

static bool is_this_binary(const char *path)
{
	static struct stat self;
	static bool known;
	struct stat st;

	if (!known) {
		known = true;
		if (stat("/proc/self/exe", &self) < 0)
			self = (struct stat){};
	}
	return self.st_ino != 0 && stat(path, &st) == 0 && st.st_ino == self.st_ino &&
	       st.st_dev == self.st_dev;
}

const struct applet *applets_match(const char *name, const char *path)
{
	const struct applet *a = applet_find(name);

	return a != nullptr && (path == nullptr || is_this_binary(path)) ? a : nullptr;
}

bool applets_is_safe(const struct applet *a)
{
	return (a->flags & APPLET_IN_PROCESS) != 0;
}

int applets_run(const struct applet *a, int argc, char **argv)
{
	char **before = environ;

	environ = env_build();
	int status = applet_main(a, argc, argv);
	environ = before;
	setlocale(LC_CTYPE, sh.utf8 ? "C.UTF-8" : "C");
	applet_interrupted = 0;
	return status;
}

void applets_exit(const struct applet *a, int argc, char **argv)
{
	environ = env_build();
	_exit(applet_main(a, argc, argv));
}

void applets_interrupt(void)
{
	applet_interrupted = 1;
}
