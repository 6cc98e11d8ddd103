# SPDX-License-Identifier: MPL-2.0
# The compilers and their flags: one toolchain for both architectures and for this machine.

LLVM ?= -19
CC := clang$(LLVM)
LD := ld.lld$(LLVM)
AR := llvm-ar$(LLVM)
OBJCOPY := llvm-objcopy$(LLVM)
OBJDUMP := llvm-objdump$(LLVM)
SIZE := llvm-size$(LLVM)
# Debian's own, which is the one that its pytest and pexpect packages belong to.
PYTHON := /usr/bin/python3

TARGET_x86_64 := x86_64-unknown-none-elf
TARGET_arm64 := aarch64-unknown-none-elf

WARNINGS := -Wall -Wextra -Werror -Wundefined-internal -Wmissing-prototypes -Wstrict-prototypes \
	-Wimplicit-fallthrough -Wvla -Wshadow -Wpointer-arith -Wwrite-strings -Wundef

# What all of our C is compiled with. -MMD -MP: each object knows the headers it was made from.
# -MJ: how it was compiled, for clang-tidy and editors.
COMMON_CFLAGS = -std=c23 -fasm $(WARNINGS) -g -fno-omit-frame-pointer -fno-strict-aliasing \
	-fno-common -fwrapv -MMD -MP $(if $@,-MJ $@.json) -I.

# For the bare machine. No symbol is ever replaced at run time, so nothing goes through a GOT.
BARE_CFLAGS = $(COMMON_CFLAGS) --target=$(TARGET_$(ARCH)) -O2 -ffreestanding -fPIE \
	-fvisibility=hidden -fdirect-access-external-data \
	-fstack-protector-strong -mstack-protector-guard=global -ffile-prefix-map=$(CURDIR)=. \
	-I$(O)/gen -I$(O)/overlay

# The kernel leaves SIMD registers to user code, so its stack needs no alignment for them; an
# interrupt may use the stack right below us.
KERNEL_CFLAGS_x86_64 := -mstack-alignment=8 -mno-red-zone \
	-mno-sse -mno-mmx -mno-avx -mgeneral-regs-only
KERNEL_CFLAGS_arm64 := -mgeneral-regs-only -mno-outline-atomics -mcmodel=tiny
KERNEL_CFLAGS = $(BARE_CFLAGS) $(KERNEL_CFLAGS_$(ARCH))

USER_CFLAGS_arm64 := -mno-outline-atomics
USER_CFLAGS = $(BARE_CFLAGS) $(USER_CFLAGS_$(ARCH)) -ffunction-sections -fdata-sections

# For programs that run on this machine: unit tests, fuzzers, host tools. <arch/...> is
# kernel/arch/host there.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_CFLAGS = $(COMMON_CFLAGS) -O1 -D_GNU_SOURCE $(SANITIZE) -I$(H)/gen -I$(H)/overlay
HOST_LDFLAGS := $(SANITIZE) -fuse-ld=lld$(LLVM)
