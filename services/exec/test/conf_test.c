/* SPDX-License-Identifier: MPL-2.0 */
/* exec.conf: what it means, and what is refused. */
#include "services/exec/core/conf.h"
#include <stdlib.h>
#include <string.h>
#include "lib/test/test.h"

static bool parse(const char *text, struct conf *conf)
{
	const char *error;
	bool good = conf_parse(text, strlen(text), conf, &error);

	CHECK(good || error != nullptr);
	return good;
}

TEST(conf, words_variables_and_the_folder)
{
	static const char expected[] = "\2\0\0\0\1\0\0\0a b\0x\ny\\\0V=1 2";
	struct conf conf;

	CHECK(parse("arg a b\nenv V=1 2\narg x\\ny\\\\\n\ncwd /tmp\n", &conf));
	CHECK(conf.size == sizeof(expected) && memcmp(conf.strings, expected, conf.size) == 0);
	CHECK(strcmp(conf.cwd, "/tmp") == 0);
	free(conf.strings);
	CHECK(parse("arg", &conf) && conf.size == 9 && strcmp(conf.cwd, "/") == 0);
	free(conf.strings);
}

TEST(conf, mistakes_are_refused)
{
	static const char *const bad[] = {
		"",         "env A=1\n",        "arg \\x\n",     "arg a\\",
		"what a\n", "arg a\ncwd \\q\n", "arg a\nenv \\t"
	};
	struct conf conf;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(!parse(bad[i], &conf));
		free(conf.strings);
	}
	const char *error;
	CHECK(!conf_parse("arg a\0b", 7, &conf, &error));
	free(conf.strings);
}
