/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The compressed format of gzip and zip (RFC 1951). */
#include <stddef.h>
#include <stdint.h>
#include "apps/applet/in.h"

/* Called with each piece of output, in order. */
typedef void bytes_fn(void *ctx, const uint8_t *bytes, size_t n);

/*
 * Expands one stream from `in`, which is left behind its last byte. nullptr, or what is wrong with
 * it.
 */
const char *inflate(struct in *in, bytes_fn *put, void *ctx);

/* Compresses all of `in`; level 1 (fast) to 9 (small). `seen` gets what was read. */
void deflate(struct in *in, int level, bytes_fn *seen, bytes_fn *put, void *ctx);

/* What both need: the first value and the extra bits of length codes 257.. and distance codes. */
extern const uint16_t deflate_length_base[29], deflate_distance_base[30];
extern const uint8_t deflate_length_bits[29], deflate_distance_bits[30], deflate_code_order[19];
