/* SPDX-License-Identifier: MPL-2.0 */
/* patch: applies what diff shows: unified, context and plain differences. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/date.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

enum { OPT_DRY_RUN = 256, OPT_NO_BACKUP, OPT_POSIX, OPT_MERGE, OPT_VERBOSE };

static const struct opt patch_opts[] = {
	{ 'b', "backup", nullptr, "keep each file as FILE.orig" },
	{ 'c', "context", nullptr, nullptr },
	{ 'd', "directory", "DIR", "work in DIR" },
	{ OPT_DRY_RUN, "dry-run", nullptr, "change nothing, only tell" },
	{ 'E', "remove-empty-files", nullptr, "remove files that become empty" },
	{ 'f', "force", nullptr, "ask nothing" },
	{ 'F', "fuzz", "N", "ignore up to N lines of context (2)" },
	{ 'i', "input", "FILE", "read the patch from FILE" },
	{ 'l', "ignore-whitespace", nullptr, "ignore how many blanks there are" },
	{ 'N', "forward", nullptr, "skip what is applied already" },
	{ OPT_NO_BACKUP, "no-backup-if-mismatch", nullptr, nullptr },
	{ 'n', "normal", nullptr, nullptr },
	{ 'o', "output", "FILE", "write the result to FILE" },
	{ 'p', "strip", "N", "drop N leading parts of names" },
	{ OPT_POSIX, "posix", nullptr, nullptr },
	{ 'r', "reject-file", "FILE", "write what fails to FILE" },
	{ 'R', "reverse", nullptr, "undo the patch" },
	{ 's', "quiet", nullptr, "tell only of trouble" },
	{ 's', "silent", nullptr, nullptr },
	{ 't', "batch", nullptr, nullptr },
	{ 'u', "unified", nullptr, nullptr },
	{ OPT_VERBOSE, "verbose", nullptr, nullptr },
	{},
};

/* A line of a hunk: ' ' in both, '-' only in the old file, '+' only in the new one. */
struct hunk_line {
	char kind;
	const char *text;
	size_t len; /* with the newline, unless it has none */
};

struct hunk {
	size_t old_start, old_count, new_start, new_count;
	struct hunk_line *lines;
	size_t count, capacity;
};

struct patch {
	bool backup, dry_run, remove_empty, loose, forward, reverse, quiet, force;
	int strip; /* -1: not given */
	size_t fuzz;
	const char *output, *reject;
	/* the patch */
	const char *p, *stop;
	int status;
	/* the file that is patched */
	const char **lines;
	size_t *lens, count, capacity, lens_capacity;
	/* the result */
	struct text result;
	size_t done;      /* lines of the old file that are in the result */
	ptrdiff_t offset; /* of the last hunk from where it should have been */
};

static size_t line_len(const struct patch *s, const char *p)
{
	const char *end = p < s->stop ? memchr(p, '\n', (size_t)(s->stop - p)) : nullptr;

	return end != nullptr ? (size_t)(end - p) + 1 : (size_t)(s->stop - p);
}

static bool starts(const struct patch *s, const char *p, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(s->stop - p) >= n && memcmp(p, text, n) == 0;
}

/*
 * The name in "--- name\tdate", new memory; nullptr for /dev/null. *absent tells that there is no
 * such file on this side: that name, or the epoch as its date, which diff -N writes.
 */
static char *name_read(const struct patch *s, const char *p, bool *absent)
{
	const struct timespec now = {};
	struct timespec date;
	const char *stop = p + line_len(s, p), *end = memchr(p, '\t', (size_t)(stop - p));

	*absent = false;
	if (end == nullptr) {
		end = stop;
	} else {
		char *text = mem_dup_bytes(end + 1, (size_t)(stop - end - 1));
		*absent = date_parse(text, now, &date) && date.tv_sec == 0 && date.tv_nsec == 0;
		mem_free(text);
	}
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	char *name = mem_dup_bytes(p, (size_t)(end - p));
	if (strcmp(name, "/dev/null") != 0)
		return name;
	*absent = true;
	return nullptr;
}

static char *name_strip(const struct patch *s, char *name)
{
	if (name == nullptr)
		return nullptr;
	if (s->strip < 0)
		return path_base(name);
	for (int n = s->strip; n > 0; n--) {
		char *slash = strchr(name, '/');
		if (slash == nullptr)
			return nullptr;
		name = slash + 1 + strspn(slash + 1, "/");
	}
	return name;
}

static void hunk_add(struct hunk *h, char kind, const char *text, size_t len)
{
	h->lines = mem_room(h->lines, h->count, &h->capacity, sizeof *h->lines);
	h->lines[h->count++] = (struct hunk_line){ kind, text, len };
}

/* "\ No newline at end of file" takes the newline of the line before. */
static bool no_newline_take(struct patch *s, struct hunk *h)
{
	if (!starts(s, s->p, "\\"))
		return false;
	if (h->count != 0 && h->lines[h->count - 1].len != 0)
		h->lines[h->count - 1].len--;
	s->p += line_len(s, s->p);
	return true;
}

[[noreturn]] static void malformed(const struct patch *s, const char *from)
{
	size_t line = 1;

	for (const char *p = from; p < s->p; p++)
		line += *p == '\n';
	err_fatal("**** malformed patch at line %zu", line);
}

static void range_read(const char **p, size_t *start, size_t *count)
{
	*start = strtoul(*p, (char **)p, 10);
	*count = 1;
	if (**p == ',')
		*count = strtoul(*p + 1, (char **)p, 10);
}

static bool unified_read(struct patch *s, struct hunk *h, const char *whole)
{
	const char *p = s->p + 4;

	if (!starts(s, s->p, "@@ -"))
		return false;
	*h = (struct hunk){};
	range_read(&p, &h->old_start, &h->old_count);
	if (*p != ' ' || p[1] != '+')
		malformed(s, whole);
	p += 2;
	range_read(&p, &h->new_start, &h->new_count);
	s->p += line_len(s, s->p);
	for (size_t old = h->old_count, new = h->new_count; old != 0 || new != 0;) {
		if (s->p >= s->stop)
			malformed(s, whole);
		if (no_newline_take(s, h))
			continue;
		size_t n = line_len(s, s->p);
		/* Mailers drop the blank of an empty context line. */
		char kind = *s->p == '\n' ? ' ' : *s->p;
		bool bare = *s->p == '\n';
		if (strchr(" -+", kind) == nullptr || (kind != '+' && old == 0) ||
		    (kind != '-' && new == 0))
			malformed(s, whole);
		hunk_add(h, kind, s->p + !bare, n - !bare);
		old -= kind != '+';
		new -= kind != '-';
		s->p += n;
	}
	no_newline_take(s, h);
	return true;
}

/* "3,5c7,8" and its lines. */
static bool normal_read(struct patch *s, struct hunk *h, const char *whole)
{
	const char *p = s->p;
	size_t a, b, c, d;

	if (p >= s->stop || !isdigit((unsigned char)*p))
		return false;
	a = b = strtoul(p, (char **)&p, 10);
	if (*p == ',')
		b = strtoul(p + 1, (char **)&p, 10);
	char kind = *p;
	if (kind != 'a' && kind != 'c' && kind != 'd')
		return false;
	c = d = strtoul(p + 1, (char **)&p, 10);
	if (*p == ',')
		d = strtoul(p + 1, (char **)&p, 10);
	if (*p != '\n' || b < a || d < c)
		return false;
	*h = (struct hunk){
		a, kind == 'a' ? 0 : b - a + 1, c, kind == 'd' ? 0 : d - c + 1, nullptr, 0, 0
	};
	s->p += line_len(s, s->p);
	for (size_t i = 0; i < h->old_count + h->new_count; i++) {
		bool old = i < h->old_count;
		if (i == h->old_count && old == false && h->old_count != 0) {
			if (!starts(s, s->p, "---"))
				malformed(s, whole);
			s->p += line_len(s, s->p);
		}
		if (!starts(s, s->p, old ? "< " : "> "))
			malformed(s, whole);
		size_t n = line_len(s, s->p);
		hunk_add(h, old ? '-' : '+', s->p + 2, n - 2);
		s->p += n;
		no_newline_take(s, h);
	}
	return true;
}

/* One side of a context hunk: "*** 1,5 ****" and lines; only the marks matter. */
static bool side_read(struct patch *s, char edge, size_t *start, size_t *count, struct hunk *side)
{
	char head[] = { edge, edge, edge, ' ', '\0' };
	const char *p = s->p + 4;

	if (!starts(s, s->p, head))
		return false;
	size_t last = *start = strtoul(p, (char **)&p, 10);
	if (*p == ',')
		last = strtoul(p + 1, (char **)&p, 10);
	*count = last == 0 ? 0 : last - *start + 1;
	s->p += line_len(s, s->p);
	while (s->p < s->stop && strchr(" !+-\\", *s->p) != nullptr && !starts(s, s->p, "--- ")) {
		if (no_newline_take(s, side))
			continue;
		size_t n = line_len(s, s->p);
		if (n < 2)
			break;
		hunk_add(side, *s->p, s->p + 2, n - 2);
		s->p += n;
	}
	return true;
}

static bool context_read(struct patch *s, struct hunk *h, const char *whole)
{
	struct hunk a = {}, b = {};
	size_t i = 0, k = 0;

	if (!starts(s, s->p, "***************"))
		return false;
	s->p += line_len(s, s->p);
	*h = (struct hunk){};
	if (!side_read(s, '*', &h->old_start, &h->old_count, &a) ||
	    !side_read(s, '-', &h->new_start, &h->new_count, &b))
		malformed(s, whole);
	/* A side without changes is left out: its lines are the context of the other. */
	while (i < a.count || k < b.count) {
		if (i < a.count && a.lines[i].kind != ' ') {
			hunk_add(h, '-', a.lines[i].text, a.lines[i].len);
			i++;
		} else if (k < b.count && b.lines[k].kind != ' ') {
			hunk_add(h, '+', b.lines[k].text, b.lines[k].len);
			k++;
		} else {
			const struct hunk_line *l = i < a.count ? &a.lines[i] : &b.lines[k];
			hunk_add(h, ' ', l->text, l->len);
			i += i < a.count;
			k += k < b.count;
		}
	}
	mem_free(a.lines);
	mem_free(b.lines);
	return true;
}

static bool hunk_read(struct patch *s, struct hunk *h, const char *whole)
{
	if (!unified_read(s, h, whole) && !context_read(s, h, whole) && !normal_read(s, h, whole))
		return false;
	for (size_t i = 0; i < h->count && s->reverse; i++) {
		char *kind = &h->lines[i].kind;
		*kind = *kind == '-' ? '+' : *kind == '+' ? '-' : ' ';
	}
	if (s->reverse) {
		size_t start = h->old_start, count = h->old_count;
		h->old_start = h->new_start;
		h->old_count = h->new_count;
		h->new_start = start;
		h->new_count = count;
	}
	return true;
}

static bool lines_equal(const struct patch *s, const char *a, size_t n, const char *b, size_t m)
{
	if (!s->loose)
		return n == m && memcmp(a, b, n) == 0;
	for (size_t i = 0, k = 0;;) {
		bool x = i < n && isspace((unsigned char)a[i]),
		     y = k < m && isspace((unsigned char)b[k]);
		while (i < n && isspace((unsigned char)a[i]))
			i++;
		while (k < m && isspace((unsigned char)b[k]))
			k++;
		if (i == n || k == m)
			return i == n && k == m;
		if (x != y || a[i++] != b[k++])
			return false;
	}
}

/* Do the old lines of the hunk, without `head` and `tail` lines of context, stand at line `at`? */
static bool hunk_fits(const struct patch *s, const struct hunk *h, size_t at, size_t head,
		      size_t tail)
{
	for (size_t i = head; i + tail < h->count; i++) {
		const struct hunk_line *l = &h->lines[i];
		if (l->kind == '+')
			continue;
		if (at >= s->count || !lines_equal(s, s->lines[at], s->lens[at], l->text, l->len))
			return false;
		at++;
	}
	return true;
}

/* Lines of context at the start and at the end. */
static size_t context_len(const struct hunk *h, bool at_end)
{
	size_t n = 0;

	while (n < h->count && h->lines[at_end ? h->count - 1 - n : n].kind == ' ')
		n++;
	return n;
}

/* Finds where a hunk belongs: as near as possible to where it should be. */
static bool place_find(const struct patch *s, const struct hunk *h, size_t *at, size_t *head,
		       size_t *tail, size_t *fuzz)
{
	size_t before = context_len(h, false), after = context_len(h, true);
	ptrdiff_t want =
		(ptrdiff_t)(h->old_count == 0 ? h->old_start : h->old_start - 1) + s->offset;

	for (*fuzz = 0; *fuzz <= s->fuzz; ++*fuzz) {
		*head = *fuzz < before ? *fuzz : before;
		*tail = *fuzz < after ? *fuzz : after;
		ptrdiff_t limit = (ptrdiff_t)s->count + 1;
		for (ptrdiff_t d = 0; d <= limit; d++) {
			for (int sign = 1; sign >= -1; sign -= 2) {
				ptrdiff_t place = want + sign * d;
				if (place < (ptrdiff_t)s->done || place > (ptrdiff_t)s->count ||
				    (d == 0 && sign < 0))
					continue;
				if (hunk_fits(s, h, (size_t)place + *head, *head, *tail)) {
					*at = (size_t)place;
					return true;
				}
			}
		}
		if (*fuzz >= before && *fuzz >= after)
			break;
	}
	return false;
}

static void lines_copy(struct patch *s, size_t to)
{
	for (; s->done < to && s->done < s->count; s->done++)
		text_add(&s->result, s->lines[s->done], s->lens[s->done]);
}

static void hunk_apply(struct patch *s, const struct hunk *h, size_t at, size_t head, size_t tail)
{
	lines_copy(s, at + head);
	for (size_t i = head; i + tail < h->count; i++) {
		const struct hunk_line *l = &h->lines[i];
		if (l->kind == ' ')
			lines_copy(s, s->done + 1);
		else if (l->kind == '-')
			s->done++;
		else
			text_add(&s->result, l->text, l->len);
	}
}

static void hunk_reject(struct text *t, const struct hunk *h)
{
	text_format(t, "@@ -%zu,%zu +%zu,%zu @@\n", h->old_start, h->old_count, h->new_start,
		    h->new_count);
	for (size_t i = 0; i < h->count; i++) {
		text_add_char(t, h->lines[i].kind);
		text_add(t, h->lines[i].text, h->lines[i].len);
	}
}

static void tell(const struct patch *s, const char *format, size_t a, size_t b, size_t c)
{
	if (s->quiet)
		return;
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	put_format(format, a, b, c); /* all our formats take up to three numbers */
#pragma clang diagnostic pop
}

static void file_load(struct patch *s, const char *path, bool exists)
{
	struct in in;
	char *text;
	size_t len;

	s->count = s->done = 0;
	s->offset = 0;
	s->result = (struct text){};
	text_add_string(&s->result, "");
	if (!exists)
		return;
	if (!in_open(&in, path) || !in_all(&in, &text, &len))
		applet_exit(2);
	close(in.fd);
	for (const char *p = text, *stop = text + len; p < stop;) {
		const char *end = memchr(p, '\n', (size_t)(stop - p));
		size_t n = end != nullptr ? (size_t)(end - p) + 1 : (size_t)(stop - p);
		s->lines = mem_room(s->lines, s->count, &s->capacity, sizeof *s->lines);
		s->lens = mem_room(s->lens, s->count, &s->lens_capacity, sizeof *s->lens);
		s->lines[s->count] = p;
		s->lens[s->count++] = n;
		p += n;
	}
}

static void parents_make(const char *path)
{
	char *copy = mem_dup(path);

	for (char *slash = strchr(copy + 1, '/'); slash != nullptr;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(copy, 0777); /* open() below tells */
		*slash = '/';
	}
	mem_free(copy);
}

static void text_write(const char *path, const struct text *t, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || !out_write_fully(fd, t->bytes, t->len))
		err_fatal_errno("%s", path);
	if (mode != 0)
		(void)fchmod(fd, mode); /* as far as the file system has modes */
	if (close(fd) != 0)
		err_fatal_errno("%s", path);
}

/* Applies all hunks that follow to one file. */
static void file_patch(struct patch *s, const char *path, bool remove, const char *whole)
{
	struct text rejects = {};
	struct stat st = {};
	struct hunk h;
	bool exists = stat(path, &st) == 0, mismatch = false;
	size_t number = 0, failed = 0;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		put_format("File %s is not a regular file -- refusing to patch\n", path);
		s->status = 1;
		while (hunk_read(s, &h, whole))
			mem_free(h.lines);
		return;
	}
	file_load(s, path, exists);
	if (!s->quiet)
		put_format(s->dry_run ? "checking file %s\n" : "patching file %s\n", path);
	while (hunk_read(s, &h, whole)) {
		size_t at, head, tail, fuzz;
		number++;
		if (place_find(s, &h, &at, &head, &tail, &fuzz)) {
			ptrdiff_t moved =
				(ptrdiff_t)at -
				(ptrdiff_t)(h.old_count == 0 ? h.old_start : h.old_start - 1);
			ptrdiff_t line = (ptrdiff_t)h.new_start + moved;
			s->offset = moved;
			if (fuzz != 0)
				tell(s, "Hunk #%zu succeeded at %zu with fuzz %zu", number,
				     (size_t)line, fuzz);
			else if (moved != 0)
				tell(s, "Hunk #%zu succeeded at %zu", number, (size_t)line, 0);
			if (moved != 0 && !s->quiet)
				put_format(" (offset %td line%s)", moved,
					   moved == 1 || moved == -1 ? "" : "s");
			if (fuzz != 0 || moved != 0)
				tell(s, ".\n", 0, 0, 0);
			mismatch |= fuzz != 0 || moved != 0;
			hunk_apply(s, &h, at, head, tail);
		} else {
			tell(s, "Hunk #%zu FAILED at %zu.\n", number, h.old_start, 0);
			hunk_reject(&rejects, &h);
			failed++;
			mismatch = true;
		}
		mem_free(h.lines);
	}
	lines_copy(s, s->count);
	if (failed != 0) {
		s->status = 1;
		const char *name = s->reject != nullptr ? s->reject : mem_format("%s.rej", path);
		if (!s->quiet)
			put_format("%zu out of %zu hunk%s FAILED%s", failed, number,
				   number == 1 ? "" : "s", s->dry_run ? "\n" : "");
		if (!s->quiet && !s->dry_run)
			put_format(" -- saving rejects to file %s\n", name);
		if (!s->dry_run)
			text_write(name, &rejects, 0);
	}
	if (s->dry_run)
		return;
	const char *to = s->output != nullptr ? s->output : path;
	if (exists && s->output == nullptr && (s->backup || mismatch)) {
		char *kept = mem_format("%s.orig", path);
		if (rename(path, kept) != 0)
			err_fatal_errno("%s", kept);
	}
	if ((remove || s->remove_empty) && s->result.len == 0 && s->output == nullptr) {
		(void)unlink(path); /* it may be renamed already */
		return;
	}
	parents_make(to);
	text_write(to, &s->result, exists ? st.st_mode & 07777 : 0);
	mem_free(s->result.bytes);
}

/* Of the names that a header gives, the one that exists; of several, the first. */
static char *name_choose(const struct patch *s, char *old, char *new, char *index)
{
	char *names[] = { name_strip(s, old), name_strip(s, new), name_strip(s, index) };
	struct stat st;

	if (s->reverse) {
		char *swap = names[0];
		names[0] = names[1];
		names[1] = swap;
	}
	for (int i = 0; i < 3; i++) {
		if (names[i] != nullptr && stat(names[i], &st) == 0)
			return names[i];
	}
	return names[1] != nullptr ? names[1] : names[0] != nullptr ? names[0] : names[2];
}

static void patch_run(struct patch *s, const char *only)
{
	char *old = nullptr, *new = nullptr, *index = nullptr;
	bool has_old = false, has_new = false, no_old = false, no_new = false, any = false;
	const char *whole = s->p;

	while (s->p < s->stop) {
		bool hunk = starts(s, s->p, "@@ -") || starts(s, s->p, "***************") ||
			    (isdigit((unsigned char)*s->p) &&
			     normal_read(&(struct patch){ .p = s->p, .stop = s->stop },
					 &(struct hunk){}, whole));
		if (hunk) {
			const char *name = only != nullptr ? only : name_choose(s, old, new, index);
			bool remove = s->reverse ? has_old && no_old : has_new && no_new;
			if (name == nullptr)
				err_fatal("can't find file to patch");
			file_patch(s, name, remove, whole);
			old = new = index = nullptr;
			has_old = has_new = false;
			any = true;
			continue;
		}
		if (starts(s, s->p, "--- ") && has_old && !has_new && old != nullptr &&
		    new == nullptr && s->p[4] != '/') {
			new = name_read(s, s->p + 4,
					&no_new); /* the second line of a context header */
			has_new = true;
		} else if (starts(s, s->p, "--- ") || starts(s, s->p, "*** ")) {
			old = name_read(s, s->p + 4, &no_old);
			has_old = true;
			has_new = false;
			new = nullptr;
		} else if (starts(s, s->p, "+++ ")) {
			new = name_read(s, s->p + 4, &no_new);
			has_new = true;
		} else if (starts(s, s->p, "Index: ")) {
			index = name_read(s, s->p + 7, &(bool){});
		}
		s->p += line_len(s, s->p);
	}
	if (!any && s->stop != whole)
		err_fatal("**** Only garbage was found in the patch input.");
}

static int patch_main(int argc, char **argv)
{
	struct patch s = { .strip = -1, .fuzz = 2 };
	const char *input = "-", *dir = nullptr;
	struct opt_state state;
	struct in in;
	char *text;
	size_t len;
	int o;

	err_status = 2;
	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		s.backup |= o == 'b';
		s.dry_run |= o == OPT_DRY_RUN;
		s.remove_empty |= o == 'E';
		s.force |= o == 'f';
		s.loose |= o == 'l';
		s.forward |= o == 'N';
		s.reverse |= o == 'R';
		s.quiet |= o == 's';
		if (o == 'd')
			dir = state.arg;
		if (o == 'F')
			s.fuzz = (size_t)num_get(state.arg, 0, 1000, "fuzz factor");
		if (o == 'i')
			input = state.arg;
		if (o == 'o')
			s.output = state.arg;
		if (o == 'p')
			s.strip = (int)num_get(state.arg, 0, 1000, "strip count");
		if (o == 'r')
			s.reject = state.arg;
	}
	if (argc - state.index > 2)
		opt_extra_operand(argv[state.index + 2]);
	if (argc - state.index == 2)
		input = argv[state.index + 1];
	if (dir != nullptr && chdir(dir) != 0)
		err_fatal_errno("Can't change to directory %s", dir);
	if (!in_open(&in, input) || !in_all(&in, &text, &len))
		return 2;
	s.p = text;
	s.stop = text + len;
	patch_run(&s, state.index < argc ? argv[state.index] : nullptr);
	return s.status;
}

APPLET(patch, .usage = "[OPTION]... [FILE [PATCH]]",
       .summary = "Apply the differences that diff shows.", .opts = patch_opts);
