/* SPDX-License-Identifier: MPL-2.0 */
/* Finding programs in PATH, and becoming one. */
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/input.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The next entry of a PATH; false after the last. */
static bool path_next(const char **p, const char **dir, size_t *len)
{
	if (*p == nullptr)
		return false;
	const char *colon = strchr(*p, ':');
	*dir = *p;
	*len = colon != nullptr ? (size_t)(colon - *p) : strlen(*p);
	*p = colon != nullptr ? colon + 1 : nullptr;
	return true;
}

const char *command_path(struct sym *s, const char *name)
{
	const char *dir, *p = var_value(sym_path);
	size_t len;

	if (strchr(name, '/') != nullptr)
		return is_program(name) ? name : nullptr;
	if (s->path != nullptr && s->path_age == sh.path_age)
		return s->path;
	if (p == nullptr || *name == '\0')
		return nullptr;
	while (path_next(&p, &dir, &len)) {
		char *full = len > 0 ? arena_printf(&scratch, "%.*s/%s", (int)len, dir, name)
				     : arena_printf(&scratch, "./%s", name);
		if (!is_program(full))
			continue;
		if (*full == '/') { /* what a relative entry means changes with cd */
			free(s->path);
			s->path = xstrdup(full);
			s->path_age = sh.path_age;
			s->path_hits = 0;
		}
		return full;
	}
	return nullptr;
}

/* A file that is no binary and has no #! is a script for this shell. */
static void run_script(const char *path, char **argv, char **env)
{
	char head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC), n = 0;

	for (char **a = argv; *a != nullptr; a++)
		n++;
	ssize_t got = fd >= 0 ? read(fd, head, sizeof(head)) : -1;
	if (got > 0 && memchr(head, '\0', (size_t)got) != nullptr) {
		warn("%s: cannot execute: not a program for this machine", path);
		_exit(126);
	}
	char **v = arena_alloc(&scratch, (size_t)(n + 2) * sizeof(*v));
	v[0] = (char *)(sh.posix ? "sh" : "fush");
	v[1] = (char *)path;
	for (int i = 1; i <= n; i++)
		v[i + 1] = argv[i];
	execve("/proc/self/exe", v, env);
	v[0] = (char *)"sh";
	execve("/bin/sh", v, env);
}

static void try_exec(const char *path, char **argv, char **env)
{
	execve(path, argv, env);
	if (errno == ENOEXEC)
		run_script(path, argv, env);
}

void command_exec(struct sym *s, char **argv)
{
	const char *dir, *p = var_value(sym_path), *name = argv[0];
	size_t len;
	int error = ENOENT;
	char **env = env_build();

	source_close_all();
	if (strchr(name, '/') != nullptr) {
		try_exec(name, argv, env);
		error = errno;
		p = nullptr;
	} else if (s->path != nullptr && s->path_age == sh.path_age) {
		try_exec(s->path, argv, env);
	}
	while (*name != '\0' && path_next(&p, &dir, &len)) {
		try_exec(len > 0 ? arena_printf(&scratch, "%.*s/%s", (int)len, dir, name)
				 : arena_printf(&scratch, "./%s", name),
			 argv, env);
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
	}
	if (error == ENOENT && strchr(name, '/') == nullptr)
		warn("%s: command not found", name);
	else
		warn("%s: %s", name, strerror(error));
	sh_exit(error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG ? 127 : 126);
}
