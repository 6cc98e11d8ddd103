/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/time/timers.h"
#include <linux/time.h>
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "posix/time/timespec.h"
#include "protocol/posix.h"

constexpr unsigned TIMERS = 64;   /* protocol/posix.fipc */
constexpr unsigned INTERVAL = 61; /* from here on they are setitimer's */

/* By setitimer's `which`. Time is not counted apart
 * for user and system: what a process uses is both. */
static const struct {
	unsigned id;
	uint32_t signal;
} interval_timers[] = {
	[ITIMER_REAL] = { INTERVAL, SIGALRM },
	[ITIMER_VIRTUAL] = { (INTERVAL + 1) | POSIX_TIMER_CPU, SIGVTALRM },
	[ITIMER_PROF] = { (INTERVAL + 2) | POSIX_TIMER_CPU, SIGPROF },
};

struct timer {
	bool used;
	uint64_t at, interval; /* SIGEV_NONE: nobody else knows */
	uint32_t clock, notify, signal, tid;
	uint32_t of; /* whose time CLOCK_THREAD_CPUTIME_ID is */
	int overruns;
	sigval_t value;
};

static struct mutex lock; /* never held over a fork: fork's lock order does not know it */
static struct timer timers[TIMERS];

bool timer_arrived(unsigned id, siginfo_t *info, struct thread **t)
{
	*t = nullptr;
	if (id >= INTERVAL) {
		info->si_code = SI_KERNEL;
		return true;
	}
	if (!timers[id].used)
		return false;
	info->si_code = SI_TIMER;
	info->si_tid = (int)id;
	info->si_value = timers[id].value;
	if ((timers[id].notify & SIGEV_THREAD_ID) == 0)
		return true;
	for (struct thread *u = process.threads; u != nullptr; u = u->next)
		if (u->tid == timers[id].tid)
			*t = u;
	return *t != nullptr;
}

void timer_delivered(unsigned id, siginfo_t *info)
{
	uint32_t missed;

	if (posix_timer_delivered(&process.posix, id, true, &missed) != OK || id >= INTERVAL)
		return;
	info->si_overrun += (int)missed;
	timers[id].overruns = info->si_overrun;
}

void timers_unseen(uint64_t ids)
{
	uint32_t missed;

	for (; ids != 0; ids &= ids - 1)
		(void)posix_timer_delivered(&process.posix, (uint32_t)__builtin_ctzll(ids), false,
					    &missed); /* posixd is there, or nothing matters */
}

void timers_forget(void)
{
	for (unsigned i = 0; i < TIMERS; i++)
		if (timers[i].used) /* else writing would copy the page */
			timers[i] = (struct timer){};
}

static int64_t set(unsigned id, uint32_t signal, uint64_t at, uint64_t interval, uint64_t *left,
		   uint64_t *old)
{
	int32_t outcome = 0;
	unsigned own = id & ~POSIX_TIMER_CPU;
	enum err e = posix_timer(&process.posix, id, signal, own, at, interval, timers[own].of,
				 left, old, &outcome);

	return e != OK ? file_error(e) : outcome;
}

static int64_t get(unsigned id, uint64_t *left, uint64_t *interval)
{
	return set(id, 0, 0, 0, left, interval); /* without a signal it only asks */
}

static bool to_ns(int64_t seconds, int64_t parts, int64_t per_second, uint64_t *ns)
{
	if (seconds < 0 || parts < 0 || parts >= per_second)
		return false;
	*ns = (uint64_t)seconds < TIME_NEVER / SECOND / 4
		      ? (uint64_t)seconds * SECOND +
				(uint64_t)parts * (SECOND / (uint64_t)per_second)
		      : TIME_NEVER / 4;
	return true;
}

/* --- Interval timers --- */

static uint64_t cpu_time(void)
{
	struct task_info info;

	return fut_task_info(0, &info, sizeof(info)) == OK ? info.cpu_ns : 0;
}

static struct __kernel_old_itimerval itimerval(uint64_t left, uint64_t interval)
{
	struct __kernel_old_itimerval v = {};

	/* What is left is never told as nothing. */
	if (left != 0 && left < 1000)
		left = 1000;
	v.it_value.tv_sec = (long)(left / SECOND);
	v.it_value.tv_usec = (long)(left % SECOND / 1000);
	v.it_interval.tv_sec = (long)(interval / SECOND);
	v.it_interval.tv_usec = (long)(interval % SECOND / 1000);
	return v;
}

CALL2(getitimer, uint32_t, which, uint64_t, to)
{
	uint64_t left = 0, interval = 0;
	int64_t error =
		which > ITIMER_PROF ? -EINVAL : get(interval_timers[which].id, &left, &interval);
	struct __kernel_old_itimerval v = itimerval(left, interval);

	return error != 0 ? error : guest_put(to, &v, sizeof(v));
}

CALL3(setitimer, uint32_t, which, uint64_t, from, uint64_t, old)
{
	struct __kernel_old_itimerval v = {};
	uint64_t first, interval, left = 0, old_interval = 0;
	int64_t error;

	if (which > ITIMER_PROF)
		return -EINVAL;
	if (from != 0 && guest_get(&v, from, sizeof(v)) != 0)
		return -EFAULT;
	if (!to_ns(v.it_value.tv_sec, v.it_value.tv_usec, 1'000'000, &first) ||
	    !to_ns(v.it_interval.tv_sec, v.it_interval.tv_usec, 1'000'000, &interval))
		return -EINVAL;
	uint64_t now = which == ITIMER_REAL ? clock_now() : cpu_time();
	error = set(interval_timers[which].id, interval_timers[which].signal,
		    first != 0 ? now + first : 0, interval, &left, &old_interval);
	v = itimerval(left, old_interval);
	return error != 0 || old == 0 ? error : guest_put(old, &v, sizeof(v));
}

CALL1(alarm, uint32_t, seconds)
{
	uint64_t left = 0, interval;
	int64_t error = set(INTERVAL, SIGALRM, seconds != 0 ? clock_now() + seconds * SECOND : 0, 0,
			    &left, &interval);

	return error != 0 ? error : (int64_t)((left + SECOND - 1) / SECOND);
}

/* --- POSIX timers --- */

static bool clock_ok(uint32_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_TAI || clock == CLOCK_PROCESS_CPUTIME_ID ||
	       clock == CLOCK_THREAD_CPUTIME_ID;
}

/* What C libraries call clocks of CPU time: see cpu_clock of posix/time/calls.c. `of` is the thread
 * whose clock it is. */
static uint32_t clock_named(uint32_t clock, uint32_t *of)
{
	constexpr uint32_t THREAD = 4,
			   USERS = 1; /* bits: a thread's; the time of user code alone */
	uint32_t number = (uint32_t)(~(int32_t)clock >> 3);

	*of = clock == CLOCK_THREAD_CPUTIME_ID ? self()->tid : 0;
	if ((int32_t)clock >= 0 || (clock & USERS) != 0)
		return clock;
	if ((clock & THREAD) != 0) {
		*of = number != 0 ? number : self()->tid;
		return CLOCK_THREAD_CPUTIME_ID;
	}
	return number == 0 || number == process.pid ? CLOCK_PROCESS_CPUTIME_ID : clock;
}

static bool is_cpu(const struct timer *t)
{
	return t->clock == CLOCK_PROCESS_CPUTIME_ID || t->clock == CLOCK_THREAD_CPUTIME_ID;
}

/* As posixd knows it. */
static unsigned name_of(unsigned id)
{
	return is_cpu(&timers[id]) ? id | POSIX_TIMER_CPU : id;
}

static uint64_t now_of(const struct timer *t)
{
	uint64_t ns = 0;

	if (t->clock == CLOCK_THREAD_CPUTIME_ID)
		(void)thread_cpu_time(t->of, &ns); /* one that is gone uses none */
	else
		ns = is_cpu(t) ? cpu_time() : clock_now();
	return ns;
}

static int64_t timer_new(uint32_t clock, uint32_t of, const struct sigevent *event)
{
	unsigned id = 0;

	mutex_lock(&lock);
	while (id < INTERVAL && timers[id].used)
		id++;
	if (id < INTERVAL)
		timers[id] = (struct timer){ .used = true,
					     .clock = clock,
					     .of = of,
					     .notify = (uint32_t)event->sigev_notify,
					     .signal = event->sigev_notify == SIGEV_NONE
							       ? 0
							       : (uint32_t)event->sigev_signo,
					     .tid = (uint32_t)event->_sigev_un._tid,
					     .value = event->sigev_value };
	mutex_unlock(&lock);
	return id < INTERVAL ? (int64_t)id : -EAGAIN;
}

CALL3(timer_create, uint32_t, clock, uint64_t, from, uint64_t, to)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	int64_t id;
	int number;

	uint64_t now;
	uint32_t of;

	clock = clock_named(clock, &of);
	if (!clock_ok(clock) || (of != 0 && thread_cpu_time(of, &now) != 0))
		return -EINVAL;
	if (from != 0 && guest_get(&event, from, sizeof(event)) != 0)
		return -EFAULT;
	bool signals = (event.sigev_notify & ~SIGEV_THREAD_ID) == SIGEV_SIGNAL ||
		       event.sigev_notify == SIGEV_THREAD;
	if ((!signals && event.sigev_notify != SIGEV_NONE) ||
	    (signals && (event.sigev_signo < 1 || event.sigev_signo > (int)SIGNALS)))
		return -EINVAL;
	id = timer_new(clock, of, &event);
	if (id < 0)
		return id;
	if (from == 0)
		timers[id].value.sival_int = (int)id;
	number = (int)id;
	if (guest_put(to, &number, sizeof(number)) == 0)
		return 0;
	timers[id].used = false;
	return -EFAULT;
}

static struct timer *timer_of(uint32_t id)
{
	return id < INTERVAL && timers[id].used ? &timers[id] : nullptr;
}

/* SIGEV_NONE: the time alone. */
static void quiet_left(const struct timer *t, uint64_t *left, uint64_t *interval)
{
	uint64_t now = now_of(t), at = t->at;

	if (at != 0 && at <= now)
		at = t->interval != 0 ? at + ((now - at) / t->interval + 1) * t->interval : 0;
	*left = at != 0 ? at - now : 0;
	*interval = t->interval;
}

static int64_t put_spec(uint64_t to, uint64_t left, uint64_t interval)
{
	struct __kernel_itimerspec s = {
		.it_value = { (int64_t)(left / SECOND), (int64_t)(left % SECOND) },
		.it_interval = { (int64_t)(interval / SECOND), (int64_t)(interval % SECOND) },
	};

	return guest_put(to, &s, sizeof(s));
}

CALL4(timer_settime, uint32_t, id, uint32_t, flags, uint64_t, from, uint64_t, old)
{
	struct timer *t = timer_of(id);
	struct __kernel_itimerspec s;
	uint64_t first, interval, left = 0, old_interval = 0, at;
	int64_t error;

	if (t == nullptr || from == 0)
		return -EINVAL;
	if (guest_get(&s, from, sizeof(s)) != 0)
		return -EFAULT;
	if (!to_ns(s.it_value.tv_sec, s.it_value.tv_nsec, (int64_t)SECOND, &first) ||
	    !to_ns(s.it_interval.tv_sec, s.it_interval.tv_nsec, (int64_t)SECOND, &interval))
		return -EINVAL;
	if (first == 0)
		at = 0;
	else if ((flags & TIMER_ABSTIME) == 0)
		at = is_cpu(t) ? now_of(t) + first : deadline_after(first);
	else if (t->clock == CLOCK_REALTIME || t->clock == CLOCK_TAI)
		at = deadline_of_wall(first);
	else
		at = first;
	t->overruns = 0;
	if (t->signal == 0) {
		quiet_left(t, &left, &old_interval);
		t->at = at;
		t->interval = interval;
		error = 0;
	} else {
		error = set(name_of(id), t->signal, at, interval, &left, &old_interval);
	}
	return error != 0 || old == 0 ? error : put_spec(old, left, old_interval);
}

CALL2(timer_gettime, uint32_t, id, uint64_t, to)
{
	uint64_t left = 0, interval = 0;
	struct timer *t = timer_of(id);
	int64_t error = t == nullptr     ? -EINVAL
			: t->signal != 0 ? get(name_of(id), &left, &interval)
					 : 0;

	if (error == 0 && t->signal == 0)
		quiet_left(t, &left, &interval);
	return error != 0 ? error : put_spec(to, left, interval);
}

CALL1(timer_getoverrun, uint32_t, id)
{
	struct timer *t = timer_of(id);

	return t != nullptr ? t->overruns : -EINVAL;
}

CALL1(timer_delete, uint32_t, id)
{
	uint64_t left, interval;
	struct timer *t = timer_of(id);

	if (t == nullptr)
		return -EINVAL;
	t->used = false;
	return t->signal != 0 ? set(name_of(id), t->signal, 0, 0, &left, &interval) : 0;
}
