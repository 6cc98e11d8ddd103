/* SPDX-License-Identifier: MPL-2.0 */
/* The segment table on the device. */
#pragma once

#include "futurafs/fs.h"

static inline uint32_t table_per_block(const struct fs *fs)
{
	return (fs->block_size - (uint32_t)sizeof(struct d_table)) /
	       (uint32_t)sizeof(struct d_segment);
}

/* The entry of `seg` differs from what the device has. */
static inline void table_touch(struct fs *fs, uint32_t seg)
{
	fs->table_dirty[seg / table_per_block(fs)] = true;
}
