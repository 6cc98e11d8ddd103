/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/exec/vdso.h"
#include <asm/errno.h>
#include <elf.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/mm/maps.h"

extern const char vdso_image[], vdso_image_end[];

static struct map_backing *backing; /* its contents, made once */
static uint64_t base;

static int64_t make(void)
{
	uint64_t size = (uint64_t)(vdso_image_end - vdso_image);
	fut_handle vmo;
	enum err e = fut_vmo_create(size, 0, &vmo);

	if (e == OK)
		e = fut_vmo_write(vmo, 0, vdso_image, size);
	if (e != OK)
		return call_error(e);
	backing = backing_new(vmo, "[vdso]", 0, 0);
	return backing != nullptr ? 0 : -ENOMEM;
}

int64_t vdso_map(void)
{
	int64_t at = backing == nullptr ? make() : 0;
	struct map_request r = {
		.size = page_up((uint64_t)(vdso_image_end - vdso_image)),
		.flags = MAP_IS_READABLE | MAP_IS_EXECUTABLE | MAP_IS_VDSO,
		.backing = backing,
	};

	if (at == 0)
		at = maps_add(&r);
	base = at > 0 ? (uint64_t)at : 0;
	return at < 0 ? at : 0;
}

uint64_t vdso_base(void)
{
	return base;
}

/* Its only ABI-less function stands where its entry address says. */
uint64_t vdso_sigreturn(void)
{
	return base + ((const Elf64_Ehdr *)vdso_image)->e_entry;
}
