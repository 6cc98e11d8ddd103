/* SPDX-License-Identifier: MPL-2.0 */
/* Memory objects whose pages a server supplies. */
#include <string.h>
#include "lib/futura/message.h"
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;
constexpr uint64_t BADGE = 31;

struct pager {
	fut_handle port, vmo;
	unsigned nrequests;
	bool refuses;
};

/* Page n is filled with n + 1. */
static enum err supply(const struct pager *p, uint64_t offset)
{
	fut_handle from = make_vmo(PAGE);
	char page[PAGE];
	uint64_t done = 0;

	memset(page, (int)(offset / PAGE + 1), PAGE);
	OKAY(fut_vmo_write(from, 0, page, PAGE));
	enum err e = fut_vmo_supply(p->vmo, offset, PAGE, from, 0, &done);
	close_handle(from);
	return e;
}

static int serve_pages(void *argument)
{
	struct pager *p = argument;
	struct message m = {};
	enum err e = ipc_receive(p->port, &m, TIME_NEVER);

	while (e == OK) {
		enum err answer = ERR_IO;
		if (tag_protocol(m.tag) == 0 && tag_method(m.tag) == PAGE_REQUEST) {
			EQUAL(m.badge, BADGE);
			p->nrequests++;
			answer = p->refuses ? ERR_IO : supply(p, m.word[0]);
		}
		m = (struct message){ .tag = tag_make(0, (uint16_t)answer, 0, 0, 0) };
		e = ipc_reply_wait(p->port, &m, TIME_NEVER);
	}
	return 0;
}

static struct pager pager;

static volatile char *setup(unsigned npages)
{
	uint64_t at = 0;

	pager = (struct pager){ .port = make_port() };
	OKAY(fut_vmo_create_pager(pager.port, BADGE, npages * PAGE, &pager.vmo));
	OKAY(fut_space_map(0, pager.vmo, 0, 0, npages * PAGE, MAP_READ | MAP_WRITE, &at));
	(void)run_thread(serve_pages, &pager);
	return (volatile char *)at;
}

TEST(pager, supplies_pages_on_touch_once)
{
	volatile char *at = setup(16);

	for (unsigned i = 0; i < 16; i += 3)
		EQUAL(at[i * PAGE + 5], i + 1);
	EQUAL(pager.nrequests, 6);
	EQUAL(at[3 * PAGE], 4);
	EQUAL(pager.nrequests, 6);
	at[3 * PAGE] = 77;
	EQUAL(at[3 * PAGE], 77);
}

TEST(pager, lists_written_pages)
{
	volatile char *at = setup(16);
	uint64_t dirty[8] = {}, next = 0;
	uint32_t n = 0;

	(void)at[0];
	at[PAGE] = 1;
	at[5 * PAGE] = 1;
	OKAY(fut_vmo_dirty(pager.vmo, 0, DIRTY_CLEAN, dirty, sizeof(dirty), &next, &n));
	EQUAL(n, 2);
	EQUAL(dirty[0], PAGE);
	EQUAL(dirty[1], 5 * PAGE);
	EQUAL(next, 16 * PAGE);
	OKAY(fut_vmo_dirty(pager.vmo, 0, 0, dirty, sizeof(dirty), &next, &n));
	EQUAL(n, 0);
	at[PAGE] = 2; /* written again after it was cleaned */
	OKAY(fut_vmo_dirty(pager.vmo, 0, 0, dirty, sizeof(dirty), &next, &n));
	EQUAL(n, 1);
	FAILS(fut_vmo_dirty(pager.vmo, 1, 0, dirty, sizeof(dirty), &next, &n), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_dirty(make_vmo(PAGE), 0, 0, dirty, sizeof(dirty), &next, &n),
	      ERR_BAD_ARGUMENT);
}

TEST(pager, user_copies_ask_to_come_again)
{
	volatile char *at = setup(4);
	fut_handle vmo = make_vmo(PAGE);
	uint64_t n;
	char byte;

	FAILS(fut_space_read(cap_need("task"), (uint64_t)at, &byte, 1, &n), ERR_AGAIN);
	EQUAL(at[0], 1);
	OKAY(fut_space_read(cap_need("task"), (uint64_t)at, &byte, 1, &n));
	EQUAL(byte, 1);
	close_handle(vmo);
}

TEST(pager, checks_its_arguments)
{
	fut_handle port = make_port(), vmo, anon = make_vmo(PAGE);
	uint64_t done;

	FAILS(fut_vmo_create_pager(port, 0, 0, &vmo), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create_pager(duplicate(port, RIGHT_RECEIVE), 0, PAGE, &vmo), ERR_NO_RIGHT);
	OKAY(fut_vmo_create_pager(port, 0, PAGE, &vmo));
	FAILS(fut_vmo_supply(vmo, 1, PAGE, anon, 0, &done), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_supply(vmo, 0, 2 * PAGE, anon, 0, &done), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_supply(anon, 0, PAGE, vmo, 0, &done), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_commit(vmo, 0, PAGE, &done), ERR_UNSUPPORTED);
}

ROLE(reads_paged)
{
	uint64_t at;

	if (fut_space_map(0, cap_need("vmo"), 0, 0, PAGE, MAP_READ, &at) != OK)
		return 1;
	return *(volatile char *)at;
}

TEST(pager, a_refusal_is_a_fault)
{
	(void)setup(1);
	pager.refuses = true;
	struct startup_cap caps[] = { named("vmo", duplicate(pager.vmo, RIGHTS_ALL)) };
	fut_handle task = peer_start("reads_paged", 0, 1, caps);
	EQUAL(peer_end(task).fault.kind, FAULT_NO_PAGE);
}

TEST(pager, its_death_is_a_fault)
{
	fut_handle port = make_port(), vmo;

	OKAY(fut_vmo_create_pager(port, 0, PAGE, &vmo));
	struct startup_cap caps[] = { named("vmo", duplicate(vmo, RIGHTS_ALL)) };
	fut_handle task = peer_start("reads_paged", 0, 1, caps);
	OKAY(fut_thread_sleep(clock_after(SOON))); /* it may wait by now, or not yet */
	close_handle(port);
	EQUAL(peer_end(task).fault.kind, FAULT_NO_PAGE);
}

TEST(pager, a_thread_that_waits_for_a_page_can_be_killed)
{
	fut_handle port = make_port(), vmo;

	OKAY(fut_vmo_create_pager(port, 0, PAGE, &vmo));
	struct startup_cap caps[] = { named("vmo", duplicate(vmo, RIGHTS_ALL)) };
	fut_handle task = peer_start("reads_paged", 0, 1, caps);
	uint64_t signals;
	OKAY(fut_wait(port, SIGNAL_READY, 0, limit(), &signals));
	OKAY(fut_task_kill(task, 5));
	EQUAL(peer_end(task).exit_code, 5);
}
