/* SPDX-License-Identifier: MPL-2.0 */
/* eventfd and timerfd: posix/abi/counter.h has how they lie in memory. */
#pragma once
#include "posix/files/description.h"

int64_t counter_import(fut_handle memory, fut_handle event, struct description **d);
int64_t timer_import(fut_handle memory, fut_handle event, struct description **d);
