/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the shell's parser: any text gives trees or a syntax error; trees print and parse again.
 */
#include "tests/fuzz/sh_fuzz.h"
#include "apps/sh/error.h"
#include "apps/sh/input.h"
#include "apps/sh/parse.h"
#include "apps/sh/print.h"

/* False at a syntax error. */
static bool parse_all(const char *text, size_t len, struct buf *printed)
{
	struct source s;
	struct guard g;
	struct tree *t = tree_create();
	bool ok = false;

	source_push_text(&s, text, len, 1, true);
	if (guard_push(&g) == 0) {
		struct node *n;
		enum parse_result r;
		while ((r = parse_command(t, &n)) != PARSE_END) {
			if (r == PARSE_COMMAND && printed != nullptr) {
				print_node(printed, n, 0);
				buf_byte(printed, '\n');
			}
		}
		guard_pop(&g);
		ok = true;
	}
	source_pop_to(s.prev);
	tree_put(t);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_init(size > 0 && (data[0] & 1) != 0);
	struct mark m = arena_mark(&scratch);
	struct buf printed = {};

	buf_str(&printed);
	/*
	 * What was printed need not parse (an alias, a quoted delimiter), but must not crash. An
	 * error takes what was printed along.
	 */
	if (parse_all((const char *)data, size, &printed))
		parse_all(printed.p, printed.len, nullptr);
	arena_release(&scratch, m);
	return 0;
}
