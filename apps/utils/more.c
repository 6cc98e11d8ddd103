/* SPDX-License-Identifier: MPL-2.0 */
/* more: text a screen at a time. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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
#include "apps/applet/terminal.h"
#include "apps/applet/utf8.h"

static const struct opt more_opts[] = {
	{ 'e', "exit-on-eof", nullptr, "leave at the end of the last file (always done)" },
	{ 'n', "lines", "N", "a screen has N rows" },
	{ 's', "squeeze", nullptr, "one empty line where there are several" },
	{ 'c', "print-over", nullptr, "draw each screen from the top" },
	{ 'p', "clean-print", nullptr, "clear the screen, then draw" },
	{ '#', nullptr, nullptr, nullptr },
	{},
};

/* One file being read. What was read is kept, to go back to. */
struct pager {
	int fd; /* of the keys */
	struct terminal_size size;
	uint64_t rows_wanted; /* of -n; 0: the terminal's */
	bool squeeze, from_top;
	const char *name;
	struct in in;
	bool ended;
	uint64_t total; /* bytes of the file; 0: not known */
	struct text text;
	size_t *rows; /* where each screen row starts in text, and where the last one ends */
	size_t count, capacity;
	size_t next; /* the first row that was not shown yet */
	bool was_blank;
	struct regex *pattern;
};

static void rows_add(struct pager *p, size_t offset)
{
	p->rows = mem_room(p->rows, p->count, &p->capacity, sizeof *p->rows);
	p->rows[p->count++] = offset;
}

/* Columns of the character at s, and in *n its bytes; escape sequences for colours take none. */
static int columns_of(const char *s, const char *stop, int column, int *n)
{
	uint32_t code;

	if (*s == '\t' || *s == '\n' || *s == '\r') {
		*n = 1;
		return *s == '\t' ? 8 - column % 8 : 0;
	}
	if (*s == '\033' && stop - s > 1 && s[1] == '[') {
		const char *end = s + 2 + strspn(s + 2, "0123456789;");
		*n = (int)(end - s) + (end < stop);
		return 0;
	}
	*n = char_decode(s, stop, &code);
	return char_width(code);
}

/* Lays the line at `from` out in rows; the last of `rows` is always where the text ends. */
static void line_lay(struct pager *p, size_t from)
{
	const char *stop = p->text.bytes + p->text.len;
	int column = 0, n;

	for (const char *s = p->text.bytes + from; s < stop; s += n) {
		int width = columns_of(s, stop, column, &n);
		if (column + width > p->size.columns) {
			rows_add(p, (size_t)(s - p->text.bytes));
			column = 0;
		}
		column += width;
	}
	rows_add(p, p->text.len);
}

/* Reads on until row `row` is there; false if the file has none. */
static bool row_read(struct pager *p, size_t row)
{
	char *line;
	size_t len;

	while (p->count <= row + 1 && !p->ended) {
		if (!in_line(&p->in, '\n', &line, &len)) {
			p->ended = true;
			break;
		}
		bool blank = len == 1 && line[0] == '\n';
		if (p->squeeze && blank && p->was_blank)
			continue;
		p->was_blank = blank;
		size_t from = p->text.len;
		text_add(&p->text, line, len);
		line_lay(p, from);
	}
	return row + 1 < p->count;
}

static void row_show(const struct pager *p, size_t row)
{
	const char *s = p->text.bytes + p->rows[row];
	size_t len = p->rows[row + 1] - p->rows[row];

	len -= len > 0 && s[len - 1] == '\n';
	put_bytes(s, len);
	put_char('\n');
}

static void rows_show(struct pager *p, size_t n)
{
	while (n-- > 0 && row_read(p, p->next))
		row_show(p, p->next++);
}

static size_t screen_rows(const struct pager *p)
{
	size_t rows = p->rows_wanted != 0 ? p->rows_wanted : (size_t)p->size.rows - 1;

	return rows > 0 ? rows : 1;
}

static void screen_show(struct pager *p)
{
	if (p->from_top)
		put_string("\033[H\033[J");
	rows_show(p, screen_rows(p));
}

static void back_show(struct pager *p, size_t screens)
{
	size_t n = screen_rows(p) * (screens + 1);

	p->next = p->next > n ? p->next - n : 0;
	put_string("\033[H\033[J");
	rows_show(p, screen_rows(p));
}

static void size_look(struct pager *p)
{
	struct terminal_size now = terminal_size(STDOUT_FILENO);
	size_t at = p->count != 0 ? p->rows[p->next] : 0;

	if (now.columns != p->size.columns && p->count != 0) {
		p->size = now;
		p->count = 0;
		rows_add(p, 0);
		for (size_t from = 0; from < p->text.len;) {
			const char *end = memchr(p->text.bytes + from, '\n', p->text.len - from);
			size_t len = p->text.len,
			       stop = end != nullptr ? (size_t)(end - p->text.bytes) + 1 : len;
			p->text.len = stop;
			line_lay(p, from);
			p->text.len = len;
			from = stop;
		}
		for (p->next = 0; p->next + 1 < p->count && p->rows[p->next] < at;)
			p->next++;
	}
	p->size = now;
}

static size_t line_number(const struct pager *p)
{
	size_t lines = 0;

	for (size_t i = 0; i < p->rows[p->next]; i++)
		lines += p->text.bytes[i] == '\n';
	return lines;
}

/* Goes to the next row that has a match. */
static const char *search(struct pager *p)
{
	if (p->pattern == nullptr)
		return "No previous pattern";
	for (size_t row = p->next; row_read(p, row); row++) {
		const char *s = p->text.bytes + p->rows[row];
		size_t len = p->rows[row + 1] - p->rows[row];
		if (!regex_match(p->pattern, s, len - (s[len - 1] == '\n'), 0, nullptr, 0))
			continue;
		p->next = row;
		put_string("\r\033[K...skipping\n");
		rows_show(p, screen_rows(p) - 1);
		return nullptr;
	}
	return "Pattern not found";
}

static const char *search_ask(struct pager *p)
{
	char pattern[256];
	const char *error = nullptr;

	put_char('\r');
	if (!terminal_ask(p->fd, p->size.rows, "/", pattern, sizeof pattern))
		return nullptr;
	if (*pattern != '\0') {
		struct regex *r = regex_create(pattern, strlen(pattern), 0, &error);
		if (r == nullptr)
			return error;
		if (p->pattern != nullptr)
			regex_destroy(p->pattern);
		p->pattern = r;
	}
	return search(p);
}

static void help_show(void)
{
	put_string("\r\033[K"
		   "Space f PageDown  next screen          Enter j Down  next line\n"
		   "d                 half a screen        b PageUp      a screen back\n"
		   "/ n               search, and again    = line number\n"
		   "g G               beginning, end       :n next file  q quit\n");
}

enum outcome { STAY, NEXT_FILE, QUIT };

static void prompt_show(struct pager *p, const char *message)
{
	put_string("\r\033[K\033[7m--More--");
	if (message != nullptr)
		put_format("(%s)", message);
	else if (p->total != 0)
		put_format("(%d%%)", (int)(100 * p->rows[p->next] / p->total));
	put_string("\033[m");
}

static enum outcome key_do(struct pager *p, int key, const char **message)
{
	static char number[32];

	*message = nullptr;
	switch (key) {
	case ' ':
	case 'f':
	case 'z':
	case KEY_PAGE_DOWN:
		screen_show(p);
		break;
	case '\r':
	case '\n':
	case 'j':
	case KEY_DOWN:
		rows_show(p, 1);
		break;
	case 'd':
	case 'D' & 0x1f:
		rows_show(p, screen_rows(p) / 2 + 1);
		break;
	case 'b':
	case 'B' & 0x1f:
	case KEY_PAGE_UP:
		back_show(p, 1);
		break;
	case 'g':
	case KEY_HOME:
		p->next = 0;
		back_show(p, 0);
		break;
	case 'G':
	case KEY_END:
		while (row_read(p, p->next))
			p->next++;
		p->next -= p->next < screen_rows(p) ? p->next : screen_rows(p);
		screen_show(p);
		break;
	case '/':
		*message = search_ask(p);
		break;
	case 'n':
		*message = search(p);
		break;
	case '=':
		snprintf(number, sizeof number, "line %zu", line_number(p));
		*message = number;
		break;
	case 'h':
	case '?':
		help_show();
		break;
	case ':':
		key = terminal_key(p->fd, -1);
		if (key == 'n')
			return NEXT_FILE;
		if (key != 'q')
			break;
		return QUIT;
	case 'q':
	case 'Q':
	case KEY_CTRL_C:
	case KEY_END_OF_INPUT:
		return QUIT;
	case KEY_CTRL_Z:
		terminal_stop(p->fd);
		break;
	default:
		*message = "Press space to continue, q to quit, h for help";
	}
	return STAY;
}

/* Shows the file; the last one ends by itself when its end was shown. */
static enum outcome file_page(struct pager *p, bool last)
{
	const char *message = nullptr;
	enum outcome outcome = STAY;

	rows_add(p, 0);
	size_look(p);
	screen_show(p);
	while (outcome == STAY) {
		if (!row_read(p, p->next)) {
			if (last)
				return QUIT;
			message = "Next file";
		}
		bool at_end = !row_read(p, p->next);
		prompt_show(p, message);
		int key = terminal_key(p->fd, -1);
		put_string("\r\033[K");
		size_look(p);
		if (key == KEY_NONE) /* a signal, most likely of a new size */
			continue;
		if (at_end && (key == ' ' || key == '\r' || key == '\n'))
			return NEXT_FILE;
		outcome = key_do(p, key, &message);
	}
	return outcome;
}

static void heading_put(const char *name)
{
	put_format("::::::::::::::\n%s\n::::::::::::::\n", name);
}

/* Without a terminal more is cat, with the names of several files. */
static void file_copy(struct in *in)
{
	while (in->end > in->start || in_fill(in)) {
		put_bytes(in->buf + in->start, in->end - in->start);
		in->start = in->end;
	}
}

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size
									    : 0;
}

static enum outcome file_show(struct pager *p, const char *path, bool several, bool last)
{
	enum outcome outcome = NEXT_FILE;

	p->in = (struct in){};
	if (path_is_dir(path)) {
		put_format("\n*** %s: directory ***\n\n", path);
		return NEXT_FILE;
	}
	if (!in_open(&p->in, path))
		return NEXT_FILE;
	if (several)
		heading_put(path);
	p->name = path;
	if (p->fd < 0) {
		file_copy(&p->in);
	} else {
		p->total = size_of(p->in.fd);
		outcome = file_page(p, last);
		p->text.len = p->count = p->next = 0;
		p->ended = p->was_blank = false;
	}
	in_close(&p->in);
	return outcome;
}

static int more_main(int argc, char **argv)
{
	struct pager p = { .fd = -1 };
	static char dash[] = "-", *standard[] = { dash };
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		p.squeeze |= o == 's';
		p.from_top |= o == 'c' || o == 'p';
		if (o == 'n' || o == '#')
			p.rows_wanted = num_get(s.arg, 1, 100000, "number of lines");
	}
	int count = argc - s.index;
	char **files = count > 0 ? argv + s.index : standard;
	if (count == 0 && isatty(STDIN_FILENO))
		opt_usage_error("which file?");
	if (isatty(STDOUT_FILENO)) {
		p.fd = terminal_open();
		if (p.fd >= 0 && !terminal_begin(p.fd))
			p.fd = -1;
	}
	p.size = terminal_size(STDOUT_FILENO);
	text_add_string(&p.text, "");
	for (int i = 0; i < (count > 0 ? count : 1); i++) {
		if (file_show(&p, files[i], count > 1, i + 1 >= count) == QUIT)
			break;
	}
	if (p.fd >= 0)
		terminal_end(p.fd);
	return err_count != 0;
}

APPLET(more, .usage = "[OPTION]... [FILE]...", .summary = "Show text a screen at a time.",
       .details = "Keys: Space next screen, Enter next line, b back, / search, n again, = line,\n"
		  "g G beginning and end, h help, q quit.",
       .opts = more_opts);
