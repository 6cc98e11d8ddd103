/* SPDX-License-Identifier: MPL-2.0 */
/* Names: made, found, moved, removed, listed; links; who may. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "services/ramfsd/test/fixture.h"

constexpr uint32_t MAKE = FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_CREATE;

TEST(ramfs, a_file_keeps_what_was_written_until_its_name_is_removed)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);

	CHECK(do_open(&root, "a", FILE_OPEN_READ, 0).outcome == -ENOENT);
	must_write(&root, "a", "hello");
	CHECK(has_text(&root, "a", "hello"));
	CHECK(has_text(&root, "/a", "hello"));
	CHECK(has_text(&root, "./dev/..//a", "hello"));
	struct description d = do_stat(&root, "a", 0);
	CHECK(d.mode == (S_IFREG | 0644) && d.size == 5 && d.nlink == 1 && d.blocks == 8);
	must_write(&root, "a", "hi");
	CHECK(has_text(&root, "a", "hi"));
	CHECK(do_remove(&root, "a", 0) == 0);
	CHECK(do_remove(&root, "a", 0) == -ENOENT);
	CHECK(do_stat(&root, "a", 0).outcome == -ENOENT);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, an_open_file_outlives_its_name)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "a", MAKE);
	int64_t outcome;
	char got[8];

	CHECK(do_remove(&root, "a", 0) == 0);
	CHECK(file_write(&f, 0, "still", 5, &outcome) == OK && outcome == 5);
	CHECK(file_read(&f, 0, got, sizeof(got), &outcome) == OK && outcome == 5);
	CHECK(memcmp(got, "still", 5) == 0);
	CHECK(do_stat(&f, "", 0).nlink == 0);
	CHECK(do_link(&f, "", "b") == -ENOTDIR || do_link(&f, "", "/b") == -ENOENT);
	fixture_close(f.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, opening_follows_the_rules_of_its_flags)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);

	must_write(&root, "f", "x");
	CHECK(do_symlink(&root, "f", "link") == 0);
	CHECK(do_symlink(&root, "new", "dangling") == 0);
	CHECK(do_open(&root, "f", MAKE | FILE_EXCLUSIVE, 0600).outcome == -EEXIST);
	CHECK(do_open(&root, "dangling", MAKE | FILE_EXCLUSIVE, 0600).outcome == -EEXIST);
	CHECK(do_open(&root, "link", FILE_OPEN_READ | FILE_NO_FOLLOW, 0).outcome == -ELOOP);
	CHECK(do_open(&root, "f", FILE_OPEN_READ | FILE_DIRECTORY, 0).outcome == -ENOTDIR);
	CHECK(do_open(&root, "dev", FILE_OPEN_WRITE, 0).outcome == -EISDIR);
	CHECK(do_open(&root, "dev", MAKE, 0).outcome == -EISDIR);
	CHECK(do_open(&root, "f/", FILE_OPEN_READ, 0).outcome == -ENOTDIR);
	CHECK(do_open(&root, "f/x", FILE_OPEN_READ, 0).outcome == -ENOTDIR);
	CHECK(do_open(&root, "none/", MAKE, 0600).outcome == -EISDIR);
	CHECK(do_open(&root, "f", FILE_EXECUTE, 0).outcome == -EACCES);
	struct remote made = must_open(&root, "dangling", MAKE);
	CHECK(do_stat(&root, "new", 0).outcome == 0);
	struct answer a = do_open(&root, "link", FILE_PATH | FILE_NO_FOLLOW, 0);
	CHECK(a.outcome == 0 && S_ISLNK(a.mode) && a.slot == FILE_SLOT_NONE);
	fixture_close(a.session);
	fixture_close(made.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, a_temporary_file_can_be_given_a_name)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "tmp", FILE_TEMPORARY | FILE_OPEN_WRITE);
	char rest[4001];
	uint64_t node;
	int32_t outcome;
	uint32_t which;
	size_t len;

	CHECK(do_open(&root, "none", FILE_TEMPORARY | FILE_OPEN_WRITE, 0).outcome == -ENOENT);
	CHECK(do_stat(&f, "", 0).nlink == 0);
	fut_handle to = must_open(&root, "tmp", FILE_PATH).session;
	CHECK(file_link(&f, 0, "", 0, "named", 5, to, &node, &outcome, &which, rest, sizeof(rest),
			&len) == OK);
	CHECK(outcome == 0);
	CHECK(do_stat(&root, "tmp/named", 0).nlink == 1);
	fixture_close(f.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, directories_count_their_links_and_are_removed_only_empty)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);

	CHECK(do_mkdir(&root, "d/", 0755) == 0);
	CHECK(do_mkdir(&root, "d", 0755) == -EEXIST);
	CHECK(do_mkdir(&root, "d/e", 0755) == 0);
	CHECK(do_stat(&root, "d", 0).nlink == 3);
	CHECK(do_remove(&root, "d", 0) == -EISDIR);
	CHECK(do_remove(&root, "d", FILE_REMOVE_DIRECTORY) == -ENOTEMPTY);
	CHECK(do_remove(&root, "d/.", FILE_REMOVE_DIRECTORY) == -EINVAL);
	CHECK(do_remove(&root, "d/e/..", FILE_REMOVE_DIRECTORY) == -ENOTEMPTY);
	CHECK(do_remove(&root, "/", FILE_REMOVE_DIRECTORY) == -EBUSY);
	struct remote e = must_open(&root, "d/e", FILE_PATH);
	CHECK(do_remove(&root, "d/e", FILE_REMOVE_DIRECTORY) == 0);
	CHECK(do_stat(&root, "d", 0).nlink == 2);
	CHECK(do_stat(&e, "..", 0).node == do_stat(&root, "d", 0).node);
	CHECK(do_open(&e, "x", MAKE, 0600).outcome == -ENOENT);
	CHECK(do_remove(&root, "d", FILE_REMOVE_DIRECTORY) == 0);
	fixture_close(e.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, renaming_follows_all_rules)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);

	must_write(&root, "a", "a");
	must_write(&root, "b", "b");
	CHECK(do_mkdir(&root, "d", 0755) == 0 && do_mkdir(&root, "d/e", 0755) == 0);
	CHECK(do_mkdir(&root, "empty", 0755) == 0);
	CHECK(do_rename(&root, "a", "b", FILE_NO_REPLACE) == -EEXIST);
	CHECK(do_rename(&root, "a", "b", 0) == 0);
	CHECK(has_text(&root, "b", "a"));
	CHECK(do_rename(&root, "a", "b", 0) == -ENOENT);
	CHECK(do_rename(&root, "b", "d", 0) == -EISDIR);
	CHECK(do_rename(&root, "d", "b", 0) == -ENOTDIR);
	CHECK(do_rename(&root, "d", "d/e/f", 0) == -EINVAL);
	CHECK(do_rename(&root, "d/e", "d", 0) == -ENOTEMPTY);
	CHECK(do_rename(&root, "empty", "d", 0) == -ENOTEMPTY);
	CHECK(do_rename(&root, "d/.", "x", 0) == -EBUSY);
	CHECK(do_rename(&root, "b", "new/", 0) == -ENOTDIR);
	CHECK(do_rename(&root, "d", "empty", 0) == 0);
	CHECK(do_stat(&root, "empty/e", 0).outcome == 0);
	CHECK(do_rename(&root, "empty/e", "moved", 0) == 0);
	CHECK(do_stat(&root, "empty", 0).nlink == 2);
	CHECK(do_stat(&root, "moved/..", 0).node == do_stat(&root, "/", 0).node);
	CHECK(do_rename(&root, "b", "moved", FILE_EXCHANGE) == 0);
	CHECK(has_text(&root, "moved", "a") && S_ISDIR(do_stat(&root, "b", 0).mode));
	CHECK(do_link(&root, "moved", "same") == 0);
	CHECK(do_rename(&root, "moved", "same", 0) == 0);
	CHECK(do_stat(&root, "moved", 0).nlink == 2);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, links_lead_on_and_circles_end)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	char text[4001];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(do_mkdir(&root, "d", 0755) == 0);
	must_write(&root, "d/f", "there");
	CHECK(do_symlink(&root, "d", "rel") == 0 && do_symlink(&root, "/d/f", "abs") == 0);
	CHECK(do_symlink(&root, "circle2", "circle") == 0);
	CHECK(do_symlink(&root, "circle", "circle2") == 0);
	CHECK(do_symlink(&root, "../rel/./f", "d/back") == 0);
	CHECK(has_text(&root, "rel/f", "there") && has_text(&root, "abs", "there"));
	CHECK(has_text(&root, "d/back", "there") && has_text(&root, "rel/back", "there"));
	CHECK(do_stat(&root, "circle", 0).outcome == -ELOOP);
	CHECK(do_stat(&root, "rel/f", FILE_NO_LINKS).outcome == -ELOOP);
	CHECK(do_stat(&root, "abs", FILE_BENEATH).outcome == -EXDEV);
	CHECK(do_stat(&root, "d/../..", FILE_BENEATH).outcome == -EXDEV);
	CHECK(S_ISLNK(do_stat(&root, "rel", FILE_NO_FOLLOW).mode));
	CHECK(S_ISDIR(do_stat(&root, "rel/", FILE_NO_FOLLOW).mode));
	CHECK(do_symlink(&root, "", "empty") == -ENOENT);
	CHECK(do_symlink(&root, "x", "rel") == -EEXIST);
	CHECK(file_readlink(&root, "abs", 3, &node, &outcome, text, sizeof(text), &len) == OK);
	CHECK(outcome == 0 && len == 4 && memcmp(text, "/d/f", 4) == 0);
	CHECK(file_readlink(&root, "d/f", 3, &node, &outcome, text, sizeof(text), &len) == OK);
	CHECK(outcome == -EINVAL);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, others_may_what_the_mode_says)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote u = line_make(&files, 100, 100, 0, 0), v = line_make(&files, 101, 101, 0, 0);
	char rest[3901];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(do_open(&u, "f", MAKE, 0644).outcome == -EACCES);
	CHECK(do_open(&u, "dev/console", FILE_OPEN_READ, 0).outcome == -EACCES);
	must_write(&u, "tmp/f", "u's");
	CHECK(do_stat(&u, "tmp/f", 0).uid == 100 && do_stat(&u, "tmp/f", 0).gid == 100);
	CHECK(has_text(&v, "tmp/f", "u's"));
	CHECK(do_open(&v, "tmp/f", FILE_OPEN_WRITE, 0).outcome == -EACCES);
	CHECK(do_remove(&v, "tmp/f", 0) == -EPERM); /* sticky */
	CHECK(do_rename(&v, "tmp/f", "tmp/g", 0) == -EPERM);
	CHECK(file_change(&v, 0, 0, 0, FILE_CHANGE_MODE, 0777, 0, 0, 0, "tmp/f", 5, &node, &outcome,
			  rest, sizeof(rest), &len) == OK);
	CHECK(outcome == -EPERM);
	CHECK(file_change(&u, 0, 0, 0, FILE_CHANGE_MODE, 0600, 0, 0, 0, "tmp/f", 5, &node, &outcome,
			  rest, sizeof(rest), &len) == OK);
	CHECK(outcome == 0);
	CHECK(do_open(&v, "tmp/f", FILE_OPEN_READ, 0).outcome == -EACCES);
	CHECK(file_change(&u, 0, 0, 0, FILE_CHANGE_UID, 0, 0, 0, 0, "tmp/f", 5, &node, &outcome,
			  rest, sizeof(rest), &len) == OK);
	CHECK(outcome == -EPERM);
	CHECK(file_access(&root, 6, 0, "tmp/f", 5, &node, &outcome, rest, sizeof(rest), &len) ==
	      OK);
	CHECK(outcome == 0);
	CHECK(do_make(&u, "tmp/null", S_IFCHR | 0666, 0x103) == -EPERM);
	CHECK(do_make(&root, "tmp/null", S_IFCHR | 0666, 0x103) == 0);
	CHECK(do_stat(&u, "tmp/null", 0).rdev == 0x103);
	fixture_close(u.session);
	fixture_close(v.session);
	fixture_close(root.session);
	fixture_end(&files);
}

/* A child of a setgid directory has its group, and writing takes a program's privileges. */
TEST(ramfs, group_and_privileges_are_inherited_and_lost_as_they_should)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote u = line_make(&files, 100, 100, 0, 0);
	int64_t written;

	CHECK(do_mkdir(&root, "g", 02777) == 0);
	CHECK(do_mkdir(&u, "g/d", 0755) == 0);
	CHECK(do_stat(&u, "g/d", 0).gid == 0 && (do_stat(&u, "g/d", 0).mode & S_ISGID));
	struct answer a = do_open(&root, "suid", MAKE, 04777);
	CHECK(a.outcome == 0 && (do_stat(&root, "suid", 0).mode & S_ISUID));
	struct remote f = must_open(&u, "suid", FILE_OPEN_WRITE);
	CHECK(file_write_short(&f, 0, "x", 1, &written) == OK && written == 1);
	CHECK(!(do_stat(&root, "suid", 0).mode & S_ISUID));
	fixture_close(a.session);
	fixture_close(f.session);
	fixture_close(u.session);
	fixture_close(root.session);
	fixture_end(&files);
}

/* Names of a directory, in one piece; how many. */
static unsigned list_all(struct remote *dir, size_t room, char *seen, unsigned most)
{
	char *buffer = calloc(1, room);
	unsigned n = 0;
	int64_t got = -1;

	while (file_list(dir, buffer, room, &got) == OK && got > 0)
		for (int64_t at = 0; at < got;) {
			const struct dirent *d = (const struct dirent *)(buffer + at);
			unsigned number = (unsigned)atoi(d->d_name + 1);
			if (d->d_name[0] == 'n' && number < most)
				seen[number]++;
			n++;
			at += d->d_reclen;
		}
	free(buffer);
	CHECK(got == 0);
	return n;
}

TEST(ramfs, a_listing_has_every_name_once_while_others_come_and_go)
{
	constexpr unsigned MOST = 1000;
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	static char seen[MOST];
	char name[20], buffer[512];
	int64_t got;

	CHECK(do_mkdir(&root, "d", 0755) == 0);
	struct remote d = must_open(&root, "d", FILE_PATH);
	for (unsigned i = 0; i < MOST; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		CHECK(do_make(&d, name, S_IFREG | 0644, 0) == 0);
	}
	struct remote list = must_open(&d, "", FILE_OPEN_READ);
	CHECK(list_all(&list, 4096, seen, MOST) == MOST + 2);
	for (unsigned i = 0; i < MOST; i++)
		CHECK(seen[i] == 1);
	CHECK(file_list(&list, buffer, 16, &got) == OK && got == 0);
	CHECK(file_seek(&list, 0, 0, &got) == OK && got == 0);
	CHECK(file_list(&list, buffer, 16, &got) == OK && got == -EINVAL);

	/* Every second one goes while the list is under way. */
	memset(seen, 0, sizeof(seen));
	CHECK(file_list(&list, buffer, sizeof(buffer), &got) == OK && got > 0);
	for (unsigned i = 0; i < MOST; i += 2) {
		snprintf(name, sizeof(name), "n%u", i);
		CHECK(do_remove(&d, name, 0) == 0);
	}
	list_all(&list, 512, seen, MOST);
	for (unsigned i = 101; i < MOST; i += 2)
		CHECK(seen[i] == 1);
	for (unsigned i = 1; i < MOST; i += 2) {
		snprintf(name, sizeof(name), "n%u", i);
		CHECK(do_remove(&d, name, 0) == 0);
	}
	CHECK(do_remove(&root, "d", FILE_REMOVE_DIRECTORY) == 0);
	fixture_close(list.session);
	fixture_close(d.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, long_names_and_paths_have_their_limits)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	static char path[4096], got[4096];
	int32_t outcome;
	size_t len = 0;

	memset(path, 'n', 256);
	path[256] = '\0';
	CHECK(do_mkdir(&root, path, 0755) == -ENAMETOOLONG);
	path[255] = '\0';
	CHECK(do_mkdir(&root, path, 0755) == 0);
	/* As deep as a path can say. */
	for (len = 0; len + 2 <= 4000; len += 2) {
		memcpy(path + len, "/d", 3);
		CHECK(do_mkdir(&root, path, 0755) == 0);
	}
	CHECK(do_stat(&root, path, 0).outcome == 0);
	struct remote deep = must_open(&root, path, FILE_PATH);
	CHECK(file_place(&deep, &outcome, got, sizeof(got), &len) == OK);
	CHECK(outcome == 0 && len == strlen(path) && memcmp(got, path, len) == 0);
	CHECK(do_rename(&root, "d", "e", 0) == 0);
	CHECK(file_place(&deep, &outcome, got, sizeof(got), &len) == OK);
	CHECK(outcome == 0 && got[1] == 'e');
	fixture_close(deep.session);
	fixture_close(root.session);
	fixture_end(&files);
}
