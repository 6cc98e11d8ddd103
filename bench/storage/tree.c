/* SPDX-License-Identifier: MPL-2.0 */
/* Goes over trees of files. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/storage/storage.h"

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static unsigned long folder_walk(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : nullptr;
	unsigned long n = 0;
	struct dirent *e;
	struct stat st;

	need(d != nullptr, name);
	while ((e = readdir(d)) != nullptr) {
		if (is_dots(e->d_name))
			continue;
		need(fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0, e->d_name);
		n += 1 + (S_ISDIR(st.st_mode) ? folder_walk(fd, e->d_name) : 0);
	}
	closedir(d);
	return n;
}

unsigned long tree_walk(const char *path)
{
	return folder_walk(AT_FDCWD, path);
}

static void folder_remove(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : nullptr;
	struct dirent *e;

	need(d != nullptr, name);
	while ((e = readdir(d)) != nullptr) {
		if (is_dots(e->d_name))
			continue;
		if (e->d_type == DT_DIR)
			folder_remove(fd, e->d_name);
		else
			need(unlinkat(fd, e->d_name, 0) == 0, e->d_name);
	}
	closedir(d);
	need(unlinkat(at, name, AT_REMOVEDIR) == 0, name);
}

void tree_remove(const char *path)
{
	folder_remove(AT_FDCWD, path);
}
