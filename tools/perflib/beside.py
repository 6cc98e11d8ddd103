# SPDX-License-Identifier: MPL-2.0
"""Futura and Linux beside each other: instructions, wall time, memory, start-up."""
import os
import statistics
import tempfile

import qemu
from perflib import guest, linux

THREADED = ("thread", "futex-ping-pong", "pipe-ping-pong", "unix-ping-pong", "fork-exit-wait")
SYSTEMS = {"futura": guest.futura, "linux": linux.run}


def command(names=(), times=0):
	return [guest.ROWS, *(["-n", str(times)] if times else []), *names]


def instructions(arch, names=(), debian=()):
	"""{system: {row: ...}} of rows of the program, each system once: they repeat exactly."""
	mem = "1G" if debian else "512M"
	return {name: guest.parse(run(guest.Wish(arch, command(names), mem=mem, debian=list(debian))).text)
		for name, run in SYSTEMS.items()}


def start(arch):
	"""{system: (instructions until the first program begins, KiB of memory in use then)}."""
	plugin = os.path.join(qemu.ROOT, "build/host/perf/follow.so")
	found = {}
	for name, run in SYSTEMS.items():
		with tempfile.TemporaryDirectory(prefix="futura-perf-") as folder:
			wish = guest.Wish(arch, command(["getppid"], 1),
				extra=["-plugin", f"{plugin},out={folder},limit=0"])
			memory = guest.memory_in_use(wish, run(wish).text)
			with open(os.path.join(folder, "total")) as f:
				found[name] = int(f.read().split()[1]), memory
	return found


def wall(arch, cpus, runs, names=(), times=0):
	"""{row: {system: (median, least, most)}} of p50 in ns of real time, over alternating runs."""
	samples = {}
	for _ in range(runs):
		for name, run in SYSTEMS.items():
			text = run(guest.Wish(arch, command(names, times), icount=False, cpus=cpus)).text
			for row, figures in guest.parse(text).items():
				samples.setdefault(row, {}).setdefault(name, []).append(figures["p50"])
	return {row: {name: (int(statistics.median(v)), min(v), max(v)) for name, v in systems.items()}
		for row, systems in samples.items()}


def ratio(futura, other):
	return futura / other if other else 0


def instructions_table(result):
	lines = [f"{'row':20} {'Futura':>13} {'Linux':>13} {'ratio':>6}"]
	for row, ours in result["futura"].items():
		theirs = result["linux"].get(row)
		if theirs:
			lines.append(f"{row:20} {ours['p50']:13,} {theirs['p50']:13,} "
				f"{ratio(ours['p50'], theirs['p50']):6.2f}")
	return "\n".join(lines) + "\n"


def start_table(result):
	return "".join(f"{what:20} {ours:13,} {theirs:13,} {ratio(ours, theirs):6.2f}\n" for what, ours, theirs
		in zip(("first program", "memory in use, KiB"), result["futura"], result["linux"]))


def wall_table(result):
	lines = [f"{'row':20} {'Futura us':>10} {'spread':>17} {'Linux us':>10} {'spread':>17} {'ratio':>6}"]
	for row, systems in result.items():
		if len(systems) < 2:
			continue
		cells = []
		for name in SYSTEMS:
			middle, least, most = systems[name]
			cells.append(f"{middle / 1000:10,.1f} {f'{least / 1000:,.1f}..{most / 1000:,.1f}':>17}")
		lines.append(f"{row:20} {' '.join(cells)} "
			f"{ratio(systems['futura'][0], systems['linux'][0]):6.2f}")
	return "\n".join(lines) + "\n"
