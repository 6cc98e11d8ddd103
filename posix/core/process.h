/* SPDX-License-Identifier: MPL-2.0 */
/* The process: what all its threads share. fork copies it with the rest of our memory. */
#pragma once
#include "lib/futura/message.h"
#include "posix/core/locks.h"
#include "posix/core/thread.h"
#include "posix/signal/state.h"

struct description;

/* What fork and exec write stands together, in one page. */
struct process {
	alignas(4096) struct locks locks;
	struct remote posix; /* our session with posixd */
	uint32_t pid, parent, group, session;
	uint32_t uid, euid, suid, gid, egid, sgid;
	uint32_t fsuid, fsgid; /* whose files it may use: setfsuid */
	uint32_t identity;     /* counts changes of credentials */
	uint64_t capabilities; /* effective: bit N for Linux's capability N */

	struct thread *threads;
	unsigned nthreads;
	bool exiting; /* one thread ends the process or executes another program: the others end */

	struct description *root, *cwd;
	struct description *program; /* what runs: open, so that it cannot be written */
	uint32_t umask, umask_at_start;

	uint64_t brk_start, brk;
	uint64_t arg_start, arg_end, env_start, env_end; /* guest addresses, for /proc */
	uint64_t auxv[2];                                /* start and end, too */
	char name[16];                                   /* of the program: comm */
	fut_handle vfork;            /* a vfork child's end of its parent's event; 0: none */
	_Atomic uint32_t child_turn; /* counts news of children: a futex that wait4 waits for */
	uint32_t nforks;             /* a description that was made before the last may be shared */
	uint32_t personality;        /* as personality(2) numbers them */
	bool dumpable, no_new_privileges;
	uint64_t file_limit, space_limit; /* RLIMIT_FSIZE, RLIMIT_AS: bytes; ~0: none */
	uint64_t signal_limit;            /* RLIMIT_SIGPENDING */
	/* CLONE_VM: the guest's memory is another process's too, which may wait for clear_tid. */
	bool shares_memory;
	uint32_t death_signal;
	bool subreaper;

	struct signal_process signals;
	char exe[4096]; /* the program's path */
};

extern struct process process;

static inline bool process_can(unsigned capability)
{
	return (process.capabilities >> capability & 1) != 0;
}

/* Run `f` in a calm process: called by fork with every lock taken in a fixed order, and again with
 * all given back on both sides. */
void process_lock_all(void);
void process_unlock_all(void);

/* End the process with a status as wait4 has it; does not return, other threads do not matter. */
[[noreturn]] void process_exit(uint32_t status);
/* The same where the program that the process is for cannot be run: a negative errno. */
[[noreturn]] void process_not_started(int64_t error);
/* Ask posixd who we are. */
void process_learn(void);
/* Clear the word that set_tid_address named, where others share the memory, and wake who waits. */
void process_clear_tid(void);
/* End all other threads and wait until they are gone; -EAGAIN if another thread does it already. */
int64_t process_alone(void);
