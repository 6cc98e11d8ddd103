/* SPDX-License-Identifier: MPL-2.0 */
/* paste, comm and join: files side by side. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/scan.h"

static const struct opt paste_opts[] = {
	{ 'd', "delimiters", "LIST", "put the characters of LIST in turn between, not tabs" },
	{ 's', "serial", nullptr, "join the lines of each file, one file after another" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

struct paste {
	char *delims; /* '\0' with none[i] stands for nothing */
	bool *none;
	size_t count;
	char end;
};

static void delims_read(struct paste *p, const char *list)
{
	size_t n = strlen(list);

	p->delims = mem_alloc(n + 1);
	p->none = mem_zero(n + 1, sizeof *p->none);
	for (const char *q = list; *q != '\0'; q++) {
		static const char letters[] = "bfnrtv\\", values[] = "\b\f\n\r\t\v\\";
		char c = *q;
		if (c == '\\' && q[1] == '\0')
			err_fatal("delimiter list ends with an unescaped backslash: %s", list);
		if (c == '\\') {
			const char *at = strchr(letters, *++q);
			p->none[p->count] = *q == '0';
			c = at != nullptr ? values[at - letters] : *q;
		}
		p->delims[p->count++] = c;
	}
	if (p->count == 0)
		p->none[p->count++] = true;
}

static void delim_put(const struct paste *p, size_t i)
{
	if (!p->none[i % p->count])
		put_char(p->delims[i % p->count]);
}

static void serial_paste(const struct paste *p, struct in *in)
{
	char *line;
	size_t len, n = 0;

	while (in_line(in, p->end, &line, &len)) {
		if (n != 0)
			delim_put(p, n - 1);
		n++;
		put_bytes(line, len - (line[len - 1] == p->end));
	}
	put_char(p->end);
}

static void parallel_paste(const struct paste *p, struct in *files, int count)
{
	bool *done = mem_zero((size_t)count, sizeof *done);
	int open = count;

	while (open > 0) {
		bool any = false;
		size_t held = 0; /* delimiters that are due once something follows */
		for (int i = 0; i < count; i++) {
			char *line;
			size_t len;
			if (!done[i] && !in_line(&files[i], p->end, &line, &len)) {
				done[i] = true;
				open--;
			}
			if (i != 0)
				held++;
			if (done[i])
				continue;
			for (; held != 0; held--)
				delim_put(p, (size_t)i - held);
			any = true;
			put_bytes(line, len - (line[len - 1] == p->end));
		}
		if (!any)
			break;
		for (; held != 0; held--)
			delim_put(p, (size_t)count - 1 - held);
		put_char(p->end);
	}
}

static int paste_main(int argc, char **argv)
{
	struct paste p = { .end = '\n' };
	const char *list = "\t";
	bool serial = false;
	struct opt_state s;
	int o, status = 0;
	static char dash[] = "-";
	char *only_stdin[] = { dash };

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		serial |= o == 's';
		if (o == 'd')
			list = s.arg;
		if (o == 'z')
			p.end = '\0';
	}
	delims_read(&p, list);
	int count = s.index == argc ? 1 : argc - s.index;
	char **names = s.index == argc ? only_stdin : argv + s.index;
	struct in *files = mem_zero((size_t)count, sizeof *files);
	struct in *std = nullptr;
	for (int i = 0; i < count; i++) {
		bool is_std = strcmp(names[i], "-") == 0;
		if (!in_open(&files[i], names[i])) {
			if (!serial)
				return 1;
			status = 1;
			continue;
		}
		if (serial) {
			serial_paste(&p, &files[i]);
			status |= files[i].failed;
			in_close(&files[i]);
		}
		/* Standard input given twice is read in turn: it needs one buffer. */
		if (is_std && std == nullptr)
			std = &files[i];
	}
	if (serial)
		return status;
	int stds = 0;
	for (int i = 0; i < count; i++)
		stds += strcmp(names[i], "-") == 0;
	if (stds < 2) {
		parallel_paste(&p, files, count);
		return 0;
	}
	/* Split the lines of standard input over as many texts, then paste those. */
	struct text *texts = mem_zero((size_t)stds, sizeof *texts);
	char *line;
	size_t len;
	for (int i = 0; in_line(std, p.end, &line, &len); i++) {
		text_add(&texts[i % stds], line, len);
		if (line[len - 1] != p.end)
			text_add_char(&texts[i % stds], p.end);
	}
	for (int i = 0, k = 0; i < count; i++) {
		if (strcmp(names[i], "-") != 0)
			continue;
		text_add_string(&texts[k], "");
		files[i] = (struct in){ .fd = -1,
					.name = "-",
					.eof = true,
					.buf = texts[k].bytes,
					.end = texts[k].len };
		k++;
	}
	parallel_paste(&p, files, count);
	return 0;
}

enum { OPT_CHECK = 256, OPT_NO_CHECK, OPT_DELIMITER, OPT_TOTAL };

static const struct opt comm_opts[] = {
	{ '1', nullptr, nullptr, "leave out lines only in FILE1" },
	{ '2', nullptr, nullptr, "leave out lines only in FILE2" },
	{ '3', nullptr, nullptr, "leave out lines in both" },
	{ OPT_CHECK, "check-order", nullptr, "fail if the files are not sorted" },
	{ OPT_NO_CHECK, "nocheck-order", nullptr, "do not check if they are" },
	{ OPT_DELIMITER, "output-delimiter", "TEXT", "put TEXT between columns, not tabs" },
	{ OPT_TOTAL, "total", nullptr, "show counts at the end" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

static int line_compare(const struct text *a, const struct text *b)
{
	int d = scan_compare(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	return d != 0 ? d : (a->len > b->len) - (a->len < b->len);
}

/* A file of lines in order, with the line before for the check. */
struct side {
	struct in in;
	struct text line, last;
	bool has, disorder;
};

static void side_next(struct side *s, char end)
{
	char *line;
	size_t len;
	struct text t = s->last;

	s->last = s->line;
	s->line = t;
	bool had = s->has;
	s->has = in_line(&s->in, end, &line, &len);
	s->line.len = 0;
	if (!s->has)
		return;
	text_add(&s->line, line, len - (line[len - 1] == end));
	s->disorder = had && line_compare(&s->last, &s->line) > 0;
}

static int comm_main(int argc, char **argv)
{
	bool drop[3] = {}, total = false, warned[2] = {};
	const char *delimiter = "\t";
	unsigned long counts[3] = {};
	struct side sides[2] = {};
	struct opt_state s;
	int o, check = -1, status = 0;
	char end = '\n';
	size_t delimiter_len = 1;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		if (o >= '1' && o <= '3')
			drop[o - '1'] = true;
		total |= o == OPT_TOTAL;
		if (o == OPT_CHECK || o == OPT_NO_CHECK)
			check = o == OPT_CHECK;
		if (o == OPT_DELIMITER) {
			delimiter = s.arg;
			delimiter_len = s.arg[0] == '\0' ? 1 : strlen(s.arg);
		}
		if (o == 'z')
			end = '\0';
	}
	if (argc - s.index < 2)
		opt_usage_error(s.index == argc ? "missing operand" : "missing operand after '%s'",
				argv[argc - 1]);
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	for (int i = 0; i < 2; i++) {
		if (!in_open(&sides[i].in, argv[s.index + i]))
			return 1;
		side_next(&sides[i], end);
	}
	bool unpaired = false;
	while (sides[0].has || sides[1].has) {
		int d = !sides[0].has   ? 1
			: !sides[1].has ? -1
					: line_compare(&sides[0].line, &sides[1].line);
		int column = d < 0 ? 0 : d > 0 ? 1 : 2;
		const struct text *t = &sides[d > 0].line;
		unpaired |= d != 0;
		counts[column]++;
		if (!drop[column]) {
			for (int c = 0; c < column; c++) {
				if (!drop[c])
					put_bytes(delimiter, delimiter_len);
			}
			put_bytes(t->bytes, t->len);
			put_char(end);
		}
		for (int i = 0; i < 2; i++) {
			if (i == 0 ? d > 0 : d < 0)
				continue;
			side_next(&sides[i], end);
			if (sides[i].has && sides[i].disorder && check != 0 && !warned[i] &&
			    (check == 1 || unpaired)) {
				err_warn("file %d is not in sorted order", i + 1);
				warned[i] = true;
				status = 1;
				if (check == 1)
					return 1;
			}
		}
	}
	if (total)
		put_format("%lu%.*s%lu%.*s%lu%.*stotal%c", counts[0], (int)delimiter_len, delimiter,
			   counts[1], (int)delimiter_len, delimiter, counts[2], (int)delimiter_len,
			   delimiter, end);
	if (status != 0 && check != 1)
		err_warn("input is not in sorted order");
	return status;
}

enum { OPT_HEADER = 300 };

static const struct opt join_opts[] = {
	{ 'a', nullptr, "N", "show lines of file N that pair with none, too" },
	{ 'e', nullptr, "TEXT", "show TEXT for fields that are missing" },
	{ 'i', "ignore-case", nullptr, "compare without regard to case" },
	{ 'j', nullptr, "FIELD", "the same as -1 FIELD -2 FIELD" },
	{ 'o', nullptr, "LIST", "show the fields of LIST: 0 or N.FIELD, or auto" },
	{ 't', nullptr, "BYTE", "fields end with BYTE" },
	{ 'v', nullptr, "N", "the same as -a, without paired lines" },
	{ '1', nullptr, "FIELD", "join by this field of file 1" },
	{ '2', nullptr, "FIELD", "join by this field of file 2" },
	{ OPT_CHECK, "check-order", nullptr, "fail if the files are not sorted" },
	{ OPT_NO_CHECK, "nocheck-order", nullptr, "do not check if they are" },
	{ OPT_HEADER, "header", nullptr, "the first lines are headings, joined as they are" },
	{ 'z', "zero-terminated", nullptr, "lines end with NUL, not newline" },
	{},
};

/* A line with its fields. */
struct record {
	struct text line;
	struct span {
		size_t start, len;
	} *fields;
	size_t count, capacity;
};

/* A file and the run of records that share a key. */
struct join_side {
	struct in in;
	size_t key;
	struct record *run;
	size_t run_count, run_capacity;
	struct record next;
	bool has_next, checked;
	struct text last_key;
	bool has_last;
};

struct join {
	struct join_side sides[2];
	bool show_unpaired[2], show_pairs, ignore_case, header, automatic;
	int check; /* -1: only when something does not pair */
	int tab;
	char end;
	const char *empty;
	struct output_field {
		int file; /* 0: the key */
		size_t field;
	} *list;
	size_t list_count, list_capacity;
	size_t auto_counts[2];
	bool any_unpaired;
	int status;
};

static void field_add(struct record *r, size_t start, size_t len)
{
	r->fields = mem_room(r->fields, r->count, &r->capacity, sizeof *r->fields);
	r->fields[r->count++] = (struct span){ start, len };
}

static void record_split(const struct join *j, struct record *r)
{
	const char *p = r->line.bytes, *stop = p + r->line.len;

	r->count = 0;
	if (p == stop)
		return;
	if (j->tab >= 0) {
		for (;;) {
			const char *end = scan_byte(p, stop, j->tab);
			field_add(r, (size_t)(p - r->line.bytes), (size_t)(end - p));
			if (end == stop)
				return;
			p = end + 1;
		}
	}
	for (;;) {
		while (p < stop && (isblank((unsigned char)*p) || *p == '\n'))
			p++;
		if (p == stop)
			return;
		const char *from = p;
		while (p < stop && !isblank((unsigned char)*p) && *p != '\n')
			p++;
		field_add(r, (size_t)(from - r->line.bytes), (size_t)(p - from));
	}
}

static struct span field_get(const struct record *r, size_t i)
{
	return i < r->count ? r->fields[i] : (struct span){};
}

static int key_compare(const struct join *j, const char *a, size_t n, const char *b, size_t m)
{
	size_t least = n < m ? n : m;
	int d = least == 0 ? 0 : j->ignore_case ? strncasecmp(a, b, least) : memcmp(a, b, least);

	return d != 0 ? d : (n > m) - (n < m);
}

static int records_compare(const struct join *j, const struct record *a, size_t a_key,
			   const struct record *b, size_t b_key)
{
	struct span x = field_get(a, a_key), y = field_get(b, b_key);

	return key_compare(j, a->line.bytes + x.start, x.len, b->line.bytes + y.start, y.len);
}

static void next_read(struct join *j, int file)
{
	struct join_side *s = &j->sides[file];
	char *line;
	size_t len;

	s->next = (struct record){};
	s->has_next = in_line(&s->in, j->end, &line, &len);
	if (!s->has_next)
		return;
	text_add(&s->next.line, line, len - (line[len - 1] == j->end));
	record_split(j, &s->next);
	struct span key = field_get(&s->next, s->key);
	const char *p = s->next.line.bytes + key.start;
	bool disorder =
		s->has_last && key_compare(j, s->last_key.bytes, s->last_key.len, p, key.len) > 0;
	if (disorder && j->check != 0 && !s->checked && (j->check == 1 || j->any_unpaired)) {
		err_warn("file %d is not in sorted order: %.*s", file + 1, (int)s->next.line.len,
			 s->next.line.bytes);
		s->checked = true;
		j->status = 1;
		if (j->check == 1)
			applet_exit(1);
	}
	s->last_key.len = 0;
	text_add(&s->last_key, p, key.len);
	s->has_last = true;
}

static void record_free(struct record *r)
{
	mem_free(r->line.bytes);
	mem_free(r->fields);
}

/* Takes all records with the key of the next one. */
static void run_read(struct join *j, int file)
{
	struct join_side *s = &j->sides[file];

	for (size_t i = 0; i < s->run_count; i++)
		record_free(&s->run[i]);
	s->run_count = 0;
	while (s->has_next && (s->run_count == 0 ||
			       records_compare(j, &s->run[0], s->key, &s->next, s->key) == 0)) {
		s->run = mem_room(s->run, s->run_count, &s->run_capacity, sizeof *s->run);
		s->run[s->run_count++] = s->next;
		next_read(j, file);
	}
}

static void field_put(const struct join *j, const struct record *r, size_t i, bool *first)
{
	if (!*first)
		put_char(j->tab >= 0 ? j->tab : ' ');
	*first = false;
	if (r != nullptr && i < r->count && r->fields[i].len != 0)
		put_bytes(r->line.bytes + r->fields[i].start, r->fields[i].len);
	else if (j->empty != nullptr)
		put_string(j->empty);
}

static void rest_put(const struct join *j, const struct record *r, size_t key, size_t count,
		     bool *first)
{
	for (size_t i = 0; i < count; i++) {
		if (i != key)
			field_put(j, r, i, first);
	}
}

/* Either may be nullptr. */
static void pair_put(const struct join *j, const struct record *a, const struct record *b)
{
	const struct record *records[] = { a, b };
	const struct record *key_of = a != nullptr ? a : b;
	size_t key = j->sides[a == nullptr].key;
	bool first = true;

	if (j->list_count != 0) {
		for (size_t i = 0; i < j->list_count; i++) {
			const struct output_field *f = &j->list[i];
			if (f->file == 0)
				field_put(j, key_of, key, &first);
			else
				field_put(j, records[f->file - 1], f->field, &first);
		}
	} else {
		field_put(j, key_of, key, &first);
		for (int i = 0; i < 2; i++) {
			size_t count = j->automatic            ? j->auto_counts[i]
				       : records[i] != nullptr ? records[i]->count
							       : 0;
			rest_put(j, records[i], j->sides[i].key, count, &first);
		}
	}
	put_char(j->end);
}

static void unpaired_put(struct join *j, int file)
{
	struct join_side *s = &j->sides[file];

	j->any_unpaired = true;
	for (size_t i = 0; i < s->run_count && j->show_unpaired[file]; i++)
		pair_put(j, file == 0 ? &s->run[i] : nullptr, file == 1 ? &s->run[i] : nullptr);
	run_read(j, file);
}

static void files_join(struct join *j)
{
	struct join_side *a = &j->sides[0], *b = &j->sides[1];

	for (int i = 0; i < 2; i++) {
		next_read(j, i);
		j->auto_counts[i] = j->sides[i].has_next ? j->sides[i].next.count : 0;
	}
	if (j->header && (a->has_next || b->has_next)) {
		pair_put(j, a->has_next ? &a->next : nullptr, b->has_next ? &b->next : nullptr);
		for (int i = 0; i < 2; i++) {
			j->sides[i].has_last = false;
			next_read(j, i);
		}
	}
	run_read(j, 0);
	run_read(j, 1);
	while (a->run_count != 0 || b->run_count != 0) {
		int d = a->run_count == 0 ? 1
			: b->run_count == 0
				? -1
				: records_compare(j, &a->run[0], a->key, &b->run[0], b->key);
		if (d != 0) {
			unpaired_put(j, d > 0);
			continue;
		}
		for (size_t i = 0; i < a->run_count && j->show_pairs; i++) {
			for (size_t k = 0; k < b->run_count; k++)
				pair_put(j, &a->run[i], &b->run[k]);
		}
		run_read(j, 0);
		run_read(j, 1);
	}
}

static size_t field_read(const char *s)
{
	uint64_t n;

	if (num_parse(s, &n) != NUM_OK || n == 0)
		err_fatal("invalid field number: '%s'", s);
	return (size_t)n - 1;
}

static void list_read(struct join *j, const char *list)
{
	if (strcmp(list, "auto") == 0) {
		j->automatic = true;
		return;
	}
	char *copy = mem_dup(list), *save = nullptr;
	for (char *w = strtok_r(copy, ", \t", &save); w != nullptr;
	     w = strtok_r(nullptr, ", \t", &save)) {
		struct output_field f = {};
		if (strcmp(w, "0") != 0) {
			if ((w[0] != '1' && w[0] != '2') || w[1] != '.')
				err_fatal("invalid file number in field spec: '%s'", w);
			f = (struct output_field){ w[0] - '0', field_read(w + 2) };
		}
		j->list = mem_room(j->list, j->list_count, &j->list_capacity, sizeof *j->list);
		j->list[j->list_count++] = f;
	}
}

static int file_number(const char *s)
{
	if ((s[0] != '1' && s[0] != '2') || s[1] != '\0')
		err_fatal("invalid file number: '%s'", s);
	return s[0] - '1';
}

static int join_main(int argc, char **argv)
{
	struct join j = { .show_pairs = true, .check = -1, .tab = -1, .end = '\n' };
	struct opt_state s;
	int o;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		j.ignore_case |= o == 'i';
		j.header |= o == OPT_HEADER;
		if (o == 'a' || o == 'v')
			j.show_unpaired[file_number(s.arg)] = true;
		j.show_pairs &= o != 'v';
		if (o == 'e')
			j.empty = s.arg;
		if (o == 'j' || o == '1')
			j.sides[0].key = field_read(s.arg);
		if (o == 'j' || o == '2')
			j.sides[1].key = field_read(s.arg);
		if (o == 'o')
			list_read(&j, s.arg);
		if (o == 't') {
			j.tab = s.arg[0] == '\0'            ? '\n'
				: strcmp(s.arg, "\\0") == 0 ? '\0'
							    : (unsigned char)s.arg[0];
			if (s.arg[0] != '\0' && s.arg[1] != '\0' && j.tab != '\0')
				err_fatal("multi-character tab '%s'", s.arg);
		}
		if (o == OPT_CHECK || o == OPT_NO_CHECK)
			j.check = o == OPT_CHECK;
		if (o == 'z')
			j.end = '\0';
	}
	if (argc - s.index < 2)
		opt_usage_error(s.index == argc ? "missing operand" : "missing operand after '%s'",
				argv[argc - 1]);
	if (argc - s.index > 2)
		opt_extra_operand(argv[s.index + 2]);
	for (int i = 0; i < 2; i++) {
		if (!in_open(&j.sides[i].in, argv[s.index + i]))
			return 1;
	}
	files_join(&j);
	if (j.status != 0 && j.check != 1)
		err_warn("input is not in sorted order");
	return j.status;
}

APPLET(paste, .usage = "[OPTION]... [FILE]...", .summary = "Put the lines of FILEs side by side.",
       .opts = paste_opts);
APPLET(comm, .usage = "[OPTION]... FILE1 FILE2",
       .summary = "Compare two sorted files: lines only in the first, only in the second, in both.",
       .opts = comm_opts);
APPLET(join, .usage = "[OPTION]... FILE1 FILE2",
       .summary = "Join the lines of two sorted files that share a field.", .opts = join_opts);
