/* SPDX-License-Identifier: MPL-2.0 */
/* Random bytes: a generator for each process, seeded at its start and after each fork. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void random_seed(uint64_t more);
void random_bytes(void *to, size_t n);
/* To guest memory: how many, or -EFAULT. */
int64_t random_put(uint64_t to, uint64_t size);
