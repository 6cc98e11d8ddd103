/* SPDX-License-Identifier: MPL-2.0 */
/* Unpacks POSIX's tar archives, as far as `git archive` writes them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/storage/storage.h"

constexpr size_t RECORD = 512;

struct header { /* POSIX.1-2017, pax, "ustar Interchange Format" */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char target[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], padding[12];
};
static_assert(sizeof(struct header) == RECORD);

static void file_unpack(FILE *tar, const char *path, size_t size, mode_t mode)
{
	static char data[64 << 10];
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, mode);

	need(fd >= 0, path);
	while (size > 0) {
		size_t part = size < sizeof(data) ? size : sizeof(data);
		need(fread(data, 1, part, tar) == part, "tar");
		need(write(fd, data, part) == (ssize_t)part, path);
		size -= part;
	}
	close(fd);
}

static void member_unpack(FILE *tar, const struct header *h, const char *to)
{
	size_t size = strtoul(h->size, nullptr, 8), rest = (RECORD - size % RECORD) % RECORD;
	mode_t mode = (mode_t)strtoul(h->mode, nullptr, 8) & 0777;
	char path[400], target[101] = {};

	snprintf(path, sizeof(path), "%s/%.155s%s%.100s", to, h->prefix, h->prefix[0] ? "/" : "",
		 h->name);
	memcpy(target, h->target, sizeof(h->target));
	if (h->type == '5')
		need(mkdir(path, mode) == 0, path);
	else if (h->type == '2')
		need(symlink(target, path) == 0, path);
	else if (h->type == '0' || h->type == 0)
		file_unpack(tar, path, size, mode), size = 0;
	need(fseek(tar, (long)(size + rest), SEEK_CUR) == 0, "tar");
}

void tar_unpack(const char *path, const char *to)
{
	FILE *tar = fopen(path, "r");
	struct header h;

	need(tar != nullptr, path);
	while (fread(&h, sizeof(h), 1, tar) == 1 && h.name[0] != 0)
		member_unpack(tar, &h, to);
	fclose(tar);
}
