/* SPDX-License-Identifier: MPL-2.0 */
/* A guest that prints MESSAGE on COM1 and leaves as END says; tries out the test driver itself. */
	.section .note, "a", @note /* PVH: QEMU enters at `start` in 32-bit mode. */
	.long 4, 4, 18
	.asciz "Xen"
	.long start

	.text
	.code32
	.globl start
start:	mov $message, %esi
	mov $0x3f8, %edx
1:	lodsb
	test %al, %al
	jz END
	outb %al, %dx
	jmp 1b
off:	mov $0xf4, %edx
	xor %eax, %eax
	outl %eax, %dx
hang:	hlt
	jmp hang
crash:	ud2 /* No interrupt table: a triple fault. */
message: .asciz MESSAGE
