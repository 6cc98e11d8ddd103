/* SPDX-License-Identifier: MPL-2.0 */
/* Path names, modes, users and groups. */
#include "apps/applet/path.h"
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/out.h"

char *path_base(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	size_t from = n;
	while (from > 0 && path[from - 1] != '/')
		from--;
	return n == 1 && path[0] == '/' ? mem_dup("/") : mem_dup_bytes(path + from, n - from);
}

char *path_dir(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n == 0)
		return mem_dup(".");
	while (n > 1 && path[n - 1] == '/')
		n--;
	return mem_dup_bytes(path, n);
}

bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_is_dot(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || path[n - 1] != '.')
		return false;
	n--;
	if (n > 0 && path[n - 1] == '.')
		n--;
	return n == 0 || path[n - 1] == '/';
}

/* One clause such as go-w, or an absolute mode. */
struct clause {
	mode_t who;        /* the bits that may change */
	char op;           /* + - = */
	mode_t bits;       /* the same for all classes: masked by who */
	bool exec_if_any;  /* X */
	char copy;         /* u, g or o: the bits of that class */
	bool keep_dir_ids; /* an octal mode of few digits keeps setuid and setgid of directories */
};

struct mode_change {
	struct clause *clauses;
	size_t count, capacity;
};

static void clause_add(struct mode_change *m, struct clause c)
{
	m->clauses = mem_room(m->clauses, m->count, &m->capacity, sizeof *m->clauses);
	m->clauses[m->count++] = c;
}

static const char *action_parse(struct mode_change *m, const char *p, mode_t who, mode_t mask)
{
	struct clause c = { .op = *p++ };
	mode_t all = who != 0 ? who : 07777;

	c.who = all & (who != 0 ? 07777 : ~mask);
	if (who == 0)
		c.who |= 06000;
	if (*p == 'u' || *p == 'g' || *p == 'o') {
		c.copy = *p++;
	} else {
		for (; *p != '\0' && strchr("rwxXst", *p) != nullptr; p++) {
			c.bits |= *p == 'r' ? 0444 : *p == 'w' ? 0222 : *p == 'x' ? 0111 : 0;
			c.bits |= *p == 's' ? 06000 : *p == 't' ? 01000 : 0;
			c.exec_if_any |= *p == 'X';
		}
	}
	clause_add(m, c);
	return p;
}

static bool octal_parse(struct mode_change *m, const char *p)
{
	struct clause c = { .who = 07777, .op = '=' };
	size_t n = strspn(p, "01234567");

	if (p[n] != '\0')
		return false;
	for (size_t i = 0; i < n; i++) {
		c.bits = c.bits * 8 + (mode_t)(p[i] - '0');
		if (c.bits > 07777)
			return false;
	}
	c.keep_dir_ids = n < 5;
	clause_add(m, c);
	return true;
}

struct mode_change *mode_parse(const char *p, mode_t mask)
{
	struct mode_change *m = mem_zero(1, sizeof *m);

	if (*p >= '0' && *p <= '7')
		return octal_parse(m, p) ? m : nullptr;
	for (;;) {
		mode_t who = 0;
		for (; *p != '\0' && strchr("ugoa", *p) != nullptr; p++)
			who |= *p == 'u' ? 04700 : *p == 'g' ? 02070 : *p == 'o' ? 01007 : 07777;
		if (*p != '+' && *p != '-' && *p != '=')
			return nullptr;
		while (*p == '+' || *p == '-' || *p == '=')
			p = action_parse(m, p, who, mask);
		if (*p == '\0')
			return m;
		if (*p++ != ',')
			return nullptr;
	}
}

mode_t mode_apply(const struct mode_change *m, mode_t old, bool is_dir)
{
	mode_t mode = old & 07777;

	for (size_t i = 0; i < m->count; i++) {
		const struct clause *c = &m->clauses[i];
		mode_t bits = c->bits;
		if (c->copy != 0) {
			mode_t from = c->copy == 'u'   ? mode >> 6
				      : c->copy == 'g' ? mode >> 3
						       : mode;
			bits = (from & 7) * 0111;
		}
		if (c->exec_if_any && (is_dir || (mode & 0111)))
			bits |= 0111;
		bits &= c->who;
		/* Of directories, only an explicit mention clears setuid and setgid. */
		mode_t keep = is_dir && c->op == '=' && (c->keep_dir_ids || (c->bits & 06000) == 0)
				      ? mode & 06000
				      : 0;
		if (c->op == '+')
			mode |= bits;
		else if (c->op == '-')
			mode &= ~bits;
		else
			mode = (mode & ~c->who) | bits | keep;
	}
	return mode;
}

void mode_string(mode_t mode, char text[static 11])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = S_ISDIR(mode)    ? 'd'
		  : S_ISLNK(mode)  ? 'l'
		  : S_ISCHR(mode)  ? 'c'
		  : S_ISBLK(mode)  ? 'b'
		  : S_ISFIFO(mode) ? 'p'
		  : S_ISSOCK(mode) ? 's'
		  : S_ISREG(mode)  ? '-'
				   : '?';
	for (int i = 0; i < 9; i++)
		text[i + 1] = mode & (0400u >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		text[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & 0010 ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & 0001 ? 't' : 'T';
	text[10] = '\0';
}

/* The last name looked up; listings repeat the same few. */
static struct name_cache {
	bool known;
	unsigned id;
	char name[64];
} last_user, last_group;

const char *user_name(uid_t id)
{
	if (last_user.known && last_user.id == id)
		return last_user.name;
	const struct passwd *p = getpwuid(id);
	last_user = (struct name_cache){ .known = true, .id = id };
	if (p != nullptr && strlen(p->pw_name) < sizeof last_user.name)
		strcpy(last_user.name, p->pw_name);
	else
		snprintf(last_user.name, sizeof last_user.name, "%u", (unsigned)id);
	return last_user.name;
}

const char *group_name(gid_t id)
{
	if (last_group.known && last_group.id == id)
		return last_group.name;
	const struct group *g = getgrgid(id);
	last_group = (struct name_cache){ .known = true, .id = id };
	if (g != nullptr && strlen(g->gr_name) < sizeof last_group.name)
		strcpy(last_group.name, g->gr_name);
	else
		snprintf(last_group.name, sizeof last_group.name, "%u", (unsigned)id);
	return last_group.name;
}

bool user_find(const char *name, uid_t *id)
{
	const struct passwd *p = getpwnam(name);
	uint64_t n;

	if (p != nullptr)
		*id = p->pw_uid;
	else if (num_parse(name, &n) == NUM_OK && n < UINT32_MAX)
		*id = (uid_t)n;
	else
		return false;
	return true;
}

bool group_find(const char *name, gid_t *id)
{
	const struct group *g = getgrnam(name);
	uint64_t n;

	if (g != nullptr)
		*id = g->gr_gid;
	else if (num_parse(name, &n) == NUM_OK && n < UINT32_MAX)
		*id = (gid_t)n;
	else
		return false;
	return true;
}

bool ask(const char *format, ...)
{
	va_list args;
	char first = 0, c;

	put_flush();
	dprintf(STDERR_FILENO, "%s: ", applet_name());
	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
	/* Byte by byte: what follows the answer belongs to the next question. */
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		first = first == 0 ? c : first;
	return first == 'y' || first == 'Y';
}
