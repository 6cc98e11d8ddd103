/* SPDX-License-Identifier: MPL-2.0 */
/* epoll: a waitset that lasts, over descriptions of this process. */
#pragma once
#include "posix/files/description.h"

/* The description's last reference is gone: no epoll watches it any more. */
void epoll_forget(struct description *d);
