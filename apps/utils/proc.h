/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Processes as /proc shows them. */
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid, parent, group, session, terminal_group;
	uid_t uid;
	unsigned terminal; /* a device number, 0 for none */
	char state;
	long nice, priority, threads;
	uint64_t ticks, user_ticks, system_ticks; /* of the CPU */
	uint64_t start_ticks;                     /* since boot */
	uint64_t virtual_bytes, resident_bytes;
	char name[64];
	char *command;        /* with arguments; of memory from mem.h */
	uint64_t shown_ticks; /* for top: in the last interval */
};

struct processes {
	struct process *list;
	size_t count, capacity;
};

/* All processes, by number. Those that end meanwhile are left out. */
void processes_read(struct processes *p);
void processes_free(struct processes *p);
/* Since the system started. */
double system_uptime(void);
