/* SPDX-License-Identifier: MPL-2.0 */
/* Which Linux programs think they run on: uname and /proc say the same. */
#pragma once

#define LINUX_RELEASE "6.1.0-futura"
#define LINUX_VERSION "#1 Futura"
/* /proc/sys/vm/max_map_count. */
constexpr unsigned MAPPINGS_MOST = 65530;
/* For programs that cannot read more than 2.6: personality(2), UNAME26. 6.0 is 2.6.60. */
#define LINUX_RELEASE_26 "2.6.61"
