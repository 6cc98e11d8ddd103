# SPDX-License-Identifier: MPL-2.0
# Tests: on this machine (HOST_TESTS of all fragments), then in QEMU, one target an architecture.
# ARCH on the command line restricts the latter. NAME=pattern selects by name.

NAME ?=
export NAME

PYTEST = PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -qq -c tests/pytest.ini --rootdir tests \
	$(if $(NAME),--name '$(NAME)')
TEST_ARCHES := $(if $(filter command environment,$(firstword $(origin ARCH))),$(ARCH),$(ARCHES))

# Folders of tests/ with pytest files that boot a guest: a new one is found by itself.
PYTEST_FILES := $(wildcard tests/*/test_*.py)
GUEST_TEST_FOLDERS := $(filter-out tests/tools,$(sort $(patsubst %/,%,$(dir $(PYTEST_FILES)))))

HOST_TESTS += test-tools
.PHONY: test test-tools $(ARCHES:%=test-guest-%)

test: ## run every test on this machine and in QEMU (both architectures, or ARCH)
	$(Q)tools/testall $(HOST_TESTS) $(TEST_ARCHES:%=test-guest-%)

test-tools:
	$(Q)$(PYTEST) tests/tools

$(ARCHES:%=test-guest-%): test-guest-%:
	$(Q)$(MAKE) ARCH=$* all $(if $(filter x86_64,$*),iso)
	$(Q)$(PYTEST) --arch $* $(GUEST_TEST_FOLDERS)

.PHONY: fuzz bench
fuzz: $$(FUZZERS) ## fuzz for FUZZ_SECONDS each: system calls, decoders, images

bench: $$(BENCHES) ## measure guest instructions of every path, Linux beside Futura where it can

NATIVE_PROGRAMS += tests/hello
