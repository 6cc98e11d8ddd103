/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Page frames: a buddy allocator over all RAM, and one table entry for each frame. Frames in use
 * are counted and charged to a quota.
 */
#pragma once
#include "kernel/arch.h"

struct quota;

/* What a frame is for; the counts are in system_info. */
enum frame_use : uint8_t {
	FRAME_FREE,
	FRAME_USER,
	FRAME_TABLE,
	FRAME_OBJECT,
	FRAME_KERNEL, /* its image and tables, what the loader left, what firmware asked to be left
		       */
	FRAME_NO_RAM, /* between RAM: devices, firmware's tables */
	FRAME_USES
};

struct frame {
	union {
		uint32_t refs;
		struct {                   /* of a page table */
			uint16_t present;  /* entries */
			uint8_t low, high; /* pairs of entries: all that are present are in these */
		};
	};
	uint16_t quota; /* index of who pays, 0 for the kernel */
	union {
		uint8_t order; /* of a free block's first frame */
		bool clean;    /* of a user page: instruction fetch sees what was stored last */
	};
	enum frame_use use;
};

constexpr unsigned ORDER_MAX = 18; /* 1 GiB */

/* Takes over all RAM in `boot` but what is reserved. */
void frame_init(const struct boot_info *boot);
/* A frame with one reference, contents undefined. False: no memory, nothing charged. */
bool frame_alloc(struct quota *quota, enum frame_use use, paddr *page);
bool frame_alloc_zero(struct quota *quota, enum frame_use use, paddr *page);
/* 2^order frames in one run, each with one reference, to be freed one by one or with
 * frame_free_run. */
bool frame_alloc_run(struct quota *quota, enum frame_use use, unsigned order, paddr *first);
void frame_free(paddr page);
/* The same for one whose contents are zero, which saves frame_alloc_zero its work. */
void frame_free_zero(paddr page);
void frame_free_run(paddr first, unsigned order);
/* True if the range holds RAM, whatever it is used for. */
bool frame_is_ram(uint64_t base, uint64_t size);
uint64_t frame_count(enum frame_use use);
uint64_t frame_total(void);

static inline uint64_t bytes_to_pages(uint64_t size)
{
	return (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

extern struct frame *frames; /* by page number; those outside of RAM do not exist */

static inline struct frame *frame_find(paddr page)
{
	return &frames[page.raw >> PAGE_SHIFT];
}

static inline paddr paddr_add(paddr p, uint64_t n)
{
	return (paddr){ p.raw + n };
}

static inline void frame_get(paddr page)
{
	frame_find(page)->refs++;
}

/* The kernel has stored into a user page, where there may be instructions. */
static inline void frame_written(paddr page)
{
	if (frame_find(page)->clean)
		page_sync_code(page);
}

/* Drop a reference to a user page. */
static inline void frame_put(paddr page)
{
	if (--frame_find(page)->refs == 0)
		frame_free(page);
}
