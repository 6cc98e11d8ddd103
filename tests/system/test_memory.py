# SPDX-License-Identifier: MPL-2.0
"""Little memory, and programs that want all of it: the rest runs on, and all comes back."""
import os
import subprocess

import pytest

FUTURA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/futura")


def run(arch, mem, script, cpus=1):
	done = subprocess.run([FUTURA, "exec", "--arch", arch, "--cpus", str(cpus), "--mem", mem,
		"--timeout", "120", "--", "sh", "-c", script], stdin=subprocess.DEVNULL,
		capture_output=True, text=True)
	return done.returncode, done.stdout.split(), done.stderr


def test_sixty_four_mebibytes_are_enough_for_a_shell(arch):
	status, words, err = run(arch, "64M", "seq 20000 | sort -n | tail -1; ls / | grep -cx bin")
	assert (status, words) == (0, ["20000", "1"]), err


@pytest.mark.parametrize("cpus", [1, 4])
def test_who_takes_all_memory_harms_nobody(arch, cpus):
	status, words, err = run(arch, "96M", """
		free() { sed -n 's/MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo; }
		before=$(free)
		dd if=/dev/zero of=/dev/null bs=500M count=1 2>/dev/null || echo hog
		dd if=/dev/zero of=/tmp/all bs=64k 2>&1 | grep -c 'No space left'
		rm /tmp/all; echo more >/tmp/more; cat /tmp/more
		for i in 1 2 3; do dd if=/dev/zero of=/dev/null bs=500M count=1 2>/dev/null & done; wait
		seq 1000 | sort | wc -l
		[ $(free) -gt $((before - 2048)) ] && echo back
		svc | grep -Ec '(ramfsd|posixd|ttyd|controld) +running +0'""", cpus)
	assert words == ["hog", "1", "more", "1000", "back", "4"], err
	assert status == 0, err


@pytest.mark.parametrize("mem", ["26M", "28M", "30M"])
def test_too_little_memory_is_told(arch, mem):
	"""A service whose stack and data find no place does not start: none dies at a first touch."""
	_, words, err = run(arch, mem, "echo fine")
	assert words == ["fine"] or "no_memory" in err, err
	assert ": fault " not in err and "by fault" not in err, err
