/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptions of objects for user code: abi/info.h. */
#pragma once
#include "abi/info.h"

struct cap;
struct task;

void info_handle(struct handle_info *info, uint32_t handle, const struct cap *cap);
void info_task(struct task_info *info, struct task *task);
