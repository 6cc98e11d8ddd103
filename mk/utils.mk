# SPDX-License-Identifier: MPL-2.0
# The utilities: plain POSIX C against Debian's musl, linked into the multi-call binary by `make
# shell`; here are their objects, a multi-call binary without the shell, and their tests.

MUSL_TARGET_x86_64 := x86_64-linux-musl
MUSL_TARGET_arm64 := aarch64-linux-musl
MUSL_TARGET := $(MUSL_TARGET_$(ARCH))
MUSL_LIB := /usr/lib/$(MUSL_TARGET)
# The compiler's own arithmetic (128-bit long double on arm64) comes from Debian's GCC.
LIBGCC_DIRS := /usr/lib/gcc-cross/$(subst musl,gnu,$(MUSL_TARGET))/12 \
	/usr/lib/gcc/$(subst musl,gnu,$(MUSL_TARGET))/12
LIBGCC = $(firstword $(wildcard $(LIBGCC_DIRS:%=%/libgcc.a)))

# Valgrind of Debian 12 reads DWARF 4.
MUSL_CFLAGS = $(COMMON_CFLAGS) -gdwarf-4 --target=$(MUSL_TARGET) -nostdlibinc \
	-isystem /usr/include/$(MUSL_TARGET) -O2 -D_GNU_SOURCE -fomit-frame-pointer \
	-fno-stack-protector -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)=.
MUSL_LINK = $(LD) -static --gc-sections --build-id=none -o $@ \
	$(MUSL_LIB)/crt1.o $(MUSL_LIB)/crti.o $(filter %.o,$^) --start-group \
	$(MUSL_LIB)/libc.a $(LIBGCC) --end-group $(MUSL_LIB)/crtn.o

# On this machine too, the sources of its own architecture.
APPLET_SRCS := $(wildcard apps/applet/*.c)
APPLET_ARCH_SRCS := $(wildcard apps/applet/arch/$(ARCH)/*.c)
APPLET_HOST_SRCS := $(APPLET_SRCS) $(wildcard apps/applet/arch/$(HOST_ARCH)/*.c)
UTIL_SRCS := $(wildcard apps/utils/*.c)
UTIL_OBJS = $(patsubst %.c,$(O)/%.o,$(APPLET_SRCS) $(APPLET_ARCH_SRCS) $(UTIL_SRCS))
UTIL_HOST_OBJS := $(patsubst %.c,$(H)/%.o,$(APPLET_HOST_SRCS) $(UTIL_SRCS))

$(O)/apps/applet/%.o: apps/applet/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MUSL_CFLAGS) -c $< -o $@
$(O)/apps/utils/%.o: apps/utils/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(MUSL_CFLAGS) -c $< -o $@
$(H)/apps/applet/%.o: apps/applet/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c $< -o $@
$(H)/apps/utils/%.o: apps/utils/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c $< -o $@

# What trace calls the kernel's calls (protocol 0) and the services' methods.
TRACE_NAMES := build/gen/apps/trace_names.h
$(TRACE_NAMES): abi/kernel.fipc $(wildcard protocol/*.fipc) mk/utils.mk
	$(Q)mkdir -p $(@D)
	$(Q)awk '/^interface / { name = $$3 ? $$2 "." : ""; number = $$3 } \
		/^call / { sub(/\(.*/, "", $$3); \
			printf "\t{ %d, %d, \"%s%s\" },\n", number, $$2, name, $$3 }' \
		$(filter %.fipc,$^) >$@
$(O)/apps/utils/trace.o $(H)/apps/utils/trace.o $(APPS_FUZZ)/apps/utils/trace.o: $(TRACE_NAMES)
$(O)/apps/utils/trace.o: MUSL_CFLAGS += -Ibuild/gen/apps
$(H)/apps/utils/trace.o $(APPS_FUZZ)/apps/utils/trace.o: HOST_CFLAGS += -Ibuild/gen/apps

# The utilities alone, by the name given as first argument or as argv[0].
$(O)/apps/utils/utils: $(O)/apps/utils/test/main.o $$(UTIL_OBJS)
	$(Q)$(MUSL_LINK)
$(H)/apps/utils/utils: $(H)/apps/utils/test/main.o $(UTIL_HOST_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) $^ -lm -o $@

.PHONY: utils test-utils test-utils-terminal test-utils-sanitize
utils: $$(O)/apps/utils/utils ## build the utilities alone, without the shell

HOST_TESTS += test-utils test-utils-terminal
test-utils: $$(O)/apps/utils/utils ## compare every utility with Debian's; NAME='grep sed' some
	$(Q)$(PYTHON) apps/utils/test/matrix.py $<
test-utils-terminal: $$(O)/apps/sh
	$(Q)$(PYTHON) apps/utils/test/terminal_test.py $<
test-utils-sanitize: $(H)/apps/utils/utils ## compare the sanitized utilities with Debian's
	$(Q)$(PYTHON) apps/utils/test/matrix.py $<
ANALYSES += test-utils-sanitize

# Many minutes: a million turns, and 100 MiB. SPEED_FLAGS='--turns 1000' is quick.
.PHONY: speed-shell speed-utilities
speed-shell: $$(O)/apps/sh ## instructions of loops in the shell beside dash
	$(Q)$(PYTHON) apps/utils/test/speed.py shell $< $(SPEED_FLAGS)
speed-utilities: $$(O)/apps/sh ## instructions of utilities beside Debian's
	$(Q)$(PYTHON) apps/utils/test/speed.py utilities $< $(SPEED_FLAGS)

-include $(patsubst %.o,%.d,$(UTIL_HOST_OBJS) $(UTIL_OBJS))
