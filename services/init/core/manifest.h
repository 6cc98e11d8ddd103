/* SPDX-License-Identifier: MPL-2.0 */
/* The manifest: what runs, and exactly which capabilities each program receives. docs/manifest.md.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

constexpr unsigned MANIFEST_SERVICES = 64;
constexpr unsigned SERVICE_WORDS = 32; /* arguments; variables; names of each kind */
constexpr unsigned SERVICE_GIVES = 16;
constexpr size_t SERVICE_NAME = 31;
constexpr size_t GIVE_NAME = 23; /* as in struct startup_cap */

/* Where a capability comes from. The ranges are resources of the kernel. */
enum source : uint32_t {
	SOURCE_PHYSICAL,
	SOURCE_IRQ,
	SOURCE_IOPORT,
	SOURCE_MSI,
	SOURCE_IOSPACE,
	SOURCE_RANGES, /* those above take a range */
	SOURCE_LOG = SOURCE_RANGES,
	SOURCE_POWER,
	SOURCE_SYSTEM,
	SOURCE_BUNDLE,
	SOURCE_DTB,
	SOURCE_QUOTA,   /* the service's own */
	SOURCE_TASK,    /* its own */
	SOURCE_INIT,    /* a session with init: protocol/init.fipc */
	SOURCE_STARTER, /* the same, that can only list and start */
	SOURCES,
};

struct give {
	const char *name;
	enum source source;
	uint32_t rights;
	uint64_t base, size; /* of a range; size 0: all that init has */
};

enum restart : uint32_t { RESTART_NEVER, RESTART_FAILURE, RESTART_ALWAYS };

struct words {
	unsigned n;
	const char *word[SERVICE_WORDS];
};

struct manifest_service {
	const char *name;
	unsigned line; /* where it begins */
	const char *program;
	const char *only; /* architecture; nullptr: every one */
	struct words arguments, environment, provide, see, need;
	uint64_t quota; /* bytes; 0: by share alone */
	uint32_t share; /* at most so many per cent of what init has when it starts; 0: no matter */
	/* What it may borrow up to, in all: bytes, or per cent of init's memory. Both 0: it borrows
	 * nothing. */
	uint64_t most;
	uint32_t most_share;
	uint32_t priority;
	uint64_t allowance, period; /* nanoseconds; 0: no budget */
	enum restart restart;
	uint64_t first_delay, most_delay; /* nanoseconds before a restart */
	bool is_on_demand;
	unsigned ngives;
	struct give gives[SERVICE_GIVES];
};

struct manifest {
	unsigned nservices;
	struct manifest_service services[MANIFEST_SERVICES];
};

struct manifest_error {
	unsigned line; /* 0: of the whole */
	char text[128];
};

/*
 * Read a manifest. `text` ends with a zero byte, is changed, and must outlive `m`, which points
 * into it. On ERR_BAD_ARGUMENT `error` says what is wrong and where.
 */
enum err manifest_parse(char *text, struct manifest *m, struct manifest_error *error);

/* The first service of that name; nullptr if there is none. */
const struct manifest_service *manifest_find(const struct manifest *m, const char *name);

/* "physical" and so on, as init's own capabilities are called too. */
const char *source_name(enum source source);

/* Split a line into words in place, as the manifest does: blanks, "quotes", # comments. Returns how
 * many; ERR_BAD_ARGUMENT for an open quote, ERR_TOO_BIG for more than `max`. */
enum err words_split(char *line, const char **words, unsigned max, unsigned *n);
