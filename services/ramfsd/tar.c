/* SPDX-License-Identifier: MPL-2.0 */
/* A tar's members: POSIX.1-2017, pax, "Extended Description"; long names and large numbers as
 * GNU's. */
#include "services/ramfsd/tar.h"
#include <string.h>
#include <sys/stat.h>

constexpr size_t BLOCK = 512;

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type;
	char link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155];
	char padding[12];
};
static_assert(sizeof(struct header) == BLOCK);

/* What pax records and long names say of the next member. */
struct extra {
	bool path, link, size, uid, gid, mtime;
	uint64_t size_is, uid_is, gid_is;
	int64_t mtime_is;
};

/* --- Numbers --- */

/* Octal digits, perhaps between blanks; or with the top bit set, a big-endian binary number. */
static uint64_t field_number(const char *field, size_t n)
{
	uint64_t value = 0;
	size_t i = 0;

	if (*field & 0x80) {
		for (i = 1; i < n; i++)
			value = value << 8 | (unsigned char)field[i];
		return value;
	}
	while (i < n && field[i] == ' ')
		i++;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	return value;
}

/* Decimal digits; `*end` is the first character that is none. */
static uint64_t decimal(const char *text, const char *limit, const char **end)
{
	uint64_t value = 0;

	for (; text < limit && *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	*end = text;
	return value;
}

/* Seconds with a fraction, in nanoseconds. */
static int64_t seconds(const char *text, const char *limit)
{
	bool is_negative = text < limit && *text == '-';
	const char *end;
	int64_t unit = 100000000;
	int64_t value = (int64_t)(decimal(text + is_negative, limit, &end) * 1000000000);

	if (end < limit && *end == '.')
		for (end++; end < limit && *end >= '0' && *end <= '9'; end++, unit /= 10)
			value += (*end - '0') * unit;
	return is_negative ? -value : value;
}

static bool header_is_good(const struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	size_t sum_at = offsetof(struct header, sum);
	uint64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= sum_at && i < sum_at + sizeof(h->sum) ? ' ' : bytes[i];
	return sum == field_number(h->sum, sizeof(h->sum));
}

/* --- Text --- */

static bool text_copy(char *to, const char *from, size_t n)
{
	n = strnlen(from, n);
	if (n >= TAR_PATH)
		return false;
	memcpy(to, from, n);
	to[n] = '\0';
	return true;
}

static void path_fill(struct tar *t, const struct header *h)
{
	size_t n = 0;

	if (memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0] != '\0') {
		n = strnlen(h->prefix, sizeof(h->prefix));
		memcpy(t->path, h->prefix, n);
		t->path[n++] = '/';
	}
	(void)text_copy(t->path + n, h->name, sizeof(h->name)); /* both are short */
}

/* --- Records that come before a member --- */

static bool key_is(const char *key, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(key, name, n) == 0;
}

static bool record_use(struct tar *t, struct extra *x, const char *key, size_t n, const char *value,
		       const char *limit)
{
	const char *end;

	if (key_is(key, n, "path"))
		return x->path = text_copy(t->path, value, (size_t)(limit - value));
	if (key_is(key, n, "linkpath"))
		return x->link = text_copy(t->link, value, (size_t)(limit - value));
	if (key_is(key, n, "size"))
		x->size = true, x->size_is = decimal(value, limit, &end);
	else if (key_is(key, n, "uid"))
		x->uid = true, x->uid_is = decimal(value, limit, &end);
	else if (key_is(key, n, "gid"))
		x->gid = true, x->gid_is = decimal(value, limit, &end);
	else if (key_is(key, n, "mtime"))
		x->mtime = true, x->mtime_is = seconds(value, limit);
	return true;
}

/* Records are "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static bool records_read(struct tar *t, struct extra *x, const char *at, const char *limit)
{
	while (at < limit) {
		const char *key, *equals;
		uint64_t length = decimal(at, limit, &key);

		if (length > (uint64_t)(limit - at) || length == 0 || key == limit || *key != ' ')
			return false;
		const char *next = at + length;
		key++;
		if (key >= next || next[-1] != '\n')
			return false;
		equals = memchr(key, '=', (size_t)(next - 1 - key));
		if (equals == nullptr ||
		    !record_use(t, x, key, (size_t)(equals - key), equals + 1, next - 1))
			return false;
		at = next;
	}
	return true;
}

/* --- Members --- */

static uint32_t type_mode(char type)
{
	switch (type) {
	case '\0':
	case '0':
	case '7':
		return S_IFREG;
	case '1': /* a link to what is usually a regular file */
		return S_IFREG;
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	}
	return 0;
}

static void member_fill(struct tar *t, const struct header *h, const struct extra *x,
			struct tar_member *m)
{
	uint32_t type = type_mode(h->type);

	if (!x->path)
		path_fill(t, h);
	if (!x->link)
		(void)text_copy(t->link, h->link, sizeof(h->link)); /* short */
	*m = (struct tar_member){
		.path = t->path,
		.link = t->link,
		.mode = type ? type | ((uint32_t)field_number(h->mode, sizeof(h->mode)) & 07777)
			     : 0,
		.uid = (uint32_t)(x->uid ? x->uid_is : field_number(h->uid, sizeof(h->uid))),
		.gid = (uint32_t)(x->gid ? x->gid_is : field_number(h->gid, sizeof(h->gid))),
		.mtime = x->mtime
				 ? x->mtime_is
				 : (int64_t)(field_number(h->mtime, sizeof(h->mtime)) * 1000000000),
		.major = (uint32_t)field_number(h->major, sizeof(h->major)),
		.minor = (uint32_t)field_number(h->minor, sizeof(h->minor)),
		.is_link = h->type == '1',
	};
}

/* The header at the position, which moves on behind what the header tells the size of. */
static enum err header_take(struct tar *t, const struct extra *x, const struct header **h,
			    uint64_t *size)
{
	size_t left = t->size - t->position;

	if (left < BLOCK)
		return left == 0 && t->position > 0 ? ERR_NOT_FOUND : ERR_BAD_ARGUMENT;
	*h = (const struct header *)(t->at + t->position);
	if ((*h)->name[0] == '\0')
		return ERR_NOT_FOUND; /* a block of zeros ends it */
	if (!header_is_good(*h))
		return ERR_BAD_ARGUMENT;
	char type = (*h)->type;
	*size = field_number((*h)->size, sizeof((*h)->size));
	if (x->size && type != 'x' && type != 'g')
		*size = x->size_is;
	if (type >= '1' && type <= '6')
		*size = 0;
	left -= BLOCK;
	t->position += BLOCK;
	if (*size > left)
		return ERR_BAD_ARGUMENT;
	uint64_t whole = (*size + BLOCK - 1) & ~(BLOCK - 1);
	t->position += whole < left ? whole : left;
	return OK;
}

enum err tar_next(struct tar *t, struct tar_member *m)
{
	struct extra x = {};

	for (;;) {
		size_t data = t->position + BLOCK;
		const struct header *h;
		uint64_t size;
		bool good = true;
		enum err e = header_take(t, &x, &h, &size);

		if (e != OK)
			return e;
		if (h->type == 'x')
			good = records_read(t, &x, t->at + data, t->at + data + size);
		else if (h->type == 'L')
			good = x.path = text_copy(t->path, t->at + data, size);
		else if (h->type == 'K')
			good = x.link = text_copy(t->link, t->at + data, size);
		else if (h->type != 'g') {
			member_fill(t, h, &x, m);
			m->data = t->at + data;
			m->size = size;
			return OK;
		}
		if (!good)
			return ERR_BAD_ARGUMENT;
	}
}
