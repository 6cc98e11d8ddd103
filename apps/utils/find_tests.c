/* SPDX-License-Identifier: MPL-2.0 */
/* The tests and actions of find. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/date.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/utils/find_expr.h"

static bool compare(const struct expr *e, int64_t value)
{
	return e->sign == '+'   ? value > e->number
	       : e->sign == '-' ? value < e->number
				: value == e->number;
}

/* "+5", "-5" or "5", with what follows the digits in *rest. */
static void number_set(struct expr *e, const char *arg, const char **rest)
{
	const char *p = arg + (*arg == '+' || *arg == '-');
	size_t n = strspn(p, "0123456789");

	e->sign = *arg == '+' || *arg == '-' ? *arg : '=';
	if (n == 0 || (rest == nullptr && p[n] != '\0'))
		err_fatal("invalid argument '%s' to '%s'", arg, e->text);
	e->number = strtoll(p, nullptr, 10);
	if (rest != nullptr)
		*rest = p + n;
}

static void number_setup(struct find *f, struct expr *e, char **args)
{
	(void)f;
	number_set(e, args[0], nullptr);
}

static void text_setup(struct find *f, struct expr *e, char **args)
{
	(void)f;
	e->text = args[0];
}

/* The last part of the path, without trailing slashes. */
static bool test_name(struct find *f, struct expr *e)
{
	char *base = path_base(f->entry->path);
	bool r = fnmatch(e->text, base, e->which == 'i' ? FNM_CASEFOLD : 0) == 0;

	mem_free(base);
	return r;
}

static bool test_path(struct find *f, struct expr *e)
{
	return fnmatch(e->text, f->entry->path, e->which == 'i' ? FNM_CASEFOLD : 0) == 0;
}

static bool test_lname(struct find *f, struct expr *e)
{
	char target[4097];

	if (!S_ISLNK(f->entry->st.st_mode))
		return false;
	ssize_t n = readlinkat(f->entry->dirfd, f->entry->name, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return fnmatch(e->text, target, e->which == 'i' ? FNM_CASEFOLD : 0) == 0;
}

static const char *regex_type = "findutils-default";

static void regextype_setup(struct find *f, struct expr *e, char **args)
{
	(void)f;
	(void)e;
	regex_type = args[0];
}

static void regex_setup(struct find *f, struct expr *e, char **args)
{
	bool extended = strstr(regex_type, "extended") != nullptr ||
			strstr(regex_type, "egrep") != nullptr ||
			strstr(regex_type, "awk") != nullptr;
	const char *error, *p = args[0];
	struct text t = {};

	(void)f;
	/* The default is that of Emacs: basic syntax in which + and ? need no backslash. */
	bool emacs = !extended && (strstr(regex_type, "emacs") || strstr(regex_type, "default"));
	text_add_string(&t, "");
	for (; *p != '\0'; p++) {
		if (emacs && (*p == '+' || *p == '?'))
			text_add_char(&t, '\\');
		text_add_char(&t, *p);
		if (*p == '\\' && p[1] != '\0')
			text_add_char(&t, *++p);
	}
	e->regex = regex_create(t.bytes, t.len,
				(extended ? REGEX_EXTENDED : 0) |
					(e->which == 'i' ? REGEX_ICASE : 0) | REGEX_WHOLE_LINE,
				&error);
	if (e->regex == nullptr)
		err_fatal("%s", error);
}

static bool test_regex(struct find *f, struct expr *e)
{
	return regex_match(e->regex, f->entry->path, strlen(f->entry->path), 0, nullptr, 0);
}

static bool test_true(struct find *f, struct expr *e)
{
	(void)f;
	return e->which != 'f';
}

static char type_letter(mode_t mode)
{
	char text[11];

	mode_string(mode, text);
	return text[0] == '-' ? 'f' : text[0];
}

static void type_setup(struct find *f, struct expr *e, char **args)
{
	(void)f;
	e->text = args[0];
	for (const char *p = args[0];; p += 2) {
		if (*p == '\0' || strchr("bcdflpsD", *p) == nullptr)
			err_fatal("Unknown argument to -type: %s", args[0]);
		if (p[1] == '\0')
			return;
		if (p[1] != ',')
			err_fatal("Must separate multiple arguments to -type using: ','");
	}
}

static bool test_type(struct find *f, struct expr *e)
{
	mode_t mode = f->entry->st.st_mode;
	struct stat st;

	if (e->which == 'x') { /* of what a link points to */
		int flags = f->tree_flags & TREE_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
		if (fstatat(f->entry->dirfd, f->entry->name, &st, flags) == 0)
			mode = st.st_mode;
	}
	return strchr(e->text, type_letter(mode)) != nullptr;
}

static void size_setup(struct find *f, struct expr *e, char **args)
{
	static const char letters[] = "bcwkMG";
	static const uint64_t units[] = { 512, 1, 2, 1024, 1 << 20, 1 << 30 };
	const char *rest;

	(void)f;
	number_set(e, args[0], &rest);
	const char *at = *rest == '\0' ? letters : strchr(letters, *rest);
	if (at == nullptr || (*rest != '\0' && rest[1] != '\0'))
		err_fatal("invalid -size type '%s'", rest);
	e->unit = units[at - letters];
}

static bool test_size(struct find *f, struct expr *e)
{
	return compare(e, (int64_t)(((uint64_t)f->entry->st.st_size + e->unit - 1) / e->unit));
}

static bool test_empty(struct find *f, struct expr *e)
{
	const struct tree_entry *t = f->entry;

	(void)e;
	if (S_ISREG(t->st.st_mode))
		return t->st.st_size == 0;
	if (!S_ISDIR(t->st.st_mode))
		return false;
	int fd = openat(t->dirfd, t->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? nullptr : fdopendir(fd);
	if (d == nullptr)
		return false;
	bool empty = true;
	for (struct dirent *n; empty && (n = readdir(d)) != nullptr;)
		empty = strcmp(n->d_name, ".") == 0 || strcmp(n->d_name, "..") == 0;
	closedir(d);
	return empty;
}

static void perm_setup(struct find *f, struct expr *e, char **args)
{
	const char *p = args[0];

	(void)f;
	e->sign = *p == '-' || *p == '/' ? *p++ : '=';
	const struct mode_change *m = mode_parse(p, 0);
	if (m == nullptr)
		err_fatal("invalid mode '%s'", args[0]);
	e->mode = mode_apply(m, 0, false);
}

static bool test_perm(struct find *f, struct expr *e)
{
	mode_t mode = f->entry->st.st_mode & 07777;

	return e->sign == '-'   ? (mode & e->mode) == e->mode
	       : e->sign == '/' ? e->mode == 0 || (mode & e->mode) != 0
				: mode == e->mode;
}

static bool test_number(struct find *f, struct expr *e)
{
	const struct stat *st = &f->entry->st;

	return compare(e, e->which == 'l'   ? (int64_t)st->st_nlink
			  : e->which == 'i' ? (int64_t)st->st_ino
			  : e->which == 'u' ? (int64_t)st->st_uid
					    : (int64_t)st->st_gid);
}

static void user_setup(struct find *f, struct expr *e, char **args)
{
	uid_t id = 0;
	gid_t group = 0;
	bool ok = e->which == 'u' ? user_find(args[0], &id) : group_find(args[0], &group);

	(void)f;
	if (!ok)
		err_fatal("'%s' is not the name of a known %s", args[0],
			  e->which == 'u' ? "user" : "group");
	e->sign = '=';
	e->number = e->which == 'u' ? (int64_t)id : (int64_t)group;
}

static bool test_nobody(struct find *f, struct expr *e)
{
	const char *name =
		e->which == 'u' ? user_name(f->entry->st.st_uid) : group_name(f->entry->st.st_gid);
	uint64_t n;

	return num_parse(name, &n) == NUM_OK;
}

static const struct timespec *entry_time(const struct stat *st, char which)
{
	return which == 'a' ? &st->st_atim : which == 'c' ? &st->st_ctim : &st->st_mtim;
}

static bool test_age(struct find *f, struct expr *e)
{
	const struct timespec *t = entry_time(&f->entry->st, e->which);
	time_t now = f->now.tv_sec;

	if (f->day_start) {
		struct tm tm;
		localtime_r(&now, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		now = mktime(&tm) + (e->other == 'd' ? 86400 : 0);
	}
	int64_t age = (int64_t)now - (int64_t)t->tv_sec, unit = e->other == 'd' ? 86400 : 60;
	age -= t->tv_nsec > f->now.tv_nsec && !f->day_start;
	if (e->other == 'm') /* minutes compare exactly: -mmin -1 is less than 60 seconds */
		return e->sign == '+' ? age > e->number * 60
				      : e->sign == '-'
			       ? age<e->number * 60 : age>(e->number - 1) * 60 &&
					 age <= e->number * 60;
	return compare(e, age >= 0 ? age / unit : -((-age + unit - 1) / unit));
}

static void newer_setup(struct find *f, struct expr *e, char **args)
{
	struct stat st;

	(void)f;
	if (stat(args[0], &st) != 0)
		err_fatal_errno("'%s'", args[0]);
	e->time = st.st_mtim;
}

/* -newerXY: times a, c, m (or B) of the file against those of a reference, or t: a date. */
static void newer_xy_setup(struct find *f, struct expr *e, char **args)
{
	const char *xy = e->text + strlen("-newer");
	struct stat st;

	e->which = xy[0];
	if (xy[1] == 't') {
		if (!date_parse(args[0], f->now, &e->time))
			err_fatal("I cannot figure out how to interpret '%s' as a date or time",
				  args[0]);
		return;
	}
	if (stat(args[0], &st) != 0)
		err_fatal_errno("'%s'", args[0]);
	e->time = *entry_time(&st, xy[1]);
}

static bool test_newer(struct find *f, struct expr *e)
{
	const struct timespec *t = entry_time(&f->entry->st, e->which);

	return t->tv_sec != e->time.tv_sec ? t->tv_sec > e->time.tv_sec
					   : t->tv_nsec > e->time.tv_nsec;
}

static void same_setup(struct find *f, struct expr *e, char **args)
{
	if ((f->tree_flags ? stat(args[0], &e->st) : lstat(args[0], &e->st)) != 0)
		err_fatal_errno("'%s'", args[0]);
}

static bool test_same(struct find *f, struct expr *e)
{
	return f->entry->st.st_ino == e->st.st_ino && f->entry->st.st_dev == e->st.st_dev;
}

static bool test_access(struct find *f, struct expr *e)
{
	int how = e->which == 'r' ? R_OK : e->which == 'w' ? W_OK : X_OK;

	return faccessat(f->entry->dirfd, f->entry->name, how, 0) == 0;
}

static void option_setup(struct find *f, struct expr *e, char **args)
{
	if (e->which == 'M' || e->which == 'm') {
		int depth = (int)num_get(args[0], 0, INT_MAX, "depth");
		*(e->which == 'M' ? &f->max_depth : &f->min_depth) = depth;
	}
	f->depth_first |= e->which == 'd';
	f->one_device |= e->which == 'x';
	f->day_start |= e->which == 's';
	f->ignore_races |= e->which == 'r';
	if (e->which == 'L')
		f->tree_flags = TREE_FOLLOW;
}

/* Files of -fprint and the like; one name is opened once. */
static struct out *file_out(const char *name)
{
	if (strcmp(name, "/dev/stdout") == 0)
		return &out_std;
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err_fatal_errno("'%s'", name);
	struct out *o = mem_alloc(sizeof *o);
	out_open(o, fd, name);
	o->size = 1; /* written at once: the walk may end anywhere */
	return o;
}

static void file_setup(struct find *f, struct expr *e, char **args)
{
	(void)f;
	e->out = e->which == 'f' ? file_out(args[0]) : &out_std;
	e->text = e->which == 'f' ? args[1] : args[0];
}

static bool act_print(struct find *f, struct expr *e)
{
	struct out *o = e->out != nullptr ? e->out : &out_std;

	out_write(o, f->entry->path, strlen(f->entry->path));
	out_char(o, e->other == '0' ? '\0' : '\n');
	if (o != &out_std)
		out_flush(o);
	return true;
}

static bool act_printf(struct find *f, struct expr *e)
{
	format_put(f, e->out, e->text);
	if (e->out != &out_std)
		out_flush(e->out);
	return true;
}

static bool act_ls(struct find *f, struct expr *e)
{
	listing_put(f, e->out != nullptr ? e->out : &out_std);
	return true;
}

static bool act_prune(struct find *f, struct expr *e)
{
	(void)e;
	f->prune = true;
	return true;
}

static bool act_quit(struct find *f, struct expr *e)
{
	(void)e;
	f->quit = true;
	return true;
}

static void delete_setup(struct find *f, struct expr *e, char **args)
{
	(void)e;
	(void)args;
	f->depth_first = true;
}

static bool act_delete(struct find *f, struct expr *e)
{
	const struct tree_entry *t = f->entry;

	(void)e;
	if (strcmp(t->path, ".") == 0)
		return true;
	if (unlinkat(t->dirfd, t->name, S_ISDIR(t->st.st_mode) ? AT_REMOVEDIR : 0) == 0)
		return true;
	err_warn_errno("cannot delete '%s'", t->path);
	f->status = 1;
	return false;
}

/* Runs a command in `dir` (nullptr: here); true if it succeeded. */
static bool command_run(struct find *f, char **argv, const char *dir)
{
	int status;

	put_flush();
	pid_t pid = fork();
	if (pid == 0) {
		if (dir != nullptr && chdir(dir) != 0)
			_exit(126);
		execvp(argv[0], argv);
		err_warn_errno("'%s'", argv[0]);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (pid < 0)
		err_fatal_errno("cannot fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)f;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Room for arguments that every system grants, beside the environment. */
constexpr size_t BATCH_BYTES = 128 * 1024;

void exec_flush(struct find *f, struct expr *e)
{
	if (e->name_count == 0)
		return;
	char **argv = mem_alloc(((size_t)e->word_count + e->name_count + 1) * sizeof *argv);
	int n = 0;
	for (int i = 0; i < e->word_count - 1; i++)
		argv[n++] = e->words[i];
	for (char *p = e->names.bytes; p < e->names.bytes + e->names.len; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = nullptr;
	if (!command_run(f, argv, e->batch_dir))
		f->status = 1;
	mem_free(argv);
	mem_free(e->batch_dir);
	e->batch_dir = nullptr;
	e->names.len = 0;
	e->name_count = 0;
}

/* exec: the path, from here; execdir: ./name, from its directory. */
static char *exec_name(const struct find *f, const struct expr *e)
{
	if (e->which != 'd')
		return mem_dup(f->entry->path);
	char *base = path_base(f->entry->path);
	char *name = base[0] == '/' ? mem_dup(base) : mem_format("./%s", base);
	mem_free(base);
	return name;
}

static void exec_setup(struct find *f, struct expr *e, char **args)
{
	e->words = args;
	if (e->word_count == 0)
		err_fatal("missing argument to '%s'", e->text);
	e->sign = strcmp(args[e->word_count], "+") == 0 ? '+' : ';';
	if (e->sign == '+') {
		e->next_batch = f->batches;
		f->batches = e;
	}
}

static char *braces_replace(const char *word, const char *name)
{
	struct text t = {};

	text_add_string(&t, "");
	for (const char *p = word; *p != '\0';) {
		if (p[0] == '{' && p[1] == '}') {
			text_add_string(&t, name);
			p += 2;
		} else {
			text_add_char(&t, *p++);
		}
	}
	return t.bytes;
}

static bool act_exec(struct find *f, struct expr *e)
{
	char *name = exec_name(f, e);
	char *dir = e->which == 'd' ? path_dir(f->entry->path) : nullptr;

	if (e->sign == '+') {
		if (e->batch_dir != nullptr && dir != nullptr && strcmp(e->batch_dir, dir) != 0)
			exec_flush(f, e);
		if (dir != nullptr && e->batch_dir == nullptr)
			e->batch_dir = mem_dup(dir);
		text_add(&e->names, name, strlen(name) + 1);
		e->name_count++;
		if (e->names.len + e->name_count * sizeof(char *) > BATCH_BYTES)
			exec_flush(f, e);
		mem_free(name);
		mem_free(dir);
		return true;
	}
	char **argv = mem_alloc(((size_t)e->word_count + 1) * sizeof *argv);
	for (int i = 0; i < e->word_count; i++)
		argv[i] = braces_replace(e->words[i], name);
	argv[e->word_count] = nullptr;
	bool ok = true;
	if (e->other == 'o') {
		struct text line = {};
		for (int i = 0; i < e->word_count; i++)
			text_format(&line, "%s ", argv[i]);
		put_flush();
		dprintf(STDERR_FILENO, "< %s... %s > ? ", argv[0], f->entry->path);
		char c, first = 0;
		while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
			first = first == 0 ? c : first;
		ok = first == 'y' || first == 'Y';
		mem_free(line.bytes);
	}
	ok = ok && command_run(f, argv, dir);
	for (int i = 0; i < e->word_count; i++)
		mem_free(argv[i]);
	mem_free(argv);
	mem_free(name);
	mem_free(dir);
	return ok;
}

static const struct primary primaries[] = {
	{ "-name", 1, test_name, text_setup, false, 0, 0 },
	{ "-iname", 1, test_name, text_setup, false, 'i', 0 },
	{ "-path", 1, test_path, text_setup, false, 0, 0 },
	{ "-wholename", 1, test_path, text_setup, false, 0, 0 },
	{ "-ipath", 1, test_path, text_setup, false, 'i', 0 },
	{ "-iwholename", 1, test_path, text_setup, false, 'i', 0 },
	{ "-lname", 1, test_lname, text_setup, false, 0, 0 },
	{ "-ilname", 1, test_lname, text_setup, false, 'i', 0 },
	{ "-regex", 1, test_regex, regex_setup, false, 0, 0 },
	{ "-iregex", 1, test_regex, regex_setup, false, 'i', 0 },
	{ "-regextype", 1, test_true, regextype_setup, false, 0, 0 },
	{ "-true", 0, test_true, nullptr, false, 0, 0 },
	{ "-false", 0, test_true, nullptr, false, 'f', 0 },
	{ "-type", 1, test_type, type_setup, false, 0, 0 },
	{ "-xtype", 1, test_type, type_setup, false, 'x', 0 },
	{ "-size", 1, test_size, size_setup, false, 0, 0 },
	{ "-empty", 0, test_empty, nullptr, false, 0, 0 },
	{ "-perm", 1, test_perm, perm_setup, false, 0, 0 },
	{ "-links", 1, test_number, number_setup, false, 'l', 0 },
	{ "-inum", 1, test_number, number_setup, false, 'i', 0 },
	{ "-uid", 1, test_number, number_setup, false, 'u', 0 },
	{ "-gid", 1, test_number, number_setup, false, 'g', 0 },
	{ "-user", 1, test_number, user_setup, false, 'u', 0 },
	{ "-group", 1, test_number, user_setup, false, 'g', 0 },
	{ "-nouser", 0, test_nobody, nullptr, false, 'u', 0 },
	{ "-nogroup", 0, test_nobody, nullptr, false, 'g', 0 },
	{ "-mtime", 1, test_age, number_setup, false, 'm', 'd' },
	{ "-atime", 1, test_age, number_setup, false, 'a', 'd' },
	{ "-ctime", 1, test_age, number_setup, false, 'c', 'd' },
	{ "-mmin", 1, test_age, number_setup, false, 'm', 'm' },
	{ "-amin", 1, test_age, number_setup, false, 'a', 'm' },
	{ "-cmin", 1, test_age, number_setup, false, 'c', 'm' },
	{ "-newer", 1, test_newer, newer_setup, false, 'm', 0 },
	{ "-anewer", 1, test_newer, newer_setup, false, 'a', 0 },
	{ "-cnewer", 1, test_newer, newer_setup, false, 'c', 0 },
	{ "-samefile", 1, test_same, same_setup, false, 0, 0 },
	{ "-readable", 0, test_access, nullptr, false, 'r', 0 },
	{ "-writable", 0, test_access, nullptr, false, 'w', 0 },
	{ "-executable", 0, test_access, nullptr, false, 'x', 0 },
	{ "-maxdepth", 1, test_true, option_setup, false, 'M', 0 },
	{ "-mindepth", 1, test_true, option_setup, false, 'm', 0 },
	{ "-depth", 0, test_true, option_setup, false, 'd', 0 },
	{ "-d", 0, test_true, option_setup, false, 'd', 0 },
	{ "-xdev", 0, test_true, option_setup, false, 'x', 0 },
	{ "-mount", 0, test_true, option_setup, false, 'x', 0 },
	{ "-daystart", 0, test_true, option_setup, false, 's', 0 },
	{ "-follow", 0, test_true, option_setup, false, 'L', 0 },
	{ "-ignore_readdir_race", 0, test_true, option_setup, false, 'r', 0 },
	{ "-noleaf", 0, test_true, nullptr, false, 0, 0 },
	{ "-warn", 0, test_true, nullptr, false, 0, 0 },
	{ "-nowarn", 0, test_true, nullptr, false, 0, 0 },
	{ "-print", 0, act_print, nullptr, true, 0, 0 },
	{ "-print0", 0, act_print, nullptr, true, 0, '0' },
	{ "-printf", 1, act_printf, file_setup, true, 0, 0 },
	{ "-fprint", 1, act_print, file_setup, true, 'f', 0 },
	{ "-fprint0", 1, act_print, file_setup, true, 'f', '0' },
	{ "-fprintf", 2, act_printf, file_setup, true, 'f', 0 },
	{ "-ls", 0, act_ls, nullptr, true, 0, 0 },
	{ "-fls", 1, act_ls, file_setup, true, 'f', 0 },
	{ "-prune", 0, act_prune, nullptr, false, 0, 0 },
	{ "-quit", 0, act_quit, nullptr, true, 0, 0 },
	{ "-delete", 0, act_delete, delete_setup, true, 0, 0 },
	{ "-exec", -1, act_exec, exec_setup, true, 0, 0 },
	{ "-execdir", -1, act_exec, exec_setup, true, 'd', 0 },
	{ "-ok", -1, act_exec, exec_setup, true, 0, 'o' },
	{ "-okdir", -1, act_exec, exec_setup, true, 'd', 'o' },
};

const struct primary *primary_find(const char *name)
{
	static const struct primary newer_xy = { "-newerXY", 1, test_newer, newer_xy_setup,
						 false,      0, 0 };

	for (size_t i = 0; i < sizeof primaries / sizeof *primaries; i++) {
		if (strcmp(primaries[i].name, name) == 0)
			return &primaries[i];
	}
	if (strncmp(name, "-newer", 6) == 0 && strlen(name) == 8 &&
	    strchr("acm", name[6]) != nullptr && strchr("acmt", name[7]) != nullptr)
		return &newer_xy;
	return nullptr;
}
