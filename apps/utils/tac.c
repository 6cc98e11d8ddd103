/* SPDX-License-Identifier: MPL-2.0 */
/* tac and rev: lines backwards, and the characters of lines backwards. */
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/regex.h"
#include "apps/applet/utf8.h"

static const struct opt tac_opts[] = {
	{ 'b', "before", nullptr, "the separator stands before each record, not behind it" },
	{ 'r', "regex", nullptr, "the separator is a regular expression" },
	{ 's', "separator", "TEXT", "records end with TEXT, not newline" },
	{},
};

struct tac {
	bool before;
	const char *separator;
	size_t len;
	struct regex *regex;
};

/* The next separator in [from, len): where it starts and ends. */
static bool separator_find(const struct tac *t, const char *text, size_t len, size_t from,
			   struct regex_span *m)
{
	if (t->regex != nullptr)
		return regex_match(t->regex, text, len, from, m, 1);
	const char *p = memmem(text + from, len - from, t->separator, t->len);
	if (p == nullptr)
		return false;
	*m = (struct regex_span){ (size_t)(p - text), (size_t)(p - text) + t->len };
	return true;
}

static bool file_reverse(const struct tac *t, const char *path)
{
	struct in in;
	char *text;
	size_t len, *starts = nullptr, count = 0, capacity = 0;

	if (!in_open(&in, path))
		return false;
	if (!in_all(&in, &text, &len)) {
		in_close(&in);
		return false;
	}
	/* Where each record starts. */
	starts = mem_room(starts, count, &capacity, sizeof *starts);
	starts[count++] = 0;
	struct regex_span m;
	for (size_t from = 0; from < len && separator_find(t, text, len, from, &m);) {
		size_t at = t->before ? m.start : m.end;
		from = m.end > m.start ? m.end : m.end + 1;
		if (at != 0 && at < len) {
			starts = mem_room(starts, count, &capacity, sizeof *starts);
			starts[count++] = at;
		}
	}
	for (size_t i = count; i-- > 0;)
		put_bytes(text + starts[i], (i + 1 < count ? starts[i + 1] : len) - starts[i]);
	mem_free(starts);
	in_close(&in);
	return true;
}

static int tac_main(int argc, char **argv)
{
	struct tac t = { .separator = "\n" };
	bool is_regex = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		t.before |= o == 'b';
		is_regex |= o == 'r';
		if (o == 's')
			t.separator = s.arg;
	}
	t.len = t.separator[0] == '\0' ? 1 : strlen(t.separator);
	if (is_regex) {
		const char *error;
		t.regex = regex_create(t.separator, strlen(t.separator), 0, &error);
		if (t.regex == nullptr)
			err_fatal("%s", error);
	}
	if (s.index == argc)
		return !file_reverse(&t, "-");
	for (int i = s.index; i < argc; i++)
		status |= !file_reverse(&t, argv[i]);
	return status;
}

static const struct opt rev_opts[] = { {} };

static int rev_main(int argc, char **argv)
{
	struct opt_state s;
	int status = 0;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	for (int i = s.index; i < argc || i == s.index; i++) {
		struct in in;
		char *line;
		size_t len;
		if (!in_open(&in, i < argc ? argv[i] : "-")) {
			status = 1;
			continue;
		}
		while (in_line(&in, '\n', &line, &len)) {
			bool ended = line[len - 1] == '\n';
			const char *stop = line + len - ended;
			char *reversed = mem_alloc(len + 1), *to = reversed + (stop - line);
			for (const char *p = line; p < stop;) {
				uint32_t code;
				int n = char_decode(p, stop, &code);
				to -= n;
				memcpy(to, p, (size_t)n);
				p += n;
			}
			put_bytes(reversed, (size_t)(stop - line));
			if (ended)
				put_char('\n');
			mem_free(reversed);
		}
		status |= in.failed;
		in_close(&in);
	}
	return status;
}

APPLET(tac, .usage = "[OPTION]... [FILE]...",
       .summary = "Show each FILE from its last line to its first.", .opts = tac_opts);
APPLET(rev, .usage = "[FILE]...", .summary = "Show each line from its last character to its first.",
       .opts = rev_opts);
