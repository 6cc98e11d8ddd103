/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /proc and /sys: a tree of entries, whose texts are made when they are read. What a process says
 * of itself is read from its memory (posix/abi/view.h); a lie harms nobody else, and what is not
 * known is absent.
 */
#pragma once
#include "lib/files/files.h"
#include "lib/files/text.h"
#include "services/posixd/state.h"

/* Whom an entry is about. */
struct subject {
	struct posix_world *world;
	struct process *p; /* nullptr: the system */
	uint32_t number;   /* of a descriptor or a thread */
	bool by_root;      /* who writes has root's rights */
};

struct proc_entry;

/* A directory's further entries, that are not in its table. */
struct proc_names {
	/* The entry of that name, which may change `s`; nullptr: none. */
	const struct proc_entry *(*find)(struct subject *s, const char *name);
	/* The next number above `after` that is a name; 0: none. Descriptors count from 1 here. */
	uint32_t (*next)(const struct subject *s, uint32_t after);
	const char *(*name)(uint32_t number); /* nullptr: the next two tell */
	const char *prefix;                   /* a name is this, */
	uint32_t offset;                      /* and the number less this */
	uint32_t type;                        /* of the entries, for listings */
};

struct proc_entry {
	const char *name;
	uint32_t mode;                     /* type and permissions */
	const struct proc_entry *children; /* of a directory: ends with a name nullptr */
	const struct proc_names *names;
	void (*fill)(struct text *t, const struct subject *s);
	const char *fixed; /* instead of `fill`: contents that never change */
	/*
	 * Instead of `fill`, for what may be long: the records from `*at` on, whose meaning is the
	 * entry's own and which is 0 at first. As many as have room in `most` bytes, but at least
	 * one;
	 * `*at` is left where the next is to begin. Nothing: there is none.
	 */
	void (*fill_from)(struct text *t, const struct subject *s, uint64_t *at, size_t most);
	/* A link: as files_node_ops.target says. */
	int (*target)(const struct subject *s, struct files_target *t);
	int (*write)(const struct subject *s, const char *text, size_t n);
};

#define PROC_FIXED(called, contents) { .name = called, .mode = S_IFREG | 0444, .fixed = contents }

/* tree.c */
constexpr uint64_t PROC_DEVICE = 3; /* st_dev of the first kind, then counted up */
enum proc_kind : unsigned { PROC_PROC, PROC_SYS, PROC_KINDS };
extern struct files_server proc_server;
enum err proc_init(void);
bool proc_serve(const void *ops, void *self, struct message *m);
/* A first session with the root, with those credentials. */
int proc_line(const struct credentials *who, enum proc_kind kind, uint32_t flags, uint64_t key,
	      fut_handle *root);

/* The trees' tables. */
extern const struct proc_entry proc_root, sys_root; /* system.c */
extern const struct proc_entry
	process_root; /* What an architecture can tell of its processors: arch/<cpu>/cpu.c. */
void cpu_describe(struct text *t, unsigned cpu, unsigned ncpus);

struct system_info;
/* system.c: what the kernel says of the machine; false if it does not. */
bool system_ask(struct system_info *info);
/* The load averages: of one, five and fifteen minutes. */
constexpr uint64_t LOAD_ONE = 65536;
void load_ask(const struct system_info *info, uint64_t loads[3]);
void load_print(struct text *t, const struct system_info *info);

/* process.c */
extern const struct proc_entry sysctl_children[];                  /* sysctl.c */
extern const struct proc_names fd_names, fdinfo_names, task_names; /* descriptors.c, process.c */

/* counters.c */
void fill_vmstat(struct text *t, const struct subject *s);
void fill_swaps(struct text *t, const struct subject *s);
void fill_devices(struct text *t, const struct subject *s);
void fill_nothing(struct text *t, const struct subject *s); /* an empty file */

/* disks.c */
void fill_partitions(struct text *t, const struct subject *s);
extern const struct proc_names disk_names;
extern const struct proc_entry disk_numbers_children[];

/* thread.c: of the thread of that number, or of the process's first one. */
struct proc_thread {
	uint32_t tid;
	char name[16];
	uint64_t blocked, pending; /* sets of signals */
	uint64_t cpu_ns;
	bool runs_known, runs; /* or is ready to */
};
/* What cannot be found is 0, and the name the process's. */
void thread_ask(const struct subject *s, struct proc_thread *t);
/* The lowest number above `after` that a thread of it has; 0: none. */
uint32_t thread_after(const struct subject *s, uint32_t after);
/* Is one of its threads ready to run? */
bool threads_run(const struct process *p);

/* process.c */
void fill_mounts(struct text *t, const struct subject *s);
char process_letter(const struct process *p);

/* memory.c, descriptors.c */
void fill_maps(struct text *t, const struct subject *s, uint64_t *at, size_t most);
void fill_auxv(struct text *t, const struct subject *s);
/* smaps.c */
void fill_smaps(struct text *t, const struct subject *s, uint64_t *at, size_t most);
void fill_smaps_rollup(struct text *t, const struct subject *s);
extern const struct proc_entry net_children[]; /* net.c */
void fill_fdinfo(struct text *t, const struct subject *s);
int cwd_target(const struct subject *s, struct files_target *t);
int root_target(const struct subject *s, struct files_target *t);
int exe_target(const struct subject *s, struct files_target *t);
