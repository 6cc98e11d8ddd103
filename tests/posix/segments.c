/* SPDX-License-Identifier: MPL-2.0 */
/* System V's shared memory: shmget, shmat, shmdt, shmctl. */
#include "tests/posix/check.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

constexpr size_t PAGE = 4096;
#define CHECK_FAILS(call, error) CHECK((call) == -1 && errno == (error))

constexpr key_t KEY = 0x46757475;

static int segment_make(size_t size)
{
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);

	CHECK(id >= 0);
	return id;
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds s;

	CHECK_EQ(shmctl(id, IPC_STAT, &s), 0);
	return s;
}

TEST(what_one_process_writes_another_reads)
{
	int id = segment_make(3 * PAGE + 1);
	char *p = shmat(id, nullptr, 0);

	CHECK(p != (char *)-1);
	CHECK_EQ(p[3 * PAGE], 0);
	pid_t child = fork();
	if (child == 0) {
		char *q = shmat(id, nullptr, 0); /* beside the one that was inherited */
		if (q == (char *)-1 || q == p)
			_exit(1);
		strcpy(q + 2 * PAGE, "written");
		_exit(strcmp(p + 2 * PAGE, "written") != 0 || shmdt(q) != 0 ? 2 : 0);
	}
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(strcmp(p + 2 * PAGE, "written"), 0);
	CHECK_EQ(shmdt(p), 0);
	CHECK_FAILS(shmdt(p), EINVAL);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	CHECK_FAILS(shmctl(id, IPC_RMID, nullptr), EINVAL);
}

TEST(a_key_leads_to_one_segment)
{
	int id = shmget(KEY, 5000, IPC_CREAT | IPC_EXCL | 0640);
	struct shmid_ds s;

	CHECK(id >= 0);
	CHECK_EQ(shmget(KEY, 0, 0), id);
	CHECK_EQ(shmget(KEY, 5000, IPC_CREAT | 0600), id);
	CHECK_FAILS(shmget(KEY, 5001, 0), EINVAL);
	CHECK_FAILS(shmget(KEY, 5000, IPC_CREAT | IPC_EXCL), EEXIST);
	s = stat_of(id);
	CHECK_EQ(s.shm_segsz, 5000);
	CHECK_EQ(s.shm_perm.__key, KEY);
	CHECK_EQ(s.shm_perm.mode, 0640);
	CHECK_EQ(s.shm_perm.uid, geteuid());
	CHECK_EQ(s.shm_cpid, getpid());
	CHECK_EQ(s.shm_lpid, 0);
	CHECK_EQ(s.shm_nattch, 0);
	CHECK_EQ(s.shm_atime, 0);
	CHECK(s.shm_ctime > 0);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	CHECK_FAILS(shmget(KEY, 0, 0), ENOENT);
	CHECK_FAILS(shmget(KEY, 0, IPC_CREAT), EINVAL);
	CHECK_FAILS(shmget(IPC_PRIVATE, 0, IPC_CREAT), EINVAL);
}

TEST(an_id_is_not_given_again_soon)
{
	int id = segment_make(1);

	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	int again = segment_make(1);
	CHECK(again != id);
	CHECK(shmat(id, nullptr, 0) == (void *)-1 && errno == EINVAL);
	CHECK_EQ(shmctl(again, IPC_RMID, nullptr), 0);
}

TEST(a_removed_segment_stays_until_the_last_leaves_it)
{
	int id = shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	char *p = shmat(id, nullptr, 0);
	struct shmid_ds s;

	CHECK(p != (char *)-1);
	*p = 7;
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	s = stat_of(id);
	CHECK_EQ(s.shm_perm.mode, 0600 | SHM_DEST);
	CHECK_EQ(s.shm_perm.__key, IPC_PRIVATE);
	CHECK_FAILS(shmget(KEY, PAGE, 0), ENOENT);
	char *q = shmat(id, nullptr, SHM_RDONLY);
	CHECK(q != (char *)-1 && *q == 7);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 1);
	CHECK_EQ(shmdt(q), 0);
	CHECK_FAILS(shmctl(id, IPC_STAT, &s), EINVAL);
}

TEST(who_ends_or_becomes_another_program_leaves_it)
{
	int id = segment_make(PAGE), ready[2];
	char *p = shmat(id, nullptr, 0), *q = shmat(id, nullptr, SHM_RDONLY), byte;

	CHECK(p != (char *)-1 && q != (char *)-1);
	CHECK_EQ(pipe(ready), 0);
	pid_t killed = fork();
	if (killed == 0) {
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_EQ(stat_of(id).shm_nattch, 4);
	pid_t other = fork();
	if (other == 0) {
		execl("/bin/sleep", "sleep", "100", nullptr);
		_exit(1);
	}
	for (int i = 0; i < 1000 && stat_of(id).shm_nattch != 4; i++)
		usleep(10000);
	CHECK_EQ(stat_of(id).shm_nattch, 4);
	CHECK_EQ(kill(killed, SIGKILL), 0);
	CHECK_EQ(waitpid(killed, nullptr, 0), killed);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(stat_of(id).shm_lpid, killed);
	CHECK_EQ(kill(other, SIGKILL), 0);
	CHECK_EQ(waitpid(other, nullptr, 0), other);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(shmdt(q), 0);
	CHECK_FAILS(shmctl(id, IPC_STAT, &(struct shmid_ds){}), EINVAL);
	close(ready[0]);
	close(ready[1]);
}

TEST(a_segment_can_be_attached_at_an_address)
{
	int id = segment_make(2 * PAGE);
	char *at = mmap(nullptr, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	CHECK(shmat(id, at, 0) == (void *)-1 && errno == EINVAL);
	CHECK(shmat(id, at + 1, 0) == (void *)-1 && errno == EINVAL);
	CHECK(shmat(id, nullptr, SHM_REMAP) == (void *)-1 && errno == EINVAL);
	CHECK(shmat(id, at + PAGE + 1, SHM_RND | SHM_REMAP) == at + PAGE);
	at[PAGE] = 1;
	CHECK_EQ(munmap(at + PAGE, PAGE), 0);
	CHECK_EQ(shmdt(at + PAGE), 0); /* what is left of it */
	CHECK_EQ(mprotect(at, PAGE, PROT_READ), 0);
	CHECK_FAILS(mprotect(at + 2 * PAGE, PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(munmap(at, 4 * PAGE), 0);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(who_may_only_read_does_not_write)
{
	int id = segment_make(PAGE);
	char *p = shmat(id, nullptr, SHM_RDONLY);

	CHECK(p != (char *)-1);
	CHECK_FAILS(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(shmdt(p), 0);
	pid_t child = geteuid() == 0 ? fork() : -1;
	if (child == 0) {
		struct shmid_ds s = {};
		if (setgid(12345) != 0 || setuid(12345) != 0)
			_exit(1);
		if (shmat(id, nullptr, 0) != (void *)-1 || errno != EACCES)
			_exit(2);
		if (shmctl(id, IPC_STAT, &s) != -1 || errno != EACCES)
			_exit(3);
		if (shmctl(id, IPC_RMID, nullptr) != -1 || errno != EPERM)
			_exit(4);
		_exit(shmctl(id, IPC_SET, &s) == -1 && errno == EPERM ? 0 : 5);
	}
	int status = 0;
	CHECK(child == -1 || waitpid(child, &status, 0) == child);
	CHECK_EQ(status, 0);
	struct shmid_ds s = stat_of(id);
	s.shm_perm.mode = 0444;
	s.shm_perm.uid = 12345;
	CHECK_EQ(shmctl(id, IPC_SET, &s), 0);
	CHECK_EQ(stat_of(id).shm_perm.mode, 0444);
	CHECK_EQ(stat_of(id).shm_perm.uid, 12345);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(all_segments_can_be_listed)
{
	int id = segment_make(10 * PAGE);
	char *p = shmat(id, nullptr, 0);
	struct shm_info info;
	struct shminfo limits;
	struct shmid_ds s;
	bool found = false;

	CHECK(p != (char *)-1);
	p[0] = p[5 * PAGE] = 1;
	int last = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);
	CHECK(last >= 0 && info.used_ids >= 1 && info.shm_tot >= 10 && info.shm_rss >= 2);
	CHECK_EQ(shmctl(0, IPC_INFO, (struct shmid_ds *)&limits), last);
	CHECK_EQ(limits.shmmin, 1);
	for (int place = 0; place <= last; place++)
		found |= shmctl(place, SHM_STAT, &s) == id && s.shm_segsz == 10 * PAGE;
	CHECK(found);
	CHECK_FAILS(shmctl(-1, IPC_STAT, &s), EINVAL);
	CHECK_FAILS(shmctl(id, 77, &s), EINVAL);
	CHECK_FAILS(shmctl(id, IPC_STAT, (struct shmid_ds *)8), EFAULT);
	CHECK_EQ(shmdt(p), 0);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
}

TEST(maps_names_the_key)
{
	int id = shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	char *p = shmat(id, nullptr, 0), line[400];
	FILE *f = fopen("/proc/self/maps", "r");
	bool found = false;

	CHECK(p != (char *)-1 && f);
	while (fgets(line, sizeof(line), f))
		found |= strtoul(line, nullptr, 16) == (uintptr_t)p && strstr(line, " rw-s ") &&
			 strstr(line, "/SYSV46757475 (deleted)");
	fclose(f);
	CHECK(found);
	CHECK_EQ(shmctl(id, IPC_RMID, nullptr), 0);
	CHECK_EQ(shmdt(p), 0);
}
