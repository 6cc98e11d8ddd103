/* SPDX-License-Identifier: MPL-2.0 */
/* Runs the unit tests that were linked in. */
#include "lib/test/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test *tests, **last = &tests;
static bool failed;

void test_register(struct test *t)
{
	*last = t;
	last = &t->next;
}

void test_failed(const char *what, const char *file, int line)
{
	failed = true;
	printf("%s:%d: not true: %s\n", file, line, what);
}

int main(void)
{
	const char *name = getenv("NAME");
	unsigned npassed = 0, nfailed = 0;

	for (struct test *t = tests; t; t = t->next) {
		if (name && !strstr(t->name, name))
			continue;
		failed = false;
		t->run();
		if (failed)
			printf("not ok %s\n", t->name);
		*(failed ? &nfailed : &npassed) += 1;
	}
	printf("%u passed, %u failed\n", npassed, nfailed);
	return nfailed != 0;
}
