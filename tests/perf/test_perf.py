# SPDX-License-Identifier: MPL-2.0
"""Measuring repeats exactly, and says what moved."""
import json
import os
import subprocess
import sys

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools")
sys.path.insert(0, TOOLS)
from perflib import chart, compare, flame, guest, measure, messages, profile  # noqa: E402


def rows(**p50):
	return {"rows": {name: dict.fromkeys(measure.PERCENTILES, v) for name, v in p50.items()}}


def test_two_runs_agree_to_the_instruction(arch):
	names = ("getppid", "stat", "fork-exit-wait")
	first, second = (measure.posix(arch, names, times=30) for _ in range(2))
	found, kib_in_use = first
	assert set(found) == set(names) and kib_in_use > 0
	assert first == second


def test_the_messages_of_an_operation_are_told_in_order(arch):
	recorded = messages.record(guest.Wish(arch, []), "create-unlink", 20)
	sent = [line.split(" send ")[1].split()[0] for line in messages.text(recorded, "messages").splitlines()
		if " send " in line]
	assert sent == ["file.open", "file.remove"]


def test_small_changes_pass():
	assert compare.moved(rows(stat=2000), rows(stat=2099)) == []


def test_each_percentile_counts():
	new = rows(stat=2000)
	new["rows"]["stat"]["max"] = 2101
	assert compare.moved(rows(stat=2000), new) == [("stat", "max", 2000, 2101)]


def test_rows_that_cannot_repeat_are_not_compared():
	assert compare.moved(rows(), {"rows": {"block.read_4096": {}}}) == []


def test_getting_faster_is_told_too():
	assert [c[1] for c in compare.moved(rows(stat=2000), rows(stat=1000))] == list(measure.PERCENTILES)


def test_a_row_that_is_gone_or_new_is_told():
	changes = compare.moved(rows(stat=2000), rows(open=5))
	assert changes == [("stat", "row", 2000, None), ("open", "row", None, 5)]
	assert "none" in compare.text(changes)


def test_every_path_of_a_row_is_there():
	missing = [p for paths in compare.PATHS.values() for p in paths
		if not os.path.exists(os.path.join(TOOLS, "..", p))]
	assert missing == []


def test_the_last_commit_on_a_path_is_named():
	assert " " in compare.last_commit("fork-exit-wait")


def test_calls_of_both_architectures_are_known():
	calls = ("e801000000", "ff15aabbccdd", "41ffd3", "00000094", "20003fd6")
	others = ("c3", "eb05", "ff25aabbccdd", "c0035fd6", "00000014", "488b05e8000000")
	assert all(profile.is_call(bytes.fromhex(code)) for code in calls)
	assert not any(profile.is_call(bytes.fromhex(code)) for code in others)


def test_a_profile_adds_up_to_the_row(arch, tmp_path):
	done = subprocess.run([os.path.join(TOOLS, "perf"), "profile", "--arch", arch, "-n", "5",
		"--folder", tmp_path, "stat"], capture_output=True, text=True)
	assert done.returncode == 0, done.stderr
	result = json.loads((tmp_path / f"profile-{arch}-stat.json").read_text())
	assert abs(result["executed"] / result["times"] - result["row"]["mean"]) <= 32
	assert sum(result["images"].values()) == result["executed"]
	assert {"kernel", "personality", "ramfsd", "rows"} <= set(result["images"])
	assert "unknown" not in result["images"]


def test_pictures_are_well_formed():
	from xml.dom import minidom
	for text in (flame.svg({("a", "b<c>"): 5, ("a",): 1}, "x & y", 1),
			chart.ratios("t", [("stat", 0.4), ("fork", 2.5)]),
			chart.growth("t", "instructions", {"fork": [(1, 10), (1000, 12)]})):
		assert minidom.parseString(text).documentElement.tagName == "svg"
