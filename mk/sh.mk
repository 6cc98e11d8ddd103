# SPDX-License-Identifier: MPL-2.0
# The shell, with the utilities in one static multi-call binary: build/<arch>/apps/sh; and for this
# machine with sanitizers: build/host/sh/sh.

SH_SRCS := apps/main.c $(wildcard apps/sh/*.c)
SH_OBJS = $(SH_SRCS:%.c=$(O)/obj/%.o)
SH_HOST_OBJS := $(SH_SRCS:%.c=$(H)/obj/%.o)
SHELL_BINARY = $(O)/apps/sh

.PHONY: shell
shell: $$(SHELL_BINARY) ## build the shell with its utilities, static: build/<arch>/apps/sh

$(O)/obj/apps/%.o: apps/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(MUSL_CFLAGS) -c -o $@ $<
$(H)/obj/apps/%.o: apps/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -c -o $@ $<

# With its symbols, for gdb and callgrind; what runs on Futura has none.
$(O)/apps/sh.debug: $$(SH_OBJS) $$(UTIL_OBJS)
	@mkdir -p $(@D)
	$(Q)$(MUSL_LINK)
$(O)/apps/sh: $(O)/apps/sh.debug
	$(Q)$(OBJCOPY) --strip-all $< $@
	$(Q)ln -sf sh $(@D)/fush
$(H)/sh/sh: $(SH_HOST_OBJS) $$(UTIL_HOST_OBJS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_LDFLAGS) $^ -lm -o $@
	$(Q)ln -sf sh $(@D)/fush

-include $(SH_HOST_OBJS:.o=.d) $(SH_OBJS:.o=.d)

# -- tests and fuzzers --

# The binary that is shipped; test-shell-sanitize runs the same on the sanitized one, whose C
# library and so whose letter cases are other ones.
HOST_TESTS += test-shell test-shell-sanitize test-shell-prompt
.PHONY: test-shell test-shell-sanitize test-shell-prompt
test-shell: $$(O)/apps/sh
	$(Q)$(PYTHON) apps/sh/test/compare_test.py $<
test-shell-sanitize: $(H)/sh/sh
	$(Q)$(PYTHON) apps/sh/test/compare_test.py $<
test-shell-prompt: $$(O)/apps/sh
	$(Q)$(PYTHON) apps/sh/test/prompt_test.py $(<D)/fush
