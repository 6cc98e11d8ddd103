/* SPDX-License-Identifier: MPL-2.0 */
/* The least a boot can run: says its arguments, and ends with the number of the first as code. */
#include <stdlib.h>
#include "lib/futura/print.h"

int main(int argc, char **argv)
{
	print("hello from user mode");
	for (int i = 1; i < argc; i++)
		print(" %s", argv[i]);
	print("\n");
	return argc > 1 ? atoi(argv[1]) : 0;
}
