/* SPDX-License-Identifier: MPL-2.0 */
/* Memory objects and mappings. */
#include <string.h>
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;

static uint64_t map(fut_handle vmo, uint64_t size, uint32_t flags)
{
	uint64_t at = 0;

	OKAY(fut_space_map(0, vmo, 0, 0, size, flags, &at));
	return at;
}

/* What the kernel says about reading a byte of our own memory: no fault either way. */
static enum err readable(uint64_t at)
{
	char byte;
	uint64_t n;

	return fut_space_read(cap_need("task"), at, &byte, 1, &n);
}

TEST(vmo, pages_are_zero_and_made_on_touch)
{
	fut_handle vmo = make_vmo(16 * PAGE);
	uint64_t size, pages, at = map(vmo, 16 * PAGE, MAP_READ | MAP_WRITE);
	uint32_t flags;

	for (uint64_t i = 0; i < 16 * PAGE; i += 8)
		if (i / PAGE % 3 == 0)
			EQUAL(*(volatile uint64_t *)(at + i), 0);
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(size, 16 * PAGE);
	CHECK(pages <= 6);
	*(volatile char *)(at + PAGE) = 1;
	OKAY(fut_vmo_zero(vmo, 0, 16 * PAGE));
	EQUAL(*(volatile char *)(at + PAGE), 0);
}

TEST(vmo, reads_and_writes_across_pages)
{
	fut_handle vmo = make_vmo(4 * PAGE);
	static char in[3 * PAGE], out[3 * PAGE];

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7);
	OKAY(fut_vmo_write(vmo, 100, in, sizeof(in)));
	OKAY(fut_vmo_read(vmo, 100, out, sizeof(out)));
	EQUAL(memcmp(in, out, sizeof(in)), 0);
	OKAY(fut_vmo_read(vmo, 0, out, 100));
	for (unsigned i = 0; i < 100; i++)
		EQUAL(out[i], 0);
	FAILS(fut_vmo_read(vmo, 4 * PAGE - 1, out, 2), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_write(vmo, UINT64_MAX, in, 2), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_read(vmo, 0, (void *)hole(), 8), ERR_BAD_ADDRESS);
	FAILS(fut_vmo_write(vmo, 0, (void *)hole(), 8), ERR_BAD_ADDRESS);
	FAILS(fut_vmo_read(vmo, 0, (void *)0xffff800000000000, 8), ERR_BAD_ADDRESS);
}

TEST(vmo, a_copy_that_turns_bad_in_the_middle_is_an_error)
{
	fut_handle vmo = make_vmo(4 * PAGE);
	char *memory = make_memory(2 * PAGE);

	OKAY(fut_space_unmap(0, (uint64_t)memory + PAGE, PAGE));
	FAILS(fut_vmo_read(vmo, 0, memory, 2 * PAGE), ERR_BAD_ADDRESS);
	FAILS(fut_vmo_write(vmo, 0, memory + 8, 2 * PAGE), ERR_BAD_ADDRESS);
}

/* Whole new pages are filled before anybody sees them: not even the source is what a frame held. */
TEST(vmo, a_page_can_be_written_with_what_it_shows_itself)
{
	constexpr unsigned PAGES = 64;
	char *used = make_memory(PAGES * PAGE);

	memset(used, 0x5a, PAGES * PAGE); /* what the frames hold that come next */
	OKAY(fut_space_unmap(0, (uint64_t)used, PAGES * PAGE));
	fut_handle vmo = make_vmo(PAGES * PAGE);
	const char *at = (const char *)map(vmo, PAGES * PAGE, MAP_READ | MAP_WRITE);

	OKAY(fut_vmo_write(vmo, 0, at, PAGES * PAGE));
	for (size_t i = 0; i < PAGES * PAGE; i += 64)
		EQUAL(at[i], 0);
	memset(used = make_memory(PAGE), 7, PAGE);
	OKAY(fut_vmo_zero(vmo, 0, PAGE));
	EQUAL(*(volatile const char *)at, 0);
	OKAY(fut_vmo_write(vmo, 0, used, PAGE));
	EQUAL(*(volatile const char *)at, 7); /* where zeros were mapped */
}

TEST(vmo, create_checks_its_arguments)
{
	fut_handle vmo;

	FAILS(fut_vmo_create(0, 0, &vmo), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create(PAGE, 2, &vmo), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create(UINT64_MAX, 0, &vmo), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create(1ull << 30, VMO_CONTIGUOUS, &vmo), ERR_NO_MEMORY);
	OKAY(fut_vmo_create(5, 0, &vmo)); /* whole pages */
	uint64_t size, pages;
	uint32_t flags;
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(size, PAGE);
}

TEST(vmo, contiguous_memory_is_there_at_once)
{
	fut_handle vmo, clone;
	uint64_t size, pages;
	uint32_t flags;

	OKAY(fut_vmo_create(8 * PAGE, VMO_CONTIGUOUS, &vmo));
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(pages, 8);
	EQUAL(flags, VMO_INFO_CONTIGUOUS);
	FAILS(fut_vmo_resize(vmo, PAGE), ERR_UNSUPPORTED);
	FAILS(fut_vmo_clone(vmo, 0, PAGE, &clone), ERR_UNSUPPORTED);
	FAILS(fut_vmo_zero(vmo, 0, PAGE), ERR_UNSUPPORTED);
	volatile char *at = (char *)map(vmo, 8 * PAGE, MAP_READ | MAP_WRITE);
	for (unsigned i = 0; i < 8; i++)
		EQUAL(at[i * PAGE]++, 0);
}

TEST(vmo, a_clone_shares_until_one_side_writes)
{
	fut_handle vmo = make_vmo(64 * PAGE), clone = 0;
	uint64_t a = map(vmo, 64 * PAGE, MAP_READ | MAP_WRITE), b, size, pages;
	uint32_t flags;

	for (unsigned i = 0; i < 64; i++)
		*(volatile uint64_t *)(a + i * PAGE) = i;
	OKAY(fut_vmo_clone(vmo, 8 * PAGE, 32 * PAGE, &clone));
	b = map(clone, 32 * PAGE, MAP_READ | MAP_WRITE);
	for (unsigned i = 0; i < 32; i++)
		EQUAL(*(volatile uint64_t *)(b + i * PAGE), i + 8);
	*(volatile uint64_t *)(a + 10 * PAGE) = 1000;
	*(volatile uint64_t *)(b + 3 * PAGE) = 2000;
	EQUAL(*(volatile uint64_t *)(b + 2 * PAGE), 10);
	EQUAL(*(volatile uint64_t *)(a + 11 * PAGE), 11);
	EQUAL(*(volatile uint64_t *)(a + 10 * PAGE), 1000);
	EQUAL(*(volatile uint64_t *)(b + 3 * PAGE), 2000);
	OKAY(fut_vmo_info(clone, &size, &pages, &flags));
	EQUAL(size, 32 * PAGE);
	FAILS(fut_vmo_clone(vmo, 1, PAGE, &clone), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_clone(vmo, 0, 0, &clone), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_clone(vmo, 0, 65 * PAGE, &clone), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_clone(duplicate(vmo, RIGHT_READ), 0, PAGE, &clone), ERR_NO_RIGHT);
}

TEST(vmo, clones_of_clones_stay_apart)
{
	fut_handle v[5] = { make_vmo(4 * PAGE) };
	uint64_t at[5] = { map(v[0], 4 * PAGE, MAP_READ | MAP_WRITE) };

	*(volatile uint64_t *)at[0] = 1;
	for (unsigned i = 1; i < 5; i++) {
		OKAY(fut_vmo_clone(v[i - 1], 0, 4 * PAGE, &v[i]));
		at[i] = map(v[i], 4 * PAGE, MAP_READ | MAP_WRITE);
		EQUAL(*(volatile uint64_t *)at[i], i);
		*(volatile uint64_t *)at[i] = i + 1;
	}
	close_handle(v[2]);
	for (unsigned i = 0; i < 5; i++)
		EQUAL(*(volatile uint64_t *)at[i], i + 1);
}

TEST(vmo, shrinking_drops_pages_from_mappings_too)
{
	fut_handle vmo = make_vmo(8 * PAGE);
	uint64_t at = map(vmo, 8 * PAGE, MAP_READ | MAP_WRITE), size, pages;
	uint32_t flags;

	for (unsigned i = 0; i < 8; i++)
		*(volatile char *)(at + i * PAGE) = 1;
	OKAY(fut_vmo_resize(vmo, 2 * PAGE));
	OKAY(readable(at + PAGE));
	FAILS(readable(at + 2 * PAGE), ERR_BAD_ADDRESS);
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(size, 2 * PAGE);
	EQUAL(pages, 2);
	OKAY(fut_vmo_resize(vmo, 8 * PAGE));
	EQUAL(*(volatile char *)(at + 2 * PAGE), 0);
	FAILS(fut_vmo_resize(vmo, UINT64_MAX - PAGE), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_resize(duplicate(vmo, RIGHT_WRITE), PAGE), ERR_NO_RIGHT);
}

TEST(vmo, commit_makes_pages_and_zero_drops_them)
{
	fut_handle vmo = make_vmo(64 * PAGE);
	uint64_t size, pages, done = 0, at = 0;
	uint32_t flags;

	while (at < 64 * PAGE) {
		OKAY(fut_vmo_commit(vmo, at, 64 * PAGE - at, &done));
		CHECK(done > 0);
		at += done;
	}
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(pages, 64);
	OKAY(fut_vmo_zero(vmo, PAGE, 62 * PAGE));
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(pages, 2);
	FAILS(fut_vmo_commit(vmo, 1, PAGE, &done), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_commit(vmo, 0, 65 * PAGE, &done), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_zero(vmo, 1, PAGE), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_zero(vmo, 64 * PAGE, PAGE), ERR_BAD_ARGUMENT);
}

TEST(vmo, rights_decide_how_it_may_be_mapped)
{
	fut_handle vmo = make_vmo(PAGE), look = duplicate(vmo, RIGHT_READ | RIGHT_MAP);
	uint64_t at;

	OKAY(fut_space_map(0, look, 0, 0, PAGE, MAP_READ, &at));
	FAILS(fut_space_map(0, look, 0, 0, PAGE, MAP_READ | MAP_WRITE, &at), ERR_NO_RIGHT);
	FAILS(fut_space_map(0, look, 0, 0, PAGE, MAP_READ | MAP_EXEC, &at), ERR_NO_RIGHT);
	FAILS(fut_space_protect(0, at, PAGE, MAP_READ | MAP_WRITE), ERR_NO_RIGHT);
	FAILS(fut_space_map(0, duplicate(vmo, RIGHT_READ), 0, 0, PAGE, MAP_READ, &at),
	      ERR_NO_RIGHT);
	FAILS(fut_vmo_write(look, 0, &at, 8), ERR_NO_RIGHT);
	FAILS(fut_vmo_read(duplicate(vmo, RIGHT_MAP), 0, &at, 8), ERR_NO_RIGHT);
}

TEST(space, map_checks_its_arguments)
{
	fut_handle vmo = make_vmo(PAGE);
	uint64_t at, taken = map(vmo, PAGE, MAP_READ);
	const uint32_t rw = MAP_READ | MAP_WRITE;

	FAILS(fut_space_map(0, 0, 0, 0, 0, rw, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 1, 0, PAGE, rw | MAP_FIXED, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, vmo, 0, 1, PAGE, MAP_READ, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 0, 0, PAGE, MAP_WRITE | MAP_EXEC | MAP_READ, &at),
	      ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 0, 0, PAGE, 1u << 31, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 0, 0, PAGE, rw | MAP_FIXED, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 0x7ffffffff000, 0, PAGE, rw | MAP_FIXED, &at), ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, 0xffff800000000000, 0, PAGE, rw | MAP_FIXED, &at),
	      ERR_BAD_ARGUMENT);
	FAILS(fut_space_map(0, 0, taken, 0, PAGE, rw | MAP_FIXED, &at), ERR_EXISTS);
	FAILS(fut_space_map(0, 0, 0, 0, 0x7ffff0000000, rw, &at), ERR_FULL);
	OKAY(fut_space_map(0, 0, taken, 0, PAGE, rw | MAP_FIXED | MAP_REPLACE, &at));
	EQUAL(at, taken);
	OKAY(fut_space_map(0, 0, 0, 0, PAGE, rw | MAP_LOW, &at));
	CHECK(at < 1ull << 31);
}

TEST(space, unmap_splits_and_frees)
{
	char *at = make_memory(9 * PAGE);

	memset(at, 5, 9 * PAGE);
	OKAY(fut_space_unmap(0, (uint64_t)at + 3 * PAGE, 3 * PAGE));
	FAILS(readable((uint64_t)at + 3 * PAGE), ERR_BAD_ADDRESS);
	FAILS(readable((uint64_t)at + 6 * PAGE - 1), ERR_BAD_ADDRESS);
	EQUAL(at[3 * PAGE - 1], 5);
	EQUAL(at[6 * PAGE], 5);
	OKAY(fut_space_unmap(0, (uint64_t)at, 9 * PAGE));
	FAILS(readable((uint64_t)at), ERR_BAD_ADDRESS);
	FAILS(fut_space_unmap(0, 1, PAGE), ERR_BAD_ARGUMENT);
	FAILS(fut_space_unmap(0, (uint64_t)at, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_space_unmap(0, 0xffff800000000000, PAGE), ERR_BAD_ARGUMENT);
	FAILS(fut_space_unmap(0, native_control()->self, PAGE), ERR_BAD_STATE);
}

TEST(space, protect_changes_and_restores_access)
{
	char *at = make_memory(4 * PAGE);
	uint64_t a = (uint64_t)at, n;
	char byte = 9;
	fut_handle task = cap_need("task");

	at[0] = at[PAGE] = 3;
	OKAY(fut_space_protect(0, a + PAGE, 2 * PAGE, MAP_READ));
	EQUAL(at[PAGE], 3);
	OKAY(fut_space_protect(0, a + PAGE, PAGE, 0));
	FAILS(readable(a + PAGE), ERR_BAD_ADDRESS);
	OKAY(fut_space_protect(0, a + PAGE, 2 * PAGE, MAP_READ | MAP_WRITE));
	at[PAGE] = 4;
	OKAY(fut_space_write(task, a, &byte, 1, &n));
	EQUAL(at[0], 9);
	FAILS(fut_space_protect(0, a, PAGE, MAP_WRITE | MAP_EXEC), ERR_BAD_ARGUMENT);
	FAILS(fut_space_protect(0, a + 1, PAGE, MAP_READ), ERR_BAD_ARGUMENT);
	FAILS(fut_space_protect(0, hole(), PAGE, MAP_READ), ERR_NOT_FOUND);
	FAILS(fut_space_protect(0, native_control()->self, PAGE, MAP_READ), ERR_BAD_STATE);
}

TEST(space, move_takes_contents_along)
{
	char *from = make_memory(3 * PAGE), *to = make_memory(3 * PAGE);

	memset(from, 8, 3 * PAGE);
	FAILS(fut_space_move(0, (uint64_t)from, 3 * PAGE, (uint64_t)to, 0), ERR_EXISTS);
	OKAY(fut_space_move(0, (uint64_t)from, 3 * PAGE, (uint64_t)to, MAP_REPLACE));
	EQUAL(to[3 * PAGE - 1], 8);
	FAILS(readable((uint64_t)from), ERR_BAD_ADDRESS);
	FAILS(fut_space_move(0, (uint64_t)from, PAGE, (uint64_t)to, MAP_REPLACE), ERR_NOT_FOUND);
	FAILS(fut_space_move(0, (uint64_t)to, 2 * PAGE, (uint64_t)to + PAGE, MAP_REPLACE),
	      ERR_BAD_ARGUMENT);
	FAILS(fut_space_move(0, (uint64_t)to + 1, PAGE, (uint64_t)from, 0), ERR_BAD_ARGUMENT);
}

TEST(space, find_describes_mappings_in_order)
{
	fut_handle vmo = make_vmo(4 * PAGE);
	uint64_t at = map(vmo, 4 * PAGE, MAP_READ), last = 0;
	struct mapping_info m = {};
	unsigned found = 0, areas = 0;

	(void)*(volatile char *)at;
	for (uint64_t a = 0; fut_space_find(0, a, &m, sizeof(m)) == OK; a = m.address + m.size) {
		CHECK(m.address >= last && m.size > 0 && m.size % PAGE == 0);
		last = m.address + m.size;
		areas += m.kind == MAPPING_AREA;
		if (m.address != at)
			continue;
		found++;
		EQUAL(m.size, 4 * PAGE);
		EQUAL(m.kind, MAPPING_VMO);
		EQUAL(m.flags & (MAP_READ | MAP_WRITE | MAP_EXEC), MAP_READ);
	}
	EQUAL(found, 1);
	EQUAL(areas, 1);
	FAILS(fut_space_find(0, 0, &m, 8), ERR_TOO_BIG);
	FAILS(fut_space_find(0, 0, (void *)hole(), sizeof(m)), ERR_BAD_ADDRESS);
	FAILS(fut_space_find(0, 0x7fffffffffff, &m, sizeof(m)), ERR_NOT_FOUND);
}

TEST(space, guards_cannot_be_touched)
{
	uint64_t at = 0;

	OKAY(fut_space_map(0, 0, 0, 0, PAGE, MAP_GUARD, &at));
	FAILS(readable(at), ERR_BAD_ADDRESS);
	FAILS(fut_space_protect(0, at, PAGE, MAP_READ), ERR_NO_RIGHT);
}

TEST(space, present_tells_which_pages_are_there)
{
	char *at = make_memory(4 * PAGE);
	unsigned char there[4] = { 9, 9, 9, 9 };

	at[PAGE] = 1;
	OKAY(fut_space_present((uint64_t)at, 4 * PAGE, there, 4));
	EQUAL(there[0], 0);
	EQUAL(there[1], 1);
	EQUAL(there[2], 0);
	FAILS(fut_space_present((uint64_t)at, 4 * PAGE, there, 3), ERR_BAD_ARGUMENT);
	FAILS(fut_space_present((uint64_t)at + 1, PAGE, there, 1), ERR_BAD_ARGUMENT);
	FAILS(fut_space_present(hole(), PAGE, there, 1), ERR_NOT_FOUND);
}

TEST(space, commit_maps_pages_now)
{
	uint64_t at = 0;
	unsigned char there[8] = {};

	OKAY(fut_space_map(0, 0, 0, 0, 8 * PAGE, MAP_READ | MAP_WRITE | MAP_COMMIT, &at));
	OKAY(fut_space_present(at, 8 * PAGE, there, 8));
	for (unsigned i = 0; i < 8; i++)
		EQUAL(there[i], 1);
}

ROLE(has_a_secret)
{
	static volatile uint64_t secret = 0x5ec4e7;
	uint64_t signals, address = (uint64_t)&secret;
	struct handle_info unused = {};

	(void)unused;
	if (fut_vmo_write(cap_need("told"), 0, &address, 8) != OK ||
	    fut_event_signal(cap_need("ready"), 1, 0) != OK ||
	    fut_wait(cap_need("ready"), 2, 0, TIME_NEVER, &signals) != OK)
		return 1;
	return secret == 0xdeed ? 0 : 2;
}

TEST(space, another_tasks_memory_needs_a_handle_and_the_right)
{
	fut_handle told = make_vmo(PAGE), ready = make_event();
	struct startup_cap caps[] = { named("told", duplicate(told, RIGHTS_ALL)),
				      named("ready", duplicate(ready, RIGHTS_ALL)) };
	fut_handle task = peer_start("has_a_secret", 0, 2, caps);
	uint64_t signals, address = 0, value = 0, n = 0;
	struct mapping_info lowest;
	char code;

	OKAY(fut_wait(ready, 1, 0, limit(), &signals));
	OKAY(fut_vmo_read(told, 0, &address, 8));
	OKAY(fut_space_read(task, address, &value, 8, &n));
	EQUAL(n, 8);
	EQUAL(value, 0x5ec4e7);
	fut_handle weak = duplicate(task, RIGHT_WAIT | RIGHT_MANAGE);
	FAILS(fut_space_read(weak, address, &value, 8, &n), ERR_NO_RIGHT);
	FAILS(fut_space_write(weak, address, &value, 8, &n), ERR_NO_RIGHT);
	FAILS(fut_space_map(weak, 0, 0, 0, PAGE, MAP_READ, &n), ERR_NO_RIGHT);
	FAILS(fut_space_read(task, 0xffff800000000000, &value, 8, &n), ERR_BAD_ADDRESS);
	FAILS(fut_space_read(task, 0, &value, 8, &n), ERR_BAD_ADDRESS);
	value = 0xdeed;
	OKAY(fut_space_write(task, address, &value, 8, &n));
	/* A breakpoint goes into code, which is only readable there: a private copy. */
	OKAY(fut_space_find(task, 0, &lowest, sizeof(lowest)));
	EQUAL(lowest.flags & (MAP_READ | MAP_WRITE), MAP_READ);
	OKAY(fut_space_read(task, lowest.address, &code, 1, &n));
	OKAY(fut_space_write(task, lowest.address, &code, 1, &n));
	OKAY(fut_event_signal(ready, 2, 0));
	EQUAL(peer_end(task).exit_code, 0);
	FAILS(fut_space_read(task, address, &value, 8, &n), ERR_BAD_STATE);
	FAILS(fut_space_map(task, 0, 0, 0, PAGE, MAP_READ, &n), ERR_BAD_STATE);
}

ROLE(touches)
{
	return *(volatile char *)argument;
}

static struct task_info touch(uint64_t address)
{
	fut_handle task = peer_start("touches", address, 0, nullptr);

	return peer_end(task);
}

TEST(space, bad_memory_accesses_end_a_task_and_say_why)
{
	struct task_info i = touch(8);

	EQUAL(i.fault.kind, FAULT_UNMAPPED);
	EQUAL(i.fault.address, 8);
	EQUAL(i.fault.access, ACCESS_READ);
	CHECK(touch(0xffff800000000000).fault.kind != 0);
	CHECK(touch(0xffffffff80000000).fault.kind != 0);
	CHECK(touch(0x0000900000000000).fault.kind != 0);
	CHECK(touch(0x7ffffffff000).fault.kind != 0);
}
