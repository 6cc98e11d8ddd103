/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
#include "posix/files/description.h"

/* Copy at most `size` bytes from one description to another, at those offsets, which move on (or at
 * the descriptions' own, FILE_AT_STATE). How many, or an error if none. */
int64_t move_data(struct description *in, uint64_t *read_at, struct description *out,
		  uint64_t *write_at, uint64_t size);
