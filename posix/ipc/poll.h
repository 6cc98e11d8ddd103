/* SPDX-License-Identifier: MPL-2.0 */
/* What poll, select and epoll share. */
#pragma once
#include "posix/files/description.h"

/* Which of the poll bits hold; POLLERR and POLLHUP always count. */
uint32_t poll_readiness(struct description *d, uint32_t events);

/* The deadline for a guest's timespec; TIME_NEVER without one. 0, EINVAL, EFAULT. */
int64_t poll_deadline(uint64_t timeout, uint64_t *deadline);
/* Wait with another mask (guest address, or 0): what it was comes back by poll_mask_back, or if the
 * result says so after the handler. */
int64_t poll_mask_set(uint64_t mask, uint64_t size);
void poll_mask_back(uint64_t mask, int64_t result);
