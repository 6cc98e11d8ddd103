/* SPDX-License-Identifier: MPL-2.0 */
/* Core files: the memory and registers of a process that a signal ends, for debuggers. */
#pragma once
#include <asm/siginfo.h>
#include "posix/core/thread.h"

/*
 * Write the file "core" into the working directory, if RLIMIT_CORE and the file system let us; all
 * other threads end first. True if there is one, if only its beginning.
 */
bool core_file_write(const struct registers *frame, const siginfo_t *info);
