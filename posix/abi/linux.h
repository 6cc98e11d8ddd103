/* SPDX-License-Identifier: MPL-2.0 */
/* Which Linux programs think they run on: uname and /proc say the same. */
#pragma once

#define LINUX_RELEASE "6.1.0-futura"
#define LINUX_VERSION "#1 Futura"
