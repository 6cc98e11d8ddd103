/* SPDX-License-Identifier: MPL-2.0 */
/* Pathname expansion. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fields;

/* Adds the files that match, sorted; false when the word stays as it is. */
bool glob_expand(const char *pattern, size_t len, struct fields *out);
