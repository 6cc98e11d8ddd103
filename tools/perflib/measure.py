# SPDX-License-Identifier: MPL-2.0
"""One measurement of everything: what it found, as JSON and as a table."""
import os
import re
import subprocess

import qemu
from perflib import guest

PERCENTILES = ("p50", "p90", "p99", "max")
BENCH_LINE = re.compile(r"bench (\S+) p50=(\d+) p90=(\d+) p99=(\d+) max=(\d+) n=(\d+) under=(\d+)")
# A second serial port, whose interrupts are measured; and a disk that answers at once, but in a thread
# of QEMU's own: its rows do not repeat exactly, nor would what is measured after them.
BENCH_DEVICE = {"x86_64": ["-serial", "null"], "arm64": []}
BENCH_DISK = ["-blockdev", "null-co,node-name=null,size=67108864,read-zeroes=on",
	"-device", "virtio-blk-pci,drive=null,ioeventfd=off"]


def native(arch, names):
	"""{path: row} of the kernel's paths, by bench/."""
	block = [n for n in names if n.startswith("block.")]
	others = [n for n in names if n not in block]
	machines = []
	if others or not names:
		machines.append(("bench", others, "256M", []))
	if block or not names:
		machines.append(("bench", block or ["block."], "256M", BENCH_DISK))
	if not names:
		machines.append(("bench-large", [], "2G", []))
	found = {}
	for program, wanted, mem, disk in machines:
		m = guest.machine(guest.Wish(arch, [], mem=mem, extra=[*BENCH_DEVICE[arch], *disk]),
			bundle=qemu.built(arch, "bundle.cpio"),
			append=f"run={program} {' '.join(wanted)}".rstrip())
		raw, _ = guest.run(m.command(), 3600)
		log = raw.decode(errors="replace")
		if qemu.exit_status(log) != 0:
			raise guest.Failed(log[-2000:])
		for m in BENCH_LINE.finditer(log):
			found[m[1]] = dict(zip((*PERCENTILES, "times"), map(int, m.groups()[1:6])))
	return found


def posix(arch, names=(), times=0, debian=()):
	"""{row: ...} of Linux's operations in Futura, by bench/linux, and KiB in use before them."""
	options = ["-n", str(times)] if times else []
	wish = guest.Wish(arch, [guest.ROWS, *options, *names], debian=list(debian))
	text = guest.futura(wish).text
	return guest.parse(text), guest.memory_in_use(wish, text)


def commit():
	done = subprocess.run(["git", "-C", qemu.ROOT, "describe", "--always", "--dirty"],
		capture_output=True, text=True)
	return done.stdout.strip() or "unknown"


def everything(arch, names=(), times=0):
	"""All that `make perf` measures. A name with a dot is one of the kernel's paths."""
	paths = [n for n in names if "." in n]
	rows = [n for n in names if "." not in n]
	result = {"arch": arch, "build": commit(), "unit": "instructions", "rows": {}}
	if paths or not names:
		result["rows"] |= native(arch, paths)
	if rows or not names:
		found, result["memory_kib"] = posix(arch, rows, times)
		result["rows"] |= found
	return result


def table(result):
	lines = [f"{result['arch']}, build {result['build']}: instructions of one operation, "
		f"QEMU -icount shift=0 -cpu {qemu.MEASURED_CPUS[result['arch']]}", "",
		f"{'row':28} {'p50':>12} {'p90':>12} {'p99':>12} {'max':>12} {'times':>7}"]
	for name, row in result["rows"].items():
		figures = " ".join(f"{row[p]:12,}" for p in PERCENTILES)
		lines.append(f"{name:28} {figures} {row['times']:7,}")
	if "memory_kib" in result:
		lines += ["", f"memory in use before the rows: {result['memory_kib']:,} KiB"]
	return "\n".join(lines) + "\n"


def baseline_path(arch):
	return os.path.join(qemu.ROOT, "tests/baselines", f"perf_{arch}.json")
