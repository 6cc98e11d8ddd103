# SPDX-License-Identifier: MPL-2.0
"""Clients that mean harm to posixd, the file servers and ttyd: only they may suffer."""
import os
import subprocess

import guest
import pytest
import test_posix

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = ["nonsense_harms_nobody", "an_end_after_any_message_leaves_nothing",
	"a_kill_at_any_moment_leaves_nothing", "limits_hold_and_all_comes_back"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("cpus", [1, 4])
def test_services_survive(arch, cpus, case, record_property):
	program = os.path.join(ROOT, "build", arch, "tests-posix/hostile")
	subprocess.run(["make", "-s", "-C", ROOT, f"ARCH={arch}", "posix-programs"], check=True)
	test_posix.judge(subprocess.run([os.path.join(ROOT, "tools/futura"), "exec", "--arch", arch,
		"--cpus", str(cpus), "--timeout", str(300 * guest.PATIENCE), "--add",
		f"{program}:/t/hostile", "--", "/t/hostile", case], stdin=subprocess.DEVNULL,
		capture_output=True), record_property)


@pytest.mark.parametrize("case", [CASES[0], CASES[3]])
def test_fsd_survives(arch, case, record_property, tmp_path):
	"""The same with files on a volume, which is sound afterwards."""
	program, tools = os.path.join(ROOT, "build", arch, "tests-posix/hostile"), os.path.join(ROOT, "build/tools")
	subprocess.run(["make", "-s", "-C", ROOT, f"ARCH={arch}", "posix-programs", "tools"], check=True)
	subprocess.run([f"{tools}/mkfutfs", tmp_path / "v", "--size", "64M"], check=True, capture_output=True)
	test_posix.judge(subprocess.run([os.path.join(ROOT, "tools/futura"), "exec", "--arch", arch,
		"--timeout", str(300 * guest.PATIENCE), "--disk", tmp_path / "v", "--add", f"{program}:/t/hostile", "--",
		"sh", "-c", f"HOSTILE_PLACE=/data exec /t/hostile {case}"], stdin=subprocess.DEVNULL, capture_output=True),
		record_property)
	done = subprocess.run([f"{tools}/fsck.futfs", tmp_path / "v"], capture_output=True, text=True)
	assert done.returncode == 0 and " 0 problems" in done.stdout, done.stdout + done.stderr
