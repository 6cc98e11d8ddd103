/* SPDX-License-Identifier: MPL-2.0 */
/* Random numbers that nobody else can guess, for any thread of a program. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void random_bytes(void *to, size_t n);
uint64_t random_u64(void);

/* At the program's start: what it was given in its start-up block. */
void random_start(const uint64_t seed[4]);
