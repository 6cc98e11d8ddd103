/* SPDX-License-Identifier: MPL-2.0 */
/* tee, split: input to several files. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stdlib.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

static const struct opt tee_opts[] = {
	{ 'a', "append", nullptr, "add to the FILEs, do not overwrite them" },
	{ 'i', "ignore-interrupts", nullptr, "ignore Ctrl-C" },
	{ 'p', nullptr, nullptr, "go on when a pipe is closed" },
	{},
};

static int tee_main(int argc, char **argv)
{
	bool append = false, go_on = false;
	struct opt_state s;
	struct in in;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		append |= o == 'a';
		go_on |= o == 'p';
		if (o == 'i')
			signal(SIGINT, SIG_IGN);
	}
	if (go_on)
		signal(SIGPIPE, SIG_IGN);
	int count = argc - s.index + 1;
	int *fds = mem_alloc((size_t)count * sizeof *fds);
	fds[0] = STDOUT_FILENO;
	for (int i = 1; i < count; i++) {
		const char *path = argv[s.index + i - 1];
		fds[i] = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC),
			      0666);
		if (fds[i] < 0)
			err_warn_errno("%s", path);
	}
	in_open_fd(&in, STDIN_FILENO, "read error");
	for (bool any = true; any && in_fill(&in); in.start = in.end) {
		any = false;
		for (int i = 0; i < count; i++) {
			if (fds[i] >= 0 &&
			    !out_write_fully(fds[i], in.buf + in.start, in.end - in.start)) {
				if (!(go_on && errno == EPIPE))
					err_warn_errno("%s", i == 0 ? "standard output"
								    : argv[s.index + i - 1]);
				fds[i] = -1;
			}
			any |= fds[i] >= 0;
		}
	}
	for (int i = 1; i < count; i++) {
		if (fds[i] >= 0 && close(fds[i]) != 0)
			err_warn_errno("%s", argv[s.index + i - 1]);
	}
	return err_count != 0;
}

enum { OPT_SUFFIX = 256, OPT_FILTER, OPT_VERBOSE };

static const struct opt split_opts[] = {
	{ 'a', "suffix-length", "N", "suffixes of N characters (2)" },
	{ OPT_SUFFIX, "additional-suffix", "TEXT", "add TEXT to each name" },
	{ 'b', "bytes", "SIZE", "SIZE bytes for each file" },
	{ 'C', "line-bytes", "SIZE", "whole lines of at most SIZE bytes for each file" },
	{ 'd', "numeric-suffixes", "[FROM]", "suffixes are numbers" },
	{ 'x', "hex-suffixes", "[FROM]", "suffixes are hexadecimal numbers" },
	{ 'e', "elide-empty-files", nullptr, "with -n, make no empty files" },
	{ OPT_FILTER, "filter", "COMMAND", "write to COMMAND, which finds the name in $FILE" },
	{ 'l', "lines", "N", "N lines for each file (1000)" },
	{ 'n', "number", "N", "N files: N by bytes, l/N by lines, r/N in turn, K/N shows one" },
	{ 't', "separator", "BYTE", "lines end with BYTE, not newline" },
	{ 'u', "unbuffered", nullptr, nullptr },
	{ OPT_VERBOSE, "verbose", nullptr, "tell which files are made" },
	{ '#', nullptr, "N", nullptr },
	{},
};

struct split {
	char mode; /* l lines, b bytes, C line bytes, n chunks */
	uint64_t size, chunk, show;
	char chunk_kind; /* n: 0, l or r */
	size_t suffix_len;
	bool suffix_given, elide, verbose;
	unsigned base;
	uint64_t from;
	const char *prefix, *extra, *filter;
	char delim;
	/* the file being written */
	uint64_t files;
	int fd;
	struct out out;
	bool is_open;
	pid_t child;
};

/* The name of file number `n`, or nullptr when suffixes are used up. */
static char *file_name(const struct split *s, uint64_t n)
{
	char suffix[64];
	size_t len = s->suffix_len;
	unsigned base = s->base;

	n += s->from;
	if (!s->suffix_given && s->mode != 'n') {
		/* Suffixes grow: after yz come zaaa, zaab, ... */
		uint64_t room = base == 26 ? 25 * 26 : base * base - base;
		len = 2;
		uint64_t offset = 0;
		char lead[32] = "";
		size_t leads = 0;
		while (n - offset >= room && leads < 20 && s->from == 0) {
			offset += room;
			room *= base;
			lead[leads++] = base == 26 ? 'z' : base == 10 ? '9' : 'f';
			len++;
		}
		uint64_t v = n - offset;
		for (size_t i = len; i-- > 0; v /= base)
			suffix[i] =
				base == 26 ? (char)('a' + v % 26) : "0123456789abcdef"[v % base];
		suffix[len] = '\0';
		return mem_format("%s%.*s%s%s", s->prefix, (int)leads, lead, suffix, s->extra);
	}
	for (size_t i = len; i-- > 0; n /= base)
		suffix[i] = base == 26 ? (char)('a' + n % 26) : "0123456789abcdef"[n % base];
	suffix[len] = '\0';
	return n != 0 ? nullptr : mem_format("%s%s%s", s->prefix, suffix, s->extra);
}

static int filter_start(struct split *s, const char *name)
{
	int ends[2];

	if (pipe(ends) != 0)
		err_fatal_errno("failed to create pipe");
	s->child = fork();
	if (s->child < 0)
		err_fatal_errno("cannot fork");
	if (s->child == 0) {
		setenv("FILE", name, 1);
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		execlp("sh", "sh", "-c", s->filter, (char *)nullptr);
		_exit(127);
	}
	close(ends[0]);
	return ends[1];
}

static void file_end(struct split *s)
{
	int status;

	if (!s->is_open)
		return;
	out_close(&s->out);
	s->is_open = false;
	if (s->filter != nullptr && waitpid(s->child, &status, 0) == s->child && status != 0)
		err_fatal("with FILE=%s, exit %d from command: %s", file_name(s, s->files - 1),
			  WIFEXITED(status) ? WEXITSTATUS(status) : 128, s->filter);
}

static void file_begin(struct split *s)
{
	file_end(s);
	char *name = file_name(s, s->files++);
	if (name == nullptr)
		err_fatal("output file suffixes exhausted");
	if (s->verbose)
		put_format("creating file '%s'\n", name);
	int fd = s->filter != nullptr ? filter_start(s, name)
				      : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err_fatal_errno("%s", name);
	out_open(&s->out, fd, name);
	s->is_open = true;
}

static void bytes_split(struct split *s, struct in *in)
{
	uint64_t left = 0;

	while (in->start < in->end || in_fill(in)) {
		size_t n = in->end - in->start;
		if (left == 0) {
			file_begin(s);
			left = s->size;
		}
		n = n < left ? n : (size_t)left;
		out_write(&s->out, in->buf + in->start, n);
		in->start += n;
		left -= n;
	}
}

static void lines_split(struct split *s, struct in *in)
{
	uint64_t left = 0;
	char *line;
	size_t len;

	while (in_line(in, s->delim, &line, &len)) {
		if (left == 0) {
			file_begin(s);
			left = s->size;
		}
		out_write(&s->out, line, len);
		left--;
	}
}

static void line_bytes_split(struct split *s, struct in *in)
{
	uint64_t left = 0;
	char *line;
	size_t len;

	while (in_line(in, s->delim, &line, &len)) {
		while (len != 0) {
			if (!s->is_open || (len > left && left != s->size)) {
				file_begin(s);
				left = s->size;
			}
			size_t n = len < left ? len : (size_t)left;
			out_write(&s->out, line, n);
			line += n;
			len -= n;
			left -= n;
			if (left == 0 && len != 0) {
				file_begin(s);
				left = s->size;
			}
		}
	}
}

static void chunk_put(struct split *s, uint64_t index, const char *p, size_t n)
{
	if (s->show == index + 1)
		put_bytes(p, n);
	if (s->show != 0 || (n == 0 && s->elide))
		return;
	file_begin(s);
	out_write(&s->out, p, n);
}

/* N files of about the same size: by bytes, or ending with the line that crosses the border. */
static void chunks_split(struct split *s, struct in *in)
{
	char *text;
	size_t len;

	if (!in_all(in, &text, &len))
		applet_exit(1);
	if (s->chunk_kind == 'r') {
		struct text *texts = mem_zero((size_t)s->chunk, sizeof *texts);
		uint64_t i = 0;
		for (const char *p = text, *stop = text + len; p < stop; i++) {
			const char *end = scan_byte(p, stop, s->delim);
			end += end < stop;
			text_add(&texts[i % s->chunk], p, (size_t)(end - p));
			p = end;
		}
		for (i = 0; i < s->chunk; i++)
			chunk_put(s, i, texts[i].bytes != nullptr ? texts[i].bytes : "",
				  texts[i].len);
		return;
	}
	size_t at = 0, part = len / (size_t)s->chunk;

	part += part == 0; /* more files than bytes: one byte each, and then empty ones */
	for (uint64_t i = 0; i < s->chunk; i++) {
		size_t border =
			i + 1 == s->chunk || (i + 1) * part > len ? len : (size_t)(i + 1) * part;
		size_t end = border < at ? at : border;
		if (s->chunk_kind == 'l' && end > at && end < len && text[end - 1] != s->delim) {
			const char *p = scan_byte(text + end, text + len, s->delim);
			end = (size_t)(p - text) + (p < text + len);
		}
		chunk_put(s, i, text + at, end - at);
		at = end;
	}
}

static void chunks_read(struct split *s, const char *arg)
{
	const char *p = arg;

	s->mode = 'n';
	if ((*p == 'l' || *p == 'r') && p[1] == '/') {
		s->chunk_kind = *p;
		p += 2;
	}
	const char *slash = strchr(p, '/');
	if (slash != nullptr) {
		char *first = mem_dup_bytes(p, (size_t)(slash - p));
		s->show = num_get(first, 1, UINT64_MAX, "chunk number");
		p = slash + 1;
	}
	s->chunk = num_get(p, 1, UINT32_MAX, "number of chunks");
	if (s->show > s->chunk)
		err_fatal("invalid chunk number: '%s'", arg);
}

static int split_main(int argc, char **argv)
{
	struct split s = {
		.mode = 'l', .size = 1000, .suffix_len = 2, .base = 26, .extra = "", .delim = '\n'
	};
	struct opt_state state;
	struct in in;
	int o;

	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		if (o == 'a') {
			s.suffix_len = (size_t)num_get(state.arg, 0, 60, "suffix length");
			s.suffix_given = s.suffix_len != 0;
		} else if (o == 'b' || o == 'C') {
			s.mode = (char)o;
			s.size = num_get_size(state.arg, "number of bytes");
		} else if (o == 'l' || o == '#') {
			s.mode = 'l';
			s.size = num_get(state.arg, 0, UINT64_MAX, "number of lines");
		} else if (o == 'd' || o == 'x') {
			s.base = o == 'd' ? 10 : 16;
			s.from = state.arg != nullptr
					 ? strtoull(state.arg, nullptr, o == 'd' ? 10 : 16)
					 : 0;
		} else if (o == 'n') {
			chunks_read(&s, state.arg);
		} else if (o == 't') {
			s.delim = strcmp(state.arg, "\\0") == 0 ? '\0' : state.arg[0];
		} else if (o == OPT_SUFFIX) {
			s.extra = state.arg;
		} else if (o == OPT_FILTER) {
			s.filter = state.arg;
		}
		s.elide |= o == 'e';
		s.verbose |= o == OPT_VERBOSE;
	}
	if (s.size == 0)
		err_fatal("invalid number of %s: '0'", s.mode == 'l' ? "lines" : "bytes");
	if (argc - state.index > 2)
		opt_extra_operand(argv[state.index + 2]);
	s.prefix = argc - state.index == 2 ? argv[state.index + 1] : "x";
	if (s.mode == 'n' && !s.suffix_given) {
		uint64_t room = s.base;
		size_t len = 1;
		for (; room < s.chunk + s.from; room *= s.base)
			len++;
		s.suffix_len = len > 2 ? len : 2;
	}
	if (!in_open(&in, state.index < argc ? argv[state.index] : "-"))
		return 1;
	if (s.mode == 'b')
		bytes_split(&s, &in);
	else if (s.mode == 'l')
		lines_split(&s, &in);
	else if (s.mode == 'C')
		line_bytes_split(&s, &in);
	else
		chunks_split(&s, &in);
	file_end(&s);
	return in.failed;
}

APPLET(tee, .usage = "[OPTION]... [FILE]...",
       .summary = "Copy standard input to standard output and to FILEs.", .opts = tee_opts);
APPLET(split, .usage = "[OPTION]... [FILE [PREFIX]]",
       .summary = "Split FILE into PREFIXaa, PREFIXab, ...", .opts = split_opts);
