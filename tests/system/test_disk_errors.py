# SPDX-License-Identifier: MPL-2.0
"""Disks that fail: the program that must know is told, the volume turns read-only when it must,
nothing panics, and what was synced before is there afterwards."""
import json
import os
import re
import subprocess

import pytest
from test_fsd import TOOLS, check, tools  # noqa: F401  (a fixture)

FILES = 6
PROMPT = "ready> "
# A file after the other is written and synced; `told` says what became of it.
WORK = f"""work() {{ i=0; while [ $i -lt {FILES} ]; do \
if echo $1 $i >$1/f$i && sync $1/f$i; then echo "told $1 $i safe"; else echo "told $1 $i failed"; fi; \
i=$((i+1)); done 2>/dev/null; ls $1 >/dev/null && echo "told $1 still there"; }}"""
MOUNTS = ["/data", "/data2", "/data3", "/data4"]

# Request number N of the kind fails, and all later ones: QEMU's names of what comes before each.
WRITE, FLUSH = "write_aio", "flush_to_os"
AT_ONCE = [[(WRITE, 1), (WRITE, 3), (FLUSH, 1), (FLUSH, 4)]]
# FUTURA_DISK_ERRORS=24: as many of each kind, four a boot.
MANY = int(os.environ.get("FUTURA_DISK_ERRORS", "0"))
ALL = [(kind, n) for kind in (WRITE, FLUSH) for n in range(1, MANY + 1)]
CASES = [ALL[i:i + len(MOUNTS)] for i in range(0, len(ALL), len(MOUNTS))] or AT_ONCE


def failing(number, image, kind, after):
	"""QEMU's options for a disk that fails."""
	name = f"failing{number}"
	states = [{"event": kind, "state": n, "new_state": n + 1} for n in range(1, after)]
	error = {"event": kind, "state": after, "errno": 5, "once": False}
	debug = {"driver": "blkdebug", "inject-error": [error], **({"set-state": states} if states else {}),
		"image": {"driver": "file", "filename": image}}
	node = {"driver": "raw", "node-name": name, "file": debug}
	return ["-blockdev", json.dumps(node), "-device",
		f"virtio-blk-pci,id={name},drive={name},werror=report,rerror=report"]


def made(path):
	subprocess.run([f"{TOOLS}/mkfutfs", path, "--size", "16M"], check=True, capture_output=True)
	return str(path)


def session(boot, arch, extra, mounts):
	words = " ".join(f"mount=vd{'abcd'[n]}:{at}" for n, at in enumerate(mounts))
	g = boot(arch=arch, extra=extra, append=f"{words} run=login shell=/bin/sh")
	g.expect("[#$] ")
	g.send_line("TERM=dumb PS1='rea''dy> ' exec sh -i")
	g.expect(PROMPT)
	return g


def told(g, at):
	"""What the workload said of each file of that mount, in order."""
	g.send_line(f"work {at}")
	g.expect(f"{at} {FILES - 1} (safe|failed)")
	g.expect(PROMPT)
	return re.findall(rf"^told {at} \d+ (safe|failed)", g.log, re.M)


@pytest.mark.parametrize("cases", CASES, ids=lambda cases: "-".join(f"{k[0]}{n}" for k, n in cases))
def test_a_request_that_fails(boot, arch, tools, tmp_path, cases):
	images = [made(tmp_path / f"{n}.img") for n in range(len(cases))]
	extra = [word for n, case in enumerate(cases) for word in failing(n, images[n], *case)]
	mounts = MOUNTS[:len(cases)]
	g = session(boot, arch, extra, mounts)
	g.send_line(WORK)
	g.expect(PROMPT)
	for image, at, (kind, after) in zip(images, mounts, cases):
		answers = told(g, at)
		failed = answers.index("failed") if "failed" in answers else FILES
		assert failed < FILES or after > FILES, (kind, after, answers)
		assert answers == ["safe"] * failed + ["failed"] * (FILES - failed), (kind, after)
		assert f"told {at} still there" in g.log
	log = g.log
	g.close()
	for image, at in zip(images, mounts):
		safe = len(re.findall(rf"^told {at} \d+ safe", log, re.M))
		check(image)
		for i in range(safe):
			done = subprocess.run([f"{TOOLS}/futfs", "cat", image, f"/f{i}"], capture_output=True, text=True)
			assert done.stdout == f"{at} {i}\n"
