/* SPDX-License-Identifier: MPL-2.0 */
/* What an opened node that is neither file nor directory becomes. */
#pragma once
#include "posix/files/description.h"

/* dev_t as stat gives it: the low 8 bits of the minor, then 12 of the major. */
static inline uint64_t device_major(uint64_t device)
{
	return device >> 8 & 0xfff;
}

static inline uint64_t device_minor(uint64_t device)
{
	return (device & 0xff) | (device >> 12 & 0xfff00);
}

/*
 * `*d` is the node as its server opened it; it may become another description, which takes its
 * place. ENXIO: there is no such device. `flags` are file_open's.
 */
int64_t device_become(struct description **d, uint32_t flags, uint32_t status);

/* disk.c: the same for a block device's node. */
int64_t disk_become(struct description **d, uint32_t flags, uint32_t status);
/* ioctl of what is a file of a server; ENOTTY if it is no disk. */
int64_t disk_control(struct description *d, uint32_t command, uint64_t argument);

/* kmsg.c: /dev/kmsg. */
extern const struct description_ops kmsg_ops;
