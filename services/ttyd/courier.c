/* SPDX-License-Identifier: MPL-2.0 */
#include "services/ttyd/courier.h"
#include <errno.h>
#include <stdlib.h>
#include "lib/futura/clock.h"
#include "lib/futura/lock.h"
#include "lib/futura/thread.h"
#include "protocol/jobs.h"
#include "protocol/tty.h"

constexpr unsigned ERRANDS = 1024;         /* that wait */
constexpr uint64_t PATIENCE = 10 * SECOND; /* with posixd, for one errand */

enum errand_kind { SIGNAL, HANG_UP, FOREGROUND, ORPHANED };

struct errand {
	enum errand_kind kind;
	struct jobs *jobs;
	uint32_t group;
	uint32_t signal;
	fut_handle reply; /* who waits for the answer; 0: nobody */
};

static struct mutex lock; /* guards what follows */
static struct cond filled;
static struct errand errands[ERRANDS];
static unsigned head, tail;

struct jobs *jobs_create(fut_handle ticket, uint32_t session, uint32_t foreground)
{
	struct jobs *j = malloc(sizeof(*j));

	if (j == nullptr)
		return nullptr;
	*j = (struct jobs){ .refs = 1, .session = session, .ticket = ticket };
	atomic_init(&j->foreground, foreground);
	return j;
}

struct jobs *jobs_get(struct jobs *j)
{
	atomic_fetch_add(&j->refs, 1);
	return j;
}

void jobs_put(struct jobs *j)
{
	if (atomic_fetch_sub(&j->refs, 1) != 1)
		return;
	(void)fut_handle_close(j->ticket); /* ours */
	free(j);
}

static bool errand_add(struct errand e)
{
	bool added = false;

	mutex_lock(&lock);
	if (head - tail < ERRANDS) {
		jobs_get(e.jobs);
		errands[head++ % ERRANDS] = e;
		added = true;
		cond_signal(&filled);
	}
	mutex_unlock(&lock);
	return added;
}

static struct errand errand_take(void)
{
	mutex_lock(&lock);
	while (head == tail)
		cond_wait(&filled, &lock);
	struct errand e = errands[tail++ % ERRANDS];
	mutex_unlock(&lock);
	return e;
}

static void do_foreground(const struct errand *e, struct remote *posixd)
{
	struct tty_set_foreground_results r = { .outcome = -EPERM };

	if (jobs_set_foreground(posixd, e->group, &r.outcome) != OK)
		r.outcome = -ENOTTY; /* the session is no more */
	if (r.outcome == 0)
		atomic_store(&e->jobs->foreground, e->group);
	if (e->reply != 0)
		(void)tty_set_foreground_answer(e->reply, OK, &r); /* it may be gone */
}

static void do_orphaned(const struct errand *e, struct remote *posixd)
{
	struct tty_orphaned_results r = { .orphaned = 1 };
	bool orphaned;

	if (jobs_orphaned(posixd, e->group, &orphaned) == OK)
		r.orphaned = orphaned;
	(void)tty_orphaned_answer(e->reply, OK, &r); /* it may be gone */
}

static void errand_do(const struct errand *e)
{
	struct remote posixd = { .session = e->jobs->ticket, .deadline = clock_after(PATIENCE) };
	int32_t outcome;

	switch (e->kind) {
	case SIGNAL: /* nobody is left to be told of a failure, here and below */
		(void)jobs_signal(&posixd, e->group, e->signal, &outcome);
		break;
	case HANG_UP:
		(void)jobs_hang_up(&posixd, &outcome); /* as above */
		break;
	case FOREGROUND:
		do_foreground(e, &posixd);
		break;
	case ORPHANED:
		do_orphaned(e, &posixd);
		break;
	}
}

[[noreturn]] static int courier(void *argument)
{
	(void)argument;
	for (;;) {
		struct errand e = errand_take();
		errand_do(&e);
		jobs_put(e.jobs);
	}
}

enum err courier_start(void)
{
	struct thread *t;

	return thread_start(&t, courier, nullptr, nullptr);
}

void courier_signal(struct jobs *j, int signal)
{
	(void)errand_add((struct errand){ SIGNAL, j, .group = 0,
					  .signal = (uint32_t)signal }); /* full: lost */
}

void courier_hang_up(struct jobs *j)
{
	(void)errand_add((struct errand){ HANG_UP, j, .group = 0 }); /* full: lost */
}

void courier_foreground(struct jobs *j, uint32_t group)
{
	(void)errand_add((struct errand){ FOREGROUND, j, .group = group }); /* full: lost */
}

static enum err errand_answer(struct errand e)
{
	enum err error = fut_reply_keep(&e.reply);

	if (error != OK)
		return error;
	if (errand_add(e))
		return KEPT;
	(void)fut_handle_close(e.reply); /* ours; its caller hears of the end */
	return KEPT;
}

enum err courier_answer_foreground(struct jobs *j, uint32_t group)
{
	return errand_answer((struct errand){ FOREGROUND, j, .group = group });
}

enum err courier_answer_orphaned(struct jobs *j, uint32_t group)
{
	return errand_answer((struct errand){ ORPHANED, j, .group = group });
}
