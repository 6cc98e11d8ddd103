/* SPDX-License-Identifier: MPL-2.0 */
/* What calls that describe something write: fixed structures without holes. */
#pragma once
#include <stdint.h>

struct handle_info {
	uint32_t handle;
	uint32_t type; /* enum object_type */
	uint32_t rights;
	uint32_t leased; /* 1 if it came from lease_create */
	uint64_t id;     /* the object's number, unique since boot */
	uint64_t detail; /* session: badge; vmo: size; resource: kind << 56 | base; irq: line */
};
static_assert(sizeof(struct handle_info) == 32);

struct mapping_info {
	uint64_t address;
	uint64_t size;
	uint64_t offset;  /* in the memory object */
	uint64_t vmo_id;  /* the memory object's number; 0 for a guard or a thread's area */
	uint32_t flags;   /* MAP_READ, MAP_WRITE, MAP_EXEC, MAP_GUARD and the inherit mode */
	uint32_t allowed; /* the most that space_protect may set */
	uint32_t kind;    /* enum mapping_kind */
	uint32_t reserved;
	uint64_t resident; /* pages of the mapping that are present in its memory object */
	uint64_t shared;   /* those of them that a clone of the object shares */
};
static_assert(sizeof(struct mapping_info) == 64);

enum mapping_kind : uint32_t {
	MAPPING_VMO = 1,   /* a memory object with handles */
	MAPPING_FRESH = 2, /* memory that belongs to the mapping */
	MAPPING_GUARD = 3,
	MAPPING_AREA = 4, /* a thread's control and message pages */
	MAPPING_CLOCK = 5,
};

struct task_info {
	uint64_t id;
	char name[32];
	uint32_t state; /* enum task_state */
	uint32_t nthreads;
	int64_t exit_code;
	struct {
		uint32_t kind; /* enum fault_kind: of the fault that ended the task, or 0 */
		uint32_t access;
		uint64_t address;
		uint64_t code;
		uint64_t pc;
	} fault;
	uint64_t cpu_ns;
	uint64_t start_ns;
	uint64_t mapped;   /* bytes of address space */
	uint64_t resident; /* pages in its page tables */
	uint64_t nhandles;
	uint64_t faults;
	uint64_t calls;
	uint64_t messages;
	uint64_t quota_id;
	uint32_t max_priority;
	uint32_t reserved;
	uint64_t reserved2[11];
};
static_assert(sizeof(struct task_info) == 256);

enum task_state : uint32_t { TASK_ALIVE = 1, TASK_DYING = 2, TASK_DEAD = 3 };

constexpr unsigned SYSTEM_TYPES = 24;

struct system_info {
	uint64_t now_ns;
	uint32_t ncpus;
	uint32_t size; /* of this structure: it may grow */
	uint64_t pages_total, pages_free;
	uint64_t pages_user;    /* in memory objects */
	uint64_t pages_tables;  /* page tables */
	uint64_t pages_objects; /* kernel objects */
	uint64_t pages_kernel;  /* kernel image, frame table, per-CPU memory */
	uint64_t calls, messages, fast_messages, faults, interrupts, switches, shootdowns,
		migrations;
	uint64_t allocations; /* kernel allocations since boot: the range of system_fail */
	uint64_t objects[SYSTEM_TYPES]; /* live, by enum object_type */
	uint64_t idle_ns[8];            /* by CPU */
};
static_assert(sizeof(struct system_info) <= 1024);

/* thread_read and thread_write. */
enum thread_part : uint32_t {
	THREAD_REGISTERS = 1, /* struct registers */
	THREAD_SIMD = 2,      /* x86-64: XSAVE area, standard form; ARM64: struct simd */
	THREAD_INFO = 3,      /* struct thread_info; read only, of any thread */
	THREAD_DEBUG = 4,     /* struct thread_debug */
};

struct thread_info {
	uint64_t id;
	uint64_t task_id;
	uint32_t state; /* enum thread_state */
	uint32_t suspended;
	uint32_t priority;  /* base */
	uint32_t effective; /* with what callers have lent */
	uint64_t affinity;
	uint32_t cpu;
	uint32_t masked;
	uint64_t cpu_ns;
	uint64_t area;
	uint64_t pc, sp; /* of a stopped or waiting thread; else where it entered the kernel last */
	uint64_t switches;
	uint64_t waiting_on; /* number of the object, or futex address */
	uint64_t reserved[2];
};
static_assert(sizeof(struct thread_info) == 112);

enum thread_state : uint32_t {
	THREAD_READY = 1,
	THREAD_RUNNING = 2,
	THREAD_WAITING = 3, /* for signals, a time or a futex */
	THREAD_CALLING = 4, /* for a server to take its call */
	THREAD_ANSWER = 5,  /* for the answer */
	THREAD_RECEIVING = 6,
	THREAD_STOPPED = 7,
	THREAD_DEAD = 8,
	THREAD_STARVED = 9, /* its budget is used up */
};

struct thread_debug {
	uint64_t step; /* 1: stop after the next instruction */
	uint64_t reserved;
	uint64_t address[4]; /* hardware breakpoints and watchpoints */
	uint32_t kind[4];    /* 0 off, 1 execute, 2 write, 3 read or write */
	uint32_t size[4];    /* 1, 2, 4, 8 */
};

/* waitset_wait. */
struct watch_event {
	uint64_t cookie;
	uint64_t signals;
};
