/* SPDX-License-Identifier: MPL-2.0 */
/*
 * For tests of ramfsd by its clients' stubs. They run on this machine over a kernel made for tests,
 * and in the guest over the real one: <test-frame/test.h> is lib/test or tests/native.
 */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <test-frame/test.h>
#include "posix/abi/state.h"
#include "protocol/file.h"
#include "protocol/files.h"

/* A ramfsd with an empty tree but for what fill_standard makes; the session that posixd would have.
 */
struct remote fixture_start(void);
void fixture_end(struct remote *files);
/* Memory of the object, mapped until the end of the test. */
void *fixture_map(fut_handle memory, uint64_t size, uint32_t access);
/* Close a client's handle. If it is a session's last the server has heard of it when this returns.
 */
void fixture_close(fut_handle handle);

/* A line, in world 1, at the root. `capabilities` may have FILES_LINE_MOUNT. */
struct remote line_make(struct remote *files, uint32_t uid, uint32_t gid, uint32_t capabilities,
			fut_handle root);
constexpr uint32_t ROOT_CAPABILITIES = FILES_CAPABILITY_OVERRIDE | FILES_CAPABILITY_OWNER |
				       FILES_CAPABILITY_CHOWN | FILES_CAPABILITY_DEVICE |
				       FILES_CAPABILITY_MOUNT | FILES_CAPABILITY_READ |
				       FILES_CAPABILITY_SET_ID;

/* What a call said; with a jump, how it goes on. */
struct answer {
	int64_t outcome;
	fut_handle session;
	uint32_t slot, mode, which;
	uint64_t node, size;
	char rest[4001];
	size_t rest_len;
};

struct answer do_open(struct remote *at, const char *path, uint32_t flags, uint32_t permissions);
/* The session; the test fails if there is none. */
struct remote must_open(struct remote *at, const char *path, uint32_t flags);
int do_mkdir(struct remote *at, const char *path, uint32_t mode);
int do_make(struct remote *at, const char *path, uint32_t mode, uint64_t rdev);
int do_symlink(struct remote *at, const char *target, const char *path);
int do_remove(struct remote *at, const char *path, uint32_t flags);
int do_rename(struct remote *at, const char *path, const char *to, uint32_t flags);
int do_link(struct remote *at, const char *path, const char *to);
/* A file with this text. */
void must_write(struct remote *at, const char *path, const char *text);
/* Does it have this text? */
bool has_text(struct remote *at, const char *path, const char *text);

struct description {
	int outcome;
	uint32_t mode, nlink, uid, gid;
	uint64_t size, node, rdev, blocks, device;
	int64_t atime, mtime, ctime;
};
struct description do_stat(struct remote *at, const char *path, uint32_t flags);
