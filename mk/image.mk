# SPDX-License-Identifier: MPL-2.0
# What a machine boots from: the boot bundle, and a CD image with GRUB for BIOS and UEFI.
#
# A fragment that wants another bundle, `x.cpio`, says BUNDLES += x and fills BUNDLE_FILES_x.

BUNDLES += bundle
BUNDLE_FILES_bundle = $(BUNDLE_FILES)
ALL += $(BUNDLES:%=$(O)/%.cpio)

# The list is rewritten only when it changes, so that a file taken out of it remakes the bundle.
$(O)/%.list: FORCE
	@mkdir -p $(@D)
	$(Q)printf '%s\n' $(sort $(BUNDLE_FILES_$*)) >$@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The host side of each pair is a prerequisite; a folder's contents are not followed.
bundle_hosts = $(foreach f,$(BUNDLE_FILES_$(1)),$(lastword $(subst =, ,$f)))
$(O)/%.cpio: $(O)/%.list tools/mkimage tools/bundle.py $$(call bundle_hosts,$$*)
	$(Q)tools/mkimage -o $@ --list $<

.PHONY: FORCE iso
FORCE:

ifeq ($(ARCH),x86_64)
iso: $(O)/futura.iso ## make a CD image that boots under BIOS and UEFI (x86_64)
else
iso:
	@echo 'iso: GRUB images are made for ARCH=x86_64 only' >&2; exit 1
endif

$(O)/futura.iso: $(KERNEL_ELF) $(O)/bundle.cpio tools/mkiso
	$(Q)tools/mkiso -o $@ --kernel $(KERNEL_ELF) --bundle $(O)/bundle.cpio
