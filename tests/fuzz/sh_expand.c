/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes what words and built-ins make of hostile text: patterns, arithmetic, printf, test,
 * splitting. */
#include "tests/fuzz/sh_fuzz.h"
#include "apps/sh/arith.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/escape.h"
#include "apps/sh/output.h"
#include "apps/sh/pattern.h"

#include <stdlib.h>

constexpr int ARGS_MOST = 12;

/* Splits the input at newlines into arguments. */
static int split(char *text, size_t len, char **argv)
{
	int n = 1;
	char *start = text;

	for (size_t i = 0; i <= len && n < ARGS_MOST; i++)
		if (i == len || text[i] == '\n') {
			text[i] = '\0';
			argv[n++] = start;
			start = text + i + 1;
		}
	argv[n] = nullptr;
	return n;
}

static void try_builtin(int (*run)(int, char **), const char *name, char *text, size_t len)
{
	char *argv[ARGS_MOST + 1] = { (char *)name };
	int argc = split(text, len, argv);

	out1 = (struct output){ .fd = -1 };
	run(argc, argv);
	free(out1.buf);
	out1 = (struct output){ .fd = -1 };
}

static void try_one(int which, char *text, size_t len)
{
	struct buf b = {};
	size_t half = len / 2;

	switch (which) {
	case 0: /* short: backtracking takes exponential time by nature */
		if (len < 40)
			pattern_match(text, half, text + half, len - half, PATTERN_EXTENDED);
		break;
	case 1:
		arith_text(text);
		break;
	case 2:
		if (strchr(text, '*') == nullptr && strspn(text, "0123456789") < 4)
			try_builtin(bi_printf, "printf", text, len);
		break;
	case 3:
		try_builtin(bi_test, "test", text, len);
		break;
	case 4:
		try_builtin(bi_echo, "echo", text, len);
		break;
	case 5:
		escape_dollar_quote(&b, text, len);
		break;
	default:
		quote_word(&b, text);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guard g;

	if (size < 2)
		return 0;
	fuzz_init((data[0] & 0x80) != 0);
	sh.utf8 = (data[0] & 0x40) != 0;
	struct mark m = arena_mark(&scratch);
	char *text = arena_strndup(&scratch, (const char *)data + 1, size - 1);
	if (guard_push(&g) == 0) {
		try_one((data[0] & 0x3f) % 7, text, strlen(text));
		guard_pop(&g);
	}
	arena_release(&scratch, m);
	return 0;
}
