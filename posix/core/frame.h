/* SPDX-License-Identifier: MPL-2.0 */
/* The frame of the call that a thread is in: it stands at the top of its stack (entry.S). */
#pragma once
#include "posix/core/thread.h"

constexpr uint64_t FRAME_ROOM = (sizeof(struct registers) + 15) & ~15ull;

static inline struct registers *call_frame(void)
{
	return (struct registers *)(((struct words *)control()->user)->stack - FRAME_ROOM);
}
