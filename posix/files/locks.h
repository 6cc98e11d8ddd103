/* SPDX-License-Identifier: MPL-2.0 */
/* Record locks and whole-file locks: protocol/file.fipc, `lock`. */
#pragma once
#include "posix/files/description.h"

/* fcntl's lock commands; -ENOSYS for others. */
int64_t lock_control(struct description *d, uint32_t command, uint64_t argument);
/* A descriptor of a regular file is closed: the process's record locks on it go. */
void lock_closing(struct description *d);
/* In a child of fork: it owns no locks. */
void lock_forked(void);
