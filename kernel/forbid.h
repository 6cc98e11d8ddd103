/* SPDX-License-Identifier: MPL-2.0 */
/* Storage that nobody may touch from now on, and that somebody may again: for the address
 * sanitizer, where the kernel is built with it. */
#pragma once
#if __has_feature(address_sanitizer)
	#include <sanitizer/asan_interface.h>
	#define memory_forbid(p, n) ASAN_POISON_MEMORY_REGION(p, n)
	#define memory_allow(p, n)  ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
	#define memory_forbid(p, n) ((void)(p), (void)(n))
	#define memory_allow(p, n)  ((void)(p), (void)(n))
#endif
