/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The server waits on its port alone, which is the fast way to be called. What else happens comes
 * to it as a call too: one thread waits for tasks that end and for the next timer, another runs
 * errands.
 */
#include "abi/info.h"
#include "lib/futura/lock.h"
#include "lib/futura/program.h"
#include "lib/futura/thread.h"
#include "services/posixd/state.h"

constexpr unsigned BATCH = 32;
constexpr uint64_t ALARM = 0; /* cookie; others are badges of processes */
constexpr uint32_t PRIORITY = 40;

enum inside_method : uint16_t { INSIDE_EVENTS = 1, INSIDE_DONE = 2 };

static struct {
	struct watch_event event[BATCH];
	uint32_t n;
} batch;

static struct {
	struct mutex lock; /* guards what follows */
	struct cond more;
	struct errand *first, *last;
} errands;

static void tell(uint16_t method, uint64_t word)
{
	struct message m = { .tag = tag_make(INSIDE_PROTOCOL, method, 0, 0, 0), .word = { word } };

	if (ipc_call(posixd.inside, &m, TIME_NEVER) != OK)
		panic("the server does not answer itself");
}

/* `batch` is the server's while it answers. */
static int watch_thread(void *argument)
{
	(void)argument;
	for (;;) {
		uint32_t size;
		enum err e = fut_waitset_wait(posixd.waitset, batch.event, sizeof(batch.event),
					      TIME_NEVER, &size);
		if (e != OK)
			continue;
		batch.n = size;
		tell(INSIDE_EVENTS, 0);
	}
}

static int errand_thread(void *argument)
{
	(void)argument;
	for (;;) {
		mutex_lock(&errands.lock);
		while (errands.first == nullptr)
			cond_wait(&errands.more, &errands.lock);
		struct errand *e = errands.first;
		errands.first = e->next;
		mutex_unlock(&errands.lock);
		e->run(e);
		tell(INSIDE_DONE, (uint64_t)e);
	}
}

void errand_send(struct errand *e)
{
	e->next = nullptr;
	mutex_lock(&errands.lock);
	if (errands.first == nullptr)
		errands.first = e;
	else
		errands.last->next = e;
	errands.last = e;
	mutex_unlock(&errands.lock);
	cond_signal(&errands.more);
}

void alarm_update(void)
{
	uint64_t at = timers_next(&posixd.timers);

	if (at == posixd.alarm_at)
		return;
	posixd.alarm_at = at;
	(void)fut_event_timer(posixd.alarm, at, 0); /* ours; it also clears the signal */
}

static void events_serve(void)
{
	for (uint32_t i = 0; i < batch.n; i++) {
		if (batch.event[i].cookie != ALARM) {
			task_ended(batch.event[i].cookie);
			continue;
		}
		timers_run(&posixd.timers);
		posixd.alarm_at = 0; /* it has rung: to be set in any case */
	}
	alarm_update();
}

bool inside_dispatch(const void *ops, void *self, struct message *m)
{
	(void)ops, (void)self;
	if (badge_kind(m->badge) != BADGE_INSIDE)
		return message_refuse(m, ERR_UNSUPPORTED);
	if (tag_method(m->tag) == INSIDE_EVENTS) {
		events_serve();
	} else {
		struct errand *e = (struct errand *)m->word[0];
		e->done(e);
	}
	return message_answer(m, OK);
}

enum err watch_start(void)
{
	static const struct thread_options options = { .priority = PRIORITY };
	struct thread *thread; /* they never end */
	fut_handle watch;      /* stays too */
	enum err e;

	posixd.alarm_at = TIME_NEVER;
	if ((e = fut_waitset_create(&posixd.waitset)) != OK ||
	    (e = fut_event_create(&posixd.alarm)) != OK ||
	    (e = fut_watch_create(posixd.waitset, posixd.alarm, SIGNAL_TIMER, 0, ALARM, &watch)) !=
		    OK ||
	    (e = session_make(BADGE_MAKE(BADGE_INSIDE, 0), RIGHT_SEND, &posixd.inside)) != OK ||
	    (e = thread_start(&thread, watch_thread, nullptr, &options)) != OK)
		return e;
	return thread_start(&thread, errand_thread, nullptr, &options);
}
