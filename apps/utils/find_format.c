/* SPDX-License-Identifier: MPL-2.0 */
/* find -printf and -ls: what is shown of a file. */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/utils/find_expr.h"

/* Handles what follows a backslash; returns what is behind it, or nullptr for \c. */
static const char *escape_put(struct out *out, const char *p)
{
	static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	const char *at = *p != '\0' ? strchr(letters, *p) : nullptr;

	if (*p == 'c')
		return nullptr;
	if (*p >= '0' && *p <= '7') {
		int value = 0;
		for (int i = 0; i < 3 && *p >= '0' && *p <= '7'; i++)
			value = value * 8 + (*p++ - '0');
		out_char(out, value);
		return p;
	}
	if (at == nullptr) {
		out_char(out, '\\');
		if (*p == '\0')
			return p;
		out_char(out, *p);
	} else {
		out_char(out, values[at - letters]);
	}
	return p + 1;
}

/* The time of a, c or t in one letter of strftime's, or @ for seconds. */
static void time_text(char *buf, size_t size, const struct timespec *t, char how)
{
	char format[] = { '%', how, '\0' };
	struct tm tm;

	localtime_r(&t->tv_sec, &tm);
	if (how == '@')
		snprintf(buf, size, "%lld.%09ld0", (long long)t->tv_sec, t->tv_nsec);
	else if (how == '+')
		snprintf(buf + strftime(buf, size, "%Y-%m-%d+%H:%M:%S", &tm), 16, ".%09ld0",
			 t->tv_nsec);
	else if (how == 'S' || how == 'T')
		snprintf(buf + strftime(buf, size, format, &tm), 16, ".%09ld0", t->tv_nsec);
	else if (how == 'k' || how == 'l') /* not every C library has these */
		snprintf(buf, size, "%2d", how == 'k' ? tm.tm_hour : (tm.tm_hour + 11) % 12 + 1);
	else
		strftime(buf, size, format, &tm);
}

static void whole_time(char *buf, size_t size, const struct timespec *t)
{
	struct tm tm;
	size_t n = strftime(buf, size, "%a %b %e %H:%M:%S", localtime_r(&t->tv_sec, &tm));

	n += (size_t)snprintf(buf + n, size - n, ".%09ld0", t->tv_nsec);
	strftime(buf + n, size - n, " %Y", &tm);
}

static char type_letter(mode_t mode)
{
	char text[11];

	mode_string(mode, text);
	return text[0] == '-' ? 'f' : text[0];
}

/* The text of one directive; *p stands on its letter and moves to its last one. */
static void directive_text(const struct find *f, const char **p, struct text *t)
{
	const struct tree_entry *e = f->entry;
	const struct stat *st = &e->st;
	char buf[4097];
	ssize_t n;

	buf[0] = '\0';
	switch (**p) {
	case 'p':
		text_add_string(t, e->path);
		return;
	case 'P': {
		const char *rest = e->path + strlen(f->start);
		text_add_string(t, e->depth == 0 ? "" : rest + (*rest == '/'));
		return;
	}
	case 'H':
		text_add_string(t, f->start);
		return;
	case 'f':
		text_add_string(t, path_base(e->path));
		return;
	case 'h':
		text_add_string(t, path_dir(e->path));
		return;
	case 'l':
		n = S_ISLNK(st->st_mode) ? readlinkat(e->dirfd, e->name, buf, sizeof buf - 1) : 0;
		buf[n > 0 ? n : 0] = '\0';
		break;
	case 'd':
		snprintf(buf, sizeof buf, "%d", e->depth);
		break;
	case 's':
		snprintf(buf, sizeof buf, "%lld", (long long)st->st_size);
		break;
	case 'b':
	case 'k':
		snprintf(buf, sizeof buf, "%lld",
			 **p == 'b' ? (long long)st->st_blocks
				    : (long long)(st->st_blocks + 1) / 2);
		break;
	case 'm':
		snprintf(buf, sizeof buf, "%o", (unsigned)st->st_mode & 07777);
		break;
	case 'M':
		mode_string(st->st_mode, buf);
		break;
	case 'n':
		snprintf(buf, sizeof buf, "%llu", (unsigned long long)st->st_nlink);
		break;
	case 'i':
		snprintf(buf, sizeof buf, "%llu", (unsigned long long)st->st_ino);
		break;
	case 'D':
		snprintf(buf, sizeof buf, "%llu", (unsigned long long)st->st_dev);
		break;
	case 'u':
		text_add_string(t, user_name(st->st_uid));
		return;
	case 'g':
		text_add_string(t, group_name(st->st_gid));
		return;
	case 'U':
	case 'G':
		snprintf(buf, sizeof buf, "%u", **p == 'U' ? st->st_uid : st->st_gid);
		break;
	case 'y':
		snprintf(buf, sizeof buf, "%c", type_letter(st->st_mode));
		break;
	case 'Y': {
		struct stat target;
		bool ok = fstatat(e->dirfd, e->name, &target, 0) == 0;
		snprintf(buf, sizeof buf, "%c", ok ? type_letter(target.st_mode) : 'N');
		break;
	}
	case 'a':
	case 'c':
	case 't':
		whole_time(buf, sizeof buf,
			   **p == 'a'   ? &st->st_atim
			   : **p == 'c' ? &st->st_ctim
					: &st->st_mtim);
		break;
	case 'A':
	case 'C':
	case 'T': {
		const struct timespec *when = **p == 'A'   ? &st->st_atim
					      : **p == 'C' ? &st->st_ctim
							   : &st->st_mtim;
		if ((*p)[1] != '\0')
			time_text(buf, sizeof buf, when, *++*p);
		break;
	}
	case 'S': {
		double sparse =
			st->st_size == 0 ? 1 : (double)st->st_blocks * 512 / (double)st->st_size;
		snprintf(buf, sizeof buf, "%g", sparse);
		break;
	}
	default:
		err_warn("warning: unrecognized format directive '%%%c'", **p);
		snprintf(buf, sizeof buf, "%%%c", **p);
	}
	text_add_string(t, buf);
}

/* A number wanted in the way of printf: flags, width and precision. */
static const char *directive_put(const struct find *f, struct out *out, const char *p)
{
	char spec[32] = "%";
	size_t n = strspn(p, "-+ #0123456789.");
	struct text t = {};

	if (*p == '%') {
		out_char(out, '%');
		return p + 1;
	}
	if (n > 20)
		n = 20;
	memcpy(spec + 1, p, n);
	strcpy(spec + 1 + n, "s");
	p += n;
	if (*p == '\0') {
		out_char(out, '%');
		return p;
	}
	/* %#m has a leading zero; %05s is filled with zeros as a number would be. */
	bool zeros = spec[1] == '0' || (spec[1] == '#' && *p == 'm');
	text_add_string(&t, spec[1] == '#' && *p == 'm' ? "0" : "");
	directive_text(f, &p, &t);
	if (zeros && spec[1] == '0') {
		unsigned width = 0;
		sscanf(spec + 1, "%u", &width);
		for (size_t i = t.len; i < width; i++)
			out_char(out, '0');
		out_write(out, t.bytes, t.len);
	} else if (n == 0 || spec[1] == '#') {
		out_write(out, t.bytes, t.len);
	} else {
		char *padded = mem_alloc(t.len + 4200);
		/* The format is made of flags and digits only, and ends in s. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
		int len = snprintf(padded, t.len + 4200, spec, t.bytes);
#pragma clang diagnostic pop
		out_write(out, padded, (size_t)len);
		mem_free(padded);
	}
	mem_free(t.bytes);
	return p + 1;
}

void format_put(struct find *f, struct out *out, const char *p)
{
	while (*p != '\0') {
		if (*p == '\\') {
			p = escape_put(out, p + 1);
			if (p == nullptr) {
				out_flush(out);
				return;
			}
		} else if (*p == '%') {
			p = directive_put(f, out, p + 1);
		} else {
			out_char(out, *p++);
		}
	}
}

void listing_put(struct find *f, struct out *out)
{
	const struct tree_entry *e = f->entry;
	const struct stat *st = &e->st;
	char mode[11], when[64], target[4097];
	struct tm tm;
	bool recent = st->st_mtim.tv_sec <= f->now.tv_sec &&
		      st->st_mtim.tv_sec > f->now.tv_sec - 31556952 / 2;

	mode_string(st->st_mode, mode);
	localtime_r(&st->st_mtim.tv_sec, &tm);
	strftime(when, sizeof when, recent ? "%b %e %H:%M" : "%b %e  %Y", &tm);
	out_format(out, "%9llu %6lld %s %3llu %-8s %-8s %8lld %s %s",
		   (unsigned long long)st->st_ino, (long long)(st->st_blocks + 1) / 2, mode,
		   (unsigned long long)st->st_nlink, user_name(st->st_uid), group_name(st->st_gid),
		   (long long)st->st_size, when, e->path);
	ssize_t n = S_ISLNK(st->st_mode) ? readlinkat(e->dirfd, e->name, target, sizeof target - 1)
					 : -1;
	if (n >= 0)
		out_format(out, " -> %.*s", (int)n, target);
	out_char(out, '\n');
}
