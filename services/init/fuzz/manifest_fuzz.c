/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the manifest's parser: any text gives a manifest or a message. */
#include <stdlib.h>
#include <string.h>
#include "services/init/core/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest m;
	struct manifest_error error;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	enum err e = manifest_parse(text, &m, &error);
	if (e != OK && (e != ERR_BAD_ARGUMENT || error.text[0] == '\0'))
		abort();
	for (unsigned i = 0; e == OK && i < m.nservices; i++)
		if (m.services[i].program == nullptr || m.services[i].priority > 63)
			abort();
	free(text);
	return 0;
}
