/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Copies and fills, by string instructions of 8 bytes a step. In those to and from user memory an
 * instruction named by `fixup` may fault: the trap handler then goes on at the place given with it
 * (struct fixup in trap.c).
 */
#include "kernel/arch/x86_64/smap.h"

.macro fixup at, to
	.pushsection .fixups, "a"
	.long \at - .
	.long \to - .
	.popsection
.endm

	.text

/* size_t user_copy_in(void *to, vaddr from, size_t n), and the same for out: words first, then
 * bytes. After a fault in a word, bytes go on to the exact place. */
	.globl user_copy_in
	.globl user_copy_out
user_copy_in:
user_copy_out:
	smap stac
	mov %rdx, %rcx
	shr $3, %rcx
1:	rep movsq
	mov %edx, %ecx
	and $7, %ecx
2:	rep movsb
3:	smap clac
	mov %rdx, %rax
	sub %rcx, %rax
	ret
4:	mov %edx, %eax
	and $7, %eax
	lea (%rax, %rcx, 8), %rcx
	jmp 2b
	fixup 1b, 4b
	fixup 2b, 3b

/* bool user_load(vaddr from, uint32_t *value) */
	.globl user_load
user_load:
	smap stac
1:	mov (%rdi), %eax
	smap clac
	mov %eax, (%rsi)
	mov $1, %eax
	ret
	fixup 1b, user_fault

user_fault:
	smap clac
	xor %eax, %eax
	ret

/* As in <string.h>. */
	.globl memcpy
memcpy:
	mov %rdi, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep movsq
	mov %edx, %ecx
	and $7, %ecx
	rep movsb
	ret

	.globl memset
memset:
	mov %rdi, %r8
	movzbl %sil, %esi
	mov $0x0101010101010101, %rax
	imul %rsi, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep stosq
	mov %edx, %ecx
	and $7, %ecx
	rep stosb
	mov %r8, %rax
	ret
