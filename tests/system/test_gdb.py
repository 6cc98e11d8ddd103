# SPDX-License-Identifier: MPL-2.0
"""`make gdb`: its commands show a running kernel's objects."""
import os
import subprocess

import pytest
import qemu

# Stop the machine when the shell asks for a command: the services have started.
STOP = """python
import re, threading, time
def stop():
	seconds = 0
	while seconds < 90 and not re.search("[#$] ", open(os.environ["FUTURA_CONSOLE"], errors="replace").read()):
		seconds += 0.2
		time.sleep(0.2)
	gdb.post_event(lambda: gdb.execute("interrupt"))
threading.Thread(target=stop).start()"""


@pytest.fixture(scope="module")
def session(request):
	"""session(arch) -> what gdb prints for the commands, each after a line `>> COMMAND`."""
	cache = {}

	def run(arch):
		if arch not in cache:
			commands = ["tasks", "threads", "handles init", "mappings init", "queues"]
			options = [x for c in commands for x in ("-ex", f"echo >> {c}\\n", "-ex", c)]
			cache[arch] = subprocess.run([os.path.join(qemu.ROOT, "tools/futura"), "gdb",
				"--arch", arch, "--", "-batch",
				"-ex", STOP, "-ex", "continue", *options],
				capture_output=True, text=True, timeout=120).stdout
		return cache[arch]

	return run


def part(text, command):
	return text.split(f">> {command}\n")[1].split(">> ")[0]


def test_tasks_and_threads_are_listed(session, arch):
	text = session(arch)
	tasks = part(text, "tasks")
	assert "init" in tasks and "registryd" in tasks and "alive" in tasks, text
	assert "init" in part(text, "threads"), text


def test_handles_and_mappings_are_listed(session, arch):
	text = session(arch)
	handles = part(text, "handles init")
	assert "port" in handles and "read+write" in handles, text
	mappings = part(text, "mappings init")
	assert "r-x" in mappings and "vmo #" in mappings, text


def test_who_runs_is_shown(session, arch):
	assert "cpu 0:" in part(session(arch), "queues")
