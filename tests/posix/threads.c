/* SPDX-License-Identifier: MPL-2.0 */
/* Threads: pthreads over futexes, thread-local storage, cancellation, robust and shared locks. */
#include "tests/posix/check.h"
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>

static void *same(void *argument)
{
	return argument;
}

static struct timespec soon(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1'000'000;
	t.tv_sec += t.tv_nsec / 1'000'000'000;
	t.tv_nsec %= 1'000'000'000;
	return t;
}

TEST(join_gives_the_result)
{
	CHECK(check_join(check_thread(same, &errno)) == &errno);
}

TEST(a_hundred_threads_at_once)
{
	pthread_t t[100];

	for (intptr_t i = 0; i < 100; i++)
		t[i] = check_thread(same, (void *)i);
	for (intptr_t i = 0; i < 100; i++)
		CHECK_EQ((intptr_t)check_join(t[i]), i);
}

TEST(a_thousand_threads_one_after_the_other)
{
	for (intptr_t i = 0; i < 1000; i++)
		CHECK_EQ((intptr_t)check_join(check_thread(same, (void *)i)), i);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count(void *argument)
{
	(void)argument;
	for (int i = 0; i < 20'000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return nullptr;
}

TEST(a_mutex_keeps_others_out)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		t[i] = check_thread(count, nullptr);
	for (int i = 0; i < 4; i++)
		check_join(t[i]);
	CHECK_EQ(counter, 80'000);
}

static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int turn;

static void *take_turns(void *argument)
{
	int me = (int)(intptr_t)argument;

	pthread_mutex_lock(&mutex);
	for (int i = 0; i < 500; i++) {
		while (turn % 3 != me)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
	}
	pthread_mutex_unlock(&mutex);
	return nullptr;
}

TEST(condition_variables)
{
	pthread_t t[3];

	for (intptr_t i = 0; i < 3; i++)
		t[i] = check_thread(take_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		check_join(t[i]);
	CHECK_EQ(turn, 1500);
}

TEST(waiting_ends_with_the_time)
{
	struct timespec t = soon(20);

	pthread_mutex_lock(&mutex);
	CHECK_EQ(pthread_cond_timedwait(&condition, &mutex, &t), ETIMEDOUT);
	t = soon(20);
	pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&other);
	CHECK_EQ(pthread_mutex_timedlock(&other, &t), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_trylock(&other), EBUSY);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int values[2];

static void *read_pair(void *argument)
{
	(void)argument;
	for (int i = 0; i < 5000; i++) {
		pthread_rwlock_rdlock(&rwlock);
		CHECK_EQ(values[0], values[1]);
		pthread_rwlock_unlock(&rwlock);
	}
	return nullptr;
}

static void *write_pair(void *argument)
{
	(void)argument;
	for (int i = 0; i < 2000; i++) {
		pthread_rwlock_wrlock(&rwlock);
		values[0]++;
		values[1]++;
		pthread_rwlock_unlock(&rwlock);
	}
	return nullptr;
}

TEST(readers_and_writers)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		t[i] = check_thread(i < 2 ? read_pair : write_pair, nullptr);
	for (int i = 0; i < 4; i++)
		check_join(t[i]);
	CHECK_EQ(values[0], 4000);
}

static pthread_barrier_t barrier;
static atomic_int before, serial;

static void *meet(void *argument)
{
	(void)argument;
	for (int i = 0; i < 50; i++) {
		before++;
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			serial++;
		CHECK_EQ(before, (i + 1) * 4);
		pthread_barrier_wait(&barrier);
	}
	return nullptr;
}

TEST(barriers)
{
	pthread_t t[4];

	CHECK_EQ(pthread_barrier_init(&barrier, nullptr, 4), 0);
	for (int i = 0; i < 4; i++)
		t[i] = check_thread(meet, nullptr);
	for (int i = 0; i < 4; i++)
		check_join(t[i]);
	CHECK_EQ(serial, 50);
}

static sem_t items, room;

static void *produce(void *argument)
{
	(void)argument;
	for (int i = 0; i < 2000; i++) {
		sem_wait(&room);
		counter++;
		sem_post(&items);
	}
	return nullptr;
}

TEST(semaphores)
{
	CHECK_EQ(sem_init(&items, 0, 0), 0);
	CHECK_EQ(sem_init(&room, 0, 1), 0);
	pthread_t t = check_thread(produce, nullptr);
	for (int i = 1; i <= 2000; i++) {
		CHECK_EQ(sem_wait(&items), 0);
		CHECK_EQ(counter, i);
		sem_post(&room);
	}
	check_join(t);
	struct timespec at = soon(10);
	CHECK_ERR(sem_timedwait(&items, &at), ETIMEDOUT);
	CHECK_ERR(sem_trywait(&items), EAGAIN);
}

TEST(a_semaphore_shared_by_processes)
{
	sem_t *s = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(sem_init(s, 1, 0), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 100; i++)
			if (sem_wait(s) != 0)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 100; i++)
		CHECK_EQ(sem_post(s), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_named_semaphore)
{
	sem_t *s = sem_open("/check-sem", O_CREAT | O_EXCL, 0600, 1);

	CHECK(s != SEM_FAILED);
	pid_t pid = fork();
	if (pid == 0) {
		sem_t *own = sem_open("/check-sem", 0);
		_exit(own != SEM_FAILED && sem_trywait(own) == 0 ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_ERR(sem_trywait(s), EAGAIN);
	CHECK_EQ(sem_unlink("/check-sem"), 0);
}

TEST(a_mutex_shared_by_processes)
{
	struct shared {
		pthread_mutex_t mutex;
		long n;
	} *s = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	CHECK_EQ(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(&s->mutex, &a), 0);
	for (int p = 0; p < 4; p++)
		if (fork() == 0) {
			for (int i = 0; i < 5000; i++) {
				pthread_mutex_lock(&s->mutex);
				s->n++;
				pthread_mutex_unlock(&s->mutex);
			}
			_exit(0);
		}
	for (int p = 0; p < 4; p++)
		CHECK_EQ(check_wait(-1), 0);
	CHECK_EQ(s->n, 20'000);
}

TEST(a_robust_mutex_tells_that_its_owner_died)
{
	int has_it[2];
	char c;
	pthread_mutex_t *m =
		mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	CHECK_EQ(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(m, &a), 0);
	pid_t pid = fork();
	if (pid == 0) {
		pthread_mutex_lock(m);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pipe(has_it), 0);
	pid = fork();
	if (pid == 0) { /* killed while another waits */
		pthread_mutex_lock(m);
		CHECK_EQ(write(has_it[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(has_it[0], &c, 1), 1);
	pid_t killer = fork();
	if (killer == 0) {
		usleep(30'000);
		_exit(kill(pid, SIGKILL));
	}
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
}

static pthread_mutex_t *robust_shared(void)
{
	pthread_mutex_t *m =
		mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_init(&m[i], &a), 0);
	return m;
}

static void *lock_two(void *m)
{
	pthread_mutex_lock((pthread_mutex_t *)m + 1);
	pthread_mutex_lock((pthread_mutex_t *)m + 2);
	for (;;)
		pause();
}

TEST(robust_mutexes_of_all_threads_of_a_process_that_crashed)
{
	pthread_mutex_t *m = robust_shared();
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;
		pthread_mutex_lock(&m[0]);
		pthread_create(&t, nullptr, lock_two, m);
		while (pthread_mutex_trylock(&m[2]) == 0)
			pthread_mutex_unlock(&m[2]);
		*(volatile int *)8 = 1;
	}
	CHECK_EQ(check_wait(pid), 128 + SIGSEGV);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_lock(&m[i]), EOWNERDEAD);
}

TEST(a_child_does_not_own_its_parents_robust_mutex)
{
	pthread_mutex_t *m = robust_shared();

	CHECK_EQ(pthread_mutex_lock(m), 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (pid == 0)
			for (;;)
				pause();
		CHECK_EQ(kill(pid, SIGKILL), 0);
		CHECK_EQ(check_wait(pid), 128 + SIGKILL);
	}
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pthread_mutex_lock(m), 0);
}

static void *lock_and_end(void *argument)
{
	pthread_mutex_lock(argument);
	return nullptr;
}

TEST(a_robust_mutex_of_a_thread_that_ended)
{
	pthread_mutex_t m;
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(pthread_mutex_init(&m, &a), 0);
	check_join(check_thread(lock_and_end, &m));
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
}

TEST(recursive_and_checking_mutexes)
{
	pthread_mutex_t m;
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	CHECK_EQ(pthread_mutex_init(&m, &a), 0);
	CHECK_EQ(pthread_mutex_lock(&m) + pthread_mutex_lock(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m) + pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	CHECK_EQ(pthread_mutex_init(&m, &a), 0);
	CHECK_EQ(pthread_mutex_lock(&m), 0);
	CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
}

static void *lock_inherit(void *argument)
{
	pthread_mutex_lock(argument);
	counter++;
	pthread_mutex_unlock(argument);
	return nullptr;
}

TEST(a_mutex_that_lends_priority)
{
	pthread_mutex_t m;
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	CHECK_EQ(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutex_init(&m, &a), 0);
	CHECK_EQ(pthread_mutex_lock(&m), 0);
	pthread_t t = check_thread(lock_inherit, &m);
	usleep(20'000);
	CHECK_EQ(counter, 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	check_join(t);
	CHECK_EQ(counter, 1);
}

static thread_local int local = 5;
static thread_local char zero[1000];

static void *use_local(void *argument)
{
	CHECK_EQ(local, 5);
	CHECK_EQ(zero[999], 0);
	local = (int)(intptr_t)argument;
	zero[999] = 1;
	sched_yield();
	return (void *)(intptr_t)local;
}

TEST(thread_local_variables)
{
	pthread_t t[10];

	local = 77;
	for (intptr_t i = 0; i < 10; i++)
		t[i] = check_thread(use_local, (void *)i);
	for (intptr_t i = 0; i < 10; i++)
		CHECK_EQ((intptr_t)check_join(t[i]), i);
	CHECK_EQ(local, 77);
}

static atomic_int destroyed;

static void destroy(void *value)
{
	destroyed += (int)(intptr_t)value;
}

static pthread_key_t key;

static void *use_key(void *argument)
{
	pthread_setspecific(key, argument);
	return pthread_getspecific(key);
}

TEST(keys_and_their_destructors)
{
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	for (intptr_t i = 1; i <= 4; i++)
		CHECK_EQ((intptr_t)check_join(check_thread(use_key, (void *)i)), i);
	CHECK_EQ(destroyed, 10);
}

static void cleanup(void *argument)
{
	(void)argument;
	counter = 99;
}

static void *sleeper(void *argument)
{
	(void)argument;
	pthread_cleanup_push(cleanup, nullptr);
	for (;;)
		pause();
	pthread_cleanup_pop(0);
}

static void *spinner(void *argument)
{
	(void)argument;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
	for (;;)
		atomic_signal_fence(memory_order_seq_cst);
}

TEST(threads_can_be_cancelled)
{
	pthread_t t = check_thread(sleeper, nullptr);

	usleep(10'000);
	CHECK_EQ(pthread_cancel(t), 0);
	CHECK(check_join(t) == PTHREAD_CANCELED);
	CHECK_EQ(counter, 99);
	t = check_thread(spinner, nullptr);
	usleep(10'000);
	CHECK_EQ(pthread_cancel(t), 0);
	CHECK(check_join(t) == PTHREAD_CANCELED);
}

static void *mark(void *argument)
{
	usleep(10'000);
	atomic_store((atomic_int *)argument, 1);
	return nullptr;
}

TEST(detached_threads)
{
	static atomic_int done;
	pthread_t t = check_thread(mark, &done);

	CHECK_EQ(pthread_detach(t), 0);
	CHECK_SOON(done == 1);
}

static void once(void)
{
	counter++;
}

TEST(pthread_once_runs_once)
{
	static pthread_once_t control = PTHREAD_ONCE_INIT;

	for (int i = 0; i < 5; i++)
		CHECK_EQ(pthread_once(&control, once), 0);
	CHECK_EQ(counter, 1);
}

TEST(attributes)
{
	pthread_attr_t a;
	pthread_t t;
	size_t size;
	void *stack;

	CHECK_EQ(pthread_attr_init(&a), 0);
	CHECK_EQ(pthread_attr_setstacksize(&a, 256 << 10), 0);
	CHECK_EQ(pthread_create(&t, &a, same, nullptr), 0);
	CHECK_EQ(pthread_getattr_np(pthread_self(), &a), 0);
	CHECK_EQ(pthread_attr_getstack(&a, &stack, &size), 0);
	char here;
	CHECK(&here >= (char *)stack && &here < (char *)stack + size);
	check_join(t);
	CHECK_EQ(pthread_setname_np(pthread_self(), "checking"), 0);
	char text[16];
	CHECK_EQ(pthread_getname_np(pthread_self(), text, sizeof(text)), 0);
	CHECK_STR(text, "checking");
}

static int in_c11(void *argument)
{
	return *(int *)argument + 1;
}

TEST(c11_threads)
{
	thrd_t t;
	int value = 41, result;

	CHECK_EQ(thrd_create(&t, in_c11, &value), thrd_success);
	CHECK_EQ(thrd_join(t, &result), thrd_success);
	CHECK_EQ(result, 42);
}

static void *allocate(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)argument;
	char *held[64] = {};

	for (int i = 0; i < 20'000; i++) {
		size_t at = (size_t)rand_r(&seed) % 64, size = (size_t)rand_r(&seed) % 5000;
		free(held[at]);
		held[at] = malloc(size + 1);
		held[at][0] = held[at][size] = (char)at;
	}
	for (int i = 0; i < 64; i++)
		free(held[i]);
	return nullptr;
}

TEST(malloc_in_four_threads)
{
	pthread_t t[4];

	for (intptr_t i = 0; i < 4; i++)
		t[i] = check_thread(allocate, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		check_join(t[i]);
}

static void *fork_in_thread(void *argument)
{
	(void)argument;
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			free(malloc(1000));
			_exit(3);
		}
		CHECK_EQ(check_wait(pid), 3);
	}
	return nullptr;
}

TEST(four_threads_fork)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		t[i] = check_thread(i == 0 ? allocate : fork_in_thread, (void *)1);
	for (int i = 0; i < 4; i++)
		check_join(t[i]);
}

struct worker {
	_Atomic pid_t tid;
	_Atomic bool may_end;
	_Atomic bool is_done; /* with its work; then it waits */
};

/* Some CPU time under a name of its own. */
static void *work(void *argument)
{
	struct worker *w = argument;
	struct timespec used = {};

	CHECK_EQ(prctl(PR_SET_NAME, "worker"), 0);
	w->tid = (pid_t)syscall(SYS_gettid);
	while (used.tv_sec == 0 && used.tv_nsec < 50'000'000)
		CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), 0);
	w->is_done = true;
	while (!w->may_end)
		usleep(1000);
	return nullptr;
}

/* The ticks of `stat`, whose thread must have that number and name. */
static long ticks(pid_t tid, const char *name)
{
	char path[64], found[20] = "";
	long user, system;
	int number;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	CHECK_EQ(sscanf(check_read(path),
			"%d (%15[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &number,
			found, &user, &system),
		 4);
	CHECK_EQ(number, tid);
	CHECK_EQ(strcmp(found, name), 0);
	return user + system;
}

TEST(proc_tells_threads_apart)
{
	struct worker w = {};
	char path[64], own[16];
	int pid = 0;

	CHECK_EQ(prctl(PR_GET_NAME, own), 0);
	pthread_t t = check_thread(work, &w);
	while (!w.is_done)
		usleep(1000);
	CHECK(ticks(w.tid, "worker") >= 4);
	CHECK(ticks(getpid(), own) >= 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", w.tid);
	CHECK_EQ(sscanf(strstr(check_read(path), "\nPid:"), "\nPid: %d", &pid), 1);
	CHECK_EQ(pid, w.tid);
	CHECK_EQ(sscanf(strstr(check_read(path), "\nTgid:"), "\nTgid: %d", &pid), 1);
	CHECK_EQ(pid, getpid());
	w.may_end = true;
	check_join(t);
}
