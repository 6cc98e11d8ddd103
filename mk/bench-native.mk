# SPDX-License-Identifier: MPL-2.0
# Instruction counts of the kernel's paths: one CPU, -icount, the processors the figures are given for.

BENCHES += bench-native
BENCH_RUN = $(Q)tools/futura run --arch $(ARCH) --icount --timeout 1200

.PHONY: bench-native
bench-native: all
	$(BENCH_RUN) --append 'run=bench $(NAME)'
	$(if $(NAME),,$(BENCH_RUN) --mem 2G --append 'run=bench-large')
	$(Q)echo 'kernel text and image:' && $(SIZE) $(KERNEL_ELF)
