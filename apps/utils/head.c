/* SPDX-License-Identifier: MPL-2.0 */
/* head: the first lines or bytes of files. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

struct head {
	uint64_t count;
	bool bytes;
	bool but_last; /* all but the last `count` */
	int delim;
};

static const struct opt head_opts[] = {
	{ 'c', "bytes", "[-]NUM", "show the first NUM bytes; with -, all but the last NUM" },
	{ 'n', "lines", "[-]NUM", "show the first NUM lines; with -, all but the last NUM" },
	{ '#', nullptr, "NUM", nullptr },
	{ 'q', "quiet", nullptr, "never show headers with file names" },
	{ 'q', "silent", nullptr, nullptr },
	{ 'v', "verbose", nullptr, "always show headers with file names" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

/* A seekable input is left just behind what was shown, for whoever reads on. */
static void give_back(struct in *in)
{
	if (in->end > in->start)
		(void)lseek(in->fd, -(off_t)(in->end - in->start), SEEK_CUR); /* a pipe cannot */
}

static void first_show(const struct head *h, struct in *in)
{
	uint64_t left = h->count;

	while (left != 0 && (in->start < in->end || in_fill(in))) {
		const char *p = in->buf + in->start, *stop = in->buf + in->end;
		const char *end = stop;
		if (h->bytes) {
			if ((uint64_t)(stop - p) > left)
				end = p + left;
			left -= (uint64_t)(end - p);
		} else {
			for (end = p; left != 0 && end < stop; left--) {
				end = scan_byte(end, stop, h->delim);
				if (end == stop)
					break;
				end++;
			}
		}
		put_bytes(p, (size_t)(end - p));
		in->start += (size_t)(end - p);
	}
	give_back(in);
}

/* Holds back as much as may turn out to be the last. */
static void but_last_show(const struct head *h, struct in *in)
{
	uint64_t held = 0; /* whole lines in the buffer, not counting an unended one */

	while (in_fill(in)) {
		if (h->bytes) {
			if (in->end - in->start > h->count) {
				size_t n = in->end - in->start - (size_t)h->count;
				put_bytes(in->buf + in->start, n);
				in->start += n;
			}
			continue;
		}
		held = scan_count(in->buf + in->start, in->buf + in->end, h->delim);
		for (; held > h->count; held--) {
			const char *p = in->buf + in->start;
			size_t n = (size_t)(scan_byte(p, in->buf + in->end, h->delim) - p) + 1;
			put_bytes(p, n);
			in->start += n;
		}
	}
	/* A last line without its end counts as one. */
	if (!h->bytes && in->start < in->end && in->buf[in->end - 1] != h->delim &&
	    held == h->count && held != 0) {
		const char *p = in->buf + in->start;
		put_bytes(p, (size_t)(scan_byte(p, in->buf + in->end, h->delim) - p) + 1);
	} else if (!h->bytes && h->count == 0) {
		put_bytes(in->buf + in->start, in->end - in->start);
	}
}

static void count_take(struct head *h, const char *arg, bool bytes)
{
	h->bytes = bytes;
	h->but_last = *arg == '-';
	h->count = num_get_size(arg + h->but_last, bytes ? "number of bytes" : "number of lines");
}

static int head_main(int argc, char **argv)
{
	struct head h = { .count = 10, .delim = '\n' };
	static char dash[] = "-";
	int headers = -1, o, status = 0;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'c' || o == 'n' || o == '#')
			count_take(&h, s.arg, o == 'c');
		else if (o == 'z')
			h.delim = '\0';
		else
			headers = o == 'v';
	}
	char *only_stdin[] = { dash };
	char **files = s.index == argc ? only_stdin : argv + s.index;
	int count = s.index == argc ? 1 : argc - s.index;
	if (headers < 0)
		headers = count > 1;
	bool first = true;
	for (int i = 0; i < count; i++) {
		struct in in;
		if (!in_open(&in, files[i])) {
			status = 1;
			continue;
		}
		if (headers)
			put_format("%s==> %s <==\n", first ? "" : "\n",
				   strcmp(files[i], "-") == 0 ? "standard input" : files[i]);
		first = false;
		if (h.but_last)
			but_last_show(&h, &in);
		else
			first_show(&h, &in);
		status |= in.failed;
		in_close(&in);
	}
	return status;
}

APPLET(head, .usage = "[OPTION]... [FILE]...", .summary = "Show the first 10 lines of each FILE.",
       .opts = head_opts);
