/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel log's own formats. */
#include "kernel/log.h"
#include "kernel/test/help.h"

/* What was printed last on the console. */
static bool ends_with(const char *text)
{
	size_t n = __builtin_strlen(text);

	return machine.nlog >= n && __builtin_memcmp(machine.log + machine.nlog - n, text, n) == 0;
}

TEST(log, numbers_texts_and_pointers_are_printed_as_asked)
{
	begin();
	machine.nlog = 0;
	klog("%d %d %ld %u %x %lx\n", 7, -7, -1234567890123l, 4000000000u, 0xabcu, 0x123456789abul);
	CHECK(ends_with("7 -7 -1234567890123 4000000000 abc 123456789ab\r\n"));
	klog("[%5u] [%04x] %s%c %%\n", 42u, 0xfu, "tex", 't');
	CHECK(ends_with("[   42] [000f] text %\r\n"));
	klog("%p\n", (void *)0x1000);
	CHECK(ends_with("0000000000001000\r\n"));
}
