/* SPDX-License-Identifier: MPL-2.0 */
/* sed: runs a script over the lines of files. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wctype.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/utf8.h"
#include "apps/utils/sed.h"

/* What is shown after the pattern space at the end of the cycle. */
struct later {
	char kind; /* 't'ext, 'f'ile, one 'l'ine of a file */
	const char *text;
	size_t len;
	struct sed_command *command;
};

struct sed {
	struct sed_script script;
	bool quiet, separate, unbuffered;
	char delim;
	uint64_t wrap;        /* of the l command */
	const char *in_place; /* suffix of the copies kept, or nullptr */
	/* the input */
	char **files;
	int file_count, file;
	struct in in;
	bool is_open;
	char *next; /* the line after the current one, read ahead to know the last */
	size_t next_len;
	struct text ahead;
	bool has_ahead, ahead_ended;
	uint64_t line;
	int status;
	/* -i: where output goes */
	struct out file_out, *out;
	char *temporary;
	const char *name;
	/* the state of the script */
	struct text space, hold;
	bool ended; /* the pattern space's line had its newline */
	bool hold_ended;
	bool replaced, quit;
	struct regex *last_regex;
	struct later *later;
	size_t later_count, later_capacity;
	bool missing_newline; /* the last output line had none */
};

enum { OPT_POSIX = 256, OPT_DEBUG, OPT_SANDBOX, OPT_FOLLOW };

static const struct opt sed_opts[] = {
	{ 'n', "quiet", nullptr, "do not show the pattern space at the end of a cycle" },
	{ 'n', "silent", nullptr, nullptr },
	{ 'e', "expression", "SCRIPT", "add SCRIPT to what is run" },
	{ 'f', "file", "FILE", "add the script in FILE" },
	{ 'E', "regexp-extended", nullptr, "regular expressions are extended ones" },
	{ 'r', nullptr, nullptr, nullptr },
	{ 'i', "in-place", "[SUFFIX]", "change the files; keep copies if there is a SUFFIX" },
	{ 'l', "line-length", "N", "where the l command wraps lines" },
	{ OPT_POSIX, "posix", nullptr, nullptr },
	{ OPT_DEBUG, "debug", nullptr, nullptr },
	{ OPT_FOLLOW, "follow-symlinks", nullptr, "with -i, change what links point to" },
	{ OPT_SANDBOX, "sandbox", nullptr, "refuse the e, r and w commands" },
	{ 's', "separate", nullptr, "line numbers and $ are of each file" },
	{ 'u', "unbuffered", nullptr, "write each line at once" },
	{ 'z', "null-data", nullptr, "lines end with NUL, not newline" },
	{},
};

static void line_put(struct sed *s, struct out *out, const char *bytes, size_t len, bool ended)
{
	if (s->missing_newline && out == s->out) {
		out_char(out, s->delim);
		s->missing_newline = false;
	}
	out_write(out, bytes, len);
	if (ended)
		out_char(out, s->delim);
	else if (out == s->out)
		s->missing_newline = true;
	if (s->unbuffered)
		out_flush(out);
}

/* To a file of w, which tracks a missing newline of its own. */
static void file_put(struct sed *s, struct sed_file *f, const char *bytes, size_t len, bool ended)
{
	if (f->to == &out_std) {
		line_put(s, s->out == &out_std ? s->out : f->to, bytes, len, ended);
		return;
	}
	if (f->missing_newline)
		out_char(f->to, s->delim);
	out_write(f->to, bytes, len);
	if (ended)
		out_char(f->to, s->delim);
	f->missing_newline = !ended;
	out_flush(f->to); /* others may read it while we run */
}

static void in_place_begin(struct sed *s, const char *path)
{
	struct stat st;

	if (fstat(s->in.fd, &st) != 0 || !S_ISREG(st.st_mode))
		err_fatal("couldn't edit %s: not a regular file", path);
	const char *slash = strrchr(path, '/');
	s->temporary =
		mem_format("%.*ssedXXXXXX", slash != nullptr ? (int)(slash - path + 1) : 0, path);
	int fd = mkstemp(s->temporary);
	if (fd < 0)
		err_fatal_errno("couldn't open temporary file %s", s->temporary);
	(void)fchmod(fd, st.st_mode & 07777);    /* as far as the file system has modes */
	(void)!fchown(fd, st.st_uid, st.st_gid); /* only root may, and need not */
	out_open(&s->file_out, fd, s->temporary);
	s->out = &s->file_out;
	s->missing_newline = false;
}

static void in_place_end(struct sed *s, const char *path)
{
	if (s->out == &out_std)
		return;
	out_close(&s->file_out);
	s->out = &out_std;
	if (s->in_place[0] != '\0') {
		const char *star = strchr(s->in_place, '*');
		char *kept = star == nullptr ? mem_format("%s%s", path, s->in_place)
					     : mem_format("%.*s%s%s", (int)(star - s->in_place),
							  s->in_place, path, star + 1);
		if (rename(path, kept) != 0)
			err_fatal_errno("cannot rename %s", path);
	}
	if (rename(s->temporary, path) != 0)
		err_fatal_errno("cannot rename %s", s->temporary);
	s->temporary = nullptr;
	s->missing_newline = false;
}

static bool file_next(struct sed *s)
{
	while (s->file < s->file_count) {
		const char *path = s->files[s->file++];
		struct stat st;
		if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			err_warn(s->in_place ? "couldn't edit %s: not a regular file"
					     : "read error on %s: Is a directory",
				 path);
			s->status = 4;
			continue;
		}
		int before = (int)err_count;
		if (strcmp(path, "-") == 0)
			in_open_fd(&s->in, STDIN_FILENO, "-");
		else if (access(path, R_OK) != 0)
			err_warn("can't read %s: No such file or directory", path);
		else
			(void)in_open(&s->in, path); /* counted by err_count */
		if (before != (int)err_count) {
			s->status = 2;
			continue;
		}
		s->name = path;
		s->is_open = true;
		if (s->in_place != nullptr)
			in_place_begin(s, path);
		if (s->separate)
			s->line = 0;
		return true;
	}
	return false;
}

/* Reads one line ahead, so that $ is known; from the next file too unless they are separate. */
static void ahead_read(struct sed *s)
{
	char *line;
	size_t len;

	s->has_ahead = false;
	for (;;) {
		if (s->is_open && in_line(&s->in, s->delim, &line, &len)) {
			s->ahead_ended = line[len - 1] == s->delim;
			s->ahead.len = 0;
			text_add(&s->ahead, line, len - s->ahead_ended);
			s->has_ahead = true;
			return;
		}
		if (!s->is_open || s->separate)
			return;
		in_close(&s->in);
		s->is_open = false;
		if (!file_next(s))
			return;
	}
}

/* Goes on to the next file when files are separate and this one is at its end. */
static bool input_advance(struct sed *s)
{
	while (!s->has_ahead) {
		if (s->is_open) {
			in_close(&s->in);
			s->is_open = false;
			in_place_end(s, s->name);
		}
		if (!file_next(s))
			return false;
		ahead_read(s);
	}
	return true;
}

static bool line_take(struct sed *s, bool append)
{
	if (!s->has_ahead && !input_advance(s))
		return false;
	if (append)
		text_add_char(&s->space, s->delim);
	else
		s->space.len = 0;
	text_add(&s->space, s->ahead.bytes, s->ahead.len);
	s->ended = s->ahead_ended;
	s->line++;
	ahead_read(s);
	return true;
}

/* Is there no line after this? Separate files end each on their own. */
static bool is_last(struct sed *s)
{
	if (s->has_ahead)
		return false;
	return true;
}

/* May N and n go on to another file? */
static bool has_more(struct sed *s)
{
	if (s->has_ahead)
		return true;
	return s->separate && s->file < s->file_count && s->in_place == nullptr;
}

static struct regex *regex_use(struct sed *s, struct regex *r)
{
	if (r == nullptr)
		r = s->last_regex;
	if (r == nullptr)
		err_fatal("no previous regular expression");
	s->last_regex = r;
	return r;
}

static bool addr_matches(struct sed *s, const struct addr *a)
{
	switch (a->kind) {
	case ADDR_LINE:
		return s->line == a->n;
	case ADDR_STEP:
		return a->step == 0 ? s->line == a->n
				    : s->line >= a->n && (s->line - a->n) % a->step == 0;
	case ADDR_LAST:
		return is_last(s);
	case ADDR_REGEX:
		return regex_match(regex_use(s, a->regex), s->space.bytes, s->space.len, 0, nullptr,
				   0);
	default:
		return true;
	}
}

static bool range_begin(struct sed *s, struct sed_command *c)
{
	c->in_range = true;
	switch (c->to.kind) {
	case ADDR_LINE:
		c->in_range = s->line < c->to.n;
		break;
	case ADDR_PLUS:
		c->range_end = s->line + c->to.n;
		c->in_range = c->to.n != 0;
		break;
	case ADDR_MULTIPLE:
		c->range_end = c->to.n == 0 ? s->line : (s->line + c->to.n - 1) / c->to.n * c->to.n;
		c->in_range = s->line < c->range_end;
		break;
	case ADDR_LAST:
		c->in_range = !is_last(s);
		break;
	default:
		break;
	}
	return true;
}

static bool is_selected(struct sed *s, struct sed_command *c)
{
	if (c->from.kind == ADDR_NONE)
		return true;
	if (c->to.kind == ADDR_NONE)
		return addr_matches(s, &c->from);
	/* 0,/re/ is in its range from the start. */
	if (!c->in_range && c->from.kind == ADDR_LINE && c->from.n == 0) {
		if (c->range_end != 0)
			return false;
		c->in_range = true;
	}
	if (!c->in_range)
		return addr_matches(s, &c->from) && range_begin(s, c);
	switch (c->to.kind) {
	case ADDR_LINE:
		c->in_range = s->line < c->to.n;
		if (s->line > c->to.n) /* an N or n went past it: as if newly begun */
			return addr_matches(s, &c->from);
		return true;
	case ADDR_PLUS:
	case ADDR_MULTIPLE:
		c->in_range = s->line < c->range_end;
		return s->line <= c->range_end;
	default:
		c->in_range = !addr_matches(s, &c->to);
		if (!c->in_range)
			c->range_end = 1;
		return true;
	}
}

/* How \L \U \l \u change what is appended. */
struct case_state {
	char mode; /* L, U or 0 */
	char once; /* l, u or 0 */
};

static void cased_add(struct text *to, const char *p, size_t len, struct case_state *cs)
{
	const char *stop = p + len;

	if (cs->mode == 0 && cs->once == 0) {
		text_add(to, p, len);
		return;
	}
	while (p < stop) {
		uint32_t code;
		char bytes[4];
		int n = char_decode(p, stop, &code);
		char how = cs->once != 0 ? (char)toupper(cs->once) : cs->mode;
		cs->once = 0;
		if (code == UINT32_MAX || how == 0) {
			text_add(to, p, (size_t)n);
		} else {
			code = how == 'U' ? char_upper(code) : char_lower(code);
			text_add(to, bytes, (size_t)utf8_encode(code, bytes));
		}
		p += n;
	}
}

static void replacement_add(struct sed *s, const struct sed_command *c, struct text *to,
			    const struct regex_span *spans)
{
	struct case_state cs = {};

	for (size_t i = 0; i < c->part_count; i++) {
		const struct part *p = &c->parts[i];
		const struct regex_span *g = &spans[p->group];
		if (p->kind == 't')
			cased_add(to, p->text, p->len, &cs);
		else if (p->kind == 'g' && g->start != REGEX_UNSET)
			cased_add(to, s->space.bytes + g->start, g->end - g->start, &cs);
		else if (p->kind == 'l' || p->kind == 'u')
			cs.once = p->kind;
		else if (p->kind != 'g')
			cs = (struct case_state){ .mode = p->kind == 'E' ? 0 : p->kind };
	}
}

static void space_run(struct sed *s);

static void substitute(struct sed *s, struct sed_command *c)
{
	struct regex *r = regex_use(s, c->regex);
	struct regex_span spans[10];
	struct text to = {};
	size_t groups = 1, from = 0, copied = 0, last_end = SIZE_MAX;
	uint64_t count = 0, first = c->occurrence != 0 ? c->occurrence : 1;
	bool any = false;

	for (size_t i = 0; i < c->part_count; i++) {
		if (c->parts[i].kind == 'g' && c->parts[i].group >= groups)
			groups = c->parts[i].group + 1;
	}
	while (from <= s->space.len &&
	       regex_match(r, s->space.bytes, s->space.len, from, spans, groups)) {
		size_t start = spans[0].start, end = spans[0].end;
		uint32_t code;
		/* An empty match right behind the last one is not another. */
		if (start != end || start != last_end) {
			last_end = end;
			if (++count >= first) {
				any = true;
				text_add(&to, s->space.bytes + copied, start - copied);
				replacement_add(s, c, &to, spans);
				copied = end;
				if (!c->global)
					break;
			}
		}
		from = end;
		if (start == end && end == s->space.len)
			break;
		if (start == end)
			from += (size_t)char_decode(s->space.bytes + end,
						    s->space.bytes + s->space.len, &code);
	}
	if (!any)
		return;
	text_add(&to, s->space.bytes + copied, s->space.len - copied);
	mem_free(s->space.bytes);
	s->space = to;
	s->replaced = true;
	if (c->eval)
		space_run(s);
	if (c->print)
		line_put(s, s->out, s->space.bytes, s->space.len, s->ended || !is_last(s));
	if (c->file != nullptr)
		file_put(s, c->file, s->space.bytes, s->space.len, s->ended);
}

static void translate(struct sed *s, const struct sed_command *c)
{
	if (c->map != nullptr) {
		for (size_t i = 0; i < s->space.len; i++)
			s->space.bytes[i] = (char)c->map[(unsigned char)s->space.bytes[i]];
		return;
	}
	struct text to = {};
	text_add_string(&to, "");
	for (const char *p = s->space.bytes, *stop = p + s->space.len; p < stop;) {
		uint32_t code;
		size_t n = (size_t)char_decode(p, stop, &code), i = 0;
		while (i < c->from_count &&
		       !(c->from_chars[i].len == n && memcmp(c->from_chars[i].text, p, n) == 0))
			i++;
		if (i < c->from_count)
			text_add(&to, c->parts[i].text, c->parts[i].len);
		else
			text_add(&to, p, n);
		p += n;
	}
	mem_free(s->space.bytes);
	s->space = to;
}

/* l: the pattern space unambiguously, wrapped. */
static void space_list(struct sed *s, uint64_t width)
{
	static const char letters[] = "\\abfnrtv", values[] = "\\\a\b\f\n\r\t\v";
	struct text line = {};
	uint64_t column = 0;

	text_add_string(&line, "");
	for (size_t i = 0; i < s->space.len; i++) {
		unsigned char b = (unsigned char)s->space.bytes[i];
		char piece[8];
		size_t n = 1;
		const char *at = b == 0 ? nullptr : strchr(values, b);
		if (at != nullptr)
			n = (size_t)snprintf(piece, sizeof piece, "\\%c", letters[at - values]);
		else if (b < 32 || b >= 127)
			n = (size_t)snprintf(piece, sizeof piece, "\\%03o", b);
		else
			piece[0] = (char)b;
		if (width > 1 && column + n > width - 1) {
			text_add_char(&line, '\\');
			text_add_char(&line, s->delim);
			column = 0;
		}
		text_add(&line, piece, n);
		column += n;
	}
	text_add_string(&line, "$");
	line_put(s, s->out, line.bytes, line.len, true);
	mem_free(line.bytes);
}

/* Appends what a command prints. */
static void output_add(struct sed *s, const char *command, struct text *to)
{
	char buf[4096];
	size_t n;

	out_flush(s->out);
	FILE *p = popen(command, "r");
	if (p == nullptr)
		err_fatal_errno("cannot run '%s'", command);
	while ((n = fread(buf, 1, sizeof buf, p)) != 0)
		text_add(to, buf, n);
	(void)pclose(p); /* its status is not ours, as with GNU */
}

/* Runs the pattern space as a command and takes its output instead. */
static void space_run(struct sed *s)
{
	struct text to = {};

	text_add_string(&to, "");
	output_add(s, s->space.bytes, &to);
	if (to.len != 0 && to.bytes[to.len - 1] == s->delim)
		to.len--;
	mem_free(s->space.bytes);
	s->space = to;
}

static void command_output_show(struct sed *s, const char *command)
{
	struct text to = {};

	output_add(s, command, &to);
	out_write(s->out, to.bytes, to.len);
	mem_free(to.bytes);
}

static void later_add(struct sed *s, char kind, struct sed_command *c)
{
	s->later = mem_room(s->later, s->later_count, &s->later_capacity, sizeof *s->later);
	s->later[s->later_count++] = (struct later){ kind, c->text, c->len, c };
}

/* Text that brings its own newline, or none. */
static void raw_put(struct sed *s, const char *bytes, size_t len)
{
	if (s->missing_newline)
		out_char(s->out, s->delim);
	s->missing_newline = false;
	out_write(s->out, bytes, len);
}

static void file_show(struct sed *s, const char *path)
{
	struct in in;
	int fd = strcmp(path, "/dev/stdin") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* a file that is not there is empty, POSIX says */
	in_open_fd(&in, fd, path);
	while (in_fill(&in)) {
		raw_put(s, in.buf + in.start, in.end - in.start);
		in.start = in.end;
	}
	in_close(&in);
}

static void file_line_show(struct sed *s, struct sed_command *c)
{
	char *line;
	size_t len;

	if (c->reader == nullptr) {
		int fd = open(c->text, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		c->reader = mem_zero(1, sizeof *c->reader);
		in_open_fd(c->reader, fd, c->text);
	}
	if (in_line(c->reader, s->delim, &line, &len))
		raw_put(s, line, len);
}

static void later_show(struct sed *s)
{
	for (size_t i = 0; i < s->later_count; i++) {
		struct later *l = &s->later[i];
		if (l->kind == 'f') {
			file_show(s, l->text);
		} else if (l->kind == 'l') {
			file_line_show(s, l->command);
		} else {
			raw_put(s, l->text, l->len);
		}
	}
	s->later_count = 0;
	if (s->unbuffered)
		out_flush(s->out);
}

static void cycle_end(struct sed *s)
{
	if (!s->quiet)
		line_put(s, s->out, s->space.bytes, s->space.len, s->ended);
	later_show(s);
}

static size_t first_line_len(const struct sed *s)
{
	const char *end = memchr(s->space.bytes, s->delim, s->space.len);

	return end == nullptr ? s->space.len : (size_t)(end - s->space.bytes);
}

enum step { STEP_NEXT, STEP_JUMP, STEP_DELETE, STEP_RESTART, STEP_QUIT, STEP_QUIT_SILENT };

static void text_assign(struct text *to, const struct text *from)
{
	to->len = 0;
	text_add(to, from->bytes, from->len);
}

/* The text of i and c; a newline ends it in the script. */
static void text_show(struct sed *s, const struct sed_command *c)
{
	if (c->len != 0)
		line_put(s, s->out, c->text, c->len - 1, true);
}

static void change(struct sed *s, struct sed_command *c)
{
	/* For a range the text comes once, at its end. */
	if (c->to.kind == ADDR_NONE || c->negated || !c->in_range)
		text_show(s, c);
}

static enum step command_run(struct sed *s, struct sed_command *c)
{
	char number[24];

	switch (c->name) {
	case '{':
	case ':':
		return STEP_NEXT;
	case '=':
		line_put(s, s->out, number, num_print(number, s->line), true);
		return STEP_NEXT;
	case 'a':
		later_add(s, 't', c);
		return STEP_NEXT;
	case 'b':
		return STEP_JUMP;
	case 'c':
		change(s, c);
		return STEP_DELETE;
	case 'd':
		return STEP_DELETE;
	case 'D': {
		size_t n = first_line_len(s);
		if (n == s->space.len)
			return STEP_DELETE;
		memmove(s->space.bytes, s->space.bytes + n + 1, s->space.len - n);
		s->space.len -= n + 1;
		return STEP_RESTART;
	}
	case 'e':
		if (c->text[0] == '\0')
			space_run(s);
		else
			command_output_show(s, c->text);
		return STEP_NEXT;
	case 'F':
		line_put(s, s->out, s->name, strlen(s->name), true);
		return STEP_NEXT;
	case 'g':
		text_assign(&s->space, &s->hold);
		s->ended = s->hold_ended;
		return STEP_NEXT;
	case 'G':
		text_add_char(&s->space, s->delim);
		text_add(&s->space, s->hold.bytes, s->hold.len);
		s->ended = s->hold_ended;
		return STEP_NEXT;
	case 'h':
		text_assign(&s->hold, &s->space);
		s->hold_ended = s->ended;
		return STEP_NEXT;
	case 'H':
		text_add_char(&s->hold, s->delim);
		text_add(&s->hold, s->space.bytes, s->space.len);
		s->hold_ended = s->ended;
		return STEP_NEXT;
	case 'i':
		text_show(s, c);
		return STEP_NEXT;
	case 'l':
		space_list(s, c->number == UINT64_MAX ? s->wrap : c->number);
		return STEP_NEXT;
	case 'n':
		if (!has_more(s))
			return STEP_QUIT;
		cycle_end(s);
		(void)line_take(s, false); /* there is one */
		return STEP_NEXT;
	case 'N':
		if (!has_more(s))
			return STEP_QUIT;
		later_show(s);
		(void)line_take(s, true); /* there is one */
		return STEP_NEXT;
	case 'p':
		line_put(s, s->out, s->space.bytes, s->space.len, s->ended);
		return STEP_NEXT;
	case 'P':
		line_put(s, s->out, s->space.bytes, first_line_len(s), true);
		return STEP_NEXT;
	case 'q':
		s->status = c->number == UINT64_MAX ? s->status : (int)c->number;
		return STEP_QUIT;
	case 'Q':
		s->status = c->number == UINT64_MAX ? s->status : (int)c->number;
		return STEP_QUIT_SILENT;
	case 'r':
		later_add(s, 'f', c);
		return STEP_NEXT;
	case 'R':
		later_add(s, 'l', c);
		return STEP_NEXT;
	case 's':
		substitute(s, c);
		return STEP_NEXT;
	case 't':
	case 'T': {
		bool jump = s->replaced == (c->name == 't');
		s->replaced = false;
		return jump ? STEP_JUMP : STEP_NEXT;
	}
	case 'w':
		file_put(s, c->file, s->space.bytes, s->space.len, s->ended);
		return STEP_NEXT;
	case 'W':
		file_put(s, c->file, s->space.bytes, first_line_len(s), true);
		return STEP_NEXT;
	case 'x': {
		struct text t = s->space;
		s->space = s->hold;
		s->hold = t;
		bool ended = s->ended;
		s->ended = s->hold_ended;
		s->hold_ended = ended;
		return STEP_NEXT;
	}
	case 'y':
		translate(s, c);
		return STEP_NEXT;
	case 'z':
		s->space.len = 0;
		return STEP_NEXT;
	}
	return STEP_NEXT;
}

/* Runs the commands over the pattern space. */
static enum step script_run(struct sed *s)
{
	for (size_t pc = 0; pc < s->script.count;) {
		struct sed_command *c = &s->script.commands[pc++];
		if (is_selected(s, c) == c->negated) {
			if (c->name == '{')
				pc = c->target;
			continue;
		}
		enum step step = command_run(s, c);
		if (step == STEP_JUMP)
			pc = c->target;
		else if (step != STEP_NEXT)
			return step;
	}
	return STEP_NEXT;
}

static void sed_run(struct sed *s)
{
	bool restart = false;

	ahead_read(s);
	while (restart || line_take(s, false)) {
		enum step step = script_run(s);
		restart = step == STEP_RESTART;
		if (!restart)
			s->replaced = false;
		if (step == STEP_NEXT || step == STEP_QUIT)
			cycle_end(s);
		else
			later_show(s);
		if (step == STEP_QUIT || step == STEP_QUIT_SILENT) {
			if (s->out != &out_std)
				in_place_end(
					s, s->name); /* the rest of the file is lost, as with GNU */
			break;
		}
	}
	for (struct sed_file *f = s->script.files; f != nullptr; f = f->next) {
		if (f->to == &f->out)
			out_close(&f->out);
	}
}

static void script_file_read(struct sed *s, const char *path)
{
	struct in in;
	char *text;
	size_t len;

	if (!in_open(&in, path) || !in_all(&in, &text, &len))
		applet_exit(1);
	if (len > 1 && text[len - 1] == '\n')
		len--;
	sed_script_add(&s->script, text, len, path); /* the text stays, messages point into it */
	if (in.fd > 0)
		close(in.fd);
}

/* An -e that ends in a backslash goes on in the next one, as the lines of a, i and c do. */
static void expressions_add(struct sed *s, struct text *e)
{
	if (e->len == 0 && e->bytes == nullptr)
		return;
	sed_script_add(&s->script, e->bytes, e->len, "-e expression #1");
	*e = (struct text){};
}

static int sed_main(int argc, char **argv)
{
	struct sed s = { .delim = '\n', .wrap = 70, .out = &out_std, .hold_ended = true };
	struct text expressions = {};
	bool has_script = false;
	static char dash[] = "-";
	char *only_stdin[] = { dash };
	struct opt_state state, again;
	int o;

	/* -E counts for scripts before it, too; so look for it first. */
	opt_init(&again, argc, argv);
	while ((o = opt_next(&again)) != 0) {
		s.script.extended |= o == 'E' || o == 'r';
		s.script.sandbox |= o == OPT_SANDBOX;
	}
	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		s.quiet |= o == 'n';
		s.separate |= o == 's' || o == 'i';
		s.unbuffered |= o == 'u';
		if (o == 'z')
			s.delim = '\0';
		if (o == 'i')
			s.in_place = state.arg != nullptr ? state.arg : "";
		if (o == 'l')
			s.wrap = num_get(state.arg, 0, INT32_MAX, "line length");
		has_script |= o == 'e' || o == 'f';
		if (o == 'e') {
			if (expressions.bytes != nullptr)
				text_add_char(&expressions, '\n');
			text_add_string(&expressions, state.arg);
		} else if (o == 'f') {
			expressions_add(&s, &expressions);
			script_file_read(&s, state.arg);
		}
	}
	int first = state.index;
	if (!has_script) {
		if (first == argc)
			opt_usage_error("no script given");
		text_add_string(&expressions, argv[first++]);
	}
	expressions_add(&s, &expressions);
	sed_script_finish(&s.script);
	s.quiet |= s.script.quiet_by_comment;
	s.files = first == argc ? only_stdin : argv + first;
	s.file_count = first == argc ? 1 : argc - first;
	err_status = 4; /* of read and write errors from here on */
	text_add_string(&s.space, "");
	text_add_string(&s.hold, "");
	sed_run(&s);
	return s.status;
}

APPLET(sed, .usage = "[OPTION]... SCRIPT [FILE]...\n[OPTION]... -e SCRIPT... [FILE]...",
       .summary = "Change text by a script, line by line.", .opts = sed_opts);
