/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The shortest way from one list of lines to another. */
#include <stddef.h>

/*
 * Compares two lists of numbers that stand for lines: equal lines have equal numbers. Marks in
 * `deleted` and `inserted` what is only in the first and only in the second.
 */
void diff_lists(const size_t *a, size_t n, const size_t *b, size_t m, bool *deleted,
		bool *inserted);
