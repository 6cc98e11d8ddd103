/* SPDX-License-Identifier: MPL-2.0 */
/* What an opened node that is neither file nor directory becomes. */
#pragma once
#include "posix/files/description.h"

/*
 * `*d` is the node as its server opened it; it may become another description, which takes its
 * place. ENXIO: there is no such device. `flags` are file_open's.
 */
int64_t device_become(struct description **d, uint32_t flags, uint32_t status);

/* kmsg.c: /dev/kmsg. */
extern const struct description_ops kmsg_ops;
