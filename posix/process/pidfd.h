/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors of processes: pidfd_open(2). */
#pragma once
#include "posix/files/description.h"

/* One of a child that was just made, with close-on-exec, its number stored in guest memory; where
 * that fails the place holds -1. */
void pidfd_put(uint64_t to, uint32_t pid);
/* Of which process it is; `serial` tells it from others with that pid. -EBADF: it is no such
 * descriptor. */
int64_t pidfd_process(int fd, uint32_t *pid, uint32_t *serial, bool *nonblocking);
/* As it left another process. */
int64_t pidfd_import(const struct descriptor *from, fut_handle ended, struct description **d);
