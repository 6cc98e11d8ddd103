/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Searching one file. Lines are not looked at one by one: the search runs over the whole buffer to
 * the next match, first for a string that every match contains when there is one.
 */
#include "apps/utils/grep.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"
#include "apps/applet/utf8.h"

/* One file being searched. */
struct search {
	struct grep *g;
	const char *name;
	struct in in;
	const char *data, *stop; /* whole lines in the buffer */
	const char *shown;       /* all before it was shown or passed over for good */
	uint64_t offset;         /* of data in the file */
	uint64_t lines;          /* before `counted` */
	const char *counted;
	uint64_t selected;
	uint64_t resume;     /* the offset behind the last selected line */
	uint64_t after_left; /* context lines that are still to be shown */
	bool used;           /* a line was selected: groups after it begin with -- */
	bool is_binary;      /* NULs were found: show no lines */
	bool bad_text;       /* a selected line was no valid text */
	bool done;
	int width; /* of numbers: with -T, enough for the file's size */
};

void grep_prepare(struct grep *g)
{
	size_t len;
	bool fold;
	const char *bytes = regex_required(g->regex, &len, &g->required_whole, &fold);

	scan_string_init(&g->required, bytes, len, fold);
	g->required_whole &= regex_groups(g->regex) == 0;
	g->utf8 = utf8_is_locale();
}

static const char *line_start(const struct search *s, const char *p)
{
	const char *end = scan_byte_back(s->data, p, s->g->delim);

	return end == nullptr ? s->data : end + 1;
}

/* The first line in [p, stop) that matches; false if there is none. */
static bool match_find(const struct search *s, const char *p, const char **line, const char **end)
{
	const struct grep *g = s->g;
	const char *stop = s->stop;
	/* The last line's end is the text's end, behind which no empty line follows. */
	size_t len = (size_t)(stop - s->data) - (stop > s->data && stop[-1] == g->delim);

	while (p < stop && !g->no_pattern) {
		if (g->required.len != 0) {
			const char *at = scan_string_find(&g->required, p, s->data + len);
			if (at == nullptr)
				return false;
			*line = line_start(s, at);
			*end = scan_byte(at, s->data + len, g->delim);
			if (g->required_whole)
				return true;
			p = *end + 1;
			size_t from = (size_t)(*line - s->data), to = (size_t)(*end - s->data);
			/* The line alone, so that $ finds its end; what is before it is context. */
			if (regex_find_end(g->regex, s->data + from, to - from, 0) != REGEX_UNSET &&
			    (!regex_has_backref(g->regex) ||
			     regex_match(g->regex, s->data + from, to - from, 0, nullptr, 0)))
				return true;
			continue;
		}
		size_t at = regex_find_end(g->regex, s->data, len, (size_t)(p - s->data));
		if (at == REGEX_UNSET)
			return false;
		*line = line_start(s, s->data + at);
		if (*line < p)
			*line = p;
		*end = scan_byte(s->data + at, s->data + len, g->delim);
		if (!regex_has_backref(g->regex) ||
		    regex_match(g->regex, *line, (size_t)(*end - *line), 0, nullptr, 0))
			return true;
		p = *end + 1;
	}
	return false;
}

static void color_on(const struct grep *g, const char *code)
{
	if (g->color)
		put_format("\33[%sm\33[K", code);
}

static void color_off(const struct grep *g)
{
	if (g->color)
		put_string("\33[m\33[K");
}

static void name_show(const struct search *s, char follow)
{
	color_on(s->g, "35");
	put_string(s->name);
	color_off(s->g);
	if (s->g->null_names) {
		put_char('\0');
	} else if (follow == '\n') {
		put_char('\n');
	} else {
		color_on(s->g, "36");
		put_char(follow);
		color_off(s->g);
	}
}

static void number_show(const struct search *s, uint64_t n, char separator)
{
	color_on(s->g, "32");
	put_format("%*llu", s->width, (unsigned long long)n);
	color_off(s->g);
	color_on(s->g, "36");
	put_char(separator);
	color_off(s->g);
}

/* What stands before a line: name, number, offset. */
static void head_show(struct search *s, const char *line, const char *at, char separator)
{
	const struct grep *g = s->g;

	if (g->names)
		name_show(s, separator);
	if (g->line_number) {
		s->lines += scan_count(s->counted, line, g->delim);
		s->counted = line;
		number_show(s, s->lines + 1, separator);
	}
	if (g->byte_offset)
		number_show(s, s->offset + (uint64_t)(at - s->data), separator);
	if (g->initial_tab && (g->names || g->line_number || g->byte_offset))
		put_char('\t');
}

/* Is it valid in the locale's encoding? */
static bool is_text(const struct grep *g, const char *p, const char *end)
{
	uint32_t code;

	if (!g->utf8)
		return true;
	while (p < end) {
		if (end - p >= 16 && scan_mask((scan_vec)(scan_load(p) >= scan_splat(0x80))) == 0) {
			p += 16;
			continue;
		}
		int n = utf8_decode(p, end, &code);
		if (n <= 0)
			return false;
		p += n;
	}
	return true;
}

/* Every match of a line: alone (-o), or marked by colour within the line. */
static void matches_show(struct search *s, const char *line, const char *end, char separator)
{
	const struct grep *g = s->g;
	size_t len = (size_t)(end - line), at = 0, shown = 0;
	struct regex_span m;

	while (at <= len && !g->no_pattern && regex_match(g->regex, line, len, at, &m, 1)) {
		if (m.start == m.end) {
			at = m.end + 1;
			continue;
		}
		if (g->only_matching && g->binary != 't' &&
		    !is_text(g, line + m.start, line + m.end)) {
			s->bad_text = true;
			return;
		}
		if (g->only_matching)
			head_show(s, line, line + m.start, separator);
		else
			put_bytes(line + shown, m.start - shown);
		color_on(g, "01;31");
		put_bytes(line + m.start, m.end - m.start);
		color_off(g);
		if (g->only_matching)
			put_char(g->delim);
		at = shown = m.end;
	}
	if (!g->only_matching)
		put_bytes(line + shown, len - shown);
}

/* A line that is no text is not shown, and makes the file a binary one that matches. */
static void line_show(struct search *s, const char *line, const char *end, char separator)
{
	const struct grep *g = s->g;
	bool is_match = separator == ':';

	if (g->binary != 't' && !g->only_matching && !is_text(g, line, end)) {
		s->bad_text = true;
		return;
	}
	s->shown = end + 1;
	if (g->only_matching) {
		if (is_match && !g->invert)
			matches_show(s, line, end, separator);
	} else {
		head_show(s, line, line, separator);
		if (g->color && is_match != g->invert)
			matches_show(s, line, end, separator);
		else
			put_bytes(line, (size_t)(end - line));
		put_char(g->delim);
	}
	if (g->flush_lines)
		put_flush();
}

/* Lines after a selected one, as far as context is due and before `limit`. */
static void after_show(struct search *s, const char *limit)
{
	for (; s->after_left != 0 && s->shown < limit; s->after_left--)
		line_show(s, s->shown, scan_byte(s->shown, s->stop, s->g->delim), '-');
}

static void before_show(struct search *s, const char *line)
{
	const struct grep *g = s->g;
	const char *from = line;

	for (uint64_t n = g->before; n != 0 && from > s->shown; n--) {
		const char *end = scan_byte_back(s->shown, from - 1, g->delim);
		from = end == nullptr ? s->shown : end + 1;
	}
	if ((g->before != 0 || g->after != 0) && s->used && from > s->shown) {
		color_on(g, "36");
		put_string("--");
		color_off(g);
		put_char('\n');
	}
	while (from < line) {
		const char *end = scan_byte(from, line, g->delim);
		line_show(s, from, end, '-');
		from = end + 1;
	}
}

static void line_select(struct search *s, const char *line, const char *end)
{
	struct grep *g = s->g;

	s->selected++;
	g->selected = true;
	s->resume = s->offset + (uint64_t)(end - s->data) + 1;
	if (g->quiet || g->unseen || g->list != 0 || (s->is_binary && !g->count)) {
		s->done = true;
		return;
	}
	if (!g->count) {
		after_show(s, line);
		before_show(s, line);
		line_show(s, line, end, ':');
		s->after_left = g->after;
		s->used = true;
	}
	s->done = s->selected >= g->max;
}

/* Selects every line of [p, stop). */
static void gap_select(struct search *s, const char *p, const char *stop)
{
	if (p < stop && s->g->count && s->g->max == UINT64_MAX && !s->g->quiet && !s->g->unseen &&
	    s->g->list == 0) {
		s->selected += scan_count(p, stop, s->g->delim) + (stop[-1] != s->g->delim);
		s->g->selected = true;
		return;
	}
	while (p < stop && !s->done) {
		const char *end = scan_byte(p, stop, s->g->delim);
		line_select(s, p, end);
		p = end + 1;
	}
}

/* Searches the whole lines [from, s->stop). */
static void lines_search(struct search *s, const char *from)
{
	const char *line, *end, *p = from;

	while (!s->done) {
		bool found = match_find(s, p, &line, &end);
		if (s->g->invert)
			gap_select(s, p, found ? line : s->stop);
		if (!found)
			return;
		if (!s->g->invert)
			line_select(s, line, end);
		p = end + 1;
	}
}

static void nuls_look(struct search *s, const char *p, const char *stop)
{
	struct grep *g = s->g;

	if (g->binary == 't' || g->delim == '\0')
		return;
	if (!s->is_binary && scan_byte(p, stop, '\0') == stop)
		return;
	s->is_binary = true;
	/* As GNU does: a NUL ends a line of a binary file. */
	for (char *q = s->in.buf + (p - s->in.buf); q < stop; q++) {
		if (*q == '\0')
			*q = '\n';
	}
}

/* How much of what was searched must stay in the buffer as context for what comes. */
static const char *context_start(const struct search *s)
{
	const char *p = s->stop;

	for (uint64_t n = s->g->before; n != 0 && p > s->data && p > s->shown; n--) {
		const char *end = scan_byte_back(s->data, p - 1, s->g->delim);
		p = end == nullptr ? s->data : end + 1;
	}
	return p < s->shown ? s->shown : p;
}

static void search_run(struct search *s)
{
	struct in *in = &s->in;
	size_t searched = 0; /* bytes behind in->start that were searched already */

	s->shown = s->counted = in->buf;
	for (bool more = true; more && !s->done;) {
		size_t old = in->end - in->start;
		ptrdiff_t shown = s->shown - (in->buf + in->start);
		ptrdiff_t counted = s->counted - (in->buf + in->start);
		more = in_fill(in);
		s->data = in->buf + in->start;
		s->shown = s->data + shown;
		s->counted = s->data + counted;
		nuls_look(s, s->data + old, in->buf + in->end);
		if (s->is_binary && s->g->binary == 'w') {
			s->selected = 0;
			break;
		}
		const char *stop = in->buf + in->end;
		const char *last =
			more ? scan_byte_back(s->data + searched, stop, s->g->delim) : stop - 1;
		if (last == nullptr)
			continue; /* not a whole line yet */
		s->stop = last + 1;
		lines_search(s, s->data + searched);
		if (!s->done)
			after_show(s, s->stop);
		s->lines += s->g->line_number ? scan_count(s->counted, s->stop, s->g->delim) : 0;
		s->counted = s->stop;
		const char *keep = context_start(s);
		if (s->shown < keep && s->used && keep > s->data)
			s->shown = keep - 1; /* remember that something was passed over */
		else if (s->shown < keep)
			s->shown = keep;
		size_t drop = (size_t)((s->shown < keep ? s->shown : keep) - s->data);
		in->start += drop;
		s->data += drop;
		s->offset += drop;
		searched = (size_t)(s->stop - s->data);
	}
}

/* Leaves standard input behind the last line shown, when -m stopped there. */
static void give_back(const struct search *s)
{
	if (s->g->max != UINT64_MAX && s->selected >= s->g->max && s->in.fd == STDIN_FILENO)
		(void)lseek(STDIN_FILENO, (off_t)s->resume,
			    SEEK_SET); /* a pipe cannot, and need not */
}

static bool is_own_output(const struct grep *g, int fd)
{
	struct stat in, out;

	return !g->quiet && g->list == 0 && g->max > 1 && fstat(fd, &in) == 0 &&
	       S_ISREG(in.st_mode) && fstat(STDOUT_FILENO, &out) == 0 && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino;
}

static int size_digits(int fd)
{
	struct stat st;
	int digits = 1;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	for (off_t n = st.st_size; n >= 10; n /= 10)
		digits++;
	return digits;
}

void grep_file(struct grep *g, int fd, const char *name)
{
	struct search s = { .g = g, .name = name };

	if (is_own_output(g, fd)) {
		err_warn("%s: input file is also the output", name);
		g->failed = true;
		return;
	}
	in_open_fd(&s.in, fd, name);
	s.width = g->initial_tab ? size_digits(fd) : 0;
	bool had_selected = g->selected;
	g->selected = false;
	search_run(&s);
	if (s.selected == 0)
		g->selected = false;
	g->failed |= s.in.failed;
	if (g->count && !g->quiet && g->list == 0) {
		if (g->names)
			name_show(&s, ':');
		put_format("%llu\n", (unsigned long long)s.selected);
	}
	if (g->list != 0 && !g->quiet && (s.selected != 0) == (g->list == 'l'))
		name_show(&s, '\n');
	if (!g->quiet && !g->count && g->list == 0 && g->binary == 'b' &&
	    (s.bad_text || (s.is_binary && s.selected != 0)))
		err_warn("%s: binary file matches", name);
	g->selected |= had_selected;
	give_back(&s);
	mem_free(s.in.buf);
}
