/* SPDX-License-Identifier: MPL-2.0 */
/* dd: copies in blocks, with conversions. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

struct dd {
	const char *in_name, *out_name;
	int in, out;
	uint64_t in_size, out_size, conv_size; /* block sizes */
	uint64_t count, skip, seek;
	bool has_count, count_bytes, skip_bytes, seek_bytes, full_block, append, direct_bs;
	char case_change; /* u or l */
	bool swab, sync, noerror, notrunc, fsync, fdatasync, sparse, excl, nocreat, block, unblock;
	char status; /* d, x (noxfer), n, p */
	/* what was done */
	uint64_t in_full, in_part, out_full, out_part, bytes, truncated;
	char *pending; /* output blocks are made up here */
	size_t pending_len;
	int odd;         /* a byte left over by swab, or -1 */
	uint64_t column; /* in the record, for block and unblock */
};

static uint64_t size_read(const char *s, const char *name)
{
	uint64_t product = 1, n;
	char *copy = mem_dup(s), *save = nullptr;

	/* Factors may be joined by x: 2x512. */
	for (char *part = strtok_r(copy, "x", &save); part != nullptr;
	     part = strtok_r(nullptr, "x", &save)) {
		size_t len = strlen(part);
		bool b = len > 0 && part[len - 1] == 'B' &&
			 (len < 2 || isdigit((unsigned char)part[len - 2]));
		if (b)
			part[len - 1] = '\0';
		if (num_size(part, &n) != NUM_OK)
			err_fatal("invalid number: '%s'", s);
		product *= n;
	}
	if (*s == '\0')
		err_fatal("invalid number: '%s'", s);
	(void)name;
	mem_free(copy);
	return product;
}

static bool flag_apply(struct dd *d, const char *word, size_t n, const char *kind)
{
	static const char *const ignored[] = { "direct",  "dsync",    "sync",   "nonblock",
					       "noatime", "nofollow", "noctty", "directory",
					       "nocache", "cio",      "binary", "text" };
#define IS(text) (strlen(text) == n && memcmp(word, text, n) == 0)
	if (strcmp(kind, "conv") == 0) {
		if (IS("ucase") || IS("lcase"))
			d->case_change = word[0];
		d->swab |= IS("swab");
		d->sync |= IS("sync");
		d->noerror |= IS("noerror");
		d->notrunc |= IS("notrunc");
		d->fsync |= IS("fsync");
		d->fdatasync |= IS("fdatasync");
		d->sparse |= IS("sparse");
		d->excl |= IS("excl");
		d->nocreat |= IS("nocreat");
		d->block |= IS("block");
		d->unblock |= IS("unblock");
		return IS("ucase") || IS("lcase") || IS("swab") || IS("sync") || IS("noerror") ||
		       IS("notrunc") || IS("fsync") || IS("fdatasync") || IS("sparse") ||
		       IS("excl") || IS("nocreat") || IS("block") || IS("unblock");
	}
	d->full_block |= IS("fullblock");
	d->append |= IS("append");
	d->count_bytes |= IS("count_bytes");
	d->skip_bytes |= IS("skip_bytes");
	d->seek_bytes |= IS("seek_bytes");
	if (IS("fullblock") || IS("append") || IS("count_bytes") || IS("skip_bytes") ||
	    IS("seek_bytes"))
		return true;
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		if (IS(ignored[i]))
			return true;
	}
#undef IS
	return false;
}

static void flags_read(struct dd *d, const char *list, const char *kind)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		if (!flag_apply(d, list, n, kind))
			opt_usage_error("invalid %s: '%.*s'",
					strcmp(kind, "conv") == 0 ? "conversion" : "flag", (int)n,
					list);
		list += n + (list[n] == ',');
	}
}

static bool has_bytes_suffix(const char *s)
{
	size_t n = strlen(s);

	return n > 1 && s[n - 1] == 'B' && isdigit((unsigned char)s[n - 2]);
}

static void operand_read(struct dd *d, const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value != nullptr ? (size_t)(value - word) : 0;

	if (value == nullptr)
		opt_usage_error("unrecognized operand '%s'", word);
	value++;
#define IS(text) (strlen(text) == n && memcmp(word, text, n) == 0)
	if (IS("if")) {
		d->in_name = value;
	} else if (IS("of")) {
		d->out_name = value;
	} else if (IS("bs") || IS("ibs") || IS("obs") || IS("cbs")) {
		uint64_t size = size_read(value, word);
		if (size == 0 || size > SIZE_MAX / 4)
			err_fatal("invalid number: '%s'", value);
		if (IS("bs") || IS("ibs"))
			d->in_size = size;
		if (IS("bs") || IS("obs"))
			d->out_size = size;
		if (IS("cbs"))
			d->conv_size = size;
		d->direct_bs |= IS("bs");
	} else if (IS("count")) {
		d->count = size_read(value, word);
		d->count_bytes |= has_bytes_suffix(value);
		d->has_count = true;
	} else if (IS("skip") || IS("iseek")) {
		d->skip = size_read(value, word);
		d->skip_bytes |= has_bytes_suffix(value);
	} else if (IS("seek") || IS("oseek")) {
		d->seek = size_read(value, word);
		d->seek_bytes |= has_bytes_suffix(value);
	} else if (IS("conv")) {
		flags_read(d, value, "conv");
	} else if (IS("iflag") || IS("oflag")) {
		flags_read(d, value, "flag");
	} else if (IS("status")) {
		d->status = strcmp(value, "none") == 0       ? 'n'
			    : strcmp(value, "noxfer") == 0   ? 'x'
			    : strcmp(value, "progress") == 0 ? 'd'
							     : 0;
		if (d->status == 0)
			opt_usage_error("invalid status level: '%s'", value);
	} else {
		opt_usage_error("unrecognized operand '%s'", word);
	}
#undef IS
}

static void files_open(struct dd *d)
{
	d->in = STDIN_FILENO;
	d->out = STDOUT_FILENO;
	if (d->in_name != nullptr) {
		d->in = open(d->in_name, O_RDONLY | O_CLOEXEC);
		if (d->in < 0)
			err_fatal_errno("failed to open '%s'", d->in_name);
	}
	if (d->out_name != nullptr) {
		bool keep = d->notrunc || d->seek != 0;
		int flags = (d->nocreat ? 0 : O_CREAT) | (keep ? 0 : O_TRUNC) |
			    (d->excl ? O_EXCL : 0) | (d->append ? O_APPEND : 0);
		d->out = open(d->out_name, O_RDWR | O_CLOEXEC | flags, 0666);
		if (d->out < 0)
			d->out = open(d->out_name, O_WRONLY | O_CLOEXEC | flags, 0666);
		if (d->out < 0)
			err_fatal_errno("failed to open '%s'", d->out_name);
	}
	uint64_t seek = d->seek_bytes ? d->seek : d->seek * d->out_size;
	if (seek != 0 && !d->notrunc && d->out_name != nullptr)
		(void)!ftruncate(d->out, (off_t)seek); /* a device cannot, and need not */
	if (seek != 0 && lseek(d->out, (off_t)seek, SEEK_CUR) < 0)
		err_fatal_errno("%s: cannot seek",
				d->out_name != nullptr ? d->out_name : "standard output");
}

static void input_skip(struct dd *d, char *buf)
{
	uint64_t left = d->skip_bytes ? d->skip : d->skip * d->in_size;
	off_t at, end;

	if (left == 0)
		return;
	at = lseek(d->in, 0, SEEK_CUR);
	end = at < 0 ? -1 : lseek(d->in, 0, SEEK_END);
	if (at >= 0 && end > 0) {
		if ((uint64_t)(end - at) < left) {
			err_warn("%s: cannot skip to specified offset",
				 d->in_name != nullptr ? d->in_name : "standard input");
			err_count--; /* as with GNU, no failure */
		}
		(void)lseek(d->in, at + (off_t)left, SEEK_SET); /* it could a moment ago */
		return;
	}
	while (left != 0) {
		ssize_t n = read(d->in, buf, left < d->in_size ? (size_t)left : (size_t)d->in_size);
		if (n <= 0)
			return;
		left -= (uint64_t)n;
	}
}

static void block_write(struct dd *d, const char *p, size_t n)
{
	bool zero = d->sparse && n > 0;

	for (size_t i = 0; zero && i < n; i++)
		zero = p[i] == 0;
	if (!(zero && lseek(d->out, (off_t)n, SEEK_CUR) >= 0) && !out_write_fully(d->out, p, n))
		err_fatal_errno("error writing '%s'",
				d->out_name != nullptr ? d->out_name : "standard output");
	d->bytes += n;
	if (n == d->out_size)
		d->out_full++;
	else
		d->out_part++;
}

static void output_add(struct dd *d, const char *p, size_t n)
{
	while (n != 0) {
		size_t room = (size_t)d->out_size - d->pending_len, part = n < room ? n : room;
		memcpy(d->pending + d->pending_len, p, part);
		d->pending_len += part;
		p += part;
		n -= part;
		if (d->pending_len == d->out_size) {
			block_write(d, d->pending, d->pending_len);
			d->pending_len = 0;
		}
	}
}

/* Lines to records of conv_size, padded with blanks. */
static void blocks_add(struct dd *d, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			for (; d->column < d->conv_size; d->column++)
				output_add(d, " ", 1);
			d->column = 0;
		} else {
			if (d->column == d->conv_size)
				d->truncated++;
			else if (d->column < d->conv_size)
				output_add(d, p + i, 1);
			d->column++;
		}
	}
}

/* Records of conv_size to lines without trailing blanks; column counts blanks held back. */
static void unblocks_add(struct dd *d, const char *p, size_t n, uint64_t *position)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ') {
			d->column++;
		} else {
			for (; d->column > 0; d->column--)
				output_add(d, " ", 1);
			output_add(d, p + i, 1);
		}
		if (++*position == d->conv_size) {
			output_add(d, "\n", 1);
			d->column = 0;
			*position = 0;
		}
	}
}

static void bytes_convert(struct dd *d, char *p, size_t n)
{
	for (size_t i = 0; i < n && d->case_change != 0; i++)
		p[i] = (char)(d->case_change == 'u' ? toupper((unsigned char)p[i])
						    : tolower((unsigned char)p[i]));
}

/* Swaps pairs, also across blocks: an odd byte waits. Returns how many bytes are ready in `to`. */
static size_t bytes_swap(struct dd *d, char *to, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (d->odd < 0) {
			d->odd = (unsigned char)p[i];
			continue;
		}
		to[len++] = p[i];
		to[len++] = (char)d->odd;
		d->odd = -1;
	}
	return len;
}

static ssize_t block_read(struct dd *d, char *buf, size_t want)
{
	size_t got = 0;

	for (;;) {
		ssize_t n = read(d->in, buf + got, want - got);
		if (n < 0 && errno == EINTR && !applet_interrupted)
			continue;
		if (n < 0)
			return got != 0 ? (ssize_t)got : -1;
		got += (size_t)n;
		if (n == 0 || !d->full_block || got == want)
			return (ssize_t)got;
	}
}

static void blocks_copy(struct dd *d, char *buf)
{
	bool plain = d->direct_bs && d->case_change == 0 && !d->swab && !d->block && !d->unblock;
	uint64_t left = d->count, position = 0;
	char *swapped = d->swab ? mem_alloc((size_t)d->in_size + 2) : nullptr;

	while (!d->has_count || left != 0) {
		size_t want = (size_t)d->in_size;
		if (d->has_count && d->count_bytes && left < want)
			want = (size_t)left;
		ssize_t got = block_read(d, buf, want);
		if (got < 0) {
			err_warn_errno("error reading '%s'",
				       d->in_name != nullptr ? d->in_name : "standard input");
			if (!d->noerror)
				break;
			(void)lseek(d->in, (off_t)want, SEEK_CUR); /* past what cannot be read */
			got = 0;
			if (!d->sync)
				continue;
		} else if (got == 0 || applet_interrupted) {
			break;
		}
		size_t n = (size_t)got;
		if (n == d->in_size)
			d->in_full++;
		else
			d->in_part++;
		if (d->has_count)
			left -= d->count_bytes ? n : 1;
		if (d->sync && n < d->in_size) {
			memset(buf + n, d->block || d->unblock ? ' ' : 0, (size_t)d->in_size - n);
			n = (size_t)d->in_size;
		}
		bytes_convert(d, buf, n);
		if (d->swab) {
			n = bytes_swap(d, swapped, buf, n);
			memcpy(buf, swapped, n);
		}
		if (plain)
			block_write(d, buf, n);
		else if (d->block)
			blocks_add(d, buf, n);
		else if (d->unblock)
			unblocks_add(d, buf, n, &position);
		else
			output_add(d, buf, n);
	}
	if (d->odd >= 0) {
		char c = (char)d->odd;
		output_add(d, &c, 1);
	}
	for (; d->block && d->column != 0 && d->column < d->conv_size; d->column++)
		output_add(d, " ", 1);
	if (d->unblock && position != 0)
		output_add(d, "\n", 1);
	if (d->pending_len != 0)
		block_write(d, d->pending, d->pending_len);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "1.5 kB" in powers of 1000 or 1024, as dd tells how much it copied. */
static void amount_text(char *buf, size_t size, double n, double unit)
{
	static const char *const si[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	static const char *const iec[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	int power = 0;

	for (; n >= unit && power < 5; n /= unit)
		power++;
	snprintf(buf, size, n < 10 && power > 0 ? "%.1f %s" : "%.0f %s", n,
		 (unit == 1000 ? si : iec)[power]);
}

static void statistics_show(const struct dd *d, double seconds)
{
	char si[32], iec[32], rate[32];

	if (d->status == 'n')
		return;
	dprintf(STDERR_FILENO, "%llu+%llu records in\n%llu+%llu records out\n",
		(unsigned long long)d->in_full, (unsigned long long)d->in_part,
		(unsigned long long)d->out_full, (unsigned long long)d->out_part);
	if (d->truncated != 0)
		dprintf(STDERR_FILENO, "%llu truncated record%s\n",
			(unsigned long long)d->truncated, d->truncated == 1 ? "" : "s");
	if (d->status == 'x')
		return;
	amount_text(si, sizeof si, (double)d->bytes, 1000);
	amount_text(iec, sizeof iec, (double)d->bytes, 1024);
	amount_text(rate, sizeof rate, (double)d->bytes / (seconds > 0 ? seconds : 1e-9), 1000);
	if (d->bytes < 1000)
		dprintf(STDERR_FILENO, "%llu byte%s copied, %g s, %s/s\n",
			(unsigned long long)d->bytes, d->bytes == 1 ? "" : "s", seconds, rate);
	else if (d->bytes < 1024)
		dprintf(STDERR_FILENO, "%llu bytes (%s) copied, %g s, %s/s\n",
			(unsigned long long)d->bytes, si, seconds, rate);
	else
		dprintf(STDERR_FILENO, "%llu bytes (%s, %s) copied, %g s, %s/s\n",
			(unsigned long long)d->bytes, si, iec, seconds, rate);
}

static const struct opt dd_opts[] = { {} };

static int dd_main(int argc, char **argv)
{
	struct dd d = { .in_size = 512, .out_size = 512, .status = 'd' };
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	for (int i = s.index; i < argc; i++)
		operand_read(&d, argv[i]);
	if ((d.block || d.unblock) && d.conv_size == 0)
		d.block = d.unblock = false;
	char *buf = mem_alloc((size_t)d.in_size + 2);
	d.odd = -1;
	d.pending = mem_alloc((size_t)d.out_size);
	files_open(&d);
	input_skip(&d, buf);
	double start = seconds_now();
	blocks_copy(&d, buf);
	if (d.sparse) {
		off_t end = lseek(d.out, 0, SEEK_CUR);
		if (end > 0)
			(void)!ftruncate(d.out,
					 end); /* a hole at the end counts too; pipes have none */
	}
	if ((d.fsync && fsync(d.out) != 0) || (d.fdatasync && fdatasync(d.out) != 0))
		err_warn_errno("fsync failed for '%s'",
			       d.out_name != nullptr ? d.out_name : "standard output");
	if (d.out != STDOUT_FILENO && close(d.out) != 0)
		err_warn_errno("error closing '%s'", d.out_name);
	statistics_show(&d, seconds_now() - start);
	return err_count != 0;
}

APPLET(dd, .usage = "[OPERAND=VALUE]...", .summary = "Copy a file in blocks, with conversions.",
       .opts = dd_opts,
       .details = "if=FILE of=FILE   from and to; standard input and output if not given\n"
		  "bs=N ibs=N obs=N  sizes of blocks (512)\n"
		  "count=N skip=N seek=N  blocks to copy, to leave out of the input, to step over "
		  "in the output\n"
		  "conv=ucase,lcase,swab,sync,noerror,notrunc,fsync,fdatasync,sparse,excl,nocreat,"
		  "block,unblock\n"
		  "cbs=N  the record size of block and unblock\n"
		  "iflag= oflag=fullblock,append,count_bytes,skip_bytes,seek_bytes\n"
		  "status=none,noxfer,progress");
