/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of processes: who there is, whose child, of which group and session, what has happened
 * to it. Everything here is memory of one thread; what it means for tasks is told through struct
 * process_ops. Functions that a process's call leads to return 0 or more, or a negative errno.
 *
 * A process is PREPARED from fork until posixd holds its task, though it may run and ask already;
 * DEAD from its task's end until somebody has waited for it.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "posix/abi/signal.h"
#include "services/posixd/core/capabilities.h"

constexpr uint32_t PID_MAX = 32768;    /* pids, tids and groups lie below */
constexpr uint32_t PID_RESERVED = 300; /* numbers are not given again from below this */
constexpr uint32_t TIDS_MOST = 16384;  /* numbers for threads of one process */
constexpr uint32_t GROUPS_MAX = 256;   /* supplementary */
constexpr unsigned LIMITS = 16;
constexpr unsigned SIGNALS = 64;

struct group;
struct process;
struct timer;
struct timers;
struct world;

/* A user of a world, for the limit on processes. */
struct user {
	struct user *next;
	uint32_t uid;
	uint32_t refs; /* credentials with this real uid */
	uint32_t nprocesses;
};

/* Shared by processes until one changes its own. */
struct credentials {
	uint32_t refs;
	uint32_t uid, euid, suid, gid, egid, sgid;
	uint32_t fsuid, fsgid; /* whose files: the effective ones, but after setfsuid */
	struct capabilities may;
	struct user *user; /* of `uid` */
	struct world *world;
	void *native; /* sessions with file servers that have these credentials */
	uint32_t ngroups;
	uint32_t groups[];
};

struct limits {
	uint32_t refs;
	uint64_t soft[LIMITS], hard[LIMITS];
};

struct usage {
	uint64_t user_ns, system_ns;
	uint64_t faults;
	uint64_t max_rss; /* bytes */
};

/* A signal that waits to be fetched. */
struct queued {
	struct queued *next;
	struct timer *timer; /* that sent it; nullptr: none, or it is gone */
	struct posix_signal signal;
};

/* Numbers that a process was given for its threads. */
struct tid_range {
	struct tid_range *next;
	uint32_t first, count;
};

struct session {
	struct world *world;
	uint32_t sid;
	uint32_t ngroups;
	uint32_t foreground; /* group; 0: nobody set one */
	uint32_t terminal;   /* its device number as stat has it; 0: not known */
	uint32_t serial;
	struct process *leader; /* nullptr: it has ended */
	uint32_t ticket; /* native: the terminal's handle, without the right to send; 0: none */
};

struct group {
	struct session *session;
	uint32_t pgid;
	struct process *first; /* members, dead ones too */
};

enum process_state : uint8_t { PROCESS_PREPARED, PROCESS_ALIVE, PROCESS_DEAD };
enum change : uint8_t { CHANGE_NONE, CHANGE_EXITED, CHANGE_STOPPED, CHANGE_CONTINUED };

struct process {
	struct world *world;
	uint32_t pid;
	uint32_t serial; /* of all processes of the world: tells this pid's users apart */
	enum process_state state;
	enum change change; /* not yet waited for; then it is in the parent's list */
	bool is_stopped;
	bool is_reaper;   /* pid 1: no program; forgets its children */
	bool is_doomed;   /* SIGKILL came before the task */
	bool is_starting; /* posixd itself starts its task, and will hold it */
	bool has_execed;
	bool has_told;         /* `status` is said or decided */
	bool forgets_children; /* they leave nothing to wait for */
	bool is_subreaper;     /* orphans among its descendants become its children */
	uint32_t status;       /* as wait4 has it; while stopped the signal */
	int32_t start_error;   /* its first program could not be run: a negative errno */
	uint32_t news;         /* POSIX_NEWS_ flags */
	uint32_t death_signal; /* that comes when its parent ends; 0: none */
	uint32_t end_signal;   /* that its end sends to its parent; 0: none */
	int32_t nice;
	uint32_t io_priority; /* as ioprio_set has it; 0: none */
	uint32_t policy;      /* SCHED_, with SCHED_RESET_ON_FORK */
	uint32_t rt_priority; /* of a real-time policy */
	int32_t oom_adjust,
		oom_least; /* /proc/PID/oom_score_adj, and how low others than root may set it */

	struct process *parent, *first_child, *next_sibling, *prev_sibling;
	struct process *first_changed, *last_changed; /* children, in the order of their changes */
	struct process *next_changed, *prev_changed;
	struct group *group;
	struct process *next_member, *prev_member;

	struct credentials *who;
	struct limits *limits;
	struct queued *first_signal, *last_signal;
	uint64_t queued; /* bit n - 1: signal n is in the queue */
	uint32_t nqueued;
	uint32_t nheld; /* realtime signals that it has fetched: as many may wait there at most */
	struct timer *timers;
	struct tid_range *tids;
	uint32_t ntids;
	struct usage usage, children; /* own, known at the end; of those waited for */

	/* What /proc shows. */
	uint64_t start_ns;
	char name[16];
	char *path; /* of the program; may be nullptr */
	uint64_t arg_start, arg_end, env_start, env_end, map_table;

	struct {
		uint32_t task, thread, watch, session;
		uint32_t ended; /* an event for pidfds */
	} native;               /* handles; 0: none */
	void *attached;         /* native: segments of shared memory */
	void *root;             /* native: where its paths begin; nullptr: at the world's root */
	uint64_t waiter;        /* native: a kept call that its end answers */
};

/* What is known of a number. It is free while it has no uses. */
struct number {
	struct process *process;
	struct group *group;
	struct session *session;
	uint32_t owner; /* a thread's number: its process's */
	uint32_t uses;
};

struct process_ops {
	/* `news` has something for it. It may have no task yet. */
	void (*wake)(struct process *p);
	/* SIGKILL. */
	void (*kill)(struct process *p);
	/* It is forgotten: give back what is native. */
	void (*release)(struct process *p);
	void (*release_credentials)(struct credentials *c);
	/* How many signals it has fetched that still wait. */
	uint32_t (*held)(const struct process *p);
	/* The CPU time it has used, in nanoseconds. */
	/* Of its thread with that number, 0 if it is gone; or with 0 of all. */
	uint64_t (*cpu_ns)(const struct process *p, uint32_t tid);
	/* The leader has ended: the terminal's ticket is void. */
	void (*release_session)(struct session *s);
};

constexpr unsigned USER_BUCKETS = 64;

struct world {
	uint32_t index;
	const struct process_ops *ops;
	struct timers *timers;
	struct number *numbers; /* PID_MAX */
	uint32_t last_number;
	uint32_t last_serial;
	uint32_t nprocesses, most_processes;
	struct process *reaper;
	struct user *users[USER_BUCKETS];
	char host[65], domain[65];
};

/* An empty world, with its reaper. False: no memory. */
bool world_init(struct world *w, uint32_t index, const struct process_ops *ops,
		struct timers *timers, uint32_t most_processes);
/* All processes must be gone. */
void world_fini(struct world *w);

/* The process of that pid, dead ones too; nullptr: none. `process_of` also knows its tids. */
struct process *process_find(const struct world *w, uint32_t pid);
struct process *process_of(const struct world *w, uint32_t number);
/* The living process with the lowest pid above `after`, the reaper included; nullptr: none. */
struct process *process_next(const struct world *w, uint32_t after);

/* A child of the reaper's, in a session of its own, or else in a group of its own in the reaper's.
 * Takes the reference to `who`. */
int process_start(struct world *w, struct credentials *who, bool leader, struct process **p);
/* A child of `parent`; with `sibling` of its parent. */
int process_fork(struct process *parent, bool sibling, uint32_t end_signal, struct process **child);
/* posixd has the task: signals that came before reach it. */
void process_runs(struct process *p);
/* It never ran: as if there had been no fork. */
void process_abandon(struct process *p);
/* Its task is no more. `status` if it told none. */
void process_ended(struct process *p, uint32_t status, const struct usage *usage);
/* What `wait` is to say. */
void process_tell(struct process *p, uint32_t status);

/* Free numbers in a row, for threads. The first, or -EAGAIN. */
int process_tids(struct process *p, uint32_t count);

/* For other files of core: the child's change is news to its parent. */
void process_changed(struct process *p, enum change change);
/* The change has been waited for. */
void change_taken(struct process *p);
/* It has been waited for, or nobody will. */
void process_forget(struct process *p);

/* waitid. */
struct waited {
	uint32_t pid, status, uid;
	struct usage usage;
};
/* `serial`: with P_PID only that process; 0: any. */
int process_wait(struct process *p, uint32_t options, uint32_t kind, uint32_t id, uint32_t serial,
		 struct waited *r);

/* Numbers: taking one more use, and giving it back. */
int number_take(struct world *w, uint32_t count);
static inline void number_use(struct world *w, uint32_t n)
{
	w->numbers[n].uses++;
}
static inline void number_drop(struct world *w, uint32_t n)
{
	w->numbers[n].uses--;
}
void tids_free(struct process *p);
