# SPDX-License-Identifier: MPL-2.0
"""Traces become words and timelines, from a log as from memory."""
import json
import os
import struct
import subprocess

TRACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/trace")
CALL, RETURN, SEND, SWITCH = 0, 1, 2, 5
LOG = """boot noise
trace name 7 shell
trace 3e8 c 5 0 0 c 710
trace 7d0 c 0 0 1 22 640001
trace 7d5 c 2 0 30001 0 7
trace bb8 c 1 0 1 fffffffffffffff7 0
trace bb9 c 0 0 25 23 1
trace bba c 1 0 25 1 0
trace fa0 c 5 0 c d 810
trace 1388 d 5 0 d c 710
trace 1389 c 9 0 8 3 74696e69
"""


def trace(data, *options):
	return subprocess.run([TRACE, *options], input=data, capture_output=True)


def test_a_log_is_read_in_words():
	lines = trace(LOG.encode()).stdout.decode().splitlines()
	assert "cpu0 #12 shell" in lines[1] and lines[1].endswith("ipc_call(session 0x22, echo.say)")
	assert lines[2].endswith("send console.write to nobody yet, word 0 0x7")
	assert lines[3].endswith("ipc_call -> timed_out")
	assert lines[4].endswith("wait(object 0x23, mask 0x1)") and lines[5].endswith("wait -> waits")
	assert lines[0].endswith("switch from #0 to #12 shell, priority 16")
	assert lines[6].endswith("switch from #12 shell to #13 init, priority 16")
	assert lines[8].endswith("task 8 init killed")


def test_a_timeline_has_who_ran_and_what_was_called(tmp_path):
	assert trace(LOG.encode(), "--timeline", tmp_path / "t").returncode == 0
	events = json.loads((tmp_path / "t").read_text())["traceEvents"]
	ran = [e for e in events if e["ph"] == "X"][0]
	assert (ran["name"], ran["ts"], ran["dur"]) == ("#12 shell", 1.0, 3.0)
	calls = [(e["ph"], e["name"], e["ts"]) for e in events if e["ph"] in "BE"]
	assert calls == [("B", "ipc_call", 2.0), ("E", "", 3.0), ("B", "wait", 3.001), ("E", "", 5.0)]


def test_memory_gives_the_newest_entries_of_each_ring():
	head = struct.pack("<IIIIQ8Q", 0x43415254, 1, 2, 0x3ff, 88, 3, *[0] * 7)
	entries = [(30, 3), (20, 2)]	# the third has overwritten the first
	ring = b"".join(struct.pack("<QIHHQQQ", time, thread, CALL, 0, 1, 0, 0)
		for time, thread in entries)
	lines = trace(head + ring).stdout.decode().splitlines()
	assert [line.split()[2] for line in lines] == ["#2", "#3"]


def test_nothing_to_read_is_an_error():
	done = trace(b"just a log\n")
	assert done.returncode == 1 and b"no entry" in done.stderr
