/* SPDX-License-Identifier: MPL-2.0 */
/* The archive reader: well-formed archives, and damage of every byte. */
#include "lib/futura/cpio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/test/test.h"

static size_t member(char *to, const char *name, uint32_t mode, const char *data, size_t n)
{
	size_t name_size = strlen(name) + 1, at = 110;

	sprintf(to, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1, mode, 0, 0,
		1, 0, n, 0, 0, 0, 0, name_size, 0);
	memcpy(to + at, name, name_size);
	at = (at + name_size + 3) & ~3ul;
	memcpy(to + at, data, n);
	return (at + n + 3) & ~3ul;
}

/* Exactly as large as its contents, so that the sanitizer sees every byte too far. */
static char *archive(size_t *size)
{
	static char room[1024];
	size_t n = 0;

	memset(room, 0, sizeof(room));
	n += member(room + n, "bin", 0040755, "", 0);
	n += member(room + n, "bin/init", 0100755, "program", 7);
	n += member(room + n, "system.conf", 0100644, "# text", 6);
	n += member(room + n, "link", 0120777, "bin/init", 8);
	n += member(room + n, "TRAILER!!!", 0, "", 0);
	*size = n;
	char *exact = malloc(n);
	memcpy(exact, room, n);
	return exact;
}

TEST(cpio, finds_files_by_path)
{
	struct cpio_file f;
	size_t size;
	char *a = archive(&size);

	CHECK(cpio_find(a, size, "bin/init", &f) == OK);
	CHECK(f.size == 7 && memcmp(f.data, "program", 7) == 0);
	CHECK(cpio_find(a, size, "system.conf", &f) == OK && f.size == 6);
	CHECK(cpio_find(a, size, "bin", &f) == ERR_NOT_FOUND); /* a directory is no file */
	CHECK(cpio_find(a, size, "absent", &f) == ERR_NOT_FOUND);
	free(a);
}

TEST(cpio, lists_members_in_order)
{
	const char *names[] = { "bin", "bin/init", "system.conf", "link" };
	struct cpio_file f;
	size_t size, position = 0;
	char *a = archive(&size);

	for (unsigned i = 0; i < 4; i++)
		CHECK(cpio_next(a, size, &position, &f) == OK && strcmp(f.name, names[i]) == 0);
	CHECK(cpio_next(a, size, &position, &f) == ERR_NOT_FOUND);
	free(a);
}

TEST(cpio, notices_that_an_archive_is_cut_off)
{
	struct cpio_file f;
	size_t size;
	char *a = archive(&size);

	for (size_t n = 0; n < size - 4; n++) {
		char *cut = malloc(n ? n : 1);
		memcpy(cut, a, n);
		CHECK(cpio_find(cut, n, "absent", &f) == ERR_BAD_ARGUMENT);
		free(cut);
	}
	free(a);
}

TEST(cpio, reads_no_byte_outside_whatever_is_damaged)
{
	struct cpio_file f;
	size_t size;
	char *a = archive(&size);

	for (size_t i = 0; i < size; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			a[i] ^= (char)(1 << bit);
			if (cpio_find(a, size, "system.conf", &f) == OK)
				CHECK((const char *)f.data + f.size <= a + size);
			a[i] ^= (char)(1 << bit);
		}
	free(a);
}
