/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes what utilities read from words: formats, conditions, dates, modes, sizes, sed scripts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/condition.h"
#include "apps/applet/date.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/path.h"
#include "apps/applet/print.h"
#include "apps/utils/sed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

constexpr int WORDS_MOST = 12;

static const uint8_t *input;
static size_t input_size;

static size_t shown;

static void put(void *self, const char *bytes, size_t n)
{
	(void)self;
	for (size_t i = 0; i < n; i++)
		shown += (unsigned char)bytes[i];
}

static void complain(void *self, const char *what, const char *why)
{
	(void)self;
	shown += strlen(what) + strlen(why);
}

/* Splits the text at newlines. */
static int split(char *text, char **words)
{
	int n = 0;

	do {
		words[n++] = text;
		text = strchr(text, '\n');
		if (text != nullptr)
			*text++ = '\0';
	} while (text != nullptr && n < WORDS_MOST);
	words[n] = nullptr;
	return n;
}

/* Wide fields make millions of blanks, as they should, but slowly. */
static bool is_quick(const char *format)
{
	return strchr(format, '*') == nullptr && strspn(format, "0123456789") < 4;
}

static void words_try(unsigned which, char *text)
{
	char *words[WORDS_MOST + 1];
	int n = split(text, words);
	struct condition c = { .unary = CONDITION_UNARY };
	struct print p = { .put = put,
			   .complain = complain,
			   .args = words + 1,
			   .nargs = n - 1,
			   .utf8 = which & 8,
			   .posix = which & 16,
			   .format_stops = which & 32 };
	struct timespec now = { .tv_sec = 1700000000 }, date;
	uint64_t size;

	switch (which & 7) {
	case 0:
		(void)condition_eval(&c, n, words);
		break;
	case 1:
		if (is_quick(words[0]))
			print_format(&p, words[0]);
		break;
	case 2:
		p.args = words;
		p.nargs = n;
		print_echo(&p, true, true);
		break;
	case 3:
		(void)date_parse(words[0], now, &date);
		(void)date_parse_digits(words[0], which & 8, &date);
		break;
	case 4:
		(void)num_size(words[0], &size);
		(void)num_duration(words[0], &date);
		break;
	default:
		(void)mode_parse(words[0], 022);
		break;
	}
}

static void script_try(char *text)
{
	struct sed_script script = { .extended = text[0] == 'E', .sandbox = true };

	sed_script_add(&script, text, strlen(text), "fuzz");
	sed_script_finish(&script);
}

static int try_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	char *text = mem_dup_bytes(input + 1, input_size - 1);
	if ((input[0] & 7) >= 6)
		script_try(text);
	else
		words_try(input[0], text);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct applet try = { .name = "fuzz", .main = try_main, .flags = APPLET_RAW };
	static char name[] = "fuzz", *argv[] = { name, nullptr };

	if (size < 2)
		return 0;
	input = data;
	input_size = size;
	applet_run(&try, 1, argv);
	return 0;
}
