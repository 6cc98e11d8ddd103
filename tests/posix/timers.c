/* SPDX-License-Identifier: MPL-2.0 */
/* Clocks, sleeping, interval timers, POSIX timers, timerfd. */
#include "tests/posix/check.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

constexpr long MS = 1'000'000;

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(clock, &t), 0);
	return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

static struct timespec ns(int64_t n)
{
	return (struct timespec){ .tv_sec = n / 1'000'000'000, .tv_nsec = n % 1'000'000'000 };
}

static volatile sig_atomic_t fired;
static volatile int value;

static void on_timer(int signal)
{
	(void)signal;
	fired++;
}

static void on_value(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	fired++;
	value = info->si_code == SI_TIMER ? info->si_value.sival_int : -1;
}

TEST(every_clock_answers)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME,           CLOCK_MONOTONIC,
					    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
					    CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
					    CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME };
	struct timespec t;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		CHECK_EQ(clock_gettime(clocks[i], &t), 0);
		CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1'000'000'000);
		CHECK_EQ(clock_getres(clocks[i], &t), 0);
		CHECK(t.tv_sec == 0 && t.tv_nsec > 0);
	}
	CHECK_ERR(clock_gettime(77, &t), EINVAL);
}

TEST(how_the_clock_is_steered_can_be_asked)
{
	struct timex t = {};

	CHECK(adjtimex(&t) >= 0);
	CHECK(t.tick == 10'000 && llabs(t.time.tv_sec - time(nullptr)) <= 1);
	CHECK_EQ(t.precision, 1);
	CHECK(clock_adjtime(CLOCK_REALTIME, &t) >= 0);
	t.modes = ADJ_OFFSET_SS_READ;
	CHECK(adjtimex(&t) >= 0);
	CHECK_ERR(clock_adjtime(CLOCK_MONOTONIC, &t), EOPNOTSUPP);
	CHECK_ERR(clock_adjtime(77, &t), EINVAL);
	CHECK_ERR(clock_adjtime(CLOCK_REALTIME, (struct timex *)8), EFAULT);
	CHECK_ERR(adjtimex((struct timex *)8), EFAULT);
}

TEST(who_may_not_does_not_steer_the_clock)
{
	struct timex t = { .modes = 0x8000 }; /* adjtime's, and neither of its two */

	CHECK_EQ(setuid(65534), 0);
	CHECK_ERR(adjtimex(&t), EINVAL);
	t.modes = ADJ_FREQUENCY;
	CHECK_ERR(adjtimex(&t), EPERM);
	t.modes = ADJ_OFFSET_SINGLESHOT;
	CHECK_ERR(adjtimex(&t), EPERM);
	t.modes = ADJ_SETOFFSET;
	CHECK_ERR(clock_adjtime(CLOCK_REALTIME, &t), EPERM);
	t.modes = 0;
	CHECK(adjtimex(&t) >= 0);
}

TEST(monotonic_time_never_goes_back)
{
	int64_t last = now_ns(CLOCK_MONOTONIC);

	for (int i = 0; i < 10'000; i++) {
		int64_t t = now_ns(CLOCK_MONOTONIC);
		CHECK(t >= last);
		last = t;
	}
}

TEST(the_ways_to_ask_the_time_agree)
{
	struct timeval tv;

	CHECK_EQ(gettimeofday(&tv, nullptr), 0);
	int64_t other = now_ns(CLOCK_REALTIME) - (tv.tv_sec * 1'000'000'000 + tv.tv_usec * 1000);
	CHECK(other >= 0 && other < 1'000'000'000);
	time_t t = time(nullptr);
	CHECK(t >= tv.tv_sec && t <= tv.tv_sec + 1);
	struct tms used;
	CHECK(times(&used) != (clock_t)-1);
}

TEST(cpu_time_grows_while_computing_only)
{
	int64_t before = now_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < before + 5 * MS)
		;
	before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	usleep(200'000);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - before < 150 * MS);
}

TEST(sleeping_takes_at_least_as_long)
{
	for (int ms = 1; ms <= 100; ms *= 10) {
		int64_t start = now_ns(CLOCK_MONOTONIC);
		struct timespec t = ns(ms * MS);
		CHECK_EQ(nanosleep(&t, nullptr), 0);
		CHECK(now_ns(CLOCK_MONOTONIC) - start >= ms * MS);
	}
	CHECK_ERR(nanosleep(&(struct timespec){ .tv_nsec = 1'000'000'000 }, nullptr), EINVAL);
	CHECK_ERR(nanosleep(&(struct timespec){ .tv_sec = -1 }, nullptr), EINVAL);
}

TEST(clock_nanosleep_until)
{
	int64_t until = now_ns(CLOCK_MONOTONIC) + 30 * MS;
	struct timespec t = ns(until);

	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) >= until);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr), 0); /* past */
	t = ns(now_ns(CLOCK_REALTIME) + 20 * MS);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, nullptr), 0);
	CHECK_EQ(clock_nanosleep(77, 0, &t, nullptr), EINVAL);
}

TEST(alarm_counts_and_fires)
{
	signal(SIGALRM, on_timer);
	sigset_t set, none;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	CHECK_EQ(alarm(50), 0);
	int left = (int)alarm(1);
	CHECK(left > 40 && left <= 50);
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(fired, 1);
	CHECK_EQ(alarm(0), 0);
}

TEST(an_interval_timer_repeats)
{
	struct itimerval t = { .it_interval = { .tv_usec = 10'000 },
			       .it_value = { .tv_usec = 10'000 } },
			 old;

	signal(SIGALRM, on_timer);
	CHECK_EQ(setitimer(ITIMER_REAL, &t, nullptr), 0);
	while (fired < 5)
		pause();
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 10'000);
	CHECK_EQ(setitimer(ITIMER_REAL, &(struct itimerval){}, &old), 0);
	int n = fired;
	usleep(50'000);
	CHECK_EQ(fired, n);
	t.it_value.tv_usec = 1'000'000;
	CHECK_ERR(setitimer(ITIMER_REAL, &t, nullptr), EINVAL);
	CHECK_ERR(setitimer(9, &old, nullptr), EINVAL);
}

TEST(profiling_timers_count_cpu_time)
{
	struct itimerval t = { .it_value = { .tv_usec = 20'000 } };

	signal(SIGVTALRM, on_timer);
	signal(SIGPROF, on_timer);
	CHECK_EQ(setitimer(ITIMER_VIRTUAL, &t, nullptr), 0);
	CHECK_EQ(setitimer(ITIMER_PROF, &t, nullptr), 0);
	for (volatile long i = 0; fired < 2;)
		i++;
}

TEST(a_posix_timer_signals_with_its_value)
{
	struct sigaction action = { .sa_sigaction = on_value, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN + 1,
				  .sigev_value = { .sival_int = 1234 } };
	struct itimerspec t = { .it_value = ns(10 * MS) };
	timer_t timer;

	CHECK_EQ(sigaction(SIGRTMIN + 1, &action, nullptr), 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	CHECK_SOON(fired == 1);
	CHECK_EQ(value, 1234);
	CHECK_EQ(timer_gettime(timer, &t), 0);
	CHECK(t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0);
	CHECK_EQ(timer_delete(timer), 0);
	CHECK_ERR(timer_delete(timer), EINVAL);
}

TEST(a_posix_timer_can_count_cpu_time)
{
	struct sigaction action = { .sa_sigaction = on_value, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN + 1,
				  .sigev_value = { .sival_int = 77 } };
	struct itimerspec t = { .it_value = ns(150 * MS) };
	timer_t timer;

	CHECK_EQ(sigaction(SIGRTMIN + 1, &action, nullptr), 0);
	CHECK_EQ(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	usleep(300'000);
	CHECK_EQ(fired, 0);
	CHECK_EQ(timer_gettime(timer, &t), 0);
	CHECK(t.it_value.tv_nsec > 0 && t.it_value.tv_nsec <= 150 * MS);
	for (volatile long i = 0; fired == 0;)
		i++;
	CHECK_EQ(value, 77);
	CHECK_ERR(timer_settime(timer, 0, nullptr, nullptr), EINVAL);
	CHECK_EQ(timer_delete(timer), 0);
}

static void *idles(void *ran)
{
	*(atomic_bool *)ran = true;
	pause();
	return nullptr;
}

/* Whether another thread's clock of CPU time brings a signal before 30 ms of ours. */
TEST(a_posix_timer_can_count_a_threads_cpu_time)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2 };
	struct itimerspec t = { .it_value = ns(20 * MS) }, left;
	atomic_bool ran = false;
	pthread_t other;
	clockid_t clock;
	timer_t own, its;

	signal(SIGRTMIN + 2, on_timer);
	CHECK_EQ(pthread_create(&other, nullptr, idles, &ran), 0);
	CHECK_SOON(ran); /* and what it used until then is not counted */
	CHECK_EQ(pthread_getcpuclockid(other, &clock), 0);
	CHECK_EQ(timer_create(clock, &event, &its), 0);
	CHECK_EQ(timer_settime(its, 0, &t, nullptr), 0);
	for (int64_t from = now_ns(CLOCK_THREAD_CPUTIME_ID);
	     now_ns(CLOCK_THREAD_CPUTIME_ID) < from + 30 * MS;)
		;
	CHECK_EQ(fired, 0);
	CHECK_EQ(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &own), 0);
	t.it_value = ns(100 * MS);
	CHECK_EQ(timer_settime(own, 0, &t, nullptr), 0);
	CHECK_EQ(timer_gettime(own, &left), 0);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0);
	CHECK(left.it_value.tv_nsec <= 100 * MS);
	for (volatile long i = 0; fired < 1;)
		i++;
	CHECK_EQ(timer_delete(own), 0);
	CHECK_EQ(timer_delete(its), 0);
	CHECK_ERR(timer_create(~(4'000'000 << 3 | 3), &event, &own), EINVAL);
}

TEST(a_posix_timer_repeats_and_counts_overruns)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec t = { .it_value = ns(5 * MS), .it_interval = ns(5 * MS) };
	timer_t timer;
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	CHECK_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	usleep(60'000);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK(timer_getoverrun(timer) >= 5);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(timer_delete(timer), 0);
}

static _Atomic int threads_fired;

static void on_thread(union sigval v)
{
	threads_fired += v.sival_int;
}

TEST(a_posix_timer_can_start_a_function)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD,
				  .sigev_notify_function = on_thread,
				  .sigev_value = { .sival_int = 5 } };
	struct itimerspec t = { .it_value = ns(10 * MS) };
	timer_t timer;

	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	CHECK_SOON(threads_fired == 5);
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(an_absolute_posix_timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t = { .it_value = ns(now_ns(CLOCK_MONOTONIC) + 20 * MS) };
	timer_t timer;

	signal(SIGUSR1, on_timer);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &t, nullptr), 0);
	CHECK_SOON(fired == 1);
	t.it_value = ns(1); /* long past */
	CHECK_EQ(timer_settime(timer, TIMER_ABSTIME, &t, nullptr), 0);
	CHECK_SOON(fired == 2);
}

TEST(timerfd_counts_expirations)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct itimerspec t = { .it_value = ns(5 * MS), .it_interval = ns(5 * MS) };
	uint64_t n;

	CHECK(fd >= 0);
	CHECK_EQ(timerfd_settime(fd, 0, &t, nullptr), 0);
	CHECK_EQ(read(fd, &n, sizeof(n)), 8);
	CHECK(n >= 1);
	usleep(40'000);
	CHECK_EQ(read(fd, &n, sizeof(n)), 8);
	CHECK(n >= 4);
	CHECK_EQ(timerfd_gettime(fd, &t), 0);
	CHECK_EQ(t.it_interval.tv_nsec, 5 * MS);
	CHECK_ERR(read(fd, &n, 4), EINVAL);
}

TEST(timerfd_and_poll)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec t = { .it_value = { .tv_sec = 3600 } };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n;

	CHECK_ERR(read(fd, &n, sizeof(n)), EAGAIN);
	CHECK_EQ(timerfd_settime(fd, 0, &t, nullptr), 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	t.it_value = ns(20 * MS);
	CHECK_EQ(timerfd_settime(fd, 0, &t, nullptr), 0);
	CHECK_EQ(poll(&p, 1, 10'000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(read(fd, &n, sizeof(n)), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(poll(&p, 1, 0), 0);
	t.it_value = ns(0); /* disarms */
	CHECK_EQ(timerfd_settime(fd, 0, &t, nullptr), 0);
	CHECK_EQ(poll(&p, 1, 20), 0);
}

/* Its time is over again before it has been handled: what handles it must get on all the same. */
TEST(a_timer_faster_than_its_handler_leaves_the_program_time)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec t = { .it_value = ns(1), .it_interval = ns(1) };
	sigset_t set;
	siginfo_t info;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	for (int i = 0; i < 20; i++) {
		usleep(1000);
		CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
		CHECK(info.si_code == SI_TIMER && info.si_overrun > 1000);
		CHECK_EQ(timer_getoverrun(timer), info.si_overrun);
	}
	CHECK_EQ(timer_delete(timer), 0);
}

TEST(a_fast_timer_that_is_ignored_leaves_the_program_time)
{
	struct itimerval t = { .it_value = { .tv_usec = 1 }, .it_interval = { .tv_usec = 1 } };

	signal(SIGALRM, SIG_IGN);
	CHECK_EQ(setitimer(ITIMER_REAL, &t, nullptr), 0);
	for (int i = 0; i < 20; i++)
		usleep(1000);
	t = (struct itimerval){};
	CHECK_EQ(setitimer(ITIMER_REAL, &t, nullptr), 0);
}

TEST(fast_timerfds_that_nobody_reads_cost_nothing)
{
	enum { MANY = 200 };
	struct itimerspec t = { .it_value = ns(1), .it_interval = ns(1) };
	int fd[MANY];
	uint64_t n;

	for (int i = 0; i < MANY; i++) {
		fd[i] = timerfd_create(CLOCK_MONOTONIC, 0);
		CHECK(fd[i] >= 0);
		CHECK_EQ(timerfd_settime(fd[i], 0, &t, nullptr), 0);
	}
	usleep(10'000);
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(read(fd[i], &n, sizeof(n)), 8);
		CHECK(n >= 10'000'000);
		close(fd[i]);
	}
}

TEST(timerfd_tells_what_is_wrong)
{
	struct itimerspec t = { .it_value = { .tv_nsec = 1'000'000'000 } };
	int fd = timerfd_create(CLOCK_REALTIME, 0);

	CHECK_ERR(timerfd_create(77, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_REALTIME, 0x1234), EINVAL);
	CHECK_ERR(timerfd_settime(fd, 0, &t, nullptr), EINVAL);
	CHECK_ERR(timerfd_gettime(0, &t), EINVAL);
	CHECK_ERR(timerfd_gettime(999, &t), EBADF);
}

TEST(timers_end_with_exec_and_are_not_inherited)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec t = { .it_value = ns(20 * MS) };
	timer_t timer;

	signal(SIGUSR1, on_timer);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &t, nullptr), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int before = fired; /* of the parent, if the fork took long */
		usleep(60'000);
		_exit(fired - before);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(fired, 1);
}

TEST(a_threads_cpu_clock)
{
	clockid_t clock;

	CHECK_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
	CHECK(now_ns(clock) > 0);
	CHECK_EQ(clock_getcpuclockid(getpid(), &clock), 0);
	CHECK(now_ns(clock) > 0);
}
