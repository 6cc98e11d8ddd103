/* SPDX-License-Identifier: MPL-2.0 */
/* For assembly: `smap stac` and `smap clac` become no-ops at boot where the processor has no SMAP.
 */
#pragma once

/* clang-format off */
.macro smap insn
771:	\insn
	.pushsection .smap_sites, "a"
	.long 771b - .
	.popsection
.endm
							     /* clang-format on */
