# SPDX-License-Identifier: MPL-2.0
"""How operations grow: each measured while its size goes from 1 to 100,000, and which are too steep."""
import re

import qemu
from perflib import guest

PROGRAM = "/usr/bin/growth"
OPERATIONS = ("fork", "exit", "mmap", "lookup", "open", "handle", "wake-up", "timer", "poll", "epoll")
LINE = re.compile(r"^growth (\S+) (\d+) (\S+)$", re.M)
# A curve is flat or logarithmic if ten times the size never costs more than this many times as much.
STEEP = 2


def one(arch, most, name, seconds):
	"""What the program prints of one operation, in a machine of its own."""
	wish = guest.Wish(arch, [PROGRAM, "-m", str(most), name], mem="2G", timeout=seconds,
		add=[f"{qemu.built(arch, 'bench-linux/growth')}:{PROGRAM}"])
	try:
		return guest.futura(wish).text
	except guest.Late as e:
		return f"{e.text}growth {name} {most} not-done-in-{seconds:.0f}-s\n"


def run(arch, most, names=(), seconds=600):
	"""{name: [(size, instructions)]} and {name: why it was not measured further}."""
	curves, limits = {}, {}
	for operation in names or OPERATIONS:
		for name, size, figure in LINE.findall(one(arch, most, operation, seconds)):
			if figure.isdigit():
				curves.setdefault(name, []).append((int(size), int(figure)))
			else:
				limits[name] = f"{figure} at {int(size):,}"
	return curves, limits


def is_steep(points):
	return any(cost > STEEP * before for (_, before), (_, cost) in zip(points, points[1:]))


def table(curves, limits):
	sizes = sorted({s for points in curves.values() for s, _ in points})
	lines = [f"{'operation':10} " + " ".join(f"{s:>10,}" for s in sizes)]
	for name, points in curves.items():
		costs = dict(points)
		cells = " ".join(f"{costs[s]:10,}" if s in costs else " " * 10 for s in sizes)
		notes = [limits[name]] if name in limits else []
		notes += ["steep"] if is_steep(points) else []
		lines.append(f"{name:10} {cells}  {', '.join(notes)}".rstrip())
	return "\n".join(lines) + "\n"
