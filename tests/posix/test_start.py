# SPDX-License-Identifier: MPL-2.0
"""A first program that is not there: exec says which and why, login takes the next shell."""
import argparse
import os
import shutil
import subprocess
import sys

import guest
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import compose  # noqa: E402  (found through the path above)


@pytest.mark.parametrize("options, complaint, status", [
	(["--", "nosuch", "x"], "futura: nosuch: No such file or directory\n", 127),
	(["--cwd", "/etc/passwd", "--", "true"], "futura: true, in /etc/passwd: Not a directory\n", 126),
	(["--cwd", "/proc", "--", "/etc/passwd"], "futura: /etc/passwd, in /proc: Permission denied\n", 126),
])
def test_what_cannot_be_run_is_named(arch, options, complaint, status):
	done = subprocess.run([os.path.join(ROOT, "tools/futura"), "exec", "--arch", arch,
		"--timeout", str(60 * guest.PATIENCE), *options], capture_output=True, text=True)
	assert (done.returncode, done.stdout, done.stderr) == (status, "", complaint)


def test_a_tree_with_another_shell_and_no_home_has_a_prompt(boot, arch, tmp_path):
	tree = tmp_path / "tree"
	(tree / "bin").mkdir(parents=True)
	shutil.copy(os.path.join(ROOT, f"build/{arch}/apps/sh"), tree / "bin/sh")
	args = argparse.Namespace(root=str(tree), debian=[], add=[], arch=arch)
	bundle = compose.boot_bundle(args, guest.qemu.built(arch, "bundle.cpio"), str(tmp_path))
	g = boot(arch=arch, bundle=bundle, append="run=login")
	g.expect("# ")
	g.send_line("echo $0 $PWD")
	g.expect("/bin/sh /\r")
