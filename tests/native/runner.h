/* SPDX-License-Identifier: MPL-2.0 */
/* What the runner and the tests it starts share. */
#pragma once
#include <stddef.h>

constexpr int TEST_FAILED = 99;
constexpr int TEST_SKIPPED = 98;

/* A page that the test writes and the runner reads. */
struct report {
	char why[512];
};

/* nullptr if there is none. */
struct report *report(void);

/* This program's own file, in the boot bundle. */
const void *own_image(size_t *size);
