/* SPDX-License-Identifier: MPL-2.0 */
/* Names that are asked for again and again: what others change is seen at once. */
#include "tests/posix/check.h"
#include <sys/mman.h>

constexpr int TIMES = 10;

/* As often as it takes for somebody to remember the answer. */
static struct stat often(const char *path)
{
	struct stat st;

	for (int i = 0; i < TIMES; i++)
		CHECK_EQ(stat(path, &st), 0);
	return st;
}

static void often_absent(const char *path)
{
	struct stat st;

	for (int i = 0; i < TIMES; i++)
		CHECK_ERR(stat(path, &st), ENOENT);
}

static void grow(void)
{
	CHECK_EQ(truncate("d/f", 12345), 0);
}

static void protect(void)
{
	CHECK_EQ(chmod("d/f", 0600), 0);
}

static void connect_again(void)
{
	CHECK_EQ(link("d/f", "d/g"), 0);
}

static void take_away(void)
{
	CHECK_EQ(rename("d", "e"), 0);
}

static void put_back(void)
{
	CHECK_EQ(rename("e", "d"), 0);
}

static void put_another(void)
{
	CHECK_EQ(unlink("d/f"), 0);
	close(open("d/f", O_CREAT | O_WRONLY, 0640));
}

TEST(what_another_process_changes_is_seen)
{
	check_folder();
	CHECK_EQ(mkdir("d", 0755), 0);
	check_write("d/f", "text");
	struct stat was = often("d/f");
	CHECK_EQ(was.st_size, 4);
	check_elsewhere(grow);
	CHECK_EQ(often("d/f").st_size, 12345);
	check_elsewhere(protect);
	CHECK_EQ(often("d/f").st_mode & 0777, 0600);
	check_elsewhere(connect_again);
	CHECK_EQ(often("d/f").st_nlink, 2);
	check_elsewhere(take_away);
	often_absent("d/f");
	check_elsewhere(put_back);
	CHECK_EQ(often("d/f").st_ino, was.st_ino);
	check_elsewhere(put_another);
	CHECK(often("d/f").st_ino != was.st_ino);
	CHECK_EQ(often("d/f").st_size, 0);
}

TEST(a_link_leads_elsewhere_at_once)
{
	struct stat st;

	check_folder();
	check_write("a", "1");
	check_write("b", "22");
	for (int i = 0; i < TIMES; i++) {
		CHECK_EQ(symlink(i % 2 ? "a" : "b", "l"), 0);
		CHECK_EQ(often("l").st_size, i % 2 ? 1 : 2);
		CHECK_EQ(lstat("l", &st), 0);
		CHECK(S_ISLNK(st.st_mode));
		CHECK_EQ(unlink("l"), 0);
		often_absent("l");
	}
}

TEST(the_same_name_in_another_folder)
{
	check_folder();
	CHECK_EQ(mkdir("x", 0755), 0);
	CHECK_EQ(mkdir("y", 0755), 0);
	check_write("x/f", "1");
	check_write("y/f", "22");
	for (int i = 0; i < TIMES; i++) {
		CHECK_EQ(chdir(i % 2 ? "../x" : i == 0 ? "y" : "../y"), 0);
		CHECK_EQ(often("f").st_size, i % 2 ? 1 : 2);
	}
}

TEST(what_open_files_and_mappings_do_is_seen)
{
	char page[4096] = "x";

	check_folder();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	for (int i = 1; i <= TIMES; i++) {
		CHECK_EQ(write(fd, page, sizeof(page)), sizeof(page));
		CHECK_EQ(often("f").st_size, i * (int)sizeof(page));
	}
	CHECK_EQ(ftruncate(fd, 1 << 20), 0);
	blkcnt_t before = often("f").st_blocks;
	char *p = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 1 << 20; i += 4096)
		p[i] = 1;
	CHECK_EQ(msync(p, 1 << 20, MS_SYNC), 0);
	CHECK(often("f").st_blocks > before);
	struct stat st;
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(often("f").st_blocks, st.st_blocks);
}

TEST(who_has_lost_the_right_is_refused)
{
	struct stat st;

	if (getuid() != 0)
		return;
	check_folder();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("d", 0700), 0);
	check_write("d/f", "text");
	(void)often("d/f");
	CHECK_EQ(seteuid(1000), 0);
	for (int i = 0; i < TIMES; i++)
		CHECK_ERR(stat("d/f", &st), EACCES);
	CHECK_EQ(seteuid(0), 0);
	(void)often("d/f");
}
