/* SPDX-License-Identifier: MPL-2.0 */
/* read and mapfile. */
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/input.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/trap.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* -- bytes from a descriptor, never more than asked for -- */

struct reader {
	int fd;
	bool seekable; /* read ahead, and go back at the end */
	char buf[4096];
	size_t at, n;
	long long deadline_ms; /* -1: none */
	bool timed_out;
	bool failed;
};

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void reader_init(struct reader *r, int fd)
{
	r->fd = fd;
	r->seekable = lseek(fd, 0, SEEK_CUR) >= 0;
	r->at = r->n = 0;
	r->deadline_ms = -1;
	r->timed_out = r->failed = false;
}

static bool reader_wait(struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	long long left = r->deadline_ms - now_ms();

	if (r->deadline_ms < 0)
		return true;
	int n = poll(&p, 1, left > 0 ? (int)left : 0);
	r->timed_out = n == 0;
	return n != 0;
}

static bool reader_fill(struct reader *r)
{
	for (;;) {
		if (!reader_wait(r))
			return false;
		ssize_t n = read(r->fd, r->buf, r->seekable ? sizeof(r->buf) : 1);
		if (n > 0) {
			r->at = 0;
			r->n = (size_t)n;
			return true;
		}
		if (n == 0)
			return false;
		if (errno != EINTR) {
			r->failed = true;
			return false;
		}
		if (trap_pending || trap_interrupted)
			trap_run_pending();
		if (trap_interrupted)
			return false;
	}
}

static inline int reader_get(struct reader *r)
{
	if (r->at == r->n && !reader_fill(r))
		return -1;
	return (unsigned char)r->buf[r->at++];
}

static void reader_end(const struct reader *r)
{
	if (r->seekable && r->at < r->n)
		lseek(r->fd, -(off_t)(r->n - r->at), SEEK_CUR);
}

/* -- read -- */

struct read_options {
	bool raw, silent;
	int delim;
	long long count; /* characters at most, -1: no limit */
	bool exact;      /* -N: the delimiter does not end it */
	double timeout;  /* seconds, -1: none */
	int fd;
	const char *prompt, *array;
};

/*
 * A line as read, and which of its bytes were escaped by a backslash: those do not separate.
 */
struct line {
	struct buf text;
	struct buf escaped; /* as long as text: 1 for an escaped byte */
};

static void line_add(struct line *l, int c, bool escaped)
{
	buf_byte(&l->text, c);
	buf_byte(&l->escaped, escaped);
}

/* True when the delimiter (or the count) ended the line. */
static bool read_line(struct reader *r, const struct read_options *o, struct line *l)
{
	long long n = 0;

	while (o->count < 0 || n < o->count) {
		int c = reader_get(r);
		if (c < 0)
			return false;
		if (c == o->delim && !o->exact)
			return true;
		if (c == '\0')
			continue;
		if (c == '\\' && !o->raw) {
			c = reader_get(r);
			if (c < 0)
				return false;
			if (c == '\n')
				continue;
			line_add(l, c, true);
		} else {
			line_add(l, c, false);
		}
		/* Only the first byte of a character counts. */
		if (!sh.utf8 || (c & 0xC0) != 0x80)
			n++;
		if (n == o->count && sh.utf8 && c >= 0xC2)
			for (size_t left = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1; left > 0; left--)
				if ((c = reader_get(r)) >= 0)
					line_add(l, c, false);
	}
	return true;
}

static int sep_class(const struct line *l, size_t i)
{
	return l->escaped.p[i] ? 0 : ifs_class[(unsigned char)l->text.p[i]];
}

/* The next field; *i moves past it and the separator after it. */
static void next_field(const struct line *l, size_t *i, size_t *from, size_t *to)
{
	size_t n = l->text.len;

	while (*i < n && sep_class(l, *i) == 1)
		++*i;
	*from = *i;
	while (*i < n && sep_class(l, *i) == 0)
		++*i;
	*to = *i;
	while (*i < n && sep_class(l, *i) == 1)
		++*i;
	if (*i < n && sep_class(l, *i) == 2)
		++*i;
	while (*i < n && sep_class(l, *i) == 1)
		++*i;
}

/* The last variable gets the rest, without white space at its end. */
static void rest_field(const struct line *l, size_t i, size_t *from, size_t *to)
{
	size_t n = l->text.len, end;

	while (i < n && sep_class(l, i) == 1)
		i++;
	*from = i;
	*to = n;
	while (*to > i && sep_class(l, *to - 1) == 1)
		--*to;
	/* A single separator that only ends the last field goes too. */
	size_t probe = i, a, b;
	next_field(l, &probe, &a, &b);
	end = probe;
	if (end >= n)
		*to = b;
}

static void assign_fields(const struct line *l, int n, char **names)
{
	size_t i = 0, from, to;

	for (int v = 0; v < n; v++) {
		if (v < n - 1)
			next_field(l, &i, &from, &to);
		else
			rest_field(l, i, &from, &to);
		var_set(sym_intern(names[v], strlen(names[v])),
			l->text.len > 0 ? l->text.p + from : "", to - from);
	}
}

static void assign_array(const struct line *l, const char *name)
{
	struct sym *s = var_deref(sym_intern(name, strlen(name)));
	size_t i = 0, from, to;
	long long index = 0;

	var_check_writable(s);
	array_clear(var_array(s, false));
	while (i < l->text.len && sep_class(l, i) == 1)
		i++;
	while (i < l->text.len) {
		next_field(l, &i, &from, &to);
		var_set_element(s, index++, nullptr, l->text.p + from, to - from);
	}
}

static int parse_options(int argc, char **argv, struct read_options *o, int *at)
{
	struct flags f = {};
	int c;
	long long n;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "d:rp:t:" : "a:d:ei:n:N:p:rst:u:")) !=
	       0) {
		switch (c) {
		case 'r':
			o->raw = true;
			break;
		case 's':
			o->silent = true;
			break;
		case 'd':
			o->delim = (unsigned char)f.arg[0];
			break;
		case 'p':
			o->prompt = f.arg;
			break;
		case 'a':
			o->array = f.arg;
			break;
		case 't':
			o->timeout = atof(f.arg);
			break;
		case 'N':
		case 'n':
			if (!number_parse(f.arg, &o->count) || o->count < 0)
				return usage_error("read", f.arg, "not a count");
			o->exact = c == 'N';
			break;
		case 'u':
			if (!number_parse(f.arg, &n) || n < 0)
				return usage_error("read", f.arg, "not a descriptor");
			o->fd = (int)n;
			break;
		case '?':
			return 2;
		default:
			break;
		}
	}
	*at = f.at;
	return 0;
}

static bool terminal_prepare(const struct read_options *o, struct termios *before)
{
	if ((!o->silent && o->count < 0 && o->delim == '\n') || tcgetattr(o->fd, before) < 0)
		return false;
	struct termios t = *before;
	if (o->silent)
		t.c_lflag &= ~(tcflag_t)ECHO;
	if (o->count >= 0 || o->delim != '\n')
		t.c_lflag &= ~(tcflag_t)ICANON;
	tcsetattr(o->fd, TCSADRAIN, &t);
	return true;
}

static int read_status(const struct reader *r, bool ended)
{
	if (r->failed)
		return 2;
	return ended ? 0 : r->timed_out ? 142 : 1;
}

int bi_read(int argc, char **argv)
{
	struct read_options o = { .delim = '\n', .count = -1, .timeout = -1 };
	struct reader r;
	struct line l = {};
	struct termios before;
	int at = 0;
	static char *reply[] = { (char *)"REPLY", nullptr };

	if (parse_options(argc, argv, &o, &at) != 0)
		return 2;
	char **names = argv + at;
	int n = argc - at;
	for (int i = 0; i < n; i++)
		if (!name_is_valid(names[i], strlen(names[i])))
			return usage_error("read", names[i], "not a valid identifier");
	if (o.prompt != nullptr && isatty(o.fd))
		fputs(o.prompt, stderr);
	if (o.fd == STDIN_FILENO)
		source_sync();
	bool terminal = terminal_prepare(&o, &before);
	reader_init(&r, o.fd);
	if (o.timeout >= 0)
		r.deadline_ms = now_ms() + (long long)(o.timeout * 1000);
	bool ended = read_line(&r, &o, &l);
	reader_end(&r);
	if (terminal)
		tcsetattr(o.fd, TCSADRAIN, &before);
	if (r.failed)
		warn("read: %s", strerror(EBADF));
	buf_str(&l.text);
	if (o.array != nullptr) {
		assign_array(&l, o.array);
	} else if (o.exact || n == 0) {
		/* REPLY, and -N, keep the line as it is. */
		char **v = n > 0 ? names : reply;
		bool whole = o.exact || (n == 0 && !sh.posix);
		if (whole)
			var_set(sym_intern(v[0], strlen(v[0])), l.text.p, l.text.len);
		else
			assign_fields(&l, 1, v);
	} else {
		assign_fields(&l, n, names);
	}
	return read_status(&r, ended);
}

/* -- mapfile -- */

struct map_options {
	int delim, fd;
	long long count, origin, skip, quantum;
	bool strip;
	const char *callback;
	bool clear;
};

static int map_parse(int argc, char **argv, struct map_options *o, int *at)
{
	struct flags f = {};
	int c;
	long long n;

	while ((c = flags_next(&f, argc, argv, "d:n:O:s:tu:C:c:")) != 0) {
		if (c == '?')
			return 2;
		if (c == 't') {
			o->strip = true;
		} else if (c == 'd') {
			o->delim = (unsigned char)f.arg[0];
		} else if (c == 'C') {
			o->callback = f.arg;
		} else if (!number_parse(f.arg, &n) || n < 0) {
			return usage_error("mapfile", f.arg, "not a number");
		} else if (c == 'n') {
			o->count = n;
		} else if (c == 'O') {
			o->origin = n;
			o->clear = false;
		} else if (c == 's') {
			o->skip = n;
		} else if (c == 'c') {
			o->quantum = n > 0 ? n : 1;
		} else {
			o->fd = (int)n;
		}
	}
	*at = f.at;
	return 0;
}

int bi_mapfile(int argc, char **argv)
{
	struct map_options o = { .delim = '\n', .clear = true, .quantum = 5000 };
	struct reader r;
	int at = 0;

	if (map_parse(argc, argv, &o, &at) != 0)
		return 2;
	const char *name = at < argc ? argv[at] : "MAPFILE";
	if (!name_is_valid(name, strlen(name)))
		return usage_error("mapfile", name, "not a valid identifier");
	struct sym *s = var_deref(sym_intern(name, strlen(name)));
	var_check_writable(s);
	if (o.clear)
		array_clear(var_array(s, false));
	if (o.fd == STDIN_FILENO)
		source_sync();
	reader_init(&r, o.fd);
	long long lines = 0;
	for (int c = 0; c >= 0 && (o.count == 0 || lines < o.count);) {
		struct mark m = arena_mark(&scratch);
		struct buf line = {};
		while ((c = reader_get(&r)) >= 0 && c != o.delim)
			if (c != '\0')
				buf_byte(&line, c);
		if (c < 0 && line.len == 0)
			break;
		if (c >= 0 && !o.strip && o.delim != '\0')
			buf_byte(&line, c);
		buf_str(&line);
		if (o.skip > 0) {
			o.skip--;
		} else {
			if (o.callback != nullptr && (lines + 1) % o.quantum == 0) {
				struct buf call = {};
				buf_printf(&call, "%s %lld '%s'", o.callback, o.origin + lines,
					   line.p);
				eval_string(buf_str(&call), call.len, sh.line);
			}
			var_set_element(s, o.origin + lines++, nullptr, line.p, line.len);
		}
		arena_release(&scratch, m);
	}
	reader_end(&r);
	return 0;
}
