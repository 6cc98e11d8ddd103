/* SPDX-License-Identifier: MPL-2.0 */
/* ls: lists files. How names are laid out in columns and quoted is in ls_show.c. */
#include "apps/utils/ls.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"
#include "apps/applet/version.h"

enum {
	OPT_COLOR = 256,
	OPT_FULL_TIME,
	OPT_GROUP_FIRST,
	OPT_TIME_STYLE,
	OPT_SORT,
	OPT_TIME,
	OPT_FORMAT,
	OPT_INDICATOR,
	OPT_SI,
	OPT_HIDE,
	OPT_AUTHOR,
	OPT_FILE_TYPE,
	OPT_BLOCK_SIZE,
	OPT_SHOW_CONTROL,
	OPT_QUOTING,
	OPT_HYPERLINK
};

static const struct opt ls_opts[] = {
	{ 'a', "all", nullptr, "also what starts with a dot" },
	{ 'A', "almost-all", nullptr, "the same, without . and .." },
	{ OPT_AUTHOR, "author", nullptr, nullptr },
	{ 'b', "escape", nullptr, "show unprintable characters as escapes" },
	{ OPT_BLOCK_SIZE, "block-size", "SIZE", "count sizes in units of SIZE" },
	{ 'B', "ignore-backups", nullptr, "not what ends with ~" },
	{ 'c', nullptr, nullptr, "use the time of status change" },
	{ 'C', nullptr, nullptr, "in columns" },
	{ OPT_COLOR, "color", "[WHEN]", "in colour: always, never or auto" },
	{ 'd', "directory", nullptr, "directories themselves, not what is in them" },
	{ 'f', nullptr, nullptr, "unsorted, like -aU" },
	{ 'F', "classify", "[WHEN]", "a character that tells the kind behind each name: */=@|" },
	{ OPT_FILE_TYPE, "file-type", nullptr, "the same, without *" },
	{ OPT_FORMAT, "format", "WORD",
	  "across -x, commas -m, long -l, single-column -1, vertical -C" },
	{ OPT_FULL_TIME, "full-time", nullptr, "like -l with whole times" },
	{ 'g', nullptr, nullptr, "like -l without owner" },
	{ OPT_GROUP_FIRST, "group-directories-first", nullptr, "directories before files" },
	{ 'G', "no-group", nullptr, "no group in -l" },
	{ 'h', "human-readable", nullptr, "sizes such as 1.5K" },
	{ OPT_SI, "si", nullptr, "the same, in powers of 1000" },
	{ 'H', "dereference-command-line", nullptr, "follow links given as arguments" },
	{ OPT_HIDE, "hide", "PATTERN", "not what matches PATTERN, unless -a or -A" },
	{ OPT_INDICATOR, "indicator-style", "WORD", "none, slash -p, file-type, classify -F" },
	{ 'i', "inode", nullptr, "with file numbers" },
	{ 'I', "ignore", "PATTERN", "not what matches PATTERN" },
	{ 'k', "kibibytes", nullptr, "blocks of 1024 bytes (default)" },
	{ 'l', nullptr, nullptr, "the long form: mode, links, owner, size, time" },
	{ 'L', "dereference", nullptr, "what links point to" },
	{ 'm', nullptr, nullptr, "names with commas between" },
	{ 'n', "numeric-uid-gid", nullptr, "like -l with numbers for owner and group" },
	{ 'N', "literal", nullptr, "names as they are" },
	{ 'o', nullptr, nullptr, "like -l without group" },
	{ 'p', nullptr, nullptr, "a slash behind directories" },
	{ 'q', "hide-control-chars", nullptr, "? for unprintable characters" },
	{ OPT_SHOW_CONTROL, "show-control-chars", nullptr, nullptr },
	{ 'Q', "quote-name", nullptr, "names in double quotes" },
	{ OPT_QUOTING, "quoting-style", "WORD",
	  "literal, shell, shell-always, shell-escape, c, escape" },
	{ 'r', "reverse", nullptr, "the other way around" },
	{ 'R', "recursive", nullptr, "with all directories below" },
	{ 's', "size", nullptr, "with the blocks that are used" },
	{ 'S', nullptr, nullptr, "by size, largest first" },
	{ OPT_SORT, "sort", "WORD", "by none -U, size -S, time -t, version -v, extension -X" },
	{ OPT_TIME, "time", "WORD", "use atime -u, ctime -c or birth" },
	{ OPT_TIME_STYLE, "time-style", "STYLE", "full-iso, long-iso, iso, locale or +FORMAT" },
	{ 't', nullptr, nullptr, "by time, newest first" },
	{ 'T', "tabsize", "COLS", nullptr },
	{ 'u', nullptr, nullptr, "use the time of access" },
	{ 'U', nullptr, nullptr, "unsorted" },
	{ 'v', nullptr, nullptr, "numbers inside names by value" },
	{ 'w', "width", "COLS", "the width of a line; 0: no limit" },
	{ 'x', nullptr, nullptr, "in columns, across" },
	{ 'X', nullptr, nullptr, "by extension" },
	{ 'Z', "context", nullptr, nullptr },
	{ OPT_HYPERLINK, "hyperlink", "[WHEN]", nullptr },
	{ '1', nullptr, nullptr, "one a line" },
	{},
};

static const struct ls *sorting; /* qsort() passes no context; one ls runs at a time */

static int time_compare(const struct ls_file *a, const struct ls_file *b)
{
	const struct timespec *x = ls_time(sorting, a), *y = ls_time(sorting, b);

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec > y->tv_sec ? -1 : 1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

static const char *extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != nullptr ? dot : "";
}

static bool is_folder(const struct ls_file *f)
{
	return S_ISDIR(f->st.st_mode) || (S_ISLNK(f->st.st_mode) && S_ISDIR(f->target_mode));
}

static int file_compare(const void *p, const void *q)
{
	const struct ls_file *a = p, *b = q;
	int d = 0;

	if (sorting->folders_first && is_folder(a) != is_folder(b))
		return is_folder(a) ? -1 : 1;
	if (sorting->sort == 't')
		d = time_compare(a, b);
	else if (sorting->sort == 'S')
		d = (a->st.st_size < b->st.st_size) - (a->st.st_size > b->st.st_size);
	else if (sorting->sort == 'X')
		d = strcmp(extension(a->name), extension(b->name));
	else if (sorting->sort == 'v')
		d = version_compare(a->name, strlen(a->name), b->name, strlen(b->name));
	else if (sorting->sort == 'U')
		d = (a->order > b->order) - (a->order < b->order);
	if (d == 0)
		d = strcmp(a->name, b->name);
	return sorting->reverse && sorting->sort != 'U' ? -d : d;
}

static void files_sort(const struct ls *l, struct ls_list *list)
{
	sorting = l;
	if ((l->sort != 'U' || l->folders_first) && list->count != 0)
		qsort(list->files, list->count, sizeof *list->files, file_compare);
	sorting = nullptr;
}

static struct ls_file *file_add(struct ls_list *list, const char *name)
{
	list->files = mem_room(list->files, list->count, &list->capacity, sizeof *list->files);
	struct ls_file *f = &list->files[list->count];
	*f = (struct ls_file){ .name = mem_dup(name), .order = list->count };
	list->count++;
	return f;
}

/* Looks at a file; false if it cannot be, which has been reported. */
static bool file_look(struct ls *l, struct ls_file *f, const char *path, bool argument)
{
	bool follow = l->follow || (argument && l->follow_arguments);
	struct stat target;

	if ((follow ? stat(path, &f->st) : lstat(path, &f->st)) != 0) {
		bool dangling = follow && lstat(path, &f->st) == 0;
		bool look = l->format == 'l' || l->inode || l->blocks || l->indicator != 0;
		if (!dangling || (l->follow && (argument || look))) {
			err_warn_errno("cannot access '%s'", path);
			l->status = argument ? 2 : l->status == 0 ? 1 : l->status;
			f->unknown = !argument;
			return !argument;
		}
	}
	if (argument && !follow && l->follow_folders && S_ISLNK(f->st.st_mode) &&
	    stat(path, &target) == 0 && S_ISDIR(target.st_mode))
		f->st = target;
	if (S_ISLNK(f->st.st_mode)) {
		if (l->format == 'l') {
			char text[4096];
			ssize_t n = readlink(path, text, sizeof text);
			if (n >= 0)
				f->target = mem_dup_bytes(text, (size_t)n);
		}
		if ((l->indicator != 0 || l->color || l->folders_first) && stat(path, &target) == 0)
			f->target_mode = target.st_mode;
	}
	return true;
}

static bool is_hidden(const struct ls *l, const char *name)
{
	if (l->all != 'a' && name[0] == '.' &&
	    (l->all == 0 || name[1] == '\0' || strcmp(name, "..") == 0))
		return true;
	return ls_is_ignored(l, name);
}

static void folder_list(struct ls *l, const char *path, bool title);

static void folders_below(struct ls *l, const char *path, const struct ls_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ls_file *f = &list->files[i];
		if (!S_ISDIR(f->st.st_mode) || strcmp(f->name, ".") == 0 ||
		    strcmp(f->name, "..") == 0)
			continue;
		char *below = mem_path(path, f->name);
		folder_list(l, below, true);
		mem_free(below);
	}
}

static void list_free(struct ls_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		mem_free(list->files[i].name);
		mem_free(list->files[i].target);
	}
	mem_free(list->files);
}

static void folder_list(struct ls *l, const char *path, bool title)
{
	struct ls_list list = { .folder = path };
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == nullptr) {
		err_warn_errno("cannot open directory '%s'", path);
		l->status = title && l->depth > 0 ? (l->status == 0 ? 1 : l->status) : 2;
		return;
	}
	while (errno = 0, (e = readdir(d)) != nullptr) {
		if (is_hidden(l, e->d_name))
			continue;
		struct ls_file *f = file_add(&list, e->d_name);
		char *full = mem_path(path, e->d_name);
		file_look(l, f, full, false);
		mem_free(full);
	}
	if (errno != 0) {
		err_warn_errno("reading directory '%s'", path);
		l->status = 1;
	}
	closedir(d);
	files_sort(l, &list);
	if (title) {
		ls_title(l, path);
		l->any = true;
	}
	ls_show(l, &list, true);
	l->any = true;
	l->depth++;
	if (l->recursive)
		folders_below(l, path, &list);
	l->depth--;
	list_free(&list);
}

static void style_take(struct ls *l, const char *style)
{
	static const char *const words[] = { "full-iso", "long-iso", "iso", "locale" };

	if (style[0] == '+') {
		l->time_format = style + 1;
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (strcmp(style, words[i]) == 0) {
			l->time_style = "FLIl"[i];
			l->time_format = nullptr;
			return;
		}
	}
	opt_usage_error("invalid argument '%s' for 'time style'", style);
}

/* The letter for the word whose place in `words` it has. */
static char word_take(const char *arg, const char *const *words, const char *letters,
		      const char *option)
{
	for (int i = 0; words[i] != nullptr; i++) {
		if (*arg != '\0' && strncmp(words[i], arg, strlen(arg)) == 0)
			return letters[i];
	}
	opt_usage_error("invalid argument '%s' for '--%s'", arg, option);
}

static bool when_take(const char *arg)
{
	if (arg == nullptr || strcmp(arg, "always") == 0 || strcmp(arg, "yes") == 0)
		return true;
	if (strcmp(arg, "auto") == 0 || strcmp(arg, "tty") == 0)
		return isatty(STDOUT_FILENO);
	if (strcmp(arg, "never") != 0 && strcmp(arg, "no") != 0)
		opt_usage_error("invalid argument '%s'", arg);
	return false;
}

static void ls_option_word(struct ls *l, int o, const char *arg)
{
	static const char *const formats[] = { "across",        "commas",  "horizontal", "long",
					       "single-column", "verbose", "vertical",   nullptr };
	static const char *const sorts[] = { "none",      "size", "time", "version",
					     "extension", "name", nullptr };
	static const char *const times[] = { "atime", "access",       "use",   "ctime", "status",
					     "mtime", "modification", "birth", nullptr };
	static const char *const marks[] = { "none", "slash", "file-type", "classify", nullptr };
	static const char *const quotes[] = {
		"literal", "shell",  "shell-always", "shell-escape", "shell-escape-always",
		"c",       "escape", "locale",       nullptr
	};

	if (o == OPT_FORMAT)
		l->format = word_take(arg, formats, "xmxl1lC", "format");
	else if (o == OPT_SORT)
		l->sort = word_take(arg, sorts, "UStvXn", "sort");
	else if (o == OPT_TIME)
		l->time = word_take(arg, times, "uuuccmmm", "time");
	else if (o == OPT_INDICATOR)
		l->indicator = word_take(arg, marks, "\0pfF", "indicator-style");
	else if (o == OPT_QUOTING)
		l->quote = word_take(arg, quotes, "nsSeEQbQ", "quoting-style");
	else if (o == OPT_TIME_STYLE)
		style_take(l, arg);
}

static void ls_option(struct ls *l, int o, const char *arg)
{
	if (o < 256 && strchr("lgon", o) != nullptr) {
		l->format = 'l';
		l->no_owner |= o == 'g';
		l->no_group |= o == 'o';
		l->numeric |= o == 'n';
	} else if (o < 256 && strchr("Cmx1", o) != nullptr) {
		l->format = o == '1' && l->format == 'l' ? 'l' : (char)o;
	} else if (o < 256 && strchr("tSUvX", o) != nullptr) {
		l->sort = (char)o;
	} else if (o == 'c' || o == 'u') {
		l->time = (char)o;
	} else if (o == 'a' || o == 'A') {
		l->all = (char)o;
	} else if (o == 'f') {
		l->all = 'a';
		l->sort = 'U';
		if (l->format == 'l')
			l->format = 0;
	} else if (o == 'F') {
		l->indicator = when_take(arg) ? 'F' : l->indicator;
	} else if (o == 'p' || o == OPT_FILE_TYPE) {
		l->indicator = o == 'p' ? 'p' : 'f';
	} else if (o == 'b' || o == 'N' || o == 'Q') {
		l->quote = o == 'N' ? 'n' : (char)o;
	} else if (o == 'I' || o == OPT_HIDE || o == 'B') {
		l->ignores = mem_room(l->ignores, l->ignore_count, &l->ignore_capacity,
				      sizeof *l->ignores);
		l->ignores[l->ignore_count++] =
			(struct ls_ignore){ o == 'B' ? "*~" : arg, o == OPT_HIDE };
	} else if (o == OPT_COLOR) {
		l->color = when_take(arg);
	} else if (o == OPT_FULL_TIME) {
		l->format = 'l';
		l->time_style = 'F';
	} else if (o == 'w') {
		l->width = (unsigned)num_get(arg, 0, UINT32_MAX, "line width");
	} else if (o == OPT_BLOCK_SIZE) {
		l->block_size = num_get_size(arg, "--block-size argument");
		l->scale_sizes = true;
	} else {
		ls_option_word(l, o, arg);
	}
	l->human |= o == 'h' || o == OPT_SI;
	if (o == OPT_SI || o == 'h')
		l->human_unit = o == OPT_SI ? 1000 : 1024;
	l->folders_first |= o == OPT_GROUP_FIRST;
	l->no_group |= o == 'G';
	l->itself |= o == 'd';
	l->inode |= o == 'i';
	l->blocks |= o == 's';
	l->reverse |= o == 'r';
	l->recursive |= o == 'R';
	l->follow |= o == 'L';
	l->follow_arguments |= o == 'H';
	l->hide_control |= o == 'q';
	if (o == OPT_SHOW_CONTROL)
		l->hide_control = false;
}

static void defaults_set(struct ls *l, bool terminal)
{
	if (l->format == 0)
		l->format = terminal ? 'C' : '1';
	if (l->quote == 0)
		l->quote = terminal ? 'e' : 'n';
	if (l->time != 0 && l->sort == 0 && l->format != 'l')
		l->sort = 't';
	if (l->time == 0)
		l->time = 'm';
	l->follow_folders = !l->itself && l->format != 'l' && l->indicator != 'F';
	if (l->width == UINT32_MAX) {
		struct winsize w;
		const char *columns = getenv("COLUMNS");
		uint64_t n;
		l->width = 80;
		if (columns != nullptr && num_parse(columns, &n) == NUM_OK && n < 100000)
			l->width = (unsigned)n;
		else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col != 0)
			l->width = w.ws_col;
	}
}

static int ls_main(int argc, char **argv)
{
	struct ls l = {
		.width = UINT32_MAX, .block_size = 1024, .human_unit = 1024, .time_style = 'l'
	};
	struct ls_list files = {}, folders = {};
	static char dot[] = ".";
	char *only_dot[] = { dot };
	struct opt_state s;
	int o;

	err_status = 2;
	clock_gettime(CLOCK_REALTIME, &l.now);
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		ls_option(&l, o, s.arg);
	bool terminal = isatty(STDOUT_FILENO);
	l.hide_control |= terminal && l.quote == 'n';
	defaults_set(&l, terminal);
	int count = argc - s.index;
	char **args = count == 0 ? only_dot : argv + s.index;
	for (int i = 0; i < (count == 0 ? 1 : count); i++) {
		struct ls_file *f = file_add(&files, args[i]);
		if (!file_look(&l, f, args[i], true)) {
			files.count--;
		} else if (S_ISDIR(f->st.st_mode) && !l.itself) {
			files.count--;
			*file_add(&folders, args[i]) = *f;
			folders.files[folders.count - 1].order = folders.count;
		}
	}
	files_sort(&l, &files);
	files_sort(&l, &folders);
	if (files.count != 0) {
		ls_show(&l, &files, false);
		l.any = true;
	}
	bool titles = count > 1 || l.recursive;
	for (size_t i = 0; i < folders.count; i++)
		folder_list(&l, folders.files[i].name, titles);
	return l.status;
}

static int dir_main(int argc, char **argv)
{
	return ls_main(argc, argv);
}

APPLET(ls, .usage = "[OPTION]... [FILE]...",
       .summary = "List FILEs, or what is in the current directory.", .opts = ls_opts);
APPLET(dir, .usage = "[OPTION]... [FILE]...", .summary = "The same as ls.", .opts = ls_opts);
