/* SPDX-License-Identifier: MPL-2.0 */
/* Memory objects: contents, sizes, clones, pagers, physical memory. */
#include "abi/message.h"
#include "kernel/frame.h"
#include "kernel/test/help.h"

static uint8_t byte_of(uint32_t vmo, uint64_t page)
{
	uint8_t byte = 0xee;

	CHECK(CALL4(VMO_READ, vmo, page << PAGE_SHIFT, SCRATCH, 1) == OK);
	get(&byte, SCRATCH, 1);
	return byte;
}

static void fill(uint32_t vmo, uint64_t page, uint8_t byte)
{
	put(SCRATCH, &byte, 1);
	CHECK(CALL4(VMO_WRITE, vmo, page << PAGE_SHIFT, SCRATCH, 1) == OK);
}

static uint64_t pages_of(uint32_t vmo)
{
	CHECK(CALL1(VMO_INFO, vmo) == OK);
	return word(1);
}

TEST(vmo, the_boot_bundle_can_be_cloned_and_is_never_changed)
{
	struct books b = begin();
	uint32_t bundle = startup_handle("bundle");

	SURVIVES(CALL3(VMO_CLONE, bundle, 0, 2 * PAGE_SIZE));
	uint32_t copy = (uint32_t)word(0);

	put_word(SCRATCH, 5);
	CHECK(CALL4(VMO_WRITE, copy, PAGE_SIZE, SCRATCH, 4) == OK);
	CHECK(CALL4(VMO_READ, copy, PAGE_SIZE, SCRATCH + 8, 4) == OK && get_word(SCRATCH + 8) == 5);
	CHECK(CALL4(VMO_READ, copy, 0, SCRATCH, 4) == OK && get_word(SCRATCH) == 0x62626262);
	CHECK(machine.memory[5 * PAGE_SIZE] == 'b');
	closed(copy);
	CHECK(CALL4(VMO_READ, bundle, PAGE_SIZE, SCRATCH, 4) == OK);
	CHECK(get_word(SCRATCH) == 0x62626262);
	balanced(&b);
}

TEST(vmo, knows_whether_others_have_it)
{
	struct books b = begin();
	uint32_t vmo = made(CALL2(VMO_CREATE, PAGE_SIZE, 0));

	CHECK(CALL1(VMO_INFO, vmo) == OK && word(2) == 0);
	uint32_t other = made(CALL2(HANDLE_DUPLICATE, vmo, RIGHTS_ALL));
	CHECK(CALL1(VMO_INFO, vmo) == OK && word(2) == VMO_INFO_SHARED);
	closed(other);
	CHECK(CALL6(SPACE_MAP, 0, vmo, 0, 0, PAGE_SIZE, MAP_READ) == OK);
	uint64_t at = word(0);
	CHECK(CALL1(VMO_INFO, vmo) == OK && word(2) == VMO_INFO_SHARED);
	CHECK(CALL3(SPACE_UNMAP, 0, at, PAGE_SIZE) == OK);
	CHECK(CALL1(VMO_INFO, vmo) == OK && word(2) == 0);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, pages_are_zero_until_written_and_made_one_by_one)
{
	struct books b = begin();
	uint32_t vmo = made(CALL2(VMO_CREATE, 5 * PAGE_SIZE - 7, 0));

	CHECK(CALL1(VMO_INFO, vmo) == OK && word(0) == 5 * PAGE_SIZE && word(1) == 0 &&
	      word(2) == 0);
	CHECK(byte_of(vmo, 3) == 0 && pages_of(vmo) == 0);
	fill(vmo, 3, 9);
	CHECK(byte_of(vmo, 3) == 9 && pages_of(vmo) == 1);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, wrong_ranges_are_refused)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(4);

	CHECK(CALL2(VMO_CREATE, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(VMO_CREATE, UINT64_MAX, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(VMO_CREATE, 1, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(VMO_CREATE, 1ull << 40, VMO_CONTIGUOUS) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(VMO_CREATE, 256 << 20, VMO_CONTIGUOUS) == ERR_NO_MEMORY);
	CHECK(CALL4(VMO_READ, vmo, 4 * PAGE_SIZE - 1, SCRATCH, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_WRITE, vmo, UINT64_MAX, SCRATCH, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_READ, vmo, 0, USER_START, 2) == ERR_BAD_ADDRESS);
	CHECK(CALL4(VMO_WRITE, vmo, 0, USER_START, 2) == ERR_BAD_ADDRESS);
	CHECK(CALL3(VMO_CLONE, vmo, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_CLONE, vmo, 1, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_CLONE, vmo, PAGE_SIZE, 4 * PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_ZERO, vmo, 0, 5 * PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_ZERO, vmo, 5, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_COMMIT, vmo, 5, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(VMO_COMMIT, vmo, 0, 5 * PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(VMO_RESIZE, vmo, UINT64_MAX) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_DIRTY, vmo, 0, 0, SCRATCH, 64) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_SUPPLY, vmo, 0, PAGE_SIZE, vmo, 0) == ERR_BAD_ARGUMENT);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, shrinking_drops_pages_and_growing_shows_zeros)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(200);

	for (unsigned i = 0; i < 200; i++)
		fill(vmo, i, (uint8_t)(i + 1));
	CHECK(pages_of(vmo) == 200);
	CHECK(CALL2(VMO_RESIZE, vmo, 70 * PAGE_SIZE) == OK);
	CHECK(pages_of(vmo) == 70);
	CHECK(CALL2(VMO_RESIZE, vmo, 5000 * PAGE_SIZE) == OK);
	CHECK(byte_of(vmo, 69) == 70 && byte_of(vmo, 70) == 0);
	fill(vmo, 4999, 3);
	CHECK(byte_of(vmo, 4999) == 3 && byte_of(vmo, 0) == 1);
	CHECK(CALL2(VMO_RESIZE, vmo, 0) == OK);
	CHECK(pages_of(vmo) == 0);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, zeroing_drops_whole_pages)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(10);

	CHECK(CALL3(VMO_COMMIT, vmo, 0, 10 * PAGE_SIZE) == OK && word(0) == 10 * PAGE_SIZE);
	fill(vmo, 2, 5);
	fill(vmo, 5, 6);
	CHECK(CALL3(VMO_ZERO, vmo, PAGE_SIZE, 3 * PAGE_SIZE) == OK);
	CHECK(pages_of(vmo) == 7 && byte_of(vmo, 2) == 0 && byte_of(vmo, 5) == 6);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, large_ranges_are_done_in_part_and_the_call_goes_on)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(3000);
	uint64_t done = 0;

	while (done < 3000 * PAGE_SIZE) {
		CHECK(CALL3(VMO_COMMIT, vmo, done, 3000 * PAGE_SIZE - done) == OK && word(0) > 0);
		done += word(0);
	}
	CHECK(pages_of(vmo) == 3000);
	CHECK(CALL3(VMO_ZERO, vmo, 0, 3000 * PAGE_SIZE) == OK);
	CHECK(pages_of(vmo) == 0);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, a_clone_shares_pages_until_one_side_writes)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(100);

	for (unsigned i = 0; i < 100; i++)
		fill(vmo, i, (uint8_t)(i + 1));
	uint64_t user = frame_count(FRAME_USER);
	uint32_t clone = made(CALL3(VMO_CLONE, vmo, 10 * PAGE_SIZE, 50 * PAGE_SIZE));

	CHECK(frame_count(FRAME_USER) == user);
	CHECK(byte_of(clone, 0) == 11 && byte_of(clone, 49) == 60);
	fill(clone, 0, 200);
	fill(vmo, 11, 201);
	CHECK(byte_of(vmo, 10) == 11 && byte_of(clone, 0) == 200 && byte_of(clone, 1) == 12 &&
	      byte_of(vmo, 11) == 201);
	uint32_t third = made(CALL3(VMO_CLONE, clone, 0, 50 * PAGE_SIZE));

	CHECK(CALL3(VMO_ZERO, clone, 0, 2 * PAGE_SIZE) == OK);
	CHECK(byte_of(third, 0) == 200 && byte_of(clone, 0) == 0);
	closed(vmo);
	CHECK(byte_of(third, 5) == 16);
	CHECK(CALL2(VMO_RESIZE, third, 100 * PAGE_SIZE) == OK);
	CHECK(byte_of(third, 49) == 60 && byte_of(third, 60) == 0);
	closed(clone);
	CHECK(byte_of(third, 49) == 60);
	closed(third);
	balanced(&b);
}

TEST(vmo, clones_that_differ_in_size_stay_apart)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(4);

	fill(vmo, 1, 5);
	uint32_t clone = made(CALL3(VMO_CLONE, vmo, 0, 2 * PAGE_SIZE));

	CHECK(CALL2(VMO_RESIZE, clone, 10000 * PAGE_SIZE) == OK);
	fill(clone, 9999, 7);
	fill(vmo, 3, 8);
	CHECK(byte_of(clone, 3) == 0 && byte_of(clone, 1) == 5 && byte_of(clone, 9999) == 7);
	closed(clone);
	closed(vmo);
	balanced(&b);
}

TEST(vmo, a_contiguous_object_is_one_run_and_cannot_change)
{
	struct books b = begin();
	uint32_t vmo = made(CALL2(VMO_CREATE, 5 * PAGE_SIZE, VMO_CONTIGUOUS));

	CHECK(CALL1(VMO_INFO, vmo) == OK && word(1) == 5 && word(2) == VMO_INFO_CONTIGUOUS);
	fill(vmo, 4, 1);
	CHECK(CALL2(VMO_RESIZE, vmo, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_ZERO, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_CLONE, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	closed(vmo);
	SURVIVES(CALL2(VMO_CREATE, 100 * PAGE_SIZE, VMO_CONTIGUOUS));
	closed((uint32_t)word(0));
	balanced(&b);
}

TEST(vmo, physical_memory_is_only_what_the_kernel_does_not_hand_out)
{
	struct books b = begin();
	uint32_t physical = startup_handle("physical");
	uint32_t part = made(CALL3(RESOURCE_SPLIT, physical, 0xf0000000, PAGE_SIZE));
	uint32_t vmo = made(CALL4(VMO_CREATE_PHYSICAL, physical, 0xf0000000, 2 * PAGE_SIZE,
				  PHYSICAL_WRITE_COMBINING));

	CHECK(CALL1(VMO_INFO, vmo) == OK && word(2) == VMO_INFO_PHYSICAL);
	CHECK(CALL4(VMO_CREATE_PHYSICAL, physical, 32 << 20, PAGE_SIZE, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_CREATE_PHYSICAL, physical, 0xf0000001, PAGE_SIZE, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_CREATE_PHYSICAL, physical, 0xf0000000, PAGE_SIZE, 3) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_CREATE_PHYSICAL, part, 0xf0000000, 2 * PAGE_SIZE, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(VMO_CREATE_PHYSICAL, startup_handle("log"), 0, PAGE_SIZE, 0) == ERR_WRONG_TYPE);
	CHECK(CALL4(VMO_READ, vmo, 0, SCRATCH, 1) == ERR_UNSUPPORTED);
	CHECK(CALL4(VMO_WRITE, vmo, 0, SCRATCH, 1) == ERR_UNSUPPORTED);
	CHECK(CALL2(VMO_RESIZE, vmo, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_ZERO, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_COMMIT, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_CLONE, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	SURVIVES(CALL4(VMO_CREATE_PHYSICAL, part, 0xf0000000, PAGE_SIZE, PHYSICAL_CACHED));
	uint32_t cached = (uint32_t)word(0);

	CHECK(CALL6(SPACE_MAP, 0, vmo, 0, 0, PAGE_SIZE, MAP_READ) == OK);
	CHECK(CALL3(SPACE_UNMAP, 0, word(0), PAGE_SIZE) == OK);
	closed(cached);
	closed(vmo);
	closed(part);
	balanced(&b);
}

TEST(vmo, making_cloning_and_writing_survive_failing_allocations)
{
	struct books b = begin();

	SURVIVES(CALL2(VMO_CREATE, 1 << 20, 0));
	uint32_t vmo = (uint32_t)word(0);

	SURVIVES(CALL4(VMO_WRITE, vmo, 70 * PAGE_SIZE, SCRATCH, 1));
	SURVIVES(CALL3(VMO_CLONE, vmo, 0, 1 << 20));
	uint32_t clone = (uint32_t)word(0);

	SURVIVES(CALL4(VMO_WRITE, clone, 70 * PAGE_SIZE, SCRATCH, 1));
	SURVIVES(CALL3(VMO_ZERO, vmo, 70 * PAGE_SIZE, PAGE_SIZE));
	SURVIVES(CALL3(VMO_COMMIT, vmo, 3 * PAGE_SIZE, PAGE_SIZE));
	closed(clone);
	closed(vmo);
	balanced(&b);
}

/* --- Pagers --- */

/* An actor serves the pages of an object that the driver's other task maps. */
struct paged {
	struct actor pager, user;
	uint32_t vmo;          /* the driver's */
	uint32_t port, object; /* the pager's */
	uint32_t theirs;       /* the user's */
	vaddr at;              /* where the user maps it */
};

static struct paged paged(uint64_t npages)
{
	struct paged p = { .pager = actor(), .user = actor() };
	uint32_t port = made(CALL0(PORT_CREATE));

	p.vmo = made(CALL3(VMO_CREATE_PAGER, port, 31, npages << PAGE_SHIFT));
	p.port = given(&p.pager, port);
	p.object = given(&p.pager, copy_of(p.vmo, RIGHTS_ALL));
	p.theirs = given(&p.user, copy_of(p.vmo, RIGHTS_ALL));
	as(p.user.thread_object);
	CHECK(CALL6(SPACE_MAP, 0, p.theirs, 0, 0, npages << PAGE_SHIFT, MAP_READ | MAP_WRITE) ==
	      OK);
	p.at = word(0);
	return p;
}

static void unpaged(struct paged *p)
{
	as_driver();
	closed(p->vmo);
	gone(&p->user);
	gone(&p->pager);
}

/* The pager takes a request for that page, and answers with one that starts with `byte`. */
static void serve(struct paged *p, uint64_t page, uint8_t byte)
{
	as(p->pager.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p->port, 0, 0) == OK);
	struct context *c = &machine_thread()->context;

	CHECK(c->badge == 31 && tag_method(c->tag) == PAGE_REQUEST);
	CHECK(c->words[0] == page << PAGE_SHIFT && c->words[1] == PAGE_SIZE);
	uint32_t from = made_vmo(1);

	put(SCRATCH, &byte, 1);
	CHECK(CALL4(VMO_WRITE, from, 0, SCRATCH, 1) == OK);
	CHECK(CALL5(VMO_SUPPLY, p->object, page << PAGE_SHIFT, PAGE_SIZE, from, 0) == OK);
	CHECK(word(0) == PAGE_SIZE);
	CHECK(pages_of(from) == 0);
	closed(from);
	CHECK(message(CALL_IPC_REPLY, 0, 0, 0) == OK);
}

TEST(pager, a_touched_page_is_asked_for_and_the_thread_goes_on)
{
	struct books b = begin();
	struct paged p = paged(8);
	uint8_t byte;

	CHECK(!machine_access(p.at + 2 * PAGE_SIZE, ACCESS_READ));
	serve(&p, 2, 77);
	as(p.user.thread_object);
	get(&byte, p.at + 2 * PAGE_SIZE, 1);
	CHECK(byte == 77);
	/* A call that reads the object asks as well, and is made again by itself. */
	CHECK(CALL4(VMO_READ, p.theirs, 5 * PAGE_SIZE, SCRATCH, 1) == CALL_WAITS);
	serve(&p, 5, 78);
	as(p.user.thread_object);
	CHECK(result(p.user.thread_object) == OK);
	get(&byte, SCRATCH, 1);
	CHECK(byte == 78);
	/* As does one whose buffer lies there. */
	CHECK(CALL4(VMO_WRITE, p.theirs, 2 * PAGE_SIZE, p.at + 6 * PAGE_SIZE, 1) == CALL_WAITS);
	serve(&p, 6, 79);
	as(p.user.thread_object);
	get(&byte, p.at + 2 * PAGE_SIZE, 1);
	CHECK(result(p.user.thread_object) == OK && byte == 79);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, written_pages_are_dirty_until_cleaned)
{
	struct books b = begin();
	struct paged p = paged(8);
	uint64_t offset;

	CHECK(!machine_access(p.at + PAGE_SIZE, ACCESS_READ));
	serve(&p, 1, 1);
	as_driver();
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, 0, SCRATCH, 64) == OK && word(1) == 0);
	CHECK(word(0) == 8 * PAGE_SIZE);
	as(p.user.thread_object);
	put(p.at + PAGE_SIZE, "w", 1);
	as_driver();
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, DIRTY_CLEAN, SCRATCH, 64) == OK && word(1) == 1);
	get(&offset, SCRATCH, sizeof(offset));
	CHECK(offset == PAGE_SIZE);
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, 0, SCRATCH, 64) == OK && word(1) == 0);
	as(p.user.thread_object);
	put(p.at + PAGE_SIZE, "x", 1);
	as_driver();
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, 0, SCRATCH, 4) == OK && word(1) == 0 &&
	      word(0) == PAGE_SIZE);
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, 0, USER_START, 64) == ERR_BAD_ADDRESS);
	CHECK(CALL5(VMO_DIRTY, p.vmo, 1, 0, SCRATCH, 64) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, DIRTY_CLEAN | DIRTY_DROP, SCRATCH, 64) ==
	      ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, 4, SCRATCH, 64) == ERR_BAD_ARGUMENT);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, clean_pages_can_be_dropped_and_written_ones_stay)
{
	struct books b = begin();
	struct paged p = paged(8);
	uint64_t offset;
	uint8_t byte;

	for (unsigned i = 1; i < 4; i++) {
		as(p.user.thread_object);
		CHECK(!machine_access(p.at + i * PAGE_SIZE, ACCESS_READ));
		serve(&p, i, (uint8_t)(70 + i));
	}
	as(p.user.thread_object);
	put(p.at + 2 * PAGE_SIZE, "w", 1);
	as_driver();
	CHECK(CALL5(VMO_DIRTY, p.vmo, 0, DIRTY_DROP, SCRATCH, 64) == OK && word(1) == 1);
	CHECK(word(0) == 8 * PAGE_SIZE);
	get(&offset, SCRATCH, sizeof(offset));
	CHECK(offset == 2 * PAGE_SIZE);
	as(p.user.thread_object);
	get(&byte, p.at + 2 * PAGE_SIZE, 1);
	CHECK(byte == 'w');
	CHECK(!machine_access(p.at + 3 * PAGE_SIZE, ACCESS_READ)); /* it is asked for again */
	serve(&p, 3, 99);
	as(p.user.thread_object);
	get(&byte, p.at + 3 * PAGE_SIZE, 1);
	CHECK(byte == 99);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, a_refused_page_is_a_fault_and_a_gone_pager_is_peer_closed)
{
	struct books b = begin();
	struct paged p = paged(8);

	CHECK(CALL4(VMO_READ, p.theirs, 0, SCRATCH, 1) == CALL_WAITS);
	as(p.pager.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.port, 0, 0) == OK);
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, (uint16_t)ERR_IO, 0, 0, 0), 0) == OK);
	as(p.user.thread_object);
	CHECK(result(p.user.thread_object) == ERR_PEER_CLOSED);
	CHECK(CALL4(VMO_READ, p.theirs, 0, p.at, 1) == CALL_WAITS);
	as(p.pager.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.port, 0, 0) == OK);
	closed(p.port);
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, (uint16_t)ERR_IO, 0, 0, 0), 0) == OK);
	as(p.user.thread_object);
	CHECK(result(p.user.thread_object) == ERR_PEER_CLOSED);
	CHECK(CALL4(VMO_READ, p.theirs, PAGE_SIZE, SCRATCH, 1) == CALL_WAITS);
	as(p.user.thread_object);
	CHECK(result(p.user.thread_object) == ERR_PEER_CLOSED);
	/* No upcall, no debugger: it ends, once the page it touches again is still not there. */
	CHECK(!machine_access(p.at, ACCESS_READ));
	as(p.user.thread_object);
	CHECK(!machine_access(p.at, ACCESS_READ));
	as_driver();
	as_driver();
	reap_all();
	as_driver();
	CHECK(CALL4(WAIT, p.user.task, SIGNAL_DEAD, 0, 0) == OK);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, a_clone_looks_behind_itself)
{
	struct books b = begin();
	struct paged p = paged(8);

	CHECK(!machine_access(p.at, ACCESS_READ));
	serve(&p, 0, 9);
	as_driver();
	uint32_t clone = made(CALL3(VMO_CLONE, p.vmo, 0, 4 * PAGE_SIZE));
	uint32_t second = made(CALL3(VMO_CLONE, clone, 0, 4 * PAGE_SIZE));

	CHECK(byte_of(clone, 0) == 9);
	fill(clone, 0, 10);
	CHECK(byte_of(clone, 0) == 10 && byte_of(p.vmo, 0) == 9 && byte_of(second, 0) == 9);
	CHECK(CALL3(VMO_COMMIT, clone, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL3(VMO_COMMIT, p.vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	closed(clone);
	closed(second);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, a_grown_clone_shows_no_more_of_what_is_behind)
{
	struct books b = begin();
	struct paged p = paged(8);

	CHECK(!machine_access(p.at + 3 * PAGE_SIZE, ACCESS_READ));
	serve(&p, 3, 9);
	as_driver();
	uint32_t clone = made(CALL3(VMO_CLONE, p.vmo, 2 * PAGE_SIZE, PAGE_SIZE));

	CHECK(CALL2(VMO_RESIZE, clone, 8 * PAGE_SIZE) == OK);
	CHECK(byte_of(clone, 1) == 0);
	uint32_t second = made(CALL3(VMO_CLONE, clone, PAGE_SIZE, PAGE_SIZE));

	CHECK(byte_of(second, 0) == 0);
	closed(clone);
	closed(second);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, supply_moves_only_whole_anonymous_pages_that_are_absent)
{
	struct books b = begin();
	struct paged p = paged(8);

	as_driver();
	uint32_t from = made_vmo(4);

	fill(from, 0, 4);
	CHECK(CALL5(VMO_SUPPLY, p.vmo, 1, PAGE_SIZE, from, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_SUPPLY, p.vmo, 0, 9 * PAGE_SIZE, from, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_SUPPLY, p.vmo, 0, PAGE_SIZE, from, 4 * PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(VMO_SUPPLY, p.vmo, 0, PAGE_SIZE, p.vmo, 0) == ERR_BAD_ARGUMENT);
	SURVIVES(CALL5(VMO_SUPPLY, p.vmo, 0, PAGE_SIZE, from, 0));
	fill(from, 0, 5);
	CHECK(CALL5(VMO_SUPPLY, p.vmo, 0, PAGE_SIZE, from, 0) == OK);
	CHECK(byte_of(p.vmo, 0) == 4 && byte_of(from, 0) == 5);
	CHECK(CALL3(VMO_ZERO, p.vmo, 0, PAGE_SIZE) == OK);
	CHECK(pages_of(p.vmo) == 0);
	CHECK(CALL2(VMO_RESIZE, p.vmo, 16 * PAGE_SIZE) == OK);
	CHECK(CALL3(VMO_CREATE_PAGER, startup_handle("log"), 1, PAGE_SIZE) == ERR_WRONG_TYPE);
	closed(from);
	uint32_t port = made(CALL0(PORT_CREATE));

	CHECK(CALL3(VMO_CREATE_PAGER, port, 1, 0) == ERR_BAD_ARGUMENT);
	SURVIVES(CALL3(VMO_CREATE_PAGER, port, 1, PAGE_SIZE));
	closed((uint32_t)word(0));
	closed(port);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, another_tasks_paged_memory_is_to_be_touched_first)
{
	struct books b = begin();
	struct paged p = paged(8);

	as_driver();
	CHECK(CALL4(SPACE_READ, p.user.task, p.at, SCRATCH, 8) == ERR_AGAIN);
	CHECK(CALL4(SPACE_WRITE, p.user.task, p.at, SCRATCH, 8) == ERR_AGAIN);
	as(p.user.thread_object);
	CHECK(!machine_access(p.at, ACCESS_READ));
	serve(&p, 0, 3);
	as_driver();
	CHECK(CALL4(SPACE_READ, p.user.task, p.at, SCRATCH, 8) == OK);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, a_buffer_whose_page_is_refused_is_a_bad_address)
{
	struct books b = begin();
	struct paged p = paged(8);

	as_driver();
	uint32_t e = given(&p.user, made_vmo(1));

	as(p.user.thread_object);
	CHECK(CALL4(VMO_WRITE, e, 0, p.at, 8) == CALL_WAITS);
	as(p.pager.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.port, 0, 0) == OK);
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, (uint16_t)ERR_IO, 0, 0, 0), 0) == OK);
	as(p.user.thread_object);
	CHECK(result(p.user.thread_object) == ERR_BAD_ADDRESS);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, a_dropped_page_leaves_the_mappings_of_clones_too)
{
	struct books b = begin();
	struct paged p = paged(8);

	CHECK(!machine_access(p.at + PAGE_SIZE, ACCESS_READ));
	serve(&p, 1, 6);
	as_driver();
	uint32_t clone = made(CALL3(VMO_CLONE, p.vmo, 0, 4 * PAGE_SIZE));
	uint8_t byte;

	CHECK(CALL6(SPACE_MAP, 0, clone, 0, 0, 4 * PAGE_SIZE, MAP_READ) == OK);
	vaddr at = word(0);

	get(&byte, at + PAGE_SIZE, 1);
	CHECK(byte == 6);
	CHECK(CALL3(VMO_ZERO, p.vmo, PAGE_SIZE, PAGE_SIZE) == OK);
	CHECK(CALL4(SPACE_READ, startup_handle("task"), at + PAGE_SIZE, SCRATCH, 1) == ERR_AGAIN);
	CHECK(CALL2(VMO_RESIZE, clone, PAGE_SIZE) == OK);
	CHECK(CALL2(VMO_RESIZE, clone, 4 * PAGE_SIZE) == OK);
	CHECK(byte_of(clone, 1) == 0);
	CHECK(CALL3(SPACE_UNMAP, 0, at, 4 * PAGE_SIZE) == OK);
	closed(clone);
	unpaged(&p);
	balanced(&b);
}

TEST(pager, supplied_pages_are_paid_by_who_made_the_object)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 1 << 20));
	struct actor a = actor_create(q, 1);
	struct paged p = paged(8);

	as_driver();
	uint32_t there = given(&a, copy_of(p.vmo, RIGHTS_ALL));

	as(a.thread_object);
	put(SCRATCH, "", 1);
	as_driver();
	CHECK(CALL1(QUOTA_INFO, q) == OK);
	uint64_t pages = word(2);

	as(a.thread_object);
	uint32_t from = made_vmo(2);

	fill(from, 0, 9);
	as_driver();
	CHECK(CALL1(QUOTA_INFO, q) == OK && word(2) == pages + 1);
	as(a.thread_object);
	CHECK(CALL5(VMO_SUPPLY, there, 0, PAGE_SIZE, from, 0) == OK);
	as_driver();
	CHECK(CALL1(QUOTA_INFO, q) == OK && word(2) == pages);
	CHECK(byte_of(p.vmo, 0) == 9);
	gone(&a);
	closed(q);
	unpaged(&p);
	balanced(&b);
}
