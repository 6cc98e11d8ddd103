/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* cpio archives: the formats newc, crc (SVR4), odc (POSIX.1-1988) and the old binary one. */
#include <stdint.h>
#include <sys/types.h>
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"

enum cpio_format { CPIO_NEWC, CPIO_CRC, CPIO_ODC, CPIO_BINARY };

struct cpio_member {
	enum cpio_format format; /* of the archive it was read from */
	bool swapped;            /* binary, of a machine of other byte order */
	char *name;              /* of memory from mem.h */
	unsigned long major, minor, ino, nlink, rmajor, rminor;
	mode_t mode; /* with the file type */
	uid_t uid;
	gid_t gid;
	int64_t mtime;
	uint64_t size;
	uint32_t sum; /* of the contents, in crc archives */
};

enum cpio_result { CPIO_MEMBER, CPIO_END, CPIO_BAD };

/*
 * The next header; `in` is left at the member's contents. Adds the bytes taken to *taken. A
 * message is printed for CPIO_BAD.
 */
enum cpio_result cpio_read(struct in *in, struct cpio_member *m, uint64_t *taken);

/* Writes a header and returns its size; 0, with a message, if a number is too large for it. */
size_t cpio_write(struct out *out, enum cpio_format format, const struct cpio_member *m);

/* How many bytes follow contents of that size. */
unsigned cpio_padding(enum cpio_format format, uint64_t size);

constexpr char CPIO_TRAILER[] = "TRAILER!!!";
