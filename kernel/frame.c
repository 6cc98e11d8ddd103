/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/frame.h"
#include "kernel/assert.h"
#include "kernel/fail.h"
#include "kernel/forbid.h"
#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/quota.h"

/* A free block's first bytes. */
struct block {
	struct list link;
};

/* Single pages freed lately: a stack in the pages themselves, so that most allocations touch no
 * order. */
struct recent {
	struct list pages;
	unsigned n;
};

constexpr unsigned RECENT_MAX = 256, CLEAN_MAX = 64;

struct frame *frames;
static uint64_t first_page, page_end; /* the table's range, in page numbers */
static struct list free_blocks[ORDER_MAX + 1];
static struct recent recent;
static struct recent clean; /* zero but for the link */
static uint64_t counts[FRAME_USES];
static uint64_t total;

bool frame_is_ram(uint64_t base, uint64_t size)
{
	uint64_t from = base >> PAGE_SHIFT, to = (base + size - 1) >> PAGE_SHIFT;

	for (uint64_t n = from < first_page ? first_page : from; n <= to && n < page_end; n++)
		if (frames[n].use != FRAME_NO_RAM)
			return true;
	return false;
}

uint64_t frame_count(enum frame_use use)
{
	return counts[use];
}

uint64_t frame_total(void)
{
	return total;
}

static struct list *block_link(uint64_t number)
{
	return &((struct block *)direct((paddr){ number << PAGE_SHIFT }))->link;
}

static uint64_t block_number(struct list *link)
{
	return direct_paddr(container_of(link, struct block, link)).raw >> PAGE_SHIFT;
}

static void block_give(uint64_t number, unsigned order)
{
	for (; order < ORDER_MAX; order++) {
		uint64_t buddy = number ^ 1ull << order;

		if (buddy < first_page || buddy + (1ull << order) > page_end)
			break;
		struct frame *b = &frames[buddy];

		if (b->use != FRAME_FREE || b->order != order)
			break;
		list_remove(block_link(buddy));
		b->order = UINT8_MAX;
		number &= ~(1ull << order);
	}
	frames[number].order = (uint8_t)order;
	list_prepend(&free_blocks[order], block_link(number));
}

/* The frames of a free block but its first have order UINT8_MAX: no buddy takes them for a block.
 */
static bool block_take(unsigned order, uint64_t *number)
{
	unsigned o = order;

	while (o <= ORDER_MAX && list_is_empty(&free_blocks[o]))
		o++;
	if (o > ORDER_MAX)
		return false;
	struct list *link = free_blocks[o].next;

	*number = block_number(link);
	list_remove(link);
	while (o > order) {
		uint64_t half = *number + (1ull << --o);

		frames[half].order = (uint8_t)o;
		list_prepend(&free_blocks[o], block_link(half));
	}
	frames[*number].order = UINT8_MAX;
	return true;
}

static void recent_give(struct recent *r, uint64_t number)
{
	list_prepend(&r->pages, block_link(number));
	r->n++;
}

static struct list *recent_take(struct recent *r)
{
	struct list *link = r->pages.next;

	list_remove(link);
	r->n--;
	return link;
}

static void recent_drain(struct recent *r)
{
	while (r->n > 0)
		block_give(block_number(recent_take(r)), 0);
}

static void frames_mark(uint64_t number, unsigned order, struct quota *quota, enum frame_use use)
{
	memory_allow(direct((paddr){ number << PAGE_SHIFT }), PAGE_SIZE << order);
	for (uint64_t i = 0; i < 1ull << order; i++)
		frames[number + i] =
			(struct frame){ .refs = 1, .quota = quota_index(quota), .use = use };
	counts[FRAME_FREE] -= 1ull << order;
	counts[use] += 1ull << order;
}

bool frame_alloc_run(struct quota *quota, enum frame_use use, unsigned order, paddr *first)
{
	uint64_t number;

	if (order > ORDER_MAX || fail_now() || !quota_charge_pages(quota, 1ull << order))
		return false;
	if (!block_take(order, &number)) {
		recent_drain(&recent);
		recent_drain(&clean);
		if (!block_take(order, &number)) {
			quota_refund_pages(quota, 1ull << order);
			return false;
		}
	}
	frames_mark(number, order, quota, use);
	*first = (paddr){ number << PAGE_SHIFT };
	return true;
}

static bool recent_alloc(struct recent *r, struct quota *quota, enum frame_use use, paddr *page)
{
	if (fail_now() || !quota_charge_pages(quota, 1))
		return false;
	struct list *link = recent_take(r);

	*page = direct_paddr(link);
	memory_allow(link, PAGE_SIZE);
	*frame_find(*page) = (struct frame){ .refs = 1, .quota = quota_index(quota), .use = use };
	counts[FRAME_FREE]--;
	counts[use]++;
	return true;
}

bool frame_alloc(struct quota *quota, enum frame_use use, paddr *page)
{
	return recent.n > 0 ? recent_alloc(&recent, quota, use, page)
			    : frame_alloc_run(quota, use, 0, page);
}

bool frame_alloc_zero(struct quota *quota, enum frame_use use, paddr *page)
{
	bool is_clean = clean.n > 0;

	if (is_clean ? !recent_alloc(&clean, quota, use, page) : !frame_alloc(quota, use, page))
		return false;
	if (is_clean)
		*(struct block *)direct(*page) = (struct block){};
	else
		page_zero(direct(*page));
	return true;
}

static void frame_release(uint64_t number)
{
	struct frame *f = &frames[number];

	assert(f->use != FRAME_FREE);
	quota_refund_pages(quota_of(f->quota), 1);
	counts[f->use]--;
	counts[FRAME_FREE]++;
	*f = (struct frame){ .order = UINT8_MAX, .use = FRAME_FREE };
	memory_forbid((char *)direct((paddr){ number << PAGE_SHIFT }) + sizeof(struct block),
		      PAGE_SIZE - sizeof(struct block));
}

void frame_free(paddr page)
{
	uint64_t number = page.raw >> PAGE_SHIFT;

	frame_release(number);
	if (recent.n < RECENT_MAX)
		recent_give(&recent, number);
	else
		block_give(number, 0);
}

void frame_free_zero(paddr page)
{
	if (clean.n == CLEAN_MAX) {
		frame_free(page);
		return;
	}
	frame_release(page.raw >> PAGE_SHIFT);
	recent_give(&clean, page.raw >> PAGE_SHIFT);
}

void frame_free_run(paddr first, unsigned order)
{
	uint64_t number = first.raw >> PAGE_SHIFT;

	for (uint64_t i = 0; i < 1ull << order; i++)
		frame_release(number + i);
	block_give(number, order);
}

/* --- Start --- */

/* The first address at or after `base` that no reserved range holds; a free run of at least one
 * page from there ends at `*end`. */
static uint64_t free_run(const struct boot_info *boot, uint64_t base, uint64_t *end)
{
	for (bool moved = true; moved;) {
		moved = false;
		for (unsigned i = 0; i < boot->nreserved; i++) {
			uint64_t from = boot->reserved[i].base & ~(PAGE_SIZE - 1);
			uint64_t to = boot->reserved[i].base + boot->reserved[i].size;

			if (base < to && base + PAGE_SIZE > from) {
				base = (to + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
				moved = true;
			}
		}
	}
	for (unsigned i = 0; i < boot->nreserved; i++) {
		uint64_t from = boot->reserved[i].base & ~(PAGE_SIZE - 1);

		if (from >= base && from < *end)
			*end = from;
	}
	return base;
}

/* Call `use` with each run of whole free pages. */
static void runs_each(const struct boot_info *boot, bool (*use)(uint64_t base, uint64_t end))
{
	for (unsigned i = 0; i < boot->nram; i++) {
		uint64_t base = (boot->ram[i].base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
		uint64_t limit = (boot->ram[i].base + boot->ram[i].size) & ~(PAGE_SIZE - 1);

		while (base < limit) {
			uint64_t stop = limit;

			base = free_run(boot, base, &stop);
			if (base >= limit)
				break;
			if (use(base, stop))
				return;
			base = stop;
		}
	}
}

static bool table_place(uint64_t base, uint64_t end)
{
	uint64_t need = (page_end - first_page) * sizeof(struct frame);

	need = (need + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	if (end - base < need)
		return false;
	frames = (struct frame *)((char *)direct((paddr){ base }) - first_page * sizeof(*frames));
	return true;
}

static bool run_give(uint64_t base, uint64_t end)
{
	uint64_t number = base >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	uint64_t own = direct_paddr(&frames[first_page]).raw >> PAGE_SHIFT;

	/* The table itself starts the run it was placed in. */
	if (number == own)
		number += ((page_end - first_page) * sizeof(struct frame) + PAGE_SIZE - 1) >>
			  PAGE_SHIFT;
	counts[FRAME_FREE] += last - number;
	for (uint64_t n = number; n < last; n++)
		frames[n].use = FRAME_FREE;
	while (number < last) {
		unsigned order = number == 0 ? ORDER_MAX : (unsigned)__builtin_ctzll(number);

		if (order > ORDER_MAX)
			order = ORDER_MAX;
		while (number + (1ull << order) > last)
			order--;
		block_give(number, order);
		number += 1ull << order;
	}
	return false;
}

/* A page that is RAM in part is RAM. */
static void ram_mark(const struct memory_range *r)
{
	uint64_t end = bytes_to_pages(r->base + r->size);

	for (uint64_t n = r->base >> PAGE_SHIFT; n < end && n < page_end; n++)
		frames[n] = (struct frame){ .refs = 1, .use = FRAME_KERNEL };
}

void frame_init(const struct boot_info *boot)
{
	list_init(&recent.pages);
	list_init(&clean.pages);
	for (unsigned o = 0; o <= ORDER_MAX; o++)
		list_init(&free_blocks[o]);
	first_page = UINT64_MAX;
	for (unsigned i = 0; i < boot->nram; i++) {
		uint64_t from = boot->ram[i].base >> PAGE_SHIFT;
		uint64_t to = (boot->ram[i].base + boot->ram[i].size) >> PAGE_SHIFT;

		first_page = from < first_page ? from : first_page;
		page_end = to > page_end ? to : page_end;
		total += to > from ? to - from : 0;
	}
	runs_each(boot, table_place);
	if (frames == nullptr)
		panic("no room for the frame table: %lu pages of RAM", total);
	for (uint64_t n = first_page; n < page_end; n++)
		frames[n] = (struct frame){ .refs = 1, .order = UINT8_MAX, .use = FRAME_NO_RAM };
	/* All RAM is the kernel's until it is known to be free. */
	for (unsigned i = 0; i < boot->nram; i++)
		ram_mark(&boot->ram[i]);
	runs_each(boot, run_give);
	counts[FRAME_KERNEL] = total - counts[FRAME_FREE];
}
