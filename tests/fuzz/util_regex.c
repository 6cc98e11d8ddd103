/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes regular expressions: a pattern up to the first NUL, then the text; spans must make sense.
 */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/mem.h"
#include "apps/applet/regex.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setlocale(LC_ALL, "C.UTF-8");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size < 3 ? nullptr : memchr(data + 2, '\0', size - 2);
	const char *error = nullptr;

	if (end == nullptr || end - data > 40 || size > 400)
		return 0;
	void *mark = mem_mark();
	const char *text = (const char *)end + 1;
	size_t len = size - (size_t)(end + 1 - data);
	struct regex *r = regex_create((const char *)data + 2, (size_t)(end - data - 2),
				       data[0] | (unsigned)(data[1] & 7) << 8, &error);
	if (r != nullptr && regex_has_backref(r)) {
		/* Back references may take exponential time, as everywhere. */
		regex_destroy(r);
		return 0;
	}
	if (r != nullptr) {
		struct regex_span m[4];
		size_t first = regex_find_end(r, text, len, 0);
		bool found = regex_match(r, text, len, 0, m, 4);
		bool ascii = true; /* inside a character, empty matches are not given */
		for (size_t i = 0; i < len; i++)
			ascii &= (unsigned char)text[i] < 0x80;
		if (found ? first == REGEX_UNSET : first != REGEX_UNSET && ascii)
			abort();
		for (int i = 0; found && i < 4; i++) {
			if (m[i].start != REGEX_UNSET && (m[i].end > len || m[i].start > m[i].end))
				abort();
			if (m[i].start != REGEX_UNSET &&
			    (m[i].start < m[0].start || m[i].end > m[0].end))
				abort();
		}
		regex_destroy(r);
	}
	mem_release(mark);
	return 0;
}
