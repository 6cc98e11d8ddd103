/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Comparing names that hold version numbers, as sort -V and ls -v do. */
#include <stddef.h>

/* Below, at or above 0; equal only for equal bytes. */
int version_compare(const char *a, size_t a_len, const char *b, size_t b_len);
