/* SPDX-License-Identifier: MPL-2.0 */
/* What fits nowhere else: the system's name and sizes, random numbers, prctl, /proc, system calls.
 */
#include "tests/posix/check.h"
#include <ctype.h>
#include <linux/limits.h>
#include <locale.h>
#include <math.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

TEST(uname_looks_like_linux)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	CHECK_STR(u.sysname, "Linux");
	CHECK(u.release[0] >= '5' && isdigit(u.release[0]));
	CHECK(u.nodename[0] && u.version[0]);
#if defined __x86_64__
	CHECK_STR(u.machine, "x86_64");
#else
	CHECK_STR(u.machine, "aarch64");
#endif
}

TEST(the_hostname_can_be_set)
{
	char name[65];

	CHECK_EQ(gethostname(name, sizeof(name)), 0);
	CHECK(name[0]);
}

TEST(sysinfo_is_sensible)
{
	struct sysinfo i;

	CHECK_EQ(sysinfo(&i), 0);
	CHECK(i.totalram >= i.freeram && i.totalram * i.mem_unit > (16 << 20));
	CHECK(i.procs >= 1 && i.uptime >= 0 && i.mem_unit >= 1);
}

TEST(the_loads_are_the_same_everywhere)
{
	struct sysinfo i;
	double told[3];

	CHECK_EQ(sscanf(check_read("/proc/loadavg"), "%lf %lf %lf", &told[0], &told[1], &told[2]),
		 3);
	CHECK_EQ(sysinfo(&i), 0);
	for (int k = 0; k < 3; k++)
		CHECK(fabs(told[k] - (double)i.loads[k] / 65536) < 0.3 + told[k] / 5);
}

TEST(sysconf_is_sensible)
{
	CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
	CHECK_EQ(sysconf(_SC_CLK_TCK), 100);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(_SC_PHYS_PAGES) > 1000);
	CHECK(sysconf(_SC_ARG_MAX) >= 131072);
	CHECK_EQ(pathconf("/", _PC_NAME_MAX), 255);
}

TEST(random_bytes)
{
	unsigned char a[256], b[256];

	CHECK_EQ(getrandom(a, sizeof(a), 0), 256);
	CHECK_EQ(getrandom(b, sizeof(b), GRND_NONBLOCK), 256);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_ERR(getrandom(a, 1, 0x1000), EINVAL);
	CHECK_EQ(getentropy(a, 256), 0);
	CHECK_ERR(getentropy(a, 257), EIO);
	CHECK(getauxval(AT_RANDOM) != 0);
}

TEST(prctl_names_the_thread)
{
	char name[17] = "";

	CHECK_EQ(prctl(PR_SET_NAME, "a-rather-long-name"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a-rather-long-n");
	CHECK_EQ(strncmp(check_read("/proc/self/comm"), "a-rather-long-n\n", 17), 0);
	CHECK_ERR(prctl(98765), EINVAL);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
}

TEST(unknown_calls_are_ENOSYS)
{
	CHECK_ERR(syscall(5000), ENOSYS);
	CHECK_ERR(syscall(-1L), ENOSYS);
	CHECK_ERR(syscall(0x7fffffff), ENOSYS);
}

TEST(closed_and_wild_descriptors_are_EBADF)
{
	char c;
	static const int wild[] = { -1, 999, 1 << 20, 0x7fffffff, -2147483647 };

	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		CHECK_ERR(read(wild[i], &c, 1), EBADF);
		CHECK_ERR(write(wild[i], &c, 1), EBADF);
		CHECK_ERR(close(wild[i]), EBADF);
		CHECK_ERR(fstat(wild[i], &(struct stat){}), EBADF);
		CHECK_ERR(lseek(wild[i], 0, SEEK_SET), EBADF);
		CHECK_ERR(dup(wild[i]), EBADF);
	}
}

TEST(maps_shows_program_stack_and_heap)
{
	free(malloc(100));
	const char *text = check_read("/proc/self/maps");
	CHECK(strstr(text, "[stack]"));
	CHECK(strstr(text, "[heap]"));
	CHECK(strstr(text, check_program));
	unsigned long from, to;
	char rights[5];
	CHECK_EQ(sscanf(text, "%lx-%lx %4s", &from, &to, rights), 3);
	CHECK(from < to && (rights[0] == 'r' || rights[0] == '-'));
}

TEST(status_and_stat_tell_of_this_process)
{
	char want[64];

	const char *text = check_read("/proc/self/status");
	snprintf(want, sizeof(want), "\nPid:\t%d\n", getpid());
	CHECK(strstr(text, want));
	snprintf(want, sizeof(want), "\nPPid:\t%d\n", getppid());
	CHECK(strstr(text, want));
	CHECK(strstr(text, "\nThreads:\t1\n"));
	CHECK(strstr(text, "Uid:\t0\t0\t0\t0\n"));
	text = check_read("/proc/self/stat");
	int pid, parent;
	char state;
	CHECK_EQ(sscanf(text, "%d (%*[^)]) %c %d", &pid, &state, &parent), 3);
	CHECK(pid == getpid() && state == 'R' && parent == getppid());
}

TEST(cmdline_environ_and_exe)
{
	const char *text = check_read("/proc/self/cmdline");

	CHECK(strstr(text, "misc"));
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	CHECK(n > 0);
	path[n] = '\0';
	CHECK_STR(path, check_program);
	text = check_read("/proc/self/environ");
	CHECK(text[0] == '\0' || strchr(text, '='));
}

ROLE(nameless)
{
	char path[PATH_MAX] = "", text[4];

	CHECK_EQ(unlink(argv[0]), 0);
	int fd = open("/proc/self/exe", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, text, sizeof(text)), 4);
	CHECK_EQ(memcmp(text, "\177ELF", 4), 0);
	CHECK(readlink("/proc/self/exe", path, sizeof(path)) > 0 && strstr(path, "/copy"));
	CHECK_ERR(open("/proc/self/exe", O_WRONLY), ETXTBSY);
	if (argc > 1) {
		argv[1] = nullptr;
		execl("/proc/self/exe", "copy", "@unnamed", nullptr);
	}
	return 1;
}

ROLE(unnamed)
{
	return 7;
}

static int runs_a_copy(void *)
{
	execl("copy", "copy", "@nameless", nullptr);
	return 1;
}

TEST(the_program_is_found_though_its_name_is_gone)
{
	char line[PATH_MAX + 16];

	check_folder();
	snprintf(line, sizeof(line), "cp %s copy", check_program);
	CHECK_EQ(system(line), 0);
	CHECK_EQ(check_child(runs_a_copy, nullptr), 7);
}

TEST(links_of_descriptors_tell_how_they_are_open)
{
	static const struct {
		int flags;
		mode_t mode;
	} ways[] = { { O_RDONLY, 0500 }, { O_WRONLY, 0300 }, { O_RDWR, 0700 }, { O_PATH, 0 } };
	char path[64];
	struct stat st;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		int fd = open("/dev/null", ways[i].flags);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		CHECK_EQ(lstat(path, &st), 0);
		CHECK(S_ISLNK(st.st_mode));
		CHECK_EQ(st.st_mode & 0777, ways[i].mode);
	}
}

/* However early it looks, the system knows what it is. */
TEST(a_child_is_known_from_its_first_moment)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			CHECK(strstr(check_read("/proc/self/cmdline"), "misc"));
			_exit(0);
		}
		int status;
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
}

TEST(proc_has_the_systems_files)
{
	unsigned long total;

	CHECK(strstr(check_read("/proc/meminfo"), "MemFree:"));
	CHECK_EQ(sscanf(check_read("/proc/meminfo"), "MemTotal: %lu kB", &total), 1);
	CHECK(total > 16384);
	CHECK(strstr(check_read("/proc/cpuinfo"), "processor\t: 0"));
	CHECK_EQ(strncmp(check_read("/proc/stat"), "cpu ", 4), 0);
	CHECK_EQ(strncmp(check_read("/proc/version"), "Linux version ", 14), 0);
	double up, idle;
	CHECK_EQ(sscanf(check_read("/proc/uptime"), "%lf %lf", &up, &idle), 2);
	CHECK(up >= 0);
	CHECK(strstr(check_read("/proc/mounts"), " / "));
	CHECK(strstr(check_read("/proc/filesystems"), "proc"));
	CHECK_EQ(atoi(check_read("/proc/sys/kernel/pid_max")) > 1000, 1);
	CHECK_ERR(open("/proc/99999999/stat", O_RDONLY), ENOENT);
}

TEST(a_childs_proc_directory_comes_and_goes)
{
	char path[64];
	struct stat st;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", pid);
	CHECK_EQ(stat(path, &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(check_wait(pid), 128 + SIGKILL);
	CHECK_ERR(stat(path, &st), ENOENT);
}

TEST(getcpu_and_membarrier_answer)
{
	unsigned cpu = 999, node = 999;

	CHECK_EQ(getcpu(&cpu, &node), 0);
	CHECK(cpu < 1024 && node < 1024);
	CHECK(syscall(SYS_membarrier, 0, 0, 0) >= 0 || errno == ENOSYS);
}

TEST(the_personality_is_linux)
{
	CHECK_EQ(personality(0xffffffff) & 0xff, PER_LINUX);
}

ROLE(address)
{
	printf("%p\n", (void *)argv);
	return 0;
}

TEST(addresses_can_be_fixed)
{
	char line[512], first[64] = "", second[64] = "";

	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), PER_LINUX);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	snprintf(line, sizeof(line), "%s @address", check_program);
	for (int i = 0; i < 2; i++) {
		FILE *f = popen(line, "r");
		CHECK(f != nullptr && fgets(i == 0 ? first : second, 64, f) != nullptr);
		CHECK_EQ(pclose(f), 0);
	}
	CHECK_STR(first, second);
	CHECK_EQ(personality(PER_LINUX), ADDR_NO_RANDOMIZE);
}

TEST(the_timer_slack_is_kept)
{
	int normal = prctl(PR_GET_TIMERSLACK);

	CHECK_EQ(normal, 50'000);
	CHECK_EQ(prctl(PR_SET_TIMERSLACK, 70'000), 0);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 70'000);
	CHECK_EQ(prctl(PR_SET_TIMERSLACK, 0), 0);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), normal);
}

TEST(local_time_without_a_zone_file_is_utc)
{
	struct tm tm;
	time_t t = 86400 * 365;

	unsetenv("TZ");
	setenv("TZ", "UTC0", 1);
	CHECK(localtime_r(&t, &tm));
	CHECK(tm.tm_year == 71 && tm.tm_mon == 0 && tm.tm_mday == 1 && tm.tm_hour == 0);
}

TEST(floating_point_is_exact)
{
	volatile double x = 2, y = 1e308;

	CHECK(sqrt(x) == 1.4142135623730951);
	CHECK(isinf(y * 10));
	char text[64];
	snprintf(text, sizeof(text), "%.17g %a", 0.1, 1.0 / 3);
	CHECK_STR(text, "0.10000000000000001 0x1.5555555555555p-2");
}

TEST(stdio_buffers_and_positions)
{
	char text[32] = "";

	check_folder();
	FILE *f = fopen("f", "w+");
	CHECK(f);
	for (int i = 0; i < 10'000; i++)
		fprintf(f, "%d\n", i);
	CHECK_EQ(fseek(f, 10, SEEK_SET), 0);
	CHECK(fgets(text, sizeof(text), f));
	CHECK_STR(text, "5\n");
	CHECK_EQ(fclose(f), 0);
	struct stat st;
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_size, 48'890);
	f = fopen("f", "a");
	CHECK_EQ(ftell(f) >= 0, 1);
	CHECK_EQ(fputs("end\n", f) >= 0, 1);
	CHECK_EQ(fclose(f), 0);
	CHECK_STR(check_read("f") + 48'890, "end\n");
}

TEST(temporary_files)
{
	FILE *f = tmpfile();
	char path[] = "/tmp/check-XXXXXX";

	CHECK(f);
	CHECK(fputs("x", f) >= 0);
	rewind(f);
	CHECK_EQ(getc(f), 'x');
	int fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_EQ(unlink(path), 0);
}

TEST(a_restarted_sleep_keeps_its_end)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(nanosleep(&(struct timespec){ .tv_nsec = 200'000'000 }, nullptr), 0);
		_exit(0);
	}
	for (int i = 0; i < 5; i++) { /* stopping and continuing interrupts nothing */
		usleep(10'000);
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
	}
	CHECK_EQ(check_wait(pid), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK((after.tv_sec - before.tv_sec) * 1000 +
		      (after.tv_nsec - before.tv_nsec) / 1'000'000 >=
	      195);
}

/* A process of its own that stands in /proc and has `fd` until it is killed. */
static pid_t child_in_proc(void)
{
	int ready[2];
	char byte = 0;

	CHECK_EQ(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(chdir("/proc"), 0);
		CHECK_EQ(write(ready[1], &byte, 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

TEST(files_of_another_process)
{
	struct stat own, its;
	char path[64], text[8] = "";
	int ends[2];

	check_folder();
	int fd = open("seen", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(write(fd, "seen", 4), 4);
	CHECK_EQ(pipe(ends), 0);
	pid_t pid = child_in_proc();
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	CHECK_EQ(fstat(fd, &own), 0);
	CHECK_EQ(stat(path, &its), 0);
	CHECK(own.st_ino == its.st_ino && own.st_dev == its.st_dev && its.st_size == 4);
	int again = open(path, O_RDONLY);
	CHECK_EQ(pread(again, text, sizeof(text), 0), 4);
	CHECK_STR(text, "seen");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, ends[0]);
	CHECK_EQ(stat(path, &its), 0);
	CHECK(S_ISFIFO(its.st_mode));
	snprintf(path, sizeof(path), "/proc/%d/cwd/self", pid);
	CHECK_EQ(lstat(path, &its), 0);
	CHECK(S_ISLNK(its.st_mode));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, 1000);
	CHECK_ERR(stat(path, &its), ENOENT);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, nullptr, 0), pid);
}

TEST(maps_tell_which_file)
{
	char path[4096];
	unsigned major, minor;
	unsigned long node = 0;
	struct stat s;

	const char *text = strstr(check_read("/proc/self/maps"), " r-xp ");
	CHECK_EQ(sscanf(text, " r-xp %*x %x:%x %lu %4095s", &major, &minor, &node, path), 4);
	CHECK_EQ(stat(path, &s), 0);
	CHECK(s.st_ino == node && s.st_dev == makedev(major, minor));
}

/* In a container of Linux's there may be none to see. */
static bool there_is_a_log(void)
{
	char some[64];

	return klogctl(3, some, sizeof(some)) > 0;
}

/* The log's records from the description's place on: is one of them this line? */
static bool log_has(int fd, const char *line)
{
	char record[8192];
	ssize_t n;

	while ((n = read(fd, record, sizeof(record))) > 0) {
		const char *text = memchr(record, ';', (size_t)n);
		CHECK(text != nullptr && record[n - 1] == '\n');
		if (memmem(text, (size_t)(record + n - text), line, strlen(line)) != nullptr)
			return true;
	}
	CHECK_EQ(errno, EAGAIN);
	return false;
}

TEST(the_log_can_be_written_and_read)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	char line[64], *text = line + 3; /* behind the priority */

	if (!there_is_a_log())
		return;
	CHECK(fd >= 0);
	int n = snprintf(line, sizeof(line), "<6>log test of %d", getpid());
	CHECK(!log_has(fd, text));
	CHECK_EQ(write(fd, line, (size_t)n), n);
	CHECK(log_has(fd, text));
	CHECK(!log_has(fd, text));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(log_has(fd, text));
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK(!log_has(fd, text));
	CHECK_ERR(lseek(fd, 1, SEEK_SET), ESPIPE);
	CHECK_EQ(close(fd), 0);
}

TEST(syslog_gives_the_whole_log)
{
	int size = klogctl(10, nullptr, 0);
	char *text = malloc(size > 0 ? (size_t)size : 1);

	if (!there_is_a_log())
		return;
	int n = klogctl(3, text, size);
	CHECK(n > 0 && n <= size);
	CHECK_EQ(klogctl(3, text, 10), 10);
	CHECK_ERR(klogctl(11, text, size), EINVAL);
	CHECK_ERR(klogctl(3, nullptr, size), EINVAL);
	free(text);
}

static int as_linux32(void *)
{
	struct utsname u;

	CHECK_EQ(personality(PER_LINUX32 | UNAME26), PER_LINUX);
	CHECK_EQ(personality(0xffffffff), PER_LINUX32 | UNAME26);
	CHECK_EQ(uname(&u), 0);
#if defined __x86_64__
	CHECK_STR(u.machine, "i686");
#else
	CHECK_STR(u.machine, "armv8l");
#endif
	CHECK_EQ(strncmp(u.release, "2.6.", 4), 0);
	return 0;
}

TEST(a_personality_changes_what_uname_says)
{
	struct utsname u;

	CHECK_EQ(check_child(as_linux32, nullptr), 0);
	CHECK_EQ(uname(&u), 0);
	CHECK(strncmp(u.release, "2.6.", 4) != 0);
}

TEST(select_keeps_its_timeout_if_that_is_wished)
{
	struct timeval t = { .tv_usec = 20'000 };

	CHECK_EQ(personality(STICKY_TIMEOUTS), PER_LINUX);
	CHECK_EQ(select(0, nullptr, nullptr, nullptr, &t), 0);
	CHECK_EQ(t.tv_usec, 20'000);
	CHECK_EQ(personality(PER_LINUX), STICKY_TIMEOUTS);
	CHECK_EQ(select(0, nullptr, nullptr, nullptr, &t), 0);
	CHECK_EQ(t.tv_usec, 0);
}

TEST(each_reader_of_uuid_gets_another)
{
	char first[64];

	strcpy(first, check_read("/proc/sys/kernel/random/uuid"));
	CHECK_EQ(strlen(first), 37);
	CHECK_EQ(first[14], '4');
	CHECK(strcmp(first, check_read("/proc/sys/kernel/random/uuid")) != 0);
	CHECK(atoi(check_read("/proc/sys/vm/max_map_count")) >= 65530);
	CHECK(atoi(check_read("/proc/sys/net/core/somaxconn")) >= 128);
	CHECK_EQ(atoi(check_read("/proc/sys/kernel/randomize_va_space")), 2);
}

TEST(who_shares_nothing_has_nothing_to_unshare)
{
	CHECK_EQ(unshare(CLONE_FILES | CLONE_FS), 0);
	CHECK_EQ(unshare(0), 0);
	CHECK_ERR(unshare(-1), EINVAL);
}
