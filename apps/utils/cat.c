/* SPDX-License-Identifier: MPL-2.0 */
/* cat: files one after another. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

struct cat {
	bool number, number_nonblank, ends, tabs, nonprinting, squeeze;
	/* where the last file left us */
	unsigned long long line;
	bool in_line; /* the last line had no newline */
	bool blank;   /* the last line was blank */
};

static const struct opt cat_opts[] = {
	{ 'A', "show-all", nullptr, "the same as -vET" },
	{ 'b', "number-nonblank", nullptr, "number the lines that are not empty" },
	{ 'e', nullptr, nullptr, "the same as -vE" },
	{ 'E', "show-ends", nullptr, "show $ at the end of each line" },
	{ 'n', "number", nullptr, "number all lines" },
	{ 's', "squeeze-blank", nullptr, "show one empty line for several" },
	{ 't', nullptr, nullptr, "the same as -vT" },
	{ 'T', "show-tabs", nullptr, "show tabs as ^I" },
	{ 'u', nullptr, nullptr, "accepted; output is never held back at the end of input" },
	{ 'v', "show-nonprinting", nullptr, "show control characters as ^X and M-x" },
	{},
};

static void char_show(const struct cat *c, unsigned char b)
{
	if (b == '\t' && !c->tabs) {
		put_char(b);
		return;
	}
	if (!c->nonprinting && b != '\t') {
		put_char(b);
		return;
	}
	if (b >= 128) {
		put_string("M-");
		b -= 128;
	}
	if (b < 32 || b == 127) {
		put_char('^');
		b ^= 64;
	}
	put_char(b);
}

static void line_show(struct cat *c, const char *line, size_t len)
{
	bool ended = line[len - 1] == '\n';
	size_t n = len - ended;

	if (!c->in_line) {
		bool blank = n == 0;
		if (c->squeeze && blank && c->blank)
			return;
		c->blank = blank;
		if (c->number_nonblank ? !blank : c->number)
			put_format("%6llu\t", ++c->line);
	}
	if (c->nonprinting || c->tabs) {
		for (size_t i = 0; i < n; i++) {
			/* GNU shows a carriage return at the end as ^M when it shows ends. */
			if (c->ends && !c->nonprinting && line[i] == '\r' && i + 1 == n && ended)
				put_string("^M");
			else
				char_show(c, (unsigned char)line[i]);
		}
	} else if (c->ends && ended && n != 0 && line[n - 1] == '\r') {
		put_bytes(line, n - 1);
		put_string("^M");
	} else {
		put_bytes(line, n);
	}
	if (ended)
		put_string(c->ends ? "$\n" : "\n");
	c->in_line = !ended;
}

/* Would a copy read what it has just written? */
static bool is_output(int fd)
{
	struct stat in, out;

	return fstat(fd, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino &&
	       lseek(fd, 0, SEEK_CUR) < in.st_size;
}

static bool copy_plain(struct in *in)
{
	while (in_fill(in)) {
		if (!out_write_fully(STDOUT_FILENO, in->buf + in->start, in->end - in->start))
			err_fatal_errno("write error");
		in->start = in->end;
	}
	return !in->failed;
}

static bool file_show(struct cat *c, const char *path)
{
	struct in in;
	char *line;
	size_t len;
	bool plain = !c->number && !c->number_nonblank && !c->ends && !c->tabs && !c->nonprinting &&
		     !c->squeeze;

	if (!in_open(&in, path))
		return false;
	if (is_output(in.fd)) {
		err_warn("%s: input file is output file", path);
		in_close(&in);
		return false;
	}
	if (plain)
		copy_plain(&in);
	while (!plain && in_line(&in, '\n', &line, &len))
		line_show(c, line, len);
	in_close(&in);
	return !in.failed;
}

static int cat_main(int argc, char **argv)
{
	struct cat c = {};
	struct opt_state s;
	int status = 0, o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		c.ends |= o == 'A' || o == 'E' || o == 'e';
		c.tabs |= o == 'A' || o == 'T' || o == 't';
		c.nonprinting |= o == 'A' || o == 'v' || o == 'e' || o == 't';
		c.number |= o == 'n';
		c.number_nonblank |= o == 'b';
		c.squeeze |= o == 's';
	}
	if (s.index == argc)
		return !file_show(&c, "-");
	for (int i = s.index; i < argc; i++)
		status |= !file_show(&c, argv[i]);
	return status;
}

APPLET(cat, .usage = "[OPTION]... [FILE]...",
       .summary = "Copy files, or standard input, to standard output.", .opts = cat_opts);
