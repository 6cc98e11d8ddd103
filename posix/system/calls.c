/* SPDX-License-Identifier: MPL-2.0 */
/* The system and the process's place in it. */
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/personality.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>
#include <string.h>
#include "posix/abi/world.h"
#include "posix/abi/linux.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/random.h"
#include "posix/core/wait.h"
#include "posix/files/description.h"
#include "posix/files/path.h"
#include "posix/time/timespec.h"
#include "posix/process/capabilities.h"
#include "posix/process/world.h"
#include "protocol/posix.h"

static int64_t answer(enum err e, int32_t outcome)
{
	return e != OK ? file_error(e) : outcome;
}

/* --- Names --- */

static int64_t system_text(uint32_t which, char *to, size_t size)
{
	int32_t outcome = 0;
	size_t n = 0;
	enum err e = posix_system(&process.posix, which, 0, "", 0, &outcome, to, size - 1, &n);

	to[e == OK ? n : 0] = '\0';
	return answer(e, outcome);
}

/* The version is that of the Linux whose calls these are: Debian 12's headers. */
CALL1(uname, uint64_t, to)
{
	struct new_utsname u = {
		.sysname = "Linux",
		.release = LINUX_RELEASE,
		.version = LINUX_VERSION,
		.machine = GUEST_PLATFORM,
	};

	if ((process.personality & PER_MASK) == PER_LINUX32)
		memcpy(u.machine, GUEST_PLATFORM_32, sizeof(GUEST_PLATFORM_32));
	if ((process.personality & UNAME26) != 0)
		memcpy(u.release, LINUX_RELEASE_26, sizeof(LINUX_RELEASE_26));
	(void)system_text(0, u.nodename, sizeof(u.nodename)); /* else it is empty */
	(void)system_text(1, u.domainname, sizeof(u.domainname));
	return guest_put(to, &u, sizeof(u));
}

static int64_t set_text(uint32_t which, uint64_t from, uint64_t size)
{
	char text[64], now[64];
	int32_t outcome = 0;
	size_t n;

	if (size > sizeof(text))
		return -EINVAL;
	if (guest_get(text, from, size) != 0)
		return -EFAULT;
	enum err e =
		posix_system(&process.posix, which, 1, text, size, &outcome, now, sizeof(now), &n);
	return answer(e, outcome);
}

CALL2(sethostname, uint64_t, from, uint64_t, size)
{
	return set_text(0, from, size);
}

CALL2(setdomainname, uint64_t, from, uint64_t, size)
{
	return set_text(1, from, size);
}

CALL3(getrandom, uint64_t, to, uint64_t, size, uint32_t, flags)
{
	if ((flags & ~(uint32_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	return guest_ok(to, size) ? random_put(to, size < INT32_MAX ? size : INT32_MAX) : -EFAULT;
}

/* --- Limits and usage --- */

static int64_t limit(uint32_t pid, uint32_t resource, bool set, const struct rlimit64 *new,
		     struct rlimit64 *old)
{
	uint64_t soft = 0, hard = 0;
	int32_t outcome = 0;
	enum err e = posix_limit(&process.posix, pid, resource, set, set ? new->rlim_cur : 0,
				 set ? new->rlim_max : 0, &soft, &hard, &outcome);
	int64_t result = answer(e, outcome);

	if (result == 0 && set && (pid == 0 || pid == process.pid))
		process_learn(); /* some limits we keep ourselves */
	*old = (struct rlimit64){ soft, hard };
	return result;
}

CALL4(prlimit64, uint32_t, pid, uint32_t, resource, uint64_t, new, uint64_t, old)
{
	struct rlimit64 n = {}, o;
	int64_t error;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new != 0 && guest_get(&n, new, sizeof(n)) != 0)
		return -EFAULT;
	if (new != 0 && n.rlim_cur > n.rlim_max)
		return -EINVAL;
	error = limit(pid, resource, new != 0, &n, &o);
	return error != 0 || old == 0 ? error : guest_put(old, &o, sizeof(o));
}

CALL2(getrlimit, uint32_t, resource, uint64_t, to)
{
	struct rlimit64 o;
	int64_t error = resource < RLIM_NLIMITS ? limit(0, resource, false, nullptr, &o) : -EINVAL;

	return error != 0 ? error : guest_put(to, &o, sizeof(o));
}

CALL2(setrlimit, uint32_t, resource, uint64_t, from)
{
	struct rlimit64 n, o;

	if (guest_get(&n, from, sizeof(n)) != 0)
		return -EFAULT;
	return resource >= RLIM_NLIMITS || n.rlim_cur > n.rlim_max
		       ? -EINVAL
		       : limit(0, resource, true, &n, &o);
}

static struct __kernel_old_timeval timeval(uint64_t ns)
{
	return (struct __kernel_old_timeval){ (long)(ns / SECOND), (long)(ns % SECOND / 1000) };
}

CALL2(getrusage, int32_t, who, uint64_t, to)
{
	uint64_t user = 0, system = 0, rss = 0, faults = 0;
	struct rusage u = {};
	int32_t outcome = 0;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	enum err e = posix_usage(&process.posix, who == RUSAGE_CHILDREN ? UINT32_MAX : 0, &user,
				 &system, &rss, &faults, &outcome);
	if (e != OK || outcome < 0)
		return answer(e, outcome);
	u.ru_utime = timeval(user);
	u.ru_stime = timeval(system);
	u.ru_maxrss = (long)(rss / 1024);
	u.ru_minflt = (long)faults;
	return guest_put(to, &u, sizeof(u));
}

CALL2(getpriority, uint32_t, which, uint32_t, id)
{
	int32_t outcome = 0, nice = 0;
	enum err e = posix_priority(&process.posix, which, id, 0, 0, &outcome, &nice);

	return e != OK || outcome < 0 ? answer(e, outcome)
				      : 20 - nice; /* 1 to 40, so that no value is an error */
}

CALL3(setpriority, uint32_t, which, uint32_t, id, int32_t, nice)
{
	int32_t outcome = 0, now;
	int32_t wanted = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	enum err e = posix_priority(&process.posix, which, id, 1, wanted, &outcome, &now);

	return answer(e, outcome);
}

static int64_t io_priority(uint32_t which, uint32_t id, bool set, uint32_t value)
{
	int32_t outcome = 0;
	enum err e = posix_io_priority(&process.posix, which, id, set, value, &outcome);

	return answer(e, outcome);
}

CALL2(ioprio_get, uint32_t, which, uint32_t, id)
{
	return io_priority(which, id, false, 0);
}

CALL3(ioprio_set, uint32_t, which, uint32_t, id, uint32_t, value)
{
	return io_priority(which, id, true, value);
}

CALL1(sysinfo, uint64_t, to)
{
	struct sysinfo s = { .uptime = (long)(clock_now() / SECOND), .mem_unit = 1 };
	uint64_t total = 0, free = 0;
	uint32_t processes = 0, loads[3];

	if (posix_memory(&process.posix, &total, &free, &processes, &loads[0], &loads[1],
			 &loads[2]) == OK) {
		for (unsigned i = 0; i < 3; i++)
			s.loads[i] = loads[i]; /* SI_LOAD_SHIFT is 16 */
		s.totalram = total;
		s.freeram = free;
		s.procs = (uint16_t)(processes < UINT16_MAX ? processes : UINT16_MAX);
	}
	return guest_put(to, &s, sizeof(s));
}

/* --- Others --- */

/* Any is kept, as Linux does. What matters of it, here as there: fixed addresses, uname's names,
 * whether select tells the time left, and whether what is read may be executed. */
CALL1(personality, uint32_t, wanted)
{
	uint32_t old = process.personality;

	if (wanted != UINT32_MAX)
		process.personality = wanted;
	return old;
}

/* --- prctl --- */

static int64_t put_int(uint64_t to, int value)
{
	return guest_put(to, &value, sizeof(value));
}

static int64_t set_name(uint64_t from)
{
	char name[16] = {};
	size_t n = 0;

	for (; n < sizeof(name) - 1; n++) {
		if (guest_get(&name[n], from + n, 1) != 0)
			return -EFAULT;
		if (name[n] == '\0')
			break;
	}
	memset(name + n, 0, sizeof(name) - n);
	memcpy(self()->name, name, sizeof(name));
	if (self()->tid != process.pid)
		return 0;
	memcpy(process.name, name, sizeof(name));
	return file_error(posix_name(&process.posix, name, n));
}

/* What posixd does when a parent ends. */
static int64_t family_set(uint32_t which, uint32_t value)
{
	int32_t outcome = 0;
	enum err e = posix_family(&process.posix, which, value, &outcome);

	return answer(e, outcome);
}

CALL5(prctl, uint32_t, what, uint64_t, a, uint64_t, b, uint64_t, c, uint64_t, d)
{
	switch (what) {
	case PR_SET_NAME:
		return set_name(a);
	case PR_GET_NAME:
		return guest_put(a, self()->name[0] != '\0' ? self()->name : process.name,
				 sizeof(process.name));
	case PR_SET_PDEATHSIG:
		if (a > SIGNALS)
			return -EINVAL;
		process.death_signal = (uint32_t)a;
		return family_set(1, process.death_signal);
	case PR_GET_PDEATHSIG:
		return put_int(a, (int)process.death_signal);
	case PR_SET_CHILD_SUBREAPER:
		process.subreaper = a != 0;
		return family_set(0, process.subreaper);
	case PR_GET_CHILD_SUBREAPER:
		return put_int(a, process.subreaper);
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		process.dumpable = a != 0;
		return 0;
	case PR_GET_DUMPABLE:
		return process.dumpable;
	case PR_SET_NO_NEW_PRIVS:
		if (a != 1 || b != 0)
			return -EINVAL;
		process.no_new_privileges = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return process.no_new_privileges;
	case PR_GET_SECCOMP:
		return 0;
	case PR_SET_TIMERSLACK: /* a leave that is not made use of */
		self()->timer_slack = a <= INT64_MAX && a != 0 ? a : self()->timer_slack_at_start;
		return 0;
	case PR_GET_TIMERSLACK:
		return (int64_t)self()->timer_slack;
	case WORLD_RUN:
		return world_run(a);
	default: {
		int64_t result = capabilities_prctl(what, a, b, c, d);
		return result == -ENOSYS ? -EINVAL : result;
	}
	}
}
