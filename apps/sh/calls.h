/* SPDX-License-Identifier: MPL-2.0 */
/* Who called whom: the running functions and files of `.', as FUNCNAME and `caller` show them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct call {
	const char *name;   /* of the function; "source" for a file, "main" for the script */
	const char *source; /* the file that has it */
	int line;           /* where it was called; 0 for the script */
};

/* The n-th call, 0 being the innermost; the script itself comes last. False past that. */
bool call_at(size_t n, struct call *c);
