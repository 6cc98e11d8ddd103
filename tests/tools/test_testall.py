# SPDX-License-Identifier: MPL-2.0
"""The sum of all tests: nothing that went wrong can hide in it."""
import os
import subprocess

import pytest

TESTALL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/testall")
MAKEFILE = """good:
	@echo '3 passed, 0 failed'
bad:
	@echo '2 passed, 1 failed'; exit 1
silent:
	@echo 'all fine'
liar:
	@echo '5 passed, 0 failed'; exit 1
early:
	@echo '5 passed, 0 failed'; echo '1 passed, 2 failed'
empty:
	@echo '0 passed, 0 failed'
"""


@pytest.fixture
def testall(tmp_path):
	(tmp_path / "Makefile").write_text(MAKEFILE)

	def run(*targets, name=""):
		done = subprocess.run([TESTALL, *targets], cwd=tmp_path, capture_output=True,
			text=True, env={**os.environ, "NAME": name, "MAKEFLAGS": ""})
		return done.returncode, done.stdout.splitlines()[-1]

	return run


@pytest.mark.parametrize("targets, status, line", [
	("good", 0, "3 passed, 0 failed"),
	("good good", 0, "6 passed, 0 failed"),
	("bad good", 1, "5 passed, 1 failed"),
	("good silent", 1, "3 passed, 1 failed"),
	("liar", 1, "5 passed, 1 failed"),
	("early", 1, "1 passed, 2 failed"),
	("good empty", 1, "3 passed, 1 failed"),
	("good missing", 1, "3 passed, 1 failed"),
])
def test_reports_are_added_up(testall, targets, status, line):
	assert testall(*targets.split()) == (status, line)


def test_a_name_that_one_area_knows_is_enough(testall):
	assert testall("empty", "good", name="x") == (0, "3 passed, 0 failed")
	assert testall("empty", name="x") == (1, "0 passed, 0 failed")
