# SPDX-License-Identifier: MPL-2.0
"""Disks that fail: the program that must know is told, the volume turns read-only when it must,
nothing panics, and what was synced before is there afterwards."""
import json
import os
import re
import subprocess
import time

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


def session(boot, arch, extra, mounts, **options):
	words = " ".join(f"mount=vd{'abcd'[n]}:{at}" for n, at in enumerate(mounts))
	g = boot(arch=arch, extra=extra, **options, append=f"{words} run=login shell=/bin/sh")
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


def holding(number, image, text, size):
	"""QEMU's options for a disk that cannot read where the image has that text."""
	at = open(image, "rb").read().index(text.encode())
	errors = [{"event": "read_aio", "errno": 5, "once": False, "sector": at // 512 + n} for n in range(size // 512)]
	debug = {"driver": "blkdebug", "inject-error": errors, "image": {"driver": "file", "filename": image}}
	node = {"driver": "raw", "node-name": f"failing{number}", "file": debug}
	return ["-blockdev", json.dumps(node), "-device", f"virtio-blk-pci,drive=failing{number},rerror=report"]


def test_a_block_that_cannot_be_read(boot, arch, tools, tmp_path):
	"""Who asks for it has EIO; all else is there, and can be written."""
	folder = tmp_path / "files"
	folder.mkdir()
	for n in range(4):
		(folder / f"f{n}").write_text(f"<<{n}>>" * 40000)
	image = str(tmp_path / "v.img")
	subprocess.run([f"{TOOLS}/mkfutfs", image, "--size", "16M", "--populate", folder], check=True, capture_output=True)
	g = session(boot, arch, holding(0, image, "<<2>>" * 100, 4096), ["/data"])
	g.run("for n in 0 1 2 3; do cat /data/f$n >/tmp/out && echo f$n whole $(wc -c </tmp/out); done",
		"f0 whole 200000.*f1 whole 200000.*f2: I/O error.*f3 whole 200000", PROMPT)
	g.run("tail -c 10 /data/f2; echo new >/data/f4 && sync && cat /data/f4 && echo go''es on", "2>><<2>>.*new.*goes on", PROMPT)
	g.close()
	check(image)


# Files are written, synced and renamed until that fails; the last line of $2 says what was safe.
LOAD = """load() { i=0; while echo $i >$1/new && sync $1/new && mv $1/new $1/f$((i%8)) && sync $1; do \
echo $((i%8)) $i >>$2; i=$((i+1)); done 2>/dev/null; echo "ended $1"; }; \
intact() { while read n i; do eval "v$n=$i"; done <$2; for n in 0 1 2 3 4 5 6 7; do eval "i=\\$v$n"; \
[ "$(cat $1/f$n)" -ge $i ] || echo "lost $1 $n $i"; done; }"""


def slot(image):
	"""QEMU's options for a disk in a slot that it can be taken out of."""
	return ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", "-device", "pcie-root-port,id=slot0,slot=1",
		"-blockdev", f"driver=raw,node-name=loose,file.driver=file,file.filename={image}",
		"-device", "virtio-blk-pci,id=loose,bus=slot0,drive=loose"]


def test_a_disk_that_is_taken_out(boot, arch, tools, tmp_path):
	"""Its users have errors at once, what was synced is on it, and another disk goes on. ARM64 has no
	slots, as no firmware sets bridges up: there devd is told that the disk is gone."""
	loose, fixed = made(tmp_path / "loose"), made(tmp_path / "fixed")
	in_slot = arch == "x86_64"
	name, node = ("block.1", "vdb") if in_slot else ("block.0", "vda")
	g = session(boot, arch, slot(loose) if in_slot else [], ["/fixed", "/loose"] if in_slot else ["/loose", "/fixed"],
		disks=[fixed] if in_slot else [loose, fixed])
	g.send_line(LOAD)
	g.expect(PROMPT)
	g.send_line("load /loose /tmp/loose & load /fixed /tmp/fixed & while [ ! -e /fixed/f7 -o ! -e /loose/f7 ]; do "
		"sleep 0.1; done; echo un''der way")
	g.expect("under way")
	if in_slot:
		g.qmp.command("device_del", id="loose")
	else:
		g.send_line(f"echo remove {name} >/run/futura/devices")
	g.expect("ended /loose")
	g.send_line("")
	g.run(f"until grep -q '{name} removed' /run/futura/devices; do sleep 0.1; done; echo go''ne", "gone", PROMPT)
	g.run("echo x >/loose/x || echo no''more", "nomore", PROMPT)
	g.run("n=$(wc -l </tmp/fixed); until [ $(wc -l </tmp/fixed) -gt $n ]; do sleep 0.1; done; echo go''es on",
		"goes on", PROMPT)
	g.run(f"umount /loose; mount -t futurafs /dev/{node} /mnt || echo no''ne", "No such device or address.*none", PROMPT)
	g.run("cat /tmp/loose; echo all''", "(?s)0 0.*all", PROMPT)
	if in_slot:
		for _ in range(100):	# events come with the answers to commands
			g.qmp.monitor("info status")
			if "DEVICE_DELETED" in [e["event"] for e in g.qmp.events]:
				break
			time.sleep(0.3)
		assert "DEVICE_DELETED" in [e["event"] for e in g.qmp.events]
	safe = dict(re.findall(r"^(\d) (\d+)$", g.log, re.M))
	g.close()
	check(loose)
	check(fixed)
	for n, i in safe.items():
		done = subprocess.run([f"{TOOLS}/futfs", "cat", loose, f"/f{n}"], capture_output=True, text=True)
		assert int(done.stdout) >= int(i)


def test_a_driver_that_is_killed_under_load(boot, arch, tools, tmp_path):
	"""Programs carry on with its successor, and nothing that was synced is lost."""
	image = made(tmp_path / "v.img")
	g = session(boot, arch, [], ["/data"], disks=[image])
	g.send_line(LOAD)
	g.expect(PROMPT)
	g.send_line(": >/tmp/safe; load /data /tmp/safe & for k in 1 2 3; do n=$(wc -l </tmp/safe); while [ $(wc -l </tmp/safe) -lt $((n+8)) ]; do "
		"sleep 0.1; done; cp -r /bin /data/copy$k & echo restart block.0 >/run/futura/devices; done; "
		"until grep -q 'block.0 running 3' /run/futura/devices; do sleep 0.1; done; wait %2 %3 %4; kill %1; "
		"intact /data /tmp/safe; echo loo''ked")
	g.expect("looked")
	assert not re.search("^(lost|ended) ", g.log, re.M), g.log
	g.run("umount /data; echo o''ver", "over", PROMPT)
	g.close()
	check(image)
