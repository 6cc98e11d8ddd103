# SPDX-License-Identifier: MPL-2.0
# Every command there is. `make help` lists them; each area adds its own rules in mk/*.mk.
#
# Variables a fragment appends to:
#   ALL           files that `make all` builds for $(ARCH)
#   BUNDLE_FILES  guestpath=hostpath: what the boot bundle of $(ARCH) holds
#   HOST_TESTS    phony targets that run on this machine and print `N passed, N failed`
#   FUZZERS       phony targets that fuzz for FUZZ_SECONDS and fail on a finding
#   ANALYSES      phony targets of `make analyze`
#   COVERAGE      phony targets of `make coverage`
#   BENCHES       phony targets of `make bench`

HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH ?= $(HOST_ARCH)
CPUS ?= 1
ARCHES := x86_64 arm64
ifeq ($(filter $(ARCH),$(ARCHES)),)
$(error ARCH=$(ARCH) is not one of: $(ARCHES))
endif

O := build/$(ARCH)
H := build/host
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules --no-print-directory
Q := $(if $(V),,@)

# A machine that lacks a package is given it before anything else happens: make remakes an included
# file first, and this one is remade by mk/setup.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
-include build/setup.mk
endif
build/setup.mk: mk/setup mk/packages.txt
	$(Q)mkdir -p $(@D)
	$(Q)mk/setup
	$(Q)echo '# This machine has what mk/packages.txt lists.' >$@

include mk/toolchain.mk
include $(filter-out mk/toolchain.mk,$(sort $(wildcard mk/*.mk)))

.PHONY: help setup all clean
help: ## list these targets
	@echo 'ARCH=x86_64|arm64 (now $(ARCH)), CPUS=n, NAME=pattern (tests), V=1 (show commands)'
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(sort $(MAKEFILE_LIST)) | sort -u | \
		expand -t 20

setup: build/setup.mk ## install the packages mk/packages.txt lists (other targets do it too)
	@:

all: $$(ALL) ## build everything for ARCH

clean: ## remove everything made
	rm -rf build
