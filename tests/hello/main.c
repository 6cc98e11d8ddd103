/* SPDX-License-Identifier: MPL-2.0 */
/* The least a boot can run: says its arguments, and ends with the number of the first as code. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	printf("hello from user mode");
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return argc > 1 ? atoi(argv[1]) : 0;
}
