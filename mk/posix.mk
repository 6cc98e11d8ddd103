# SPDX-License-Identifier: MPL-2.0
# The POSIX personality: a program without libfutura's start and without a C library of its own,
# compiled for general registers only, since the guest's SIMD registers stay where they are.

POSIX_O := $(O)/posix
POSIX_GEN := $(POSIX_O)/gen
LINUX_TRIPLET_x86_64 := x86_64-linux-gnu
LINUX_TRIPLET_arm64 := aarch64-linux-gnu

# <posix-arch/...> is posix/arch/<this architecture>; Linux's headers without the C library's.
POSIX_OVERLAY := $(POSIX_O)/overlay/.made
$(POSIX_OVERLAY): mk/posix.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/posix/arch/$(ARCH) $(@D)/posix-arch
	$(Q)ln -sfn /usr/include/linux $(@D)/linux
	$(Q)ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	$(Q)ln -sfn /usr/include/$(LINUX_TRIPLET_$(ARCH))/asm $(@D)/asm
	$(Q)touch $@

POSIX_FLAGS_x86_64 := -mno-sse -mno-mmx -mno-avx -mfsgsbase
POSIX_CFLAGS = $(filter-out -fstack-protector-strong,$(USER_CFLAGS)) \
	-mgeneral-regs-only -D_GNU_SOURCE \
	$(POSIX_FLAGS_$(ARCH)) -fno-stack-protector \
	-isystem $(POSIX_O)/overlay -isystem /usr/include/$(MUSL_TRIPLET) -I$(POSIX_GEN)

POSIX_SRCS := $(shell find posix -name '*.c' ! -path 'posix/arch/*' ! -path '*/test/*' \
	! -path 'posix/vdso/*') posix/vdso/image.S \
	$(wildcard posix/arch/$(ARCH)/*.c posix/arch/$(ARCH)/*.S) \
	lib/futura/message.c lib/futura/startup.c lib/futura/lock.c lib/futura/heap.c \
	lib/futura/chacha.c
POSIX_OBJS = $(POSIX_SRCS:%=$(POSIX_O)/%.o) $(POSIX_O)/table.o $(POSIX_O)/trace.o

# Where tools/linux_calls finds numbers: calls, errors, signals, flags.
NUMBER_HEADERS := asm/unistd.h asm/errno.h asm/signal.h linux/fcntl.h linux/mman.h
$(POSIX_GEN)/macros: $(POSIX_OVERLAY) mk/posix.mk
	@mkdir -p $(@D)
	$(Q)printf '#include <%s>\n' $(NUMBER_HEADERS) | $(CC) --target=$(TARGET_$(ARCH)) -E -dM \
		-isystem $(POSIX_O)/overlay - >$@
$(addprefix $(POSIX_GEN)/,table.c trace.c calls.h) &: $(POSIX_GEN)/macros tools/linux_calls \
		$$(POSIX_SRCS)
	$(Q)tools/linux_calls --macros $< --out $(@D)

$(POSIX_O)/table.o $(POSIX_O)/trace.o: $(POSIX_O)/%.o: $(POSIX_GEN)/%.c
	$(Q)$(CC) $(POSIX_CFLAGS) -c -o $@ $<
$(POSIX_O)/%.c.o: %.c $(POSIX_OVERLAY) | $(GEN) $(OVERLAY) $(POSIX_GEN)/calls.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(POSIX_CFLAGS) -c -o $@ $<
$(POSIX_O)/%.S.o: %.S $(POSIX_OVERLAY) $(POSIX_GEN)/calls.h | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(POSIX_CFLAGS) -include $(POSIX_GEN)/calls.h -c -o $@ $<

# Most texts are short: what an unrolled loop asks before it begins costs more than it spares.
$(POSIX_O)/posix/core/string.c.o: POSIX_CFLAGS += -fno-unroll-loops

# A shared library of the guest's: found by address, so without a name to be looked for.
VDSO_OBJS := $(POSIX_O)/vdso/vdso.o $(POSIX_O)/vdso/sigreturn.o
$(POSIX_O)/vdso/%.o: posix/vdso/%.c $(POSIX_OVERLAY) $(POSIX_GEN)/calls.h | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fvisibility=hidden -fPIE,$(POSIX_CFLAGS)) \
		-fomit-frame-pointer -fPIC -c -o $@ $<
$(POSIX_O)/vdso/%.o: posix/vdso/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(POSIX_CFLAGS) -c -o $@ $<
$(POSIX_O)/vdso.so: $(VDSO_OBJS) posix/vdso/$(ARCH).map posix/vdso/vdso.ld
	$(Q)$(LD) -shared -soname linux-vdso.so.1 --hash-style=both --eh-frame-hdr -z noexecstack \
		-z norelro -z max-page-size=4096 --strip-all --build-id=none -T posix/vdso/vdso.ld \
		-e __kernel_rt_sigreturn --version-script posix/vdso/$(ARCH).map -o $@ $(VDSO_OBJS)
$(POSIX_O)/posix/vdso/image.S.o: $(POSIX_O)/vdso.so
$(POSIX_O)/posix/vdso/image.S.o: POSIX_CFLAGS += -DVDSO_FILE='"$(POSIX_O)/vdso.so"'

$(O)/bin/personality: $$(POSIX_OBJS)
	@mkdir -p $(@D)
	$(Q)$(LD) $(NATIVE_LDFLAGS) -z norelro -o $@ $^
ALL += $(O)/bin/personality
BUNDLE_FILES += bin/personality=$(O)/stripped/personality
-include $(POSIX_SRCS:%=$(POSIX_O)/%.d) $(VDSO_OBJS:.o=.d)

.PHONY: linux-abi
linux-abi: ## make docs/linux-abi.md anew
	$(Q)for arch in x86_64 arm64; do $(MAKE) -s ARCH=$$arch build/$$arch/posix/gen/macros; done
	$(Q)tools/linux_calls --manual build/x86_64/posix/gen/macros build/arm64/posix/gen/macros \
		>docs/linux-abi.md
