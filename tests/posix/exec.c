/* SPDX-License-Identifier: MPL-2.0 */
/* execve and execveat: arguments, what survives, scripts, what cannot be run. */
#include "tests/posix/check.h"
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

extern char **environ;

static int run_role(char *const argv[], char *const envp[])
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		execve(check_program, argv, envp);
		_exit(126);
	}
	return check_wait(pid);
}

/* The arguments from the second on are those that the third says there are. */
ROLE(count)
{
	return argc;
}

TEST(arguments_arrive)
{
	CHECK_EQ(run_role((char *[]){ "x", "@count", "a", "", "c d", nullptr }, environ), 5);
}

ROLE(first)
{
	return strcmp(argv[0], "any name") == 0 && strcmp(argv[2], "") == 0 &&
			       strcmp(argv[3], "\xff\n") == 0
		       ? 0
		       : 1;
}

TEST(argument_zero_is_whatever_was_given)
{
	CHECK_EQ(run_role((char *[]){ "any name", "@first", "", "\xff\n", nullptr }, environ), 0);
}

ROLE(environment)
{
	int n = 0;

	for (char **e = environ; *e; e++)
		n++;
	return n == 2 && strcmp(environ[0], "A=1") == 0 && strcmp(environ[1], "B=") == 0 ? 0 : n;
}

TEST(the_environment_is_exactly_what_was_given)
{
	CHECK_EQ(run_role((char *[]){ "x", "@environment", nullptr },
			  (char *[]){ "A=1", "B=", nullptr }),
		 0);
}

ROLE(long_arguments)
{
	size_t sum = 0;

	for (int i = 2; i < argc; i++)
		sum += strlen(argv[i]);
	return argc == 102 && sum == 100 * 10'000 ? 0 : 1;
}

TEST(a_megabyte_of_arguments)
{
	static char text[10'001];
	char *argv[103] = { "x", "@long_arguments" };

	memset(text, 'a', sizeof(text) - 1);
	for (int i = 2; i < 102; i++)
		argv[i] = text;
	CHECK_EQ(run_role(argv, environ), 0);
}

TEST(too_many_arguments_are_E2BIG)
{
	static char text[100'001];
	static char *argv[101];

	memset(text, 'a', sizeof(text) - 1);
	for (int i = 0; i < 100; i++)
		argv[i] = text;
	CHECK_ERR(execve(check_program, argv, environ), E2BIG);
}

ROLE(pid)
{
	return getpid() == atoi(argv[2]) && getppid() == atoi(argv[3]) ? 0 : 1;
}

TEST(the_process_stays_the_same)
{
	char self[16], parent[16];

	snprintf(parent, sizeof(parent), "%d", getpid());
	pid_t pid = fork();
	if (pid == 0) {
		snprintf(self, sizeof(self), "%d", getpid());
		execve(check_program, (char *[]){ "x", "@pid", self, parent, nullptr }, environ);
	}
	CHECK_EQ(check_wait(pid), 0);
}

ROLE(descriptors)
{
	char c = 0;

	return fcntl(atoi(argv[2]), F_GETFD) == -1 && errno == EBADF &&
			       read(atoi(argv[3]), &c, 1) == 1 && c == 'b'
		       ? 0
		       : 1;
}

TEST(descriptors_stay_but_those_that_close_on_exec)
{
	char closed[16], kept[16], c;

	check_folder();
	check_write("f", "ab");
	int a = open("f", O_RDONLY | O_CLOEXEC), b = open("f", O_RDONLY);
	CHECK_EQ(read(b, &c, 1), 1);
	snprintf(closed, sizeof(closed), "%d", a);
	snprintf(kept, sizeof(kept), "%d", b);
	CHECK_EQ(run_role((char *[]){ "x", "@descriptors", closed, kept, nullptr }, environ), 0);
}

ROLE(signals)
{
	struct sigaction caught, ignored;
	sigset_t set;

	sigaction(SIGUSR1, nullptr, &caught);
	sigaction(SIGUSR2, nullptr, &ignored);
	sigprocmask(SIG_BLOCK, nullptr, &set);
	return caught.sa_handler == SIG_DFL && ignored.sa_handler == SIG_IGN &&
			       sigismember(&set, SIGTERM) && !sigismember(&set, SIGINT)
		       ? 0
		       : 1;
}

static void handler(int signal)
{
	(void)signal;
}

TEST(caught_signals_become_default_and_ignored_ones_stay)
{
	sigset_t set;

	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, nullptr);
	CHECK_EQ(run_role((char *[]){ "x", "@signals", nullptr }, environ), 0);
}

ROLE(pending)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGUSR1) ? 0 : 1;
}

TEST(pending_signals_stay_pending)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pid_t pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_BLOCK, &set, nullptr);
		raise(SIGUSR1);
		execve(check_program, (char *[]){ "x", "@pending", nullptr }, environ);
	}
	CHECK_EQ(check_wait(pid), 0);
}

ROLE(place)
{
	char here[256];

	return getcwd(here, sizeof(here)) && strcmp(here, argv[2]) == 0 && umask(0) == 031 ? 0 : 1;
}

TEST(working_directory_and_umask_stay)
{
	char here[256];

	check_folder();
	CHECK(getcwd(here, sizeof(here)));
	umask(031);
	CHECK_EQ(run_role((char *[]){ "x", "@place", here, nullptr }, environ), 0);
}

ROLE(alarm)
{
	return alarm(0) > 50 ? 0 : 1;
}

TEST(an_alarm_stays)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(100);
		execve(check_program, (char *[]){ "x", "@alarm", nullptr }, environ);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(what_cannot_be_run)
{
	check_folder();
	check_write("plain", "text");
	CHECK_ERR(execl("./absent", "x", nullptr), ENOENT);
	CHECK_ERR(execl("", "x", nullptr), ENOENT);
	CHECK_ERR(execl("./plain", "x", nullptr), EACCES);
	CHECK_ERR(execl("/", "x", nullptr), EACCES);
	CHECK_ERR(execl("plain/x", "x", nullptr), ENOTDIR);
	CHECK_EQ(chmod("plain", 0755), 0);
	CHECK_ERR(execl("./plain", "x", nullptr), ENOEXEC);
	check_write("empty", "");
	CHECK_EQ(chmod("empty", 0755), 0);
	CHECK_ERR(execl("./empty", "x", nullptr), ENOEXEC);
	check_write("elf", "\177ELF junk");
	CHECK_EQ(chmod("elf", 0755), 0);
	CHECK_ERR(execl("./elf", "x", nullptr), ENOEXEC);
}

TEST(bad_pointers_are_EFAULT)
{
	CHECK_ERR(syscall(SYS_execve, 8, nullptr, nullptr), EFAULT);
	CHECK_ERR(syscall(SYS_execve, check_program, 8, environ), EFAULT);
	CHECK_ERR(syscall(SYS_execve, check_program, (char *[]){ (char *)8, nullptr }, environ),
		  EFAULT);
}

static void script(const char *path, const char *first_line)
{
	check_write(path, first_line);
	CHECK_EQ(chmod(path, 0755), 0);
}

static int run(const char *path, const char *argument)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, "zero", argument, nullptr);
		_exit(errno == ENOENT ? 127 : 126);
	}
	return check_wait(pid);
}

/* argv: program, @script, script's path, its argument. */
ROLE(script)
{
	return argc == 4 && strcmp(argv[2], "./s") == 0 && strcmp(argv[3], "arg") == 0 ? 42 : argc;
}

TEST(a_script_starts_its_interpreter)
{
	char line[512];

	check_folder();
	snprintf(line, sizeof(line), "#! %s @script\nanything\n", check_program);
	script("s", line);
	CHECK_EQ(run("./s", "arg"), 42);
	snprintf(line, sizeof(line), "#!%s @script", check_program);
	script("s", line);
	CHECK_EQ(run("./s", "arg"), 42);
}

ROLE(one_word)
{
	return 0; /* never: the word has a blank */
}

TEST(what_follows_the_interpreter_is_one_argument)
{
	char line[512];

	check_folder();
	snprintf(line, sizeof(line), "#!%s @script more\n", check_program);
	script("s", line);
	/* No role of that name, and no case: the program runs none, and all of them pass. */
	pid_t pid = fork();
	if (pid == 0) {
		close(STDOUT_FILENO);
		execl("./s", "zero", "arg", nullptr);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_script_may_have_a_script_for_interpreter)
{
	char line[512];

	check_folder();
	snprintf(line, sizeof(line), "#!%s @count\n", check_program);
	script("inner", line);
	script("outer", "#!./inner x\n");
	/* program @count ./inner x ./outer arg */
	CHECK_EQ(run("./outer", "arg"), 6);
	script("loop", "#!./loop\n");
	CHECK_ERR(execl("./loop", "x", nullptr), ELOOP);
	script("missing", "#!/no/such/thing\n");
	CHECK_EQ(run("./missing", "x"), 127);
	script("nothing", "#!\n");
	CHECK_ERR(execl("./nothing", "x", nullptr), ENOEXEC);
}

TEST(execveat_by_descriptor)
{
	int fd = open(check_program, O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();

	CHECK(fd >= 0);
	if (pid == 0) {
		execveat(fd, "", (char *[]){ "x", "@count", nullptr }, environ, AT_EMPTY_PATH);
		_exit(126);
	}
	CHECK_EQ(check_wait(pid), 2);
	pid = fork();
	if (pid == 0) {
		fexecve(fd, (char *[]){ "x", "@count", "y", nullptr }, environ);
		_exit(126);
	}
	CHECK_EQ(check_wait(pid), 3);
}

TEST(execveat_relative_to_a_directory)
{
	check_folder();
	CHECK_EQ(symlink(check_program, "link"), 0);
	int dir = open(".", O_RDONLY | O_DIRECTORY);
	pid_t pid = fork();
	if (pid == 0) {
		chdir("/");
		execveat(dir, "link", (char *[]){ "x", "@count", nullptr }, environ, 0);
		_exit(126);
	}
	CHECK_EQ(check_wait(pid), 2);
	CHECK_ERR(execveat(dir, "link", (char *[]){ "x", nullptr }, environ, AT_SYMLINK_NOFOLLOW),
		  ELOOP);
}

ROLE(auxiliary)
{
	return getauxval(AT_PAGESZ) == 4096 && getauxval(AT_RANDOM) != 0 &&
			       getauxval(AT_PHDR) != 0 && getauxval(AT_ENTRY) != 0 &&
			       getauxval(AT_UID) == getuid() && getauxval(AT_SECURE) == 0 &&
			       strcmp((char *)getauxval(AT_EXECFN), check_program) == 0 &&
			       getauxval(AT_PHNUM) > 0 && getauxval(AT_CLKTCK) == 100
		       ? 0
		       : 1;
}

TEST(the_auxiliary_vector_is_there)
{
	CHECK_EQ(run_role((char *[]){ "x", "@auxiliary", nullptr }, environ), 0);
}

ROLE(stack)
{
	volatile char deep[1 << 20];

	for (size_t i = 0; i < sizeof(deep); i += 4096)
		deep[i] = 1;
	return ((uintptr_t)argv & 7) == 0 && deep[4096] == 1 ? 0 : 1;
}

TEST(the_stack_grows)
{
	CHECK_EQ(run_role((char *[]){ "x", "@stack", nullptr }, environ), 0);
}

ROLE(threads)
{
	return getpid() == gettid() ? 0 : 1;
}

static void *exec_thread(void *argument)
{
	(void)argument;
	execve(check_program, (char *[]){ "x", "@threads", nullptr }, environ);
	_exit(126);
}

static void *pausing_thread(void *argument)
{
	(void)argument;
	for (;;)
		pause();
}

TEST(exec_in_a_thread_ends_all_the_others)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;
		for (int i = 0; i < 3; i++)
			pthread_create(&t, nullptr, i < 2 ? pausing_thread : exec_thread, nullptr);
		for (;;)
			pause();
	}
	CHECK_EQ(check_wait(pid), 0);
}

ROLE(memory)
{
	unsigned char in;

	return mincore((void *)strtoul(argv[2], nullptr, 16), 4096, &in) == -1 && errno == ENOMEM
		       ? 0
		       : 1;
}

TEST(mappings_are_gone)
{
	char text[32];
	void *page = mmap((void *)0x600000000000, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ((intptr_t)page, 0x600000000000);
	snprintf(text, sizeof(text), "%lx", (unsigned long)page);
	CHECK_EQ(run_role((char *[]){ "x", "@memory", text, nullptr }, environ), 0);
}

TEST(a_program_that_runs_cannot_be_written)
{
	CHECK_ERR(open(check_program, O_WRONLY), ETXTBSY);
	CHECK_ERR(open(check_program, O_RDONLY | O_TRUNC), ETXTBSY);
	CHECK_ERR(truncate(check_program, 0), ETXTBSY);
	int fd = open(check_program, O_RDONLY);
	CHECK(fd >= 0 && close(fd) == 0);
}

static void copy_program(const char *to)
{
	char block[65536];
	ssize_t n;
	int from = open(check_program, O_RDONLY), fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);

	CHECK(from >= 0);
	CHECK(fd >= 0);
	while ((n = read(from, block, sizeof(block))) > 0)
		CHECK_EQ(write(fd, block, (size_t)n), n);
	CHECK_EQ(close(from), 0);
	CHECK_EQ(close(fd), 0);
}

TEST(a_program_that_is_written_cannot_run)
{
	check_folder();
	copy_program("written");
	int fd = open("written", O_WRONLY);
	CHECK_ERR(execve("written", (char *[]){ "x", "@count", nullptr }, environ), ETXTBSY);
	CHECK_EQ(close(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		execve("written", (char *[]){ "x", "@count", nullptr }, environ);
		_exit(99);
	}
	CHECK_EQ(check_wait(pid), 2);
	fd = open("written", O_WRONLY); /* who ran it has ended */
	CHECK(fd >= 0 && close(fd) == 0);
}

TEST(a_program_that_was_just_written_runs)
{
	char name[16];

	check_folder();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "written%d", i);
		copy_program(name);
		pid_t pid = fork();
		if (pid == 0) {
			execve(name, (char *[]){ "x", "@count", nullptr }, environ);
			_exit(99);
		}
		CHECK_EQ(check_wait(pid), 2);
		CHECK_EQ(unlink(name), 0);
	}
}

TEST(exec_again_and_again)
{
	for (int i = 0; i < 50; i++)
		CHECK_EQ(run_role((char *[]){ "x", "@count", nullptr }, environ), 2);
}
