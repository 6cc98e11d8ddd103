/* SPDX-License-Identifier: MPL-2.0 */
/* The state of getopts. */
#pragma once

/* OPTIND was assigned: the next call starts there. */
void getopts_reset(int index);
