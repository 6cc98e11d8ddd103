/* SPDX-License-Identifier: MPL-2.0 */
/* diff: what differs between two files or trees, line by line. */
#include "apps/utils/diff.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/regex.h"
#include "apps/applet/scan.h"

enum { OPT_LABEL = 256, OPT_STRIP_CR, OPT_NORMAL, OPT_COLOR, OPT_NO_DEREFERENCE, OPT_MINIMAL };

static const struct opt diff_opts[] = {
	{ OPT_NORMAL, "normal", nullptr, "the plain form (default)" },
	{ 'a', "text", nullptr, "take all files as text" },
	{ 'b', "ignore-space-change", nullptr, "ignore how many blanks there are" },
	{ 'B', "ignore-blank-lines", nullptr, "ignore changes of empty lines only" },
	{ 'c', nullptr, nullptr, "with 3 lines of context, in the form of 4.2BSD" },
	{ 'C', "context", "[N]", "the same with N lines" },
	{ OPT_COLOR, "color", "[WHEN]", nullptr },
	{ 'd', "minimal", nullptr, nullptr },
	{ 'e', "ed", nullptr, "as a script for ed" },
	{ 'E', "ignore-tab-expansion", nullptr, "tabs equal blanks up to the next tab stop" },
	{ 'i', "ignore-case", nullptr, "ignore case" },
	{ 'I', "ignore-matching-lines", "RE", "ignore changes of lines that all match RE" },
	{ OPT_LABEL, "label", "LABEL", "show LABEL, not name and time; twice for both files" },
	{ OPT_NO_DEREFERENCE, "no-dereference", nullptr, nullptr },
	{ 'N', "new-file", nullptr, "a missing file is an empty one" },
	{ 'p', "show-c-function", nullptr, "show in which C function a change is" },
	{ 'q', "brief", nullptr, "only tell if files differ" },
	{ 'r', "recursive", nullptr, "go into subdirectories" },
	{ 's', "report-identical-files", nullptr, "also tell if files are the same" },
	{ OPT_STRIP_CR, "strip-trailing-cr", nullptr, "ignore carriage returns at line ends" },
	{ 't', "expand-tabs", nullptr, nullptr },
	{ 'T', "initial-tab", nullptr, "line up the text with a tab" },
	{ 'u', nullptr, nullptr, "unified, with 3 lines of context" },
	{ 'U', "unified", "[N]", "the same with N lines" },
	{ '#', nullptr, "N", nullptr },
	{ 'w', "ignore-all-space", nullptr, "ignore all blanks" },
	{ 'x', "exclude", "GLOB", "leave out files that match" },
	{ 'Z', "ignore-trailing-space", nullptr, "ignore blanks at line ends" },
	{},
};

struct options {
	char form; /* n normal, c, u, e */
	uint64_t context;
	bool text, brief, same, recursive, missing, fold, squeeze_blanks, no_blanks, no_trailing,
		no_empty, strip_cr, tab, functions, expand;
	struct regex *ignored;
	const char *labels[2];
	int label_count;
	const char **excludes;
	size_t exclude_count, exclude_capacity;
	char *command; /* the options, for "diff -r a/x b/x" */
};

struct file {
	const char *name;
	struct stat st;
	char *text;
	size_t len;
	const char **lines; /* one more than there are: where the text ends */
	size_t count;
	bool no_newline; /* the last line has none */
};

/* A change: lines [a, a + deleted) of the first become [b, b + inserted) of the second. */
struct change {
	size_t a, deleted, b, inserted;
};

struct changes {
	struct change *list;
	size_t count, capacity;
};

static bool file_load(struct file *f, bool missing)
{
	struct in in;
	size_t capacity = 0;

	f->text = mem_dup("");
	if (!missing) {
		if (!in_open(&in, f->name))
			return false;
		if (fstat(in.fd, &f->st) != 0 || !in_all(&in, &f->text, &f->len))
			return false;
		if (in.fd > 0)
			close(in.fd);
	}
	const char *p = f->text, *stop = p + f->len;
	while (p < stop) {
		f->lines = mem_room(f->lines, f->count + 1, &capacity, sizeof *f->lines);
		f->lines[f->count++] = p;
		const char *end = scan_byte(p, stop, '\n');
		f->no_newline = end == stop;
		p = end + (end < stop);
	}
	f->lines = mem_room(f->lines, f->count + 1, &capacity, sizeof *f->lines);
	f->lines[f->count] = stop;

	return true;
}

/* The length of a line without its end. */
static size_t line_len(const struct file *f, size_t i)
{
	size_t n = (size_t)(f->lines[i + 1] - f->lines[i]);

	return n - (n > 0 && f->lines[i][n - 1] == '\n');
}

/* A line as it is compared: what is ignored is taken out. */
static void line_normal(const struct options *o, const char *p, size_t n, struct text *t)
{
	size_t column = 0;

	t->len = 0;
	if (o->strip_cr && n > 0 && p[n - 1] == '\r')
		n--;
	while ((o->no_trailing || o->squeeze_blanks) && n > 0 && isspace((unsigned char)p[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		if (o->no_blanks && isspace((unsigned char)c))
			continue;
		if (o->squeeze_blanks && isspace((unsigned char)c)) {
			while (i + 1 < n && isspace((unsigned char)p[i + 1]))
				i++;
			c = ' ';
		}
		if (o->expand && c == '\t') {
			do
				text_add_char(t, ' ');
			while (++column % 8 != 0);
			continue;
		}
		column++;
		text_add_char(t, o->fold ? (char)tolower((unsigned char)c) : c);
	}
}

/* Gives equal lines of both files equal numbers, by a hash table of what was met. */
struct numbering {
	struct slot {
		uint64_t hash;
		char *text;
		size_t len, number;
	} *slots;
	size_t size, count;
};

static size_t line_number(struct numbering *n, const char *text, size_t len)
{
	uint64_t h = 14695981039346656037ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 1099511628211ull;
	h |= 1;
	size_t at = (h >> 20) & (n->size - 1);
	for (; n->slots[at].hash != 0; at = (at + 1) & (n->size - 1)) {
		struct slot *s = &n->slots[at];
		if (s->hash == h && s->len == len && memcmp(s->text, text, len) == 0)
			return s->number;
	}
	n->slots[at] = (struct slot){ h, mem_dup_bytes(text, len), len, ++n->count };
	return n->count;
}

static void lines_number(const struct options *o, struct numbering *n, const struct file *f,
			 size_t *numbers)
{
	bool plain = !(o->fold || o->squeeze_blanks || o->no_blanks || o->no_trailing ||
		       o->strip_cr || o->expand);
	struct text t = {};

	text_add_string(&t, "");
	for (size_t i = 0; i < f->count; i++) {
		size_t len = line_len(f, i);
		if (plain) {
			/* A missing newline at the end makes a line another one. */
			bool last = i + 1 == f->count && f->no_newline;
			t.len = 0;
			text_add(&t, f->lines[i], len);
			if (last)
				text_add_char(&t, '\n');
		} else {
			line_normal(o, f->lines[i], len, &t);
		}
		numbers[i] = line_number(n, t.bytes, t.len);
	}
	mem_free(t.bytes);
}

static bool is_ignored(const struct options *o, const struct file *f, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		bool empty = o->no_empty && line_len(f, i) == 0;
		bool matches = o->ignored != nullptr &&
			       regex_match(o->ignored, f->lines[i], line_len(f, i), 0, nullptr, 0);
		if (!empty && !matches)
			return false;
	}
	return true;
}

static void changes_find(const struct options *o, const struct file *a, const struct file *b,
			 struct changes *c)
{
	struct numbering n = { .size = 64 };

	while (n.size < 2 * (a->count + b->count))
		n.size *= 2;
	n.slots = mem_zero(n.size, sizeof *n.slots);
	size_t *x = mem_resize(nullptr, a->count + 1, sizeof *x),
	       *y = mem_resize(nullptr, b->count + 1, sizeof *y);
	bool *deleted = mem_zero(a->count + 1, sizeof *deleted),
	     *inserted = mem_zero(b->count + 1, sizeof *inserted);
	lines_number(o, &n, a, x);
	lines_number(o, &n, b, y);
	diff_lists(x, a->count, y, b->count, deleted, inserted);
	for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
		struct change one = { .a = i, .b = k };
		while (i < a->count && deleted[i])
			i++;
		while (k < b->count && inserted[k])
			k++;
		one.deleted = i - one.a;
		one.inserted = k - one.b;
		bool any = one.deleted != 0 || one.inserted != 0;
		bool ignored = any && (o->no_empty || o->ignored != nullptr) &&
			       is_ignored(o, a, one.a, one.deleted) &&
			       is_ignored(o, b, one.b, one.inserted);
		if (any && !ignored) {
			c->list = mem_room(c->list, c->count, &c->capacity, sizeof *c->list);
			c->list[c->count++] = one;
		}
		i += i < a->count;
		k += k < b->count;
	}
	for (size_t i = 0; i < n.size; i++)
		mem_free(n.slots[i].text);
	mem_free(n.slots);
	mem_free(x);
	mem_free(y);
	mem_free(deleted);
	mem_free(inserted);
}

static void line_put(const struct options *o, const char *lead, const struct file *f, size_t i)
{
	put_string(lead);
	if (o->tab)
		put_char('\t');
	put_bytes(f->lines[i], line_len(f, i));
	put_char('\n');
	if (i + 1 == f->count && f->no_newline && o->form != 'e')
		put_string("\\ No newline at end of file\n");
}

/* "5" or "5,7"; for no lines, the line before. */
static void range_put(size_t from, size_t n, char form)
{
	if (form == 'u') {
		put_format("%zu", n == 0 ? from : from + 1);
		if (n != 1)
			put_format(",%zu", n);
	} else {
		put_format("%zu", n == 0 ? from : from + 1);
		if (n > 1)
			put_format(",%zu", from + n);
	}
}

static void normal_show(const struct options *o, const struct file *a, const struct file *b,
			const struct changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct change *x = &c->list[i];
		range_put(x->a, x->deleted, 'n');
		put_char(x->deleted == 0 ? 'a' : x->inserted == 0 ? 'd' : 'c');
		range_put(x->b, x->inserted, 'n');
		put_char('\n');
		for (size_t k = 0; k < x->deleted; k++)
			line_put(o, o->tab ? "<" : "< ", a, x->a + k);
		if (x->deleted != 0 && x->inserted != 0)
			put_string("---\n");
		for (size_t k = 0; k < x->inserted; k++)
			line_put(o, o->tab ? ">" : "> ", b, x->b + k);
	}
}

/* From the end to the start, so that numbers stay right. */
static void ed_show(const struct options *o, const struct file *b, const struct changes *c)
{
	for (size_t i = c->count; i-- > 0;) {
		const struct change *x = &c->list[i];
		range_put(x->a, x->deleted, 'n');
		put_format("%c\n", x->deleted == 0 ? 'a' : x->inserted == 0 ? 'd' : 'c');
		bool dot = false;
		for (size_t k = 0; k < x->inserted; k++) {
			size_t n = line_len(b, x->b + k);
			/* A lone dot would end the text: it is written double and halved by a
			 * command. */
			dot = n == 1 && b->lines[x->b + k][0] == '.';
			if (dot)
				put_string("..\n.\ns/.//\n");
			else
				line_put(o, "", b, x->b + k);
			if (dot && k + 1 < x->inserted)
				put_string("a\n");
		}
		if (x->inserted != 0 && !dot)
			put_string(".\n");
	}
}

static void header_put(const struct options *o, const char *lead, const struct file *f, int which)
{
	char when[64], zone[16];
	struct tm tm;

	if (o->labels[which] != nullptr) {
		put_format("%s %s\n", lead, o->labels[which]);
		return;
	}
	localtime_r(&f->st.st_mtim.tv_sec, &tm);
	strftime(zone, sizeof zone, "%z", &tm);
	if (o->form == 'c')
		strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm);
	else
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	if (o->form == 'c')
		put_format("%s %s\t%s\n", lead, f->name, when);
	else
		put_format("%s %s\t%s.%09ld %s\n", lead, f->name, when, f->st.st_mtim.tv_nsec,
			   zone);
}

/* The last line before `line` that looks like the start of a function. */
static void function_put(const struct options *o, const struct file *f, size_t line)
{
	while (o->functions && line-- > 0) {
		unsigned char c = (unsigned char)f->lines[line][0];
		size_t n = line_len(f, line);
		if (n == 0 || !(isalpha(c) || c == '_' || c == '$'))
			continue;
		n = n > 40 ? 40 : n;
		while (n > 0 && isspace((unsigned char)f->lines[line][n - 1]))
			n--;
		put_char(' ');
		put_bytes(f->lines[line], n);
		return;
	}
}

/* The changes first..last - 1, whose contexts touch, make one hunk. */
static size_t hunk_end(const struct options *o, const struct changes *c, size_t first)
{
	size_t last = first + 1;

	while (last < c->count &&
	       c->list[last].a - (c->list[last - 1].a + c->list[last - 1].deleted) <=
		       2 * o->context)
		last++;
	return last;
}

static void unified_hunk(const struct options *o, const struct file *a, const struct file *b,
			 const struct change *c, size_t n)
{
	const struct change *end = &c[n - 1];
	size_t before = c->a < o->context ? c->a : (size_t)o->context;
	size_t rest = a->count - (end->a + end->deleted),
	       after = rest < o->context ? rest : (size_t)o->context;
	size_t a0 = c->a - before, b0 = c->b - before;

	put_string("@@ -");
	range_put(a0, end->a + end->deleted + after - a0, 'u');
	put_string(" +");
	range_put(b0, end->b + end->inserted + after - b0, 'u');
	put_string(" @@");
	function_put(o, a, a0);
	put_char('\n');
	size_t at = a0;
	for (size_t i = 0; i < n; i++) {
		for (; at < c[i].a; at++)
			line_put(o, o->tab ? "" : " ", a, at);
		for (size_t k = 0; k < c[i].deleted; k++)
			line_put(o, "-", a, at++);
		for (size_t k = 0; k < c[i].inserted; k++)
			line_put(o, "+", b, c[i].b + k);
	}
	for (size_t k = 0; k < after; k++)
		line_put(o, o->tab ? "" : " ", a, at++);
}

static void context_side(const struct options *o, const struct file *f, const struct change *c,
			 size_t n, bool first, size_t from, size_t to)
{
	size_t i = 0;
	bool any = false;

	for (size_t k = 0; k < n; k++)
		any |= (first ? c[k].deleted : c[k].inserted) != 0;
	for (size_t line = from; any && line < to; line++) {
		while (i < n && line >= (first ? c[i].a + c[i].deleted : c[i].b + c[i].inserted))
			i++;
		bool changed = i < n && line >= (first ? c[i].a : c[i].b);
		const char *lead = !changed                                  ? "  "
				   : c[i].deleted != 0 && c[i].inserted != 0 ? "! "
				   : first                                   ? "- "
									     : "+ ";
		char tab[2] = { lead[0], '\0' };
		line_put(o, o->tab ? tab : lead, f, line);
	}
}

static void context_range(size_t from, size_t to)
{
	if (to <= from + 1)
		put_format("%zu", to);
	else
		put_format("%zu,%zu", from + 1, to);
}

static void context_hunk(const struct options *o, const struct file *a, const struct file *b,
			 const struct change *c, size_t n)
{
	const struct change *end = &c[n - 1];
	size_t before = c->a < o->context ? c->a : (size_t)o->context;
	size_t rest = a->count - (end->a + end->deleted),
	       after = rest < o->context ? rest : (size_t)o->context;
	size_t a0 = c->a - before, a1 = end->a + end->deleted + after, b0 = c->b - before,
	       b1 = end->b + end->inserted + after;

	put_string("***************");
	function_put(o, a, a0);
	put_string("\n*** ");
	context_range(a0, a1);
	put_string(" ****\n");
	context_side(o, a, c, n, true, a0, a1);
	put_string("--- ");
	context_range(b0, b1);
	put_string(" ----\n");
	context_side(o, b, c, n, false, b0, b1);
}

static bool is_binary(const struct file *f)
{
	size_t n = f->len < 4096 ? f->len : 4096;

	return memchr(f->text, '\0', n) != nullptr;
}

/* 0 same, 1 different, 2 trouble. A side that is missing has no name to open. */
static int files_diff(const struct options *o, const char *x, const char *y, bool no_x, bool no_y,
		      bool in_tree)
{
	struct file a = { .name = x }, b = { .name = y };
	struct changes c = {};

	if (!file_load(&a, no_x) || !file_load(&b, no_y))
		return 2;
	bool equal = a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
	if (!equal && !o->text && (is_binary(&a) || is_binary(&b))) {
		put_format(o->brief ? "Files %s and %s differ\n"
				    : "Binary files %s and %s differ\n",
			   x, y);
		return 1;
	}
	if (!equal)
		changes_find(o, &a, &b, &c);
	if (c.count == 0) {
		if (o->same)
			put_format("Files %s and %s are identical\n", x, y);
		return 0;
	}
	if (o->brief) {
		put_format("Files %s and %s differ\n", x, y);
		return 1;
	}
	if (in_tree)
		put_format("diff%s %s %s\n", o->command, x, y);
	if (o->form == 'u' || o->form == 'c') {
		header_put(o, o->form == 'u' ? "---" : "***", &a, 0);
		header_put(o, o->form == 'u' ? "+++" : "---", &b, 1);
		for (size_t i = 0; i < c.count;) {
			size_t end = hunk_end(o, &c, i);
			(o->form == 'u' ? unified_hunk : context_hunk)(o, &a, &b, &c.list[i],
								       end - i);
			i = end;
		}
	} else if (o->form == 'e') {
		ed_show(o, &b, &c);
	} else {
		normal_show(o, &a, &b, &c);
	}
	mem_free(c.list);
	mem_free(a.lines);
	mem_free(b.lines);
	mem_free(a.text);
	mem_free(b.text);
	return 1;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **names_read(const struct options *o, const char *path, size_t *count)
{
	size_t capacity = 0;
	char **names = nullptr;
	DIR *d = opendir(path);

	*count = 0;
	if (d == nullptr) {
		err_warn_errno("%s", path);
		return nullptr;
	}
	for (struct dirent *e; (e = readdir(d)) != nullptr;) {
		bool skip = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		for (size_t i = 0; i < o->exclude_count && !skip; i++)
			skip = fnmatch(o->excludes[i], e->d_name, 0) == 0;
		if (skip)
			continue;
		names = mem_room(names, *count, &capacity, sizeof *names);
		names[(*count)++] = mem_dup(e->d_name);
	}
	closedir(d);
	if (*count != 0)
		qsort(names, *count, sizeof *names, name_compare);
	return names;
}

static const char *kind_name(const struct stat *st)
{
	return S_ISDIR(st->st_mode)    ? "directory"
	       : S_ISREG(st->st_mode)  ? (st->st_size == 0 ? "regular empty file" : "regular file")
	       : S_ISLNK(st->st_mode)  ? "symbolic link"
	       : S_ISFIFO(st->st_mode) ? "fifo"
				       : "special file";
}

static int folders_diff(const struct options *o, const char *x, const char *y);

/* One name that is in either folder, or in both. */
static int entry_diff(const struct options *o, const char *x, const char *y, const char *name,
		      bool in_x, bool in_y)
{
	char *a = mem_path(x, name), *b = mem_path(y, name);
	struct stat s = {}, t = {};

	if ((in_x && stat(a, &s) != 0) || (in_y && stat(b, &t) != 0)) {
		err_warn_errno("%s", in_x && s.st_mode == 0 ? a : b);
		return 2;
	}
	bool dirs = (!in_x || S_ISDIR(s.st_mode)) && (!in_y || S_ISDIR(t.st_mode));
	if (in_x != in_y && !(o->missing && (!dirs || o->recursive))) {
		put_format("Only in %s: %s\n", in_x ? x : y, name);
		return 1;
	}
	if (in_x && in_y && S_ISDIR(s.st_mode) != S_ISDIR(t.st_mode)) {
		put_format("File %s is a %s while file %s is a %s\n", a, kind_name(&s), b,
			   kind_name(&t));
		return 1;
	}
	if (dirs && !o->recursive) {
		put_format("Common subdirectories: %s and %s\n", a, b);
		return 0;
	}
	return dirs ? folders_diff(o, a, b) : files_diff(o, a, b, !in_x, !in_y, true);
}

static int folders_diff(const struct options *o, const char *x, const char *y)
{
	size_t n = 0, m = 0;
	bool has_x = path_is_dir(x), has_y = path_is_dir(y);
	char **a = has_x ? names_read(o, x, &n) : nullptr,
	     **b = has_y ? names_read(o, y, &m) : nullptr;
	int status = 0;

	for (size_t i = 0, k = 0; i < n || k < m;) {
		int d = i == n ? 1 : k == m ? -1 : strcmp(a[i], b[k]);
		int r = entry_diff(o, x, y, d <= 0 ? a[i] : b[k], d <= 0, d >= 0);
		status = r > status ? r : status;
		i += d <= 0;
		k += d >= 0;
	}
	return status;
}

static void diff_option(struct options *x, int o, const char *arg)
{
	switch (o) {
	case 'c':
	case 'C':
	case 'u':
	case 'U':
		x->form = (char)tolower(o);
		if (arg != nullptr)
			x->context = num_get(arg, 0, SIZE_MAX / 4, "context length");
		break;
	case '#':
		x->context = num_get(arg, 0, SIZE_MAX / 4, "context length");
		break;
	case 'e':
		x->form = 'e';
		break;
	case OPT_NORMAL:
		x->form = 'n';
		break;
	case OPT_LABEL:
		if (x->label_count == 2)
			err_fatal("too many file label options");
		x->labels[x->label_count++] = arg;
		break;
	case 'x':
		x->excludes = mem_room(x->excludes, x->exclude_count, &x->exclude_capacity,
				       sizeof *x->excludes);
		x->excludes[x->exclude_count++] = arg;
		break;
	case 'I': {
		const char *error;
		x->ignored = regex_create(arg, strlen(arg), 0, &error);
		if (x->ignored == nullptr)
			err_fatal("%s: %s", arg, error);
		break;
	}
	}
	x->text |= o == 'a';
	x->squeeze_blanks |= o == 'b';
	x->no_empty |= o == 'B';
	x->expand |= o == 'E';
	x->fold |= o == 'i';
	x->missing |= o == 'N';
	x->functions |= o == 'p';
	x->brief |= o == 'q';
	x->recursive |= o == 'r';
	x->same |= o == 's';
	x->strip_cr |= o == OPT_STRIP_CR;
	x->tab |= o == 'T';
	x->no_blanks |= o == 'w';
	x->no_trailing |= o == 'Z';
}

static int diff_main(int argc, char **argv)
{
	struct options x = { .form = 'n', .context = 3 };
	struct text command = {};
	struct opt_state s;
	struct stat a, b;
	int o;

	err_status = 2;
	text_add_string(&command, "");
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		diff_option(&x, o, s.arg);
	for (int i = 1; i < s.index; i++)
		text_format(&command, " %s", argv[i]);
	x.command = command.bytes;
	if (x.functions && x.form == 'n')
		x.form = 'c';
	if (argc - s.index < 2)
		opt_usage_error("missing operand after '%s'", argv[argc - 1]);
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	const char *p = argv[s.index], *q = argv[s.index + 1];
	bool has_p = strcmp(p, "-") == 0 ? fstat(0, &a) == 0 : stat(p, &a) == 0;
	if (!has_p && !(x.missing && errno == ENOENT))
		err_warn_errno("%s", p);
	bool has_q = strcmp(q, "-") == 0 ? fstat(0, &b) == 0 : stat(q, &b) == 0;
	if (!has_q && !(x.missing && errno == ENOENT))
		err_warn_errno("%s", q);
	if (err_count != 0 || (!has_p && !has_q))
		return 2;
	if ((has_p ? S_ISDIR(a.st_mode) : S_ISDIR(b.st_mode)) &&
	    (has_q ? S_ISDIR(b.st_mode) : S_ISDIR(a.st_mode)))
		return folders_diff(&x, p, q);
	/* A file against a folder means the file of that name in it. */
	if (has_p && has_q && S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode)) {
		if (S_ISDIR(a.st_mode))
			p = mem_path(p, path_base(q));
		else
			q = mem_path(q, path_base(p));
	}
	return files_diff(&x, p, q, !has_p, !has_q, false);
}

APPLET(diff, .usage = "[OPTION]... FILE1 FILE2",
       .summary = "Show what differs between two files or directories.", .opts = diff_opts,
       .details = "The status is 0 if they are the same, 1 if they differ, 2 after an error.");
