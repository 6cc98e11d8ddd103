/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the readers of tar and cpio archives, and what file(1) makes of any bytes. */
#include <stdint.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/mem.h"
#include "apps/utils/cpio.h"
#include "apps/utils/magic.h"
#include "apps/utils/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_size;

static void tar_walk(struct in *in)
{
	struct tar_member m;

	while (tar_read(in, &m) == TAR_MEMBER) {
		bool more = tar_contents(in, m.size, nullptr);
		tar_member_free(&m);
		if (!more)
			return;
	}
}

static void cpio_walk(struct in *in)
{
	struct cpio_member m;
	uint64_t taken = 0;

	while (cpio_read(in, &m, &taken) == CPIO_MEMBER) {
		uint64_t all = m.size + cpio_padding(m.format, m.size);
		mem_free(m.name);
		if (all > in->end - in->start)
			return;
		in->start += (size_t)all;
	}
}

/* Inside an applet's run, where errors that end it may be told. */
static int walk_main(int argc, char **argv)
{
	struct in in = {
		.fd = -1, .name = "fuzz", .eof = true, .size = input_size, .end = input_size
	};
	struct magic m;

	(void)argc;
	(void)argv;
	in.buf = mem_alloc(input_size + 1);
	memcpy(in.buf, input, input_size);
	magic_find(&m, input, input_size, -1);
	mem_free(m.words.bytes);
	tar_walk(&in);
	in.start = 0;
	cpio_walk(&in);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct applet walk = { .name = "fuzz",
					    .main = walk_main,
					    .flags = APPLET_RAW };
	static char name[] = "fuzz", *argv[] = { name, nullptr };

	input = data;
	input_size = size;
	applet_run(&walk, 1, argv);
	return 0;
}
