/* SPDX-License-Identifier: MPL-2.0 */
/* Tab: commands, files, variables, options, jobs. */
#include "apps/applet/applet.h"
#include "apps/sh/builtin.h"
#include "apps/sh/chars.h"
#include "apps/sh/edit.h"
#include "apps/sh/expand.h"
#include "apps/sh/job.h"
#include "apps/sh/mem.h"
#include "apps/sh/pattern.h"
#include "apps/sh/term.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands at the cursor. */
struct place {
	size_t start; /* of the word, in the line */
	char *word;   /* as the shell would read it, quotes removed */
	char quote;   /* the open quote, or 0 */
	bool command; /* a command's name is wanted */
	char *name;   /* else the command it is an argument of */
};

struct list {
	struct fields f;
	const char *prefix;
	size_t len;
	bool plain; /* no quoting, no blank after: options with =, variables */
};

static void offer(struct list *l, const char *s)
{
	if (strncmp(s, l->prefix, l->len) == 0)
		fields_add(&l->f, arena_strndup(&scratch, s, strlen(s)));
}

/* Reads the line up to the cursor much as the lexer would. */
static void place_find(const struct editor *e, struct place *p)
{
	struct buf word = {}, first = {};
	bool want_command = true, in_word = false;

	*p = (struct place){ .start = e->at };
	for (size_t i = 0; i < e->at; i++) {
		char c = e->text[i];
		bool separates = p->quote == 0 && strchr(" \t\n;|&()<>", c) != nullptr;
		if (separates) {
			if (in_word && want_command && strchr(buf_str(&word), '=') == nullptr) {
				first = word;
				want_command = false;
			}
			if (strchr(";|&(\n", c) != nullptr)
				want_command = true;
			in_word = false;
			word = (struct buf){};
			continue;
		}
		if (!in_word)
			p->start = i;
		in_word = true;
		if (p->quote == 0 && (c == '"' || c == '\''))
			p->quote = c;
		else if (c == p->quote)
			p->quote = 0;
		else if (c == '\\' && p->quote != '\'' && i + 1 < e->at)
			buf_byte(&word, e->text[++i]);
		else
			buf_byte(&word, c);
	}
	if (!in_word)
		p->start = e->at;
	p->word = buf_str(&word);
	p->command = want_command;
	p->name = buf_str(&first);
}

/* -- sources of candidates -- */

static void offer_symbol(struct sym *s, void *arg)
{
	struct list *l = arg;

	if (s->func != nullptr || s->alias != nullptr)
		offer(l, s->name);
}

static void offer_directory(struct list *l, const char *dir, size_t len)
{
	char *name = arena_strndup(&scratch, dir, len);
	const struct dirent *d;
	DIR *open = opendir(len > 0 ? name : ".");

	while (open != nullptr && (d = readdir(open)) != nullptr) {
		if (strncmp(d->d_name, l->prefix, l->len) != 0 || d->d_name[0] == '.')
			continue;
		char *path = arena_printf(&scratch, "%s/%s", name, d->d_name);
		if (access(path, X_OK) == 0)
			offer(l, d->d_name);
	}
	if (open != nullptr)
		closedir(open);
}

static void offer_commands(struct list *l)
{
	static const char *const keywords[] = { "case", "do",   "done",  "elif",  "else",
						"esac", "fi",   "for",   "if",    "select",
						"then", "time", "until", "while", "function" };
	const struct builtin *b;
	const struct applet *a;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		offer(l, keywords[i]);
	for (size_t i = 0; (b = builtin_at(i)) != nullptr; i++)
		offer(l, b->name);
	for (unsigned i = 0; (a = applet_at(i)) != nullptr; i++)
		offer(l, a->name);
	sym_each(offer_symbol, l);
	for (const char *p = var_value(sym_path); p != nullptr && *p != '\0';) {
		size_t n = strcspn(p, ":");
		offer_directory(l, p, n);
		p += n + (p[n] == ':');
	}
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *tilde(const char *dir)
{
	const char *home = var_value(sym_home);

	if (dir[0] == '~' && dir[1] == '/' && home != nullptr)
		return arena_printf(&scratch, "%s%s", home, dir + 1);
	return dir;
}

static void offer_files(struct list *l, bool dirs_only, bool programs)
{
	const char *slash = strrchr(l->prefix, '/');
	size_t dir_len = slash != nullptr ? (size_t)(slash - l->prefix) + 1 : 0;
	const char *dir = arena_strndup(&scratch, l->prefix, dir_len), *real = tilde(dir);
	const char *base = l->prefix + dir_len;
	DIR *open = opendir(dir_len > 0 ? real : ".");
	const struct dirent *d;

	while (open != nullptr && (d = readdir(open)) != nullptr) {
		if (strncmp(d->d_name, base, strlen(base)) != 0 ||
		    (d->d_name[0] == '.' && base[0] != '.') || strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		char *path = arena_printf(&scratch, "%s%s", real, d->d_name);
		bool folder = is_dir(path);
		if ((dirs_only && !folder) || (programs && !folder && access(path, X_OK) != 0))
			continue;
		offer(l, arena_printf(&scratch, "%s%s%s", dir, d->d_name, folder ? "/" : ""));
	}
	if (open != nullptr)
		closedir(open);
}

static void offer_variable(struct sym *s, void *arg)
{
	if (var_is_set(s) && name_is_valid(s->name, strlen(s->name)))
		offer(arg, s->name);
}

/* $name or ${name at the end of the word; true when that is what is typed. */
static bool offer_variables(struct list *l, struct place *p)
{
	const char *dollar = strrchr(p->word, '$');

	if (dollar == nullptr || p->quote == '\'')
		return false;
	const char *name = dollar + 1 + (dollar[1] == '{');
	if (name_length(name) != strlen(name))
		return false;
	l->prefix = name;
	l->len = strlen(name);
	l->plain = true;
	sym_each(offer_variable, l);
	return true;
}

static void offer_applet_options(struct list *l, const struct applet *a)
{
	for (const struct opt *o = a->opts; o != nullptr && o->id != 0; o++) {
		if (o->help == nullptr)
			continue;
		if (o->id > ' ' && o->id <= '~')
			offer(l, arena_printf(&scratch, "-%c", o->id));
		if (o->name != nullptr)
			offer(l, arena_printf(&scratch, "--%s%s", o->name,
					      o->arg != nullptr && o->arg[0] != '[' ? "=" : ""));
	}
	offer(l, "--help");
}

/* The letters in a built-in's usage: every -x and [-xyz] there. */
static void offer_builtin_options(struct list *l, const struct builtin *b)
{
	for (const char *s = b->usage; *s != '\0' && !(*s == '|' && isupper((unsigned char)s[1]));
	     s++) {
		if (*s != '-' || (s > b->usage && isalnum((unsigned char)s[-1])))
			continue;
		for (s++; isalpha((unsigned char)*s); s++)
			offer(l, arena_printf(&scratch, "-%c", *s));
		s--;
	}
}

static void offer_options(struct list *l, const char *command)
{
	const struct builtin *b = builtin_find(command, strlen(command));
	const struct applet *a = applet_find(command);

	if (b != nullptr)
		offer_builtin_options(l, b);
	else if (a != nullptr)
		offer_applet_options(l, a);
}

static void offer_jobs(struct list *l)
{
	for (const struct job *j = job_list; j != nullptr; j = j->next)
		if (j->id != 0) {
			offer(l, arena_printf(&scratch, "%%%d", j->id));
			if (j->text != nullptr)
				offer(l, arena_printf(&scratch, "%%%.*s",
						      (int)strcspn(j->text, " "), j->text));
		}
}

static void collect(struct list *l, struct place *p)
{
	if (offer_variables(l, p))
		return;
	if (p->command && strchr(p->word, '/') == nullptr)
		offer_commands(l);
	else if (p->word[0] == '-')
		offer_options(l, p->name);
	else if (p->word[0] == '%')
		offer_jobs(l);
	else
		offer_files(l, strcmp(p->name, "cd") == 0 || strcmp(p->name, "rmdir") == 0,
			    p->command);
}

/* -- what becomes of them -- */

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct fields *f)
{
	int n = 0;

	if (f->n == 0)
		return;
	qsort(f->v, (size_t)f->n, sizeof(char *), name_compare);
	for (int i = 1; i < f->n; i++)
		if (strcmp(f->v[i], f->v[n]) != 0)
			f->v[++n] = f->v[i];
	f->n = n + 1;
}

static size_t common_length(const struct fields *f)
{
	size_t n = strlen(f->v[0]);

	for (int i = 1; i < f->n; i++) {
		size_t k = 0;
		while (k < n && f->v[i][k] == f->v[0][k])
			k++;
		n = k;
	}
	/* Not into the middle of a character. */
	while (n > 0 && (f->v[0][n] & 0xC0) == 0x80)
		n--;
	return n;
}

static void show_list(struct editor *e, const struct fields *f)
{
	int width = 1, columns = term_columns();

	for (int i = 0; i < f->n; i++) {
		int n = (int)char_count(f->v[i], strlen(f->v[i])) + 2;
		width = n > width ? n : width;
	}
	int across = columns / width > 0 ? columns / width : 1;
	int rows = (f->n + across - 1) / across;
	struct buf b = {};
	buf_puts(&b, "\r\n");
	for (int r = 0; r < rows; r++) {
		for (int i = r; i < f->n; i += rows) {
			const char *s = f->v[i];
			size_t len = strlen(s);
			/* Only the last part of a path tells them apart. */
			const char *slash = len > 1 ? memrchr(s, '/', len - 1) : nullptr;
			const char *shown = slash != nullptr ? slash + 1 : s;
			buf_printf(&b, "%-*s", i + rows < f->n ? width : 0, shown);
		}
		buf_puts(&b, "\r\n");
	}
	size_t at = e->at;
	e->at = e->len;
	edit_refresh(e);
	term_write(b.p, b.len);
	e->row = 0;
	e->at = at;
}

static void add_quoted(struct buf *b, const char *s, size_t n, char quote, bool plain)
{
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool special = strchr(" \t\n\\'\"`$&|;<>()*?[#~!{}", c) != nullptr &&
			       !(i == 0 && c == '~');
		if (plain)
			special = false;
		else if (quote == '"')
			special = strchr("\"\\$`", c) != nullptr;
		else if (quote == '\'')
			special = false;
		if (special)
			buf_byte(b, '\\');
		buf_byte(b, c);
	}
}

static void insert(struct editor *e, struct place *p, struct list *l, size_t n, bool unique)
{
	struct buf b = {};
	const char *s = l->f.v[0];

	if (l->plain) {
		add_quoted(&b, s + l->len, n - l->len, 0, true);
	} else {
		if (p->quote != 0)
			buf_byte(&b, p->quote);
		add_quoted(&b, s, n, p->quote, s[0] == '-' || s[0] == '%');
		edit_delete(e, p->start, e->at, false);
	}
	if (unique) {
		char last = s[strlen(s) - 1];
		if (p->quote != 0 && last != '/' && !l->plain)
			buf_byte(&b, p->quote);
		const char *dollar = strrchr(p->word, '$');
		if (l->plain && dollar != nullptr && dollar[1] == '{')
			buf_byte(&b, '}');
		else if (last != '/' && last != '=' && !l->plain)
			buf_byte(&b, ' ');
	}
	if (b.len > 0)
		edit_insert(e, b.p, b.len);
}

void complete_key(struct editor *e, bool again)
{
	struct place p;
	struct list l = {};

	place_find(e, &p);
	l.prefix = p.word;
	l.len = strlen(p.word);
	collect(&l, &p);
	sort_unique(&l.f);
	if (l.f.n == 0) {
		edit_bell();
		return;
	}
	size_t n = common_length(&l.f);
	if (l.f.n == 1 || n > l.len)
		insert(e, &p, &l, n, l.f.n == 1);
	else if (again)
		show_list(e, &l.f);
	else
		edit_bell();
}
