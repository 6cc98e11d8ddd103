/* SPDX-License-Identifier: MPL-2.0 */
/* A file or block device of Linux as the device of a volume, and Linux as its host. */
#pragma once

#include "futurafs/futurafs.h"

/* Open `path`; 0 or an errno. With `create` make it `size` bytes long (0: as it is). */
int device_open(const char *path, bool write, bool create, uint64_t size, struct fs_device *dev);
void device_close(struct fs_device *dev);

/* Reports go to stderr, unless quiet. */
struct fs_host linux_host(bool quiet);

/* Does this processor have the instruction of crc32c_hw()? */
bool cpu_has_crc32c(void);

/* The errno for an error of the library, for FUSE. */
int fs_errno(enum fs_err e);
/* "64M" as bytes; 0: not a size. */
uint64_t size_parse(const char *text);
