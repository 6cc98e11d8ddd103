/* SPDX-License-Identifier: MPL-2.0 */
/* The superblock: what never changes after a volume is made. */
#pragma once

#include "futurafs/fs.h"

/* Read it, or its copy at the end of the device. */
enum fs_err super_read(const struct fs_device *dev, fs_crc_fn *crc, struct d_super *s);
/* Are both copies as `s` says? */
bool super_is_whole(const struct fs_device *dev, fs_crc_fn *crc, const struct d_super *s);
enum fs_err super_write(struct fs *fs, const struct d_super *s);
/* Lay out a new volume. */
enum fs_err super_plan(uint64_t size, const struct fs_format *format, int64_t now,
		       struct d_super *s);

/* Memory for a volume of this shape (mount.c). */
enum fs_err fs_open(const struct fs_device *dev, const struct fs_host *host,
		    const struct d_super *s, const struct fs_config *config, struct fs **fs);
