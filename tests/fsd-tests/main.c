/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of fsd by protocol/file.fipc, on a fresh volume; tests/system/test_fsd.py checks the image
 * afterwards. `fsd again` looks whether all is still there after a restart of the machine. Prints
 * `plan N`, then `ok NAME` or `not ok NAME: why`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/devices.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "protocol/init.h"

constexpr uint64_t PATIENCE = 30 * SECOND;
constexpr uint32_t BOTH = FILE_OPEN_READ | FILE_OPEN_WRITE;
constexpr uint64_t PAGE = 4096;
constexpr size_t LARGE = 5 << 20;

static struct remote root;
static jmp_buf failed;
static char why[256];

static void check(bool good, const char *what, int line)
{
	if (good)
		return;
	snprintf(why, sizeof(why), "line %d: %s", line, what);
	longjmp(failed, 1);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* --- Calls --- */

static int try_open(const char *path, uint32_t flags, struct remote *f)
{
	uint64_t node, size;
	uint32_t slot, mode;
	int32_t outcome;
	size_t n;
	char rest[8];

	*f = (struct remote){};
	CHECK(file_open(&root, flags, 0644, path, strlen(path), &f->session, &outcome, &slot, &node,
			&size, &mode, rest, sizeof(rest), &n) == OK);
	return outcome;
}

static struct remote must_open(const char *path, uint32_t flags)
{
	struct remote f;

	CHECK(try_open(path, flags, &f) == 0);
	return f;
}

static void finish(struct remote *f)
{
	(void)fut_handle_close(f->session); /* ours, and open */
}

static int64_t put(struct remote *f, uint64_t offset, const void *from, size_t n)
{
	int64_t outcome;

	CHECK(file_write(f, offset, from, n, &outcome) == OK);
	return outcome;
}

static int64_t get(struct remote *f, uint64_t offset, void *to, size_t n)
{
	int64_t outcome;

	CHECK(file_read(f, offset, to, n, &outcome) == OK);
	return outcome;
}

static int make(const char *path, uint32_t mode, const char *target)
{
	char rest[8];
	uint64_t node;
	int32_t outcome;
	size_t n;

	CHECK(file_make(&root, mode, 0, 0x103, path, strlen(path), target, strlen(target), &node,
			&outcome, rest, sizeof(rest), &n) == OK);
	return outcome;
}

static int drop(const char *path, uint32_t flags)
{
	char rest[8];
	uint64_t node;
	int32_t outcome;
	size_t n;

	CHECK(file_remove(&root, flags, path, strlen(path), &node, &outcome, rest, sizeof(rest),
			  &n) == OK);
	return outcome;
}

static int move(const char *path, const char *to, uint32_t flags)
{
	char rest[8];
	uint32_t which;
	uint64_t node;
	int32_t outcome;
	size_t n;

	CHECK(file_rename(&root, flags, path, strlen(path), to, strlen(to), 0, &node, &outcome,
			  &which, rest, sizeof(rest), &n) == OK);
	return outcome;
}

static int change(struct remote *f, uint32_t which, uint64_t size, uint32_t mode, int64_t mtime)
{
	char rest[8];
	uint64_t node;
	int32_t outcome;
	size_t n;

	CHECK(file_change(f, size, 0, mtime, which, mode, 7, 8, 0, "", 0, &node, &outcome, rest,
			  sizeof(rest), &n) == OK);
	return outcome;
}

struct description {
	int outcome;
	uint32_t mode, nlink, uid;
	uint64_t size, blocks, rdev;
	int64_t mtime;
};

static struct description look(const char *path)
{
	struct description d;
	uint64_t node, device;
	int64_t atime, ctime, btime;
	uint32_t gid, block_size;
	char rest[8];
	size_t n;

	CHECK(file_stat(&root, FILE_NO_FOLLOW, path, strlen(path), &d.size, &d.blocks, &atime,
			&d.mtime, &ctime, &btime, &node, &device, &d.rdev, &d.outcome, &d.mode,
			&d.nlink, &d.uid, &gid, &block_size, rest, sizeof(rest), &n) == OK);
	return d;
}

/* Byte i of the large file. */
static char pattern(size_t i)
{
	return (char)(i * 2654435761u >> 13);
}

static void write_text(const char *path, const char *text)
{
	struct remote f = must_open(path, FILE_OPEN_WRITE | FILE_CREATE | FILE_TRUNCATE);

	CHECK(put(&f, 0, text, strlen(text)) == (int64_t)strlen(text));
	finish(&f);
}

static bool has_text(const char *path, const char *text)
{
	struct remote f = must_open(path, FILE_OPEN_READ);
	char got[100] = {};
	bool same = get(&f, 0, got, sizeof(got)) == (int64_t)strlen(text) && strcmp(got, text) == 0;

	finish(&f);
	return same;
}

static char *map_file(struct remote *f, uint64_t size, uint32_t access)
{
	fut_handle memory;
	uint32_t lent;
	int32_t outcome;
	uint64_t at = 0;

	CHECK(file_contents(f, 1, &memory, &outcome, &lent) == OK && outcome == 0);
	CHECK(fut_space_map(0, memory, 0, 0, size, access, &at) == OK);
	(void)fut_handle_close(memory); /* the mapping keeps it */
	return (char *)at;
}

/* --- Tests --- */

static void files_keep_what_is_written(void)
{
	struct remote f = must_open("large", BOTH | FILE_CREATE);
	char *data = malloc(LARGE), *got = calloc(1, LARGE);

	CHECK(data != nullptr && got != nullptr);
	for (size_t i = 0; i < LARGE; i++)
		data[i] = pattern(i);
	for (size_t at = 0; at < LARGE; at += 100'000) {
		size_t n = LARGE - at < 100'000 ? LARGE - at : 100'000;
		CHECK(put(&f, at, data + at, n) == (int64_t)n);
	}
	for (size_t at = 0, n; at < LARGE; at += n) {
		int64_t part = get(&f, at, got + at, LARGE - at < 300'001 ? LARGE - at : 300'001);
		CHECK(part > 0);
		n = (size_t)part;
	}
	CHECK(memcmp(data, got, LARGE) == 0 && look("large").size == LARGE);
	CHECK(get(&f, LARGE, got, 1) == 0);
	int64_t outcome;
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0);
	CHECK(look("large").blocks * 512 >= LARGE);
	finish(&f);
	free(data);
	free(got);
}

static void names_come_and_go(void)
{
	struct remote f;

	CHECK(make("dir", S_IFDIR | 0755, "") == 0);
	CHECK(make("dir", S_IFDIR | 0755, "") == -EEXIST);
	CHECK(make("dir/sub", S_IFDIR | 0700, "") == 0 &&
	      make("dir/link", S_IFLNK, "../text") == 0);
	CHECK(make("dir/null", S_IFCHR | 0666, "") == 0 && look("dir/null").rdev == 0x103);
	write_text("text", "some words");
	CHECK(has_text("dir/link", "some words") && has_text("dir/../text", "some words"));
	CHECK(S_ISLNK(look("dir/link").mode) && look("dir").nlink >= 2);
	CHECK(move("text", "dir/sub/words", 0) == 0 && look("text").outcome == -ENOENT);
	CHECK(drop("dir", FILE_REMOVE_DIRECTORY) == -ENOTEMPTY && drop("dir/sub", 0) == -EISDIR);
	write_text("a", "A");
	write_text("b", "B");
	CHECK(move("a", "b", FILE_NO_REPLACE) == -EEXIST && move("a", "b", FILE_EXCHANGE) == 0);
	CHECK(has_text("a", "B") && has_text("b", "A"));
	CHECK(move("a", "b", 0) == 0 && has_text("b", "B") && look("a").outcome == -ENOENT);
	CHECK(move("dir", "dir/sub/x", 0) == -EINVAL);
	CHECK(try_open("none", FILE_OPEN_READ, &f) == -ENOENT);
	CHECK(try_open("b", BOTH | FILE_CREATE | FILE_EXCLUSIVE, &f) == -EEXIST);
	CHECK(try_open("dir/sub/words/x", FILE_OPEN_READ, &f) == -ENOTDIR);
}

/* Place of a directory, and of a file under another name. */
static void places_are_known(void)
{
	struct remote f = must_open("dir/sub/words", FILE_OPEN_READ);
	char path[256];
	int32_t outcome;
	size_t n;

	CHECK(file_place(&f, &outcome, path, sizeof(path), &n) == OK && outcome == 0);
	CHECK(n == 14 && memcmp(path, "/dir/sub/words", n) == 0);
	CHECK(move("dir/sub", "sub", 0) == 0);
	CHECK(file_place(&f, &outcome, path, sizeof(path), &n) == OK && outcome == 0);
	CHECK(n == 10 && memcmp(path, "/sub/words", n) == 0);
	CHECK(drop("sub/words", 0) == 0);
	CHECK(file_place(&f, &outcome, path, sizeof(path), &n) == OK && outcome == -ENOENT);
	char got[16];
	CHECK(get(&f, 0, got, 16) == 10); /* it lives on */
	finish(&f);
}

static void sizes_change_and_leave_zeros(void)
{
	struct remote f = must_open("sizes", BOTH | FILE_CREATE);
	char got[10000] = {}, zero[10000] = {};

	CHECK(put(&f, 0, "0123456789", 10) == 10);
	CHECK(change(&f, FILE_CHANGE_SIZE, 4, 0, 0) == 0 && look("sizes").size == 4);
	CHECK(change(&f, FILE_CHANGE_SIZE, 9000, 0, 0) == 0);
	CHECK(get(&f, 0, got, 10000) == 9000 && memcmp(got, "0123", 4) == 0);
	CHECK(memcmp(got + 4, zero, 8996) == 0);
	CHECK(put(&f, 20000, "end", 3) == 3 && get(&f, 9000, got, 10000) == 10000);
	CHECK(memcmp(got, zero, 10000) == 0);
	CHECK(change(&f, FILE_CHANGE_SIZE, 0, 0, 0) == 0 && get(&f, 0, got, 1) == 0);
	CHECK(put(&f, 1ull << 62, "x", 1) == -EFBIG);
	/* A hole stays one. */
	int64_t outcome;
	CHECK(put(&f, 1 << 20, "x", 1) == 1);
	CHECK(file_sync(&f, 1, &outcome) == OK && outcome == 0 && look("sizes").blocks < 100);
	CHECK(file_seek(&f, 0, SEEK_DATA, &outcome) == OK && outcome > 0 && outcome <= 1 << 20);
	CHECK(file_seek(&f, 0, SEEK_HOLE, &outcome) == OK && outcome == 0);
	CHECK(file_allocate(&f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 4096,
			    &outcome) == OK);
	CHECK(outcome == 0 && get(&f, 1 << 20, got, 1) == 1 && got[0] == '\0');
	CHECK(file_allocate(&f, 0, 0, 2 << 20, &outcome) == OK && outcome == 0);
	CHECK(look("sizes").size == 2 << 20);
	finish(&f);
}

static void mappings_and_calls_see_the_same(void)
{
	struct remote f = must_open("mapped", BOTH | FILE_CREATE);
	char text[8];

	CHECK(change(&f, FILE_CHANGE_SIZE, 40 * PAGE, 0, 0) == 0);
	char *at = map_file(&f, 40 * PAGE, MAP_READ | MAP_WRITE);
	CHECK(put(&f, 5 * PAGE, "called", 6) == 6 && memcmp(at + 5 * PAGE, "called", 6) == 0);
	memcpy(at + 39 * PAGE, "mapped", 6);
	CHECK(get(&f, 39 * PAGE, text, 6) == 6 && memcmp(text, "mapped", 6) == 0);
	finish(&f);
	CHECK(at[20 * PAGE] == 0);
	memcpy(at + 20 * PAGE, "later", 5); /* without any session */
	f = must_open("mapped", BOTH);
	CHECK(get(&f, 20 * PAGE, text, 5) == 5 && memcmp(text, "later", 5) == 0);
	int64_t outcome;
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0);
	CHECK(fut_space_unmap(0, (uint64_t)at, 40 * PAGE) == OK);
	finish(&f);
	/* A removed file's pages stay for who has mapped them, and its space does not. */
	static char data[300'000];
	memset(data, 'g', sizeof(data));
	f = must_open("gone", BOTH | FILE_CREATE);
	CHECK(put(&f, 0, data, sizeof(data)) == sizeof(data));
	at = map_file(&f, 74 * PAGE, MAP_READ);
	finish(&f);
	CHECK(drop("gone", 0) == 0 && file_sync_all(&root, &outcome) == OK && outcome == 0);
	CHECK(at[0] == 'g' && at[sizeof(data) - 1] == 'g' && at[sizeof(data)] == '\0');
	CHECK(fut_space_unmap(0, (uint64_t)at, 74 * PAGE) == OK);
	/* A file that moves while it is mapped. */
	f = must_open("large", FILE_OPEN_READ);
	at = map_file(&f, LARGE, MAP_READ);
	finish(&f);
	CHECK(move("large", "kept", 0) == 0);
	for (size_t i = 0; i < LARGE; i += 12345)
		CHECK(at[i] == pattern(i));
	CHECK(fut_space_unmap(0, (uint64_t)at, LARGE) == OK);
}

/* A mapping to write makes nobody's earlier writes look like its own. */
static void writes_before_a_mapping_are_written_once(void)
{
	static char data[6 * PAGE], got[6 * PAGE];
	struct remote f = must_open("before", BOTH | FILE_CREATE);
	int64_t outcome;

	memset(data, 'b', sizeof(data));
	CHECK(put(&f, 0, data, 4 * PAGE) == 4 * PAGE);
	CHECK(put(&f, PAGE / 2, data, 2 * PAGE) == 2 * PAGE);
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0);
	int64_t mtime = look("before").mtime;
	char *at = map_file(&f, 4 * PAGE, MAP_READ | MAP_WRITE);
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0 && look("before").mtime == mtime);
	/* From now on by both, and pages that are not there yet. */
	memset(at + PAGE, 'm', PAGE);
	memset(data + PAGE, 'm', PAGE);
	CHECK(put(&f, 4 * PAGE, data + 4 * PAGE, 2 * PAGE) == 2 * PAGE);
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0 && look("before").mtime > mtime);
	CHECK(fut_space_unmap(0, (uint64_t)at, 4 * PAGE) == OK);
	CHECK(get(&f, 0, got, sizeof(got)) == sizeof(got) && memcmp(got, data, sizeof(got)) == 0);
	CHECK(look("before").blocks == sizeof(data) / 512);
	finish(&f);
	CHECK(drop("before", 0) == 0);
}

static void attributes_are_kept(void)
{
	struct remote f = must_open("kept", BOTH);

	CHECK(change(&f, FILE_CHANGE_MODE | FILE_CHANGE_UID | FILE_CHANGE_MTIME, 0, 0751,
		     1'000'000'000'000'000'001) == 0);
	struct description d = look("kept");
	CHECK(d.mode == (S_IFREG | 0751) && d.uid == 7 && d.mtime == 1'000'000'000'000'000'001);
	CHECK(change(&f, FILE_CHANGE_UID, 0, 0, 0) == 0);
	finish(&f);
}

static void directories_are_listed_whole(void)
{
	static char buffer[4096];
	enum { MANY = 500 };
	static bool seen[MANY];
	char name[32];
	unsigned n = 0, ndots = 0;
	int64_t got;

	CHECK(make("many", S_IFDIR | 0755, "") == 0);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/%u", i);
		write_text(name, name);
	}
	struct remote d = must_open("many", FILE_OPEN_READ | FILE_DIRECTORY);
	while (file_list(&d, buffer, sizeof(buffer), &got) == OK && got > 0)
		for (int64_t at = 0; at < got;) {
			unsigned short size;
			memcpy(&size, buffer + at + 16, 2);
			const char *text = buffer + at + 19;
			unsigned i = (unsigned)atoi(text);
			if (text[0] == '.')
				ndots++;
			else if (i < MANY && !seen[i])
				seen[i] = ++n;
			at += size;
		}
	CHECK(n == MANY && ndots == 2 && got == 0);
	finish(&d);
	for (unsigned i = 0; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "many/%u", i);
		CHECK(drop(name, 0) == 0);
	}
	CHECK(has_text("many/77", "many/77") && look("many/76").outcome == -ENOENT);
}

/* More than fits the cache; then the volume. */
static void a_full_volume_says_so(void)
{
	static char data[65536];
	struct remote f = must_open("filler", FILE_OPEN_WRITE | FILE_CREATE);
	uint64_t at = 0;
	int64_t n = sizeof(data), outcome;

	for (; n > 0 && at < 1ull << 30; at += (uint64_t)n)
		n = put(&f, at, data, sizeof(data));
	CHECK(n == -ENOSPC && at > 10 << 20);
	CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0); /* what was taken has a place */
	finish(&f);
	CHECK(drop("filler", 0) == 0 && has_text("b", "B"));
	write_text("after", "room again");
}

static void the_disk_driver_may_die(void)
{
	struct remote devices, f = must_open("dying", BOTH | FILE_CREATE);
	char data[20000], got[20000];
	uint32_t index = 0, state, restarts, id, class;
	char bus[32], name[32];
	size_t nbus, nname;
	int64_t outcome;

	CHECK(service_open(&devices, "devices-control", clock_after(PATIENCE)) == OK);
	do
		CHECK(devices_next(&devices, index, &index, &state, &restarts, &id, &class, bus,
				   sizeof(bus), &nbus, name, sizeof(name), &nname) == OK);
	while (nname != 7 || memcmp(name, "block.0", 7) != 0);
	for (unsigned i = 0; i < 3; i++) {
		memset(data, 'a' + (int)i, sizeof(data));
		CHECK(put(&f, i * sizeof(data), data, sizeof(data)) == sizeof(data));
		CHECK(devices_restart(&devices, index) == OK);
		CHECK(file_sync(&f, 0, &outcome) == OK && outcome == 0);
		CHECK(get(&f, i * sizeof(data), got, sizeof(got)) == sizeof(got));
		CHECK(memcmp(data, got, sizeof(got)) == 0);
	}
	finish(&f);
}

/* The root of the volume, as a new client sees it. */
static enum err root_open(int32_t *outcome)
{
	struct remote files;
	enum err e = service_open(&files, "futurafs", clock_after(PATIENCE));

	if (e == OK)
		e = files_line(&files, 1, 0, 0, 0, 0, 127, "", 0, 0, &root.session, outcome);
	return e;
}

static void a_killed_server_comes_back(void)
{
	struct remote init = { .session = cap_need("init") };
	struct remote f = must_open("b", FILE_OPEN_READ);
	int64_t outcome;
	int32_t opened = -1;
	char byte;

	write_text("synced", "still here");
	CHECK(file_sync_all(&root, &outcome) == OK && outcome == 0);
	CHECK(init_kill(&init, "fsd", 3) == OK);
	CHECK(file_read(&f, 0, &byte, 1, &outcome) == ERR_PEER_CLOSED);
	finish(&f);
	finish(&root);
	CHECK(root_open(&opened) == OK && opened == 0);
	CHECK(has_text("synced", "still here") && has_text("b", "B"));
	CHECK(look("dying").size == 60000);
}

static void all_is_safe(void)
{
	int64_t outcome;

	CHECK(file_sync_all(&root, &outcome) == OK && outcome == 0);
}

/* The second life. */
static void all_is_still_there(void)
{
	char *got = malloc(LARGE);
	char text[8];

	CHECK(got != nullptr);
	struct remote f = must_open("kept", FILE_OPEN_READ);
	for (size_t at = 0; at < LARGE; at += 1 << 20)
		CHECK(get(&f, at, got + at, 1 << 20) == 1 << 20);
	for (size_t i = 0; i < LARGE; i++)
		CHECK(got[i] == pattern(i));
	finish(&f);
	f = must_open("mapped", FILE_OPEN_READ);
	CHECK(get(&f, 39 * PAGE, text, 6) == 6 && memcmp(text, "mapped", 6) == 0);
	CHECK(get(&f, 20 * PAGE, text, 5) == 5 && memcmp(text, "later", 5) == 0);
	finish(&f);
	CHECK(has_text("b", "B") && has_text("many/499", "many/499") &&
	      has_text("after", "room again"));
	CHECK(look("kept").mode == (S_IFREG | 0751) && look("filler").outcome == -ENOENT);
	CHECK(look("dying").size == 60000 && look("sub/words").outcome == -ENOENT);
	free(got);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "fsd.files_keep_what_is_written", files_keep_what_is_written },
	{ "fsd.names_come_and_go", names_come_and_go },
	{ "fsd.places_are_known", places_are_known },
	{ "fsd.sizes_change_and_leave_zeros", sizes_change_and_leave_zeros },
	{ "fsd.mappings_and_calls_see_the_same", mappings_and_calls_see_the_same },
	{ "fsd.writes_before_a_mapping_are_written_once",
	  writes_before_a_mapping_are_written_once },
	{ "fsd.attributes_are_kept", attributes_are_kept },
	{ "fsd.directories_are_listed_whole", directories_are_listed_whole },
	{ "fsd.a_full_volume_says_so", a_full_volume_says_so },
	{ "fsd.the_disk_driver_may_die", the_disk_driver_may_die },
	{ "fsd.a_killed_server_comes_back", a_killed_server_comes_back },
	{ "fsd.all_is_safe", all_is_safe },
}, again[] = { { "fsd.all_is_still_there", all_is_still_there } };

static unsigned run(const struct test *t, unsigned n)
{
	static unsigned nfailed;

	print("plan %u\n", n);
	for (unsigned i = 0; i < n; i++) {
		if (setjmp(failed) == 0) {
			t[i].run();
			print("ok %s\n", t[i].name);
		} else {
			print("not ok %s: %s\n", t[i].name, why);
			nfailed++;
		}
	}
	return nfailed;
}

int main(int argc, char **)
{
	int32_t outcome = -1;
	enum err e = root_open(&outcome);

	if (e != OK || outcome != 0)
		panic("no file system: %s, %d", error_name(e), outcome);
	return argc > 1 ? run(again, 1) > 0 : run(tests, sizeof(tests) / sizeof(*tests)) > 0;
}
