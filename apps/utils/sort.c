/* SPDX-License-Identifier: MPL-2.0 */
/* sort: lines in order. What keys are and how they compare is in sort_key.c. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"
#include "apps/utils/sort_key.h"

/* What is moved when sorting: the start of the first key in a form that compares as a number. */
struct entry {
	uint64_t prefix;
	const struct line *line;
};

struct sort {
	struct order order;
	bool unique, merge, check, check_quiet;
	char delim;
	const char *output;
	struct line *lines;
	size_t count, capacity;
	size_t *file_ends; /* the number of lines up to each file's end */
	size_t files, files_capacity;
	struct entry *entries, *spare;
};

enum { OPT_SORT = 256, OPT_FILES0, OPT_PARALLEL, OPT_COMPRESS, OPT_BATCH, OPT_RANDOM_SOURCE };

static const struct opt sort_opts[] = {
	{ 'b', "ignore-leading-blanks", nullptr, "blanks at the start of a key do not count" },
	{ 'd', "dictionary-order", nullptr, "only blanks, letters and digits count" },
	{ 'f', "ignore-case", nullptr, "lower case compares as upper case" },
	{ 'g', "general-numeric-sort", nullptr, "by value, also 1e3 and inf" },
	{ 'i', "ignore-nonprinting", nullptr, "only printable characters count" },
	{ 'M', "month-sort", nullptr, "by month: (unknown) < JAN < ... < DEC" },
	{ 'h', "human-numeric-sort", nullptr, "by size: 2K < 1G" },
	{ 'n', "numeric-sort", nullptr, "by value" },
	{ 'R', "random-sort", nullptr, "shuffle, but keep equal keys together" },
	{ 'r', "reverse", nullptr, "the other way around" },
	{ OPT_SORT, "sort", "WORD",
	  "general-numeric, human-numeric, month, numeric, random, version" },
	{ 'V', "version-sort", nullptr, "numbers inside names by value" },
	{ 'c', "check", "[HOW]", "only check if it is sorted; HOW: diagnose-first, quiet" },
	{ 'C', nullptr, nullptr, "the same as --check=quiet" },
	{ 'k', "key", "KEYDEF", "sort by a key, see below; may be repeated" },
	{ 'm', "merge", nullptr, "the files are sorted already" },
	{ 'o', "output", "FILE", "write to FILE, which may be one of the inputs" },
	{ 's', "stable", nullptr, "lines with equal keys stay in their order" },
	{ 't', "field-separator", "BYTE", "fields end with BYTE" },
	{ 'u', "unique", nullptr, "show only the first of lines with equal keys" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{ OPT_FILES0, "files0-from", "FILE", "take NUL-ended names of files from FILE" },
	{ 'S', "buffer-size", "SIZE", "accepted; all lines are held in memory" },
	{ 'T', "temporary-directory", "DIR", "accepted, without effect" },
	{ OPT_PARALLEL, "parallel", "N", "accepted, without effect" },
	{ OPT_BATCH, "batch-size", "N", nullptr },
	{ OPT_COMPRESS, "compress-program", "PROG", nullptr },
	{ OPT_RANDOM_SOURCE, "random-source", "FILE", "take the randomness of -R from FILE" },
	{},
};

static int lines_compare(const struct sort *s, const struct line *a, const struct line *b)
{
	int d = order_compare(&s->order, a, b);

	if (d != 0 || s->unique || s->order.stable)
		return d;
	size_t n = a->len < b->len ? a->len : b->len;
	d = scan_compare(a->text, b->text, n);
	if (d == 0)
		d = a->len < b->len ? -1 : a->len > b->len;
	return s->order.reverse ? -d : d;
}

/* Is `b` to come before `a`, which was first? */
static inline bool is_before(const struct sort *s, const struct entry *b, const struct entry *a)
{
	if (b->prefix != a->prefix)
		return b->prefix < a->prefix;
	return lines_compare(s, b->line, a->line) < 0;
}

static void insertion_sort(const struct sort *s, struct entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry x = e[i];
		size_t j = i;
		for (; j > 0 && is_before(s, &x, &e[j - 1]); j--)
			e[j] = e[j - 1];
		e[j] = x;
	}
}

static void halves_merge(const struct sort *s, struct entry *to, const struct entry *a, size_t n,
			 const struct entry *b, size_t m)
{
	const struct entry *a_stop = a + n, *b_stop = b + m;

	while (a < a_stop && b < b_stop)
		*to++ = is_before(s, b, a) ? *b++ : *a++;
	memcpy(to, a, (size_t)(a_stop - a) * sizeof *a);
	memcpy(to + (a_stop - a), b, (size_t)(b_stop - b) * sizeof *b);
}

/* Sorts `e`, leaving the result in `e`, or in `spare` when told so. */
static void merge_sort(const struct sort *s, struct entry *e, struct entry *spare, size_t n,
		       bool to_spare)
{
	if (n <= 12) {
		insertion_sort(s, e, n);
		if (to_spare)
			memcpy(spare, e, n * sizeof *e);
		return;
	}
	size_t half = n / 2;
	merge_sort(s, e, spare, half, !to_spare);
	merge_sort(s, e + half, spare + half, n - half, !to_spare);
	struct entry *from = to_spare ? e : spare, *to = to_spare ? spare : e;
	if (!is_before(s, &from[half], &from[half - 1]))
		memcpy(to, from, n * sizeof *e); /* already in order */
	else
		halves_merge(s, to, from, half, from + half, n - half);
}

static void line_add(struct sort *s, const char *text, size_t len)
{
	s->lines = mem_room(s->lines, s->count, &s->capacity, sizeof *s->lines);
	s->lines[s->count++] = (struct line){ text, len };
}

/* Reads a file and takes note of its lines; the text stays in memory. */
static void file_read(struct sort *s, const char *path)
{
	struct in in;
	char *text;
	size_t len;

	if (strcmp(path, "-") != 0 && access(path, R_OK) != 0)
		err_fatal_errno("cannot read: %s", path);
	if (!in_open(&in, path) || !in_all(&in, &text, &len))
		applet_exit(err_status);
	for (const char *p = text, *stop = text + len; p < stop;) {
		const char *end = scan_byte(p, stop, s->delim);
		line_add(s, p, (size_t)(end - p));
		p = end + 1;
	}
	if (in.fd > 0)
		close(in.fd);
	s->file_ends = mem_room(s->file_ends, s->files, &s->files_capacity, sizeof *s->file_ends);
	s->file_ends[s->files++] = s->count;
}

/* Merges the files [first, stop), which are taken to be sorted, within s->entries. */
static void files_merge(const struct sort *s, size_t first, size_t stop)
{
	if (stop - first < 2)
		return;
	size_t middle = first + (stop - first) / 2;
	size_t from = first == 0 ? 0 : s->file_ends[first - 1];
	size_t half = s->file_ends[middle - 1], end = s->file_ends[stop - 1];
	files_merge(s, first, middle);
	files_merge(s, middle, stop);
	halves_merge(s, s->spare + from, s->entries + from, half - from, s->entries + half,
		     end - half);
	memcpy(s->entries + from, s->spare + from, (end - from) * sizeof *s->entries);
}

static int order_check(const struct sort *s, const char *name)
{
	for (size_t i = 1; i < s->count; i++) {
		int d = lines_compare(s, &s->lines[i - 1], &s->lines[i]);
		if (d < 0 || (d == 0 && !s->unique))
			continue;
		if (!s->check_quiet)
			err_warn("%s:%zu: disorder: %.*s", name, i + 1, (int)s->lines[i].len,
				 s->lines[i].text);
		return 1;
	}
	return 0;
}

static void lines_sort(struct sort *s)
{
	s->entries = mem_alloc((s->count + 1) * sizeof *s->entries);
	s->spare = mem_alloc((s->count + 1) * sizeof *s->spare);
	for (size_t i = 0; i < s->count; i++)
		s->entries[i] =
			(struct entry){ order_prefix(&s->order, &s->lines[i]), &s->lines[i] };
	if (s->merge)
		files_merge(s, 0, s->files);
	else
		merge_sort(s, s->entries, s->spare, s->count, false);
}

static void lines_show(const struct sort *s, struct out *out)
{
	const struct line *last = nullptr;

	for (size_t i = 0; i < s->count; i++) {
		const struct line *l = s->entries[i].line;
		if (s->unique && last != nullptr && order_compare(&s->order, last, l) == 0)
			continue;
		last = l;
		out_write(out, l->text, l->len);
		out_char(out, s->delim);
	}
}

static void output_write(const struct sort *s)
{
	struct out to;

	if (s->output == nullptr || strcmp(s->output, "-") == 0) {
		lines_show(s, &out_std);
		return;
	}
	int fd = open(s->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		err_fatal_errno("open failed: %s", s->output);
	out_open(&to, fd, s->output);
	lines_show(s, &to);
	out_close(&to);
}

static int order_by_word(const char *word)
{
	static const char *const words[] = { "general-numeric", "human-numeric", "month",
					     "numeric",         "random",        "version" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strncmp(words[i], word, strlen(word)) == 0 && *word != '\0')
			return "ghMnRV"[i];
	}
	opt_usage_error("invalid argument '%s' for '--sort'", word);
}

static void separator_take(struct sort *s, const char *arg)
{
	if (arg[0] == '\0')
		err_fatal("empty tab");
	int tab = strcmp(arg, "\\0") == 0 ? '\0' : (unsigned char)arg[0];
	if (arg[1] != '\0' && tab != '\0')
		err_fatal("multi-character tab '%s'", arg);
	if (s->order.tab >= 0 && s->order.tab != tab)
		err_fatal("incompatible tabs");
	s->order.tab = tab;
}

static void sort_option(struct sort *s, int o, const char *arg)
{
	switch (o) {
	case 'k':
		order_add_key(&s->order, arg);
		break;
	case 't':
		separator_take(s, arg);
		break;
	case 'c':
		s->check = true;
		s->check_quiet = arg != nullptr && (*arg == 'q' || *arg == 's');
		break;
	case 'C':
		s->check = s->check_quiet = true;
		break;
	case 'm':
		s->merge = true;
		break;
	case 'o':
		if (s->output != nullptr && strcmp(s->output, arg) != 0)
			err_fatal("multiple output files specified");
		s->output = arg;
		break;
	case 's':
		s->order.stable = true;
		break;
	case 'u':
		s->unique = true;
		break;
	case 'z':
		s->delim = '\0';
		break;
	case OPT_SORT:
		order_add_flag(&s->order, (char)order_by_word(arg));
		break;
	default:
		if (o < 256 && strchr("bdfgiMhnRrV", o) != nullptr)
			order_add_flag(&s->order, (char)o);
	}
}

static void files0_read(struct sort *s, const char *list)
{
	struct in in;
	char *names;
	size_t len;

	if (!in_open(&in, list) || !in_all(&in, &names, &len))
		applet_exit(err_status);
	for (char *p = names; p < names + len; p += strlen(p) + 1)
		file_read(s, p);
}

static int sort_main(int argc, char **argv)
{
	struct sort s = { .delim = '\n', .order.tab = -1 };
	const char *files0 = nullptr;
	struct opt_state state;
	int o;

	err_status = 2;
	opt_init(&state, argc, argv);
	while ((o = opt_next(&state)) != 0) {
		sort_option(&s, o, state.arg);
		if (o == OPT_FILES0)
			files0 = state.arg;
	}
	order_finish(&s.order);
	int first = state.index;
	if (s.check && argc - first > 1)
		opt_usage_error("extra operand '%s' not allowed with -%c", argv[first + 1],
				s.check_quiet ? 'C' : 'c');
	if (files0 != nullptr && first < argc)
		opt_extra_operand(argv[first]);
	if (files0 != nullptr)
		files0_read(&s, files0);
	else if (first == argc)
		file_read(&s, "-");
	for (int i = first; i < argc; i++)
		file_read(&s, argv[i]);
	if (s.check)
		return order_check(&s, first < argc ? argv[first] : "-");
	lines_sort(&s);
	output_write(&s);
	return 0;
}

APPLET(sort, .usage = "[OPTION]... [FILE]...\n[OPTION]... --files0-from=FILE",
       .summary = "Show the lines of all FILEs in order.", .opts = sort_opts,
       .details = "KEYDEF is F[.C][OPTS][,F[.C][OPTS]]: from field F, character C, to the second "
		  "ones,\n"
		  "counted from 1; OPTS are letters of bdfgiMhnRrV for this key alone.");
