/* SPDX-License-Identifier: MPL-2.0 */
/* signalfd: takes signals of the calling thread and of the process out of their queues. */
#pragma once
#include "posix/files/description.h"

/* From another process: from now on it takes this one's signals. */
int64_t signalfd_import(const struct descriptor *from, struct description **d);
