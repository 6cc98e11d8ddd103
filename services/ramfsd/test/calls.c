/* SPDX-License-Identifier: MPL-2.0 */
/* Calls of a file server, in the form that tests like. */
#include <stdlib.h>
#include "services/ramfsd/test/fixture.h"

struct remote line_make(struct remote *files, uint32_t uid, uint32_t gid, uint32_t capabilities,
			fut_handle root)
{
	struct remote line = {};
	int32_t outcome;

	CHECK(files_line(files, 1, uid, gid, uid, gid,
			 capabilities | capabilities * FILES_CAPABILITY_REAL, "", 0, root,
			 &line.session, &outcome) == OK);
	CHECK(outcome == 0);
	return line;
}

struct answer do_open(struct remote *at, const char *path, uint32_t flags, uint32_t permissions)
{
	struct answer a = {};
	int32_t outcome;

	CHECK(file_open(at, flags, permissions, path, strlen(path), &a.session, &outcome, &a.slot,
			&a.node, &a.size, &a.mode, a.rest, sizeof(a.rest), &a.rest_len) == OK);
	a.outcome = outcome;
	a.rest[a.rest_len] = '\0';
	return a;
}

struct remote must_open(struct remote *at, const char *path, uint32_t flags)
{
	struct answer a = do_open(at, path, flags, 0644);

	CHECK(a.outcome == 0);
	return (struct remote){ .session = a.session };
}

int do_make(struct remote *at, const char *path, uint32_t mode, uint64_t rdev)
{
	char rest[4001];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_make(at, mode, 0, rdev, path, strlen(path), nullptr, 0, &node, &outcome, rest,
			sizeof(rest), &len) == OK);
	return outcome;
}

int do_mkdir(struct remote *at, const char *path, uint32_t mode)
{
	return do_make(at, path, S_IFDIR | mode, 0);
}

int do_symlink(struct remote *at, const char *target, const char *path)
{
	char rest[4001];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_make(at, S_IFLNK, 0, 0, path, strlen(path), target, strlen(target), &node,
			&outcome, rest, sizeof(rest), &len) == OK);
	return outcome;
}

int do_remove(struct remote *at, const char *path, uint32_t flags)
{
	char rest[4001];
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_remove(at, flags, path, strlen(path), &node, &outcome, rest, sizeof(rest),
			  &len) == OK);
	return outcome;
}

int do_rename(struct remote *at, const char *path, const char *to, uint32_t flags)
{
	char rest[4001];
	uint32_t which;
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_rename(at, flags, path, strlen(path), to, strlen(to), 0, &node, &outcome, &which,
			  rest, sizeof(rest), &len) == OK);
	return outcome;
}

int do_link(struct remote *at, const char *path, const char *to)
{
	char rest[4001];
	uint32_t which;
	uint64_t node;
	int32_t outcome;
	size_t len;

	CHECK(file_link(at, 0, path, strlen(path), to, strlen(to), 0, &node, &outcome, &which, rest,
			sizeof(rest), &len) == OK);
	return outcome;
}

void must_write(struct remote *at, const char *path, const char *text)
{
	struct remote f = must_open(at, path, FILE_OPEN_WRITE | FILE_CREATE | FILE_TRUNCATE);
	int64_t outcome;

	CHECK(file_write(&f, FILE_AT_STATE, text, strlen(text), &outcome) == OK);
	CHECK(outcome == (int64_t)strlen(text));
	fixture_close(f.session);
}

bool has_text(struct remote *at, const char *path, const char *text)
{
	struct remote f = must_open(at, path, FILE_OPEN_READ);
	char *got = malloc(strlen(text) + 2);
	int64_t outcome = -1;

	CHECK(file_read(&f, FILE_AT_STATE, got, strlen(text) + 1, &outcome) == OK);
	bool same = outcome == (int64_t)strlen(text) && memcmp(got, text, strlen(text)) == 0;
	free(got);
	fixture_close(f.session);
	return same;
}

struct description do_stat(struct remote *at, const char *path, uint32_t flags)
{
	struct description d = {};
	int64_t btime;
	uint32_t block_size;
	char rest[3901];
	size_t len;

	CHECK(file_stat(at, flags, path, strlen(path), &d.size, &d.blocks, &d.atime, &d.mtime,
			&d.ctime, &btime, &d.node, &d.device, &d.rdev, &d.outcome, &d.mode,
			&d.nlink, &d.uid, &d.gid, &block_size, rest, sizeof(rest), &len) == OK);
	return d;
}
