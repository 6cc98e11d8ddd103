# SPDX-License-Identifier: MPL-2.0
# Fuzzers of the shell and its utilities: tests/fuzz/sh_*.c and util_*.c, each one binary that runs
# until FUZZ_SECONDS are over (`make fuzz-NAME`), or once over the inputs that are kept.

APPS_FUZZ := $(H)/apps-fuzz
APPS_FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/sh_*.c tests/fuzz/util_*.c))
UTIL_FUZZ_OBJS := $(patsubst %.c,$(APPS_FUZZ)/%.o,$(wildcard apps/applet/*.c \
	apps/applet/arch/$(HOST_ARCH)/*.c apps/utils/*.c))
SH_FUZZ_OBJS := $(patsubst %.c,$(APPS_FUZZ)/%.o,$(wildcard apps/sh/*.c))

$(APPS_FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<
$(addprefix $(APPS_FUZZ)/,$(filter sh_%,$(APPS_FUZZERS))): $(SH_FUZZ_OBJS)
$(APPS_FUZZERS:%=$(APPS_FUZZ)/%): $(APPS_FUZZ)/%: $(APPS_FUZZ)/tests/fuzz/%.o $(UTIL_FUZZ_OBJS)
	$(Q)$(CC) $(HOST_LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lm

# Messages go nowhere: every input makes some. Leaks are looked for by test-*-sanitize.
APPS_FUZZ_ENV := ASAN_OPTIONS=detect_leaks=0
APPS_FUZZ_FLAGS := -max_len=4096 -timeout=10 -close_fd_mask=3
APPS_FUZZ_TARGETS := $(APPS_FUZZERS:%=fuzz-%)
.PHONY: $(APPS_FUZZ_TARGETS) fuzz-shell test-apps-fuzz
$(APPS_FUZZ_TARGETS): fuzz-%: $(APPS_FUZZ)/%
	$(Q)mkdir -p $<.corpus tests/fuzz/$*-corpus
	$(Q)$(APPS_FUZZ_ENV) $< $(APPS_FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) \
		-artifact_prefix=$(APPS_FUZZ)/ $<.corpus tests/fuzz/$*-corpus
fuzz-shell: $(filter fuzz-sh_%,$(APPS_FUZZ_TARGETS)) ## fuzz the shell: parser, expansions
FUZZERS += $(APPS_FUZZ_TARGETS)

# What was found once, and what reaches the most code.
HOST_TESTS += test-apps-fuzz
test-apps-fuzz: $(APPS_FUZZERS:%=$(APPS_FUZZ)/%)
	$(Q)n=0; for f in $(APPS_FUZZERS); do for i in tests/fuzz/$$f-corpus/*; do \
		$(APPS_FUZZ_ENV) $(APPS_FUZZ)/$$f -timeout=10 -close_fd_mask=1 $$i \
		2>$(APPS_FUZZ)/log || \
		{ tail -40 $(APPS_FUZZ)/log; echo "0 passed, 1 failed"; exit 1; }; n=$$((n + 1)); \
		done; done; echo "$$n passed, 0 failed"

-include $(SH_FUZZ_OBJS:.o=.d) $(UTIL_FUZZ_OBJS:.o=.d) \
	$(APPS_FUZZERS:%=$(APPS_FUZZ)/tests/fuzz/%.d)
