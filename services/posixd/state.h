/* SPDX-License-Identifier: MPL-2.0 */
/* What posixd's parts share. Everything here belongs to the thread that serves. */
#pragma once
#include "lib/futura/elf.h"
#include "lib/futura/message.h"
#include "services/posixd/core/process.h"
#include "services/posixd/core/timer.h"

constexpr unsigned WORLDS = 16;

/*
 * An errand: what would make the server wait, such as calls of other services. `run` goes in a
 * thread of its own and touches nothing that is shared; then `done` in the server, which ends it.
 */
struct errand {
	struct errand *next;
	void (*run)(struct errand *e);
	void (*done)(struct errand *e);
};

/* Of a world that is to end when its last process has. */
struct world_ending {
	struct errand errand; /* first */
	struct posix_world *world;
	bool is_sent;
};

struct posix_world {
	struct world core;    /* first: ops are given it */
	fut_handle quota;     /* pays for its programs */
	struct mount *mounts; /* by number, the root first */
	struct mount *roots;  /* that processes have changed to */
	uint32_t next_mount;
	uint32_t serial;           /* no other world's, ever: file servers know it by that */
	fut_handle dev;            /* a session with /dev */
	struct segments *segments; /* nullptr: there were none yet */
	bool has_mounts;           /* what it begins with is there */
	bool has_devices; /* terminals, disks and the power switch are its processes' to use */
	bool is_ending;
	struct world_ending ending;
};

struct posixd {
	fut_handle port;
	fut_handle inside;  /* our own session, for the other threads */
	fut_handle waitset; /* ends of tasks, and the next timer */
	fut_handle alarm;
	uint64_t alarm_at;
	struct timers timers;
	struct posix_world *worlds[WORLDS];
	uint32_t last_world; /* serial */
	const void *personality;
	size_t personality_size;
	fut_handle personality_shared[ELF_SEGMENTS]; /* its read-only segments */
};

extern struct posixd posixd;

/* Badges: what a session is for, and which of these. Never used again for another. */
enum badge_kind : uint64_t {
	BADGE_DOOR = 0, /* registryd's, to ask for sessions of clients */
	BADGE_INSIDE = 1,
	BADGE_CLIENT = 2,   /* protocol/worlds.fipc */
	BADGE_PROGRAM = 3,  /* the same, for one program */
	BADGE_PROCESS = 4,  /* protocol/posix.fipc: world, serial, pid */
	BADGE_TICKET = 5,   /* protocol/jobs.fipc: world, serial, sid */
	BADGE_SOCKET = 6,   /* protocol/door.fipc, connecting */
	BADGE_LISTENER = 7, /* the same, accepting */
};

#define BADGE_MAKE(kind, rest) ((uint64_t)(kind) << 56 | (rest))

static inline enum badge_kind badge_kind(uint64_t badge)
{
	return (enum badge_kind)(badge >> 56);
}

static inline uint64_t badge_rest(uint64_t badge)
{
	return badge & 0xffffffffffffff;
}

uint64_t badge_of_process(const struct process *p);
/* Who calls; nullptr if the session's process is no more. */
struct process *process_of_badge(uint64_t badge);
struct world *world_of_badge(uint64_t badge);

/* A session with this server, with those rights. */
enum err session_make(uint64_t badge, uint32_t rights, fut_handle *session);
/* Close a handle that may be none, and forget it. */
void handle_drop(fut_handle *h);

/* tasks.c: what the table of processes does to tasks. */
extern const struct process_ops task_ops;
/* posixd holds the process's task from now on. */
enum err task_attach(struct process *p, fut_handle task);
void task_ended(uint64_t badge);
/* For pidfds: a copy of the event that is set once the process has ended. False: no memory. */
bool task_end_event(struct process *p, fut_handle *copy);
void task_announce_end(struct process *p);
/* What the kernel knows of a living process; false: it has no task. */
struct task_info;
bool task_ask(const struct process *p, struct task_info *info);
void task_usage(const struct task_info *info, struct usage *u);

/* proc/thread.c: the CPU time of its thread with that number; 0: it is gone. */
uint64_t thread_cpu_ns(const struct process *p, uint32_t tid);

/* What the world's processes may use, what is free of it (bytes), and what they use as pages. */
bool world_memory(const struct posix_world *w, uint64_t *total, uint64_t *free, uint64_t *pages);

/* watch.c: threads that wait in the server's stead. */
enum err watch_start(void);
/* After timers have changed. */
void alarm_update(void);
bool inside_dispatch(const void *ops, void *self, struct message *m);
constexpr uint16_t INSIDE_PROTOCOL = 0xfff0;

void errand_send(struct errand *e);

/* segments.c: the child is attached to what its parent is; false: no memory. */
bool segments_fork(struct process *child, const struct process *parent);
/* The process is attached to nothing any more. */
void segments_leave(struct process *p);
/* No process is left: all of the world's. */
void segments_free(struct posix_world *w);

/* power.c: write back what is on the world's disks, then go on in the server. */
void world_sync(const struct posix_world *w, void (*then)(uint64_t), uint64_t context);

/* worlds.c: somebody waits for the process outside. */
void program_ended(struct process *p);
void worlds_closed(uint64_t badge);
/* A session that starts programs in that world, and ends it when it closes. */
enum err client_create(struct posix_world *w, fut_handle *session);

/* world_calls.c: end all its processes, and then the world itself. */
void world_end(struct posix_world *w);
void world_may_end(struct posix_world *w);

/* The interfaces. */
struct posix_ops;
extern const struct worlds_ops worlds_handlers;
extern const struct service_ops service_handlers;
extern const struct jobs_ops jobs_handlers;
extern const struct door_ops door_handlers;
bool posix_serve(const void *ops, void *self, struct message *m);
void process_closed(uint64_t badge);
void listener_closed(uint64_t badge);
