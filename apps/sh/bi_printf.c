/* SPDX-License-Identifier: MPL-2.0 */
/* echo and printf. */
#include "apps/applet/print.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/output.h"
#include "apps/sh/param_op.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdlib.h>
#include <time.h>

static void out_put(void *self, const char *bytes, size_t n)
{
	output_write(self, bytes, n);
}

static void buf_put(void *self, const char *bytes, size_t n)
{
	buf_add(self, bytes, n);
}

static void complain(void *self, const char *what, const char *why)
{
	(void)self;
	warn("printf: %s: %s", what, why);
}

/* The strict echo, as dash's, always decodes escapes; the full one needs -e, as bash's. */
int bi_echo(int argc, char **argv)
{
	struct print p = { .put = out_put, .self = &out1, .utf8 = sh.utf8, .posix = sh.posix };
	bool newline = true, escapes = sh.posix || sh.opt[SHOPT_XPG_ECHO];
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const char *letter = argv[i] + 1;
		if (sh.posix && strcmp(letter, "n") != 0)
			break;
		if (strspn(letter, "neE") != strlen(letter))
			break;
		for (; *letter != '\0'; letter++) {
			newline &= *letter != 'n';
			escapes = *letter == 'e' ? true : *letter == 'E' ? false : escapes;
		}
	}
	p.args = argv + i;
	p.nargs = argc - i;
	print_echo(&p, escapes, newline);
	return 0;
}

/* %q: as bash quotes, with backslashes where they do. */
static void print_quoted(struct print *p, const struct print_spec *spec)
{
	struct buf b = {};
	const char *s = print_arg(p);

	if (s == nullptr || *s == '\0') {
		print_text(p, spec, "''", 2);
		return;
	}
	bool plain = true, control = false;
	for (const char *q = s; *q != '\0'; q++) {
		plain &= is_class((unsigned char)*q, CC_NAME) || (*q & 0x80) != 0 ||
			 strchr("%+-./:=@_", *q) != nullptr;
		control |= (unsigned char)*q < 0x20 || *q == 0x7f;
	}
	if (plain || control) {
		quote_word(&b, s);
	} else {
		for (; *s != '\0'; s++) {
			if (!is_class((unsigned char)*s, CC_NAME) && (*s & 0x80) == 0 &&
			    strchr("%+-./:=@_", *s) == nullptr)
				buf_byte(&b, '\\');
			buf_byte(&b, *s);
		}
	}
	print_text(p, spec, buf_str(&b), b.len);
}

/* The C library looks at TZ in its own environment, which is not the shell's. */
static void use_time_zone(void)
{
	const struct sym *tz = sym_find("TZ", 2);

	if (tz != nullptr && tz->val != nullptr && (tz->flags & VAR_EXPORT) != 0)
		setenv("TZ", tz->val, 1);
	else
		unsetenv("TZ");
	tzset();
}

/* %(format)T: -1 now, -2 when the shell started (near enough: now). */
static const char *print_date(struct print *p, const struct print_spec *spec, const char *f)
{
	const char *end = strchr(f, ')');
	char text[512];
	struct tm tm;

	if (end == nullptr || end[1] != 'T') {
		complain(nullptr, f, "missing `)T'");
		p->status = 1;
		return f + strlen(f);
	}
	const char *arg = print_arg(p);
	time_t t = arg == nullptr || *arg == '-' ? time(nullptr) : (time_t)atoll(arg);
	const char *fmt =
		end > f + 1 ? arena_strndup(&scratch, f + 1, (size_t)(end - f - 1)) : "%X";
	use_time_zone();
	localtime_r(&t, &tm);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	size_t n = strftime(text, sizeof(text), fmt, &tm);
#pragma clang diagnostic pop
	print_text(p, spec, text, n);
	return end + 2;
}

/* The directives that bash has beyond POSIX's. */
static const char *print_extra(struct print *p, const struct print_spec *spec, const char *f)
{
	if (*f == '(')
		return print_date(p, spec, f);
	if (*f != 'q')
		return nullptr;
	print_quoted(p, spec);
	return f + 1;
}

static int assign_result(const char *name, struct buf *result)
{
	size_t n = name_length(name), all = strlen(name);

	buf_str(result);
	if (n > 0 && n < all && name[n] == '[' && name[all - 1] == ']') {
		struct part text = { .kind = PART_TEXT, .quoted = true };
		struct word sub = { .parts = &text };
		struct sym *s = var_deref(sym_intern(name, n));
		long long index;
		sub.lit = arena_strndup(&scratch, name + n + 1, all - n - 2);
		const char *key = subscript_key(&sub, s, &index);
		var_set_element(s, index, key, result->p, result->len);
	} else if (n == all && n > 0) {
		var_set(sym_intern(name, n), result->p, result->len);
	} else {
		return usage_error("printf", name, "not a valid identifier");
	}
	return 0;
}

int bi_printf(int argc, char **argv)
{
	struct flags f = {};
	struct buf result = {};
	const char *name = nullptr;
	int c;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "" : "v:")) != 0) {
		if (c == '?')
			return 2;
		name = f.arg;
	}
	if (f.at >= argc)
		return usage_error("printf", "", "which format?");
	struct print p = {
		.put = name != nullptr ? buf_put : out_put,
		.self = name != nullptr ? (void *)&result : (void *)&out1,
		.complain = complain,
		.extra = sh.posix ? nullptr : print_extra,
		.utf8 = sh.utf8,
		.posix = sh.posix,
		.args = argv + f.at + 1,
		.nargs = argc - f.at - 1,
	};
	print_format(&p, argv[f.at]);
	int status = name != nullptr ? assign_result(name, &result) : 0;
	return status != 0 ? status : p.status;
}
