/* SPDX-License-Identifier: MPL-2.0 */
/* The long way back to the guest: when signals, a changed frame or the process's end are to be seen
 * to. */
#pragma once
#include "posix/core/thread.h"

/* From entry.S: a call gave `result`, and there is work. `frame` holds its number still. */
[[noreturn]] void leave_call(struct registers *frame, int64_t result);
/* From entry.S: an interrupt came between the end of a call and the guest. */
[[noreturn]] void leave_interrupted(struct registers *frame);
/* From entry.S: a fault or an interrupt in guest code; the control page has all. */
[[noreturn]] void event_main(void);

/* Go on in the guest with these registers, after whatever is due. */
[[noreturn]] void leave_with(const struct registers *frame);

/* After a native wait ended with `interrupted`: look what has come. True if a signal is to be
 * delivered to this thread, or it is to end: the call gives up. */
bool interrupted(void);
/* The same where nothing may be delivered yet: what came is kept. */
void interrupted_later(void);
