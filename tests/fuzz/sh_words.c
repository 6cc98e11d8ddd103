/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the expansion of words: whatever parses as a command's words gives fields, a string and a
 * pattern, or an error. Substitutions of commands are left out: they would run them. */
#include "tests/fuzz/sh_fuzz.h"
#include "apps/sh/expand.h"
#include "apps/sh/input.h"
#include "apps/sh/parse.h"

#include <stdlib.h>

/*
 * Without ( and ` nothing can start a command, if escapes cannot make them either. Slashes could
 * lead a glob over the whole disk, and a home directory is one.
 */
static bool is_harmless(const char *text, size_t len)
{
	static const char *const bad[] = { "(", "`", "$'", "@P", "/", "~", "\x1b" };

	if (memchr(text, '\0', len) != nullptr)
		return false;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(text, bad[i]) != nullptr)
			return false;
	return true;
}

static void expand_one(struct word *w)
{
	size_t len;
	struct fields f = {};

	(void)expand_string(w);
	(void)expand_pattern(w, &len);
	(void)expand_regex(w);
	expand_words(w, &f);
	char **v = fields_finish(&f);
	for (int i = 0; i < f.n; i++)
		if (v[i] == nullptr)
			abort();
}

static void expand_command(struct tree *t)
{
	struct node *n;

	if (parse_command(t, &n) == PARSE_COMMAND && n->kind == NODE_SIMPLE)
		for (struct word *w = n->simple.words; w != nullptr; w = w->next)
			expand_one(w);
}

static void variables_reset(void)
{
	static const char *const values[][2] = {
		{ "a", "one two  three" },  { "b", "x*.[ch]\\y" }, { "c", "" },
		{ "d", "\xc3\xa4\xff:q:" }, { "e", "a" },          { "IFS", " \t\n" },
	};
	static char one[] = "1", two[] = "b c", none[] = "", *args[] = { one, two, none };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		var_set(sym_intern(values[i][0], strlen(values[i][0])), values[i][1],
			strlen(values[i][1]));
	params_set(3, args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guard g;
	struct source s;

	if (size < 2)
		return 0;
	fuzz_init((data[0] & 1) != 0);
	sh.utf8 = (data[0] & 2) != 0;
	sh.interactive = true; /* so that ${x?} does not end the shell */
	struct mark m = arena_mark(&scratch);
	char *text = arena_strndup(&scratch, (const char *)data + 1, size - 1);
	if (!is_harmless(text, size - 1)) {
		arena_release(&scratch, m);
		return 0;
	}
	struct tree *t = tree_create();
	source_push_text(&s, text, size - 1, 1, true);
	if (guard_push(&g) == 0) {
		variables_reset();
		expand_command(t);
		guard_pop(&g);
	}
	source_pop_to(s.prev);
	tree_put(t);
	arena_release(&scratch, m);
	return 0;
}
