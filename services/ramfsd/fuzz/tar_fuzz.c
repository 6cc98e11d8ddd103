/* SPDX-License-Identifier: MPL-2.0 */
/* Any bytes as the root's tar: what comes of them is a tree, whose every name can be looked at. */
#include <stdio.h>
#include <stdlib.h>
#include "services/ramfsd/serve.h"
#include "services/ramfsd/test/fixture.h"
#include "services/ramfsd/test/host/kernel.h"

void test_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

/* Every block gets the checksum that it needs, or hardly any input would be read. */
static void checksums_mend(char *tar, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		unsigned sum = 8 * ' ';
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0 : (unsigned char)tar[at + i];
		if (tar[at] != 0)
			snprintf(tar + at + 148, 8, "%06o", sum);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	char *tar = malloc(size);
	struct ram_system *fs;

	memcpy(tar, data, size);
	if (data[0] & 1)
		checksums_mend(tar, size);
	fake_reset();
	kernel_reset();
	fake_call = kernel_call;
	fake_current = &fake_server;
	fs = ram_system_create(0755, 0, 0);
	fill_tar(fs, tar, size);
	fill_standard(fs);
	files_node_put(fs->files.root);
	free(tar);
	return 0;
}
