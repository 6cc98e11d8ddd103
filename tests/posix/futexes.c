/* SPDX-License-Identifier: MPL-2.0 */
/* The futex call itself, without pthreads between. */
#include "tests/posix/check.h"
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static long futex(void *word, int what, int value, const struct timespec *t)
{
	return syscall(SYS_futex, word, what, value, t, nullptr, 0);
}

TEST(futex_waits_only_for_the_value)
{
	int word = 3;
	struct timespec t = { .tv_nsec = 10'000'000 };

	CHECK_ERR(futex(&word, FUTEX_WAIT, 4, nullptr), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 3, &t), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 3, &t), ETIMEDOUT);
	CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, nullptr), 0);
	CHECK_ERR(futex((void *)8, FUTEX_WAIT, 3, &t), EFAULT);
	CHECK_ERR(futex((char *)&word + 1, FUTEX_WAIT, 3, &t), EINVAL);
	CHECK_ERR(futex(&word, 127, 0, nullptr), ENOSYS);
}

static int word_to_wait, word_to_requeue;
static _Atomic pid_t waiting[5];
static atomic_int woken;

static void *futex_wait(void *number)
{
	waiting[(intptr_t)number] = gettid();
	futex(&word_to_wait, FUTEX_WAIT_PRIVATE, 0, nullptr);
	woken++;
	return nullptr;
}

/* Whether a thread of ours has begun, and waits. */
static bool sleeps(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	return tid != 0 && strstr(check_read(path), ") S ") != nullptr;
}

TEST(futex_wakes_as_many_as_asked_and_requeues_others)
{
	pthread_t t[5];

	for (intptr_t i = 0; i < 5; i++)
		t[i] = check_thread(futex_wait, (void *)i);
	for (int i = 0; i < 5; i++)
		CHECK_SOON(sleeps(waiting[i]));
	CHECK_EQ(futex(&word_to_wait, FUTEX_WAKE_PRIVATE, 2, nullptr), 2);
	CHECK_SOON(woken == 2);
	CHECK_EQ(syscall(SYS_futex, &word_to_wait, FUTEX_CMP_REQUEUE_PRIVATE, 1, INT_MAX,
			 &word_to_requeue, 0),
		 3);
	CHECK_SOON(woken == 3);
	CHECK_EQ(futex(&word_to_wait, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr), 0);
	CHECK_EQ(futex(&word_to_requeue, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr), 2);
	for (int i = 0; i < 5; i++)
		check_join(t[i]);
}

TEST(futex_bitsets)
{
	int word = 0;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += 10'000'000;
	if (t.tv_nsec >= 1'000'000'000) {
		t.tv_nsec -= 1'000'000'000;
		t.tv_sec++;
	}
	CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &t, nullptr, 1), ETIMEDOUT);
	CHECK_ERR(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &t, nullptr, 0), EINVAL);
	CHECK_EQ(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, nullptr, nullptr, 1), 0);
}

TEST(a_futex_in_a_shared_file)
{
	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(ftruncate(fd, 4096), 0);
	atomic_int *a = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t pid = fork();
	if (pid == 0) {
		atomic_int *b = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		while (*b == 0)
			futex(b, FUTEX_WAIT, 0, nullptr);
		_exit(*b);
	}
	usleep(30'000);
	*a = 21;
	futex(a, FUTEX_WAKE, 1, nullptr);
	CHECK_EQ(check_wait(pid), 21);
}
