/* SPDX-License-Identifier: MPL-2.0 */
/* RLIMIT_FSIZE: how long a process may make files. */
#pragma once
#include "posix/files/description.h"

/* May a file become that long? 0, or -EFBIG with SIGXFSZ for the caller. */
int64_t limit_length(uint64_t length);
/* Cut a write to what is allowed: -EFBIG, with the signal, if that is nothing. */
int64_t limit_write(struct description *d, uint64_t at, uint64_t *size);
