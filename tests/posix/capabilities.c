/* SPDX-License-Identifier: MPL-2.0 */
/* Capabilities: the sets of a process, how they change with its user and its program, and what they
 * are good for. Run by root. */
#include "tests/posix/check.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

constexpr uid_t USER = 1000;

#define BIT(capability) (1ull << (capability))

struct sets {
	uint64_t effective, permitted, inheritable;
};

static int caps(long call, pid_t pid, struct sets *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3,
						 .pid = pid };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)s->effective, (uint32_t)s->permitted, (uint32_t)s->inheritable },
		{ (uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32),
		  (uint32_t)(s->inheritable >> 32) },
	};
	int result = (int)syscall(call, &head, data);

	*s = (struct sets){ data[0].effective | (uint64_t)data[1].effective << 32,
			    data[0].permitted | (uint64_t)data[1].permitted << 32,
			    data[0].inheritable | (uint64_t)data[1].inheritable << 32 };
	return result;
}

static struct sets sets_now(void)
{
	struct sets s = {};

	CHECK_EQ(caps(SYS_capget, 0, &s), 0);
	return s;
}

static int sets_change(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct sets s = { effective, permitted, inheritable };

	return caps(SYS_capset, 0, &s);
}

static void sets_are(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct sets s = sets_now();

	CHECK_EQ(s.effective, effective);
	CHECK_EQ(s.permitted, permitted);
	CHECK_EQ(s.inheritable, inheritable);
}

/* Of /proc/PID/status, such as "CapEff". */
static uint64_t shown(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	const char *line = strstr(check_read(path), name);
	CHECK(line != nullptr && line[strlen(name)] == ':');
	return strtoull(line + strlen(name) + 1, nullptr, 16);
}

/* --- The sets themselves --- */

TEST(root_begins_with_all_that_there_are)
{
	struct sets s = sets_now();
	uint64_t bounding = shown(getpid(), "CapBnd");

	CHECK(s.effective == s.permitted && (s.permitted & BIT(CAP_CHOWN)) != 0);
	CHECK_EQ(shown(getpid(), "CapEff"), s.effective);
	CHECK_EQ(shown(getpid(), "CapPrm"), s.permitted);
	CHECK_EQ(shown(getpid(), "CapInh"), s.inheritable);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		CHECK_EQ(prctl(PR_CAPBSET_READ, i), (bounding & BIT(i)) != 0);
	CHECK_ERR(prctl(PR_CAPBSET_READ, 63), EINVAL);
}

TEST(what_is_given_up_does_not_come_back)
{
	uint64_t two = BIT(CAP_CHOWN) | BIT(CAP_KILL);

	CHECK_EQ(sets_change(BIT(CAP_KILL), two, 0), 0);
	sets_are(BIT(CAP_KILL), two, 0);
	CHECK_EQ(shown(getpid(), "CapEff"), BIT(CAP_KILL));
	CHECK_EQ(sets_change(two, two, 0), 0);
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0), 0);
	CHECK_ERR(sets_change(BIT(CAP_CHOWN), two, 0), EPERM);
	CHECK_ERR(sets_change(BIT(CAP_KILL), BIT(CAP_CHOWN), 0), EPERM);
	sets_are(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0);
}

TEST(what_can_be_inherited_is_had_or_bounded)
{
	uint64_t two = BIT(CAP_CHOWN) | BIT(CAP_SETPCAP);

	CHECK_EQ(sets_change(two, two, BIT(CAP_KILL)), 0); /* CAP_SETPCAP: all that is bounded */
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), BIT(CAP_KILL)), 0);
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), BIT(CAP_CHOWN)), 0);
	CHECK_ERR(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), BIT(CAP_KILL)), EPERM);
}

TEST(the_bounding_set_only_shrinks)
{
	CHECK_ERR(prctl(PR_CAPBSET_DROP, 63), EINVAL);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_KILL), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_KILL), 0);
	CHECK((shown(getpid(), "CapBnd") & BIT(CAP_KILL)) == 0);
	CHECK((sets_now().permitted & BIT(CAP_KILL)) != 0);
	CHECK_ERR(sets_change(0, BIT(CAP_CHOWN), BIT(CAP_KILL)), EPERM);
	CHECK_EQ(sets_change(0, BIT(CAP_CHOWN), 0), 0);
	CHECK_ERR(prctl(PR_CAPBSET_DROP, CAP_CHOWN), EPERM);
}

TEST(the_ambient_set_lies_within_permitted_and_inheritable)
{
	uint64_t all = sets_now().permitted;

	CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
	CHECK_EQ(sets_change(all, all, BIT(CAP_CHOWN) | BIT(CAP_KILL)), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 1);
	CHECK_EQ(shown(getpid(), "CapAmb"), BIT(CAP_CHOWN) | BIT(CAP_KILL));
	CHECK_EQ(sets_change(all, all, BIT(CAP_CHOWN)), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0), 0);
	CHECK_EQ(shown(getpid(), "CapAmb"), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 0);
	CHECK_EQ(shown(getpid(), "CapAmb"), 0);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 63, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, 99, 0, 0, 0), EINVAL);
}

TEST(another_s_sets_can_be_read_not_changed)
{
	struct sets s = {};
	int gate[2];
	char byte;

	CHECK_EQ(pipe(gate), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)sets_change(0, BIT(CAP_CHOWN), 0);
		(void)write(gate[1], "x", 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(gate[0], &byte, 1), 1);
	CHECK_EQ(caps(SYS_capget, pid, &s), 0);
	CHECK(s.effective == 0 && s.permitted == BIT(CAP_CHOWN));
	CHECK_EQ(shown(pid, "CapPrm"), BIT(CAP_CHOWN));
	CHECK_ERR(caps(SYS_capset, pid, &s), EPERM);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, nullptr, 0), pid);
	CHECK_ERR(caps(SYS_capget, pid, &s), ESRCH);
	CHECK_ERR(caps(SYS_capget, -5, &s), EINVAL);
}

/* --- Users --- */

TEST(who_stops_being_root_has_none)
{
	CHECK_EQ(setresuid(USER, USER, USER), 0);
	sets_are(0, 0, 0);
}

TEST(an_effective_user_takes_the_effective_set_along)
{
	uint64_t all = sets_now().permitted;

	CHECK_EQ(seteuid(USER), 0);
	sets_are(0, all, 0);
	CHECK_EQ(seteuid(0), 0);
	sets_are(all, all, 0);
}

TEST(who_keeps_them_has_the_permitted_still)
{
	uint64_t all = sets_now().permitted;

	CHECK_ERR(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_EQ(prctl(PR_GET_SECUREBITS), SECBIT_KEEP_CAPS);
	CHECK_EQ(setresuid(USER, USER, USER), 0);
	sets_are(0, all, 0);
	CHECK_EQ(sets_change(BIT(CAP_SETUID), BIT(CAP_SETUID), 0), 0);
	CHECK_EQ(setuid(0), 0); /* from a user that is not root */
	CHECK_EQ(getuid() + geteuid(), 0);
	sets_are(BIT(CAP_SETUID), BIT(CAP_SETUID), 0);
}

TEST(securebits_free_the_sets_of_the_user)
{
	uint64_t all = sets_now().permitted;

	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED),
		 0);
	CHECK_ERR(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), EPERM);
	CHECK_ERR(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP_LOCKED), EPERM);
	CHECK_ERR(prctl(PR_SET_SECUREBITS, ~0u), EPERM);
	CHECK_EQ(setresuid(USER, USER, USER), 0);
	sets_are(all, all, 0);
	CHECK_EQ(sets_change(0, all, 0), 0);
	CHECK_ERR(prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS) | SECBIT_NOROOT), EPERM);
}

TEST(a_locked_keepcaps_stays)
{
	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED), 0);
	CHECK_ERR(prctl(PR_SET_KEEPCAPS, 1), EPERM);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
}

TEST(setfsuid_takes_and_gives_those_of_files)
{
	uint64_t all = sets_now().permitted;
	uint64_t files = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |
			 BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) |
			 BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE);

	CHECK_EQ(setfsuid(USER), 0);
	sets_are(all & ~files, all, 0);
	CHECK_EQ(setfsuid(0), USER);
	sets_are(all, all, 0);
}

/* --- Other programs --- */

ROLE(tell_sets)
{
	struct sets s = sets_now();

	printf("%llx %llx %llx %llx %x\n", (unsigned long long)s.effective,
	       (unsigned long long)s.permitted, (unsigned long long)s.inheritable,
	       (unsigned long long)shown(getpid(), "CapAmb"), (unsigned)prctl(PR_GET_SECUREBITS));
	return 0;
}

/* What the program finds that follows `change`. */
static struct sets after_exec(void (*change)(void), uint64_t *ambient, unsigned *bits)
{
	unsigned long long e = 0, p = 0, i = 0, a = 0;
	int out[2];
	char line[200] = "";

	CHECK_EQ(pipe(out), 0);
	pid_t pid = fork();
	if (pid == 0) {
		change();
		dup2(out[1], 1);
		execl(check_program, check_program, "@tell_sets", nullptr);
		_exit(98);
	}
	close(out[1]);
	CHECK_EQ(check_wait(pid), 0);
	CHECK(read(out[0], line, sizeof(line) - 1) > 0);
	close(out[0]);
	CHECK_EQ(sscanf(line, "%llx %llx %llx %llx %x", &e, &p, &i, &a, bits), 5);
	*ambient = a;
	return (struct sets){ e, p, i };
}

static void drop_all(void)
{
	CHECK_EQ(sets_change(0, 0, 0), 0);
}

static void drop_and_bound(void)
{
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_KILL), 0);
	drop_all();
}

static void keep_and_leave(void)
{
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(setresuid(USER, USER, USER), 0);
}

static void leave_with_ambient(void)
{
	keep_and_leave();
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), BIT(CAP_CHOWN)), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), 0);
}

static void leave_by_half(void)
{
	CHECK_EQ(seteuid(USER), 0);
}

static void be_no_root(void)
{
	CHECK_EQ(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT), 0);
}

static void want_nothing_new(void)
{
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0), 0);
}

TEST(root_s_program_begins_with_what_is_bounded)
{
	uint64_t bounding = shown(getpid(), "CapBnd"), ambient;
	unsigned bits;
	struct sets s = after_exec(drop_all, &ambient, &bits);

	CHECK(s.effective == bounding && s.permitted == bounding && s.inheritable == 0);
	s = after_exec(drop_and_bound, &ambient, &bits);
	CHECK(s.effective == (bounding & ~BIT(CAP_KILL)) && s.permitted == s.effective);
	s = after_exec(leave_by_half, &ambient, &bits);
	CHECK(s.effective == 0 && s.permitted == bounding);
	s = after_exec(be_no_root, &ambient, &bits);
	CHECK(s.effective == 0 && s.permitted == 0 && bits == SECBIT_NOROOT);
	s = after_exec(want_nothing_new, &ambient, &bits);
	CHECK(s.effective == BIT(CAP_CHOWN) && s.permitted == BIT(CAP_CHOWN));
}

TEST(another_s_program_has_the_ambient_ones)
{
	uint64_t ambient;
	unsigned bits;
	struct sets s = after_exec(keep_and_leave, &ambient, &bits);

	CHECK(s.effective == 0 && s.permitted == 0 && bits == 0);
	s = after_exec(leave_with_ambient, &ambient, &bits);
	CHECK(s.effective == BIT(CAP_CHOWN) && s.permitted == BIT(CAP_CHOWN));
	CHECK(s.inheritable == BIT(CAP_CHOWN) && ambient == BIT(CAP_CHOWN) && bits == 0);
}

/* --- What they are good for --- */

static void user_with(uint64_t set)
{
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(setgroups(0, nullptr), 0);
	CHECK_EQ(setresgid(USER, USER, USER), 0);
	CHECK_EQ(setresuid(USER, USER, USER), 0);
	CHECK_EQ(sets_change(set, set, 0), 0);
}

TEST(files_obey_capabilities_not_the_user)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("secret", "x");
	CHECK_EQ(chmod("secret", 0600), 0);
	CHECK_EQ(mkdir("closed", 0700), 0);
	check_write("closed/in", "x");
	CHECK_EQ(chmod("closed/in", 0644), 0);
	CHECK_EQ(sets_change(0, sets_now().permitted, 0), 0);
	CHECK_EQ(chown("secret", 0, 0), 0); /* its own */
	CHECK_ERR(chown("secret", USER, USER), EPERM);
	CHECK_EQ(sets_change(BIT(CAP_CHOWN), sets_now().permitted, 0), 0);
	CHECK_EQ(chown("secret", USER, USER), 0);
	CHECK_ERR(open("secret", O_RDONLY), EACCES); /* root, but without rights */
	CHECK_ERR(chmod("secret", 0644), EPERM);
	CHECK_ERR(mknod("null", S_IFCHR | 0600, 0x103), EPERM);
}

TEST(a_user_may_read_and_search_by_capability)
{
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("closed", 0700), 0);
	check_write("closed/in", "x");
	CHECK_EQ(chmod("closed/in", 0600), 0);
	user_with(BIT(CAP_DAC_READ_SEARCH));
	int fd = open("closed/in", O_RDONLY);
	CHECK(fd >= 0);
	close(fd);
	CHECK_ERR(open("closed/in", O_WRONLY), EACCES);
	CHECK_ERR(mkdir("closed/new", 0700), EACCES);
	CHECK_ERR(access("closed/in", R_OK), EACCES); /* the real user may nothing */
	CHECK_EQ(sets_change(0, 0, 0), 0);
	CHECK_ERR(open("closed/in", O_RDONLY), EACCES);
}

TEST(a_user_owns_and_writes_by_capability)
{
	struct stat s;

	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	check_write("file", "x");
	CHECK_EQ(chmod("file", 06755), 0);
	user_with(BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID));
	int fd = open("file", O_WRONLY);
	CHECK_EQ(write(fd, "y", 1), 1);
	close(fd);
	CHECK_EQ(stat("file", &s), 0);
	CHECK_EQ(s.st_mode & 07777, 06755);
	CHECK_EQ(sets_change(BIT(CAP_FOWNER), BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE), 0), 0);
	CHECK_EQ(chmod("file", 06777), 0);
	CHECK_EQ(stat("file", &s), 0);
	CHECK_EQ(s.st_mode & 07777, 04777); /* not in its group */
	fd = open("file", O_WRONLY);
	CHECK_EQ(write(fd, "y", 1), 1);
	close(fd);
	CHECK_EQ(stat("file", &s), 0);
	CHECK_EQ(s.st_mode & 07777, 0777);
}

TEST(processes_obey_capabilities)
{
	pid_t root = fork();

	if (root == 0)
		for (;;)
			pause();
	pid_t pid = fork();
	if (pid == 0) {
		user_with(BIT(CAP_KILL));
		CHECK_ERR(setpriority(PRIO_PROCESS, (id_t)root, 5), EPERM);
		CHECK_EQ(kill(root, 0), 0);
		CHECK_EQ(sets_change(0, BIT(CAP_KILL), 0), 0);
		CHECK_ERR(kill(root, 0), EPERM);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	pid = fork();
	if (pid == 0) {
		user_with(BIT(CAP_SYS_NICE));
		CHECK_EQ(setpriority(PRIO_PROCESS, (id_t)root, -5), 0);
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_EQ(kill(root, SIGKILL), 0);
	CHECK_EQ(waitpid(root, nullptr, 0), root);
}

TEST(ids_and_limits_obey_capabilities)
{
	struct rlimit l;
	gid_t group = 7;

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &l), 0);
	l.rlim_cur = l.rlim_max = 100;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &l), 0);
	CHECK_EQ(sets_change(BIT(CAP_SETGID), sets_now().permitted, 0), 0);
	l.rlim_max = 101;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &l), EPERM);
	CHECK_EQ(setgroups(1, &group), 0);
	CHECK_EQ(setgid(5), 0);
	CHECK_EQ(setgid(6), 0);
	CHECK_ERR(setuid(USER), EPERM);
	CHECK_ERR(setresuid(USER, -1, -1), EPERM);
	CHECK_EQ(sets_change(BIT(CAP_SETUID), sets_now().permitted, 0), 0);
	CHECK_ERR(setgroups(1, &group), EPERM);
	CHECK_ERR(setgid(5), EPERM);
	CHECK_ERR(chroot("/"), EPERM);
	CHECK_ERR(umount("/"), EPERM);
	CHECK_ERR(sethostname("x", 1), EPERM);
	CHECK_EQ(setresuid(USER, -1, -1), 0);
}

TEST(a_program_of_the_first_version_sees_32)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_1 };
	struct __user_cap_data_struct data = {};

	CHECK_EQ(syscall(SYS_capget, &head, &data), 0);
	CHECK_EQ(data.permitted, (uint32_t)sets_now().permitted);
	CHECK_EQ(syscall(SYS_capset, &head, &data), 0);
	CHECK_EQ(sets_now().permitted >> 32, 0);
}
