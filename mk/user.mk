# SPDX-License-Identifier: MPL-2.0
# Native programs: libfutura, what they take from musl, and the programs themselves.
#
# A program is a folder of C files with a main, given in NATIVE_PROGRAMS (every architecture) or
# NATIVE_PROGRAMS_<arch>; it becomes build/<arch>/bin/<folder's name>, and bin/<name> in the bundle.

NATIVE_PROGRAMS += services/init services/registryd services/posixd services/exec services/login \
	examples/echo apps/native/ps apps/native/counters apps/native/tracedump tests/native bench
NATIVE_PROGRAMS_x86_64 += drivers/ns16550 drivers/cmos
NATIVE_PROGRAMS_arm64 += drivers/pl011 drivers/pl031

MUSL_TRIPLET_x86_64 := x86_64-linux-musl
MUSL_TRIPLET_arm64 := aarch64-linux-musl
MUSL_TRIPLET := $(MUSL_TRIPLET_$(ARCH))

# Hosted, so that the compiler knows the C library's functions; its headers are musl's. Vectors only
# where the source asks for them: a thread that touches SIMD registers pays at every switch.
NATIVE_CFLAGS = $(filter-out -ffreestanding,$(USER_CFLAGS)) -mno-implicit-float -D_GNU_SOURCE \
	-isystem /usr/include/$(MUSL_TRIPLET) -I$(O)/overlay -I$(O)/bench-overlay

# Position independent, with relative relocations only, which crt0 does.
NATIVE_LDFLAGS = -pie --no-dynamic-linker -z text -z relro -z noexecstack -z max-page-size=4096 \
	--gc-sections --build-id=none --no-undefined -e _start

NATIVE_OBJ := $(O)/native
$(NATIVE_OBJ)/%.c.o: %.c | $(GEN) $(OVERLAY) $(O)/bench-overlay/.made
	@mkdir -p $(@D)
	$(Q)$(CC) $(NATIVE_CFLAGS) -c -o $@ $<
$(NATIVE_OBJ)/%.S.o: %.S | $(GEN) $(OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NATIVE_CFLAGS) -c -o $@ $<

# <bench-arch/...> is bench/arch/<this architecture>, and <test-arch/...> tests/native/arch/<it>.
BENCH_OVERLAY := $(O)/bench-overlay/.made
$(BENCH_OVERLAY): mk/user.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/bench/arch/$(ARCH) $(@D)/bench-arch
	$(Q)ln -sfn $(CURDIR)/tests/native/arch/$(ARCH) $(@D)/test-arch
	$(Q)touch $@

LIBFUTURA := $(O)/libfutura.a
LIBFUTURA_SRCS := $(wildcard lib/futura/*.c lib/futura/arch/$(ARCH)/*.c lib/futura/arch/$(ARCH)/*.S)
LIBFUTURA_OBJS := $(LIBFUTURA_SRCS:%=$(NATIVE_OBJ)/%.o)
$(LIBFUTURA): $(LIBFUTURA_OBJS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# musl without every member that makes a Linux system call or looks for musl's own thread structure:
# a program that needs one of those does not link. Members may share a name, hence the repetition.
LIBPURE := $(O)/libpure.a
MUSL_IMPURE_x86_64 := (syscall|%fs:0x0)
MUSL_IMPURE_arm64 := (svc|tpidr_el0)
$(LIBPURE): /usr/lib/$(MUSL_TRIPLET)/libc.a mk/user.mk
	@mkdir -p $(@D)
	$(Q)cp $< $@.new
	$(Q)while $(OBJDUMP) -d --no-show-raw-insn $@.new | awk -F'[()]' ' \
		/file format/ { m = $$2 } /^ .*[\t ,]$(MUSL_IMPURE_$(ARCH))/ { bad[m] } \
		END { for (m in bad) print m }' \
		>$@.list; [ -s $@.list ]; do $(AR) d $@.new $$(cat $@.list); done
	$(Q)rm $@.list
	$(Q)mv $@.new $@

# The compiler's own arithmetic: arm64's long double has 128 bits, which printf computes with.
# NATIVE_ARCHIVES: further libraries of ours, from which programs take what they use.
NATIVE_LIBS = $(NATIVE_ARCHIVES) $(LIBFUTURA) $(LIBPURE) $(LIBGCC)

PROGRAM_FOLDERS := $(NATIVE_PROGRAMS) $(NATIVE_PROGRAMS_$(ARCH))
# The tests also read the manifest.
EXTRA_SRCS_tests/native += services/init/core/*.c
program_srcs = $(wildcard $1/*.c $1/core/*.c $1/arch/$(ARCH)/*.c $1/arch/$(ARCH)/*.S \
	$(EXTRA_SRCS_$1))
program_objs = $(patsubst %,$(NATIVE_OBJ)/%.o,$(call program_srcs,$1))

define program_rule
$(O)/bin/$(notdir $1): $(call program_objs,$1) $(NATIVE_ARCHIVES) $(LIBFUTURA) $(LIBPURE)
	@mkdir -p $$(@D)
	$$(Q)$$(LD) $$(NATIVE_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(NATIVE_LIBS)
ALL += $(O)/bin/$(notdir $1)
BUNDLE_FILES += bin/$(notdir $1)=$(O)/stripped/$(notdir $1)
-include $(patsubst %.o,%.d,$(call program_objs,$1))
endef
$(foreach p,$(PROGRAM_FOLDERS),$(if $(call program_srcs,$p),$(eval $(call program_rule,$p))))
-include $(LIBFUTURA_OBJS:.o=.d)

# The bundle holds programs without symbols: it takes memory for as long as the machine runs.
$(O)/stripped/%: $(O)/bin/%
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) --strip-all $< $@

# The first code in user mode: flat, embedded in the kernel image, without data of its own.
USERBOOT_SRCS := $(wildcard services/userboot/*.c services/userboot/arch/$(ARCH)/*.S) \
	lib/futura/cpio.c lib/futura/elf.c lib/futura/load.c lib/futura/startup.c
USERBOOT_OBJS := $(USERBOOT_SRCS:%=$(O)/userboot/%.o)
ALL += $(O)/userboot.bin
$(O)/userboot/%.o: % | $(GEN) $(OVERLAY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NATIVE_CFLAGS) -fno-stack-protector -c -o $@ $<
$(O)/userboot.elf: services/userboot/userboot.ld $(USERBOOT_OBJS) $(LIBPURE)
	$(Q)$(LD) -pie --no-dynamic-linker -z noexecstack --gc-sections --build-id=none \
		--no-undefined -T $^ -o $@
$(O)/userboot.bin: $(O)/userboot.elf
	$(Q)$(OBJCOPY) -O binary $< $@
-include $(USERBOOT_OBJS:.o=.d)

BUNDLE_FILES += system.conf=services/init/system.conf

.PHONY: user
user: $$(filter $(O)/bin/%,$$(ALL)) $(O)/userboot.bin ## build the native programs for ARCH
