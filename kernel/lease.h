/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Leases. A leased handle names a `struct leased`, which names the object; its control is a lease
 * object. Ending the lease clears the one pointer, and ends every use that was made through it:
 * mappings, watches, threads that wait.
 */
#pragma once
#include "kernel/object.h"

struct leased {
	struct object object;  /* OBJECT_LEASED; references: handles, uses, the lease */
	struct object *target; /* nullptr once ended; may be a struct leased itself */
	struct list uses;
	uint32_t depth;
	uint32_t rights; /* the most a handle to it can have */
};

struct lease {
	struct object object;
	struct leased *leased;
};

/* A lasting use of a leased handle, embedded where it is made. */
struct lease_use {
	struct list link; /* in leased->uses, or in none */
	struct leased *leased;
	/* The lease ended; the use is already out of the list. */
	void (*end)(struct lease_use *use);
};

constexpr unsigned LEASE_DEPTH_MAX = 8;

struct lease *lease_create(struct object *target, uint32_t rights, struct quota *quota);
void lease_end(void *lease);
void lease_release(void *lease);
void leased_release(void *leased);
/* The object behind a leased handle, or nullptr if a lease on the way has ended. */
struct object *leased_target(struct object *o);
/* Start and stop a use; `leased` may be nullptr, then nothing happens. With a lease upon a lease
 * the use is noted with the nearest, and ends with it. */
void lease_use(struct lease_use *use, struct leased *leased, void (*end)(struct lease_use *));
void lease_unuse(struct lease_use *use);
