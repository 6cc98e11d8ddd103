/* SPDX-License-Identifier: MPL-2.0 */
/* Becoming, starting and awaiting commands. */
#include "apps/utils/command.h"
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/out.h"

static int status_of_failure(const char *name)
{
	int status = errno == ENOENT ? 127 : 126;

	err_warn_errno("'%s'", name);
	return status;
}

void command_become(char **argv)
{
	put_flush();
	execvp(argv[0], argv);
	applet_exit(status_of_failure(argv[0]));
}

pid_t command_start(char **argv)
{
	put_flush();
	pid_t pid = fork();
	if (pid < 0)
		err_fatal_errno("cannot fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(status_of_failure(argv[0]));
	}
	return pid;
}

int command_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err_fatal_errno("cannot wait");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
