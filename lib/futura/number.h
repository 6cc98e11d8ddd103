/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers, sizes and times as people write them. */
#pragma once
#include <stdint.h>
#include "abi/kernel.h"

/*
 * Each takes the whole text. ERR_BAD_ARGUMENT: it is no such number, or too large.
 *
 * number: decimal, or hexadecimal after 0x.
 * bytes: a number and nothing, K, M, G or T, for powers of 1024.
 * duration: a number and ns, us, ms or s; in nanoseconds.
 */
enum err number_parse(const char *text, uint64_t *number);
enum err bytes_parse(const char *text, uint64_t *nbytes);
enum err duration_parse(const char *text, uint64_t *ns);
