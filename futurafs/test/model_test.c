/* SPDX-License-Identifier: MPL-2.0 */
/* Random steps on a volume and on the oracle, compared after every step and every remount. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/model.h"
#include "futurafs/test/ram.h"
#include "futurafs/test/random_steps.h"
#include "lib/test/test.h"

struct geometry {
	uint64_t size;
	uint32_t block_size, segment_blocks, cache;
};

static void problem_print(void *ctx, const struct fs_problem *p)
{
	(void)ctx;
	printf("problem: %s: inode %llu key %llx: %llu %llu\n", fs_problem_text(p->kind),
	       (unsigned long long)p->ino, (unsigned long long)p->off, (unsigned long long)p->a,
	       (unsigned long long)p->b);
}

static bool volume_is_sound(struct fs *fs)
{
	struct fs_check c = { .data = true, .problem = problem_print };

	return fs_check(fs, &c) == FS_OK && c.problems == 0;
}

static bool volume_is(struct fs *fs, struct model *m)
{
	char *is = volume_dump(fs), *should = model_dump(m);
	bool same = strcmp(is, should) == 0;

	if (!same)
		printf("--- is\n%s--- should be\n%s", is, should);
	free(is);
	free(should);
	return same;
}

static bool run(const struct geometry *g, uint64_t seed, unsigned nsteps)
{
	struct fs_format format = { .block_size = g->block_size,
				    .segment_blocks = g->segment_blocks,
				    .uuid = "model test vol" };
	struct fs_config config = { .cache_bytes = g->cache, .inodes = 16 };
	struct ram r;
	struct fs *fs = nullptr;
	struct model *m = model_create();
	uint64_t first = seed;
	bool good;

	ram_init(&r, g->size);
	struct fs_device dev = ram_device(&r);
	good = fs_make(&dev, &test_host, &format) == FS_OK &&
	       fs_mount(&dev, &test_host, &config, &fs) == FS_OK;
	for (unsigned i = 0; good && i < nsteps; i++) {
		struct step s = step_random(&seed, 40000);
		enum fs_err is = volume_do(fs, &s), should = model_do(m, &s);

		good = is == should && volume_is(fs, m);
		if (good && i % 16 == 0)
			good = volume_is_sound(fs);
		if (good && random_next(&seed) % 24 == 0) {
			bool sync = random_next(&seed) % 2 == 0;

			if (sync)
				good = fs_sync(fs) == FS_OK;
			if (sync)
				fs_abandon(fs);
			else
				good = fs_unmount(fs) == FS_OK;
			fs = nullptr;
			good = good && fs_mount(&dev, &test_host, &config, &fs) == FS_OK &&
			       volume_is(fs, m) && volume_is_sound(fs);
		}
		if (!good) {
			printf("seed %llu step %u: is %s, should be %s: ",
			       (unsigned long long)first, i, fs_err_text(is), fs_err_text(should));
			step_print(&s);
		}
	}
	if (fs != nullptr)
		fs_abandon(fs);
	model_destroy(m);
	ram_fini(&r);
	return good;
}

static unsigned rounds(unsigned usual)
{
	const char *s = getenv("ROUNDS");

	return s != nullptr ? (unsigned)atoi(s) * usual : usual;
}

TEST(model, small_blocks_and_segments)
{
	struct geometry g = { 4 << 20, 1024, 16, 64 << 10 };

	for (unsigned i = 0; i < rounds(12); i++)
		CHECK(run(&g, 1000 + i, 300));
}

TEST(model, usual_blocks)
{
	struct geometry g = { 16 << 20, 4096, 32, 0 };

	for (unsigned i = 0; i < rounds(6); i++)
		CHECK(run(&g, 2000 + i, 300));
}

TEST(model, large_blocks)
{
	struct geometry g = { 64 << 20, 16384, 32, 0 };

	for (unsigned i = 0; i < rounds(3); i++)
		CHECK(run(&g, 3000 + i, 200));
}
