/* SPDX-License-Identifier: MPL-2.0 */
/* Contents: offsets that are shared, sizes, holes, memory; pipes, doors, locks, mounts, limits. */
#include <unistd.h>
#include "posix/abi/pipe.h"
#include "services/ramfsd/test/fixture.h"

constexpr uint32_t BOTH = FILE_OPEN_READ | FILE_OPEN_WRITE;

static int64_t do_write(struct remote *f, uint64_t offset, const void *from, size_t n)
{
	int64_t outcome;

	CHECK(file_write(f, offset, from, n, &outcome) == OK);
	return outcome;
}

static int64_t do_read(struct remote *f, uint64_t offset, void *to, size_t n)
{
	int64_t outcome;

	CHECK(file_read(f, offset, to, n, &outcome) == OK);
	return outcome;
}

static int64_t do_seek(struct remote *f, uint64_t offset, uint32_t whence)
{
	int64_t outcome;

	CHECK(file_seek(f, offset, whence, &outcome) == OK);
	return outcome;
}

static int do_truncate(struct remote *f, uint64_t size)
{
	char rest[3901];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_change(f, size, 0, 0, FILE_CHANGE_SIZE, 0, 0, 0, 0, "", 0, &node, &outcome, rest,
			  sizeof(rest), &len) == OK);
	return outcome;
}

TEST(ramfs, the_offset_is_in_the_slot_and_moves)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct answer a = do_open(&root, "f", BOTH | FILE_CREATE, 0644);
	struct remote f = { .session = a.session };
	fut_handle table;
	int32_t outcome;
	char got[8];

	CHECK(a.outcome == 0);
	CHECK(file_states(&f, a.slot / FILE_SLOTS_PER_TABLE, &table, &outcome) == OK);
	CHECK(outcome == 0);
	struct file_state *states = fixture_map(table, 1 << 20, MAP_READ | MAP_WRITE);
	struct file_state *state = &states[a.slot % FILE_SLOTS_PER_TABLE];
	CHECK(do_write(&f, FILE_AT_STATE, "abcdef", 6) == 6);
	CHECK(state->offset == 6);
	state->offset = 2;
	CHECK(do_read(&f, FILE_AT_STATE, got, 3) == 3 && memcmp(got, "cde", 3) == 0);
	CHECK(state->offset == 5);
	CHECK(do_read(&f, FILE_AT_STATE, got, 8) == 1 && state->offset == 6);
	CHECK(do_read(&f, FILE_AT_STATE, got, 8) == 0 && state->offset == 6);
	state->status = STATUS_APPEND;
	CHECK(do_write(&f, 0, "g", 1) == 1 && do_stat(&f, "", 0).size == 7);
	CHECK(do_seek(&f, (uint64_t)-2, SEEK_END) == 5 && state->offset == 5);
	CHECK(do_seek(&f, (uint64_t)-6, SEEK_CUR) == -EINVAL);
	CHECK(file_states(&f, 7, &table, &outcome) == OK && outcome == -EINVAL);
	fixture_close(f.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, sessions_allow_only_what_they_were_opened_for)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote w = must_open(&root, "f", FILE_OPEN_WRITE | FILE_CREATE);
	struct remote r = must_open(&root, "f", FILE_OPEN_READ);
	struct remote p = must_open(&root, "f", FILE_PATH);
	fut_handle memory;
	uint32_t lent;
	int32_t outcome;
	char byte = 0;

	CHECK(do_read(&w, 0, &byte, 1) == -EBADF);
	CHECK(do_write(&r, 0, &byte, 1) == -EBADF);
	CHECK(do_truncate(&r, 0) == -EINVAL);
	CHECK(do_read(&p, 0, &byte, 1) == -EBADF && do_seek(&p, 0, SEEK_SET) == -EBADF);
	CHECK(file_contents(&p, 1, &memory, &outcome, &lent) == OK && outcome == -EBADF);
	CHECK(file_size_page(&p, &memory, &outcome) == OK && outcome == -EBADF);
	CHECK(do_read(&root, 0, &byte, 1) == -EBADF);
	struct remote d = must_open(&root, "dev", FILE_OPEN_READ);
	CHECK(do_read(&d, 0, &byte, 1) == -EISDIR);
	fixture_close(w.session);
	fixture_close(r.session);
	fixture_close(p.session);
	fixture_close(d.session);
	fixture_close(root.session);
	fixture_end(&files);
}

static int32_t window_of(struct remote *f, fut_handle *memory)
{
	int32_t outcome;

	CHECK(file_window(f, memory, &outcome) == OK);
	return outcome;
}

TEST(ramfs, times_are_true_of_what_is_written_by_a_window)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "f", BOTH | FILE_CREATE);
	struct remote r = must_open(&root, "f", FILE_OPEN_READ);
	fut_handle memory, table;
	int32_t outcome;

	CHECK(do_write(&f, 0, "text", 4) == 4 && window_of(&r, &memory) == -EBADF);
	CHECK(window_of(&f, &memory) == 0);
	char *mapped = fixture_map(memory, 4096, MAP_READ | MAP_WRITE);
	CHECK(file_states(&f, 0, &table, &outcome) == OK && outcome == 0);
	struct file_state *states = fixture_map(table, 4096, MAP_READ | MAP_WRITE);
	int64_t before = do_stat(&f, "", 0).mtime;
	mapped[1] = 'E';
	states[0].written = before + 1; /* `f` was the first that was opened */
	CHECK(do_stat(&r, "", 0).mtime == before + 1 && states[0].written == 0);
	CHECK(has_text(&root, "f", "tExt"));
	states[0].written = INT64_MAX; /* a liar's is now at most */
	CHECK(do_stat(&r, "", 0).mtime < INT64_MAX && do_stat(&r, "", 0).mtime > before);

	CHECK(do_truncate(&f, 3 * 4096) == 0); /* leaves holes */
	struct remote again = must_open(&root, "f", BOTH);
	CHECK(window_of(&again, &memory) == -ENODEV);
	fixture_close(again.session);
	fixture_close(f.session);
	fixture_close(r.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, mapped_contents_are_what_is_read_and_written)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "f", BOTH | FILE_CREATE);
	static char large[10000], got[10000];
	fut_handle memory, page;
	uint32_t lent;
	int32_t outcome;

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)(i * 7 + i / 256);
	CHECK(do_write(&f, 0, large, sizeof(large)) == sizeof(large));
	CHECK(file_contents(&f, 1, &memory, &outcome, &lent) == OK && outcome == 0);
	CHECK(file_size_page(&f, &page, &outcome) == OK && outcome == 0);
	char *mapped = fixture_map(memory, 3 * 4096, MAP_READ | MAP_WRITE);
	const uint64_t *size = fixture_map(page, 4096, MAP_READ);
	CHECK(memcmp(mapped, large, sizeof(large)) == 0 && *size == sizeof(large));
	mapped[5000] = 'M';
	CHECK(do_read(&f, 5000, got, 1) == 1 && got[0] == 'M');

	/* What is written past the end is not there when the file grows over it. */
	mapped[sizeof(large)] = 'X';
	CHECK(do_write(&f, sizeof(large) + 1, "end", 3) == 3 && *size == sizeof(large) + 4);
	CHECK(do_read(&f, sizeof(large), got, 4) == 4 && memcmp(got, "\0end", 4) == 0);
	CHECK(do_truncate(&f, 4097) == 0 && *size == 4097);
	CHECK(do_truncate(&f, 9000) == 0);
	CHECK(do_read(&f, 4096, got, 10000) == 9000 - 4096);
	CHECK(got[0] == large[4096] && got[1] == 0 && got[100] == 0);
	CHECK(do_truncate(&f, 0) == 0 && do_write(&f, 0, "again", 5) == 5);
	CHECK(memcmp(mapped, "again", 6) == 0);
	fixture_close(f.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, holes_are_found_and_made)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "f", BOTH | FILE_CREATE);
	constexpr uint64_t FAR = 1ull << 30;
	int64_t outcome;
	char got[2] = {};

	CHECK(do_truncate(&f, FAR) == 0 && do_stat(&f, "", 0).blocks == 0);
	CHECK(do_read(&f, FAR / 2, got, 2) == 2 && got[0] == 0);
	CHECK(do_seek(&f, 0, SEEK_DATA) == -ENXIO && do_seek(&f, 5, SEEK_HOLE) == 5);
	CHECK(do_write(&f, 0, "ab", 2) == 2);
	CHECK(do_write(&f, 20 * 4096 + 100, "cd", 2) == 2);
	CHECK(do_stat(&f, "", 0).blocks == 16);
	CHECK(do_seek(&f, 1, SEEK_DATA) == 1 && do_seek(&f, 0, SEEK_HOLE) == 4096);
	CHECK(do_seek(&f, 4096, SEEK_DATA) == 20 * 4096);
	CHECK(do_seek(&f, FAR, SEEK_DATA) == -ENXIO);
	CHECK(file_allocate(&f, 3, 1, 20 * 4096 + 100, &outcome) == OK && outcome == 0);
	CHECK(do_read(&f, 0, got, 2) == 2 && got[0] == 'a' && got[1] == 0);
	CHECK(do_read(&f, 20 * 4096 + 100, got, 2) == 2 && got[0] == 0 && got[1] == 'd');
	CHECK(file_allocate(&f, 0, FAR, 5000, &outcome) == OK && outcome == 0);
	CHECK(do_stat(&f, "", 0).size == FAR + 5000);
	CHECK(file_allocate(&f, 8, 0, 4096, &outcome) == OK && outcome == -EOPNOTSUPP);
	CHECK(file_allocate(&f, 0, 0, 0, &outcome) == OK && outcome == -EINVAL);
	CHECK(do_write(&f, (uint64_t)INT64_MAX, "x", 1) == -EFBIG);
	fixture_close(f.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, a_fifo_counts_who_has_it_open)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	fut_handle memory, event;
	uint32_t seen;

	CHECK(do_make(&root, "fifo", S_IFIFO | 0666, 0) == 0);
	struct remote r = must_open(&root, "fifo", FILE_OPEN_READ);
	CHECK(file_pipe(&r, &memory, &event, &seen) == OK && seen == 0);
	const struct pipe_shared *pipe = fixture_map(memory, PIPE_HEADER, MAP_READ | MAP_WRITE);
	CHECK(pipe->size == PIPE_SIZE && pipe->fifo == 1);
	CHECK(pipe->read.opened == 1 && pipe->write.opened == 0);
	struct remote w = must_open(&root, "fifo", FILE_OPEN_WRITE);
	CHECK(pipe->write.opened == 1 && pipe->write.ever == 1);
	fixture_close(w.session);
	CHECK(file_seek(&r, 0, SEEK_CUR, &(int64_t){ 0 }) == OK); /* the server has heard of it */
	CHECK(pipe->write.opened == 0 && pipe->write.ever == 1);
	CHECK(file_pipe(&root, &memory, &event, &seen) == ERR_BAD_STATE);
	fixture_close(event);
	fixture_close(r.session);
	fixture_close(root.session);
	fixture_end(&files);
}

struct held {
	int32_t outcome;
	uint64_t start, length;
	uint32_t pid, type;
};

static struct held do_lock(struct remote *f, uint64_t owner, uint32_t kind, uint32_t type,
			   uint64_t start, uint64_t length)
{
	struct held h;

	CHECK(file_lock(f, owner, start, length, type, kind, 7, &h.start, &h.length, &h.pid,
			&h.type, &h.outcome) == OK);
	return h;
}

TEST(ramfs, record_locks_split_join_conflict_and_end_with_their_owner)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	struct remote f = must_open(&root, "f", BOTH | FILE_CREATE);
	fut_handle token1, token2;
	uint64_t one, two;
	int32_t outcome;

	CHECK(file_owner(&f, &token1, &one, &outcome) == OK && outcome == 0);
	CHECK(file_owner(&f, &token2, &two, &outcome) == OK && outcome == 0 && one != two);
	CHECK(do_lock(&f, one, FILE_LOCK_RECORD, FILE_LOCK_EXCLUSIVE, 0, 100).outcome == 0);
	struct held h = do_lock(&f, two, FILE_LOCK_RECORD, FILE_LOCK_SHARED, 50, 0);
	CHECK(h.outcome == -EAGAIN && h.start == 0 && h.length == 100 && h.pid == 7);
	CHECK(do_lock(&f, one, FILE_LOCK_RECORD, FILE_LOCK_NONE, 40, 20).outcome == 0);
	CHECK(do_lock(&f, two, FILE_LOCK_RECORD, FILE_LOCK_EXCLUSIVE, 40, 20).outcome == 0);
	h = do_lock(&f, two, FILE_LOCK_RECORD | FILE_LOCK_TEST, FILE_LOCK_SHARED, 60, 1);
	CHECK(h.outcome == 0 && h.type == FILE_LOCK_EXCLUSIVE && h.start == 60 && h.length == 40);
	h = do_lock(&f, two, FILE_LOCK_RECORD | FILE_LOCK_TEST, FILE_LOCK_SHARED, 100, 1);
	CHECK(h.outcome == 0 && h.type == FILE_LOCK_NONE);
	/* flock's are another world. */
	CHECK(do_lock(&f, 0, FILE_LOCK_WHOLE, FILE_LOCK_EXCLUSIVE, 0, 0).outcome == 0);
	struct remote g = must_open(&root, "f", BOTH);
	CHECK(do_lock(&g, 0, FILE_LOCK_WHOLE, FILE_LOCK_SHARED, 0, 0).outcome == -EAGAIN);
	CHECK(do_lock(&g, 0, FILE_LOCK_DESCRIPTION, FILE_LOCK_SHARED, 0, 10).outcome == -EAGAIN);
	fixture_close(token1);
	CHECK(do_lock(&g, 0, FILE_LOCK_DESCRIPTION, FILE_LOCK_SHARED, 0, 40).outcome == 0);
	CHECK(do_lock(&g, 0, FILE_LOCK_DESCRIPTION, FILE_LOCK_SHARED, 0, 41).outcome == -EAGAIN);
	fixture_close(f.session);
	CHECK(do_lock(&g, 0, FILE_LOCK_WHOLE, FILE_LOCK_SHARED, 0, 0).outcome == 0);
	CHECK(do_lock(&g, one, FILE_LOCK_RECORD, FILE_LOCK_SHARED, 0, 1).outcome == -EINVAL);
	fixture_close(token2);
	fixture_close(g.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, walks_leave_at_mounts_and_at_a_mounts_root)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	int32_t outcome;
	fut_handle handle;

	CHECK(do_mkdir(&root, "mnt", 0755) == 0 && do_mkdir(&root, "mnt/below", 0755) == 0);
	struct remote mnt = must_open(&root, "mnt", FILE_PATH);
	struct remote user = line_make(&files, 1, 1, 0, 0);
	struct remote users = must_open(&user, "mnt", FILE_PATH);
	CHECK(file_mount(&users, 9, &outcome) == OK && outcome == -EPERM);
	CHECK(file_mount(&mnt, 9, &outcome) == OK && outcome == 0);
	struct answer a = do_open(&root, "dev/../mnt//below/x", FILE_OPEN_READ, 0);
	CHECK(a.outcome == FILE_JUMP_MOUNT && a.node == 9 && strcmp(a.rest, "below/x") == 0);
	CHECK(do_stat(&user, "mnt", 0).outcome == FILE_JUMP_MOUNT);
	CHECK(do_stat(&root, "mnt", FILE_NO_CROSS).outcome == -EXDEV);
	CHECK(do_remove(&root, "mnt", FILE_REMOVE_DIRECTORY) == -EBUSY);
	CHECK(do_rename(&root, "mnt", "other", 0) == -EBUSY);
	CHECK(file_mount(&mnt, 0, &outcome) == OK && outcome == 0);
	CHECK(do_stat(&user, "mnt", 0).outcome == 0);

	/* Another file system, as if mounted. */
	CHECK(files_make(&files, FILES_KIND_TMPFS, 0777, 5, 5, 8 * 4096, 3, &handle, &outcome) ==
	      OK);
	CHECK(outcome == 0);
	struct remote fs = line_make(&files, 0, 0, ROOT_CAPABILITIES | FILES_LINE_MOUNT, handle);
	CHECK(do_stat(&fs, "/", 0).uid == 5);
	CHECK(do_stat(&fs, "/", 0).device != do_stat(&root, "/", 0).device);
	a = do_open(&fs, "../x", FILE_OPEN_READ, 0);
	CHECK(a.outcome == FILE_JUMP_UP && strcmp(a.rest, "../x") == 0);
	CHECK(do_symlink(&fs, "/etc/x", "abs") == 0);
	a = do_open(&fs, "abs", FILE_OPEN_READ, 0);
	CHECK(a.outcome == FILE_JUMP_ROOT && strcmp(a.rest, "etc/x") == 0);
	must_write(&fs, "f", "in a file system of its own");
	CHECK(do_mkdir(&fs, "toomany", 0755) == -ENOSPC);
	struct remote f = must_open(&fs, "f", BOTH);
	static char pages[12 * 4096];
	memset(pages, 'p', sizeof(pages));
	CHECK(do_write(&f, 0, pages, 8 * 4096) == 8 * 4096);
	CHECK(do_write(&f, 8 * 4096, pages, 1) == -ENOSPC);
	CHECK(do_write(&f, 0, pages, 4096) == 4096);
	CHECK(do_truncate(&f, 0) == 0 && do_write(&f, 0, pages, 4096) == 4096);
	fixture_close(f.session);
	fixture_close(fs.session);
	fixture_close(users.session);
	fixture_close(user.session);
	fixture_close(mnt.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, who_has_another_root_does_not_climb_above_it)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	char path[100];
	int32_t outcome;
	size_t len;

	CHECK(do_mkdir(&root, "jail", 0755) == 0 && do_mkdir(&root, "jail/d", 0755) == 0);
	CHECK(do_symlink(&root, "/d", "jail/d/up") == 0);
	must_write(&root, "jail/here", "inside");
	fut_handle door = must_open(&root, "jail", FILE_PATH).session;
	struct remote jail = line_make(&files, 0, 0, ROOT_CAPABILITIES, door);
	CHECK(has_text(&jail, "../../here", "inside") &&
	      has_text(&jail, "/d/up/../here", "inside"));
	CHECK(do_stat(&jail, "/jail", 0).outcome == -ENOENT);
	struct remote d = must_open(&jail, "d", FILE_PATH);
	CHECK(file_place(&d, &outcome, path, sizeof(path), &len) == OK);
	CHECK(outcome == 0 && len == 2 && memcmp(path, "/d", 2) == 0);

	/* The same directory for another line. */
	fut_handle session;
	CHECK(file_as(&d, must_open(&root, "dev", FILE_PATH).session, &session, &outcome) == OK);
	CHECK(outcome == 0);
	struct remote as = { .session = session };
	CHECK(do_stat(&as, "../../jail", 0).outcome == 0);
	fixture_close(session);
	fixture_close(d.session);
	fixture_close(jail.session);
	fixture_close(root.session);
	fixture_end(&files);
}

TEST(ramfs, only_posixd_makes_lines)
{
	struct remote files = fixture_start(), root = line_make(&files, 0, 0, ROOT_CAPABILITIES, 0);
	fut_handle session;
	int32_t outcome;

	CHECK(files_line(&root, 1, 0, 0, 0, 0, 0, "", 0, 0, &session, &outcome) == ERR_DENIED);
	CHECK(files_make(&root, FILES_KIND_TMPFS, 0777, 0, 0, 0, 0, &session, &outcome) ==
	      ERR_DENIED);
	CHECK(file_seek(&files, 0, 0, &(int64_t){ 0 }) == ERR_BAD_STATE);
	fixture_close(root.session);
	fixture_end(&files);
}
