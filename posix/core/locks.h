/* SPDX-License-Identifier: MPL-2.0 */
/* The locks that protect state which fork copies; process_lock_all takes them in this order, and so
 * does everybody who needs two. */
#pragma once
#include "lib/futura/lock.h"

/* process.threads_lock, maps_lock, process.files_lock, process.signals.lock, then: */
extern struct mutex epoll_lock, mounts_lock, states_lock, random_lock, window_lock, heap_lock;
