/* SPDX-License-Identifier: MPL-2.0 */
/* ramfsd served within the call, over the kernel for tests. */
#include <stdio.h>
#include <stdlib.h>
#include "lib/futura/clock.h"
#include "lib/futura/print.h"
#include "services/ramfsd/serve.h"
#include "services/ramfsd/test/fixture.h"
#include "services/ramfsd/test/host/kernel.h"

static struct ramfsd ramfsd;

/* There is no clock page, no log and no bundle here. */
uint64_t clock_now(void)
{
	static uint64_t now;

	return now += 1000;
}

uint64_t clock_wall(void)
{
	return 0;
}

void print(const char *format, ...)
{
	(void)format;
}

fut_handle bundle_clone(const char *from, uint64_t size)
{
	(void)from, (void)size;
	return 0;
}

/* Tell the server of sessions that ended. */
static void tell_closed(void)
{
	struct fake_task *was = fake_current;

	fake_current = &fake_server;
	for (uint64_t badge; (badge = kernel_orphan()) != 0;)
		files_closed(&ramfsd, badge);
	fake_current = was;
}

static bool serve_message(struct message *m)
{
	unsigned nhandles = tag_nhandles(m->tag);
	bool answers = false;

	m->badge = kernel_badge(&fake_client, fake_session);
	for (unsigned i = 0; i < RAMFSD_SERVICES; i++)
		if (ramfsd_services[i].protocol == tag_protocol(m->tag))
			answers = ramfsd_services[i].dispatch(ramfsd_services[i].ops, &ramfsd, m);
	if (!answers)
		answers = message_refuse(m, ERR_UNSUPPORTED);
	if (nhandles > 0)
		tell_closed();
	return answers;
}

struct remote fixture_start(void)
{
	fake_reset();
	kernel_reset();
	fake_serve = serve_message;
	fake_call = kernel_call;
	fake_current = &fake_server;
	ramfsd = (struct ramfsd){};
	ramfsd.root = ram_system_create(0755, 0, 0);
	if (ramfsd.root == nullptr)
		abort();
	fill_standard(ramfsd.root);
	fake_current = &fake_client;
	return (struct remote){ .session =
					fake_open(&fake_client, OBJECT_SESSION, RIGHTS_SESSION) };
}

/* What a server frees when its task ends; the sanitizer sees what else is left. */
static void server_free(void)
{
	for (uint32_t i = 0; i < ramfsd.files.nsessions; i++) {
		CHECK(ramfsd.files.sessions[i]->line == nullptr);
		free(ramfsd.files.sessions[i]);
	}
	free(ramfsd.files.sessions);
	free(ramfsd.files.rooms);
}

void fixture_end(struct remote *files)
{
	fixture_close(files->session);
	fake_current = &fake_server;
	files_node_put(ramfsd.root->files.root);
	CHECK(fake_count(&fake_server) == 0);
	server_free();
	fake_current = &fake_client;
	fake_reset();
	kernel_reset();
}

void *fixture_map(fut_handle memory, uint64_t size, uint32_t access)
{
	uint64_t at = 0;

	CHECK(fut_space_map(0, memory, 0, 0, size, access, &at) == OK);
	fixture_close(memory);
	return (void *)at;
}

void fixture_close(fut_handle handle)
{
	CHECK(fut_handle_close(handle) == OK);
	tell_closed();
}
