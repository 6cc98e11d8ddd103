/* SPDX-License-Identifier: MPL-2.0 */
/* The table of byte classes. */
#include "apps/sh/chars.h"

/* clang-format off */
const uint8_t char_class[256] = {
	[1] = CC_ESCAPE,
	['\t'] = CC_META, ['\n'] = CC_META, [' '] = CC_META,
	[';'] = CC_META, ['&'] = CC_META, ['<'] = CC_META, ['>'] = CC_META,
	['('] = CC_META | CC_ESCAPE, [')'] = CC_META | CC_ESCAPE, ['|'] = CC_META | CC_ESCAPE,
	['\''] = CC_SPECIAL, ['"'] = CC_SPECIAL, ['`'] = CC_SPECIAL,
	['\\'] = CC_SPECIAL | CC_ESCAPE,
	['$'] = CC_SPECIAL | CC_PARAM,
	['*'] = CC_GLOB | CC_ESCAPE | CC_PARAM, ['?'] = CC_GLOB | CC_ESCAPE | CC_PARAM,
	['['] = CC_GLOB | CC_ESCAPE, [']'] = CC_ESCAPE, ['^'] = CC_ESCAPE, ['+'] = CC_ESCAPE,
	['!'] = CC_ESCAPE | CC_PARAM, ['-'] = CC_ESCAPE | CC_PARAM, ['@'] = CC_ESCAPE | CC_PARAM,
	['#'] = CC_PARAM,
	['0' ... '9'] = CC_NAME | CC_DIGIT,
	['A' ... 'Z'] = CC_NAME | CC_START,
	['a' ... 'z'] = CC_NAME | CC_START,
	['_'] = CC_NAME | CC_START,
};
/* clang-format on */
