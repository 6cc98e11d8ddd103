/* SPDX-License-Identifier: MPL-2.0 */
/* Directories: making, listing, removing, walking; working and root directories. */
#include "tests/posix/check.h"
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <sys/syscall.h>

static struct stat st;

/* The names in a folder, sorted, each followed by a blank. */
static const char *list(const char *path)
{
	static char text[65536];
	struct dirent **found;
	int n = scandir(path, &found, nullptr, alphasort);

	CHECK(n >= 0);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		strcat(strcat(text, found[i]->d_name), " ");
		free(found[i]);
	}
	free(found);
	return text;
}

TEST(mkdir_and_rmdir)
{
	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERR(mkdir("d", 0755), EEXIST);
	CHECK_ERR(mkdir("x/y", 0755), ENOENT);
	check_write("f", "");
	CHECK_ERR(mkdir("f", 0755), EEXIST);
	CHECK_ERR(mkdir("f/x", 0755), ENOTDIR);
	CHECK_EQ(mkdir("d/e/", 0755), 0); /* a slash at the end */
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rmdir("f"), ENOTDIR);
	CHECK_ERR(rmdir("d/e/."), EINVAL);
	CHECK_ERR(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_EQ(rmdir("d/e"), 0);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_ERR(rmdir("d"), ENOENT);
	CHECK_ERR(unlink("."), EISDIR);
}

TEST(link_counts_of_directories)
{
	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(stat("d", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(mkdir("d/a", 0755), 0);
	CHECK_EQ(mkdir("d/b", 0755), 0);
	CHECK_EQ(stat("d", &st), 0);
	CHECK_EQ(st.st_nlink, 4);
	CHECK_EQ(rmdir("d/a"), 0);
	CHECK_EQ(stat("d", &st), 0);
	CHECK_EQ(st.st_nlink, 3);
}

TEST(a_listing_has_all_and_the_dots)
{
	check_folder();
	CHECK_STR(list("."), ". .. ");
	check_write("b", "");
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(symlink("nowhere", "c"), 0);
	CHECK_STR(list("."), ". .. a b c ");
	CHECK_EQ(unlink("b"), 0);
	CHECK_STR(list("."), ". .. a c ");
	CHECK(opendir("c") == nullptr && errno == ENOENT);
}

TEST(a_listing_tells_kinds_and_inodes)
{
	check_folder();
	check_write("f", "");
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkfifo("p", 0600), 0);
	CHECK_EQ(symlink("f", "l"), 0);
	DIR *d = opendir(".");
	int seen = 0;
	for (struct dirent *e; (e = readdir(d)) != nullptr;) {
		if (strchr("fdpl", e->d_name[0]) == nullptr || e->d_name[1])
			continue;
		CHECK_EQ(lstat(e->d_name, &st), 0);
		CHECK_EQ(e->d_ino, st.st_ino);
		CHECK(e->d_type == DT_UNKNOWN || e->d_type == IFTODT(st.st_mode));
		seen++;
	}
	CHECK_EQ(seen, 4);
}

TEST(a_thousand_names)
{
	char name[32];
	bool seen[1000] = {};

	check_folder();
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-%d", i);
		check_write(name, "");
	}
	DIR *d = opendir(".");
	int n = 0;
	for (struct dirent *e; (e = readdir(d)) != nullptr;)
		if (sscanf(e->d_name, "a-rather-long-name-%d", &n) == 1) {
			CHECK(!seen[n]);
			seen[n] = true;
		}
	for (int i = 0; i < 1000; i++)
		CHECK(seen[i]);
	rewinddir(d);
	n = 0;
	while (readdir(d))
		n++;
	CHECK_EQ(n, 1002);
}

TEST(removing_while_listing_misses_nothing)
{
	char name[32];

	check_folder();
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%d", i);
		check_write(name, "");
	}
	DIR *d = opendir(".");
	int removed = 0;
	for (struct dirent *e; (e = readdir(d)) != nullptr;)
		if (e->d_name[0] != '.') {
			CHECK_EQ(unlink(e->d_name), 0);
			removed++;
		}
	CHECK_EQ(removed, 300);
	CHECK_STR(list("."), ". .. ");
}

TEST(telldir_and_seekdir_return_to_a_place)
{
	char name[16], after[256];

	check_folder();
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%d", i);
		check_write(name, "");
	}
	DIR *d = opendir(".");
	for (int i = 0; i < 20; i++)
		CHECK(readdir(d));
	long place = telldir(d);
	strcpy(after, readdir(d)->d_name);
	while (readdir(d))
		;
	seekdir(d, place);
	CHECK_STR(readdir(d)->d_name, after);
}

TEST(a_directory_cannot_be_read_as_a_file)
{
	char c;
	int fd = open("/", O_RDONLY);

	CHECK_ERR(read(fd, &c, 1), EISDIR);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	CHECK_ERR(syscall(SYS_getdents64, fd, &c, 1), EINVAL);
	check_folder();
	fd = open("f", O_CREAT | O_RDWR, 0600);
	char room[512];
	CHECK_ERR(syscall(SYS_getdents64, fd, room, sizeof(room)), ENOTDIR);
}

TEST(chdir_and_getcwd)
{
	char here[PATH_MAX], there[PATH_MAX + 8];

	check_folder();
	CHECK(getcwd(here, sizeof(here)));
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("d", "l"), 0);
	CHECK_EQ(chdir("l"), 0);
	CHECK(getcwd(there, sizeof(there)));
	CHECK_STR(strrchr(there, '/'), "/d");
	CHECK_EQ(chdir(".."), 0);
	CHECK(getcwd(there, sizeof(there)));
	CHECK_STR(there, here);
	CHECK_ERR(chdir("absent"), ENOENT);
	check_write("f", "");
	CHECK_ERR(chdir("f"), ENOTDIR);
	int fd = open("d", O_RDONLY);
	CHECK_EQ(fchdir(fd), 0);
	CHECK(getcwd(there, sizeof(there)));
	CHECK_STR(strrchr(there, '/'), "/d");
	CHECK(getcwd(there, 3) == nullptr && errno == ERANGE);
	CHECK_ERR(fchdir(999), EBADF);
}

TEST(a_removed_working_directory)
{
	char here[PATH_MAX];

	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chdir("d"), 0);
	CHECK_EQ(rmdir("../d"), 0);
	CHECK_ERR(open("f", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK(getcwd(here, sizeof(here)) == nullptr && errno == ENOENT);
	CHECK_EQ(chdir(".."), 0);
}

TEST(a_moved_working_directory)
{
	char here[PATH_MAX];

	check_folder();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(chdir("a"), 0);
	CHECK_EQ(rename("../a", "../b/c"), 0);
	CHECK(getcwd(here, sizeof(here)));
	CHECK_STR(strstr(here, "/b/"), "/b/c");
	CHECK_EQ(stat("../../b", &st), 0);
}

TEST(dots_and_slashes_in_paths)
{
	check_folder();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	check_write("a/f", "text");
	CHECK_STR(check_read("./a/./b/..//f"), "text");
	CHECK_STR(check_read("a/b/../../a/f"), "text");
	CHECK_ERR(open("a/f/", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("a/f/.", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("a/x/../f", O_RDONLY), ENOENT);
	CHECK_EQ(stat("/..", &st), 0);
	ino_t up = st.st_ino;
	CHECK_EQ(stat("/", &st), 0);
	CHECK_EQ(st.st_ino, up);
}

TEST(links_in_the_middle_of_paths)
{
	check_folder();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	check_write("a/f", "text");
	CHECK_EQ(symlink("a/b", "l"), 0);
	CHECK_STR(check_read("l/../f"), "text"); /* .. of what the link leads to */
	CHECK_EQ(symlink("../f", "a/b/m"), 0);
	CHECK_STR(check_read("l/m"), "text");
	CHECK_EQ(lstat("l/", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	char here[PATH_MAX], target[PATH_MAX + 16];
	CHECK(getcwd(here, sizeof(here)));
	snprintf(target, sizeof(target), "%s/a", here);
	CHECK_EQ(symlink(target, "absolute"), 0);
	CHECK_STR(check_read("absolute/f"), "text");
}

TEST(a_deep_tree)
{
	check_folder();
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(mkdir("deeper", 0755), 0);
		CHECK_EQ(chdir("deeper"), 0);
	}
	check_write("bottom", "here");
	char here[PATH_MAX];
	CHECK(getcwd(here, sizeof(here)));
	CHECK(strlen(here) > 700);
	CHECK_EQ(chdir("/"), 0);
	strcat(here, "/bottom");
	CHECK_STR(check_read(here), "here");
}

static int entries;

static int count(const char *path, const struct stat *s, int kind, struct FTW *f)
{
	(void)path, (void)s, (void)f;
	entries += kind == FTW_F ? 100 : 1;
	return 0;
}

TEST(nftw_walks)
{
	check_folder();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	check_write("a/b/f", "");
	check_write("a/g", "");
	CHECK_EQ(nftw(".", count, 8, FTW_PHYS), 0);
	CHECK_EQ(entries, 203);
}

TEST(chroot_changes_what_slash_means)
{
	check_folder();
	CHECK_EQ(mkdir("new", 0755), 0);
	check_write("new/inside", "yes");
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(chroot("new"), 0);
		CHECK_EQ(chdir("/"), 0);
		CHECK_STR(check_read("/inside"), "yes");
		CHECK_STR(check_read("/../../inside"), "yes");
		CHECK_ERR(open("/new", O_RDONLY), ENOENT);
		char here[64];
		CHECK(getcwd(here, sizeof(here)));
		CHECK_STR(here, "/");
		_exit(0);
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_STR(check_read("new/inside"), "yes");
}

TEST(mknod_makes_what_it_can)
{
	check_folder();
	CHECK_EQ(mknod("f", S_IFREG | 0600, 0), 0);
	CHECK_EQ(mknod("p", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(mknod("s", S_IFSOCK | 0600, 0), 0);
	CHECK_EQ(stat("p", &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(stat("s", &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_ERR(open("s", O_RDONLY), ENXIO);
	CHECK_ERR(mknod("f", S_IFREG | 0600, 0), EEXIST);
	CHECK_ERR(mknod("x", S_IFDIR | 0700, 0), EPERM);
}

TEST(creating_and_removing_changes_the_directorys_time)
{
	struct timespec t[2] = { { 1000, 0 }, { 1000, 0 } };

	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "d", t, 0), 0);
	check_write("d/f", "");
	CHECK_EQ(stat("d", &st), 0);
	CHECK(st.st_mtim.tv_sec > 1000);
	CHECK_EQ(utimensat(AT_FDCWD, "d", t, 0), 0);
	CHECK_EQ(unlink("d/f"), 0);
	CHECK_EQ(stat("d", &st), 0);
	CHECK(st.st_mtim.tv_sec > 1000);
}

TEST(proc_self_is_true)
{
	char text[PATH_MAX], want[32];

	check_folder();
	ssize_t n = readlink("/proc/self/cwd", text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = '\0';
	char here[PATH_MAX];
	CHECK(getcwd(here, sizeof(here)));
	CHECK_STR(text, here);
	n = readlink("/proc/self", text, sizeof(text) - 1);
	text[n] = '\0';
	snprintf(want, sizeof(want), "%d", getpid());
	CHECK_STR(text, want);
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	snprintf(want, sizeof(want), "/proc/self/fd/%d", fd);
	n = readlink(want, text, sizeof(text) - 1);
	text[n] = '\0';
	CHECK_STR(strrchr(text, '/'), "/f");
}
