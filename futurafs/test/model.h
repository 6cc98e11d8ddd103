/* SPDX-License-Identifier: MPL-2.0 */
/* The oracle: a file system of lists and arrays, too simple to be wrong, and what can be done. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "futurafs/futurafs.h"

enum act : uint8_t {
	ACT_CREATE,
	ACT_MKDIR,
	ACT_SYMLINK, /* to path2 */
	ACT_LINK,    /* path becomes also path2 */
	ACT_UNLINK,
	ACT_RMDIR,
	ACT_RENAME, /* with flags in b */
	ACT_WRITE,  /* a: offset, b: length, c: what */
	ACT_TRUNCATE,
	ACT_PUNCH,
	ACT_ALLOCATE, /* c: keep size */
	ACT_CHMOD,
	ACT_SETXATTR, /* path2: name, b: length, c: what */
	ACT_DELXATTR,
	ACT_SYNC,
	ACT_FSYNC,
	ACT_CHECKPOINT,
	ACT_CLEAN,
	ACT_SNAPSHOT, /* take one, or delete it if there is one: no other effect */
	ACTS,
};

struct step {
	enum act act;
	char path[40], path2[40];
	uint64_t a, b, c;
};

struct model;
struct model *model_create(void);
void model_destroy(struct model *m);
enum fs_err model_do(struct model *m, const struct step *s);
/* All that can be seen, in one canonical text. The caller frees it. */
char *model_dump(struct model *m);

/* The same on a volume. */
enum fs_err volume_do(struct fs *fs, const struct step *s);
char *volume_dump(struct fs *fs);

void step_print(const struct step *s);
/* The byte at `at` of data number `what`. */
uint8_t step_byte(uint64_t what, uint64_t at);

/* Text that grows. */
struct text {
	char *s;
	size_t len, room;
};
[[gnu::format(printf, 2, 3)]] void text_add(struct text *t, const char *format, ...);
uint64_t text_hash(const void *p, size_t len);
