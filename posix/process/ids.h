/* SPDX-License-Identifier: MPL-2.0 */
/* Who we are after posixd has given us other credentials, and who else there is. */
#pragma once
#include "abi/kernel.h"

/* Learn who we are now, and see files through `root` and nothing older; 0: they look the same. */
int64_t ids_changed(fut_handle root);
/* Is there a process or thread (PRIO_PROCESS), or a group (PRIO_PGRP), with that number? 0 or an
 * error: -ESRCH if not. */
int64_t id_exists(uint32_t which, uint32_t id);
