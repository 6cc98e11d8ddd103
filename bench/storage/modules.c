/* SPDX-License-Identifier: MPL-2.0 */
/* Loads what a Linux needs for its disk and file system. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/storage/storage.h"

#define FOLDER "/modules"

void modules_load(void)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, nullptr, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];
		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), FOLDER "/%s", names[i]->d_name);
		int fd = open(path, O_RDONLY);
		/* What finds no such device or has been built in is not needed. */
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
			perror(path);
		close(fd);
	}
}
