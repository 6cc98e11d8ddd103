/* SPDX-License-Identifier: MPL-2.0 */
/* Starts other programs. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"
#include "abi/startup.h"
#include "lib/futura/startup.h"

struct spawn {
	const char *name;  /* of the task, cut to 31 bytes */
	const void *image; /* a static ELF program in the caller's memory */
	size_t size;
	const fut_handle *shared; /* its read-only segments, from elf_share; or nullptr */
	fut_handle quota;         /* pays for the task; needs `write` */
	size_t stack;             /* bytes, 0: SPAWN_STACK */
	uint32_t priority;        /* of the first thread, and the most the task may have; 0:
				     THREAD_PRIORITY */
	fut_handle budget;        /* CPU time for the task; 0: the caller's */
	uint64_t base;            /* all its memory lies from this address on; 0: random places */
	uint32_t inherit;         /* the mode of that memory; 0: INHERIT_COPY */
	bool is_whole;            /* its data and SPAWN_STACK_MADE of its stack are made now, so
				     that later only its heap can run out of memory */

	/* Arguments and environment, copied. */
	unsigned argc;
	const char *const *argv;
	unsigned envc;
	const char *const *env;

	/*
	 * Handles by name: all that the program will have, beside the capability "task" to itself
	 * if `own_task` says with which rights. They move to it, and are closed if it cannot be
	 * started.
	 */
	unsigned capc;
	const struct startup_cap *caps;
	uint32_t own_task;
};

constexpr size_t SPAWN_STACK = 262144, SPAWN_STACK_MADE = 65536;
constexpr unsigned SPAWN_CAPS = 32;

/*
 * Load the program into a new task and start it. `task` is a handle with every right: closing it,
 * or the last with `manage`, ends the program. Errors of elf_parse, and: ERR_UNSUPPORTED if it is
 * for another processor, ERR_TOO_BIG if there are more than SPAWN_CAPS capabilities or too many
 * strings, and of the kernel's calls, ERR_NO_MEMORY above all.
 */
enum err spawn(const struct spawn *s, fut_handle *task);

/* Wait until the task has ended; its exit code, or PANIC_CODE and what it died of in `info`. */
struct task_info;
enum err spawn_wait(fut_handle task, uint64_t deadline, struct task_info *info);
