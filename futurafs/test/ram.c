/* SPDX-License-Identifier: MPL-2.0 */
/* The block device in memory, and the host, for tests. */
#include "futurafs/test/ram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ram_init(struct ram *r, uint64_t size)
{
	*r = (struct ram){ .bytes = calloc(1, size), .size = size };
}

void ram_forget(struct ram *r)
{
	for (size_t i = 0; i < r->nevents; i++)
		free(r->events[i].data);
	free(r->events);
	r->events = nullptr;
	r->nevents = r->room = 0;
}

void ram_fini(struct ram *r)
{
	ram_forget(r);
	free(r->undo);
	free(r->bytes);
}

void ram_copy(struct ram *r, const struct ram *from)
{
	memcpy(r->bytes, from->bytes, from->size);
}

static bool ram_fails(struct ram *r)
{
	r->requests++;
	return r->fail_at != 0 &&
	       (r->fail_from ? r->requests >= r->fail_at : r->requests == r->fail_at);
}

static void event_add(struct ram_event **list, size_t *n, size_t *room, uint64_t off,
		      const void *buf, size_t len)
{
	if (*n == *room) {
		*room = *room * 2 + 64;
		*list = realloc(*list, *room * sizeof(**list));
	}
	uint8_t *copy = len > 0 ? malloc(len) : nullptr;
	if (len > 0)
		memcpy(copy, buf, len);
	(*list)[(*n)++] = (struct ram_event){ off, len, copy };
}

static void ram_record(struct ram *r, uint64_t off, const void *buf, size_t len)
{
	if (r->recording)
		event_add(&r->events, &r->nevents, &r->room, off, buf, len);
}

void ram_poke(struct ram *r, uint64_t off, const void *buf, size_t len)
{
	if (r->undoing)
		event_add(&r->undo, &r->nundo, &r->undo_room, off, r->bytes + off, len);
	memcpy(r->bytes + off, buf, len);
}

void ram_rollback(struct ram *r)
{
	while (r->nundo > 0) {
		struct ram_event *e = &r->undo[--r->nundo];

		memcpy(r->bytes + e->off, e->data, e->len);
		free(e->data);
	}
}

static enum fs_err ram_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	struct ram *r = ctx;

	if (ram_fails(r) || off > r->size || len > r->size - off)
		return FS_IO;
	memcpy(buf, r->bytes + off, len);
	return FS_OK;
}

static enum fs_err ram_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct ram *r = ctx;

	if (ram_fails(r) || off > r->size || len > r->size - off)
		return FS_IO;
	ram_poke(r, off, buf, len);
	ram_record(r, off, buf, len);
	return FS_OK;
}

static enum fs_err ram_flush(void *ctx)
{
	struct ram *r = ctx;

	if (ram_fails(r))
		return FS_IO;
	ram_record(r, 0, nullptr, 0);
	return FS_OK;
}

struct fs_device ram_device(struct ram *r)
{
	return (struct fs_device){
		.ctx = r, .size = r->size, .read = ram_read, .write = ram_write, .flush = ram_flush
	};
}

static void *host_alloc(void *ctx, size_t len)
{
	(void)ctx;
	return calloc(1, len > 0 ? len : 1);
}

static void host_free(void *ctx, void *p, size_t len)
{
	(void)ctx;
	(void)len;
	free(p);
}

int64_t test_clock = 1000;

static int64_t host_now(void *ctx)
{
	(void)ctx;
	return test_clock++;
}

char report_text[256];
bool report_loud;

static void host_report(void *ctx, const char *text, uint64_t a, uint64_t b)
{
	(void)ctx;
	snprintf(report_text, sizeof(report_text), "%s: %llu %llu", text, (unsigned long long)a,
		 (unsigned long long)b);
	if (report_loud)
		fprintf(stderr, "%s\n", report_text);
}

const struct fs_host test_host = {
	.alloc = host_alloc,
	.free = host_free,
	.now_ns = host_now,
	.report = host_report,
};

uint64_t random_next(uint64_t *state)
{
	/* xorshift64* (Vigna, 2016) */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}
