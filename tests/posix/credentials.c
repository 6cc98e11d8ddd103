/* SPDX-License-Identifier: MPL-2.0 */
/* Users and groups, what they may do to files and to processes; resource limits. Run by root. */
#include "tests/posix/check.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

constexpr uid_t USER = 1000, OTHER = 1001;

/* Runs the rest of the case as this user, without root's rights. */
static void become(uid_t user)
{
	CHECK_EQ(setgroups(0, nullptr), 0);
	CHECK_EQ(setresgid(user, user, user), 0);
	CHECK_EQ(setresuid(user, user, user), 0);
}

TEST(root_begins_as_root)
{
	uid_t r, e, s;

	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 0 && e == 0 && s == 0);
	CHECK_EQ(getuid() + geteuid() + getgid() + getegid(), 0);
}

TEST(setuid_by_root_is_for_good)
{
	uid_t r, e, s;

	CHECK_EQ(setuid(USER), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == USER && e == USER && s == USER);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(setresuid(0, -1, -1), EPERM);
}

TEST(seteuid_can_be_taken_back)
{
	CHECK_EQ(seteuid(USER), 0);
	CHECK_EQ(geteuid(), USER);
	CHECK_EQ(getuid(), 0);
	CHECK_ERR(seteuid(OTHER), EPERM);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(geteuid(), 0);
}

TEST(setreuid_and_setresuid)
{
	uid_t r, e, s;

	CHECK_EQ(setresuid(USER, OTHER, 0), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == USER && e == OTHER && s == 0);
	CHECK_EQ(setreuid(OTHER, USER), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == OTHER && e == USER && s == USER);
	CHECK_ERR(setresuid(-1, 0, -1), EPERM);
}

TEST(groups)
{
	gid_t list[4] = { 5, 6, 7, 8 }, got[4] = {};

	CHECK_EQ(setgroups(3, list), 0);
	CHECK_EQ(getgroups(0, nullptr), 3);
	CHECK_EQ(getgroups(4, got), 3);
	CHECK(got[0] == 5 && got[2] == 7);
	CHECK_ERR(getgroups(1, got), EINVAL);
	CHECK_EQ(setgid(9), 0);
	CHECK_EQ(getegid(), 9);
	CHECK_EQ(setuid(USER), 0);
	CHECK_ERR(setgroups(1, list), EPERM);
	CHECK_ERR(setgid(0), EPERM);
}

TEST(children_inherit_and_do_not_change_the_parent)
{
	pid_t pid = fork();

	if (pid == 0) {
		become(USER);
		pid = fork();
		if (pid == 0)
			_exit(getuid() == USER && getegid() == USER ? 0 : 1);
		_exit(check_wait(pid));
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(getuid(), 0);
}

TEST(file_rights_by_owner_group_and_others)
{
	gid_t group = 50;

	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("f", "x");
	CHECK_EQ(chown("f", USER, group), 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK_EQ(chmod("f", 0044), 0); /* the owner: only his own bits count */
		CHECK_ERR(open("f", O_RDONLY), EACCES);
		CHECK_EQ(chmod("f", 0640), 0);
		CHECK(open("f", O_RDWR) >= 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(setgroups(1, &group), 0);
		CHECK_EQ(setresuid(OTHER, OTHER, OTHER), 0);
		CHECK(open("f", O_RDONLY) >= 0);
		CHECK_ERR(open("f", O_WRONLY), EACCES);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	pid = fork();
	if (pid == 0) {
		become(OTHER);
		CHECK_ERR(open("f", O_RDONLY), EACCES);
		CHECK_ERR(chmod("f", 0777), EPERM);
		CHECK_ERR(chown("f", OTHER, -1), EPERM);
		CHECK_ERR(access("f", R_OK), EACCES);
		CHECK_EQ(access("f", F_OK), 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(chmod("f", 0), 0);
	CHECK(open("f", O_RDWR) >= 0);        /* root may */
	CHECK_ERR(access("f", X_OK), EACCES); /* but not run what nobody may */
}

TEST(directory_rights)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	check_write("d/f", "x");
	CHECK_EQ(chmod("d/f", 0644), 0);
	CHECK_EQ(chmod("d", 0644), 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK(open("d", O_RDONLY) >= 0); /* may list, but not pass */
		CHECK_ERR(open("d/f", O_RDONLY), EACCES);
		CHECK_ERR(chdir("d"), EACCES);
		CHECK_ERR(open("d/new", O_CREAT | O_WRONLY, 0600), EACCES);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(chmod("d", 0711), 0);
	pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK(open("d/f", O_RDONLY) >= 0); /* may pass, but not list */
		CHECK_ERR(open("d", O_RDONLY), EACCES);
		CHECK_ERR(unlink("d/f"), EACCES);
		CHECK_ERR(rename("d/f", "d/g"), EACCES);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(the_sticky_bit_protects_from_others)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chmod("d", 01777), 0);
	check_write("d/f", "");
	CHECK_EQ(chown("d/f", OTHER, OTHER), 0);
	check_write("d/g", "");
	CHECK_EQ(chown("d/g", USER, USER), 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK_ERR(unlink("d/f"), EPERM);
		CHECK_ERR(rename("d/g", "d/f"), EPERM);
		CHECK_EQ(unlink("d/g"), 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(reading_without_a_trace_is_for_the_owner)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("f", "");
	CHECK_EQ(chmod("f", 0666), 0);
	check_write("own", "");
	CHECK_EQ(chown("own", USER, USER), 0);
	CHECK(open("f", O_RDONLY | O_NOATIME) >= 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK_ERR(open("f", O_RDONLY | O_NOATIME), EPERM);
		CHECK(open("own", O_RDONLY | O_NOATIME) >= 0);
		int fd = open("f", O_RDONLY);
		CHECK(fd >= 0);
		CHECK_ERR(fcntl(fd, F_SETFL, O_NOATIME), EPERM);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
}

/* Sent by root to a user: what is open stays open, but names are looked up by who looks. */
TEST(a_received_descriptor_is_used_with_ones_own_rights)
{
	char room[CMSG_SPACE(2 * sizeof(int))] = "", byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int ends[2], fds[2];

	check_folder();
	CHECK_EQ(mkdir("d", 0700), 0);
	check_write("d/secret", "123");
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK_EQ(recvmsg(ends[1], &m, 0), 1);
		memcpy(fds, CMSG_DATA(c), sizeof(fds));
		CHECK_EQ(read(fds[0], &byte, 1), 1);
		CHECK_ERR(fchmod(fds[0], 0666), EPERM);
		CHECK_ERR(openat(fds[1], "secret", O_RDONLY), EACCES);
		CHECK_ERR(fchdir(fds[1]), EACCES);
		_exit(0);
	}
	fds[0] = open("d/secret", O_RDONLY);
	fds[1] = open("d", O_RDONLY);
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(fds)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	CHECK_EQ(sendmsg(ends[0], &m, 0), 1);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(new_files_belong_to_who_makes_them)
{
	struct stat st;

	check_folder();
	CHECK_EQ(chmod(".", 0777), 0);
	CHECK_EQ(mkdir("shared", 0755), 0);
	CHECK_EQ(chown("shared", 0, 77), 0);
	CHECK_EQ(chmod("shared", 02777), 0);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		check_write("mine", "");
		CHECK_EQ(stat("mine", &st), 0);
		CHECK(st.st_uid == USER && st.st_gid == USER);
		check_write("shared/f", ""); /* the group comes from the directory */
		CHECK_EQ(stat("shared/f", &st), 0);
		CHECK_EQ(st.st_gid, 77);
		CHECK_EQ(mkdir("shared/d", 0755), 0);
		CHECK_EQ(stat("shared/d", &st), 0);
		CHECK(st.st_mode & S_ISGID);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(changing_the_owner_drops_set_id_bits)
{
	struct stat st;

	check_folder();
	check_write("f", "");
	CHECK_EQ(chmod("f", 06755), 0);
	CHECK_EQ(chown("f", USER, USER), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(st.st_uid, USER);
	CHECK_EQ(symlink("f", "l"), 0);
	CHECK_EQ(lchown("l", OTHER, OTHER), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_uid, USER);
	CHECK_EQ(lstat("l", &st), 0);
	CHECK_EQ(st.st_uid, OTHER);
}

static int told[2];

static int sleeper(void *user)
{
	become((uid_t)(uintptr_t)user);
	CHECK_EQ(write(told[1], "x", 1), 1);
	for (;;)
		pause();
}

TEST(signals_need_the_same_user_or_root)
{
	char c;

	CHECK_EQ(pipe(told), 0);
	pid_t mine = check_spawn(sleeper, (void *)(uintptr_t)USER);
	pid_t other = check_spawn(sleeper, (void *)(uintptr_t)OTHER);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(read(told[0], &c, 1), 1);
	pid_t pid = fork();
	if (pid == 0) {
		become(USER);
		CHECK_ERR(kill(other, SIGTERM), EPERM);
		CHECK_ERR(kill(other, 0), EPERM);
		CHECK_EQ(kill(mine, SIGTERM), 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(check_wait(mine), 128 + SIGTERM);
	CHECK_EQ(kill(other, SIGTERM), 0);
	CHECK_EQ(check_wait(other), 128 + SIGTERM);
}

TEST(access_asks_for_the_real_user)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("f", "");
	CHECK_EQ(chmod("f", 0600), 0);
	CHECK_EQ(setresuid(USER, 0, 0), 0);
	CHECK_ERR(access("f", R_OK), EACCES);
	CHECK_EQ(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS), 0);
	CHECK(open("f", O_RDONLY) >= 0);
}

TEST(an_open_file_is_changed_by_who_we_are_now)
{
	struct stat s;

	check_folder();
	CHECK_EQ(chmod(".", 0777), 0);
	int roots = open("root's", O_RDWR | O_CREAT, 0600);
	CHECK(roots >= 0);
	CHECK_EQ(seteuid(USER), 0);
	int users = open("user's", O_RDWR | O_CREAT, 0600);
	CHECK(users >= 0);
	CHECK_ERR(fchmod(roots, 0644), EPERM);
	CHECK_ERR(fchown(roots, USER, -1), EPERM);
	CHECK_ERR(futimens(roots, (struct timespec[2]){ { 1, 0 }, { 2, 0 } }), EPERM);
	CHECK_ERR(open("/proc/self/fd/3", O_PATH | O_DIRECTORY), ENOTDIR);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", roots);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
	CHECK_EQ(fchmod(users, 0640), 0);
	/* What it was opened for it can do. */
	CHECK_EQ(write(roots, "text", 4), 4);
	CHECK_EQ(ftruncate(roots, 2), 0);
	CHECK_EQ(fstat(roots, &s), 0);
	CHECK_EQ(s.st_size, 2);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(fchown(users, 0, 0), 0);
	CHECK_EQ(fchmod(roots, 0644), 0);
	CHECK_EQ(fstat(users, &s), 0);
	CHECK_EQ(s.st_uid, 0);
}

TEST(a_directorys_descriptor_is_searched_as_who_we_are_now)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("closed", 0700), 0);
	check_write("closed/file", "");
	int here = open(".", O_RDONLY | O_DIRECTORY), place = open("closed", O_PATH);
	CHECK(here >= 0 && place >= 0);
	CHECK_EQ(seteuid(USER), 0);
	CHECK_ERR(openat(here, "closed/file", O_RDONLY), EACCES);
	CHECK_ERR(faccessat(place, "file", F_OK, AT_EACCESS), EACCES);
	CHECK_ERR(mkdirat(here, "new", 0777), EACCES);
	CHECK_ERR(fchdir(place), EACCES);
	CHECK_ERR(chroot("closed"), EACCES);
	CHECK_ERR(chroot("."), EPERM);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(mkdirat(here, "new", 0777), 0);
	CHECK_EQ(unlinkat(place, "file", 0), 0);
}

TEST(the_oom_score_can_be_adjusted)
{
	check_write("/proc/self/oom_score_adj", "500");
	CHECK_STR(check_read("/proc/self/oom_score_adj"), "500\n");
	pid_t child = fork();
	if (child == 0)
		_exit(strcmp(check_read("/proc/self/oom_score_adj"), "500\n") != 0);
	CHECK_EQ(check_wait(child), 0);
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	CHECK_ERR(write(fd, "1001", 4), EINVAL);
	CHECK_ERR(write(fd, "much", 4), EINVAL);
	check_write("/proc/self/oom_score_adj", "0");
}

TEST(setfsuid_is_for_files_alone)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("f", "");
	CHECK_EQ(chmod("f", 0600), 0);
	CHECK_EQ(setfsuid(USER), 0);
	CHECK_EQ(setfsuid(-1), USER);
	CHECK_ERR(open("f", O_RDONLY), EACCES);
	CHECK_EQ(geteuid(), 0);
	setfsuid(0);
	CHECK(open("f", O_RDONLY) >= 0);
}

TEST(limits_can_be_read_and_lowered)
{
	struct rlimit l, now;

	for (int i = 0; i < RLIM_NLIMITS; i++)
		CHECK_EQ(getrlimit((__rlimit_resource_t)i, &l), 0);
	CHECK_ERR(getrlimit((__rlimit_resource_t)99, &l), EINVAL);
	CHECK_EQ(getrlimit(RLIMIT_CORE, &l), 0);
	l.rlim_cur = 0;
	CHECK_EQ(setrlimit(RLIMIT_CORE, &l), 0);
	CHECK_EQ(getrlimit(RLIMIT_CORE, &now), 0);
	CHECK_EQ(now.rlim_cur, 0);
	l = (struct rlimit){ 10, 5 };
	CHECK_ERR(setrlimit(RLIMIT_CORE, &l), EINVAL);
	CHECK_EQ(prlimit(0, RLIMIT_CORE, nullptr, &now), 0);
}

TEST(descriptors_have_a_limit_for_root_too)
{
	struct rlimit limit = { 10, strtoul(check_read("/proc/sys/fs/nr_open"), nullptr, 10) + 1 };

	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}

TEST(a_user_cannot_raise_a_hard_limit)
{
	struct rlimit l = { 10, 20 };

	CHECK_EQ(setrlimit(RLIMIT_CORE, &l), 0);
	become(USER);
	l = (struct rlimit){ 20, 20 };
	CHECK_EQ(setrlimit(RLIMIT_CORE, &l), 0);
	l.rlim_max = 30;
	CHECK_ERR(setrlimit(RLIMIT_CORE, &l), EPERM);
}

TEST(RLIMIT_NOFILE_bounds_descriptors)
{
	struct rlimit l = { 20, 100 };

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
	int fd, last = -1;
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 19);
	CHECK_ERR(dup2(0, 20), EBADF);
	CHECK_ERR(fcntl(0, F_DUPFD, 20), EINVAL);
	CHECK_EQ(sysconf(_SC_OPEN_MAX), 20);
}

TEST(RLIMIT_FSIZE_bounds_files)
{
	struct rlimit l = { 100, RLIM_INFINITY };
	char block[200] = {};

	check_folder();
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &l), 0);
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK_EQ(write(fd, block, 200), 100);
	CHECK_ERR(write(fd, block, 1), EFBIG);
	CHECK_ERR(ftruncate(fd, 101), EFBIG);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_DFL);
		_exit(write(fd, block, 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid), 128 + SIGXFSZ);
}

TEST(RLIMIT_CPU_ends_who_computes_too_long)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit l = { 1, 2 };
		CHECK_EQ(setrlimit(RLIMIT_CPU, &l), 0);
		for (;;)
			;
	}
	CHECK_EQ(check_wait(pid), 128 + SIGXCPU);
}

TEST(limits_are_inherited)
{
	struct rlimit l = { 33, 44 };

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(getrlimit(RLIMIT_NOFILE, &l), 0);
		_exit(l.rlim_cur == 33 && l.rlim_max == 44 ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(no_new_privs_can_be_set_once)
{
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
}

TEST(usage_is_counted)
{
	struct rusage u;

	CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
	CHECK(u.ru_maxrss > 0);
	CHECK_EQ(getrusage(RUSAGE_THREAD, &u), 0);
	CHECK_ERR(getrusage(99, &u), EINVAL);
}

static int caps(int which, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(which, &head, data);
}

static int without_privileges(void *unused)
{
	struct __user_cap_data_struct data[2];

	(void)unused;
	CHECK_EQ(setresuid(1, 1, 1), 0);
	CHECK_EQ(caps(SYS_capget, data), 0);
	CHECK(data[0].effective == 0 && data[0].permitted == 0 && data[1].permitted == 0);
	data[0].effective = data[0].permitted = 1;
	CHECK_ERR(caps(SYS_capset, data), EPERM);
	return 0;
}

TEST(capabilities_follow_the_user)
{
	struct __user_cap_header_struct head = { .version = 1 };
	struct __user_cap_data_struct data[2];

	CHECK_EQ(syscall(SYS_capget, &head, nullptr), 0);
	CHECK_EQ(head.version, _LINUX_CAPABILITY_VERSION_3);
	CHECK_EQ(caps(SYS_capget, data), 0);
	CHECK((data[0].effective & 1u << CAP_CHOWN) != 0 && data[0].effective == data[0].permitted);
	CHECK_EQ(caps(SYS_capset, data), 0);
	CHECK_ERR(syscall(SYS_capget, &(struct __user_cap_header_struct){ .version = 1 }, data),
		  EINVAL);
	CHECK_EQ(check_child(without_privileges, nullptr), 0);
}
