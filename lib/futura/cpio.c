/* SPDX-License-Identifier: MPL-2.0 */
/* cpio, newc format: a header of thirteen 8-digit hex fields, the name, the data; each padded to 4.
 */
#include "lib/futura/cpio.h"
#include <stdckdint.h>
#include <string.h>

constexpr size_t MAGIC_SIZE = 6;
constexpr size_t FIELD_SIZE = 8;
constexpr size_t HEADER_SIZE = MAGIC_SIZE + 13 * FIELD_SIZE;

enum field { FIELD_MODE = 1, FIELD_FILESIZE = 6, FIELD_NAMESIZE = 11 };

static bool hex_digit(char c, uint32_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*value = (uint32_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*value = (uint32_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

static bool header_field(const char *header, enum field field, uint32_t *value)
{
	const char *text = header + MAGIC_SIZE + field * FIELD_SIZE;

	*value = 0;
	for (size_t i = 0; i < FIELD_SIZE; i++) {
		uint32_t digit;
		if (!hex_digit(text[i], &digit))
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* Where `n` bytes at `start` end, padded to 4; false if that lies outside the archive. */
static bool padded_end(size_t start, size_t n, size_t size, size_t *end)
{
	if (ckd_add(end, start, n) || *end > size)
		return false;
	/* The last data may stand at the very end, without padding. */
	*end = *end + 3 < size ? (*end + 3) & ~(size_t)3 : size;
	return true;
}

enum err cpio_next(const void *archive, size_t size, size_t *position, struct cpio_file *f)
{
	const char *base = archive;
	size_t at = *position, data, next;
	uint32_t mode, filesize, namesize;

	if (at > size || size - at < HEADER_SIZE || memcmp(base + at, "070701", MAGIC_SIZE) != 0)
		return ERR_BAD_ARGUMENT;
	if (!header_field(base + at, FIELD_MODE, &mode) ||
	    !header_field(base + at, FIELD_FILESIZE, &filesize) ||
	    !header_field(base + at, FIELD_NAMESIZE, &namesize))
		return ERR_BAD_ARGUMENT;

	const char *name = base + at + HEADER_SIZE;
	if (namesize == 0 || !padded_end(at + HEADER_SIZE, namesize, size, &data) ||
	    name[namesize - 1] != '\0' || !padded_end(data, filesize, size, &next))
		return ERR_BAD_ARGUMENT;
	if (strcmp(name, "TRAILER!!!") == 0)
		return ERR_NOT_FOUND;
	*f = (struct cpio_file){ name, base + data, filesize, mode };
	*position = next;
	return OK;
}

enum err cpio_find(const void *archive, size_t size, const char *path, struct cpio_file *f)
{
	struct cpio_file member;
	size_t position = 0;
	enum err e;

	while ((e = cpio_next(archive, size, &position, &member)) == OK)
		if ((member.mode & CPIO_TYPE) == CPIO_REGULAR && strcmp(member.name, path) == 0) {
			*f = member;
			return OK;
		}
	return e;
}
