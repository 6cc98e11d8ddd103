# SPDX-License-Identifier: MPL-2.0
# Instruction counts of the kernel's paths: one CPU, -icount, and the processors the figures
# are given for.

BENCHES += bench-native
BENCH_RUN = $(Q)tools/futura run --arch $(ARCH) --icount --timeout 1200

# A second serial port: the device whose interrupts are measured.
BENCH_DEVICE_x86_64 := -- -serial null

.PHONY: bench-native
bench-native: all
	$(BENCH_RUN) --append 'run=bench $(NAME)' $(BENCH_DEVICE_$(ARCH))
	$(if $(NAME),,$(BENCH_RUN) --mem 2G --append 'run=bench-large')
	$(Q)echo 'kernel text and image:' && $(SIZE) $(KERNEL_ELF)
