# SPDX-License-Identifier: MPL-2.0
# What tools/fipc.py makes from abi/kernel.fipc and protocol/*.fipc, for each architecture and for
# programs of this machine: <folder>/gen/abi/..., gen/kernel/..., gen/protocol/...
#
# Whatever is compiled depends, order-only, on $(GEN) and $(OVERLAY), or on $(HOST_GEN) and
# $(HOST_OVERLAY); which generated headers it uses make learns from the compiler.

FIPC := $(wildcard tools/fipc.py tools/fipc/*.py)
PROTOCOLS := $(wildcard protocol/*.fipc)
GEN := $(O)/gen/.made
HOST_GEN := $(H)/gen/.made

# Only files whose contents change are replaced, so that a comment in a .fipc file compiles nothing.
$(GEN) $(HOST_GEN): abi/kernel.fipc $(PROTOCOLS) $(FIPC) tools/refresh
	$(Q)tools/refresh $(@D) sh -ec 'tools/fipc.py kernel abi/kernel.fipc $$0; \
		for f in $(PROTOCOLS); do tools/fipc.py protocol $$f $$0; done'
	$(Q)touch $@

# A generated file is as new as its own contents, and is looked at when its generator has run.
$(O)/gen/%.h $(O)/gen/%.c: $(GEN) ;
$(H)/gen/%.h $(H)/gen/%.c: $(HOST_GEN) ;

# The folders that stand for an architecture in <...>: <arch/x.h> is kernel/arch/<it>/x.h,
# <abi-arch/x.h> is abi/arch/<it>/x.h, <futura-arch/x.h> is lib/futura/arch/<it>/x.h.
# kernel/arch/host uses the registers of the machine it runs on.
OVERLAY := $(O)/overlay/.made
HOST_OVERLAY := $(H)/overlay/.made

$(OVERLAY): OVERLAY_ARCH := $(ARCH)
$(HOST_OVERLAY): OVERLAY_ARCH := host
$(OVERLAY) $(HOST_OVERLAY): mk/gen.mk
	@mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/kernel/arch/$(OVERLAY_ARCH) $(@D)/arch
	$(Q)ln -sfn $(CURDIR)/abi/arch/$(OVERLAY_ARCH:host=$(HOST_ARCH)) $(@D)/abi-arch
	$(Q)ln -sfn $(CURDIR)/lib/futura/arch/$(OVERLAY_ARCH) $(@D)/futura-arch
	$(Q)touch $@
