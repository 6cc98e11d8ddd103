/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An event loop: calls back when a watched object has signals, when a time has come, and when a
 * message waits on a port. For one thread; everything in it belongs to the caller and must stay
 * where it is. Callbacks may add and remove anything, themselves included.
 */
#pragma once
#include "abi/info.h"
#include "lib/futura/serve.h"

/* `signals`: those that are set and were asked for. They are reported again until cleared. */
typedef void loop_fn(void *self, uint64_t signals);

struct loop_watch {
	loop_fn *run;
	void *self;
	struct loop *loop; /* nullptr while it is not watched */
	fut_handle watch;
};

struct loop_timer {
	loop_fn *run;
	void *self;
	struct loop *loop; /* nullptr while it is not set */
	uint64_t at;
	uint64_t round; /* of the loop, in which it was set */
	struct loop_timer *next, *prev;
};

/* A port that is served by the loop. */
struct loop_server {
	struct loop_watch watch;
	const struct server *server;
};

constexpr unsigned LOOP_BATCH = 16;

struct loop {
	fut_handle waitset;
	struct loop_timer *first, *last; /* by time */
	uint64_t round;
	struct watch_event batch[LOOP_BATCH];
	unsigned nbatch;
	bool stopped;
	enum err result;
};

/* ERR_NO_MEMORY, ERR_FULL: as fut_waitset_create. */
enum err loop_init(struct loop *l);
/* Everything watched is no longer. */
void loop_fini(struct loop *l);

/* Watch for signals in `mask`. Errors are fut_watch_create's. The object's handle stays the
 * caller's. */
enum err loop_watch(struct loop *l, struct loop_watch *w, fut_handle object, uint64_t mask,
		    loop_fn *run, void *self);
/* No callback comes after this. For one that is not watched nothing happens. */
void loop_unwatch(struct loop_watch *w);

/* Call back once, soon after `at` (nanoseconds since boot), with signals 0. Sets a new time if one
 * is set. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at, loop_fn *run, void *self);
void loop_timer_clear(struct loop_timer *t);

/* Serve the port. If it is gone the loop stops with the error. */
enum err loop_serve(struct loop *l, struct loop_server *ls, const struct server *server);

/* Call back until loop_stop, and return what that was given; or the error that waiting gives. */
enum err loop_run(struct loop *l);
void loop_stop(struct loop *l, enum err result);
