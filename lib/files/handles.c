/* SPDX-License-Identifier: MPL-2.0 */
/* What a task may do, in words: its handles. */
#include <stdio.h>
#include <string.h>
#include "abi/info.h"
#include "abi/user.h"
#include "lib/files/text.h"

static const char *const types[OBJECT_TYPES] = {
	[OBJECT_TASK] = "task",         [OBJECT_THREAD] = "thread",   [OBJECT_VMO] = "memory",
	[OBJECT_PORT] = "port",         [OBJECT_SESSION] = "session", [OBJECT_REPLY] = "reply",
	[OBJECT_EVENT] = "event",       [OBJECT_WAITSET] = "waitset", [OBJECT_WATCH] = "watch",
	[OBJECT_IRQ] = "irq",           [OBJECT_IOPORT] = "ioport",   [OBJECT_IOSPACE] = "iospace",
	[OBJECT_BUDGET] = "budget",     [OBJECT_QUOTA] = "quota",     [OBJECT_LEASE] = "lease",
	[OBJECT_RESOURCE] = "resource",
};

/* The manifest's words for rights, by their bits (docs/manifest.md). */
static const char *const rights[] = { "read",      "write",    "execute", "map",
				      "send",      "receive",  "wait",    "signal",
				      "duplicate", "transfer", "inherit", "manage" };

static const char *const resources[] = {
	[RESOURCE_PHYSICAL] = "physical addresses from",
	[RESOURCE_IRQ] = "interrupt lines from",
	[RESOURCE_IOPORT] = "I/O ports from",
	[RESOURCE_MSI] = "message interrupts from",
	[RESOURCE_IOSPACE] = "DMA of devices from",
	[RESOURCE_POWER] = "power",
	[RESOURCE_LOG] = "the kernel log",
	[RESOURCE_SYSTEM] = "the system",
};

static void resource_add(struct text *t, uint64_t detail)
{
	constexpr unsigned KINDS = sizeof(resources) / sizeof(*resources);
	uint64_t kind = detail >> 56, base = detail & 0xffffffffffffff;
	bool has_range = kind < RESOURCE_POWER;

	text_add(t, "%s", kind < KINDS && resources[kind] ? resources[kind] : "unknown");
	if (has_range)
		text_add(t, " %#llx", (unsigned long long)base);
}

static void detail_add(struct text *t, const struct handle_info *h)
{
	switch (h->type) {
	case OBJECT_RESOURCE:
		resource_add(t, h->detail);
		return;
	case OBJECT_VMO:
		text_add(t, "%llu bytes", (unsigned long long)h->detail);
		return;
	case OBJECT_IRQ:
		text_add(t, "line %llu", (unsigned long long)h->detail);
		return;
	case OBJECT_SESSION:
		text_add(t, "badge %#llx", (unsigned long long)h->detail);
		return;
	default:
		text_add(t, "-");
	}
}

static void handle_add(struct text *t, const struct handle_info *h)
{
	const char *type = h->type < OBJECT_TYPES ? types[h->type] : nullptr;
	char words[128] = "", *end = words;

	for (unsigned i = 0; i < sizeof(rights) / sizeof(*rights); i++)
		if (h->rights & 1u << i)
			end += sprintf(end, "%s%s", end > words ? "," : "", rights[i]);
	text_add(t, "%-8x %-9s %-8llu ", h->handle, type ? type : "?", (unsigned long long)h->id);
	detail_add(t, h);
	text_add(t, "%s %s\n", h->leased ? " (leased)" : "", end > words ? words : "none");
}

void text_handles(struct text *t, fut_handle task)
{
	struct handle_info h = {};
	uint32_t found;

	text_add(t, "%-8s %-9s %-8s %s\n", "HANDLE", "OBJECT", "NUMBER", "WHAT AND RIGHTS");
	while (fut_handle_find(task, h.handle, &h, sizeof(h), &found) == OK)
		handle_add(t, &h);
}
