/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* gzip files (RFC 1952) as streams. */
#include <time.h>
#include "apps/applet/in.h"
#include "apps/applet/out.h"

/* Expands all members of `in`; nullptr, or what is wrong. A nullptr `out` only checks. */
const char *gzip_expand(struct in *in, struct out *out);
/* `name` may be nullptr, `mtime` 0. */
void gzip_compress(struct in *in, struct out *out, int level, const char *name, time_t mtime);
