# SPDX-License-Identifier: MPL-2.0
# Looking at the source: style, layers, layout, sizes, static analysis, coverage.

C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')

.PHONY: check fmt size analyze tidy coverage
HOST_TESTS += check
check: ## check style: layers, layout, licence lines, architecture (part of test)
	$(Q)tools/layers
	$(Q)tools/style

fmt: ## lay out all C with clang-format
	$(Q)clang-format$(LLVM) -i --style=file $(C_FILES)

size: ## list the longest files and functions, lines of code, and image sizes
	$(Q)tools/size
	$(Q)if [ -f $(KERNEL_ELF) ]; then $(SIZE) $(KERNEL_ELF); fi

# Every compilation leaves a line of the compilation database beside its object; the host tests are
# the sanitizer build.
analyze: tidy $$(ANALYSES) ## clang-tidy over all that is built, and the sanitizer build

# A file that was clean is not looked at again until it changes: the first time takes long, and may
# be broken off. Also writes compile_commands.json, for editors.
tidy: all $$(HOST_TESTS)
	$(Q)tools/compiledb -o build/compile_commands.json $(O) $(H)
	$(Q)nice tools/tidy --tidy clang-tidy$(LLVM) --name '$(NAME)' -j $(TIDY_JOBS) $(O) $(H)
TIDY_JOBS ?= 2

# The host tests again, compiled to count what they reach. The report comes even if one fails.
COUNTED := build/coverage
COVERED_TESTS = $(filter-out check test-tools,$(HOST_TESTS))
coverage: ## report which lines the host tests reach
	$(Q)rm -rf $(COUNTED)/profile && mkdir -p $(COUNTED)/profile
	$(Q)LLVM_PROFILE_FILE=$(CURDIR)/$(COUNTED)/profile/%m-%p.profraw $(MAKE) -k H=$(COUNTED) \
		SANITIZE='$(SANITIZE) -fprofile-instr-generate -fcoverage-mapping' \
		$(COVERED_TESTS) || touch $(COUNTED)/profile/failed
	$(Q)llvm-profdata$(LLVM) merge -sparse -o $(COUNTED)/data $(COUNTED)/profile/*.profraw
	$(Q)llvm-cov$(LLVM) report -instr-profile=$(COUNTED)/data -show-region-summary=false \
		-ignore-filename-regex='/test/|build/' \
		$$(find $(COUNTED) -type f -perm -u+x -printf '-object %p ')
	$(Q)! [ -e $(COUNTED)/profile/failed ]
