/* SPDX-License-Identifier: MPL-2.0 */
/* From description to description, and from us. */
#pragma once
#include <stddef.h>
#include "posix/files/description.h"

/* Write memory of ours, though signals wait: so often is it tried. */
int64_t piece_write(struct description *d, const void *from, size_t n, unsigned tries);
/* Copy at most `size` bytes from one description to another, at those offsets, which move on (or at
 * the descriptions' own, FILE_AT_STATE). How many, or an error if none. */
int64_t move_data(struct description *in, uint64_t *read_at, struct description *out,
		  uint64_t *write_at, uint64_t size);
