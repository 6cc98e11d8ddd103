# SPDX-License-Identifier: MPL-2.0
# The kernel image: sources by wildcard, the generated dispatch, one link.

KERNEL_SRCS := $(wildcard kernel/*.c kernel/arch/$(ARCH)/*.c kernel/arch/$(ARCH)/*.S \
	boot/$(ARCH)/*.c boot/$(ARCH)/*.S)
KERNEL_OBJS := $(KERNEL_SRCS:%=$(O)/obj/%.o) $(O)/obj/gen/kernel/dispatch.c.o
KERNEL_ELF := $(O)/kernel.elf

# What QEMU's -kernel takes: an ELF file with a PVH note, or an arm64 Image.
KERNEL_IMAGE_x86_64 := $(O)/kernel.elf
KERNEL_IMAGE_arm64 := $(O)/kernel.img
KERNEL_IMAGE := $(KERNEL_IMAGE_$(ARCH))
ALL += $(KERNEL_IMAGE)

.PHONY: kernel
kernel: $(KERNEL_IMAGE) ## build the kernel for ARCH

KERNEL_COMPILED := $(filter-out $(O)/obj/gen/%,$(KERNEL_OBJS))
$(KERNEL_COMPILED): $(O)/obj/%.o: % | $(GEN) $(OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

# It embeds the first program.
$(O)/obj/kernel/main.c.o: $(O)/userboot.bin
$(O)/obj/kernel/main.c.o: private KERNEL_CFLAGS += --embed-dir=$(O)

# Leaves of the call graph, the ways in and the generated decoders need no frame to be found in a
# backtrace. The linker compiles the whole kernel at once: small functions are inlined across files.
KERNEL_FRAMELESS := gen/kernel/dispatch kernel/entry kernel/fastpath
$(KERNEL_OBJS): private KERNEL_CFLAGS += -momit-leaf-frame-pointer -flto=full
# What runs once, or when all is over, need only be small.
KERNEL_ONCE := $(filter boot/% $(addprefix kernel/%/, acpi.c clock.c cpu.c descriptor.c \
	init.c its.c machine.c mmu.c power.c psci.c random.c ranges.c smp.c uart.c) \
	kernel/log.c kernel/main.c kernel/panic.c,$(filter %.c,$(KERNEL_SRCS)))
$(KERNEL_ONCE:%=$(O)/obj/%.o): private KERNEL_CFLAGS += -Oz
$(KERNEL_FRAMELESS:%=$(O)/obj/%.c.o): private KERNEL_CFLAGS += -fomit-frame-pointer

$(O)/obj/gen/kernel/dispatch.c.o: $(O)/gen/kernel/dispatch.c | $(GEN) $(OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

# The image relocates itself, so the link keeps relative relocations and wants no loader. GRUB
# refuses an ELF file with a section of relocations of the older, unpacked kind.
KERNEL_LDFLAGS_x86_64 := --pack-dyn-relocs=relr
$(KERNEL_ELF): $(KERNEL_OBJS) boot/$(ARCH)/kernel.ld
	$(Q)$(LD) -pie -z norelro --no-dynamic-linker -z noexecstack --build-id=none \
		--no-undefined $(KERNEL_LDFLAGS_$(ARCH)) -T boot/$(ARCH)/kernel.ld -o $@ \
		$(KERNEL_OBJS)

$(O)/kernel.img: $(KERNEL_ELF)
	$(Q)$(OBJCOPY) -O binary $< $@

-include $(KERNEL_OBJS:.o=.d)
