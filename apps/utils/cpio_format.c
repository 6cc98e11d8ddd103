/* SPDX-License-Identifier: MPL-2.0 */
/* Headers of cpio archives. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "apps/applet/err.h"
#include "apps/utils/cpio.h"

constexpr size_t NEWC_SIZE = 110, ODC_SIZE = 76, BINARY_SIZE = 26;
constexpr uint64_t NAME_MOST = 1 << 20; /* bytes; a longer one is damage */

unsigned cpio_padding(enum cpio_format format, uint64_t size)
{
	unsigned align = format == CPIO_ODC ? 1 : format == CPIO_BINARY ? 2 : 4;

	return (unsigned)(-size & (align - 1));
}

/* Makes `n` bytes available; false at the end of the file. */
static bool bytes_have(struct in *in, size_t n)
{
	while (in->end - in->start < n)
		if (!in_fill(in))
			return false;
	return true;
}

static bool number_read(const char *p, size_t n, unsigned base, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		int c = tolower((unsigned char)p[i]);
		unsigned d = isdigit(c)    ? (unsigned)(c - '0')
			     : isxdigit(c) ? (unsigned)(c - 'a') + 10
					   : 99;
		if (d >= base)
			return false;
		*value = *value * base + d;
	}
	return true;
}

/* Eight hexadecimal digits a field (SVR4). */
static bool newc_parse(const char *p, struct cpio_member *m, uint64_t *name_size)
{
	uint64_t v[13];

	for (int i = 0; i < 13; i++)
		if (!number_read(p + 6 + 8 * i, 8, 16, &v[i]))
			return false;
	m->ino = v[0];
	m->mode = (mode_t)v[1];
	m->uid = (uid_t)v[2];
	m->gid = (gid_t)v[3];
	m->nlink = v[4];
	m->mtime = (int64_t)v[5];
	m->size = v[6];
	m->major = v[7];
	m->minor = v[8];
	m->rmajor = v[9];
	m->rminor = v[10];
	*name_size = v[11];
	m->sum = (uint32_t)v[12];
	return true;
}

/* Octal digits, without alignment. */
static bool odc_parse(const char *p, struct cpio_member *m, uint64_t *name_size)
{
	static const size_t widths[] = { 6, 6, 6, 6, 6, 6, 6, 11, 6, 11 };
	uint64_t v[10];

	p += 6;
	for (int i = 0; i < 10; p += widths[i++])
		if (!number_read(p, widths[i], 8, &v[i]))
			return false;
	m->major = v[0] >> 8;
	m->minor = v[0] & 0xff;
	m->ino = v[1];
	m->mode = (mode_t)v[2];
	m->uid = (uid_t)v[3];
	m->gid = (gid_t)v[4];
	m->nlink = v[5];
	m->rmajor = v[6] >> 8;
	m->rminor = v[6] & 0xff;
	m->mtime = (int64_t)v[7];
	*name_size = v[8];
	m->size = v[9];
	return true;
}

/* 16-bit words; 32-bit numbers have their high half first, whatever the order in words. */
static void binary_parse(const char *p, struct cpio_member *m, uint64_t *name_size)
{
	uint32_t v[13];

	for (int i = 0; i < 13; i++) {
		unsigned a = (unsigned char)p[2 * i], b = (unsigned char)p[2 * i + 1];
		v[i] = m->swapped ? a << 8 | b : b << 8 | a;
	}
	m->major = v[1] >> 8;
	m->minor = v[1] & 0xff;
	m->ino = v[2];
	m->mode = (mode_t)v[3];
	m->uid = v[4];
	m->gid = v[5];
	m->nlink = v[6];
	m->rmajor = v[7] >> 8;
	m->rminor = v[7] & 0xff;
	m->mtime = v[8] << 16 | v[9];
	*name_size = v[10];
	m->size = (uint64_t)v[11] << 16 | v[12];
}

/* Recognises the format and reads the numbers; 0 or the header's size. */
static size_t header_parse(struct in *in, struct cpio_member *m, uint64_t *name_size)
{
	const char *p = in->buf + in->start;
	bool newc = memcmp(p, "070701", 6) == 0, crc = memcmp(p, "070702", 6) == 0;

	if (newc || crc) {
		m->format = crc ? CPIO_CRC : CPIO_NEWC;
		return bytes_have(in, NEWC_SIZE) && newc_parse(in->buf + in->start, m, name_size)
			       ? NEWC_SIZE
			       : 0;
	}
	if (memcmp(p, "070707", 6) == 0) {
		m->format = CPIO_ODC;
		return bytes_have(in, ODC_SIZE) && odc_parse(in->buf + in->start, m, name_size)
			       ? ODC_SIZE
			       : 0;
	}
	m->swapped = memcmp(p, "\x71\xc7", 2) == 0;
	if (!m->swapped && memcmp(p, "\xc7\x71", 2) != 0)
		return 0;
	m->format = CPIO_BINARY;
	if (!bytes_have(in, BINARY_SIZE))
		return 0;
	binary_parse(in->buf + in->start, m, name_size);
	return BINARY_SIZE;
}

enum cpio_result cpio_read(struct in *in, struct cpio_member *m, uint64_t *taken)
{
	uint64_t name_size = 0;

	*m = (struct cpio_member){};
	if (!bytes_have(in, 6)) {
		if (!in->failed)
			err_warn("premature end of file");
		return CPIO_BAD;
	}
	size_t header = header_parse(in, m, &name_size);
	if (header == 0 || name_size == 0 || name_size > NAME_MOST) {
		err_warn("premature end of archive or no cpio archive");
		return CPIO_BAD;
	}
	size_t all = header + name_size;
	all += cpio_padding(m->format, m->format == CPIO_BINARY ? name_size : all);
	if (!bytes_have(in, all)) {
		err_warn("premature end of file");
		return CPIO_BAD;
	}
	const char *name = in->buf + in->start + header;
	m->name = mem_dup_bytes(name, strnlen(name, name_size));
	in->start += all;
	*taken += all;
	return strcmp(m->name, CPIO_TRAILER) == 0 ? CPIO_END : CPIO_MEMBER;
}

static size_t newc_write(struct out *out, enum cpio_format format, const struct cpio_member *m)
{
	size_t name = strlen(m->name) + 1;
	char header[NEWC_SIZE + 1];

	snprintf(header, sizeof header,
		 "07070%c%08lX%08X%08X%08X%08lX%08lX%08lX%08lX%08lX%08lX%08lX%08lX%08X",
		 format == CPIO_CRC ? '2' : '1', m->ino & 0xffffffff, m->mode, m->uid, m->gid,
		 m->nlink & 0xffffffff, (unsigned long)m->mtime & 0xffffffff,
		 (unsigned long)m->size, m->major & 0xffffffff, m->minor & 0xffffffff,
		 m->rmajor & 0xffffffff, m->rminor & 0xffffffff, (unsigned long)name, m->sum);
	unsigned padding = cpio_padding(format, NEWC_SIZE + name);
	out_write(out, header, NEWC_SIZE);
	out_write(out, m->name, name);
	out_write(out, "\0\0\0", padding);
	return NEWC_SIZE + name + padding;
}

static size_t odc_write(struct out *out, const struct cpio_member *m)
{
	size_t name = strlen(m->name) + 1;
	char header[ODC_SIZE + 1];

	snprintf(header, sizeof header, "070707%06lo%06lo%06o%06o%06o%06lo%06lo%011lo%06zo%011lo",
		 (m->major << 8 | m->minor) & 0777777, m->ino & 0777777, m->mode & 0777777,
		 m->uid & 0777777, m->gid & 0777777, m->nlink & 0777777,
		 (m->rmajor << 8 | m->rminor) & 0777777, (unsigned long)m->mtime & 077777777777,
		 name, (unsigned long)m->size);
	out_write(out, header, ODC_SIZE);
	out_write(out, m->name, name);
	return ODC_SIZE + name;
}

static size_t binary_write(struct out *out, const struct cpio_member *m)
{
	size_t name = strlen(m->name) + 1;
	unsigned padding = cpio_padding(CPIO_BINARY, name);
	const unsigned long v[13] = { 070707,
				      m->major << 8 | m->minor,
				      m->ino,
				      m->mode,
				      m->uid,
				      m->gid,
				      m->nlink,
				      m->rmajor << 8 | m->rminor,
				      (unsigned long)m->mtime >> 16,
				      (unsigned long)m->mtime,
				      name,
				      (unsigned long)m->size >> 16,
				      (unsigned long)m->size };

	for (int i = 0; i < 13; i++) {
		out_char(out, (char)(v[i] & 0xff));
		out_char(out, (char)(v[i] >> 8 & 0xff));
	}
	out_write(out, m->name, name);
	out_write(out, "\0", padding);
	return BINARY_SIZE + name + padding;
}

size_t cpio_write(struct out *out, enum cpio_format format, const struct cpio_member *m)
{
	uint64_t most = format == CPIO_ODC      ? 077777777777
			: format == CPIO_BINARY ? INT32_MAX
						: UINT32_MAX;

	if (m->size > most) {
		err_warn("%s: too large for this format of archive", m->name);
		return 0;
	}
	switch (format) {
	case CPIO_ODC:
		return odc_write(out, m);
	case CPIO_BINARY:
		return binary_write(out, m);
	default:
		return newc_write(out, format, m);
	}
}
