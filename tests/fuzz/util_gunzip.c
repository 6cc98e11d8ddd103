/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the readers of gzip and tar: the input is one, then the other. */
#include <stdint.h>
#include "apps/applet/mem.h"
#include "apps/utils/gzip.h"
#include "apps/utils/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void input_make(struct in *in, const uint8_t *data, size_t size)
{
	*in = (struct in){ .fd = -1,
			   .name = "fuzz",
			   .eof = true,
			   .end = size,
			   .buf = mem_dup_bytes(data, size),
			   .size = size };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *mark = mem_mark();
	struct tar_member m;
	struct in in;

	input_make(&in, data, size);
	(void)gzip_expand(&in, nullptr); /* any answer is right that is no crash */
	input_make(&in, data, size);
	while (tar_read(&in, &m) == TAR_MEMBER && tar_contents(&in, m.size, nullptr))
		tar_member_free(&m);
	mem_release(mark);
	return 0;
}
