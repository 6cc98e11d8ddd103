/* SPDX-License-Identifier: MPL-2.0 */
/* tr: bytes replaced, deleted or squeezed. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

/* A set as a list of bytes; case classes are remembered, since they pair up. */
struct list {
	unsigned char *bytes;
	size_t count, capacity;
	size_t fill_at;            /* where [x*] stands, or SIZE_MAX */
	unsigned char fill;        /* its x */
	size_t upper_at, lower_at; /* where [:upper:] and [:lower:] stand, or SIZE_MAX */
	bool has_class;
};

static const struct opt tr_opts[] = {
	{ 'c', "complement", nullptr, "use all bytes that are not in SET1" },
	{ 'C', nullptr, nullptr, "the same as -c" },
	{ 'd', "delete", nullptr, "delete the bytes of SET1" },
	{ 's', "squeeze-repeats", nullptr, "make one of repeated bytes of the last SET" },
	{ 't', "truncate-set1", nullptr, "cut SET1 to the length of SET2" },
	{},
};

static void list_add(struct list *l, unsigned char byte)
{
	l->bytes = mem_room(l->bytes, l->count, &l->capacity, 1);
	l->bytes[l->count++] = byte;
}

/* One byte, perhaps written with a backslash; *escaped says so. */
static unsigned char byte_read(const char **p, bool *escaped)
{
	static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	const char *s = *p;
	const char *at;

	*escaped = s[0] == '\\' && s[1] != '\0';
	if (!*escaped) {
		if (s[0] == '\\')
			err_warn(
				"warning: an unescaped backslash at end of string is not portable");
		*p = s + 1;
		return (unsigned char)s[0];
	}
	s++;
	if (*s >= '0' && *s <= '7') {
		unsigned value = 0;
		for (int i = 0; i < 3 && *s >= '0' && *s <= '7' && value * 8 + 7 < 264; i++) {
			if (value * 8 + (unsigned)(*s - '0') > 255)
				break;
			value = value * 8 + (unsigned)(*s++ - '0');
		}
		*p = s;
		return (unsigned char)value;
	}
	at = strchr(letters, *s);
	*p = s + 1;
	return (unsigned char)(at != nullptr ? values[at - letters] : *s);
}

static void class_add(struct list *l, const char *name, size_t n, bool second, bool translating)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = { { "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank },
			{ "cntrl", iscntrl }, { "digit", isdigit }, { "graph", isgraph },
			{ "lower", islower }, { "print", isprint }, { "punct", ispunct },
			{ "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit } };

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (strlen(classes[i].name) != n || memcmp(classes[i].name, name, n) != 0)
			continue;
		bool is_case = classes[i].is == islower || classes[i].is == isupper;
		if (second && translating && !is_case)
			err_fatal(
				"when translating, the only character classes that may appear in\n"
				"string2 are 'upper' and 'lower'");
		if (classes[i].is == islower)
			l->lower_at = l->count;
		if (classes[i].is == isupper)
			l->upper_at = l->count;
		l->has_class |= !is_case;
		for (int b = 0; b < 256; b++) {
			if (b < 128 && classes[i].is(b))
				list_add(l, (unsigned char)b);
		}
		return;
	}
	err_fatal("invalid character class '%.*s'", (int)n, name);
}

/* [:class:], [=x=] or [x*n]; nullptr if it is none of them, else what follows. */
static const char *special_add(struct list *l, const char *p, bool second, bool translating)
{
	bool escaped;

	if (p[1] == ':' || p[1] == '=') {
		const char close[] = { p[1], ']', '\0' };
		const char *end = p[2] == '\0' ? nullptr : strstr(p + 2 + (p[1] == '='), close);
		if (end == nullptr)
			return nullptr;
		if (p[1] == ':') {
			class_add(l, p + 2, (size_t)(end - p - 2), second, translating);
		} else {
			const char *q = p + 2;
			unsigned char b = byte_read(&q, &escaped);
			if (q != end)
				err_fatal("%.*s: equivalence class operand must be a single "
					  "character",
					  (int)(end - p - 2), p + 2);
			list_add(l, b);
		}
		return end + 2;
	}
	if (p[1] == '\0')
		return nullptr;
	const char *q = p + 1;
	unsigned char b = byte_read(&q, &escaped);
	if (*q != '*')
		return nullptr;
	const char *digits = q + 1;
	size_t n = strspn(digits, "0123456789");
	if (digits[n] != ']')
		return nullptr;
	if (!second)
		err_fatal("the [c*] repeat construct may not appear in string1");
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		count = count * (digits[0] == '0' ? 8 : 10) + (uint64_t)(digits[i] - '0');
	if (count == 0) {
		if (l->fill_at != SIZE_MAX)
			err_fatal("only one [c*] repeat construct may appear in string2");
		l->fill_at = l->count;
		l->fill = b;
	}
	for (uint64_t i = 0; i < count && i < 100000; i++)
		list_add(l, b);
	return digits + n + 1;
}

static void list_read(struct list *l, const char *p, bool second, bool translating)
{
	*l = (struct list){ .fill_at = SIZE_MAX, .upper_at = SIZE_MAX, .lower_at = SIZE_MAX };
	while (*p != '\0') {
		bool escaped;
		if (*p == '[') {
			const char *next = special_add(l, p, second, translating);
			if (next != nullptr) {
				p = next;
				continue;
			}
		}
		unsigned char first = byte_read(&p, &escaped);
		if (p[0] != '-' || p[1] == '\0') {
			list_add(l, first);
			continue;
		}
		const char *range = p - 1;
		p++;
		unsigned char last = byte_read(&p, &escaped);
		if (last < first)
			err_fatal(
				"range-endpoints of '%.*s' are in reverse collating sequence order",
				(int)(p - range), range);
		for (unsigned b = first; b <= last; b++)
			list_add(l, (unsigned char)b);
	}
}

static void list_complement(struct list *l)
{
	bool has[256] = {};

	for (size_t i = 0; i < l->count; i++)
		has[l->bytes[i]] = true;
	l->count = 0;
	l->upper_at = l->lower_at = SIZE_MAX;
	for (unsigned b = 0; b < 256; b++) {
		if (!has[b])
			list_add(l, (unsigned char)b);
	}
}

/* Makes the second list as long as the first. */
static void list_extend(struct list *b, size_t count, bool truncate)
{
	if (b->fill_at != SIZE_MAX && b->count < count) {
		size_t more = count - b->count;
		for (size_t i = 0; i < more; i++)
			list_add(b, b->fill);
		memmove(b->bytes + b->fill_at + more, b->bytes + b->fill_at,
			b->count - more - b->fill_at);
		memset(b->bytes + b->fill_at, b->fill, more);
	}
	if (truncate)
		return;
	if (b->count == 0 && count != 0)
		err_fatal("when not truncating set1, string2 must be non-empty");
	while (b->count < count)
		list_add(b, b->bytes[b->count - 1]);
}

/* [:lower:] against [:upper:] at the same place pairs letters, whatever the rest. */
static void case_map(unsigned char map[256], const struct list *a, const struct list *b)
{
	bool up = a->lower_at != SIZE_MAX && a->lower_at == b->upper_at;
	bool down = a->upper_at != SIZE_MAX && a->upper_at == b->lower_at;

	for (int c = 0; c < 128; c++) {
		if (up && islower(c))
			map[c] = (unsigned char)toupper(c);
		if (down && isupper(c))
			map[c] = (unsigned char)tolower(c);
	}
}

struct tr {
	unsigned char map[256];
	bool drop[256];
	bool squeeze[256];
	bool may_shorten;
};

static bool input_translate(const struct tr *t)
{
	struct in in;
	int last = -1;

	in_open_fd(&in, 0, "-");
	while (in_fill(&in)) {
		unsigned char *p = (unsigned char *)in.buf + in.start;
		unsigned char *stop = (unsigned char *)in.buf + in.end, *to = p;
		if (!t->may_shorten) {
			for (unsigned char *q = p; q < stop; q++)
				*q = t->map[*q];
			to = stop;
		} else {
			for (unsigned char *q = p; q < stop; q++) {
				if (t->drop[*q])
					continue;
				unsigned char c = t->map[*q];
				if (c == last && t->squeeze[c])
					continue;
				*to++ = c;
				last = c;
			}
		}
		put_bytes(p, (size_t)(to - p));
		in.start = in.end;
	}
	in_close(&in);
	return !in.failed;
}

static int tr_main(int argc, char **argv)
{
	bool complement = false, delete = false, squeeze = false, truncate = false;
	struct tr t = {};
	struct list a, b = {};
	struct opt_state s;
	int o;

	opt_init_in_order(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		complement |= o == 'c' || o == 'C';
		delete |= o == 'd';
		squeeze |= o == 's';
		truncate |= o == 't';
	}
	int sets = argc - s.index;
	int least = delete == squeeze ? 2 : 1, most = delete && !squeeze ? 1 : 2;
	if (sets == 0)
		opt_missing_operand();
	if (sets < least)
		opt_usage_error(
			"missing operand after '%s'\n%s", argv[argc - 1],
			squeeze ? "Two strings must be given when both deleting and squeezing "
				  "repeats."
				: "Two strings must be given when translating.");
	if (sets > most)
		opt_extra_operand(argv[s.index + most]);
	bool translating = sets == 2 && !delete;
	list_read(&a, argv[s.index], false, translating);
	if (complement)
		list_complement(&a);
	if (sets == 2)
		list_read(&b, argv[s.index + 1], true, translating);
	for (unsigned i = 0; i < 256; i++)
		t.map[i] = (unsigned char)i;
	if (translating) {
		if (b.upper_at != SIZE_MAX || b.lower_at != SIZE_MAX) {
			size_t at = b.upper_at != SIZE_MAX ? b.upper_at : b.lower_at;
			if (at != a.upper_at && at != a.lower_at)
				err_fatal("misaligned [:upper:] and/or [:lower:] construct");
		}
		list_extend(&b, a.count, truncate);
		for (size_t i = 0; i < a.count && i < b.count; i++)
			t.map[a.bytes[i]] = b.bytes[i];
		case_map(t.map, &a, &b);
	}
	for (size_t i = 0; i < a.count && delete; i++)
		t.drop[a.bytes[i]] = true;
	const struct list *last = sets == 2 ? &b : &a;
	for (size_t i = 0; i < last->count && squeeze; i++)
		t.squeeze[last->bytes[i]] = true;
	t.may_shorten = delete || squeeze;
	return !input_translate(&t);
}

APPLET(tr, .usage = "[OPTION]... SET1 [SET2]",
       .summary = "Replace, squeeze or delete bytes from standard input to standard output.",
       .opts = tr_opts,
       .details =
	       "A SET is a string with ranges a-z, classes [:alpha:], repeats [x*n], and escapes\n"
	       "\\NNN \\\\ \\a \\b \\f \\n \\r \\t \\v.");
