# SPDX-License-Identifier: MPL-2.0
# How fast it is: the rows of bench/linux, Linux beside us, and where the instructions go.
# tools/perf does the work; docs/performance.md shows what comes of it.

# Static against Debian's C library, the same for Linux and for Futura.
ROWS := $(O)/bench-linux/rows
GROWTH := $(O)/bench-linux/growth
ROWS_OBJS := $(patsubst %.c,$(O)/bench-linux/%.o,$(wildcard bench/linux/*.c))
GROWTH_OBJS := $(patsubst %.c,$(O)/bench-linux/%.o,$(wildcard bench/growth/*.c) \
	bench/linux/measure.c)
STORAGE := $(O)/bench-linux/storage
STORAGE_OBJS := $(patsubst %.c,$(O)/bench-linux/%.o,$(wildcard bench/storage/*.c) \
	bench/linux/measure.c bench/linux/init.c)
ROWS_CFLAGS = $(filter-out -MJ $@.json,$(COMMON_CFLAGS)) -O2 -D_GNU_SOURCE -pthread \
	--target=$(TEST_TARGET_$(ARCH)) -I$(O)/bench-overlay

$(O)/bench-linux/%.o: %.c mk/perf.mk | $(O)/bench-overlay/.made
	@mkdir -p $(@D)
	$(Q)$(CC) $(ROWS_CFLAGS) -c -o $@ $<
$(ROWS): $(ROWS_OBJS)
$(GROWTH): $(GROWTH_OBJS)
$(STORAGE): $(STORAGE_OBJS)
$(ROWS) $(GROWTH) $(STORAGE):
	$(Q)$(CC) --target=$(TEST_TARGET_$(ARCH)) -static -pthread -fuse-ld=lld$(LLVM) -o $@ $^
-include $(ROWS_OBJS:.o=.d) $(GROWTH_OBJS:.o=.d) $(STORAGE_OBJS:.o=.d)

# Follow the guest's code, or count it, from inside QEMU; what they call is QEMU's own.
PLUGINS := $(H)/perf/follow.so $(H)/perf/count.so
$(PLUGINS): $(H)/perf/%.so: tools/perflib/%.c tools/perflib/plugin.h \
		tools/perflib/marks.h mk/perf.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP -MJ $@.json,$(COMMON_CFLAGS)) -D_GNU_SOURCE -O2 \
		-fPIC -shared -fvisibility=hidden \
		-fuse-ld=lld$(LLVM) -o $@ $<
ALL += $(ROWS) $(GROWTH) $(STORAGE) $(PLUGINS)

PERF = $(Q)tools/perf $1 --arch $(ARCH)
BENCH ?=
.PHONY: perf perf-baseline perf-ci perf-linux perf-growth perf-storage perf-report profile ipc-trace
perf: all ## measure instructions of all paths and rows; NAME='stat fork-exit-wait' some
	$(call PERF,run) $(NAME)
perf-baseline: all ## the same, and keep it as tests/baselines/perf_ARCH.json
	$(call PERF,baseline) $(NAME)
perf-ci: all ## measure, and fail where a percentile is 5 % from the baseline
	$(call PERF,ci) $(NAME)
perf-linux: all ## Futura and Debian's Linux side by side: instructions, wall time
	$(call PERF,linux) $(NAME)
perf-growth: all ## operations while their sizes grow to 100,000: table and plots
	$(call PERF,growth) $(NAME)
perf-storage: all tools ## FuturaFS, ext4, f2fs: instructions, and what reaches the disk
	$(call PERF,storage) $(NAME)
perf-report: ## write docs/performance.md from what perf-linux, -growth, -baseline measured
	$(Q)tools/perf report
NEED_BENCH = $(if $(BENCH),,$(error BENCH=ROW is missing: a name in bench/linux, such as stat))
profile: all ## where the instructions of a row go: BENCH=fork-exit-wait
	$(NEED_BENCH)
	$(call PERF,profile) $(BENCH)
ipc-trace: all ## the messages of one operation, decoded: BENCH=open-close
	$(NEED_BENCH)
	$(call PERF,messages) $(BENCH)
