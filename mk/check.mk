# SPDX-License-Identifier: MPL-2.0
# Looking at the source: style, layers, layout, sizes, static analysis, coverage.

C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')

.PHONY: check fmt size analyze coverage
check: ## check style: layers, layout, licence lines, no architecture outside arch/
	$(Q)tools/layers
	$(Q)tools/style

fmt: ## lay out all C with clang-format
	$(Q)clang-format$(LLVM) -i --style=file $(C_FILES)

size: ## list the longest files and functions, lines of code, and image sizes
	$(Q)tools/size
	$(Q)if [ -f $(KERNEL_ELF) ]; then $(SIZE) $(KERNEL_ELF); fi

analyze: $$(ANALYSES) ## clang-tidy over everything, and the sanitizer builds

coverage: $$(COVERAGE) ## report which lines the host tests reach
