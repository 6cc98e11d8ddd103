/* SPDX-License-Identifier: MPL-2.0 */
/* tail: the last lines or bytes of files, and what is added to them later. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

struct tail {
	uint64_t count;
	bool bytes;
	bool from_start; /* +NUM: from that line or byte on */
	int delim;
	bool follow, retry; /* retry: follow the name, also through renaming */
	bool headers;
	const char *last_shown;
	struct timespec pause;
};

/* One file that is followed. */
struct followed {
	const char *path;
	int fd;
	off_t at;
	dev_t dev;
	ino_t ino;
};

static const struct opt tail_opts[] = {
	{ 'c', "bytes", "[+]NUM", "show the last NUM bytes; with +, from byte NUM on" },
	{ 'f', "follow", "[HOW]", "wait for what is added; HOW is descriptor or name" },
	{ 'F', nullptr, nullptr, "the same as --follow=name --retry" },
	{ 'n', "lines", "[+]NUM", "show the last NUM lines; with +, from line NUM on" },
	{ '#', nullptr, "NUM", nullptr },
	{ 'q', "quiet", nullptr, "never show headers with file names" },
	{ 'q', "silent", nullptr, nullptr },
	{ 'r', "retry", nullptr, "keep trying to open a file that is not there" },
	{ 's', "sleep-interval", "SECONDS", "how long to wait between looks (1)" },
	{ 'v', "verbose", nullptr, "always show headers with file names" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

static void rest_show(struct in *in)
{
	do {
		put_bytes(in->buf + in->start, in->end - in->start);
		in->start = in->end;
	} while (in_fill(in));
}

static void from_start_show(const struct tail *t, struct in *in)
{
	uint64_t skip = t->count == 0 ? 0 : t->count - 1;

	while (skip != 0 && (in->start < in->end || in_fill(in))) {
		const char *p = in->buf + in->start, *stop = in->buf + in->end;
		if (t->bytes) {
			size_t n = (uint64_t)(stop - p) < skip ? (size_t)(stop - p) : (size_t)skip;
			in->start += n;
			skip -= n;
			continue;
		}
		const char *end = scan_byte(p, stop, t->delim);
		skip -= end < stop;
		in->start += (size_t)(end - p) + (end < stop);
	}
	rest_show(in);
}

/* Where the last `count` lines of [p, stop) begin; nullptr if it holds fewer line ends. */
static const char *lines_start(const struct tail *t, const char *p, const char *stop,
			       uint64_t *count)
{
	while (*count != 0) {
		const char *end = scan_byte_back(p, stop, t->delim);
		if (end == nullptr)
			return nullptr;
		stop = end;
		if (--*count == 0)
			return end + 1;
	}
	return stop;
}

/* Finds the place by reading a file from its end; false if it cannot be read so. */
static bool seek_last(const struct tail *t, struct in *in)
{
	constexpr off_t BLOCK = 65536;
	off_t begin = lseek(in->fd, 0, SEEK_CUR), end = lseek(in->fd, 0, SEEK_END);
	uint64_t left = t->count + 1;
	struct stat st;

	if (begin < 0 || end < 0 || fstat(in->fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= begin) {
		if (begin >= 0)
			(void)lseek(in->fd, begin, SEEK_SET); /* it was there a moment ago */
		return false;
	}
	if (t->bytes) {
		off_t at = (uint64_t)(end - begin) > t->count ? end - (off_t)t->count : begin;
		return lseek(in->fd, at, SEEK_SET) >= 0;
	}
	if (t->count == 0)
		return true;
	char *buf = mem_alloc((size_t)BLOCK);
	off_t at = end;
	while (at > begin) {
		off_t from = at - begin > BLOCK ? at - BLOCK : begin;
		ssize_t n = pread(in->fd, buf, (size_t)(at - from), from);
		if (n != at - from)
			break;
		if (at == end && buf[n - 1] != t->delim)
			left--; /* the unended last line is one of them */
		const char *p = lines_start(t, buf, buf + n, &left);
		if (p != nullptr) {
			at = from + (p - buf);
			break;
		}
		at = from;
	}
	mem_free(buf);
	return lseek(in->fd, at, SEEK_SET) >= 0;
}

static void last_show(const struct tail *t, struct in *in)
{
	uint64_t held = 0;
	size_t counted = 0; /* bytes behind start whose line ends are in `held` */

	if (seek_last(t, in)) {
		rest_show(in);
		return;
	}
	while (in_fill(in)) {
		if (t->bytes) {
			if (in->end - in->start > t->count)
				in->start = in->end - (size_t)t->count;
			continue;
		}
		held += scan_count(in->buf + in->start + counted, in->buf + in->end, t->delim);
		while (held > t->count + 1) { /* one more may be the end of the last line */
			const char *p = in->buf + in->start;
			in->start += (size_t)(scan_byte(p, in->buf + in->end, t->delim) - p) + 1;
			held--;
		}
		counted = in->end - in->start;
	}
	if (!t->bytes && in->end > in->start) {
		uint64_t keep = t->count + (in->buf[in->end - 1] == t->delim);
		for (; held >= keep && held != 0; held--) {
			const char *p = in->buf + in->start;
			in->start += (size_t)(scan_byte(p, in->buf + in->end, t->delim) - p) + 1;
		}
	}
	if (t->count != 0)
		rest_show(in);
}

static void header_show(struct tail *t, const char *path)
{
	if (t->headers && t->last_shown != path)
		put_format("%s==> %s <==\n", t->last_shown == nullptr ? "" : "\n",
			   strcmp(path, "-") == 0 ? "standard input" : path);
	t->last_shown = path;
}

/* Shows what was added to a file; notices truncation, and with a name, replacement. */
static void followed_look(struct tail *t, struct followed *f)
{
	char buf[8192];
	struct stat st;

	if (t->retry && (stat(f->path, &st) == 0) &&
	    (f->fd < 0 || st.st_ino != f->ino || st.st_dev != f->dev)) {
		int fd = open(f->path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			err_warn("'%s' has %s;  following new file", f->path,
				 f->fd < 0 ? "appeared" : "been replaced");
			if (f->fd >= 0)
				close(f->fd);
			*f = (struct followed){ f->path, fd, 0, st.st_dev, st.st_ino };
		}
	}
	if (f->fd < 0)
		return;
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < f->at) {
		err_warn("%s: file truncated", f->path);
		f->at = lseek(f->fd, 0, SEEK_SET);
	}
	ssize_t n;
	while ((n = read(f->fd, buf, sizeof buf)) > 0) {
		header_show(t, f->path);
		put_bytes(buf, (size_t)n);
		f->at += n;
	}
}

[[noreturn]] static void follow(struct tail *t, struct followed *files, int count)
{
	for (;;) {
		bool any = false;
		for (int i = 0; i < count; i++) {
			followed_look(t, &files[i]);
			any |= files[i].fd >= 0;
		}
		put_flush();
		if (!any && !t->retry)
			err_fatal("no files remaining");
		nanosleep(&t->pause, nullptr);
		if (applet_interrupted)
			applet_exit(130);
	}
}

static void count_take(struct tail *t, const char *arg, bool bytes)
{
	t->bytes = bytes;
	t->from_start = *arg == '+';
	t->count = num_get_size(arg + (*arg == '+' || *arg == '-'),
				bytes ? "number of bytes" : "number of lines");
}

static bool file_show(struct tail *t, const char *path, struct followed *f)
{
	struct in in;
	struct stat st;

	*f = (struct followed){ .path = path, .fd = -1 };
	if (!in_open(&in, path))
		return false;
	header_show(t, path);
	if (t->from_start)
		from_start_show(t, &in);
	else
		last_show(t, &in);
	bool ok = !in.failed;
	if (t->follow && fstat(in.fd, &st) == 0) {
		*f = (struct followed){ path, in.fd, lseek(in.fd, 0, SEEK_CUR), st.st_dev,
					st.st_ino };
		in.fd = -1;
	}
	in_close(&in);
	return ok;
}

static int tail_main(int argc, char **argv)
{
	struct tail t = { .count = 10, .delim = '\n', .pause = { 1, 0 } };
	static char dash[] = "-";
	char *only_stdin[] = { dash };
	int headers = -1, o, status = 0;
	struct opt_state s;

	/* The old form tail +5 [FILE]. */
	if (argc >= 2 && argv[1][0] == '+' && argv[1][1] >= '0' && argv[1][1] <= '9') {
		count_take(&t, argv[1], false);
		argv++;
		argc--;
	}
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'c' || o == 'n' || o == '#')
			count_take(&t, s.arg, o == 'c');
		else if (o == 'z')
			t.delim = '\0';
		else if (o == 'q' || o == 'v')
			headers = o == 'v';
		if (o == 's' && !num_duration(s.arg, &t.pause))
			err_fatal("invalid number of seconds: '%s'", s.arg);
		t.follow |= o == 'f' || o == 'F';
		t.retry |= o == 'F' || o == 'r' || (o == 'f' && s.arg && *s.arg == 'n');
	}
	int count = s.index == argc ? 1 : argc - s.index;
	char **files = s.index == argc ? only_stdin : argv + s.index;
	struct followed *followed = mem_alloc((size_t)count * sizeof *followed);
	t.headers = headers < 0 ? count > 1 : headers;
	for (int i = 0; i < count; i++)
		status |= !file_show(&t, files[i], &followed[i]);
	if (t.follow)
		follow(&t, followed, count);
	return status;
}

APPLET(tail, .usage = "[OPTION]... [FILE]...", .summary = "Show the last 10 lines of each FILE.",
       .opts = tail_opts);
