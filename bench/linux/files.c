/* SPDX-License-Identifier: MPL-2.0 */
/* Files by name and by content. */
#include "bench/linux/row.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE "/tmp/rows.new"
#define FOLDER   "/tmp/rows.folder"
constexpr unsigned FILES = 1000;

static void pread_4k(void)
{
	need(pread(data, buffer, 4096, 8192) == 4096, "pread");
}

static void pread_64k(void)
{
	need(pread(data, buffer, 65536, 0) == 65536, "pread");
}

static void pwrite_4k(void)
{
	need(pwrite(data, buffer, 4096, 8192) == 4096, "pwrite");
}

static void open_close(void)
{
	int fd = open(FILE_NAME, O_RDONLY);

	need(fd >= 0, "open");
	close(fd);
}

static void stat_once(void)
{
	struct stat st;

	need(stat(FILE_NAME, &st) == 0, "stat");
}

static void create_unlink(void)
{
	int fd = open(NEW_FILE, O_CREAT | O_EXCL | O_WRONLY, 0600);

	need(fd >= 0, "create");
	close(fd);
	need(unlink(NEW_FILE) == 0, "unlink");
}

static const char *name_of(unsigned i)
{
	static char name[64];

	snprintf(name, sizeof(name), FOLDER "/file-%u", i);
	return name;
}

static void folder_fill(void)
{
	need(mkdir(FOLDER, 0700) == 0, FOLDER);
	for (unsigned i = 0; i < FILES; i++) {
		int fd = open(name_of(i), O_CREAT | O_WRONLY, 0600);
		need(fd >= 0, "create");
		close(fd);
	}
}

static void folder_list(void)
{
	DIR *d = opendir(FOLDER);
	unsigned n = 0;

	need(d != nullptr, FOLDER);
	while (readdir(d) != nullptr)
		n++;
	closedir(d);
	need(n >= FILES, "readdir");
}

static void folder_remove(void)
{
	for (unsigned i = 0; i < FILES; i++)
		need(unlink(name_of(i)) == 0, "unlink");
	need(rmdir(FOLDER) == 0, FOLDER);
}

ROW(pread_4k, "pread-4k", "read 4 KiB of a file", 10000, pread_4k);
ROW(pread_64k, "pread-64k", "read 64 KiB of a file", 2000, pread_64k);
ROW(pwrite_4k, "pwrite-4k", "write 4 KiB over a file's own", 10000, pwrite_4k);
ROW(open, "open-close", "open and close a file", 10000, open_close);
ROW(stat, "stat", "stat of a name", 10000, stat_once);
ROW(create, "create-unlink", "create, close and unlink", 5000, create_unlink);
ROW(list, "list-1000", "list a folder of 1,000 files", 100, folder_list, .start = folder_fill,
    .stop = folder_remove);
