/* SPDX-License-Identifier: MPL-2.0 */
/* Draws random steps. */
#include "futurafs/test/random_steps.h"

#include <stdio.h>

#include "futurafs/test/ram.h"

static void path_random(uint64_t *seed, char *path)
{
	static const char *const dirs[] = { "", "A/", "B/", "A/C/" };
	static const char *const names[] = { "foo", "bar", "x",    "A",
					     "B",   "C",   "link", "a-name-that-is-rather-long" };

	snprintf(path, 40, "%s%s", dirs[random_next(seed) % 4], names[random_next(seed) % 8]);
}

/* Many small ranges, some large; aligned and not. */
static void range_random(uint64_t *seed, struct step *s, uint64_t most)
{
	static const uint64_t sizes[] = { 1,    10,   100,  300,   1000, 1024,
					  1500, 4096, 5000, 16384, 40000 };
	uint64_t len = sizes[random_next(seed) % 11];

	s->b = len < most ? len : most;
	s->a = random_next(seed) % 3 == 0 ? 0 : random_next(seed) % 60000;
	if (random_next(seed) % 2 == 0)
		s->a -= s->a % 1024;
	if (s->a / most != (s->a + s->b - 1) / most) /* within one aligned piece: one operation */
		s->a -= s->a % most;
	s->c = random_next(seed) % 1000;
}

struct step step_random(uint64_t *seed, uint64_t most)
{
	static const enum act acts[] = {
		ACT_CREATE,   ACT_CREATE,   ACT_CREATE,   ACT_MKDIR,  ACT_MKDIR,    ACT_SYMLINK,
		ACT_LINK,     ACT_LINK,     ACT_UNLINK,   ACT_UNLINK, ACT_RMDIR,    ACT_RENAME,
		ACT_RENAME,   ACT_RENAME,   ACT_WRITE,    ACT_WRITE,  ACT_WRITE,    ACT_WRITE,
		ACT_WRITE,    ACT_WRITE,    ACT_TRUNCATE, ACT_PUNCH,  ACT_ALLOCATE, ACT_CHMOD,
		ACT_SETXATTR, ACT_DELXATTR, ACT_SYNC,     ACT_FSYNC,  ACT_TRUNCATE, ACT_CHECKPOINT,
		ACT_CLEAN,
	};
	struct step s = { .act = acts[random_next(seed) % 31] };

	path_random(seed, s.path);
	path_random(seed, s.path2);
	range_random(seed, &s, most);
	if (s.act == ACT_RENAME)
		s.b = random_next(seed) % 4 == 3 ? FS_RENAME_NO_REPLACE : random_next(seed) % 2 * 2;
	if (s.act == ACT_CHMOD)
		s.a = random_next(seed) % 01000;
	if (s.act == ACT_ALLOCATE)
		s.c = random_next(seed) % 2;
	if (s.act == ACT_SETXATTR || s.act == ACT_DELXATTR) {
		snprintf(s.path2, sizeof(s.path2), "user.%c", (char)('a' + random_next(seed) % 4));
		s.b = random_next(seed) % 200;
	}
	return s;
}
