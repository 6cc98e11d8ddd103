# SPDX-License-Identifier: MPL-2.0
"""FUTURA_STRACE: what a program and its children call, with arguments and results as names."""
import os
import re
import subprocess

import guest
import pytest

FUTURA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/futura")


@pytest.fixture
def traced(arch):
	def run(command, value="1"):
		done = subprocess.run([FUTURA, "exec", "--arch", arch, "--timeout",
			str(60 * guest.PATIENCE), "--env", f"FUTURA_STRACE={value}", "--", "/bin/sh", "-c",
			command], stdin=subprocess.DEVNULL, capture_output=True)
		return done.stdout.decode(), done.stderr.decode()

	return run


def test_calls_arguments_and_errors_have_names(traced):
	out, err = traced("cat /no/such/file; echo word")
	assert out == "word\n"
	assert re.search(r'^\d+ open(at\(AT_FDCWD, |\()"/no/such/file", O_RDONLY.*\) = -1 ENOENT$', err, re.M)
	assert re.search(r'^\d+ write\(1, "word\\n", 5\) = 5$', err, re.M)
	assert re.search(r"^\d+ exit_group\(0\) = \?$", err, re.M)


def test_children_are_traced_with_their_numbers(traced):
	_, err = traced("(kill -USR1 $$ & wait) ; true")
	assert len({line.split()[0] for line in err.splitlines() if re.match(r"\d+ \w+\(", line)}) >= 2
	assert "SIGUSR1) = 0" in err


def test_the_lines_can_go_to_a_file(traced):
	out, err = traced("cat /no/such >/dev/null 2>&1; head -c 4000 /tmp/trace | grep -c ENOENT", "/tmp/trace")
	assert int(out) >= 1
	assert "ENOENT" not in err


def test_without_it_nothing_is_told(traced):
	out, err = traced("echo word", "")
	assert (out, err) == ("word\n", "")
