/* SPDX-License-Identifier: MPL-2.0 */
/* gzip, gunzip and zcat. */
#include "apps/utils/gzip.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/path.h"
#include "apps/applet/tree.h"
#include "apps/utils/deflate.h"
#include "apps/utils/digest.h"

/* What of a member's bytes its trailer tells. */
struct member {
	struct out *out;
	uint32_t crc;
	uint64_t len;
};

static void member_seen(void *ctx, const uint8_t *bytes, size_t n)
{
	struct member *m = ctx;

	m->crc = crc32_add(m->crc, bytes, n);
	m->len += n;
}

static void member_put(void *ctx, const uint8_t *bytes, size_t n)
{
	struct member *m = ctx;

	if (m->out != nullptr)
		out_write(m->out, bytes, n);
}

static void expanded_put(void *ctx, const uint8_t *bytes, size_t n)
{
	member_seen(ctx, bytes, n);
	member_put(ctx, bytes, n);
}

static int byte_take(struct in *in)
{
	if (in->start == in->end && !in_fill(in))
		return -1;
	return (unsigned char)in->buf[in->start++];
}

/* Skips the header behind its magic number; false if it is cut off or not deflate. */
static const char *header_skip(struct in *in)
{
	int method = byte_take(in), flags = byte_take(in);

	if (method != 8)
		return method < 0 ? "unexpected end of file" : "unknown method -- not supported";
	for (int i = 0; i < 6; i++)
		byte_take(in);
	if (flags & 4) {
		int lo = byte_take(in), hi = byte_take(in);
		for (int n = lo + hi * 256; n > 0; n--)
			byte_take(in);
	}
	for (int mask = 8; mask <= 16; mask *= 2) { /* name and comment end with NUL */
		for (int c = 1; (flags & mask) && c > 0;)
			c = byte_take(in);
	}
	if (flags & 2) {
		byte_take(in);
		byte_take(in);
	}
	return in->start == in->end && !in_fill(in) ? "unexpected end of file" : nullptr;
}

static uint32_t word_take(struct in *in, bool *cut)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int c = byte_take(in);
		*cut |= c < 0;
		v |= (uint32_t)(c & 0xff) << (i * 8);
	}
	return v;
}

const char *gzip_expand(struct in *in, struct out *out)
{
	for (bool first = true;; first = false) {
		int a = byte_take(in);
		if (a < 0 && !first)
			return nullptr;
		if (a == 0 && !first) /* padding of tapes */
			continue;
		int b = byte_take(in);
		if (a != 0x1f || b != 0x8b)
			return first ? (a < 0 ? "unexpected end of file" : "not in gzip format")
				     : "decompression OK, trailing garbage ignored";
		const char *error = header_skip(in);
		struct member m = { .out = out };
		if (error == nullptr)
			error = inflate(in, expanded_put, &m);
		if (error != nullptr)
			return error;
		bool cut = false;
		uint32_t crc = word_take(in, &cut), len = word_take(in, &cut);
		if (cut)
			return "unexpected end of file";
		if (crc != m.crc)
			return "invalid compressed data--crc error";
		if (len != (uint32_t)m.len)
			return "invalid compressed data--length error";
	}
}

static void word_put(struct out *out, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out_char(out, (int)(v >> (i * 8) & 0xff));
}

void gzip_compress(struct in *in, struct out *out, int level, const char *name, time_t mtime)
{
	const char head[] = { 0x1f, (char)0x8b, 8, name != nullptr ? 8 : 0 };
	struct member m = { .out = out };

	out_write(out, head, sizeof head);
	word_put(out, mtime > 0 && mtime <= UINT32_MAX ? (uint32_t)mtime : 0);
	out_char(out, level == 9 ? 2 : level == 1 ? 4 : 0);
	out_char(out, 3); /* Unix */
	if (name != nullptr)
		out_write(out, name, strlen(name) + 1);
	deflate(in, level, member_seen, member_put, &m);
	word_put(out, m.crc);
	word_put(out, (uint32_t)m.len);
}

static const struct opt gzip_opts[] = {
	{ 'c', "stdout", nullptr, "write to standard output, keep the files" },
	{ 'c', "to-stdout", nullptr, nullptr },
	{ 'd', "decompress", nullptr, "expand" },
	{ 'd', "uncompress", nullptr, nullptr },
	{ 'f', "force", nullptr, "overwrite, and also write to a terminal" },
	{ 'k', "keep", nullptr, "keep the files" },
	{ 'l', "list", nullptr, "show sizes" },
	{ 'n', "no-name", nullptr, "do not store name and time" },
	{ 'N', "name", nullptr, "store name and time (default)" },
	{ 'q', "quiet", nullptr, "no warnings" },
	{ 'r', "recursive", nullptr, "all files below directories" },
	{ 'S', "suffix", "SUFFIX", "use SUFFIX instead of .gz" },
	{ 't', "test", nullptr, "check, write nothing" },
	{ 'v', "verbose", nullptr, "tell what is done" },
	{ '1', "fast", nullptr, "as fast as possible" },
	{ '9', "best", nullptr, "as small as possible" },
	{ '#', nullptr, "NUM", nullptr },
	{},
};

struct gzip {
	bool expand, to_stdout, force, keep, list, no_name, quiet, recursive, test, verbose;
	const char *suffix;
	int level;
	int status;
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* The name of the file to write, or nullptr with a message. */
static char *target_name(struct gzip *g, const char *path)
{
	size_t n = strlen(path);

	if (!g->expand) {
		if (ends_with(path, g->suffix)) {
			if (!g->quiet)
				err_warn("%s already has %s suffix -- unchanged", path, g->suffix);
			g->status = g->status == 0 ? 2 : g->status;
			return nullptr;
		}
		return mem_format("%s%s", path, g->suffix);
	}
	if (ends_with(path, g->suffix))
		return mem_dup_bytes(path, n - strlen(g->suffix));
	if (ends_with(path, ".tgz"))
		return mem_format("%.*star", (int)n - 3, path);
	if (!g->quiet)
		err_warn("%s: unknown suffix -- ignored", path);
	g->status = g->status == 0 ? 2 : g->status;
	return nullptr;
}

/* Compresses or expands one stream; false after an error. */
static bool stream_run(struct gzip *g, struct in *in, struct out *out, const char *name,
		       time_t mtime)
{
	if (!g->expand) {
		gzip_compress(in, out, g->level, g->no_name ? nullptr : name,
			      g->no_name ? 0 : mtime);
		return !in->failed;
	}
	const char *error = gzip_expand(in, g->test ? nullptr : out);
	if (error == nullptr)
		return !in->failed;
	bool only_garbage = strstr(error, "garbage") != nullptr;
	if (!only_garbage || !g->quiet)
		err_warn("%s: %s", in->name, error);
	if (only_garbage)
		g->status = g->status == 0 ? 2 : g->status;
	return only_garbage;
}

static void sizes_show(struct gzip *g, const char *path)
{
	struct stat st;
	struct in in;
	uint8_t tail[4] = {};
	static bool heading;

	if (!in_open(&in, path)) {
		g->status = 1;
		return;
	}
	if (fstat(in.fd, &st) != 0 || st.st_size < 18 ||
	    pread(in.fd, tail, 4, st.st_size - 4) != 4) {
		err_warn("%s: not in gzip format", path);
		g->status = 1;
		in_close(&in);
		return;
	}
	uint32_t len = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 |
		       (uint32_t)tail[3] << 24;
	double ratio =
		len == 0 ? 0 : 100.0 * ((double)len - ((double)st.st_size - 18)) / (double)len;
	char *name = ends_with(path, ".gz") ? mem_dup_bytes(path, strlen(path) - 3) : mem_dup(path);
	if (!heading)
		put_string("         compressed        uncompressed  ratio uncompressed_name\n");
	heading = true;
	put_format("%19lld %19u %5.1f%% %s\n", (long long)st.st_size, len, ratio, name);
	in_close(&in);
}

static void file_run(struct gzip *g, const char *path)
{
	struct stat st;
	struct in in;
	struct out out;

	if (g->list) {
		sizes_show(g, path);
		return;
	}
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !g->to_stdout && !g->test &&
	    !g->force) {
		if (!g->quiet)
			err_warn("%s is not a directory or a regular file - ignored", path);
		g->status = g->status == 0 ? 2 : g->status;
		return;
	}
	char *target = g->to_stdout || g->test ? nullptr : target_name(g, path);
	if (target == nullptr && !g->to_stdout && !g->test)
		return;
	if (!in_open(&in, path) || fstat(in.fd, &st) != 0) {
		g->status = 1;
		return;
	}
	if (target == nullptr) {
		if (!stream_run(g, &in, &out_std, path_base(path), st.st_mtime))
			g->status = 1;
		in_close(&in);
		return;
	}
	int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | (g->force ? O_TRUNC : O_EXCL), 0600);
	if (fd < 0 && errno == EEXIST && isatty(STDIN_FILENO) &&
	    ask("%s already exists; do you wish to overwrite (y or n)? ", target))
		fd = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0) {
		if (errno == EEXIST)
			err_warn("%s already exists;\tnot overwritten", target);
		else
			err_warn_errno("%s", target);
		g->status = errno == EEXIST ? 2 : 1;
		in_close(&in);
		return;
	}
	out_open(&out, fd, target);
	bool ok = stream_run(g, &in, &out, path_base(path), st.st_mtime);
	const struct timespec times[] = { st.st_atim, st.st_mtim };
	out_flush(&out);
	(void)!fchown(fd, st.st_uid, st.st_gid); /* only root may */
	(void)fchmod(fd, st.st_mode & 07777);    /* as far as the file system has modes */
	(void)futimens(fd, times);               /* the same */
	out_close(&out);
	in_close(&in);
	if (!ok)
		g->status = 1;
	if (ok && g->verbose)
		dprintf(STDERR_FILENO, "%s:\t -- %s %s\n", path,
			g->keep ? "created" : "replaced with", target);
	if (!ok || !g->keep)
		(void)unlink(ok ? path : target); /* what is left over is no loss */
}

static void tree_run(struct gzip *g, const char *path)
{
	struct tree *t = tree_open(path, 0);
	struct tree_entry *e;

	while ((e = tree_next(t)) != nullptr) {
		if (e->kind == TREE_FILE && S_ISREG(e->st.st_mode) &&
		    (g->expand ? ends_with(e->path, g->suffix) : !ends_with(e->path, g->suffix)))
			file_run(g, e->path);
	}
	tree_close(t);
}

static int gzip_run(int argc, char **argv, struct gzip g)
{
	struct opt_state s;
	int o;

	g.suffix = ".gz";
	g.level = 6;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		g.to_stdout |= o == 'c';
		g.expand |= o == 'd' || o == 't';
		g.force |= o == 'f';
		g.keep |= o == 'k';
		g.list |= o == 'l';
		if (o == 'n' || o == 'N')
			g.no_name = o == 'n';
		g.quiet |= o == 'q';
		g.recursive |= o == 'r';
		if (o == 'S')
			g.suffix = s.arg;
		g.test |= o == 't';
		g.verbose |= o == 'v';
		if (o == '1' || o == '9')
			g.level = o - '0';
		if (o == '#') {
			g.level = s.arg[0] - '0';
			if (s.arg[1] != '\0' || g.level == 0)
				opt_usage_error("invalid level '-%s'", s.arg);
		}
	}
	if (s.index == argc) {
		struct in in;
		if (!g.expand && !g.force && !g.list && isatty(STDOUT_FILENO))
			err_fatal("compressed data not written to a terminal. Use -f to force "
				  "compression.");
		in_open_fd(&in, STDIN_FILENO, "stdin");
		if (!stream_run(&g, &in, &out_std, nullptr, 0))
			g.status = 1;
	}
	for (int i = s.index; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0) {
			struct in in;
			in_open_fd(&in, STDIN_FILENO, "stdin");
			if (!stream_run(&g, &in, &out_std, nullptr, 0))
				g.status = 1;
		} else if (path_is_dir(argv[i])) {
			if (g.recursive)
				tree_run(&g, argv[i]);
			else if (!g.quiet)
				err_warn("%s is a directory -- ignored", argv[i]);
			g.status = g.recursive || g.status != 0 ? g.status : 2;
		} else {
			/* As GNU: gunzip x finds x.gz. */
			char *with = g.expand && access(argv[i], F_OK) != 0
					     ? mem_format("%s%s", argv[i], g.suffix)
					     : nullptr;
			file_run(&g, with != nullptr && access(with, F_OK) == 0 ? with : argv[i]);
		}
	}
	return g.status;
}

static int gzip_main(int argc, char **argv)
{
	return gzip_run(argc, argv, (struct gzip){});
}

static int gunzip_main(int argc, char **argv)
{
	return gzip_run(argc, argv, (struct gzip){ .expand = true });
}

static int zcat_main(int argc, char **argv)
{
	return gzip_run(argc, argv, (struct gzip){ .expand = true, .to_stdout = true });
}

APPLET(gzip, .usage = "[OPTION]... [FILE]...", .summary = "Compress FILEs to FILE.gz.",
       .opts = gzip_opts);
APPLET(gunzip, .usage = "[OPTION]... [FILE]...", .summary = "Expand FILE.gz to FILE.",
       .opts = gzip_opts);
APPLET(zcat, .usage = "[OPTION]... [FILE]...", .summary = "Show what is in compressed FILEs.",
       .opts = gzip_opts);
