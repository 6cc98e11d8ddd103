/* SPDX-License-Identifier: MPL-2.0 */
/* wc: counts of lines, words, characters and bytes. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wctype.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"
#include "apps/applet/utf8.h"

struct counts {
	uint64_t lines, words, chars, bytes, width;
};

struct wc {
	bool lines, words, chars, bytes, width;
	bool utf8;
	int columns; /* of each number */
	struct counts total;
};

enum { OPT_FILES0 = 256 };

static const struct opt wc_opts[] = {
	{ 'c', "bytes", nullptr, "count bytes" },
	{ 'm', "chars", nullptr, "count characters" },
	{ 'l', "lines", nullptr, "count newlines" },
	{ 'L', "max-line-length", nullptr, "show the width of the widest line" },
	{ 'w', "words", nullptr, "count words" },
	{ OPT_FILES0, "files0-from", "FILE", "take NUL-ended names of files from FILE" },
	{},
};

/* Where counting stands within a file. */
struct scan_state {
	struct counts n;
	bool in_word;
	uint64_t column;
};

static uint64_t mask64(const char *p, scan_vec (*test)(scan_vec))
{
	return (uint64_t)scan_mask(test(scan_load(p))) |
	       (uint64_t)scan_mask(test(scan_load(p + 16))) << 16 |
	       (uint64_t)scan_mask(test(scan_load(p + 32))) << 32 |
	       (uint64_t)scan_mask(test(scan_load(p + 48))) << 48;
}

static inline scan_vec is_graph_vec(scan_vec v)
{
	return (scan_vec)(v - scan_splat('!') < scan_splat('~' - '!' + 1));
}

static inline scan_vec is_space_vec(scan_vec v)
{
	return (scan_vec)(v == scan_splat(' ')) |
	       (scan_vec)(v - scan_splat('\t') < scan_splat('\r' - '\t' + 1));
}

static inline scan_vec is_newline_vec(scan_vec v)
{
	return (scan_vec)(v == scan_splat('\n'));
}

/* Lines and words of plain ASCII, 64 bytes at a time, as far as it reaches. */
static const char *ascii_count(struct scan_state *s, const char *p, const char *stop)
{
	while (stop - p >= 64) {
		uint64_t graph = mask64(p, is_graph_vec), space = mask64(p, is_space_vec);
		if ((graph | space) != UINT64_MAX)
			break;
		s->n.lines += (unsigned)__builtin_popcountll(mask64(p, is_newline_vec));
		s->n.words += (unsigned)__builtin_popcountll(graph & ~(graph << 1 | s->in_word));
		s->n.chars += 64;
		s->in_word = graph >> 63;
		p += 64;
	}
	return p;
}

static void space_count(struct scan_state *s, uint32_t c)
{
	if (c == '\n' || c == '\r' || c == '\f') {
		s->n.lines += c == '\n';
		if (s->column > s->n.width)
			s->n.width = s->column;
		s->column = 0;
	} else if (c == '\t') {
		s->column += 8 - s->column % 8;
	} else if (c != '\v') {
		s->column += (unsigned)char_width(c);
	}
	s->in_word = false;
}

static bool is_wide_space(uint32_t c)
{
	return iswspace((wint_t)c) || c == 0xa0 || c == 0x2007 || c == 0x202f || c == 0x2060;
}

static void char_count(struct scan_state *s, uint32_t c)
{
	if (c < 0x80) {
		if (isspace((int)c)) {
			space_count(s, c);
		} else if (isprint((int)c)) {
			s->column++;
			s->n.words += !s->in_word;
			s->in_word = true;
		}
		return;
	}
	if (!iswprint((wint_t)c) && !is_wide_space(c))
		return;
	s->column += (unsigned)char_width(c);
	if (is_wide_space(c)) {
		s->in_word = false;
		return;
	}
	s->n.words += !s->in_word;
	s->in_word = true;
}

/* Counts what is in the buffer; may leave a character that is cut off. */
static void text_count(const struct wc *w, struct scan_state *s, struct in *in)
{
	const char *p = in->buf + in->start, *stop = in->buf + in->end;

	while (p < stop) {
		uint32_t c;
		if (!w->width) {
			p = ascii_count(s, p, stop);
			if (p == stop)
				break;
		}
		/* Up to the next 64 bytes one by one: what stopped the fast path is among them. */
		const char *until = stop - p < 64 ? stop : p + 64;
		while (p < until) {
			int n = (unsigned char)*p < 0x80 ? (c = (unsigned char)*p, 1)
				: w->utf8                ? utf8_decode(p, stop, &c)
							 : 0;
			if (n < 0 && !in->eof)
				goto cut;
			s->n.chars += n > 0 || !w->utf8;
			if (n > 0)
				char_count(s, c);
			p += n > 0 ? n : 1;
		}
	}
cut:
	in->start = (size_t)(p - in->buf);
}

static void in_count(const struct wc *w, struct in *in, struct counts *n)
{
	struct scan_state s = {};
	bool lines_only = !w->words && !w->chars && !w->width;
	struct stat st;

	if (lines_only && !w->lines && fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > 0) {
		off_t at = lseek(in->fd, 0, SEEK_CUR);
		n->bytes = at >= 0 && at < st.st_size ? (uint64_t)(st.st_size - at) : 0;
		return;
	}
	size_t left = 0; /* bytes of a character that was cut off */
	while (in_fill(in)) {
		s.n.bytes += in->end - in->start - left;
		if (lines_only) {
			if (w->lines)
				s.n.lines +=
					scan_count(in->buf + in->start, in->buf + in->end, '\n');
			in->start = in->end;
		} else {
			text_count(w, &s, in);
		}
		left = in->end - in->start;
	}
	if (left != 0)
		text_count(w, &s, in);
	if (s.column > s.n.width)
		s.n.width = s.column;
	*n = s.n;
}

static void counts_show(const struct wc *w, const struct counts *n, const char *name)
{
	const uint64_t values[] = { n->lines, n->words, n->chars, n->bytes, n->width };
	const bool shown[] = { w->lines, w->words, w->chars, w->bytes, w->width };
	const char *space = "";

	for (int i = 0; i < 5; i++) {
		if (!shown[i])
			continue;
		put_format("%s%*llu", space, w->columns, (unsigned long long)values[i]);
		space = " ";
	}
	if (name != nullptr)
		put_format(" %s", name);
	put_char('\n');
}

static bool file_count(struct wc *w, const char *path, const char *label)
{
	struct counts n = {};
	struct in in;

	if (!in_open(&in, path))
		return false;
	in_count(w, &in, &n);
	in_close(&in);
	counts_show(w, &n, label);
	w->total.lines += n.lines;
	w->total.words += n.words;
	w->total.chars += n.chars;
	w->total.bytes += n.bytes;
	if (n.width > w->total.width)
		w->total.width = n.width;
	return !in.failed;
}

/* Wide enough for the sum of the sizes; 7 where a file has no size. */
static int columns_needed(const struct wc *w, char **files, int count)
{
	int wanted = w->lines + w->words + w->chars + w->bytes + w->width;
	int columns = 1, least = 1;
	uint64_t sum = 0;
	struct stat st;

	if (count == 1 && wanted == 1)
		return 1;
	for (int i = 0; i < count; i++) {
		bool ok =
			strcmp(files[i], "-") == 0 ? fstat(0, &st) == 0 : stat(files[i], &st) == 0;
		if (ok && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		else if (ok)
			least = 7;
		else if (i == 0 && count == 1)
			return 1;
	}
	for (; sum >= 10; sum /= 10)
		columns++;
	return columns < least ? least : columns;
}

static int files0_count(struct wc *w, const char *list)
{
	struct in in;
	char *name;
	size_t len;
	int status = 0, files = 0;

	if (!in_open(&in, list))
		return 1;
	w->columns = 1;
	for (; in_line(&in, '\0', &name, &len); files++) {
		char *path = name;
		if (name[len - 1] != '\0')
			name[len] = '\0'; /* the buffer has one spare byte */
		status |= !file_count(w, path, path);
	}
	if (files > 1)
		counts_show(w, &w->total, "total");
	in_close(&in);
	return status;
}

static int wc_main(int argc, char **argv)
{
	struct wc w = { .utf8 = utf8_is_locale() };
	const char *files0 = nullptr;
	struct opt_state s;
	int o, status = 0;
	static char dash[] = "-";
	char *only_stdin[] = { dash };

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		w.lines |= o == 'l';
		w.words |= o == 'w';
		w.chars |= o == 'm';
		w.bytes |= o == 'c';
		w.width |= o == 'L';
		if (o == OPT_FILES0)
			files0 = s.arg;
	}
	if (!w.lines && !w.words && !w.chars && !w.bytes && !w.width)
		w.lines = w.words = w.bytes = true;
	if (files0 != nullptr) {
		if (s.index < argc)
			opt_extra_operand(argv[s.index]);
		return files0_count(&w, files0);
	}
	int count = argc - s.index;
	char **files = count == 0 ? only_stdin : argv + s.index;
	w.columns = columns_needed(&w, files, count == 0 ? 1 : count);
	if (count == 0)
		return !file_count(&w, "-", nullptr);
	for (int i = 0; i < count; i++)
		status |= !file_count(&w, files[i], files[i]);
	if (count > 1)
		counts_show(&w, &w.total, "total");
	return status;
}

APPLET(wc, .usage = "[OPTION]... [FILE]...\n[OPTION]... --files0-from=FILE",
       .summary = "Count newlines, words and bytes of each FILE, and of all together.",
       .opts = wc_opts);
