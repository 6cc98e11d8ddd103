/* SPDX-License-Identifier: MPL-2.0 */
/* Mounts: what they cover, when they are busy, how they are changed and told. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include "tests/posix/check.h"

/* A folder of its own with `a` and `b` in it. On Linux nobody else is to see what is mounted. */
static void setup(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		CHECK_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
	check_folder();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
}

static void tmpfs(const char *at, const char *options)
{
	CHECK_EQ(mount("test", at, "tmpfs", 0, options), 0);
}

/* The line of /proc/self/mounts that ends a path with `name`. */
static bool is_told(const char *name, const char *type)
{
	char line[4096], dir[4096], kind[64];
	FILE *f = fopen("/proc/self/mounts", "r");
	bool found = false;

	CHECK(f != nullptr);
	while (!found && fgets(line, sizeof(line), f) != nullptr) {
		CHECK_EQ(sscanf(line, "%*s %4095s %63s", dir, kind), 2);
		size_t n = strlen(dir), m = strlen(name);
		found = n > m && strcmp(dir + n - m, name) == 0 && dir[n - m - 1] == '/' &&
			strcmp(kind, type) == 0;
	}
	fclose(f);
	return found;
}

TEST(a_mount_covers_a_directory_and_goes_again)
{
	struct stat before, covered;

	setup();
	check_write("a/under", "x");
	CHECK_EQ(stat("a", &before), 0);
	tmpfs("a", nullptr);
	CHECK_EQ(stat("a", &covered), 0);
	CHECK(covered.st_dev != before.st_dev);
	CHECK_ERR(access("a/under", F_OK), ENOENT);
	check_write("a/over", "y");
	CHECK(is_told("a", "tmpfs"));
	CHECK_EQ(umount("a"), 0);
	CHECK_STR(check_read("a/under"), "x");
	CHECK_ERR(access("a/over", F_OK), ENOENT);
	CHECK(!is_told("a", "tmpfs"));
}

TEST(dots_lead_out_of_a_mount)
{
	char cwd[4096], in[4200], now[4200];

	setup();
	tmpfs("a", nullptr);
	CHECK(getcwd(cwd, sizeof(cwd)) != nullptr);
	CHECK_EQ(mkdir("a/c", 0755), 0);
	CHECK_EQ(chdir("a/c"), 0);
	snprintf(in, sizeof(in), "%s/a/c", cwd);
	CHECK(getcwd(now, sizeof(now)) != nullptr);
	CHECK_STR(now, in);
	CHECK_EQ(access("../../b", F_OK), 0);
	CHECK_EQ(chdir("../.."), 0);
	CHECK(getcwd(now, sizeof(now)) != nullptr);
	CHECK_STR(now, cwd);
	CHECK_EQ(umount("a"), 0);
}

TEST(names_in_a_mount_are_linked_and_renamed_from_outside)
{
	char cwd[4000], from[4200], to[4200];

	setup();
	tmpfs("a", nullptr);
	CHECK(getcwd(cwd, sizeof(cwd)) != nullptr);
	check_write("a/file", "x");
	CHECK_EQ(mkdir("a/c", 0755), 0);
	CHECK_EQ(link("a/file", "a/c/second"), 0);
	CHECK_EQ(rename("a/file", "a/c/third"), 0);
	CHECK_STR(check_read("a/c/third"), "x");
	snprintf(from, sizeof(from), "%s/a/c/third", cwd);
	snprintf(to, sizeof(to), "%s/a/./c/../fourth", cwd);
	CHECK_EQ(rename(from, to), 0);
	CHECK_STR(check_read("a/fourth"), "x");
	CHECK_EQ(chdir("a/c"), 0);
	CHECK_EQ(rename("second", to), 0); /* one file: nothing happens */
	CHECK_EQ(rename("../fourth", "../../a/fifth"), 0);
	CHECK_EQ(chdir("../.."), 0);
	CHECK_ERR(rename("a/fifth", "b/file"), EXDEV);
	CHECK_ERR(rename("a/fifth", "file"), EXDEV);
	CHECK_ERR(link("a/fifth", "b/file"), EXDEV);
	CHECK_ERR(link("a/fifth", "b/none/file"), ENOENT);
	CHECK_ERR(rename("/proc/version", "a/file"), EXDEV);
	CHECK_EQ(mount(nullptr, "a", nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
	CHECK_ERR(link("a/fifth", "a/sixth"), EROFS);
	CHECK_EQ(umount("a"), 0);
}

TEST(what_is_in_use_is_busy)
{
	setup();
	tmpfs("a", nullptr);
	check_write("a/f", "x");
	int fd = open("a/f", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_ERR(umount("a"), EBUSY);
	close(fd);
	CHECK_EQ(chdir("a"), 0);
	CHECK_ERR(umount("../a"), EBUSY);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(mkdir("a/c", 0755), 0);
	tmpfs("a/c", nullptr);
	CHECK_ERR(umount("a"), EBUSY);
	CHECK_EQ(umount("a/c"), 0);
	CHECK_EQ(umount("a"), 0);
	CHECK_ERR(umount("a"), EINVAL);
	CHECK_ERR(umount("a/nothing"), ENOENT);
}

static int stays_inside(void *argument)
{
	(void)argument;
	CHECK_EQ(chdir("a"), 0);
	CHECK_ERR(umount2("../a", 0), EBUSY);
	return 0;
}

TEST(another_process_directory_keeps_it_busy_until_it_ends)
{
	setup();
	tmpfs("a", nullptr);
	CHECK_EQ(check_child(stays_inside, nullptr), 0);
	CHECK_EQ(umount("a"), 0);
}

TEST(detached_it_goes_on_for_who_uses_it)
{
	char text[2] = "";

	setup();
	tmpfs("a", nullptr);
	check_write("a/f", "x");
	CHECK_EQ(mkdir("a/c", 0755), 0);
	tmpfs("a/c", nullptr);
	int fd = open("a/f", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(umount2("a", MNT_DETACH), 0);
	CHECK_ERR(access("a/f", F_OK), ENOENT);
	CHECK_EQ(pread(fd, text, 1, 0), 1);
	CHECK_EQ(write(fd, "zz", 2), 2);
	CHECK_STR(text, "x");
	close(fd);
	CHECK_EQ(rmdir("a"), 0);
}

TEST(a_bind_shows_the_same_files)
{
	struct stat here, there;

	setup();
	CHECK_EQ(mkdir("a/c", 0755), 0);
	check_write("a/c/f", "x");
	CHECK_EQ(mount("a/c", "b", nullptr, MS_BIND, nullptr), 0);
	CHECK_STR(check_read("b/f"), "x");
	check_write("b/g", "y");
	CHECK_STR(check_read("a/c/g"), "y");
	CHECK_EQ(stat("a/c/f", &here), 0);
	CHECK_EQ(stat("b/f", &there), 0);
	CHECK_EQ(here.st_ino, there.st_ino);
	CHECK_EQ(here.st_dev, there.st_dev);
	CHECK_ERR(rename("b/f", "a/f"), EXDEV);
	CHECK_ERR(link("b/f", "a/f"), EXDEV);
	CHECK_ERR(rmdir("b"), EBUSY);
	CHECK_EQ(umount("b"), 0);
	CHECK_ERR(access("b/f", F_OK), ENOENT);
}

TEST(mounts_below_are_bound_only_if_asked_for)
{
	setup();
	CHECK_EQ(mkdir("a/c", 0755), 0);
	tmpfs("a/c", nullptr);
	check_write("a/c/f", "x");
	CHECK_EQ(mount("a", "b", nullptr, MS_BIND, nullptr), 0);
	CHECK_EQ(access("b/c", F_OK), 0);
	CHECK_ERR(access("b/c/f", F_OK), ENOENT);
	CHECK_EQ(umount("b"), 0);
	CHECK_EQ(mount("a", "b", nullptr, MS_BIND | MS_REC, nullptr), 0);
	CHECK_STR(check_read("b/c/f"), "x");
	CHECK_ERR(umount("b"), EBUSY);
	CHECK_EQ(umount("b/c"), 0);
	CHECK_EQ(umount("b"), 0);
	CHECK_STR(check_read("a/c/f"), "x");
	CHECK_EQ(umount("a/c"), 0);
}

TEST(a_file_can_be_bound_over_a_file)
{
	setup();
	check_write("f", "one");
	check_write("g", "two");
	CHECK_EQ(mount("g", "f", nullptr, MS_BIND, nullptr), 0);
	CHECK_STR(check_read("f"), "two");
	CHECK_ERR(mount("g", "a", nullptr, MS_BIND, nullptr), ENOTDIR);
	CHECK_ERR(mount("a", "f", nullptr, MS_BIND, nullptr), ENOTDIR);
	CHECK_EQ(umount("f"), 0);
	CHECK_STR(check_read("f"), "one");
	CHECK_EQ(unlink("f"), 0);
}

TEST(read_only_is_kept_and_given_up)
{
	struct statfs s;

	setup();
	tmpfs("a", nullptr);
	check_write("a/f", "x");
	int fd = open("a/f", O_RDWR);
	CHECK_ERR(mount(nullptr, "a", nullptr, MS_REMOUNT | MS_RDONLY, nullptr), EBUSY);
	close(fd);
	CHECK_EQ(mount(nullptr, "a", nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
	CHECK_ERR(open("a/f", O_WRONLY), EROFS);
	CHECK_ERR(open("a/g", O_CREAT | O_WRONLY, 0644), EROFS);
	CHECK_ERR(unlink("a/f"), EROFS);
	CHECK_ERR(mkdir("a/d", 0755), EROFS);
	CHECK_ERR(chmod("a/f", 0600), EROFS);
	CHECK_ERR(truncate("a/f", 0), EROFS);
	CHECK_STR(check_read("a/f"), "x");
	CHECK_EQ(statfs("a", &s), 0);
	CHECK(s.f_flags & MS_RDONLY);
	CHECK_EQ(mount(nullptr, "a", nullptr, MS_REMOUNT, nullptr), 0);
	check_write("a/f", "y");
	CHECK_EQ(umount("a"), 0);
}

TEST(a_bind_can_be_read_only_alone)
{
	setup();
	check_write("a/f", "x");
	CHECK_EQ(mount("a", "b", nullptr, MS_BIND, nullptr), 0);
	CHECK_EQ(mount(nullptr, "b", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
	CHECK_ERR(open("b/f", O_WRONLY), EROFS);
	check_write("a/f", "y");
	CHECK_STR(check_read("b/f"), "y");
	CHECK_EQ(umount("b"), 0);
}

TEST(devices_and_programs_can_be_kept_out)
{
	setup();
	CHECK_EQ(mount("test", "a", "tmpfs", MS_NODEV | MS_NOEXEC, nullptr), 0);
	CHECK_EQ(mknod("a/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	CHECK_ERR(open("a/null", O_RDONLY), EACCES);
	check_write("a/program", "#!/bin/sh\n");
	CHECK_EQ(chmod("a/program", 0755), 0);
	CHECK_ERR(execl("a/program", "program", nullptr), EACCES);
	CHECK_EQ(umount("a"), 0);
	CHECK_EQ(mknod("b/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	int fd = open("b/null", O_RDWR);
	CHECK(fd >= 0);
}

TEST(links_can_be_left_alone)
{
	char text[8] = "";
	struct statfs s;

	setup();
	CHECK_EQ(mount("test", "a", "tmpfs", MS_NOSYMFOLLOW, nullptr), 0);
	check_write("a/f", "x");
	CHECK_EQ(symlink("f", "a/link"), 0);
	CHECK_EQ(symlink("a/f", "outside"), 0);
	CHECK_ERR(open("a/link", O_RDONLY), ELOOP);
	CHECK_EQ(readlink("a/link", text, sizeof(text)), 1);
	CHECK_STR(check_read("outside"), "x");
	CHECK_EQ(statfs("a", &s), 0);
	CHECK(s.f_flags & 0x2000); /* ST_NOSYMFOLLOW */
	CHECK_EQ(mount(nullptr, "a", nullptr, MS_REMOUNT, nullptr), 0);
	CHECK_STR(check_read("a/link"), "x");
	CHECK_EQ(umount("a"), 0);
}

TEST(tmpfs_keeps_to_its_size)
{
	static char block[65536];
	struct statfs s;
	int i;

	setup();
	tmpfs("a", "size=1m,mode=750");
	CHECK_EQ(statfs("a", &s), 0);
	CHECK_EQ(s.f_type, 0x01021994);
	CHECK_EQ(s.f_blocks * (unsigned long)s.f_bsize, 1 << 20);
	struct stat st;
	CHECK_EQ(stat("a", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	int fd = open("a/f", O_CREAT | O_WRONLY, 0644);
	for (i = 0; i < 32 && write(fd, block, sizeof(block)) > 0; i++)
		;
	CHECK_EQ(errno, ENOSPC);
	CHECK(i <= 16 && i >= 14);
	close(fd);
	CHECK_EQ(umount("a"), 0);
}

TEST(what_cannot_fit_into_a_tmpfs_is_refused_as_a_whole)
{
	struct stat st;

	setup();
	tmpfs("a", "size=1m");
	int fd = open("a/f", O_CREAT | O_RDWR, 0644);
	CHECK_ERR(fallocate(fd, 0, 0, 1ll << 40), ENOSPC);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_size == 0 && st.st_blocks == 0);
	CHECK_EQ(ftruncate(fd, 2 << 20), 0);
	CHECK_ERR(fallocate(fd, 0, 0, 2 << 20), ENOSPC);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_size == 2 << 20 && st.st_blocks == 0);
	CHECK_EQ(fallocate(fd, 0, 0, 512 << 10), 0);
	CHECK_EQ(fallocate(fd, 0, 0, 896 << 10), 0); /* more than is left, but half is there */
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 2 * 896);
	close(fd);
	CHECK_EQ(umount("a"), 0);
}

TEST(one_mount_covers_another)
{
	setup();
	CHECK_EQ(mkdir("a/in", 0755), 0);
	tmpfs("a", nullptr);
	check_write("a/first", "1");
	tmpfs("a", nullptr);
	CHECK_ERR(access("a/first", F_OK), ENOENT);
	check_write("a/second", "2");
	CHECK_EQ(access("a/../a/second", F_OK), 0);
	CHECK_EQ(mount("b", "a", nullptr, MS_BIND, nullptr), 0);
	CHECK_ERR(access("a/second", F_OK), ENOENT);
	CHECK_EQ(umount("a"), 0);
	CHECK_STR(check_read("a/second"), "2");
	CHECK_EQ(umount("a"), 0);
	CHECK_STR(check_read("a/first"), "1");
	CHECK_EQ(umount("a"), 0);
	CHECK_EQ(access("a/in", F_OK), 0);
	CHECK_ERR(umount("a"), EINVAL);
}

TEST(what_is_covered_goes_with_its_mount)
{
	setup();
	tmpfs("a", nullptr);
	int first = open("a", O_RDONLY);
	tmpfs("a", nullptr);
	CHECK_EQ(umount2("a", MNT_DETACH), 0);
	CHECK(is_told("a", "tmpfs"));
	CHECK_EQ(close(first), 0);
	CHECK_EQ(chdir("a"), 0);
	tmpfs("../a", nullptr);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(umount("a"), 0);
	CHECK_EQ(umount("a"), 0);
	CHECK(!is_told("a", "tmpfs"));
}

TEST(a_mount_moves_with_all_that_is_in_it)
{
	setup();
	tmpfs("a", nullptr);
	CHECK_EQ(mkdir("a/in", 0755), 0);
	tmpfs("a/in", nullptr);
	check_write("a/in/f", "x");
	check_write("b/under", "y");
	int fd = open("a/in/f", O_RDONLY);
	CHECK_ERR(mount("b", "a", nullptr, MS_MOVE, nullptr), EINVAL);
	CHECK_ERR(mount("a", "a/in", nullptr, MS_MOVE, nullptr), ELOOP);
	CHECK_EQ(mount("a", "b", nullptr, MS_MOVE, nullptr), 0);
	CHECK_ERR(access("a/in", F_OK), ENOENT);
	CHECK_STR(check_read("b/in/f"), "x");
	CHECK_EQ(access("b/in/../../b/in/f", F_OK), 0);
	CHECK(is_told("b", "tmpfs") && is_told("b/in", "tmpfs") && !is_told("a", "tmpfs"));
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(umount("b/in"), 0);
	tmpfs("a", nullptr);
	check_write("a/below", "z");
	CHECK_EQ(mount("b", "a", nullptr, MS_MOVE, nullptr), 0); /* over a mount's root */
	CHECK_STR(check_read("b/under"), "y");
	CHECK_ERR(access("a/below", F_OK), ENOENT);
	CHECK_EQ(umount("a"), 0);
	CHECK_EQ(access("a/below", F_OK), 0);
	CHECK_EQ(umount("a"), 0);
}

TEST(mount_says_what_is_wrong)
{
	setup();
	check_write("f", "");
	CHECK_ERR(mount("x", "nothing", "tmpfs", 0, nullptr), ENOENT);
	CHECK_ERR(mount("x", "f", "tmpfs", 0, nullptr), ENOTDIR);
	CHECK_ERR(mount("x", "a", "nosuchfs", 0, nullptr), ENODEV);
	CHECK_ERR(mount("nothing", "a", nullptr, MS_BIND, nullptr), ENOENT);
	CHECK_ERR(mount(nullptr, "a", nullptr, MS_REMOUNT, nullptr), EINVAL);
	CHECK_ERR(umount2("a", 0x100), EINVAL);
	CHECK_ERR(umount((const char *)8), EFAULT);
	CHECK_EQ(seteuid(1000), 0);
	CHECK_ERR(mount("x", "/", "tmpfs", 0, nullptr), EPERM);
	CHECK_ERR(umount("/proc"), EPERM);
	CHECK_ERR(chroot("/"), EPERM);
	CHECK_EQ(seteuid(0), 0);
}

static int in_new_root(void *argument)
{
	char path[64];

	(void)argument;
	CHECK_EQ(chroot("a"), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(access("/proc/self/status", F_OK), 0);
	CHECK_EQ(access("../../../c", F_OK), 0);
	CHECK_ERR(access("../b", F_OK), ENOENT);
	CHECK_EQ(access("/c/../proc/../proc/self/status", F_OK), 0);
	CHECK_EQ(symlink("/c", "link"), 0);
	CHECK_EQ(access("link/f", F_OK), 0);
	CHECK_EQ(chdir("/proc/self"), 0);
	CHECK_EQ(chdir("../../c"), 0);
	CHECK(getcwd(path, sizeof(path)) != nullptr);
	CHECK_STR(path, "/c");
	CHECK(is_told("proc", "proc"));
	CHECK(!is_told("a", "tmpfs"));
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(access("/c/f", F_OK), 0);
	CHECK_ERR(access("/../b", F_OK), ENOENT);
	CHECK_EQ(access("f", F_OK), 0);
	return 0;
}

TEST(a_new_root_has_its_own_mounts)
{
	setup();
	tmpfs("a", "mode=755");
	CHECK_EQ(mkdir("a/proc", 0755), 0);
	CHECK_EQ(mkdir("a/c", 0755), 0);
	check_write("a/c/f", "x");
	CHECK_EQ(mount("proc", "a/proc", "proc", 0, nullptr), 0);
	CHECK_EQ(check_child(in_new_root, nullptr), 0);
	CHECK_EQ(umount("a/proc"), 0);
	CHECK_EQ(umount("a"), 0);
}

TEST(credentials_are_kept_apart_in_a_mount)
{
	setup();
	tmpfs("a", "mode=755");
	check_write("a/secret", "x");
	CHECK_EQ(chmod("a/secret", 0600), 0);
	CHECK_EQ(chdir("a"), 0);
	CHECK_EQ(seteuid(1000), 0);
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("new", O_CREAT | O_WRONLY, 0644), EACCES);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(access("secret", F_OK), 0);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(umount("a"), 0);
}

/* Files that were opened again and again, and are closed. */
TEST(what_is_closed_is_free)
{
	constexpr unsigned MIB = 1 << 20;
	static char block[MIB];
	struct statfs before, after;

	setup();
	tmpfs("a", "size=2m");
	CHECK_EQ(chdir("a"), 0);
	CHECK_EQ(statfs(".", &before), 0);
	for (int i = 0; i < 4; i++) {
		int fd = open("f", O_CREAT | O_WRONLY, 0644);
		CHECK_EQ(write(fd, block, MIB), MIB);
		CHECK_EQ(close(fd), 0);
		for (int n = 0; n < 20; n++)
			CHECK_EQ(close(open("f", O_RDONLY)), 0);
		CHECK_EQ(i % 2 ? unlink("f") : rename("f", "g"), 0);
	}
	CHECK_EQ(unlink("g"), 0);
	CHECK_EQ(statfs(".", &after), 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	check_write("f", "x");
	for (int n = 0; n < 20; n++)
		CHECK_EQ(close(open("f", O_RDONLY)), 0);
	CHECK_EQ(chdir(".."), 0);
	CHECK_EQ(umount("a"), 0);
}

/* A child is not in the way of what its parent opened before and since. */
TEST(what_a_child_never_opened_is_free)
{
	struct statfs before, after;
	int end[2];
	char c;

	setup();
	tmpfs("a", "size=2m");
	CHECK_EQ(chdir("a"), 0);
	CHECK_EQ(statfs(".", &before), 0);
	check_write("f", "x");
	for (int n = 0; n < 20; n++)
		CHECK_EQ(close(open("f", O_RDONLY)), 0);
	CHECK_EQ(pipe(end), 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(close(end[1]), 0);
		CHECK_EQ(read(end[0], &c, 1), 0);
		_exit(0);
	}
	int fd = open("f", O_RDONLY);
	check_write("g", "x");
	CHECK_EQ(unlink("g"), 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("f"), 0);
	CHECK_EQ(statfs(".", &after), 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	CHECK_EQ(close(end[1]), 0);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
