/* SPDX-License-Identifier: MPL-2.0 */
/* The ends of a program. */
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/startup.h"
#include "abi/user.h"

[[noreturn]] void abort(void);
[[noreturn]] void __stack_chk_fail(void);

void exit(int code)
{
	for (;;)
		(void)fut_task_exit(code); /* it does not come back */
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print("%s: ", startup_block() ? startup_argument(startup_block(), 0) : "program");
	print_list(format, arguments);
	print("\n");
	va_end(arguments);
	exit(PANIC_CODE);
}

void abort(void)
{
	exit(PANIC_CODE);
}

void __stack_chk_fail(void)
{
	panic("stack overwritten");
}
