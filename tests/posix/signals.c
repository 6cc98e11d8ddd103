/* SPDX-License-Identifier: MPL-2.0 */
/* Signals: actions, masks, queues, stacks, what comes with them, what they interrupt. */
#include "tests/posix/check.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

static volatile sig_atomic_t caught, last_signal;
static siginfo_t last;

static void on_signal(int signal)
{
	caught++;
	last_signal = signal;
}

static void on_info(int signal, siginfo_t *info, void *context)
{
	(void)context;
	caught++;
	last_signal = signal;
	last = *info;
}

static void catch (int signal, int flags)
{
	struct sigaction action = { .sa_flags = flags };

	if (flags & SA_SIGINFO)
		action.sa_sigaction = on_info;
	else
		action.sa_handler = on_signal;
	CHECK_EQ(sigaction(signal, &action, nullptr), 0);
}

static void mask(int how, int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	CHECK_EQ(sigprocmask(how, &set, nullptr), 0);
}

TEST(a_handler_runs_before_raise_returns)
{
	catch (SIGUSR1, 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(caught, 1);
	CHECK_EQ(last_signal, SIGUSR1);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(caught, 2);
}

TEST(a_blocked_signal_waits)
{
	sigset_t set;

	catch (SIGUSR1, 0);
	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1); /* a standard signal is pending once */
	CHECK_EQ(caught, 0);
	CHECK_EQ(sigpending(&set), 0);
	CHECK(sigismember(&set, SIGUSR1));
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(caught, 1);
	CHECK_EQ(sigpending(&set), 0);
	CHECK(!sigismember(&set, SIGUSR1));
}

TEST(an_ignored_signal_is_lost)
{
	sigset_t set;

	mask(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN); /* drops what is pending */
	CHECK_EQ(sigpending(&set), 0);
	CHECK(!sigismember(&set, SIGUSR1));
}

static int order[8], norder;

static void on_ordered(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	order[norder++] = info->si_value.sival_int;
}

TEST(realtime_signals_queue_in_order)
{
	struct sigaction action = { .sa_sigaction = on_ordered, .sa_flags = SA_SIGINFO };
	sigset_t set;

	sigfillset(&action.sa_mask);
	CHECK_EQ(sigaction(SIGRTMIN, &action, nullptr), 0);
	CHECK_EQ(sigaction(SIGRTMIN + 1, &action, nullptr), 0);
	sigfillset(&set);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 10 + i }),
			 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }), 0);
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, nullptr), 0);
	CHECK_EQ(norder, 6);
	/* The lowest signal is taken first, each in the order it came. */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(order[i], i);
		CHECK_EQ(order[3 + i], 10 + i);
	}
}

TEST(the_information_tells_who_sent_it)
{
	catch (SIGUSR1, SA_SIGINFO);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(last.si_code, SI_USER);
	CHECK_EQ(last.si_pid, getpid());
	CHECK_EQ(last.si_uid, getuid());
	sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_ptr = &last });
	CHECK_EQ(last.si_code, SI_QUEUE);
	CHECK(last.si_value.sival_ptr == &last);
	raise(SIGUSR1);
	CHECK_EQ(last.si_code, SI_TKILL);
}

static jmp_buf back;
static volatile uintptr_t fault_address;
static volatile int fault_code, fault_signal;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	fault_address = (uintptr_t)info->si_addr;
	fault_code = info->si_code;
	fault_signal = signal;
	siglongjmp(back, 1);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, nullptr), 0);
	CHECK_EQ(sigaction(SIGFPE, &action, nullptr), 0);
	CHECK_EQ(sigaction(SIGILL, &action, nullptr), 0);
	CHECK_EQ(sigaction(SIGTRAP, &action, nullptr), 0);
}

TEST(a_fault_tells_its_address)
{
	catch_faults();
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)0x1234567 = 1;
	CHECK_EQ(fault_signal, SIGSEGV);
	CHECK_EQ(fault_address, 0x1234567);
	CHECK_EQ(fault_code, SEGV_MAPERR);
	char *page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigsetjmp(back, 1) == 0)
		((volatile char *)page)[5] = 1;
	CHECK_EQ(fault_address, (uintptr_t)page + 5);
	CHECK_EQ(fault_code, SEGV_ACCERR);
}

TEST(jumping_into_nothing_is_a_fault_there)
{
	catch_faults();
	if (sigsetjmp(back, 1) == 0)
		((void (*)(void))0x2345000)();
	CHECK_EQ(fault_signal, SIGSEGV);
	CHECK_EQ(fault_address, 0x2345000);
}

TEST(data_cannot_be_executed)
{
	char *page =
		mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(page, 0xc3, 4096);
	catch_faults();
	if (sigsetjmp(back, 1) == 0)
		((void (*)(void))page)();
	CHECK_EQ(fault_signal, SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
}

TEST(traps_are_signals)
{
	catch_faults();
	if (sigsetjmp(back, 1) == 0)
		__builtin_trap();
	CHECK(fault_signal == SIGILL || fault_signal == SIGTRAP);
}

static void on_repair(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	caught++;
	mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

TEST(a_handler_can_repair_and_return)
{
	struct sigaction action = { .sa_sigaction = on_repair, .sa_flags = SA_SIGINFO };
	char *pages = mmap(nullptr, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
	for (int i = 0; i < 4; i++)
		((volatile char *)pages)[i * 4096 + i] = (char)(i + 1);
	CHECK_EQ(caught, 4);
	CHECK_EQ(pages[3 * 4096 + 3], 4);
}

static char alternate[65536];
static volatile bool was_on_alternate;

static void on_alternate(int signal)
{
	char here;
	stack_t now;

	(void)signal;
	sigaltstack(nullptr, &now);
	was_on_alternate = &here > alternate && &here < alternate + sizeof(alternate) &&
			   now.ss_flags == SS_ONSTACK;
}

TEST(a_handler_can_have_its_own_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;
	struct sigaction action = { .sa_handler = on_alternate, .sa_flags = SA_ONSTACK };

	CHECK_EQ(sigaltstack(&stack, nullptr), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
	raise(SIGUSR1);
	CHECK(was_on_alternate);
	CHECK_EQ(sigaltstack(nullptr, &old), 0);
	CHECK(old.ss_sp == alternate && old.ss_size == sizeof(alternate) && old.ss_flags == 0);
	stack.ss_size = 100;
	CHECK_ERR(sigaltstack(&stack, nullptr), ENOMEM);
	stack.ss_flags = SS_DISABLE;
	CHECK_EQ(sigaltstack(&stack, nullptr), 0);
	action.sa_flags = SA_ONSTACK;
	was_on_alternate = false;
	raise(SIGUSR1);
	CHECK(!was_on_alternate);
}

static int overflow(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth <= 0 ? room[0] : overflow(depth - 1) + room[0];
}

TEST(an_overflow_is_caught_on_the_other_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	CHECK_EQ(sigaltstack(&stack, nullptr), 0);
	CHECK_EQ(sigaction(SIGSEGV, &action, nullptr), 0);
	if (sigsetjmp(back, 1) == 0)
		overflow(1 << 30);
	CHECK_EQ(fault_signal, SIGSEGV);
}

static volatile sig_atomic_t nested, deepest, raises;

static void on_nested(int signal)
{
	nested++;
	if (nested > deepest)
		deepest = nested;
	if (raises++ < 3)
		raise(signal);
	nested--;
}

TEST(a_handlers_own_signal_is_blocked_unless_SA_NODEFER)
{
	struct sigaction action = { .sa_handler = on_nested };

	CHECK_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 1);
	CHECK_EQ(raises, 4);
	raises = 0;
	action.sa_flags = SA_NODEFER;
	CHECK_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
	raise(SIGUSR1);
	CHECK_EQ(deepest, 4);
}

static volatile bool other_was_blocked;

static void on_masked(int signal)
{
	sigset_t set;

	(void)signal;
	sigprocmask(SIG_BLOCK, nullptr, &set);
	other_was_blocked = sigismember(&set, SIGUSR2) && sigismember(&set, SIGUSR1);
}

TEST(the_actions_mask_is_in_force_while_the_handler_runs)
{
	struct sigaction action = { .sa_handler = on_masked };
	sigset_t set;

	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
	raise(SIGUSR1);
	CHECK(other_was_blocked);
	sigprocmask(SIG_BLOCK, nullptr, &set);
	CHECK(!sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));
}

TEST(SA_RESETHAND_catches_once)
{
	struct sigaction now;

	catch (SIGUSR1, (int)SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(caught, 1);
	CHECK_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
	CHECK(now.sa_handler == SIG_DFL);
}

TEST(some_signals_cannot_be_caught)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t set, now;

	CHECK_ERR(sigaction(SIGKILL, &action, nullptr), EINVAL);
	CHECK_ERR(sigaction(SIGSTOP, &action, nullptr), EINVAL);
	CHECK_ERR(sigaction(0, &action, nullptr), EINVAL);
	CHECK_ERR(sigaction(65, &action, nullptr), EINVAL);
	sigfillset(&set);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &set, nullptr), 0);
	CHECK_EQ(sigprocmask(SIG_SETMASK, nullptr, &now), 0);
	CHECK(!sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP));
}

TEST(kill_tells_what_is_wrong)
{
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(99'999'999, SIGTERM), ESRCH);
	CHECK_ERR(kill(-99'999'999, SIGTERM), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 99'999'999, SIGTERM), ESRCH);
	/* A queued signal is for one process: not for all, nor for a group. */
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_QUEUE };
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, -1, SIGTERM, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, 0, SIGTERM, &info), ESRCH);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, -1, getpid(), SIGTERM, &info), EINVAL);
	info.si_code = SI_USER;
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), SIGTERM, &info), EPERM);
}

static int die_by_default(void *signal)
{
	raise((int)(intptr_t)signal);
	return 0;
}

TEST(default_actions)
{
	static const int deadly[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
				      SIGPIPE, SIGALRM, SIGTERM, SIGPROF, SIGVTALRM,
				      SIGXCPU, SIGXFSZ, SIGIO,   SIGSYS };
	static const int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		CHECK_EQ(check_child(die_by_default, (void *)(intptr_t)deadly[i]), 128 + deadly[i]);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		CHECK_EQ(check_child(die_by_default, (void *)(intptr_t)harmless[i]), 0);
	CHECK_EQ(check_child(die_by_default, (void *)(intptr_t)SIGRTMIN), 128 + SIGRTMIN);
}

static int said[2];

static void say(int)
{
	CHECK_EQ(write(said[1], "x", 1), 1);
}

TEST(a_signal_interrupts_read_and_SA_RESTART_resumes_it)
{
	int ends[2];
	char c;

	CHECK_EQ(pipe(ends), 0);
	catch (SIGALRM, 0);
	ualarm(20000, 20000); /* again, should the first come before we wait */
	CHECK_ERR(read(ends[0], &c, 1), EINTR);
	ualarm(0, 0);
	CHECK(caught >= 1);
	signal(SIGALRM, say); /* which restarts */
	CHECK_EQ(pipe(said), 0);
	pid_t pid = fork();
	if (pid == 0) { /* what is to be read comes when the signal has been handled */
		CHECK_EQ(read(said[0], &c, 1), 1);
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	ualarm(20000, 0);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(nanosleep_tells_what_was_left)
{
	struct timespec left = {};

	catch (SIGALRM, SA_RESTART); /* which does not count for sleeping */
	ualarm(20000, 20000);
	CHECK_ERR(nanosleep(&(struct timespec){ .tv_sec = 1000 }, &left), EINTR);
	CHECK(left.tv_sec > 900 && left.tv_sec < 1000 && left.tv_nsec > 0);
}

TEST(pause_and_sigsuspend_return_after_a_handler)
{
	sigset_t none, now;

	catch (SIGALRM, 0);
	ualarm(20000, 20000);
	CHECK_ERR(pause(), EINTR);
	ualarm(0, 0);
	caught = 0;
	mask(SIG_BLOCK, SIGUSR1);
	catch (SIGUSR1, 0);
	raise(SIGUSR1);
	CHECK_EQ(caught, 0);
	sigemptyset(&none);
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(caught, 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, nullptr, &now), 0);
	CHECK(sigismember(&now, SIGUSR1));
}

TEST(sigwait_takes_without_a_handler)
{
	sigset_t set;
	siginfo_t info;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	raise(SIGUSR1);
	CHECK_EQ(sigwait(&set, &got), 0);
	CHECK_EQ(got, SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 99 });
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 3);
	CHECK_EQ(info.si_value.sival_int, 99);
	CHECK_EQ(info.si_code, SI_QUEUE);
	CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){ .tv_nsec = 10'000'000 }), EAGAIN);
	CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){}), EAGAIN);
	CHECK_ERR(sigtimedwait(&set, &info, &(struct timespec){ .tv_nsec = -1 }), EINVAL);
}

TEST(sigtimedwait_waits_for_another_process)
{
	sigset_t set;
	siginfo_t info;
	pid_t parent = getpid();

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, nullptr), 0);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(30'000);
		_exit(kill(parent, SIGUSR2));
	}
	CHECK_EQ(sigtimedwait(&set, &info, &(struct timespec){ .tv_sec = 20 }), SIGUSR2);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(check_wait(pid), 0);
}

static _Atomic pid_t handled_by;

static void on_thread(int signal)
{
	(void)signal;
	handled_by = gettid();
}

static void *signal_thread(void *argument)
{
	_Atomic pid_t *tid = argument;

	*tid = gettid();
	for (int i = 0; i < 2000 && handled_by == 0; i++)
		usleep(5000);
	return nullptr;
}

TEST(pthread_kill_reaches_its_thread)
{
	pthread_t t;
	_Atomic pid_t tid = 0;

	signal(SIGUSR1, on_thread);
	CHECK_EQ(pthread_create(&t, nullptr, signal_thread, &tid), 0);
	CHECK_SOON(tid != 0);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	CHECK_EQ(pthread_join(t, nullptr), 0);
	CHECK_EQ(handled_by, tid);
}

TEST(a_signal_to_the_process_goes_to_a_thread_that_wants_it)
{
	pthread_t t;
	_Atomic pid_t tid = 0;

	signal(SIGUSR1, on_thread);
	CHECK_EQ(pthread_create(&t, nullptr, signal_thread, &tid), 0);
	mask(SIG_BLOCK, SIGUSR1);
	CHECK_SOON(tid != 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(pthread_join(t, nullptr), 0);
	CHECK_EQ(handled_by, tid);
}

TEST(siglongjmp_restores_the_mask)
{
	sigset_t set;

	catch_faults();
	if (sigsetjmp(back, 1) == 0)
		*(volatile int *)8 = 1;
	CHECK_EQ(sigprocmask(SIG_BLOCK, nullptr, &set), 0);
	CHECK(!sigismember(&set, SIGSEGV));
}

TEST(a_blocked_fault_kills)
{
	pid_t pid = fork();

	if (pid == 0) {
		catch_faults();
		mask(SIG_BLOCK, SIGSEGV);
		*(volatile int *)8 = 1;
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 128 + SIGSEGV);
}

static void on_registers(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)signal, (void)info;
	caught = sigismember(&u->uc_sigmask, SIGUSR2);
	sigaddset(&u->uc_sigmask, SIGALRM); /* in force after the return */
}

TEST(the_context_holds_the_mask_to_return_to)
{
	struct sigaction action = { .sa_sigaction = on_registers, .sa_flags = SA_SIGINFO };
	sigset_t set;

	mask(SIG_BLOCK, SIGUSR2);
	CHECK_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
	raise(SIGUSR1);
	CHECK_EQ(caught, 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, nullptr, &set), 0);
	CHECK(sigismember(&set, SIGALRM));
}

static void on_floating(int signal)
{
	volatile double x = 1.0;

	(void)signal;
	for (int i = 0; i < 100; i++)
		x = x * 1.5 + i;
	caught++;
}

TEST(floating_point_registers_survive_handlers)
{
	double a = 1.25, b = 2.5, sum = 0;

	signal(SIGALRM, on_floating);
	ualarm(1000, 1000);
	for (int i = 0; i < 3'000'000 || caught < 5; i++)
		sum += a * b;
	ualarm(0, 0);
	double n = sum / 3.125;
	CHECK(n == (double)(long)n && n >= 3'000'000);
}

TEST(a_storm_of_signals_between_two_processes)
{
	pid_t parent = getpid();

	catch (SIGUSR1, SA_RESTART);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 1000; i++)
			kill(parent, SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK(caught >= 1 && caught <= 1000);
}

TEST(stop_and_continue)
{
	int ends[2], status;
	char c;

	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			if (write(ends[1], "x", 1) != 1)
				_exit(0);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(kill(pid, SIGTERM), 0); /* waits until it continues */
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGTERM);
}

TEST(SIGCONT_can_be_caught)
{
	catch (SIGCONT, 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_SOON(caught == 1);
		_exit(17);
	}
	int status;
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(check_wait(pid), 17);
}

TEST(SIGPIPE_comes_with_EPIPE)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	close(ends[0]);
	catch (SIGPIPE, 0);
	CHECK_ERR(write(ends[1], "x", 1), EPIPE);
	CHECK_EQ(caught, 1);
}

/* Linux counts all that wait for a user's processes: so it is to be one that has no others. */
static void be_limited(void)
{
	struct rlimit few = { 3, 3 };

	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &few), 0);
	CHECK_EQ(setresuid(54321, 54321, 54321), 0);
}

static pid_t blocks_until(int *to_end)
{
	int ready[2], end[2];
	char c;

	CHECK_EQ(pipe(ready) | pipe(end), 0);
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t set;

		sigfillset(&set);
		sigprocmask(SIG_BLOCK, &set, nullptr);
		be_limited();
		CHECK_EQ(write(ready[1], "x", 1), 1);
		close(end[1]);
		_exit(read(end[0], &c, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], &c, 1), 1);
	*to_end = end[1];
	return pid;
}

TEST(RLIMIT_SIGPENDING_bounds_what_waits)
{
	union sigval v = {};
	int end;
	pid_t pid = blocks_until(&end);

	for (int i = 0; i < 3; i++)
		CHECK_EQ(sigqueue(pid, SIGRTMIN, v), 0);
	usleep(100'000); /* it may have taken note of them */
	CHECK_ERR(sigqueue(pid, SIGRTMIN, v), EAGAIN);
	CHECK_EQ(kill(pid, SIGUSR1), 0);
	close(end);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(RLIMIT_SIGPENDING_counts_what_one_sends_oneself)
{
	union sigval v = {};
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	be_limited();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, v), 0);
	CHECK_ERR(sigqueue(getpid(), SIGRTMIN, v), EAGAIN);
	CHECK_ERR(pthread_kill(pthread_self(), SIGRTMIN) == EAGAIN ? (errno = EAGAIN, -1) : 0,
		  EAGAIN);
	CHECK_EQ(kill(getpid(), SIGRTMIN), 0); /* as it waits already */
	CHECK_EQ(sigwait(&set, &got), 0);
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, v), 0);
	CHECK_ERR(sigqueue(getpid(), SIGRTMIN, v), EAGAIN);
}
