/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes what reads boot bundles and programs: the archive, ELF headers, the start-up block. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/elf.h"
#include "lib/futura/startup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum;

static void touch(const void *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += ((const unsigned char *)at)[i];
}

static void archive(const uint8_t *data, size_t size)
{
	struct cpio_file f;

	for (size_t position = 0; cpio_next(data, size, &position, &f) == OK;)
		touch(f.data, f.size + 0 * strlen(f.name));
}

static void program(const uint8_t *data, size_t size)
{
	struct elf_image image;

	if (elf_parse(data, size, &image) != OK)
		return;
	uint64_t end = 0;
	for (unsigned i = 0; i < image.nsegments; i++) {
		const struct elf_segment *s = &image.segments[i];
		if (s->address < end || s->skip + s->nbytes > s->size || s->address % 4096 ||
		    s->size % 4096 || (s->flags & MAP_WRITE && s->flags & MAP_EXEC))
			abort();
		end = s->address + s->size;
		touch(data + s->offset, s->nbytes);
	}
	if (end != image.high)
		abort();
}

static void block(const uint8_t *data, size_t size)
{
	struct startup *s = malloc(size ? size : 1); /* aligned, and of exactly that size */

	memcpy(s, data, size);
	if (startup_check(s, size) == OK) {
		for (unsigned i = 0; i < s->argc && i < 4; i++)
			sum += *startup_argument(s, i);
		sum += startup_env(s, "A") != nullptr;
		sum += startup_cap(s, "log");
	}
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	archive(data, size);
	program(data, size);
	block(data, size);
	return 0;
}
