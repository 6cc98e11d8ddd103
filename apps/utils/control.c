/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing Futura's files of services, tasks and trace. */
#include "apps/utils/control.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"

static int control_open(const char *name, int how)
{
	char *path = mem_format(CONTROL_FOLDER "%s", name);
	int fd = open(path, how | O_CLOEXEC);

	if (fd >= 0) {
		mem_free(path);
		return fd;
	}
	bool is_missing = errno == ENOENT;
	if (is_missing && access(CONTROL_FOLDER "services", F_OK) != 0)
		err_fatal("this system has no Futura services to control: no " CONTROL_FOLDER
			  "services");
	if (is_missing)
		err_fatal("no such service runs: '%s'", strrchr(path, '/') + 1);
	err_fatal_errno("%s", path);
}

char *control_read(const char *name, size_t *len)
{
	struct in in;
	char *bytes;
	size_t n;

	in_open_fd(&in, control_open(name, O_RDONLY), name);
	if (!in_all(&in, &bytes, &n))
		applet_exit(err_status);
	close(in.fd);
	if (len != nullptr)
		*len = n;
	return bytes;
}

bool control_write(const char *name, const char *line)
{
	int fd = control_open(name, O_WRONLY);
	bool done = out_write_fully(fd, line, strlen(line));
	int e = errno;

	close(fd);
	errno = e;
	return done;
}

char *control_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (*line == '\0')
		return nullptr;
	*text = end != nullptr ? end + 1 : line + strlen(line);
	if (end != nullptr)
		*end = '\0';
	return line;
}
