/* SPDX-License-Identifier: MPL-2.0 */
/* A block device in memory that can record what reaches it and fail on purpose, and a host. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "futurafs/futurafs.h"

/* One write, or with len 0 a flush. */
struct ram_event {
	uint64_t off;
	size_t len;
	uint8_t *data;
};

struct ram {
	uint8_t *bytes;
	uint64_t size;
	uint64_t requests; /* reads, writes and flushes so far */
	uint64_t fail_at;  /* request to fail, counted from 1; 0: none */
	bool fail_from;    /* and all after it */
	bool recording;
	struct ram_event *events;
	size_t nevents, room;
	bool undoing; /* writes are noted for ram_rollback() */
	struct ram_event *undo;
	size_t nundo, undo_room;
};

void ram_init(struct ram *r, uint64_t size);
void ram_fini(struct ram *r);
/* Copy what `from` holds, not its record. */
void ram_copy(struct ram *r, const struct ram *from);
void ram_forget(struct ram *r);
/* Write without going through the device. */
void ram_poke(struct ram *r, uint64_t off, const void *buf, size_t len);
/* Take back every write since undoing was set. */
void ram_rollback(struct ram *r);
struct fs_device ram_device(struct ram *r);

/* A host with malloc, and a clock that moves 1 ns a look. Reports are kept in report_text. */
extern const struct fs_host test_host;
extern int64_t test_clock;
extern char report_text[256];
extern bool report_loud;

/* A small deterministic generator. */
uint64_t random_next(uint64_t *state);
