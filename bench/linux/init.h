/* SPDX-License-Identifier: MPL-2.0 */
/* The first process of a Linux that runs nothing but the rows. */
#pragma once

/* Mount /dev and /proc, seed the random numbers, take the console for input and output. */
void init_begin(void);
/* Turn the machine off. Does not return. */
void init_end(void);
