/* SPDX-License-Identifier: MPL-2.0 */
/* A file or block device of Linux as the device of a volume, and Linux as its host. */
#pragma once

#include "futurafs/futurafs.h"

/* Open `path`; 0 or an errno. With `create` an empty file if there is none. */
int device_open(const char *path, bool write, bool create, struct fs_device *dev);
/* A file becomes so long; a block device has the size that it has. */
int device_resize(struct fs_device *dev, uint64_t size);
void device_close(struct fs_device *dev);

/* Reports go to stderr, unless quiet. */
struct fs_host linux_host(bool quiet);

/* Does this processor have the instruction of crc32c_hw()? */
bool cpu_has_crc32c(void);

/* The errno for an error of the library, for FUSE. */
int fs_errno(enum fs_err e);
/* "64M" as bytes; 0: not a size. */
uint64_t size_parse(const char *text);
