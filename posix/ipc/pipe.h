/* SPDX-License-Identifier: MPL-2.0 */
/* Pipes: posix/abi/pipe.h has how they lie in memory. */
#pragma once
#include "posix/files/description.h"

int64_t pipe_import(const struct descriptor *from, fut_handle memory, fut_handle event, struct description **d);
/* A new pipe: both ends. */
int64_t pipe_new(uint32_t status, struct description **read_end, struct description **write_end);
