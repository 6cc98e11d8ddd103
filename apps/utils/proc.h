/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Processes and memory as /proc shows them. */
#include <stddef.h>
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

/* In bytes; `cached` counts buffers too. */
struct memory {
	uint64_t total, used, unused, shared, cached, available, swap, swap_free;
};

/* Ends the applet when /proc has none. */
void memory_read(struct memory *m);
uint64_t memory_total(void);

/* "12:00:00 up 1:23,  load average: 0.00, 0.00, 0.00" and a newline. */
void uptime_put(void);

/* A small file whole; nullptr if it is gone. The length is for those with NULs inside. */
char *proc_file_read(const char *path, size_t *len);
/* Is the word in a list with commas or blanks between? */
bool proc_list_has(const char *list, const char *word);
