# SPDX-License-Identifier: MPL-2.0
"""The native tests (tests/native) inside the guest, on one processor and on four."""
import pytest


@pytest.mark.guest_tests
@pytest.mark.parametrize("cpus", [1, 4])
def test_native(guest_tests, arch, cpus, pytestconfig):
	name = pytestconfig.option.name
	guest_tests(arch=arch, cpus=cpus, append=f"run=tests {name}", timeout=600)
