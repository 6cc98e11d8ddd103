/* SPDX-License-Identifier: MPL-2.0 */
/* tsort: an order in which each thing comes after those it needs (Kahn, 1962). */
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt tsort_opts[] = { {} };

struct edge {
	struct edge *next;
	struct item *to;
};

struct item {
	struct item *next_named; /* in its chain of the table */
	struct item *next;       /* in the order of their first mention */
	struct item *next_free;  /* of those nothing stands before any more */
	struct edge *followers;  /* the newest first, as GNU's */
	const char *name;
	size_t waits; /* edges that lead here from what is not shown yet */
	bool shown, on_path;
	struct item *before; /* while a loop is looked for */
};

static struct item *table[1024];
static struct item *first, **end;
static struct item *free_first, **free_end;

static struct item *item_get(const char *name)
{
	size_t hash = 5381; /* Bernstein's */

	for (const char *p = name; *p != '\0'; p++)
		hash = hash * 33 + (unsigned char)*p;
	struct item **at = &table[hash % (sizeof(table) / sizeof(*table))];
	for (; *at != nullptr; at = &(*at)->next_named)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	struct item *i = mem_zero(1, sizeof *i);
	i->name = mem_dup(name);
	*at = i;
	*end = i;
	end = &i->next;
	return i;
}

static void edge_add(struct item *from, struct item *to)
{
	struct edge *e = mem_zero(1, sizeof *e);

	*e = (struct edge){ from->followers, to };
	from->followers = e;
	to->waits++;
}

static void free_add(struct item *i)
{
	*free_end = i;
	free_end = &i->next_free;
	i->next_free = nullptr;
}

static void free_show(void)
{
	for (struct item *i = free_first; i != nullptr; i = i->next_free) {
		put_format("%s\n", i->name);
		i->shown = true;
		for (struct edge *e = i->followers; e != nullptr; e = e->next)
			if (e->to->waits > 0 && --e->to->waits == 0)
				free_add(e->to);
	}
	free_first = nullptr;
	free_end = &free_first;
}

/* What waits waits for something that waits: going back so, we come to where we were. */
static struct item *before_find(const struct item *to)
{
	for (struct item *i = first; i != nullptr; i = i->next)
		for (struct edge *e = i->followers; e != nullptr && !i->shown; e = e->next)
			if (e->to == to)
				return i;
	return nullptr;
}

/* Tells of a loop, and goes on as if its last edge were not there. */
static void loop_break(const char *input, struct item *i)
{
	struct item *start = i;

	while (!start->on_path) {
		start->on_path = true;
		start->before = before_find(start);
		start = start->before;
	}
	for (struct item *p = i; p != nullptr && p->on_path; p = p->before)
		p->on_path = false;
	err_warn("%s: input contains a loop:", input);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is a loop */
	for (struct item *p = start; !p->on_path; p = p->before) {
		p->on_path = true;
		err_warn("%s", p->name);
	}
	for (struct item *p = start; p->on_path; p = p->before)
		p->on_path = false;
	start->waits = 0;
	free_add(start);
}

static void input_read(const char *path)
{
	static const char blanks[] = " \t\n";
	struct item *pending = nullptr;
	struct in in;
	char *bytes, *rest;
	size_t len;

	if (!in_open(&in, path) || !in_all(&in, &bytes, &len))
		applet_exit(err_status);
	rest = bytes;
	for (char *word; (word = strtok_r(rest, blanks, &rest)) != nullptr;) {
		struct item *i = item_get(word);
		if (pending != nullptr && pending != i)
			edge_add(pending, i);
		pending = pending == nullptr ? i : nullptr;
	}
	in_close(&in);
	if (pending != nullptr)
		err_fatal("%s: input contains an odd number of tokens", path);
}

static int tsort_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	if (argc - s.index > 1)
		opt_extra_operand(argv[s.index + 1]);
	memset(table, 0, sizeof table);
	first = free_first = nullptr;
	end = &first;
	free_end = &free_first;
	const char *input = s.index < argc ? argv[s.index] : "-";
	input_read(input);
	for (struct item *i = first; i != nullptr; i = i->next)
		if (i->waits == 0)
			free_add(i);
	free_show();
	for (struct item *i = first; i != nullptr; i = i->next)
		while (!i->shown) {
			loop_break(input, i);
			free_show();
		}
	return err_count != 0;
}

APPLET(tsort, .usage = "[FILE]", .summary = "Show an order that fits the pairs of words in FILE.",
       .details = "Each pair says that the first word comes before the second; two equal ones only "
		  "name it.",
       .opts = tsort_opts);
