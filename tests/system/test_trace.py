# SPDX-License-Identifier: MPL-2.0
"""Services talk under the trace: the guest prints it, the host's tool says who called whom."""
import json
import os
import subprocess

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/trace")


def traced(boot, arch, **options):
	g = boot(arch=arch, append="run=tracedump 1 0xffffffff echo", **options)
	assert g.wait() == 0
	return g.log.encode()


def lines_of(log):
	done = subprocess.run([TOOL], input=log, capture_output=True, check=True)
	return done.stdout.decode().splitlines()


def test_a_trace_names_services_calls_and_methods(boot, arch):
	lines = lines_of(traced(boot, arch))
	call = next(i for i, line in enumerate(lines) if "echo.upper)" in line and "ipc_call(" in line)
	assert " echo " in lines[call]
	after = "\n".join(lines[call:])
	# The call arrives, the server reads the lent memory, answers, and the client goes on.
	steps = ["send echo.upper to", "switch from", "grant_read(reply 0x0", "grant_read -> count",
		"answer ok to", "switch from"]
	at = 0
	for step in steps:
		at = after.find(step, at)
		assert at >= 0, f"`{step}` does not follow in:\n{after[:4000]}"
	assert any("fault" in line and "echo-ser" in line for line in lines)
	assert any(line.split("task ")[-1].endswith("killed") for line in lines)


def test_a_timeline_is_balanced_and_in_order(boot, arch, tmp_path):
	out = tmp_path / "timeline.json"
	subprocess.run([TOOL, "--timeline", out], input=traced(boot, arch, cpus=2), check=True)
	events = json.loads(out.read_text())["traceEvents"]
	depth, last = {}, {}
	for e in events:
		row = (e["pid"], e["tid"])
		if e["ph"] in "BE":
			depth[row] = depth.get(row, 0) + (1 if e["ph"] == "B" else -1)
			assert depth[row] in (0, 1)
			assert e["ts"] >= last.get(row, 0)
			last[row] = e["ts"]
	processors = {e["tid"] for e in events if e["ph"] == "X"}
	assert processors == {0, 1}, "both processors have run threads"
