/* SPDX-License-Identifier: MPL-2.0 */
/* Checks of what only we could have done wrong. They are on in every build. */
#pragma once
#include "kernel/panic.h"

#define assert(condition)                                                                          \
	((condition) ? (void)0 : panic("%s:%d: not so: %s", __FILE__, __LINE__, #condition))
