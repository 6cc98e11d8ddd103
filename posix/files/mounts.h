/* SPDX-License-Identifier: MPL-2.0 */
/* The mounts of our world that this process has come across; posixd knows them all. */
#pragma once
#include "posix/files/description.h"

/* The root of a mount, or with `up` the directory that holds the covered one: a reference. */
int64_t mount_place(uint32_t number, bool up, struct description **place);
/* Have its server make last what was written. */
int64_t mount_sync(uint32_t number);
/* Forget all: credentials or mounts have changed. */
void mounts_forget(void);
