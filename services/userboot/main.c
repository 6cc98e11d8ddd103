/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The first code in user mode: finds init in the boot bundle, loads it into this task and goes on
 * there with the same start-up block and stack. It has no data and no stack guard, for it is
 * embedded in the kernel image and mapped as it is.
 */
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/load.h"
#include "lib/futura/startup.h"
#include <futura-arch/arch.h>

constexpr char INIT[] = "bin/init";

uint64_t userboot(const struct startup *s);

static void say(const struct startup *s, const char *text)
{
	fut_handle log = startup_cap(s, "log");

	(void)fut_log_write(log, text, strlen(text)); /* there is no other place to tell it */
}

/* End the machine: the closing line, then the power. */
[[noreturn]] static void fail(const struct startup *s, const char *why)
{
	say(s, "userboot: ");
	say(s, why);
	say(s, "\nfutura: exit 1\n");
	(void)fut_power(startup_cap(s, "power"), POWER_OFF); /* where it cannot, we stop here */
	for (;;)
		(void)fut_thread_sleep(TIME_NEVER); /* nothing is left to do */
}

static void bundle_map(const struct startup *s, uint64_t *at, uint64_t *size)
{
	fut_handle bundle = startup_cap(s, "bundle");
	uint64_t pages;
	uint32_t flags;

	if (bundle == 0)
		fail(s, "no boot bundle: the boot loader was given none");
	if (fut_vmo_info(bundle, size, &pages, &flags) != OK ||
	    fut_space_map(0, bundle, 0, 0, *size, MAP_READ, at) != OK)
		fail(s, "the boot bundle cannot be mapped");
}

static struct cpio_file init_find(const struct startup *s, uint64_t at, uint64_t size)
{
	struct cpio_file f = {};
	enum err e = cpio_find((const void *)at, size, INIT, &f);

	if (e == ERR_NOT_FOUND)
		fail(s, "the boot bundle holds no bin/init");
	if (e != OK)
		fail(s,
		     "the boot bundle is damaged or cut off: it is no cpio archive (newc format)");
	return f;
}

uint64_t userboot(const struct startup *s)
{
	struct elf_image image = {};
	uint64_t at = 0, size = 0;

	bundle_map(s, &at, &size);
	struct cpio_file f = init_find(s, at, size);
	if (elf_parse(f.data, f.size, &image) != OK)
		fail(s, "bin/init in the boot bundle is damaged: it is no static ELF program");
	if (image.machine != ELF_NATIVE)
		fail(s, "bin/init in the boot bundle is for another kind of processor");
	uint64_t base = image.is_movable ? program_base(s->random[3]) : 0;
	if (elf_load(startup_cap(s, "task"), f.data, &image, base, INHERIT_COPY, nullptr) != OK)
		fail(s, "bin/init cannot be loaded: too little memory");
	(void)fut_space_unmap(0, at, size); /* it would only stay mapped */
	return base + image.entry;
}
