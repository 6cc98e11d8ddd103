/* SPDX-License-Identifier: MPL-2.0 */
/* A guest that prints MESSAGE on the PL011 and leaves as END says; tries out the test driver. */
	.text
	.globl start
start:	b begin
	.long 0
	.quad 0, 0x1000, 0, 0, 0, 0 /* text offset, size, flags, reserved */
	.ascii "ARM\x64"
	.long 0
begin:	adr x1, message
	mov x2, #0x09000000
1:	ldrb w0, [x1], #1
	cbz w0, END
	str w0, [x2]
	b 1b
off:
crash:	mov w0, #0x0008 /* PSCI SYSTEM_OFF */
	movk w0, #0x8400, lsl #16
	hvc #0
hang:	wfi
	b hang
message: .asciz MESSAGE
