/* SPDX-License-Identifier: MPL-2.0 */
/* A device that fails: at every request in turn, once or from there on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/model.h"
#include "futurafs/test/ram.h"
#include "futurafs/test/random_steps.h"
#include "lib/test/test.h"

constexpr unsigned STEPS = 150;
static const struct fs_config config = { .cache_bytes = 64 << 10, .inodes = 16 };

static void volume_make(struct ram *r)
{
	const struct fs_format format = {
		.block_size = 1024, .segment_blocks = 16, .segments = 96, .uuid = "error test vol"
	};

	ram_init(r, 2 << 20);
	struct fs_device dev = ram_device(r);
	CHECK(fs_make(&dev, &test_host, &format) == FS_OK);
}

/* After the failure: sound once the device is, and showing what the oracle showed at some step. */
static bool volume_recovers(struct fs_device *dev, uint64_t *hashes, unsigned low, unsigned high)
{
	struct fs_check check = { .data = true };
	bool known = false;
	struct fs *fs;

	if (fs_mount(dev, &test_host, &config, &fs) != FS_OK)
		return false;
	char *text = volume_dump(fs);
	uint64_t h = text_hash(text, strlen(text));
	for (unsigned i = low; i <= high; i++)
		known = known || hashes[i] == h;
	free(text);
	bool sound = fs_check(fs, &check) == FS_OK && check.problems == 0;
	fs_abandon(fs);
	return known && sound;
}

/* One run with request `fail_at` failing. `*more`: the run got as far as that request. */
static bool run(struct ram *r, uint64_t seed, uint64_t fail_at, bool from, bool *more)
{
	struct fs_device dev = ram_device(r);
	struct model *m = model_create();
	uint64_t hashes[STEPS + 2];
	unsigned n = 0, safe = 0;
	bool failed = false, good = true;
	struct fs *fs = nullptr;
	char *text = model_dump(m);

	hashes[0] = text_hash(text, strlen(text));
	free(text);
	r->requests = 0;
	r->fail_at = fail_at;
	r->fail_from = from;
	if (fs_mount(&dev, &test_host, &config, &fs) != FS_OK)
		fs = nullptr;
	for (unsigned i = 0; fs != nullptr && i < STEPS && !failed; i++) {
		struct step s = step_random(&seed, 8192);
		enum fs_err is = volume_do(fs, &s);

		failed = is == FS_IO || is == FS_READ_ONLY;
		enum fs_err should = model_do(m, &s);
		good = good && (failed || is == should);
		text = model_dump(m);
		hashes[++n] = text_hash(text, strlen(text));
		free(text);
		if (is == FS_OK && (s.act == ACT_SYNC || s.act == ACT_CHECKPOINT))
			safe = n;
	}
	if (fs != nullptr)
		fs_abandon(fs);
	*more = r->requests >= fail_at;
	r->fail_at = 0;
	good = good && volume_recovers(&dev, hashes, safe, n);
	model_destroy(m);
	return good;
}

static void run_all(bool from)
{
	unsigned runs = 0;

	for (uint64_t seed = 40; seed < 60; seed++) {
		bool more = true;
		struct ram r;

		volume_make(&r);
		for (uint64_t fail_at = 1; more; fail_at++, runs++) {
			r.undoing = true;
			bool good = run(&r, seed, fail_at, from, &more);

			ram_rollback(&r);
			r.undoing = false;
			CHECK(good);
			if (!good)
				printf("seed %llu, request %llu: %s\n", (unsigned long long)seed,
				       (unsigned long long)fail_at, report_text);
		}
		ram_fini(&r);
	}
	printf("%u runs\n", runs);
	CHECK(runs > 500);
}

TEST(error, any_one_request_fails)
{
	run_all(false);
}

TEST(error, the_device_dies_at_any_request)
{
	run_all(true);
}

TEST(error, a_volume_whose_write_failed_refuses_to_go_on_and_still_reads)
{
	struct fs_attr attr = { .type = FS_FILE };
	uint64_t ino, other;
	struct ram r;
	struct fs *fs;
	char buf[8];
	size_t done;

	volume_make(&r);
	struct fs_device dev = ram_device(&r);
	CHECK(fs_mount(&dev, &test_host, &config, &fs) == FS_OK);
	CHECK(fs_create(fs, FS_ROOT, "a", 1, &attr, &ino) == FS_OK);
	CHECK(fs_write(fs, ino, 0, "hello", 5, &done) == FS_OK);
	r.fail_at = r.requests + 1;
	CHECK(fs_sync(fs) == FS_IO);
	CHECK(fs_sync(fs) == FS_READ_ONLY);
	CHECK(fs_create(fs, FS_ROOT, "b", 1, &attr, &other) == FS_READ_ONLY);
	CHECK(fs_read(fs, ino, 0, buf, sizeof(buf), &done) == FS_OK);
	CHECK(done == 5 && memcmp(buf, "hello", 5) == 0);
	CHECK(fs_unmount(fs) == FS_READ_ONLY);
	ram_fini(&r);
}

/* --- Memory --- */

constexpr size_t OPERATION = 64 * 1200; /* bytes that the host has for one, when it says so */

struct purse {
	size_t used, most;
};

static void *purse_alloc(void *ctx, size_t len)
{
	struct purse *p = ctx;

	if (p->used + len > p->most)
		return nullptr;
	p->used += len;
	return calloc(1, len > 0 ? len : 1);
}

static void purse_free(void *ctx, void *at, size_t len)
{
	struct purse *p = ctx;

	p->used -= len;
	free(at);
}

static bool purse_ready(void *ctx)
{
	const struct purse *p = ctx;

	return p->used + OPERATION <= p->most;
}

/* Others take memory, more or less of it, and give it back. Returns how often it was too little. */
static unsigned run_short(struct ram *r, uint64_t seed, bool *good)
{
	struct purse purse = { .most = SIZE_MAX };
	struct fs_host host = test_host;
	struct fs_device dev = ram_device(r);
	struct model *m = model_create();
	unsigned nshort = 0;
	struct fs *fs;

	host.ctx = &purse;
	host.alloc = purse_alloc;
	host.free = purse_free;
	host.ready = purse_ready;
	*good = fs_mount(&dev, &host, &config, &fs) == FS_OK;
	for (unsigned i = 0; *good && i < 10 * STEPS; i++) {
		struct step s = step_random(&seed, 8192);

		purse.most = purse.used + random_next(&seed) % (2 * OPERATION);
		enum fs_err is = volume_do(fs, &s);
		purse.most = SIZE_MAX;
		if (is == FS_NO_MEMORY) {
			nshort++;
			is = volume_do(fs, &s);
		}
		*good = is == model_do(m, &s);
	}
	char *was = volume_dump(fs), *should = model_dump(m);
	*good = *good && strcmp(was, should) == 0 && fs_sync(fs) == FS_OK;
	uint64_t hash = text_hash(should, strlen(should));
	free(was);
	free(should);
	fs_abandon(fs);
	*good = *good && purse.used == 0 && volume_recovers(&dev, &hash, 0, 0);
	model_destroy(m);
	return nshort;
}

TEST(error, memory_that_runs_out_is_told_and_harms_nothing)
{
	unsigned nshort = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		bool good;
		struct ram r;

		volume_make(&r);
		nshort += run_short(&r, seed, &good);
		CHECK(good);
		if (!good)
			printf("seed %llu: %s\n", (unsigned long long)seed, report_text);
		ram_fini(&r);
	}
	printf("%u times\n", nshort);
	CHECK(nshort > 500);
}
