/* SPDX-License-Identifier: MPL-2.0 */
/* The echo example: which half is wanted. */
#include "examples/echo/echo.h"
#include <string.h>
#include "lib/futura/print.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return server_main();
	if (argc > 1 && strcmp(argv[1], "client") == 0)
		return client_main();
	print("usage: echo serve|client\n");
	return 2;
}
