/* SPDX-License-Identifier: MPL-2.0 */
/* readlink and realpath: what links and paths lead to, of any length. */
#include "apps/utils/resolve.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/path.h"

constexpr int LINKS_MAX = 40; /* as the kernel counts: more are a loop */

/* The text of a link, or nullptr. */
static char *link_read(const char *path)
{
	for (size_t size = 128;; size *= 2) {
		char *text = mem_alloc(size);
		ssize_t n = readlink(path, text, size);
		if (n >= 0 && (size_t)n < size) {
			text[n] = '\0';
			return text;
		}
		mem_free(text);
		if (n < 0)
			return nullptr;
	}
}

static char *current_dir(void)
{
	for (size_t size = 256;; size *= 2) {
		char *text = mem_alloc(size);
		if (getcwd(text, size) != nullptr)
			return text;
		mem_free(text);
		if (errno != ERANGE)
			return nullptr;
	}
}

char *path_resolve(const char *path, enum resolve_missing missing, bool links)
{
	struct text done = {}, rest = {};
	int followed = 0;

	if (path[0] == '\0') {
		errno = ENOENT;
		return nullptr;
	}
	if (path[0] != '/') {
		char *cwd = current_dir();
		if (cwd == nullptr)
			return nullptr;
		text_add_string(&done, strcmp(cwd, "/") == 0 ? "" : cwd);
	}
	text_add_string(&done, "");
	text_add_string(&rest, path);
	bool want_dir = path[strlen(path) - 1] == '/';
	for (size_t at = 0; at < rest.len;) {
		const char *part = rest.bytes + at;
		size_t n = strcspn(part, "/"), kept = done.len;
		size_t behind = at + n + strspn(part + n, "/");
		at = behind;
		if (n == 0 || (n == 1 && part[0] == '.'))
			continue;
		if (n == 2 && memcmp(part, "..", 2) == 0) {
			char *slash = strrchr(done.bytes, '/');
			done.len = slash != nullptr ? (size_t)(slash - done.bytes) : 0;
			done.bytes[done.len] = '\0';
			continue;
		}
		text_add_char(&done, '/');
		text_add(&done, part, n);
		struct stat st;
		if (lstat(done.bytes, &st) != 0) {
			bool last = at >= rest.len;
			if (missing == RESOLVE_ALL || (missing == RESOLVE_BUT_LAST && !last) ||
			    errno != ENOENT)
				if (missing != RESOLVE_ANYTHING)
					return nullptr;
			continue;
		}
		if (!links && S_ISLNK(st.st_mode))
			(void)stat(done.bytes, &st); /* a dangling one stays a link */
		if (links && S_ISLNK(st.st_mode)) {
			if (++followed > LINKS_MAX) {
				if (missing == RESOLVE_ANYTHING)
					continue;
				errno = ELOOP;
				return nullptr;
			}
			char *text = link_read(done.bytes);
			if (text == nullptr)
				return nullptr;
			done.len = text[0] == '/' ? 0 : kept;
			done.bytes[done.len] = '\0';
			char *joined =
				at < rest.len ? mem_format("%s/%s", text, rest.bytes + at) : text;
			rest.len = 0;
			text_add_string(&rest, joined);
			at = 0;
		} else if (!S_ISDIR(st.st_mode) && (at < rest.len || want_dir) &&
			   missing != RESOLVE_ANYTHING) {
			errno = ENOTDIR;
			return nullptr;
		}
	}
	if (done.len == 0)
		text_add_char(&done, '/');
	return done.bytes;
}

char *path_from(const char *path, const char *folder)
{
	struct text t = {};
	size_t same = 0, i = 0;

	/* The last slash up to which both agree; the end of either counts as one. */
	for (;; i++) {
		char a = path[i], b = folder[i];
		if ((a == '/' || a == '\0') && (b == '/' || b == '\0'))
			same = i;
		if (a != b || a == '\0')
			break;
	}
	if (strcmp(folder, "/") == 0)
		same = 0;
	text_add_string(&t, "");
	for (const char *p = folder + same; *p != '\0'; p++) {
		if (*p == '/' && p[1] != '\0')
			text_add_string(&t, t.len == 0 ? ".." : "/..");
	}
	const char *rest = path + same + (path[same] == '/');
	if (*rest != '\0')
		text_format(&t, "%s%s", t.len == 0 ? "" : "/", rest);
	if (t.len == 0)
		text_add_string(&t, ".");
	return t.bytes;
}

char *path_relative(const char *target, const char *name)
{
	char *folder = path_resolve(path_dir(name), RESOLVE_ANYTHING, true);
	char *path = path_resolve(target, RESOLVE_ANYTHING, true);

	return folder == nullptr || path == nullptr ? mem_dup(target) : path_from(path, folder);
}

static const struct opt readlink_opts[] = {
	{ 'f', "canonicalize", nullptr, "follow all links; all but the last part must exist" },
	{ 'e', "canonicalize-existing", nullptr, "follow all links; everything must exist" },
	{ 'm', "canonicalize-missing", nullptr, "follow all links; nothing need exist" },
	{ 'n', "no-newline", nullptr, "no newline at the end" },
	{ 'q', "quiet", nullptr, "no messages (default)" },
	{ 's', "silent", nullptr, "the same" },
	{ 'v', "verbose", nullptr, "show messages" },
	{ 'z', "zero", nullptr, "end with NUL, not newline" },
	{},
};

static int readlink_main(int argc, char **argv)
{
	bool newline = true, verbose = false;
	int o, how = 0, status = 0;
	char end = '\n';
	struct opt_state s;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'f' || o == 'e' || o == 'm')
			how = o;
		newline &= o != 'n';
		verbose |= o == 'v';
		verbose &= o != 'q' && o != 's';
		if (o == 'z')
			end = '\0';
	}
	if (s.index == argc)
		opt_missing_operand();
	for (int i = s.index; i < argc; i++) {
		char *text = how == 0 ? link_read(argv[i])
				      : path_resolve(argv[i],
						     how == 'f'   ? RESOLVE_BUT_LAST
						     : how == 'e' ? RESOLVE_ALL
								  : RESOLVE_ANYTHING,
						     true);
		if (text == nullptr) {
			status = 1;
			if (verbose)
				err_warn_errno("%s", argv[i]);
			continue;
		}
		put_string(text);
		if (newline || argc - s.index > 1)
			put_char(end);
	}
	return status;
}

enum { OPT_RELATIVE_TO = 256, OPT_RELATIVE_BASE };

static const struct opt realpath_opts[] = {
	{ 'e', "canonicalize-existing", nullptr, "everything must exist" },
	{ 'm', "canonicalize-missing", nullptr, "nothing need exist" },
	{ 'L', "logical", nullptr, "resolve .. before links" },
	{ 'P', "physical", nullptr, "resolve links as they come (default)" },
	{ 'q', "quiet", nullptr, "no messages" },
	{ OPT_RELATIVE_TO, "relative-to", "DIR", "show paths as seen from DIR" },
	{ OPT_RELATIVE_BASE, "relative-base", "DIR", "show paths below DIR as seen from there" },
	{ 's', "strip", nullptr, "do not follow links" },
	{ 's', "no-symlinks", nullptr, nullptr },
	{ 'z', "zero", nullptr, "end with NUL, not newline" },
	{},
};

static bool is_below(const char *path, const char *base)
{
	size_t n = strlen(base);

	return strcmp(base, "/") == 0 ||
	       (strncmp(path, base, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

static int realpath_main(int argc, char **argv)
{
	enum resolve_missing how = RESOLVE_BUT_LAST;
	const char *to = nullptr, *base = nullptr;
	bool links = true, quiet = false, logical = false;
	int o, status = 0;
	char end = '\n';
	struct opt_state s;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o == 'e' || o == 'm')
			how = o == 'e' ? RESOLVE_ALL : RESOLVE_ANYTHING;
		links &= o != 's';
		logical |= o == 'L';
		quiet |= o == 'q';
		if (o == 'z')
			end = '\0';
		if (o == OPT_RELATIVE_TO)
			to = s.arg;
		if (o == OPT_RELATIVE_BASE)
			base = s.arg;
	}
	if (s.index == argc)
		opt_missing_operand();
	if (base != nullptr && (base = path_resolve(base, how, links)) == nullptr)
		err_fatal_errno("invalid --relative-base");
	if (to != nullptr && (to = path_resolve(to, how, links)) == nullptr)
		err_fatal_errno("invalid --relative-to");
	if (base != nullptr && to != nullptr && !is_below(to, base))
		to = base = nullptr;
	if (to == nullptr)
		to = base;
	for (int i = s.index; i < argc; i++) {
		char *path = path_resolve(argv[i], how, links && !logical);
		if (path != nullptr && logical && links)
			path = path_resolve(path, how, true);
		if (path == nullptr) {
			if (!quiet)
				err_warn_errno("%s", argv[i]);
			status = 1;
			continue;
		}
		bool relative = to != nullptr && (base == nullptr || is_below(path, base));
		put_string(relative ? path_from(path, to) : path);
		put_char(end);
	}
	return status;
}

APPLET(readlink, .usage = "[OPTION]... FILE...",
       .summary = "Show what symbolic links hold, or where paths lead.", .opts = readlink_opts,
       .flags = APPLET_IN_PROCESS);
APPLET(realpath, .usage = "[OPTION]... FILE...",
       .summary = "Show absolute paths without links, . and ...", .opts = realpath_opts,
       .flags = APPLET_IN_PROCESS);
