# SPDX-License-Identifier: MPL-2.0
# Public suites inside Futura, an hour and more for all:
# `make posix-suites SUITES="--arch arm64 --log /tmp/log test_os"`.

.PHONY: posix-suites
posix-suites: ## run Python's tests and stress-ng inside Futura, keep the results
	$(Q)tests/suites/run.py $(SUITES)
	$(Q)$(MAKE) -s linux-abi
