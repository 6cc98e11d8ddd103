/* SPDX-License-Identifier: MPL-2.0 */
/* Showing a list of files: long form, columns, quoting, marks and colours. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <wctype.h>
#include "apps/applet/num.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/utf8.h"
#include "apps/utils/ls.h"

const struct timespec *ls_time(const struct ls *l, const struct ls_file *f)
{
	return l->time == 'c' ? &f->st.st_ctim : l->time == 'u' ? &f->st.st_atim : &f->st.st_mtim;
}

bool ls_is_ignored(const struct ls *l, const char *name)
{
	for (size_t i = 0; i < l->ignore_count; i++) {
		if ((!l->ignores[i].unless_all || l->all == 0) &&
		    fnmatch(l->ignores[i].pattern, name, FNM_PERIOD) == 0)
			return true;
	}
	return false;
}

static bool is_printable(uint32_t code)
{
	return code != UINT32_MAX &&
	       (code < 0x80 ? code >= 32 && code < 127 : iswprint((wint_t)code) != 0);
}

/* \n, \t and the like, or three octal digits. */
static void escape_add(struct text *t, unsigned char b)
{
	static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	const char *at = b != 0 ? strchr(values, b) : nullptr;

	if (at != nullptr)
		text_format(t, "\\%c", letters[at - values]);
	else
		text_format(t, "\\%03o", b);
}

/* Would a shell see more than one plain word? */
static bool needs_quotes(const char *name, bool *unprintable)
{
	const char *stop = name + strlen(name);
	bool quotes = *name == '\0' || *name == '~' || *name == '#';

	*unprintable = false;
	for (const char *p = name; p < stop;) {
		uint32_t code;
		int n = char_decode(p, stop, &code);
		*unprintable |= !is_printable(code);
		quotes |= code < 0x80 &&
			  strchr(" \t\n\"'\\$`!*?[|&;<>()^=", (int)code) != nullptr && code != 0;
		p += n;
	}
	return quotes || *unprintable;
}

/* 'it'\''s': single quotes, with $'...' for what cannot be shown. */
static void shell_quote(struct text *t, const char *name, bool escape)
{
	const char *stop = name + strlen(name);
	bool unprintable;
	char open = 0; /* what quotes are open: ' or $ */

	needs_quotes(name, &unprintable);
	if (strchr(name, '\'') != nullptr && !unprintable && strpbrk(name, "\"$`\\!") == nullptr) {
		text_format(t, "\"%s\"", name);
		return;
	}
	text_add_string(t, "'");
	open = '\'';
	for (const char *p = name; p < stop;) {
		uint32_t code;
		int n = char_decode(p, stop, &code);
		char want = escape && !is_printable(code) ? '$' : '\'';
		if (want != open) {
			text_add_string(t, want == '$' ? "'$'" : "''");
			open = want;
		}
		if (want == '$') {
			for (int i = 0; i < n; i++)
				escape_add(t, (unsigned char)p[i]);
		} else if (*p == '\'') {
			text_add_string(t, "'\\''");
		} else {
			text_add(t, p, (size_t)n);
		}
		p += n;
	}
	text_add_string(t, "'");
}

/* Escapes of C: for -b and -Q. */
static void c_quote(struct text *t, const char *name, char style)
{
	const char *stop = name + strlen(name);

	if (style == 'Q')
		text_add_char(t, '"');
	for (const char *p = name; p < stop;) {
		uint32_t code;
		int n = char_decode(p, stop, &code);
		if (*p == '\\' || (*p == '"' && style == 'Q') || (*p == ' ' && style == 'b'))
			text_format(t, "\\%c", *p);
		else if (is_printable(code))
			text_add(t, p, (size_t)n);
		else
			for (int i = 0; i < n; i++)
				escape_add(t, (unsigned char)p[i]);
		p += n;
	}
	if (style == 'Q')
		text_add_char(t, '"');
}

static void plain_add(struct text *t, const char *name, bool hide)
{
	const char *stop = name + strlen(name);

	for (const char *p = name; p < stop;) {
		uint32_t code;
		int n = char_decode(p, stop, &code);
		if (hide && !is_printable(code))
			text_add_char(t, '?');
		else
			text_add(t, p, (size_t)n);
		p += n;
	}
}

static void name_quote(const struct ls *l, const char *name, struct text *t)
{
	bool unprintable;

	text_add_string(t, "");
	if (l->quote == 'b' || l->quote == 'Q')
		c_quote(t, name, l->quote);
	else if (l->quote == 'S' || l->quote == 'E' ||
		 ((l->quote == 's' || l->quote == 'e') && needs_quotes(name, &unprintable)))
		shell_quote(t, name, l->quote == 'e' || l->quote == 'E');
	else
		plain_add(t, name, l->hide_control);
}

static unsigned text_width(const char *s)
{
	const char *stop = s + strlen(s);
	unsigned width = 0;

	while (s < stop) {
		uint32_t code;
		s += char_decode(s, stop, &code);
		width += (unsigned)char_width(code);
	}
	return width;
}

static char mark_of(const struct ls *l, mode_t mode)
{
	if (l->indicator == 0)
		return 0;
	if (S_ISDIR(mode))
		return '/';
	if (l->indicator == 'p')
		return 0;
	if (S_ISLNK(mode))
		return '@';
	if (S_ISFIFO(mode))
		return '|';
	if (S_ISSOCK(mode))
		return '=';
	return l->indicator == 'F' && S_ISREG(mode) && (mode & 0111) ? '*' : 0;
}

static const char *color_of(const struct ls_file *f)
{
	mode_t mode = f->st.st_mode;

	if (S_ISLNK(mode))
		return "01;36";
	if (S_ISDIR(mode))
		return (mode & 01002) == 01002 ? "30;42"
		       : mode & 2              ? "34;42"
		       : mode & 01000          ? "37;44"
					       : "01;34";
	if (S_ISFIFO(mode))
		return "40;33";
	if (S_ISSOCK(mode))
		return "01;35";
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return "40;33;01";
	return mode & S_ISUID   ? "37;41"
	       : mode & S_ISGID ? "30;43"
	       : mode & 0111    ? "01;32"
				: nullptr;
}

/* The blocks a file takes, in the unit asked for. */
static const char *blocks_text(const struct ls *l, uint64_t blocks, char buf[static NUM_HUMAN_SIZE])
{
	if (l->human)
		return num_human(buf, blocks * 512, l->human_unit);
	snprintf(buf, NUM_HUMAN_SIZE, "%llu",
		 (unsigned long long)((blocks * 512 + l->block_size - 1) / l->block_size));
	return buf;
}

static void size_text(const struct ls *l, const struct ls_file *f, char buf[static 32])
{
	uint64_t size = (uint64_t)f->st.st_size;

	if (S_ISCHR(f->st.st_mode) || S_ISBLK(f->st.st_mode))
		snprintf(buf, 32, "%u, %3u", major(f->st.st_rdev), minor(f->st.st_rdev));
	else if (l->human)
		num_human(buf, size, l->human_unit);
	else
		snprintf(buf, 32, "%llu",
			 (unsigned long long)(l->scale_sizes
						      ? (size + l->block_size - 1) / l->block_size
						      : size));
}

static void time_text(const struct ls *l, const struct ls_file *f, char *buf, size_t size)
{
	const struct timespec *t = ls_time(l, f);
	/* Half a Gregorian year, in seconds. */
	bool recent = t->tv_sec <= l->now.tv_sec && t->tv_sec > l->now.tv_sec - 31556952 / 2;
	const char *format = l->time_format;
	struct tm tm;
	char first[256];

	localtime_r(&t->tv_sec, &tm);
	if (format != nullptr && strchr(format, '\n') != nullptr) {
		const char *end = strchr(format, '\n');
		snprintf(first, sizeof first, "%.*s", (int)(end - format), format);
		format = recent ? end + 1 : first;
	} else if (format == nullptr) {
		format = l->time_style == 'F'   ? "%Y-%m-%d %H:%M:%S.N %z"
			 : l->time_style == 'L' ? "%Y-%m-%d %H:%M"
			 : l->time_style == 'I' ? (recent ? "%m-%d %H:%M" : "%Y-%m-%d ")
			 : recent               ? "%b %e %H:%M"
						: "%b %e  %Y";
	}
	if (strftime(buf, size, format, &tm) == 0)
		buf[0] = '\0';
	char *n = l->time_style == 'F' && l->time_format == nullptr ? strstr(buf, ".N ") : nullptr;
	if (n != nullptr) {
		char rest[16];
		snprintf(rest, sizeof rest, "%s", n + 2);
		snprintf(n + 1, size - (size_t)(n + 1 - buf), "%09ld%s", t->tv_nsec, rest);
	}
}

/* The widths of the columns of a list. */
struct widths {
	int inode, blocks, links, owner, group, size;
};

static void widen(int *width, size_t n)
{
	if ((int)n > *width)
		*width = (int)n;
}

static const char *owner_text(const struct ls *l, const struct ls_file *f, char buf[static 24])
{
	if (!l->numeric)
		return user_name(f->st.st_uid);
	snprintf(buf, 24, "%u", f->st.st_uid);
	return buf;
}

static const char *group_text(const struct ls *l, const struct ls_file *f, char buf[static 24])
{
	if (!l->numeric)
		return group_name(f->st.st_gid);
	snprintf(buf, 24, "%u", f->st.st_gid);
	return buf;
}

static struct widths widths_of(const struct ls *l, const struct ls_list *list)
{
	struct widths w = {};
	char buf[64];

	for (size_t i = 0; i < list->count; i++) {
		const struct ls_file *f = &list->files[i];
		widen(&w.inode,
		      (size_t)snprintf(buf, sizeof buf, "%llu", (unsigned long long)f->st.st_ino));
		widen(&w.blocks, strlen(blocks_text(l, (uint64_t)f->st.st_blocks, buf)));
		if (l->format != 'l')
			continue;
		widen(&w.links, (size_t)snprintf(buf, sizeof buf, "%llu",
						 (unsigned long long)f->st.st_nlink));
		widen(&w.owner, text_width(owner_text(l, f, buf)));
		widen(&w.group, text_width(group_text(l, f, buf)));
		size_text(l, f, buf);
		widen(&w.size, strlen(buf));
	}
	return w;
}

/* Inode and blocks, before the name in every form. */
static void head_add(const struct ls *l, const struct ls_file *f, const struct widths *w,
		     struct text *t)
{
	char buf[NUM_HUMAN_SIZE];
	bool line = l->format == 'm';

	if (l->inode)
		text_format(t, "%*llu ", line ? 0 : w->inode, (unsigned long long)f->st.st_ino);
	if (l->blocks)
		text_format(t, "%*s ", line ? 0 : w->blocks,
			    blocks_text(l, (uint64_t)f->st.st_blocks, buf));
}

static void name_add(const struct ls *l, const struct ls_file *f, struct text *t, bool aligned)
{
	const char *color = l->color ? color_of(f) : nullptr;
	bool unprintable;

	/* Unquoted names line up with quoted ones. */
	if (aligned && !needs_quotes(f->name, &unprintable))
		text_add_char(t, ' ');
	if (color != nullptr)
		text_format(t, "\33[0m\33[%sm", color);
	name_quote(l, f->name, t);
	if (color != nullptr)
		text_add_string(t, "\33[0m");
	char mark = mark_of(l, f->st.st_mode);
	if (mark != 0 && !(S_ISLNK(f->st.st_mode) && l->format == 'l'))
		text_add_char(t, mark);
}

static void line_long(const struct ls *l, const struct ls_file *f, const struct widths *w,
		      bool aligned)
{
	char mode[11], size[32], owner[24], group[24], when[256];
	struct text t = {};

	head_add(l, f, w, &t);
	mode_string(f->st.st_mode, mode);
	text_format(&t, "%s %*llu ", f->unknown ? "??????????" : mode, w->links,
		    (unsigned long long)f->st.st_nlink);
	if (!l->no_owner)
		text_format(&t, l->numeric ? "%*s " : "%-*s ", w->owner, owner_text(l, f, owner));
	if (!l->no_group)
		text_format(&t, l->numeric ? "%*s " : "%-*s ", w->group, group_text(l, f, group));
	size_text(l, f, size);
	time_text(l, f, when, sizeof when);
	text_format(&t, "%*s %s ", w->size, size, when);
	name_add(l, f, &t, aligned);
	if (f->target != nullptr) {
		text_add_string(&t, " -> ");
		name_quote(l, f->target, &t);
		char mark = f->target_mode != 0 ? mark_of(l, f->target_mode) : 0;
		if (mark != 0)
			text_add_char(&t, mark);
	}
	put_bytes(t.bytes, t.len);
	put_char('\n');
	mem_free(t.bytes);
}

/* Names in as many columns as the line is wide enough for. */
static void columns_show(const struct ls *l, char **names, const unsigned *widths, size_t count)
{
	size_t columns = 1, rows = count;
	unsigned *best = mem_zero(count + 1, sizeof *best), *try = mem_zero(count + 1, sizeof *try);

	for (size_t n = count < l->width / 3 + 1 || l->width == 0 ? count : l->width / 3 + 1;
	     n >= 1; n--) {
		size_t r = (count + n - 1) / n, total = 0;
		memset(try, 0, (count + 1) * sizeof *try);
		for (size_t i = 0; i < count; i++) {
			size_t column = l->format == 'x' ? i % n : i / r;
			if (column < n && widths[i] > try[column])
				try[column] = widths[i];
		}
		for (size_t i = 0; i < n; i++)
			total += (try[i] < 1 ? 1 : try[i]) + (i + 1 < n ? 2 : 0);
		if (total < l->width || l->width == 0 || n == 1) {
			columns = n;
			rows = r;
			memcpy(best, try, (count + 1) * sizeof *best);
			break;
		}
	}
	for (size_t row = 0; row < rows; row++) {
		size_t from = 0,
		       to = 0; /* columns of the line: of the text, and where it should be */
		for (size_t column = 0; column < columns; column++) {
			size_t i = l->format == 'x' ? row * columns + column : column * rows + row;
			if (i >= count)
				break;
			/* GNU fills with tabs where a tab stop is passed. */
			while (from < to) {
				if (to / 8 > (from + 1) / 8) {
					put_char('\t');
					from += 8 - from % 8;
				} else {
					put_char(' ');
					from++;
				}
			}
			put_string(names[i]);
			from = to + widths[i];
			to += best[column] + 2;
		}
		put_char('\n');
	}
	mem_free(best);
	mem_free(try);
}

static void commas_show(const struct ls *l, char **names, const unsigned *widths, size_t count)
{
	size_t column = 0;

	for (size_t i = 0; i < count; i++) {
		if (i != 0) {
			bool fits = l->width == 0 || column + widths[i] + 2 < l->width;
			put_string(fits ? ", " : ",\n");
			column = fits ? column + 2 : 0;
		}
		put_string(names[i]);
		column += widths[i];
	}
	if (count != 0)
		put_char('\n');
}

void ls_title(const struct ls *l, const char *path)
{
	struct text t = {};

	name_quote(l, path, &t);
	put_format("%s%s:\n", l->any ? "\n" : "", t.bytes);
	mem_free(t.bytes);
}

void ls_show(struct ls *l, const struct ls_list *list, bool is_folder)
{
	struct widths w = widths_of(l, list);
	bool unprintable, aligned = false;
	uint64_t total = 0;
	char buf[NUM_HUMAN_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		total += (uint64_t)list->files[i].st.st_blocks;
		aligned |= l->quote == 'e' && l->format != 'm' && l->format != '1' &&
			   needs_quotes(list->files[i].name, &unprintable);
	}
	if (is_folder && (l->format == 'l' || l->blocks))
		put_format("total %s\n", blocks_text(l, total, buf));
	if (l->format == 'l') {
		for (size_t i = 0; i < list->count; i++)
			line_long(l, &list->files[i], &w, aligned);
		return;
	}
	char **names = mem_alloc((list->count + 1) * sizeof *names);
	unsigned *widths = mem_alloc((list->count + 1) * sizeof *widths);
	for (size_t i = 0; i < list->count; i++) {
		struct text t = {};
		bool color = l->color;
		head_add(l, &list->files[i], &w, &t);
		l->color = false;
		name_add(l, &list->files[i], &t, aligned);
		widths[i] = text_width(t.bytes);
		l->color = color;
		if (color) {
			t.len = 0;
			head_add(l, &list->files[i], &w, &t);
			name_add(l, &list->files[i], &t, aligned);
		}
		names[i] = t.bytes;
	}
	if (l->format == '1')
		for (size_t i = 0; i < list->count; i++)
			put_format("%s\n", names[i]);
	else if (l->format == 'm')
		commas_show(l, names, widths, list->count);
	else if (list->count != 0)
		columns_show(l, names, widths, list->count);
	for (size_t i = 0; i < list->count; i++)
		mem_free(names[i]);
	mem_free(names);
	mem_free(widths);
}
