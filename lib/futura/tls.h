/* SPDX-License-Identifier: MPL-2.0 */
/* Thread-local variables (`thread_local` in C23): the memory each thread needs for them. */
#pragma once
#include <stddef.h>

/* Bytes, and the alignment (a power of two, at least 16) of a thread's block. */
size_t tls_size(void);
size_t tls_align(void);

/* Fill a zeroed block with the variables' first values; returns the thread pointer to install. */
void *tls_init(void *block);
