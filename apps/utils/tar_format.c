/* SPDX-License-Identifier: MPL-2.0 */
/* Headers of tar archives. */
#include "apps/utils/tar.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/err.h"

constexpr size_t BLOCK = 512;

/* POSIX.1-1988; numbers are octal digits. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100],
		magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155],
		padding[12];
};
static_assert(sizeof(struct header) == BLOCK);

off_t tar_padded(off_t size)
{
	return (size + (off_t)BLOCK - 1) / (off_t)BLOCK * (off_t)BLOCK;
}

/* Octal digits, or with the first bit set a big-endian number, as GNU writes what is too big. */
static int64_t number_read(const char *p, size_t n)
{
	uint64_t v = 0;

	if ((unsigned char)*p & 0x80) {
		v = *p & 0x40 ? UINT64_MAX : 0;
		v = v << 6 | (*p & 0x3f);
		for (size_t i = 1; i < n; i++)
			v = v << 8 | (unsigned char)p[i];
		return (int64_t)v;
	}
	while (n != 0 && (*p == ' ' || *p == '\0')) {
		p++;
		n--;
	}
	for (; n != 0 && *p >= '0' && *p <= '7'; p++, n--)
		v = v * 8 + (uint64_t)(*p - '0');
	return (int64_t)v;
}

static unsigned sum_of(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	size_t at = offsetof(struct header, sum);
	unsigned sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + sizeof h->sum ? ' ' : p[i];
	return sum;
}

static bool block_read(struct in *in, void *to)
{
	while (in->end - in->start < BLOCK) {
		if (!in_fill(in))
			return false;
	}
	memcpy(to, in->buf + in->start, BLOCK);
	in->start += BLOCK;
	return true;
}

bool tar_contents(struct in *in, off_t size, struct out *put)
{
	off_t left = tar_padded(size);

	while (left > 0) {
		if (in->start == in->end && !in_fill(in)) {
			err_warn("Unexpected EOF in archive");
			return false;
		}
		size_t n = in->end - in->start;
		n = (off_t)n < left ? n : (size_t)left;
		size_t wanted = size <= 0 ? 0 : (off_t)n < size ? n : (size_t)size;
		if (put != nullptr && wanted != 0)
			out_write(put, in->buf + in->start, wanted);
		in->start += n;
		left -= (off_t)n;
		size -= (off_t)wanted;
	}
	return true;
}

/* The contents of a member that is only a name or a list of attributes. */
static char *text_read(struct in *in, off_t size)
{
	off_t left = tar_padded(size);
	struct text t = {};

	if (size < 0 || size > 1 << 24) /* no name or list is that long */
		return nullptr;
	while (left > 0) {
		char block[BLOCK];
		if (!block_read(in, block)) {
			err_warn("Unexpected EOF in archive");
			return nullptr;
		}
		text_add(&t, block, BLOCK);
		left -= (off_t)BLOCK;
	}
	text_add_string(&t, "");
	t.bytes[size] = '\0';
	return t.bytes;
}

/* What headers before a member say about it. */
struct extra {
	char *name, *link;
	bool has_size, has_mtime;
	off_t size;
	struct timespec mtime;
};

/* Records "LEN KEY=VALUE\n" of a pax header. */
static void pax_read(struct extra *x, char *p, off_t size)
{
	char *stop = p + size;

	while (p < stop) {
		char *end;
		unsigned long n = strtoul(p, &end, 10);
		if (n == 0 || n > (unsigned long)(stop - p) || *end != ' ')
			return;
		char *key = end + 1, *value = memchr(key, '=', (size_t)(p + n - key));
		if (value == nullptr)
			return;
		p[n - 1] = '\0';
		*value++ = '\0';
		if (strcmp(key, "path") == 0)
			x->name = mem_dup(value);
		else if (strcmp(key, "linkpath") == 0)
			x->link = mem_dup(value);
		else if (strcmp(key, "size") == 0)
			x->size = strtoll(value, nullptr, 10);
		else if (strcmp(key, "mtime") == 0)
			x->mtime.tv_sec = strtoll(value, nullptr, 10);
		x->has_size |= strcmp(key, "size") == 0;
		x->has_mtime |= strcmp(key, "mtime") == 0;
		p += n;
	}
}

static void member_fill(struct tar_member *m, const struct header *h, struct extra *x)
{
	char name[258];

	*m = (struct tar_member){};
	if (h->prefix[0] != '\0' && memcmp(h->magic, "ustar\0", 6) == 0)
		snprintf(name, sizeof name, "%.155s/%.100s", h->prefix, h->name);
	else
		snprintf(name, sizeof name, "%.100s", h->name);
	m->name = x->name != nullptr ? x->name : mem_dup(name);
	m->link = x->link != nullptr ? x->link
				     : mem_dup_bytes(h->link, strnlen(h->link, sizeof h->link));
	snprintf(m->user, sizeof m->user, "%.32s", h->user);
	snprintf(m->group, sizeof m->group, "%.32s", h->group);
	m->mode = (mode_t)number_read(h->mode, sizeof h->mode) & 07777;
	m->uid = (uid_t)number_read(h->uid, sizeof h->uid);
	m->gid = (gid_t)number_read(h->gid, sizeof h->gid);
	m->size = x->has_size ? x->size : (off_t)number_read(h->size, sizeof h->size);
	m->mtime.tv_sec =
		x->has_mtime ? x->mtime.tv_sec : (time_t)number_read(h->mtime, sizeof h->mtime);
	m->major = (unsigned)number_read(h->major, sizeof h->major);
	m->minor = (unsigned)number_read(h->minor, sizeof h->minor);
	size_t n = strlen(m->name);
	m->type = h->type == '\0' || h->type == '7' ? '0' : h->type;
	if (m->type == '0' && n > 0 && m->name[n - 1] == '/')
		m->type = '5';
	if (m->type != '0' || m->size < 0)
		m->size = 0;
}

enum tar_result tar_read(struct in *in, struct tar_member *m)
{
	struct extra x = {};
	struct header h;

	for (;;) {
		if (!block_read(in, &h))
			return in->failed ? TAR_BAD : TAR_END;
		if (h.name[0] == '\0' && sum_of(&h) == 8 * ' ')
			return TAR_END;
		if ((unsigned)number_read(h.sum, sizeof h.sum) != sum_of(&h)) {
			err_warn("This does not look like a tar archive");
			return TAR_BAD;
		}
		off_t size = (off_t)number_read(h.size, sizeof h.size);
		if (h.type != 'L' && h.type != 'K' && h.type != 'x' && h.type != 'g') {
			member_fill(m, &h, &x);
			return TAR_MEMBER;
		}
		char *text = text_read(in, size);
		if (text == nullptr)
			return TAR_BAD;
		if (h.type == 'L')
			x.name = text;
		else if (h.type == 'K')
			x.link = text;
		else if (h.type == 'x')
			pax_read(&x, text, size);
	}
}

void tar_member_free(struct tar_member *m)
{
	mem_free(m->name);
	mem_free(m->link);
}

static void number_write(char *to, size_t n, uint64_t v)
{
	if (v < 1ull << ((n - 1) * 3)) {
		char digits[24];
		snprintf(digits, sizeof digits, "%0*llo", (int)n - 1, (unsigned long long)v);
		memcpy(to, digits, n);
		return;
	}
	for (size_t i = n; i-- > 0; v >>= 8)
		to[i] = (char)(v & 0xff);
	to[0] = (char)0x80;
}

static void header_write(struct out *out, struct header *h, enum tar_format format)
{
	char digits[24];

	if (format == TAR_GNU)
		memcpy(h->magic, "ustar  ", 8);
	else if (format != TAR_V7)
		memcpy(h->magic, "ustar\00000", 8);
	snprintf(digits, sizeof digits, "%06o", sum_of(h));
	memcpy(h->sum, digits, 7);
	h->sum[7] = ' ';
	out_write(out, h, sizeof *h);
}

/* A member that says something of the next one: GNU's long names, POSIX's extended headers. */
static void extra_write(struct out *out, const char *name, char type, const char *text, size_t n,
			enum tar_format format)
{
	struct header h = { .type = type };
	static const char zeros[BLOCK];

	memcpy(h.name, name, strlen(name));
	number_write(h.mode, sizeof h.mode, 0644);
	number_write(h.uid, sizeof h.uid, 0);
	number_write(h.gid, sizeof h.gid, 0);
	number_write(h.size, sizeof h.size, n);
	number_write(h.mtime, sizeof h.mtime, 0);
	header_write(out, &h, format);
	out_write(out, text, n);
	out_write(out, zeros, (size_t)tar_padded((off_t)n) - n);
}

static void long_name_write(struct out *out, const char *name, char type)
{
	extra_write(out, "././@LongLink", type, name, strlen(name) + 1, TAR_GNU);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself too. */
static void record_add(struct text *t, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, length = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof digits, "%zu", length) + rest != length)
		length++;
	text_format(t, "%zu %s=%s\n", length, key, value);
}

/* What does not fit into the ordinary header. */
static void pax_write(struct out *out, const struct tar_member *m)
{
	struct text t = {};
	char number[48];

	if (strlen(m->name) > sizeof((struct header *)0)->name)
		record_add(&t, "path", m->name);
	if (strlen(m->link) > sizeof((struct header *)0)->link)
		record_add(&t, "linkpath", m->link);
	if (m->size >= 1ll << 33) {
		snprintf(number, sizeof number, "%lld", (long long)m->size);
		record_add(&t, "size", number);
	}
	if (m->mtime.tv_nsec != 0 || m->mtime.tv_sec < 0) {
		snprintf(number, sizeof number, "%lld.%09ld", (long long)m->mtime.tv_sec,
			 m->mtime.tv_nsec);
		record_add(&t, "mtime", number);
	}
	if (t.len != 0)
		extra_write(out, "./PaxHeaders/next", 'x', t.bytes, t.len, TAR_PAX);
	mem_free(t.bytes);
}

/* The name, in ustar perhaps in two parts; false if it is too long for the format. */
static bool name_fill(struct header *h, const char *name, enum tar_format format)
{
	size_t n = strlen(name), most = sizeof h->name - (format == TAR_V7);

	if (n <= most || format == TAR_GNU || format == TAR_PAX) {
		memcpy(h->name, name, n < sizeof h->name ? n : sizeof h->name);
		return true;
	}
	if (format == TAR_V7)
		return false;
	for (const char *slash = strchr(name + 1, '/'); slash != nullptr;
	     slash = strchr(slash + 1, '/')) {
		size_t before = (size_t)(slash - name), after = n - before - 1;
		if (before <= sizeof h->prefix && after > 0 && after <= sizeof h->name) {
			memcpy(h->prefix, name, before);
			memcpy(h->name, slash + 1, after);
			return true;
		}
	}
	return false;
}

bool tar_write(struct out *out, const struct tar_member *m, enum tar_format format)
{
	struct header h = { .type = m->type == '0' && format == TAR_V7 ? '\0' : m->type };
	size_t link = strlen(m->link);

	if (!name_fill(&h, m->name, format)) {
		err_warn("%s: file name is too long; not dumped", m->name);
		return false;
	}
	if (link > sizeof h.link && (format == TAR_USTAR || format == TAR_V7)) {
		err_warn("%s: link name is too long; not dumped", m->link);
		return false;
	}
	if (m->size >= 1ll << 33 && (format == TAR_USTAR || format == TAR_V7)) {
		err_warn("%s: too large for this format; not dumped", m->name);
		return false;
	}
	if (format == TAR_GNU && link > sizeof h.link)
		long_name_write(out, m->link, 'K');
	if (format == TAR_GNU && strlen(m->name) > sizeof h.name)
		long_name_write(out, m->name, 'L');
	if (format == TAR_PAX)
		pax_write(out, m);
	memcpy(h.link, m->link, link < sizeof h.link ? link : sizeof h.link);
	number_write(h.mode, sizeof h.mode, m->mode & 07777);
	number_write(h.uid, sizeof h.uid, m->uid);
	number_write(h.gid, sizeof h.gid, m->gid);
	number_write(h.size, sizeof h.size, (uint64_t)m->size);
	number_write(h.mtime, sizeof h.mtime, m->mtime.tv_sec > 0 ? (uint64_t)m->mtime.tv_sec : 0);
	if (format != TAR_V7) {
		memcpy(h.user, m->user, strnlen(m->user, 31));
		memcpy(h.group, m->group, strnlen(m->group, 31));
	}
	bool device = m->type == '3' || m->type == '4';
	if (device || format != TAR_GNU) {
		number_write(h.major, sizeof h.major, device ? m->major : 0);
		number_write(h.minor, sizeof h.minor, device ? m->minor : 0);
	}
	header_write(out, &h, format);
	return true;
}
