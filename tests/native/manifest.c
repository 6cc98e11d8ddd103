/* SPDX-License-Identifier: MPL-2.0 */
/* The running system is what the manifest says: services, limits, and every resource they hold. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "protocol/init.h"
#include "services/init/core/manifest.h"
#include "tests/native/test.h"
#include <futura-arch/arch.h>

static struct manifest manifest;

static void read_manifest(void)
{
	uint64_t bytes, pages, at;
	uint32_t flags;
	struct cpio_file f;
	struct manifest_error error;

	OKAY(fut_vmo_info(cap_need("bundle"), &bytes, &pages, &flags));
	OKAY(fut_space_map(0, cap_need("bundle"), 0, 0, bytes, MAP_READ, &at));
	OKAY(cpio_find((const void *)at, bytes, "system.conf", &f));
	char *text = calloc(1, f.size + 1);
	memcpy(text, f.data, f.size);
	OKAY(manifest_parse(text, &manifest, &error));
}

static bool is_here(const struct manifest_service *s)
{
	return s->only == nullptr ||
	       strcmp(s->only, ELF_NATIVE == ELF_X86_64 ? "x86_64" : "arm64") == 0;
}

static uint64_t resource_kind(enum source source)
{
	static const uint32_t kinds[SOURCES] = {
		[SOURCE_PHYSICAL] = RESOURCE_PHYSICAL, [SOURCE_IRQ] = RESOURCE_IRQ,
		[SOURCE_IOPORT] = RESOURCE_IOPORT,     [SOURCE_MSI] = RESOURCE_MSI,
		[SOURCE_IOSPACE] = RESOURCE_IOSPACE,   [SOURCE_LOG] = RESOURCE_LOG,
		[SOURCE_POWER] = RESOURCE_POWER,       [SOURCE_SYSTEM] = RESOURCE_SYSTEM,
	};

	return kinds[source];
}

/* Does some `give` of the service allow it to hold this resource, with these rights? */
static bool is_given(const struct manifest_service *s, const struct handle_info *h)
{
	for (unsigned i = 0; i < s->ngives; i++) {
		const struct give *g = &s->gives[i];
		uint64_t base = g->source < SOURCE_RANGES ? g->base : h->detail & 0xffffffffffffff;
		if (h->detail == (resource_kind(g->source) << 56 | base) &&
		    (h->rights & ~(g->rights | RIGHT_TRANSFER)) == 0)
			return true;
	}
	return false;
}

/* Every resource it holds was given; returns how many. */
static unsigned check_handles(const struct manifest_service *s, fut_handle task)
{
	struct handle_info h = {};
	uint32_t found;
	unsigned n = 0;

	while (fut_handle_find(task, h.handle, &h, sizeof(h), &found) == OK) {
		if (h.type != OBJECT_RESOURCE)
			continue;
		CHECK(is_given(s, &h));
		n++;
	}
	return n;
}

static bool holds(fut_handle task, uint64_t kind)
{
	struct handle_info h = {};
	uint32_t found;

	while (fut_handle_find(task, h.handle, &h, sizeof(h), &found) == OK)
		if (h.type == OBJECT_RESOURCE && h.detail >> 56 == kind)
			return true;
	return false;
}

/* What it was given, but for the two that not every machine has. */
static unsigned given_resources(const struct manifest_service *s, fut_handle task)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->ngives; i++) {
		enum source source = s->gives[i].source;
		bool optional = source == SOURCE_MSI || source == SOURCE_IOPORT;
		n += resource_kind(source) != 0 &&
		     (!optional || holds(task, resource_kind(source)));
	}
	return n;
}

TEST(manifest, says_what_each_service_holds)
{
	struct remote init = { .session = cap_get("init"), .deadline = limit() };
	unsigned nchecked = 0;

	if (init.session == 0)
		test_skip("not given a session with init");
	read_manifest();
	for (unsigned i = 0; i < manifest.nservices; i++) {
		const struct manifest_service *s = &manifest.services[i];
		struct task_info info;
		fut_handle task;
		if (!is_here(s))
			continue;
		enum err e = init_task(&init, s->name, strlen(s->name), &task);
		if (e == ERR_BAD_STATE && (s->is_on_demand || s->restart == RESTART_NEVER))
			continue; /* not started, or done */
		OKAY(e);
		OKAY(fut_task_info(task, &info, sizeof(info)));
		CHECK(strcmp(info.name, s->name) == 0);
		EQUAL(info.max_priority, s->priority);
		EQUAL(check_handles(s, task), given_resources(s, task));
		close_handle(task);
		nchecked++;
	}
	CHECK(nchecked >= 3);
}

/* SERVICE, or SERVICE/... for what a service has started itself. */
static bool is_listed(const char *task)
{
	char name[sizeof((struct task_info){}.name)];

	strcpy(name, task);
	name[strcspn(name, "/")] = '\0';
	for (unsigned i = 0; i < manifest.nservices; i++)
		if (is_here(&manifest.services[i]) && strcmp(manifest.services[i].name, name) == 0)
			return true;
	return false;
}

TEST(manifest, knows_every_task_there_is)
{
	struct task_info t = {};

	read_manifest();
	while (fut_system_task(cap_need("system"), t.id, &t, sizeof(t)) == OK) {
		bool ours = strncmp(t.name, "manifest.", 9) == 0 || strcmp(t.name, "init") == 0;
		CHECK(t.state != TASK_ALIVE || ours || is_listed(t.name));
	}
}
