/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Numbers, sizes and times as people write them, and sizes as people read them. */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum num_result { NUM_OK, NUM_BAD, NUM_TOO_BIG };

/* Decimal digits only, all of the string. */
enum num_result num_parse(const char *s, uint64_t *value);
enum num_result num_parse_signed(const char *s, int64_t *value);

/* Ends the applet with "invalid WHAT: 'S'" unless `s` is a number of min..max. */
uint64_t num_get(const char *s, uint64_t min, uint64_t max, const char *what);
int64_t num_get_signed(const char *s, const char *what);

/*
 * A number with an optional unit: b is 512; K M G T P E, also KiB..., are powers of 1024 and
 * kB KB MB... powers of 1000; c is 1, w is 2.
 */
enum num_result num_size(const char *s, uint64_t *value);
/* Ends the applet with "invalid WHAT: 'S'" when it is none. */
uint64_t num_get_size(const char *s, const char *what);

/* "1.5K": at most four characters and a unit, rounded up; `unit` is 1024 or 1000. */
constexpr size_t NUM_HUMAN_SIZE = 24;
const char *num_human(char buf[static NUM_HUMAN_SIZE], uint64_t n, unsigned unit);

/* Seconds with fraction and unit s m h d ("1.5m"), or "infinity"; false if it is none. */
bool num_duration(const char *s, struct timespec *t);

/* A value that is printed in decimal; returns the length. Faster than printf. */
size_t num_print(char buf[static 24], uint64_t n);
