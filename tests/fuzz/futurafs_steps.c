/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes what FuturaFS is asked to do: steps drawn from the input, compared with the oracle. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/model.h"
#include "futurafs/test/ram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fs_config config = { .cache_bytes = 64 << 10, .inodes = 16 };

/* Six bytes a step. */
static struct step step_read(const uint8_t *b)
{
	static const char *const paths[] = { "foo",   "bar", "A",     "B",     "A/foo", "A/bar",
					     "B/foo", "A/C", "A/C/x", "B/bar", "link",  "x" };
	struct step s = { .act = (enum act)(b[0] % ACTS),
			  .a = (uint64_t)b[3] * 257,
			  .b = (uint64_t)(b[4] & 63) * 131 + 1,
			  .c = b[5] };

	snprintf(s.path, sizeof(s.path), "%s", paths[b[1] % 12]);
	snprintf(s.path2, sizeof(s.path2), "%s", paths[b[2] % 12]);
	if (s.act == ACT_RENAME)
		s.b = b[4] % 3;
	if (s.act == ACT_SETXATTR)
		s.b = b[4] & 127;
	if (s.act == ACT_CHMOD)
		s.a &= 0777;
	if (s.act == ACT_ALLOCATE)
		s.c &= 1;
	return s;
}

static void fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	abort();
}

static void compare(struct fs *fs, struct model *m)
{
	struct fs_check check = { .data = true };
	char *is = volume_dump(fs), *should = model_dump(m);

	if (strcmp(is, should) != 0)
		fail("differs from the oracle");
	if (fs_check(fs, &check) != FS_OK || check.problems > 0)
		fail("has problems");
	free(is);
	free(should);
}

static struct fs *reopen(struct fs *fs, struct fs_device *dev)
{
	if (fs_sync(fs) != FS_OK)
		fail("does not sync");
	fs_abandon(fs);
	if (fs_mount(dev, &test_host, &config, &fs) != FS_OK)
		fail("does not mount");
	return fs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fs_format format = {
		.block_size = 1024, .segment_blocks = 16, .segments = 128, .uuid = "fuzzed steps"
	};
	struct model *m = model_create();
	struct ram r;
	struct fs *fs;

	ram_init(&r, 128 * 17 * 1024);
	struct fs_device dev = ram_device(&r);
	if (fs_make(&dev, &test_host, &format) != FS_OK ||
	    fs_mount(&dev, &test_host, &config, &fs) != FS_OK)
		fail("cannot begin");
	for (; size >= 6; data += 6, size -= 6) {
		struct step s = step_read(data);
		enum fs_err is = volume_do(fs, &s), should = model_do(m, &s);

		if (is != should)
			fail("answers differ");
		if (data[5] % 16 == 15)
			fs = reopen(fs, &dev);
	}
	compare(fs, m);
	fs = reopen(fs, &dev);
	compare(fs, m);
	fs_abandon(fs);
	model_destroy(m);
	ram_fini(&r);
	return 0;
}
