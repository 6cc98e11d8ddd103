# SPDX-License-Identifier: MPL-2.0
"""Random calls with random arguments: the program may suffer, the system not."""
import os
import subprocess

import guest
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS, SEED = 12, 1


@pytest.mark.parametrize("cpus", [1, 4])
def test_random_calls_harm_nobody_else(arch, cpus):
	program = os.path.join(ROOT, "build", arch, "tests-posix/random_calls")
	subprocess.run(["make", "-s", "-C", ROOT, f"ARCH={arch}", "posix-programs"], check=True)
	done = subprocess.run([os.path.join(ROOT, "tools/futura"), "exec", "--arch", arch, "--cpus",
		str(cpus), "--timeout", str(300 * guest.PATIENCE), "--add", f"{program}:/t/random",
		"--", "/t/random", str(SEED), str(ROUNDS)], stdin=subprocess.DEVNULL, capture_output=True)
	assert done.returncode == 0, done.stdout + done.stderr
	assert b"ok random_calls" in done.stdout
