# SPDX-License-Identifier: MPL-2.0
# Devices: devd, drivers, and what they share. Their unit tests and fuzzers, on this machine.

NATIVE_PROGRAMS += services/devd drivers/virtio_blk apps/native/blk
EXTRA_SRCS_drivers/virtio_blk := lib/virtio/*.c
# The kernel's reader of device trees, which needs nothing of the kernel.
EXTRA_SRCS_services/devd := kernel/arch/arm64/fdt.c
