/* SPDX-License-Identifier: MPL-2.0 */
/* Kinds of descriptions that are not a server's. */
#pragma once
#include "posix/files/description.h"

/* One of these from outside: pipes, sockets, counters, timers. */
int64_t kind_import(const struct descriptor *from, fut_handle a, fut_handle b,
		    struct description **d);
