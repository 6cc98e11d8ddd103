/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Power cuts in the style of B3 (Mohan et al., OSDI 2018): short sequences of all operations on a
 * small tree, each followed by a way to make it durable; and long random ones, cleaner included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "futurafs/test/crash.h"
#include "futurafs/test/ram.h"
#include "futurafs/test/random_steps.h"
#include "lib/test/test.h"

static const struct step setup[] = {
	{ ACT_MKDIR, "A", "", 0, 0, 0 },
	{ ACT_MKDIR, "B", "", 0, 0, 0 },
	{ ACT_CREATE, "foo", "", 0, 0, 0 },
	{ ACT_WRITE, "foo", "", 0, 6000, 1 },
	{ ACT_CREATE, "A/foo", "", 0, 0, 0 },
	{ ACT_WRITE, "A/foo", "", 0, 5000, 2 },
	{ ACT_CREATE, "A/bar", "", 0, 0, 0 },
	{ ACT_WRITE, "A/bar", "", 0, 100, 3 },
	{ ACT_SETXATTR, "foo", "user.a", 0, 50, 4 },
	{ ACT_LINK, "A/foo", "B/hard", 0, 0, 0 },
};
constexpr unsigned NSETUP = sizeof(setup) / sizeof(setup[0]);

/* Every operation, with the parameters that make a difference. */
static const struct step core[] = {
	{ ACT_CREATE, "bar", "", 0, 0, 0 },
	{ ACT_CREATE, "B/bar", "", 0, 0, 0 },
	{ ACT_MKDIR, "C", "", 0, 0, 0 },
	{ ACT_MKDIR, "A/C", "", 0, 0, 0 },
	{ ACT_SYMLINK, "link", "A/foo", 0, 0, 0 },
	{ ACT_SYMLINK, "A/link", "../foo", 0, 0, 0 },
	{ ACT_LINK, "foo", "bar", 0, 0, 0 },
	{ ACT_LINK, "foo", "A/x", 0, 0, 0 },
	{ ACT_LINK, "A/bar", "B/x", 0, 0, 0 },
	{ ACT_UNLINK, "foo", "", 0, 0, 0 },
	{ ACT_UNLINK, "A/foo", "", 0, 0, 0 },
	{ ACT_UNLINK, "A/bar", "", 0, 0, 0 },
	{ ACT_UNLINK, "B/hard", "", 0, 0, 0 },
	{ ACT_RMDIR, "B", "", 0, 0, 0 },
	{ ACT_RENAME, "foo", "bar", 0, 0, 0 },
	{ ACT_RENAME, "foo", "A/foo", 0, 0, 0 },
	{ ACT_RENAME, "A/foo", "A/bar", 0, 0, 0 },
	{ ACT_RENAME, "A/foo", "foo", 0, 0, 0 },
	{ ACT_RENAME, "A/bar", "B/bar", 0, 0, 0 },
	{ ACT_RENAME, "A", "C", 0, 0, 0 },
	{ ACT_RENAME, "A", "B/A", 0, 0, 0 },
	{ ACT_RENAME, "foo", "A/foo", 0, FS_RENAME_EXCHANGE, 0 },
	{ ACT_RENAME, "A", "foo", 0, FS_RENAME_EXCHANGE, 0 },
	{ ACT_RENAME, "foo", "bar", 0, FS_RENAME_NO_REPLACE, 0 },
	{ ACT_WRITE, "foo", "", 0, 1024, 10 },     /* a block */
	{ ACT_WRITE, "foo", "", 1000, 2000, 11 },  /* unaligned */
	{ ACT_WRITE, "foo", "", 6000, 1000, 12 },  /* append */
	{ ACT_WRITE, "foo", "", 20000, 4000, 13 }, /* leaving a hole */
	{ ACT_WRITE, "A/bar", "", 50, 30, 14 },    /* inline */
	{ ACT_WRITE, "A/bar", "", 100, 3000, 15 }, /* no longer inline */
	{ ACT_WRITE, "A/foo", "", 0, 8192, 16 },
	{ ACT_TRUNCATE, "foo", "", 0, 0, 0 },
	{ ACT_TRUNCATE, "foo", "", 1500, 0, 0 },
	{ ACT_TRUNCATE, "foo", "", 30000, 0, 0 },
	{ ACT_TRUNCATE, "A/bar", "", 10, 0, 0 },
	{ ACT_PUNCH, "foo", "", 1024, 2048, 0 },
	{ ACT_PUNCH, "foo", "", 500, 4000, 0 },
	{ ACT_ALLOCATE, "foo", "", 4096, 16384, 0 },
	{ ACT_ALLOCATE, "A/foo", "", 8192, 8192, 1 },
	{ ACT_CHMOD, "foo", "", 0600, 0, 0 },
	{ ACT_SETXATTR, "foo", "user.a", 0, 20, 17 },
	{ ACT_SETXATTR, "A/foo", "user.b", 0, 150, 18 },
	{ ACT_DELXATTR, "foo", "user.a", 0, 0, 0 },
};
constexpr unsigned NCORE = sizeof(core) / sizeof(core[0]);

static const struct step persist[] = {
	{ ACT_SYNC, "", "", 0, 0, 0 },     { ACT_FSYNC, "A/foo", "", 0, 0, 0 },
	{ ACT_FSYNC, "foo", "", 0, 0, 0 }, { ACT_CHECKPOINT, "", "", 0, 0, 0 },
	{ ACT_CLEAN, "", "", 0, 0, 0 },
};
constexpr unsigned NPERSIST = sizeof(persist) / sizeof(persist[0]);

static unsigned rounds(void)
{
	const char *s = getenv("ROUNDS");

	return s != nullptr ? (unsigned)atoi(s) : 1;
}

static uint64_t all_states, all_bad, all_holes;

static void add(struct crash_result r)
{
	all_states += r.states;
	all_bad += r.bad;
	all_holes += r.hole_blocks;
}

static void tell(const char *what)
{
	printf("%s: %llu crash states, %llu bad, %llu blocks written into holes\n", what,
	       (unsigned long long)all_states, (unsigned long long)all_bad,
	       (unsigned long long)all_holes);
	CHECK(all_bad == 0);
	CHECK(all_states > 0);
	all_states = all_bad = all_holes = 0;
}

TEST(crash, sequences_of_one)
{
	struct crash_options o = { .subsets = 20, .torn = 6, .twice = true, .seed = 1 };

	for (unsigned i = 0; i < NCORE; i++)
		for (unsigned p = 0; p < NPERSIST; p++) {
			struct step s[] = { core[i], persist[p], core[(i + 7) % NCORE] };

			add(crash_run(setup, NSETUP, s, 3, &o));
		}
	tell("sequences of one");
}

/* All pairs with ROUNDS of 20 or more; else a sample that differs with ROUNDS. */
TEST(crash, sequences_of_two)
{
	struct crash_options o = { .subsets = 8, .torn = 3, .twice = true, .seed = 2 };
	unsigned every = rounds() >= 20 ? 1 : 23;

	for (unsigned i = 0; i < NCORE * NCORE * NPERSIST; i += every) {
		const struct step *a = &core[i / NPERSIST / NCORE],
				  *b = &core[i / NPERSIST % NCORE], *p = &persist[i % NPERSIST];
		struct step once[] = { *a, *b, *p }, twice[] = { *a, *p, *b, persist[0] };

		o.seed = i;
		add(crash_run(setup, NSETUP, once, 3, &o));
		add(crash_run(setup, NSETUP, twice, 4, &o));
	}
	tell("sequences of two");
}

TEST(crash, sequences_of_three_sampled)
{
	struct crash_options o = { .subsets = 4, .torn = 3, .twice = true, .seed = 3 };
	uint64_t seed = 77;

	for (unsigned i = 0; i < 150 * rounds(); i++) {
		struct step s[6];

		for (unsigned k = 0; k < 3; k++) {
			s[2 * k] = core[random_next(&seed) % NCORE];
			s[2 * k + 1] = persist[random_next(&seed) % NPERSIST];
		}
		o.seed = i;
		add(crash_run(setup, NSETUP, s, 6, &o));
	}
	tell("sequences of three");
}

TEST(crash, long_random_sequences_with_cleaning)
{
	struct crash_options o = { .subsets = 3, .torn = 1, .twice = true, .seed = 4 };

	for (unsigned i = 0; i < 6 * rounds(); i++) {
		struct step s[200];
		uint64_t seed = 500 + i;

		for (unsigned k = 0; k < 200; k++)
			s[k] = step_random(&seed, CRASH_PIECE);
		o.seed = i;
		add(crash_run(setup, NSETUP, s, 200, &o));
	}
	tell("long random sequences");
}

TEST(crash, many_lives_of_one_volume)
{
	struct crash_options o = {};

	for (unsigned i = 0; i < 40 * rounds(); i++) {
		o.seed = 900 + i;
		add(crash_lives(30, 20, &o, step_random));
	}
	tell("many lives");
}

/* In this life a chunk of an earlier one, behind a torn one, had the right number and checkpoint.
 */
TEST(crash, a_chunk_of_an_earlier_life_is_not_replayed)
{
	struct crash_options o = { .seed = 1273 };

	add(crash_lives(30, 20, &o, step_random));
	tell("an earlier life");
}

static struct step step_snapshot(uint64_t *seed, uint64_t most)
{
	struct step s = step_random(seed, most);

	if (random_next(seed) % 12 == 0)
		s = (struct step){ .act = ACT_SNAPSHOT };
	if (s.act == ACT_WRITE) /* a snapshot needs room beside; and still one operation each */
		s.a = s.a % 20000 / most * most;
	return s;
}

TEST(crash, many_lives_with_snapshots)
{
	struct crash_options o = { .snapshots = true };

	for (unsigned i = 0; i < 40 * rounds(); i++) {
		o.seed = 2900 + i;
		add(crash_lives(20, 30, &o, step_snapshot));
	}
	tell("lives with snapshots");
}

/*
 * In this life a segment was free when the snapshot was made, which only the log told; the next
 * checkpoint left its birth in the table, and the mount after that took it for the snapshot's.
 */
TEST(crash, a_free_segment_is_not_taken_for_the_snapshots)
{
	struct crash_options o = { .seed = 3369, .snapshots = true };

	add(crash_lives(20, 30, &o, step_snapshot));
	tell("a free segment and a snapshot");
}

/* Large files on a small volume: it is always full, so segments are cleaned and reused at once. */
static struct step step_full(uint64_t *seed, uint64_t most)
{
	struct step s = { .act = ACT_WRITE, .b = most, .c = random_next(seed) % 1000 };
	unsigned kind = random_next(seed) % 40;

	snprintf(s.path, sizeof(s.path), "f%u", (unsigned)(random_next(seed) % 4));
	s.a = random_next(seed) % 60 * most;
	if (kind < 4)
		s.act = ACT_CREATE;
	else if (kind < 8)
		s.act = ACT_SYNC;
	else if (kind == 8)
		s = (struct step){ .act = ACT_CHECKPOINT };
	else if (kind == 9 && random_next(seed) % 8 == 0)
		s.act = ACT_UNLINK;
	else if (kind < 20)
		s.b = 1024;
	return s;
}

TEST(crash, a_full_volume_lives_on)
{
	struct crash_options o = {};

	for (unsigned i = 0; i < 4 * rounds(); i++) {
		o.seed = 1900 + i;
		add(crash_lives(6, 200, &o, step_full));
	}
	CHECK(all_holes > 0);
	tell("a full volume");
}

static struct step step_full_snapshot(uint64_t *seed, uint64_t most)
{
	struct step s = step_full(seed, most);

	if (random_next(seed) % 100 == 0)
		s = (struct step){ .act = ACT_SNAPSHOT };
	return s;
}

TEST(crash, a_full_volume_with_snapshots_lives_on)
{
	struct crash_options o = { .snapshots = true };

	for (unsigned i = 0; i < 2 * rounds(); i++) {
		o.seed = 4900 + i;
		add(crash_lives(6, 200, &o, step_full_snapshot));
	}
	tell("a full volume with snapshots");
}

/* Files that fill the volume, to the last blocks of them. */
static unsigned fill(struct step *s, unsigned pieces)
{
	unsigned n = 0;

	for (unsigned f = 0; f < 4; f++) {
		s[n] = (struct step){ .act = ACT_CREATE };
		snprintf(s[n++].path, sizeof(s->path), "f%u", f);
	}
	for (unsigned i = 0; i < pieces; i++, n++) {
		s[n] = (struct step){ ACT_WRITE, "", "", i / 4 * CRASH_PIECE, CRASH_PIECE, i };
		snprintf(s[n].path, sizeof(s->path), "f%u", i % 4);
	}
	return n;
}

static struct step step_scattered(uint64_t *seed, uint64_t most)
{
	struct step s = { .act = ACT_WRITE, .b = 1024, .c = random_next(seed) % 1000 };
	unsigned kind = random_next(seed) % 32;

	snprintf(s.path, sizeof(s.path), "f%u", (unsigned)(random_next(seed) % 4));
	s.a = random_next(seed) % 200 * 1024;
	if (kind < 3)
		s.b = most - s.a % most;
	else if (kind < 7)
		s.act = ACT_SYNC;
	else if (kind == 7)
		s.act = ACT_FSYNC;
	else if (kind == 8)
		s.act = ACT_PUNCH;
	else if (kind == 9)
		s = (struct step){ .act = random_next(seed) % 4 == 0 ? ACT_CHECKPOINT : ACT_CLEAN };
	return s;
}

/* So full that new data goes to holes between the old. */
TEST(crash, holes_are_written_to)
{
	struct crash_options o = { .subsets = 6, .torn = 2, .twice = true };
	static struct step filling[160];
	unsigned nfilling = fill(filling, 142);

	for (unsigned i = 0; i < 2 * rounds(); i++) {
		struct step s[250];
		uint64_t seed = 3900 + i;

		for (unsigned k = 0; k < 250; k++)
			s[k] = step_scattered(&seed, CRASH_PIECE);
		o.seed = i;
		add(crash_run(filling, nfilling, s, 250, &o));
	}
	CHECK(all_holes > 0);
	tell("holes");
}
