/* SPDX-License-Identifier: MPL-2.0 */
/* The manifest's parser: what it understands, and the message for each mistake. */
#include "services/init/core/manifest.h"
#include <stdio.h>
#include <string.h>
#include "lib/test/test.h"

static struct manifest m;
static struct manifest_error error;

static enum err parse(const char *text)
{
	static char copy[4096];

	snprintf(copy, sizeof(copy), "%s", text);
	return manifest_parse(copy, &m, &error);
}

static void refuses(const char *text, unsigned line, const char *part)
{
	bool good =
		parse(text) == ERR_BAD_ARGUMENT && error.line == line && strstr(error.text, part);

	if (!good)
		printf("got line %u: %s\n", error.line, error.text);
	CHECK(good);
}

TEST(manifest, a_quota_may_be_a_share_and_a_service_may_need_others)
{
	CHECK(parse("service a\n\tprogram bin/a\n\tquota 60%\n\tneed b\n"
		    "service b\n\tprogram bin/b\n\tquota 2M\n") == OK);
	CHECK(m.services[0].share == 60 && m.services[0].quota == 0);
	CHECK(m.services[0].need.n == 1 && strcmp(m.services[0].need.word[0], "b") == 0);
	CHECK(m.services[1].share == 0 && m.services[1].quota == 2 << 20);
	CHECK(parse("service a\n\tprogram bin/a\n\tquota 16M 40%\n") == OK);
	CHECK(m.services[0].share == 40 && m.services[0].quota == 16 << 20);
	CHECK(parse("service a\n\tprogram bin/a\n\tquota 2M to 75%\n") == OK);
	CHECK(m.services[0].quota == 2 << 20 && m.services[0].most_share == 75);
	CHECK(parse("service a\n\tprogram bin/a\n\tquota 2M 10% to 16M\n") == OK);
	CHECK(m.services[0].share == 10 && m.services[0].most == 16 << 20);
	refuses("service a\n\tprogram x\n\tquota 2M to\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota to 2M\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota 2M to much\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota 2M to 0%\n", 3, "per cent");
	refuses("service a\n\tprogram x\n\tquota 40% 16M\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota 1M 2M 3%\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota\n", 3, "quota BYTES");
	refuses("service a\n\tprogram x\n\tquota 1000000%\n", 3, "per cent");
	refuses("service a\n\tprogram x\n\tquota 96%\n", 3, "per cent");
	refuses("service a\n\tprogram x\n\tquota %\n", 3, "per cent");
	refuses("service a\n\tprogram x\n\tquota 1x%\n", 3, "per cent");
	refuses("service a\n\tprogram x\n\tneed c\n", 1, "needs `c`");
}

TEST(manifest, reads_a_service_with_everything)
{
	CHECK(parse("# all of it\n"
		    "service a\n"
		    "\tprogram bin/a # the binary\n"
		    "\targuments serve \"two words\" \"\"\n"
		    "\tenvironment X=1\n"
		    "\tquota 1M\n\tpriority 40\n\tbudget 2ms 10ms\n\trestart always 50ms 1s\n"
		    "\tstart demand\n\tonly arm64\n\tprovide b c\n\tsee b\n"
		    "\tgive regs physical 0x9000000 4K\n\tgive say log\n"
		    "\tgive trace system read manage\n") == OK);
	const struct manifest_service *s = manifest_find(&m, "a");
	CHECK(m.nservices == 1 && s != nullptr);
	if (s == nullptr)
		return;
	CHECK(s->line == 2 && strcmp(s->program, "bin/a") == 0);
	CHECK(s->arguments.n == 3 && strcmp(s->arguments.word[1], "two words") == 0);
	CHECK(*s->arguments.word[2] == '\0');
	CHECK(s->quota == 1 << 20 && s->priority == 40 && s->is_on_demand);
	CHECK(s->allowance == 2000000 && s->period == 10000000);
	CHECK(s->restart == RESTART_ALWAYS && s->first_delay == 50000000 &&
	      s->most_delay == 1000000000);
	CHECK(strcmp(s->only, "arm64") == 0 && s->provide.n == 2 && s->see.n == 1);
	CHECK(s->ngives == 3 && s->gives[0].source == SOURCE_PHYSICAL);
	CHECK(s->gives[0].base == 0x9000000 && s->gives[0].size == 4096);
	CHECK(strcmp(s->gives[1].name, "say") == 0 && s->gives[1].rights == RIGHT_WRITE);
	CHECK(s->gives[2].rights == (RIGHT_READ | RIGHT_MANAGE));
}

TEST(manifest, has_defaults)
{
	CHECK(parse("service a\nprogram p\n") == OK);
	const struct manifest_service *s = &m.services[0];
	CHECK(s->quota == 4 << 20 && s->priority == 16 && s->restart == RESTART_FAILURE);
	CHECK(!s->is_on_demand && s->ngives == 0 && s->allowance == 0);
}

TEST(manifest, may_be_empty)
{
	CHECK(parse("") == OK && m.nservices == 0);
	CHECK(parse("\n# nothing\n   \r\n") == OK && m.nservices == 0);
}

TEST(manifest, tells_what_is_wrong_and_where)
{
	refuses("program p\n", 1, "before the first `service`");
	refuses("\nservice\n", 2, "service NAME");
	refuses("service a\nprogram p\nservice a\nprogram p\n", 3, "line 1 already");
	refuses("service a\n", 1, "no `program`");
	refuses("service a\nprogram p\nprogram q\n", 3, "given twice");
	refuses("service a\nquota lots\n", 2, "quota BYTES");
	refuses("service a\npriority 64\n", 2, "0 to 63");
	refuses("service a\nbudget 2ms 1ms\n", 2, "ALLOWANCE PERIOD");
	refuses("service a\nrestart maybe\n", 2, "never|failure|always");
	refuses("service a\nstart now\n", 2, "boot|demand");
	refuses("service a\narguments \"open\n", 2, "quote");
	refuses("service a\nenvironment =X\n", 2, "NAME=VALUE");
	refuses("service a\nenvironment \"\"\n", 2, "NAME=VALUE");
	refuses("service a\nfrobnicate\n", 2, "no statement `frobnicate`");
	refuses("service a\ngive x\n", 2, "give NAME SOURCE");
	refuses("service a\ngive x nothing\n", 2, "no source `nothing`");
	refuses("service a\ngive x irq 3\n", 2, "FIRST COUNT");
	refuses("service a\ngive x physical 0xffffffffffffffff 2\n", 2, "FIRST COUNT");
	refuses("service a\ngive x log fly\n", 2, "`fly` is no right");
	refuses("service a\ngive x log\ngive x log\n", 3, "given twice");
	refuses("service a\nprogram p\nsee b\n", 1, "which nobody provides");
	refuses("service a\nprogram p\nprovide x\nservice b\nprogram p\nprovide x\n", 1,
		"provided by `a` and by `b`");
	refuses("service 12345678901234567890123456789012\n", 1, "1 to 31");
	refuses("service a\narguments 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
		"arguments 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		3, "more than");
	refuses("service a\ngive x log all\n", 2, "`all` is no right");
}

TEST(manifest, gives_the_whole_of_a_range)
{
	CHECK(parse("service a\nprogram p\ngive x irq all\ngive y msi all read\n"
		    "environment A B=1\n") == OK);
	const struct manifest_service *s = &m.services[0];
	CHECK(s->gives[0].base == 0 && s->gives[0].size == 0);
	CHECK(s->gives[0].rights == (RIGHT_READ | RIGHT_MANAGE) &&
	      s->gives[1].rights == RIGHT_READ);
	CHECK(s->environment.n == 2);
}

TEST(manifest, allows_one_service_of_a_name_for_each_architecture)
{
	CHECK(parse("service a\nprogram p\nonly arm64\nservice a\nprogram q\nonly x86_64\n") == OK);
	refuses("service a\nprogram p\nonly arm64\nservice a\nprogram q\n", 4, "already");
}

TEST(manifest, allows_one_provider_for_each_architecture)
{
	CHECK(parse("service a\nprogram p\nonly arm64\nprovide x\n"
		    "service b\nprogram p\nonly x86_64\nprovide x\n") == OK);
}
