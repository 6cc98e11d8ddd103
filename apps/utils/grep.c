/* SPDX-License-Identifier: MPL-2.0 */
/* grep: the options, the patterns, and the files to search. Searching one is in grep_search.c. */
#include <fcntl.h>
#include <fnmatch.h>
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
#include "apps/applet/tree.h"
#include "apps/utils/grep.h"

enum {
	OPT_BINARY = 256,
	OPT_COLOR,
	OPT_EXCLUDE,
	OPT_EXCLUDE_DIR,
	OPT_EXCLUDE_FROM,
	OPT_INCLUDE,
	OPT_LABEL,
	OPT_LINE_BUFFERED,
	OPT_NO_IGNORE_CASE
};

static const struct opt grep_opts[] = {
	{ 'E', "extended-regexp", nullptr, "PATTERNS are extended regular expressions" },
	{ 'F', "fixed-strings", nullptr, "PATTERNS are strings" },
	{ 'G', "basic-regexp", nullptr, "PATTERNS are basic regular expressions (default)" },
	{ 'P', "perl-regexp", nullptr, nullptr },
	{ 'e', "regexp", "PATTERNS", "look for PATTERNS; may be repeated" },
	{ 'f', "file", "FILE", "take patterns from the lines of FILE" },
	{ 'i', "ignore-case", nullptr, "ignore case" },
	{ 'y', nullptr, nullptr, nullptr },
	{ OPT_NO_IGNORE_CASE, "no-ignore-case", nullptr, "do not ignore case (default)" },
	{ 'w', "word-regexp", nullptr, "match only whole words" },
	{ 'x', "line-regexp", nullptr, "match only whole lines" },
	{ 'z', "null-data", nullptr, "lines end with NUL, not newline" },
	{ 's', "no-messages", nullptr, "no messages about missing or unreadable files" },
	{ 'v', "invert-match", nullptr, "select the lines that do not match" },
	{ 'm', "max-count", "NUM", "stop after NUM selected lines of a file" },
	{ 'b', "byte-offset", nullptr, "show the offset of each line" },
	{ 'n', "line-number", nullptr, "show the number of each line" },
	{ OPT_LINE_BUFFERED, "line-buffered", nullptr, "write each line at once" },
	{ 'H', "with-filename", nullptr, "show the file's name with each line" },
	{ 'h', "no-filename", nullptr, "never show file names" },
	{ OPT_LABEL, "label", "LABEL", "the name to show for standard input" },
	{ 'o', "only-matching", nullptr, "show only what matches, each on its own line" },
	{ 'q', "quiet", nullptr, "show nothing; the status tells" },
	{ 'q', "silent", nullptr, nullptr },
	{ OPT_BINARY, "binary-files", "TYPE", "binary files are: binary, text or without-match" },
	{ 'a', "text", nullptr, "the same as --binary-files=text" },
	{ 'I', nullptr, nullptr, "the same as --binary-files=without-match" },
	{ 'd', "directories", "ACTION", "what to do with directories: read, recurse or skip" },
	{ 'D', "devices", "ACTION", "what to do with devices: read or skip" },
	{ 'r', "recursive", nullptr, "search all files below directories" },
	{ 'R', "dereference-recursive", nullptr, "the same, and follow symbolic links" },
	{ OPT_INCLUDE, "include", "GLOB", "search only files whose name matches" },
	{ OPT_EXCLUDE, "exclude", "GLOB", "skip files whose name matches" },
	{ OPT_EXCLUDE_FROM, "exclude-from", "FILE", "the same, for each line of FILE" },
	{ OPT_EXCLUDE_DIR, "exclude-dir", "GLOB", "skip directories whose name matches" },
	{ 'L', "files-without-match", nullptr, "show only names of files with no selected line" },
	{ 'l', "files-with-matches", nullptr, "show only names of files with selected lines" },
	{ 'c', "count", nullptr, "show only how many lines are selected" },
	{ 'T', "initial-tab", nullptr, "line up the text with a tab" },
	{ 'Z', "null", nullptr, "a NUL follows file names" },
	{ 'B', "before-context", "NUM", "show NUM lines before, too" },
	{ 'A', "after-context", "NUM", "show NUM lines after, too" },
	{ 'C', "context", "NUM", "show NUM lines before and after, too" },
	{ '#', nullptr, "NUM", "the same" },
	{ 'U', "binary", nullptr, "accepted, without effect" },
	{ OPT_COLOR, "color", "[WHEN]", "mark what matches: always, never or auto" },
	{ OPT_COLOR, "colour", "[WHEN]", nullptr },
	{},
};

struct globs {
	struct glob {
		int kind; /* an OPT_ of above */
		const char *pattern;
	} *list;
	size_t count, capacity;
	bool has_include;
};

struct options {
	struct grep g;
	struct text patterns; /* newlines between them */
	bool has_patterns;
	unsigned flags;
	char syntax;      /* G E F */
	char directories; /* r: read, s: skip, R: recurse */
	bool skip_devices, devices_given;
	bool follow;
	int names; /* -1: when there are several files */
	struct globs globs;
};

static void glob_add(struct globs *g, int kind, const char *pattern)
{
	g->list = mem_room(g->list, g->count, &g->capacity, sizeof *g->list);
	g->list[g->count++] = (struct glob){ kind, pattern };
	g->has_include |= kind == OPT_INCLUDE;
}

static void globs_read(struct globs *g, const char *path)
{
	struct in in;
	char *line;
	size_t len;

	if (!in_open(&in, path))
		applet_exit(err_status);
	while (in_line(&in, '\n', &line, &len)) {
		len -= line[len - 1] == '\n';
		if (len != 0)
			glob_add(g, OPT_EXCLUDE, mem_dup_bytes(line, len));
	}
	in_close(&in);
}

static bool glob_matches(const char *pattern, const char *path)
{
	const char *slash = strrchr(path, '/');

	return fnmatch(pattern, path, 0) == 0 ||
	       (slash != nullptr && fnmatch(pattern, slash + 1, 0) == 0);
}

/* The last pattern that matches decides; unmatched files go in unless there is an --include. */
static bool is_wanted(const struct globs *g, const char *path, bool is_dir)
{
	bool wanted =
		is_dir || !g->has_include || (g->count != 0 && g->list[0].kind == OPT_EXCLUDE);

	for (size_t i = 0; i < g->count; i++) {
		bool for_dir = g->list[i].kind == OPT_EXCLUDE_DIR;
		if (for_dir == is_dir && glob_matches(g->list[i].pattern, path))
			wanted = g->list[i].kind == OPT_INCLUDE;
	}
	return wanted;
}

static void patterns_add(struct options *x, const char *bytes, size_t len)
{
	if (x->has_patterns)
		text_add_char(&x->patterns, '\n');
	text_add(&x->patterns, bytes, len);
	x->has_patterns = true;
}

/* An empty file holds no pattern at all, which is not an empty pattern. */
static void patterns_read(struct options *x, const char *path)
{
	struct in in;
	char *text;
	size_t len;

	if (!in_open(&in, path) || !in_all(&in, &text, &len))
		applet_exit(err_status);
	if (len != 0)
		patterns_add(x, text, len - (text[len - 1] == '\n'));
	x->g.no_pattern |= len == 0;
	in_close(&in);
}

static void binary_take(struct grep *g, const char *arg)
{
	static const char *const kinds[] = { "binary", "text", "without-match" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(arg, kinds[i]) == 0) {
			g->binary = kinds[i][0];
			return;
		}
	}
	opt_usage_error("invalid argument '%s' for '--binary-files'", arg);
}

static uint64_t context_read(const char *arg)
{
	uint64_t n;

	if (num_parse(arg, &n) == NUM_BAD)
		err_fatal("%s: invalid context length argument", arg);
	return n;
}

static void color_take(struct grep *g, const char *arg)
{
	if (arg == nullptr || strcmp(arg, "auto") == 0 || strcmp(arg, "tty") == 0)
		g->color = isatty(STDOUT_FILENO);
	else if (strcmp(arg, "always") == 0 || strcmp(arg, "yes") == 0)
		g->color = true;
	else if (strcmp(arg, "never") != 0 && strcmp(arg, "no") != 0)
		opt_usage_error("invalid argument '%s' for '--color'", arg);
}

static void action_take(struct options *x, int o, const char *arg)
{
	if (strcmp(arg, "skip") == 0 && o == 'd')
		x->directories = 's';
	else if (strcmp(arg, "recurse") == 0 && o == 'd')
		x->directories = 'R';
	else if (strcmp(arg, "read") == 0 && o == 'd')
		x->directories = 'r';
	else if ((strcmp(arg, "skip") == 0 || strcmp(arg, "read") == 0) && o == 'D')
		x->skip_devices = arg[0] == 's', x->devices_given = true;
	else if (o == 'D')
		err_fatal("unknown devices method");
	else
		opt_usage_error("invalid argument '%s' for '--directories'", arg);
}

static void value_take(struct options *x, int o, const char *arg)
{
	struct grep *g = &x->g;
	int64_t n;

	switch (o) {
	case 'e':
		patterns_add(x, arg, strlen(arg));
		break;
	case 'f':
		patterns_read(x, arg);
		break;
	case 'm':
		if (num_parse_signed(arg, &n) == NUM_BAD)
			err_fatal("invalid max count");
		g->max = n < 0 ? UINT64_MAX : (uint64_t)n;
		break;
	case 'A':
		g->after = context_read(arg);
		break;
	case 'B':
		g->before = context_read(arg);
		break;
	case 'C':
	case '#':
		g->before = g->after = context_read(arg);
		break;
	case 'd':
	case 'D':
		action_take(x, o, arg);
		break;
	case OPT_BINARY:
		binary_take(g, arg);
		break;
	case OPT_COLOR:
		color_take(g, arg);
		break;
	case OPT_LABEL:
		g->label = arg;
		break;
	case OPT_EXCLUDE_FROM:
		globs_read(&x->globs, arg);
		break;
	case OPT_INCLUDE:
	case OPT_EXCLUDE:
	case OPT_EXCLUDE_DIR:
		glob_add(&x->globs, o, arg);
		break;
	}
}

static void flag_take(struct options *x, int o)
{
	struct grep *g = &x->g;

	switch (o) {
	case 'E':
	case 'F':
	case 'G':
		x->syntax = (char)o;
		break;
	case 'P':
		err_fatal("Perl matching is not supported");
	case 'i':
	case 'y':
		x->flags |= REGEX_ICASE;
		break;
	case OPT_NO_IGNORE_CASE:
		x->flags &= ~(unsigned)REGEX_ICASE;
		break;
	case 'w':
		x->flags |= REGEX_WHOLE_WORD;
		break;
	case 'x':
		x->flags |= REGEX_WHOLE_LINE;
		break;
	case 'a':
		g->binary = 't';
		break;
	case 'I':
		g->binary = 'w';
		break;
	case 'r':
	case 'R':
		x->directories = 'R';
		x->follow = o == 'R';
		break;
	case 'H':
	case 'h':
		x->names = o == 'H';
		break;
	case 'l':
	case 'L':
		g->list = (char)o;
		break;
	case 'z':
		g->delim = '\0';
		x->flags |= REGEX_NUL_LINES;
		break;
	}
	g->invert |= o == 'v';
	g->byte_offset |= o == 'b';
	g->line_number |= o == 'n';
	g->flush_lines |= o == OPT_LINE_BUFFERED;
	g->only_matching |= o == 'o';
	g->quiet |= o == 'q';
	g->no_messages |= o == 's';
	g->count |= o == 'c';
	g->initial_tab |= o == 'T';
	g->null_names |= o == 'Z';
}

static void pattern_compile(struct options *x)
{
	unsigned flags = x->flags | REGEX_IN_LINE | REGEX_MULTILINE | REGEX_PATTERNS;
	const char *error;

	if (x->syntax == 'E')
		flags |= REGEX_EXTENDED;
	else if (x->syntax == 'F')
		flags |= REGEX_LITERAL;
	x->g.no_pattern &= !x->has_patterns;
	x->g.regex = regex_create(x->patterns.bytes, x->patterns.len, flags, &error);
	if (x->g.regex == nullptr)
		err_fatal("%s", error);
	grep_prepare(&x->g);
}

static void path_search(struct options *x, const char *path, int dirfd, const char *name,
			bool from_argument)
{
	struct grep *g = &x->g;
	bool is_stdin = from_argument && strcmp(path, "-") == 0;
	struct stat st;
	int fd = is_stdin ? STDIN_FILENO
			  : openat(dirfd, name,
				   O_RDONLY | O_CLOEXEC | O_NOCTTY |
					   (from_argument ? 0 : O_NONBLOCK));

	if (fd < 0 || fstat(fd, &st) != 0) {
		if (!g->no_messages)
			err_warn_errno("%s", path);
		g->failed = true;
		return;
	}
	bool device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISFIFO(st.st_mode) ||
		      S_ISSOCK(st.st_mode);
	bool skip = device && (x->skip_devices || (!from_argument && !x->devices_given));
	if (S_ISDIR(st.st_mode) && x->directories != 's') {
		if (!g->no_messages)
			err_warn("%s: Is a directory", path);
		g->failed = true;
	} else if (!skip && !S_ISDIR(st.st_mode)) {
		grep_file(g, fd,
			  is_stdin ? (g->label != nullptr ? g->label : "(standard input)") : path);
	}
	if (!is_stdin)
		close(fd);
}

static void tree_search(struct options *x, const char *root, bool strip_dot)
{
	struct tree *t = tree_open(root, x->follow ? TREE_FOLLOW : TREE_FOLLOW_ARGS);
	struct tree_entry *e;

	while ((e = tree_next(t)) != nullptr) {
		const char *path = strip_dot && e->depth > 0 ? e->path + 2 : e->path;
		switch (e->kind) {
		case TREE_DIR:
			if (e->depth > 0 && !is_wanted(&x->globs, path, true))
				tree_skip(t);
			break;
		case TREE_FILE:
			if (S_ISLNK(e->st.st_mode) || !is_wanted(&x->globs, path, false))
				break;
			path_search(x, path, e->dirfd, e->name, e->depth == 0);
			break;
		case TREE_LOOP:
			if (!x->g.no_messages)
				err_warn("%s: warning: recursive directory loop", path);
			break;
		case TREE_NO_STAT:
		case TREE_UNREADABLE:
			if (!x->g.no_messages)
				err_warn("%s: %s", path, strerror(e->error));
			x->g.failed = true;
			break;
		case TREE_DIR_END:
			break;
		}
	}
	tree_close(t);
}

static void argument_search(struct options *x, const char *path)
{
	struct stat st;
	bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	if (strcmp(path, "-") != 0 && !is_wanted(&x->globs, path, is_dir))
		return;
	if (is_dir && x->directories == 'R')
		tree_search(x, path, false);
	else
		path_search(x, path, AT_FDCWD, path, true);
}

/* Does nobody see the output? GNU's grep takes the same short cut. */
static bool output_is_null(void)
{
	struct stat out, null;

	return fstat(STDOUT_FILENO, &out) == 0 && S_ISCHR(out.st_mode) &&
	       stat("/dev/null", &null) == 0 && S_ISCHR(null.st_mode) &&
	       out.st_rdev == null.st_rdev;
}

static int grep_run(int argc, char **argv, char syntax)
{
	struct options x = { .syntax = syntax,
			     .directories = 'r',
			     .names = -1,
			     .g = { .delim = '\n', .max = UINT64_MAX, .binary = 'b' } };
	struct opt_state s;
	int o;

	err_status = 2;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (s.arg != nullptr || o == OPT_COLOR)
			value_take(&x, o, s.arg);
		else
			flag_take(&x, o);
	}
	if (!x.has_patterns && !x.g.no_pattern) {
		if (s.index == argc)
			opt_usage_error("no pattern given");
		patterns_add(&x, argv[s.index], strlen(argv[s.index]));
		s.index++;
	}
	text_add_string(&x.patterns, "");
	pattern_compile(&x);
	x.g.unseen = output_is_null();
	int files = argc - s.index;
	x.g.names = x.names >= 0 ? x.names : files > 1 || x.directories == 'R';
	if (x.names < 0 && x.directories == 'R' && files == 1) {
		struct stat st;
		x.g.names = stat(argv[s.index], &st) != 0 || S_ISDIR(st.st_mode);
	}
	if (x.g.max == 0)
		return 1;
	if (files == 0 && x.directories == 'R')
		tree_search(&x, ".", true);
	else if (files == 0)
		argument_search(&x, "-");
	for (int i = s.index; i < argc && !(x.g.quiet && x.g.selected); i++)
		argument_search(&x, argv[i]);
	if (x.g.failed && !(x.g.quiet && x.g.selected))
		return 2;
	return !x.g.selected;
}

static int grep_main(int argc, char **argv)
{
	return grep_run(argc, argv, 'G');
}

static int egrep_main(int argc, char **argv)
{
	return grep_run(argc, argv, 'E');
}

static int fgrep_main(int argc, char **argv)
{
	return grep_run(argc, argv, 'F');
}

#define GREP_TEXTS                                                                                 \
	.usage = "[OPTION]... PATTERNS [FILE]...", .opts = grep_opts,                              \
	.summary = "Show the lines of FILEs that match one of PATTERNS, which newlines separate.", \
	.details = "The status is 0 if a line was selected, 1 if none was, 2 after an error."

APPLET(grep, GREP_TEXTS);
APPLET(egrep, GREP_TEXTS);
APPLET(fgrep, GREP_TEXTS);
