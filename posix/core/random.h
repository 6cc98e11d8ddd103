/* SPDX-License-Identifier: MPL-2.0 */
/* Random bytes: a generator for each process. fork copies it, but no two threads of the machine get
 * the same bytes from the same state (lib/futura/chacha.h). */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* From the start-up block. */
void random_start(const uint64_t seed[4]);
void random_bytes(void *to, size_t n);
/* To guest memory: how many, or -EFAULT. */
int64_t random_put(uint64_t to, uint64_t size);
