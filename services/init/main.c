/* SPDX-License-Identifier: MPL-2.0 */
/*
 * init: the first program. It owns everything, and gives each service exactly what the manifest
 * says. With run=PROGRAM on the kernel's command line, that program's end is the machine's.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/number.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/init/state.h"

constexpr char MANIFEST[] = "system.conf";

static struct init init;

[[noreturn]] void machine_end(int64_t code)
{
	print("futura: exit %lld\n", (long long)(code & 255));
	(void)fut_power(cap_get("power"), POWER_OFF); /* a machine that cannot stays as it is */
	for (;;)
		(void)fut_thread_sleep(TIME_NEVER); /* nothing is left to do */
}

[[noreturn]] static void fail(const char *what, enum err e)
{
	print("init: %s: %s\n", what, error_name(e));
	machine_end(1);
}

static void bundle_map(void)
{
	fut_handle bundle = cap_need("bundle");
	const char *used = env_get("BUNDLE_SIZE");
	uint64_t size, pages, at, nbytes;
	uint32_t flags;
	enum err e = fut_vmo_info(bundle, &size, &pages, &flags);

	if (e == OK)
		e = fut_space_map(0, bundle, 0, 0, size, MAP_READ, &at);
	if (e != OK)
		fail("cannot map the boot bundle", e);
	init.bundle = (const void *)at;
	init.bundle_size =
		used && number_parse(used, &nbytes) == OK && nbytes < size ? nbytes : size;
}

static void manifest_read(void)
{
	struct manifest_error error = {};
	struct cpio_file f;
	enum err e = cpio_find(init.bundle, init.bundle_size, MANIFEST, &f);

	if (e != OK)
		fail(e == ERR_NOT_FOUND ? "no system.conf in the boot bundle"
					: "the boot bundle is damaged or cut off",
		     e);
	char *text = malloc(f.size + 1); /* for good: the manifest points into it */
	if (text == nullptr)
		fail("system.conf", ERR_NO_MEMORY);
	memcpy(text, f.data, f.size);
	text[f.size] = '\0';
	if (memchr(text, '\0', f.size)) {
		print("init: system.conf: not a text\n");
		machine_end(1);
	}
	if (manifest_parse(text, &init.manifest, &error) != OK) {
		print("init: system.conf:%u: %s\n", error.line, error.text);
		machine_end(1);
	}
}

static void service_add(const struct manifest_service *spec)
{
	if (spec->only == nullptr || strcmp(spec->only, init.arch) == 0)
		init.services[init.nservices++].spec = spec;
}

/* The registry first: what starts after it needs sessions with it. */
static void services_add(void)
{
	const struct manifest_service *registry = manifest_find(&init.manifest, "registryd");

	if (registry)
		service_add(registry);
	for (unsigned i = 0; i < init.manifest.nservices; i++)
		if (&init.manifest.services[i] != registry)
			service_add(&init.manifest.services[i]);
}

/* Memory for a program without a manifest: half of what is left, where a machine has little. */
static uint64_t spare_quota(void)
{
	constexpr uint64_t PLENTY = 64 << 20;
	uint64_t limit, used, npages;

	if (fut_quota_info(cap_need("quota"), &limit, &used, &npages) != OK)
		return PLENTY;
	return (limit - used) / 2 < PLENTY ? (limit - used) / 2 : PLENTY;
}

/* A program that the manifest does not know gets a voice, and nothing else. */
static struct running *unknown_program(const char *name)
{
	static const struct give log = { .name = "log",
					 .source = SOURCE_LOG,
					 .rights = RIGHT_WRITE };
	static struct manifest_service spec;
	char *path = malloc(strlen(name) + 5); /* for good */

	if (path == nullptr)
		fail(name, ERR_NO_MEMORY);
	strcpy(stpcpy(path, "bin/"), name);
	spec = (struct manifest_service){
		.name = name,
		.program = path,
		.quota = spare_quota(),
		.priority = 16,
		.ngives = 1,
		.gives = { log },
	};
	struct running *r = &init.services[init.nservices++];
	r->spec = &spec;
	return r;
}

/* Without run=, the program of this name, if the manifest has it. Its end is not the machine's. */
static void run_usual(void)
{
	struct running *r = running_find(&init, "login");

	if (r && r->state == STOPPED)
		(void)running_start(&init, r); /* told */
}

/* run=PROGRAM ARGUMENTS..., up to the end of the command line. */
static void run(void)
{
	static const char *words[SERVICE_WORDS];
	const char *line = env_get("CMDLINE");
	const char *at = line ? strstr(line, "run=") : nullptr;
	unsigned n;

	while (at && at != line && at[-1] != ' ')
		at = strstr(at + 1, "run=");
	if (at == nullptr) {
		run_usual();
		return;
	}
	char *copy = strdup(at + 4); /* for good: arguments point into it */
	if (copy == nullptr || words_split(copy, words, SERVICE_WORDS, &n) != OK || n == 0)
		fail("the command line after run=", ERR_BAD_ARGUMENT);
	struct running *r = running_find(&init, words[0]);
	if (r == nullptr)
		r = unknown_program(words[0]);
	r->nextra = n - 1;
	r->extra = words + 1;
	init.run = r;
	if (r->state == STOPPED && running_start(&init, r) != OK)
		machine_end(1);
}

int main(void)
{
	fut_handle watch;
	enum err e = fut_waitset_create(&init.waitset);

	if (e == OK)
		e = fut_port_create(&init.port);
	if (e == OK)
		e = fut_watch_create(init.waitset, init.port, SIGNAL_READY, 0, COOKIE_PORT, &watch);
	if (e == OK)
		e = registry_create(&init);
	if (e != OK)
		fail("cannot make its own objects", e);
	init.arch = env_get("ARCH") ? env_get("ARCH") : "";
	bundle_map();
	manifest_read();
	services_add();
	services_start(&init);
	run();
	supervise(&init);
}
