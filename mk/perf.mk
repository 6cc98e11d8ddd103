# SPDX-License-Identifier: MPL-2.0
# How fast it is: the rows of bench/linux, Linux beside us, and where the instructions go.
# tools/perf does the work; docs/performance.md shows what comes of it.

ROWS := $(O)/bench-linux/rows
ROWS_SRCS := $(wildcard bench/linux/*.c)
ROWS_OBJS := $(ROWS_SRCS:%.c=$(O)/bench-linux/%.o)
ROWS_CFLAGS = $(filter-out -MJ $@.json,$(COMMON_CFLAGS)) -O2 -D_GNU_SOURCE -pthread \
	--target=$(TEST_TARGET_$(ARCH)) -I$(O)/bench-overlay

$(O)/bench-linux/%.o: %.c mk/perf.mk | $(O)/bench-overlay/.made
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROWS_CFLAGS) -c -o $@ $<
$(ROWS): $(ROWS_OBJS)
	$(Q)$(CC) --target=$(TEST_TARGET_$(ARCH)) -static -pthread -fuse-ld=lld$(LLVM) -o $@ $^
-include $(ROWS_OBJS:.o=.d)
ALL += $(ROWS)

# Follows the guest's code from inside QEMU; what it calls is QEMU's own.
FOLLOW := $(H)/perf/follow.so
$(FOLLOW): tools/perflib/follow.c tools/perflib/plugin.h mk/perf.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(COMMON_CFLAGS)) -D_GNU_SOURCE -O2 \
		-fPIC -shared -fvisibility=hidden \
		-fuse-ld=lld$(LLVM) -o $@ $<

PERF = $(Q)tools/perf $1 --arch $(ARCH)
PERF_NEEDS := all $(FOLLOW)
BENCH ?=
.PHONY: perf perf-baseline perf-ci perf-linux profile
perf: $(PERF_NEEDS) ## measure instructions of all paths and rows; NAME='stat fork-exit-wait' some
	$(call PERF,run) $(NAME)
perf-baseline: $(PERF_NEEDS) ## the same, and keep it as tests/baselines/perf_ARCH.json
	$(call PERF,baseline) $(NAME)
perf-ci: $(PERF_NEEDS) ## measure, and fail where a percentile is 5 % from the baseline
	$(call PERF,ci) $(NAME)
perf-linux: $(PERF_NEEDS) ## Futura and Debian's Linux side by side: instructions, wall time
	$(call PERF,linux) $(NAME)
profile: $(PERF_NEEDS) ## where the instructions of a row go: BENCH=fork-exit-wait
	$(if $(BENCH),,$(error BENCH=ROW is missing: a name in bench/linux, such as stat))
	$(call PERF,profile) $(BENCH)
