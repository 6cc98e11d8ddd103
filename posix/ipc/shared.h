/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptions whose state is memory and an event that forks and other processes share. */
#pragma once
#include "posix/files/description.h"

/* A new one: `own` is the memory, mapped and zero, `a` its object, `b` an event. */
int64_t shared_new(const struct description_ops *ops, uint32_t kind, uint64_t size,
		   struct description **d);
/* The same of handles that came from elsewhere; they become the description's, or are closed. */
int64_t shared_import(const struct description_ops *ops, uint32_t kind, uint64_t size,
		      fut_handle memory, fut_handle event, struct description **d);
/* For `close`. */
void shared_unmap(struct description *d, uint64_t size);
