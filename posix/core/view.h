/* SPDX-License-Identifier: MPL-2.0 */
/* Shows /proc where things lie: posix/abi/view.h. */
#pragma once
#include "posix/abi/view.h"

/* Before the first program is started. */
void view_init(void);
/* The part of the table of descriptors: posix/files/fd.c. */
void view_fds(struct process_view *v);
