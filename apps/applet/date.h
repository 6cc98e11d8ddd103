/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Dates as people write them. */
#include <time.h>

/*
 * Reads words such as "2024-05-01 12:30:05.5 +0200", "@86400", "next monday", "2 days ago",
 * "12 May 2024", "yesterday", "noon", all relative to *now. False if they make no sense.
 */
bool date_parse(const char *text, struct timespec now, struct timespec *result);

/* touch's and date's [[CC]YY]MMDDhhmm[.ss] (year first) or MMDDhhmm[[CC]YY][.ss]. */
bool date_parse_digits(const char *text, bool year_first, struct timespec *result);
