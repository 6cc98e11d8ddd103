/* SPDX-License-Identifier: MPL-2.0 */
/* Records what reaches the device, and replays every part of it that could survive a power cut. */
#include "futurafs/test/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/check.h"
#include "futurafs/test/ram.h"

constexpr unsigned STEPS_MAX = 256, SECTOR = 512, ALL_SUBSETS = 6;

struct crash {
	const struct crash_options *o;
	const struct step *steps;
	unsigned nsteps;
	struct ram recorded, disk;
	uint64_t hash[STEPS_MAX + 1]; /* of the volume after so many steps */
	size_t before[STEPS_MAX + 1]; /* events before step i */
	size_t after[STEPS_MAX + 1];
	bool durable[STEPS_MAX + 1];
	bool refused[STEPS_MAX + 1]; /* for want of space */
	uint64_t seed;
	struct crash_result result;
};

static const struct fs_config crash_config = { .cache_bytes = 64 << 10, .inodes = 16 };

static uint64_t hash_of(char *text)
{
	uint64_t h = text_hash(text, strlen(text));

	free(text);
	return h;
}

/*
 * Does the step promise that all before it is safe? fs_fsync() promises that only for its file, and
 * may rightly write nothing; where it wrote, it wrote everything.
 */
static bool step_is_durable(const struct step *s, enum fs_err e, bool wrote)
{
	return e == FS_OK &&
	       (s->act == ACT_SYNC || s->act == ACT_CHECKPOINT || (s->act == ACT_FSYNC && wrote));
}

static void crash_fail(struct crash *c, const char *why, unsigned low, unsigned high)
{
	c->result.bad++;
	if (c->result.bad > 3)
		return;
	printf("state %llu: %s (steps %u to %u allowed) %s\n", (unsigned long long)c->result.states,
	       why, low, high, report_text);
	for (unsigned i = 0; i < c->nsteps && c->result.bad == 1; i++)
		step_print(&c->steps[i]);
}

/* Is the snapshot, if there is one, whole? */
static bool snapshot_is_sound(struct crash *c)
{
	const struct fs_config config = { .cache_bytes = 64 << 10, .inodes = 16, .snapshot = "s" };
	struct fs_device dev = ram_device(&c->disk);
	struct fs_check check = { .data = true };
	struct fs *fs;

	enum fs_err e = fs_mount(&dev, &test_host, &config, &fs);
	if (e != FS_OK)
		return e == FS_NOT_FOUND;
	e = fs_check(fs, &check);
	fs_abandon(fs);
	return e == FS_OK && check.problems == 0;
}

/* The disk as it is: after which step does it come up? One of those from low to high, or -1. */
static int crash_mount(struct crash *c, unsigned low, unsigned high, enum fs_mount_flags flags)
{
	struct fs_config config = { .flags = flags, .cache_bytes = 64 << 10, .inodes = 16 };
	struct fs_device dev = ram_device(&c->disk);
	struct fs_check check = { .data = true };
	struct fs *fs;
	int known = -1;

	enum fs_err e = fs_mount(&dev, &test_host, &config, &fs);
	if (e != FS_OK) {
		crash_fail(c, fs_err_text(e), low, high);
		return -1;
	}
	char *text = volume_dump(fs);
	uint64_t h = text_hash(text, strlen(text));
	for (unsigned i = low; i <= high; i++)
		if (c->hash[i] == h)
			known = (int)i;
	if (known < 0) {
		crash_fail(c, "no state that was ever there", low, high);
		if (c->result.bad == 1)
			printf("%s", text);
	} else if (fs_check(fs, &check) != FS_OK || check.problems > 0) {
		crash_fail(c, "fsck finds problems", low, high);
	}
	free(text);
	fs_abandon(fs);
	if (known >= 0 && c->o->snapshots && !snapshot_is_sound(c))
		crash_fail(c, "the snapshot is damaged", low, high);
	return known;
}

/* Recovery is cut, too: the device dies at some request of the mount. */
static void crash_recovery(struct crash *c)
{
	struct fs_device dev = ram_device(&c->disk);
	struct fs *fs;

	c->disk.requests = 0;
	c->disk.fail_at = 1 + random_next(&c->seed) % 40;
	c->disk.fail_from = true;
	if (fs_mount(&dev, &test_host, &crash_config, &fs) == FS_OK)
		fs_abandon(fs);
	c->disk.fail_at = 0;
}

/* Steps that the volume may show if `events` events were issued and those to `flushed` are safe. */
static void crash_allowed(const struct crash *c, size_t flushed, size_t events, unsigned *low,
			  unsigned *high)
{
	*low = *high = 0;
	for (unsigned i = 0; i < c->nsteps; i++) {
		if (c->durable[i] && c->after[i] <= flushed)
			*low = i + 1;
		if (c->before[i] < events)
			*high = i + 1;
	}
	if (*high < *low)
		*high = *low;
}

/* What one write leaves if only some of its sectors arrive. */
static void poke_torn(struct crash *c, const struct ram_event *e, unsigned how)
{
	size_t sectors = e->len / SECTOR, cut = random_next(&c->seed) % (sectors + 1);

	for (size_t s = 0; s < sectors; s++) {
		bool arrives = how == 0   ? s < cut
			       : how == 1 ? s >= cut
					  : random_next(&c->seed) % 2 == 0;

		if (arrives)
			ram_poke(&c->disk, e->off + s * SECTOR, e->data + s * SECTOR, SECTOR);
	}
}

/* One state: of the writes from `first` on those whose bit is set, and write `torn` in part. */
static void crash_state(struct crash *c, size_t first, size_t n, uint64_t mask, size_t torn,
			unsigned how)
{
	const struct ram_event *e = &c->recorded.events[first];
	size_t last = first;
	unsigned low, high;

	c->disk.undoing = true;
	for (size_t i = 0; i < n; i++)
		if (mask >> i & 1) {
			if (i == torn)
				poke_torn(c, &e[i], how);
			else
				ram_poke(&c->disk, e[i].off, e[i].data, e[i].len);
			last = first + i + 1;
		}
	crash_allowed(c, first, last, &low, &high);
	if (c->o->twice && random_next(&c->seed) % 8 == 0)
		crash_recovery(c);
	c->result.states++;
	(void)crash_mount(c, low, high, 0); /* which of them does not matter */
	ram_rollback(&c->disk);
	c->disk.undoing = false;
}

static void crash_window(struct crash *c, size_t first, size_t n)
{
	constexpr size_t NOT = ~(size_t)0;
	size_t most = n < 64 ? n : 64;
	uint64_t all = most == 64 ? ~0ull : (1ull << most) - 1;

	if (n <= ALL_SUBSETS) {
		for (uint64_t mask = 0; mask <= all; mask++)
			crash_state(c, first, n, mask, NOT, 0);
	} else {
		for (size_t i = 0; i <= most; i++)
			crash_state(c, first, most, i == 64 ? ~0ull : (1ull << i) - 1, NOT, 0);
		for (uint32_t i = 0; i < c->o->subsets; i++)
			crash_state(c, first, most, random_next(&c->seed) & all, NOT, 0);
	}
	for (size_t i = 0; i < most; i++)
		for (uint32_t t = 0; t < c->o->torn; t++) {
			uint64_t others =
				t % 2 == 0 ? (1ull << i) - 1 : random_next(&c->seed) & all;

			crash_state(c, first, most, others | 1ull << i, i, t % 3);
		}
}

static void crash_enumerate(struct crash *c)
{
	size_t first = 0, n = c->recorded.nevents;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && c->recorded.events[i].len > 0)
			continue;
		crash_window(c, first, i - first);
		for (; first < i; first++)
			ram_poke(&c->disk, c->recorded.events[first].off,
				 c->recorded.events[first].data, c->recorded.events[first].len);
		first = i + 1;
	}
}

/* Do the steps, recording. False: the volume itself is wrong. */
static bool crash_record_steps(struct crash *c, struct model *m, struct fs *fs)
{
	for (unsigned i = 0; i < c->nsteps; i++) {
		c->before[i] = c->recorded.nevents;
		enum fs_err is = volume_do(fs, &c->steps[i]), should = is;

		c->refused[i] = is == FS_NO_SPACE; /* must leave no trace */
		if (!c->refused[i])
			should = model_do(m, &c->steps[i]);
		if (is != should) {
			printf("is %s, should be %s: ", fs_err_text(is), fs_err_text(should));
			step_print(&c->steps[i]);
			return false;
		}
		c->after[i] = c->recorded.nevents;
		c->durable[i] = step_is_durable(&c->steps[i], is, c->after[i] > c->before[i]);
		c->hash[i + 1] = hash_of(model_dump(m));
	}
	return true;
}

static bool crash_record(struct crash *c, struct model *m, struct fs *fs)
{
	bool good = crash_record_steps(c, m, fs);
	struct fs_stat st;

	fs_statfs(fs, &st);
	c->result.hole_blocks += st.hole_blocks;
	return good;
}

static struct fs *crash_setup(struct crash *c, struct model *m, const struct step *setup,
			      unsigned nsetup)
{
	const struct fs_format format = {
		.block_size = 1024, .segment_blocks = 16, .segments = 96, .uuid = "crash test vol"
	};
	struct fs_device dev = ram_device(&c->recorded);
	struct fs *fs;

	if (fs_make(&dev, &test_host, &format) != FS_OK ||
	    fs_mount(&dev, &test_host, &crash_config, &fs) != FS_OK)
		return nullptr;
	for (unsigned i = 0; i < nsetup; i++)
		if (volume_do(fs, &setup[i]) != model_do(m, &setup[i])) {
			printf("setup: ");
			step_print(&setup[i]);
		}
	if (fs_unmount(fs) != FS_OK)
		return nullptr;
	ram_copy(&c->disk, &c->recorded);
	c->hash[0] = hash_of(model_dump(m));
	c->recorded.recording = true;
	return fs_mount(&dev, &test_host, &crash_config, &fs) == FS_OK ? fs : nullptr;
}

struct crash_result crash_run(const struct step *setup, unsigned nsetup, const struct step *steps,
			      unsigned nsteps, const struct crash_options *o)
{
	struct crash *c = calloc(1, sizeof(*c));
	struct model *m = model_create();

	*c = (struct crash){ .o = o,
			     .steps = steps,
			     .nsteps = nsteps < STEPS_MAX ? nsteps : STEPS_MAX,
			     .seed = o->seed * 2 + 1 };
	ram_init(&c->recorded, 2 << 20);
	ram_init(&c->disk, 2 << 20);
	struct fs *fs = crash_setup(c, m, setup, nsetup);
	if (fs == nullptr || !crash_record(c, m, fs))
		c->result.bad++;
	else
		crash_enumerate(c);
	if (fs != nullptr)
		fs_abandon(fs);
	model_destroy(m);
	ram_fini(&c->recorded);
	ram_fini(&c->disk);
	struct crash_result r = c->result;
	free(c);
	return r;
}

/* Leave on the disk what a power cut at a random moment could leave. */
static void crash_somewhere(struct crash *c, unsigned *low, unsigned *high)
{
	size_t n = c->recorded.nevents, cut = random_next(&c->seed) % (n + 1), first = 0;

	for (size_t i = 0; i < cut; i++)
		if (c->recorded.events[i].len == 0)
			first = i + 1;
	for (size_t i = 0; i < cut; i++) {
		const struct ram_event *e = &c->recorded.events[i];

		if (e->len == 0)
			continue;
		if (i < first || random_next(&c->seed) % 2 == 0)
			ram_poke(&c->disk, e->off, e->data, e->len);
		else if (random_next(&c->seed) % 2 == 0)
			poke_torn(c, e, random_next(&c->seed) % 3);
	}
	crash_allowed(c, first, cut, low, high);
}

/* One life of the volume: up, some steps, power cut. `*known`: how many of the steps survived. */
static bool crash_life(struct crash *c, struct model *m, int *known)
{
	struct fs_device dev = ram_device(&c->recorded);
	unsigned low, high;
	struct fs *fs;

	c->hash[0] = hash_of(model_dump(m));
	memcpy(c->recorded.bytes, c->disk.bytes, c->disk.size);
	ram_forget(&c->recorded);
	c->recorded.recording = true;
	if (fs_mount(&dev, &test_host, &crash_config, &fs) != FS_OK)
		return false;
	bool good = crash_record(c, m, fs);
	fs_abandon(fs);
	if (!good)
		return false;
	crash_somewhere(c, &low, &high);
	c->result.states++;
	*known = crash_mount(c, low, high, FS_MOUNT_READ_ONLY);
	return *known >= 0;
}

struct crash_result crash_lives(unsigned lives, unsigned steps, const struct crash_options *o,
				struct step (*draw)(uint64_t *seed, uint64_t most))
{
	struct crash *c = calloc(1, sizeof(*c));
	struct step *history = calloc((size_t)lives * steps + 1, sizeof(*history));
	struct step *now = calloc(steps, sizeof(*now));
	unsigned n = 0;

	*c = (struct crash){ .o = o, .steps = now, .nsteps = steps, .seed = o->seed * 2 + 1 };
	ram_init(&c->recorded, 2 << 20);
	ram_init(&c->disk, 2 << 20);
	struct model *m = model_create();
	struct fs *fs = crash_setup(c, m, nullptr, 0);
	model_destroy(m);
	if (fs == nullptr)
		c->result.bad++;
	else
		fs_abandon(fs);
	for (unsigned life = 0; life < lives && c->result.bad == 0; life++) {
		int known = 0;

		m = model_create();
		for (unsigned i = 0; i < n; i++)
			(void)model_do(m, &history[i]); /* as it went then */
		for (unsigned i = 0; i < steps; i++)
			now[i] = draw(&c->seed, CRASH_PIECE);
		if (!crash_life(c, m, &known) && c->result.bad == 0)
			crash_fail(c, "cannot live on", n, life);
		model_destroy(m);
		for (int i = 0; i < known; i++)
			if (!c->refused[i])
				history[n++] = now[i];
	}
	ram_fini(&c->recorded);
	ram_fini(&c->disk);
	struct crash_result r = c->result;
	free(c);
	free(history);
	free(now);
	return r;
}
