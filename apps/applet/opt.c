/* SPDX-License-Identifier: MPL-2.0 */
/* Option parsing, and the texts made from option descriptions. */
#include "apps/applet/opt.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/out.h"

/* Long options that every applet has; their ids are never returned. */
enum : int { OPT_HELP = -1, OPT_VERSION = -2 };

static const struct opt common_opts[] = {
	{ OPT_HELP, "help", nullptr, "show this help and exit" },
	{ OPT_VERSION, "version", nullptr, "show the version and exit" },
	{},
};

static const struct opt *applet_opts(void)
{
	const struct applet *a = applet_find(applet_name());

	return a != nullptr && a->opts != nullptr ? a->opts : common_opts + 2;
}

void opt_init(struct opt_state *s, int argc, char **argv)
{
	*s = (struct opt_state){
		.argc = argc, .argv = argv, .index = 1, .taken = 1, .next = 1, .opts = applet_opts()
	};
	/* POSIXLY_CORRECT is not looked at: a script should not change with its environment. */
}

void opt_init_in_order(struct opt_state *s, int argc, char **argv)
{
	opt_init(s, argc, argv);
	s->in_order = true;
}

static void usage_print(const char *format, va_list args)
{
	char *text = nullptr;
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(nullptr, 0, format, args);
	text = mem_alloc((size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	err_warn("%s", text);
	dprintf(STDERR_FILENO, "Try '%s --help' for more information.\n", applet_name());
}

void opt_usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	usage_print(format, args);
	va_end(args);
	applet_exit(err_status);
}

void opt_missing_operand(void)
{
	opt_usage_error("missing operand");
}

void opt_extra_operand(const char *operand)
{
	opt_usage_error("extra operand '%s'", operand);
}

static bool takes_arg(const struct opt *o)
{
	return o->arg != nullptr && !(o->arg[0] == '[' && o->arg[strlen(o->arg) - 1] == ']');
}

/* The only option whose long name is, or starts with, the `n` bytes at `name`. */
static const struct opt *long_find(const struct opt *opts, const char *name, size_t n)
{
	const struct opt *found = nullptr;

	for (int common = 0; common < 2; common++) {
		for (const struct opt *o = common ? common_opts : opts; o->id != 0; o++) {
			if (o->name == nullptr || strncmp(o->name, name, n) != 0)
				continue;
			if (o->name[n] == '\0')
				return o;
			if (found != nullptr && found->id != o->id)
				opt_usage_error("option '--%.*s' is ambiguous", (int)n, name);
			found = o;
		}
	}
	if (found == nullptr)
		opt_usage_error("unrecognized option '--%.*s'", (int)n, name);
	return found;
}

static void version_print(void)
{
	put_format("%s (Futura utilities)\n", applet_name());
}

static int long_take(struct opt_state *s, const char *word)
{
	size_t n = strcspn(word, "=");
	const struct opt *o = long_find(s->opts, word, n);

	s->opt = o;
	s->arg = word[n] == '=' ? word + n + 1 : nullptr;
	if (s->arg != nullptr && o->arg == nullptr)
		opt_usage_error("option '--%s' doesn't allow an argument", o->name);
	if (o->id == OPT_HELP) {
		opt_print_help(applet_find(applet_name()));
		applet_exit(0);
	}
	if (o->id == OPT_VERSION) {
		version_print();
		applet_exit(0);
	}
	if (s->arg == nullptr && takes_arg(o)) {
		if (s->next >= s->argc)
			opt_usage_error("option '--%s' requires an argument", o->name);
		s->arg = s->argv[s->next++];
	}
	return o->id;
}

static const struct opt *short_find(const struct opt *opts, char c)
{
	const struct opt *number = nullptr;

	for (const struct opt *o = opts; o->id != 0; o++) {
		if (o->id == c)
			return o;
		if (o->id == '#' && c >= '0' && c <= '9')
			number = o;
	}
	return number;
}

/* The argument of a short option: the rest of its word, or the next word. */
static const char *short_arg(struct opt_state *s, const struct opt *o)
{
	const char *rest = s->cluster;

	s->cluster = nullptr;
	if (*rest != '\0')
		return rest;
	if (!takes_arg(o))
		return nullptr;
	if (s->next >= s->argc)
		opt_usage_error("option requires an argument -- '%c'", o->id);
	return s->argv[s->next++];
}

static int short_take(struct opt_state *s)
{
	char c = *s->cluster++;
	const struct opt *o = short_find(s->opts, c);

	if (o == nullptr)
		opt_usage_error("invalid option -- '%c'", c);
	s->opt = o;
	s->arg = nullptr;
	if (o->id == '#') {
		size_t n = 1 + strspn(s->cluster, "0123456789");
		s->arg = mem_dup_bytes(s->cluster - 1, n);
		s->cluster += n - 1;
	} else if (o->arg != nullptr) {
		s->arg = short_arg(s, o);
	}
	if (s->cluster != nullptr && *s->cluster == '\0')
		s->cluster = nullptr;
	return o->id;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Moves the words of the last option, [taken, next), before the operands [index, taken). */
static void words_settle(struct opt_state *s)
{
	int taken = s->next - s->taken;

	for (int i = s->taken; i < s->next && s->taken != s->index; i++) {
		char *word = s->argv[i];
		memmove(s->argv + s->index + (i - s->taken) + 1,
			s->argv + s->index + (i - s->taken),
			(size_t)(s->taken - s->index) * sizeof *s->argv);
		s->argv[s->index + (i - s->taken)] = word;
	}
	s->index += taken;
	s->taken = s->next;
}

int opt_next(struct opt_state *s)
{
	if (s->cluster != nullptr)
		return short_take(s);
	words_settle(s);
	while (s->next < s->argc && !is_option(s->argv[s->next]) && !s->in_order)
		s->next++;
	if (s->next >= s->argc || !is_option(s->argv[s->next]))
		return 0;
	s->taken = s->next;
	const char *word = s->argv[s->next++];
	if (strcmp(word, "--") == 0) {
		words_settle(s);
		return 0;
	}
	if (word[1] == '-')
		return long_take(s, word + 2);
	s->cluster = word + 1;
	return short_take(s);
}

/* "-n, --lines=NUM" as shown in help. */
static void opt_label(const struct opt *o, struct text *t)
{
	bool optional = o->arg != nullptr && !takes_arg(o);

	t->len = 0;
	text_add_string(t, "");
	if (o->id == '#')
		text_add_string(t, "-NUM");
	else if (o->id > ' ' && o->id <= '~')
		text_format(t, "-%c", o->id);
	if (o->arg != nullptr && o->name == nullptr && o->id != '#')
		text_format(t, "%s%s", optional ? "" : " ", o->arg);
	if (o->name == nullptr)
		return;
	text_format(t, "%s--%s", t->len != 0 ? ", " : "    ", o->name);
	if (o->arg != nullptr && optional)
		text_format(t, "[=%.*s]", (int)strlen(o->arg) - 2, o->arg + 1);
	else if (o->arg != nullptr)
		text_format(t, "=%s", o->arg);
}

static void usage_lines_print(const struct applet *a, const char *first, const char *next)
{
	const char *u = a->usage;

	for (const char *lead = first; *u != '\0'; lead = next) {
		size_t n = strcspn(u, "\n");
		put_format("%s%s %.*s\n", lead, a->name, (int)n, u);
		u += n + (u[n] == '\n');
	}
}

static void opts_print(const struct opt *opts)
{
	struct text label = {};

	for (const struct opt *o = opts; o->id != 0; o++) {
		if (o->help == nullptr)
			continue;
		opt_label(o, &label);
		if (label.len < 24)
			put_format("  %-24s %s\n", label.bytes, o->help);
		else
			put_format("  %s\n  %-24s %s\n", label.bytes, "", o->help);
	}
	mem_free(label.bytes);
}

void opt_print_help(const struct applet *a)
{
	if (a->usage[0] == '\0')
		put_format("Usage: %s\n", a->name);
	usage_lines_print(a, "Usage: ", "  or:  ");
	put_format("%s\n\n", a->summary);
	if (a->opts != nullptr)
		opts_print(a->opts);
	opts_print(common_opts);
	if (a->details != nullptr)
		put_format("\n%s\n", a->details);
}

static void indented_print(const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");
		put_format("%s%.*s\n", n != 0 ? "       " : "", (int)n, s);
		s += n + (s[n] == '\n');
	}
}

void opt_print_page(const struct applet *a)
{
	put_format("NAME\n       %s - %s\n\nSYNOPSIS\n", a->name, a->summary);
	usage_lines_print(a, "       ", "       ");
	put_string("\nOPTIONS\n");
	if (a->opts != nullptr)
		opts_print(a->opts);
	opts_print(common_opts);
	if (a->details != nullptr) {
		put_string("\nDESCRIPTION\n");
		indented_print(a->details);
	}
	put_char('\n');
}

/* roff would take a leading dot or quote for a request, and a bare dash for a hyphen. */
static void roff_put(const char *s)
{
	bool at_start = true;

	for (; *s != '\0'; s++) {
		if (at_start && (*s == '.' || *s == '\''))
			put_string("\\&");
		if (*s == '-')
			put_string("\\-");
		else if (*s == '\\')
			put_string("\\e");
		else
			put_char(*s);
		at_start = *s == '\n';
	}
}

void opt_print_manual(const struct applet *a)
{
	struct text label = {};

	put_format(".TH %s 1 \"\" Futura \"Futura utilities\"\n.SH NAME\n%s \\- ", a->name,
		   a->name);
	roff_put(a->summary);
	put_string("\n.SH SYNOPSIS\n.nf\n");
	usage_lines_print(a, "", "");
	put_string(".fi\n.SH OPTIONS\n");
	for (int common = 0; common < 2; common++) {
		const struct opt *o = common ? common_opts : a->opts;
		for (; o != nullptr && o->id != 0; o++) {
			if (o->help == nullptr)
				continue;
			opt_label(o, &label);
			put_string(".TP\n.B ");
			roff_put(label.bytes + strspn(label.bytes, " "));
			put_char('\n');
			roff_put(o->help);
			put_char('\n');
		}
	}
	if (a->details != nullptr) {
		put_string(".SH DESCRIPTION\n.nf\n");
		roff_put(a->details);
		put_string("\n.fi\n");
	}
	mem_free(label.bytes);
}

void opt_complete(const struct applet *a, const char *prefix,
		  void (*each)(void *ctx, const char *word, const char *help), void *ctx)
{
	struct text word = {};

	for (int common = 0; common < 2; common++) {
		const struct opt *o = common ? common_opts : a->opts;
		for (; o != nullptr && o->id != 0; o++) {
			if (o->help == nullptr)
				continue;
			for (int is_long = 0; is_long < 2; is_long++) {
				word.len = 0;
				if (is_long && o->name != nullptr)
					text_format(&word, "--%s%s", o->name,
						    takes_arg(o) ? "=" : "");
				else if (!is_long && o->id > ' ' && o->id <= '~' && o->id != '#')
					text_format(&word, "-%c", o->id);
				else
					continue;
				if (strncmp(word.bytes, prefix, strlen(prefix)) == 0)
					each(ctx, word.bytes, o->help);
			}
		}
	}
	mem_free(word.bytes);
}
