/* SPDX-License-Identifier: MPL-2.0 */
/* md5sum, sha*sum and cksum: checksums of files, shown or checked. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/utils/digest.h"

enum { OPT_IGNORE = 256, OPT_QUIET, OPT_STATUS, OPT_STRICT, OPT_TAG };

static const struct opt sum_opts[] = {
	{ 'b', "binary", nullptr, "mark the files as binary" },
	{ 'c', "check", nullptr, "read checksums from FILEs and check them" },
	{ OPT_TAG, "tag", nullptr, "show checksums in the form of BSD" },
	{ 't', "text", nullptr, "mark the files as text (default)" },
	{ 'z', "zero", nullptr, "lines end with NUL, and names are not escaped" },
	{ OPT_IGNORE, "ignore-missing", nullptr, "with -c, skip files that are not there" },
	{ OPT_QUIET, "quiet", nullptr, "with -c, no line for files that are right" },
	{ OPT_STATUS, "status", nullptr, "with -c, show nothing; the status tells" },
	{ OPT_STRICT, "strict", nullptr, "with -c, fail for lines that are no checksums" },
	{ 'w', "warn", nullptr, "with -c, tell of lines that are no checksums" },
	{},
};

struct sum {
	enum digest_kind kind;
	const char *label;
	bool binary, tag, ignore_missing, quiet, silent, strict, warn;
	char end;
};

static bool file_digest(const struct sum *s, const char *path, char hex[static 129])
{
	uint8_t result[64];
	struct digest d;
	struct in in;

	if (!in_open(&in, path))
		return false;
	digest_init(&d, s->kind);
	for (; in_fill(&in); in.start = in.end)
		digest_add(&d, in.buf + in.start, in.end - in.start);
	digest_end(&d, result);
	in_close(&in);
	for (size_t i = 0; i < digest_size(s->kind); i++)
		snprintf(hex + i * 2, 3, "%02x", result[i]);
	return !in.failed;
}

static void name_put(const char *name, bool escape)
{
	for (; *name != '\0'; name++) {
		if (escape && (*name == '\n' || *name == '\\' || *name == '\r'))
			put_format("\\%c", *name == '\n' ? 'n' : *name == '\r' ? 'r' : '\\');
		else
			put_char(*name);
	}
}

static bool sum_show(const struct sum *s, const char *path)
{
	char hex[129];
	bool escape = s->end == '\n' && strpbrk(path, "\n\\\r") != nullptr;

	if (!file_digest(s, path, hex))
		return false;
	if (escape)
		put_char('\\');
	if (s->tag) {
		put_format("%s (", s->label);
		name_put(path, escape);
		put_format(") = %s", hex);
	} else {
		put_format("%s %c", hex, s->binary ? '*' : ' ');
		name_put(path, escape);
	}
	put_char(s->end);
	return true;
}

/* Splits "HEX  NAME" or "LABEL (NAME) = HEX"; false if the line is neither. */
static bool line_split(const struct sum *s, char *line, char **hex, char **name)
{
	size_t digits = digest_size(s->kind) * 2, label = strlen(s->label);
	bool escaped = *line == '\\';

	line += escaped;
	if (strncmp(line, s->label, label) == 0 && strncmp(line + label, " (", 2) == 0) {
		*name = line + label + 2;
		char *end = strrchr(*name, ')');
		if (end == nullptr || strncmp(end, ") = ", 4) != 0)
			return false;
		*end = '\0';
		*hex = end + 4;
	} else {
		line += strspn(line, " \t");
		*hex = line;
		if (strlen(line) < digits + 2 || line[digits] != ' ')
			return false;
		line[digits] = '\0';
		*name = line + digits + 1;
		if (**name == ' ' || **name == '*')
			(*name)++;
	}
	if (strlen(*hex) != digits || (*hex)[strspn(*hex, "0123456789abcdefABCDEF")] != '\0')
		return false;
	char *to = *name;
	for (char *p = *name; escaped && (*to = *p) != '\0'; p++, to++) {
		if (*p == '\\' && p[1] != '\0')
			*to = *++p == 'n' ? '\n' : *p == 'r' ? '\r' : '\\';
	}
	return true;
}

static const char *plural(unsigned long n)
{
	return n == 1 ? "" : "s";
}

static bool list_check(const struct sum *s, const char *list)
{
	unsigned long bad_lines = 0, unreadable = 0, wrong = 0, good = 0, lines = 0;
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, list))
		return false;
	for (unsigned long number = 1; in_line(&in, '\n', &line, &len); number++) {
		char *copy = mem_dup_bytes(line, len - (line[len - 1] == '\n')), *hex, *name,
		     found[129];
		size_t n = strlen(copy);
		if (n > 0 && copy[n - 1] == '\r')
			copy[n - 1] = '\0';
		if (copy[0] == '#') {
			continue;
		} else if (!line_split(s, copy, &hex, &name)) {
			bad_lines++;
			if (s->warn)
				err_warn("%s: %lu: improperly formatted %s checksum line", list,
					 number, s->label);
			continue;
		}
		lines++;
		FILE *f = s->ignore_missing ? fopen(name, "r") : nullptr;
		if (s->ignore_missing && f == nullptr)
			continue;
		if (f != nullptr)
			fclose(f);
		if (!file_digest(s, name, found)) {
			unreadable++;
			if (!s->silent)
				put_format("%s: FAILED open or read\n", name);
		} else if (strcasecmp(hex, found) == 0) {
			good++;
			if (!s->quiet && !s->silent)
				put_format("%s: OK\n", name);
		} else {
			wrong++;
			if (!s->silent)
				put_format("%s: FAILED\n", name);
		}
		mem_free(copy);
	}
	in_close(&in);
	if (lines == 0) {
		err_warn("%s: no properly formatted checksum lines found", list);
		return false;
	}
	if (!s->silent) {
		if (bad_lines != 0)
			err_warn("WARNING: %lu line%s %s improperly formatted", bad_lines,
				 plural(bad_lines), bad_lines == 1 ? "is" : "are");
		if (unreadable != 0)
			err_warn("WARNING: %lu listed file%s could not be read", unreadable,
				 plural(unreadable));
		if (wrong != 0)
			err_warn("WARNING: %lu computed checksum%s did NOT match", wrong,
				 plural(wrong));
		if (s->ignore_missing && good == 0)
			err_warn("%s: no file was verified", list);
	}
	return wrong == 0 && unreadable == 0 && !(s->strict && bad_lines != 0) &&
	       !(s->ignore_missing && good == 0);
}

static int sum_run(int argc, char **argv, enum digest_kind kind, const char *label)
{
	struct sum s = { .kind = kind, .label = label, .end = '\n' };
	bool check = false;
	struct opt_state state;
	int o, status = 0;

	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		if (o == 'b' || o == 't')
			s.binary = o == 'b';
		check |= o == 'c';
		s.tag |= o == OPT_TAG;
		s.ignore_missing |= o == OPT_IGNORE;
		s.quiet |= o == OPT_QUIET;
		s.silent |= o == OPT_STATUS;
		s.strict |= o == OPT_STRICT;
		s.warn |= o == 'w';
		if (o == 'z')
			s.end = '\0';
	}
	if (state.index == argc)
		return !(check ? list_check(&s, "-") : sum_show(&s, "-"));
	for (int i = state.index; i < argc; i++)
		status |= !(check ? list_check(&s, argv[i]) : sum_show(&s, argv[i]));
	return status;
}

static int md5sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_MD5, "MD5");
}

static int sha1sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_SHA1, "SHA1");
}

static int sha224sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_SHA224, "SHA224");
}

static int sha256sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_SHA256, "SHA256");
}

static int sha384sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_SHA384, "SHA384");
}

static int sha512sum_main(int argc, char **argv)
{
	return sum_run(argc, argv, DIGEST_SHA512, "SHA512");
}

/* The CRC of POSIX cksum: the polynomial of Ethernet, highest bit first. */
static uint32_t posix_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	static uint32_t table[256];

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		uint32_t c = i << 24;
		for (int k = 0; k < 8; k++)
			c = c & 0x80000000 ? c << 1 ^ 0x04c11db7 : c << 1;
		table[i] = c;
	}
	for (; n != 0; n--, p++)
		crc = crc << 8 ^ table[crc >> 24 ^ *p];
	return crc;
}

static bool cksum_show(const char *path, const char *name)
{
	uint32_t crc = 0;
	uint64_t len = 0;
	struct in in;

	if (!in_open(&in, path))
		return false;
	for (; in_fill(&in); in.start = in.end) {
		crc = posix_crc(crc, (const uint8_t *)in.buf + in.start, in.end - in.start);
		len += in.end - in.start;
	}
	for (uint64_t n = len; n != 0; n >>= 8) {
		uint8_t byte = (uint8_t)n;
		crc = posix_crc(crc, &byte, 1);
	}
	in_close(&in);
	put_format("%u %llu%s%s\n", ~crc, (unsigned long long)len, name != nullptr ? " " : "",
		   name != nullptr ? name : "");
	return !in.failed;
}

static const struct opt cksum_opts[] = { {} };

static int cksum_main(int argc, char **argv)
{
	struct opt_state s;
	int status = 0;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (s.index == argc)
		return !cksum_show("-", nullptr);
	for (int i = s.index; i < argc; i++)
		status |= !cksum_show(argv[i], argv[i]);
	return status;
}

#define SUM_TEXTS                                                                                  \
	.usage = "[OPTION]... [FILE]...", .summary = "Show or check the checksums of FILEs.",      \
	.opts = sum_opts
APPLET(md5sum, SUM_TEXTS);
APPLET(sha1sum, SUM_TEXTS);
APPLET(sha224sum, SUM_TEXTS);
APPLET(sha256sum, SUM_TEXTS);
APPLET(sha384sum, SUM_TEXTS);
APPLET(sha512sum, SUM_TEXTS);
APPLET(cksum, .usage = "[FILE]...", .summary = "Show the POSIX checksum and the length of FILEs.",
       .opts = cksum_opts);
