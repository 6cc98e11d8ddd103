/* SPDX-License-Identifier: MPL-2.0 */
/* What the shell's fuzzers share: a quiet shell that has started. */
#pragma once

#include "apps/sh/brace.h"
#include "apps/sh/error.h"
#include "apps/sh/option.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_init(bool posix)
{
	static bool done;
	static char *none[] = { nullptr };

	if (!done) {
		done = true;
		stack_init();
		sh.self = sh.arg0 = "fuzz";
		brace_words_most = 1000;
		option_defaults();
		var_init(none);
	}
	sh.posix = posix;
	sh.opt[OPT_BRACEEXPAND] = sh.opt[SHOPT_EXTGLOB] = !posix;
}
