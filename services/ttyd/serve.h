/* SPDX-License-Identifier: MPL-2.0 */
/* What ttyd says to protocol/tty.fipc; `self` is the struct files_server. */
#pragma once
#include "protocol/tty.h"

extern const struct tty_ops tty_ops;
