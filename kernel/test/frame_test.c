/* SPDX-License-Identifier: MPL-2.0 */
/* Page frames and pools: runs, counts, and storage that comes back zeroed. */
#include "kernel/frame.h"
#include "kernel/pool.h"
#include "kernel/test/help.h"

struct piece {
	uint64_t words[60];
};

POOL(pieces, struct piece);

TEST(frame, runs_are_aligned_and_give_back_what_they_took)
{
	begin();
	uint64_t free = frame_count(FRAME_FREE);
	paddr runs[10];

	for (unsigned order = 0; order < 10; order++) {
		CHECK(frame_alloc_run(nullptr, FRAME_USER, order, &runs[order]));
		CHECK((runs[order].raw & ((PAGE_SIZE << order) - 1)) == 0);
		CHECK(frame_is_ram(runs[order].raw, PAGE_SIZE << order));
	}
	CHECK(frame_count(FRAME_FREE) == free - 1023);
	for (unsigned order = 0; order < 10; order++)
		frame_free_run(runs[order], order);
	CHECK(frame_count(FRAME_FREE) == free);
}

TEST(frame, a_run_that_no_memory_has_is_refused_and_charged_to_nobody)
{
	struct books b = begin();
	uint64_t free = frame_count(FRAME_FREE);
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 1 << 20));
	struct quota *quota = (struct quota *)handle_slot(driver()->task, q)->object;
	uint64_t used = quota->used;
	paddr page;

	CHECK(!frame_alloc_run(nullptr, FRAME_KERNEL, ORDER_MAX, &page));
	CHECK(!frame_alloc_run(quota, FRAME_USER, 10, &page));
	CHECK(frame_alloc_run(quota, FRAME_USER, 3, &page) && quota->used == used + 8 * PAGE_SIZE);
	frame_free_run(page, 3);
	CHECK(quota->used == used && frame_count(FRAME_FREE) >= free - 1);
	closed(q);
	balanced(&b);
}

TEST(frame, all_memory_can_be_taken_and_comes_back_in_whole_blocks)
{
	begin();
	uint64_t free = frame_count(FRAME_FREE), n = 0;
	paddr first = {}, page, run;

	/* Each page notes the one before. */
	while (frame_alloc(nullptr, FRAME_KERNEL, &page)) {
		*(paddr *)direct(page) = first;
		first = page;
		n++;
	}
	CHECK(n == free && frame_count(FRAME_FREE) == 0);
	for (; n > 0; n--) {
		page = first;
		first = *(paddr *)direct(page);
		frame_free(page);
	}
	CHECK(frame_count(FRAME_FREE) == free);
	CHECK(frame_alloc_run(nullptr, FRAME_KERNEL, 12, &run));
	frame_free_run(run, 12);
}

TEST(frame, what_is_given_back_as_zero_is_taken_as_zero)
{
	begin();
	uint64_t free = frame_count(FRAME_FREE);
	paddr pages[100], page;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 100; i++) {
			CHECK(frame_alloc_zero(nullptr, FRAME_TABLE, &pages[i]));
			const uint64_t *words = direct(pages[i]);
			for (unsigned w = 0; w < 512; w++)
				CHECK(words[w] == 0);
		}
		for (unsigned i = 0; i < 100; i++)
			frame_free_zero(pages[i]);
		CHECK(frame_count(FRAME_FREE) == free);
	}
	/* They are memory like any other once there is no more. */
	paddr first = {};

	for (uint64_t i = 0; i < free; i++) {
		CHECK(frame_alloc(nullptr, FRAME_KERNEL, &page));
		*(paddr *)direct(page) = first;
		first = page;
	}
	CHECK(!frame_alloc(nullptr, FRAME_KERNEL, &page) && frame_count(FRAME_FREE) == 0);
	for (; free > 0; free--) {
		page = first;
		first = *(paddr *)direct(page);
		frame_free(page);
	}
}

TEST(pool, what_is_taken_is_zero_and_empty_pages_go_back)
{
	begin();
	uint64_t objects = frame_count(FRAME_OBJECT);
	struct piece *taken[100];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 100; i++) {
			taken[i] = pool_take(&pieces, nullptr);
			CHECK(taken[i] != nullptr && taken[i]->words[0] == 0 &&
			      taken[i]->words[59] == 0);
			taken[i]->words[0] = taken[i]->words[59] = UINT64_MAX;
		}
		CHECK(frame_count(FRAME_OBJECT) > objects + 10);
		for (unsigned i = 0; i < 100; i++)
			pool_give(&pieces, nullptr, taken[i]);
		CHECK(frame_count(FRAME_OBJECT) <= objects + 1); /* one page is kept */
	}
	fail_countdown = 1;
	CHECK(pool_take(&pieces, nullptr) == nullptr);
	fail_countdown = 0;
}
