# SPDX-License-Identifier: MPL-2.0
"""docs/performance.md, from what the other commands left in build/."""
import glob
import json
import os

import qemu
from perflib import beside, chart, growth, measure

PAGE = os.path.join(qemu.ROOT, "docs/performance.md")
PICTURES = os.path.join(qemu.ROOT, "docs/perf")

HEAD = """# Performance

Made by `tools/perf report` from what the commands below measured; do not edit. [perf/README.md](perf/README.md)
tells how to measure, and what the figures mean. A ratio is Futura's figure by Linux's: under 0.5 is
what we want, over 1 is worse than Linux.
"""


def load(name):
	path = os.path.join(qemu.ROOT, "build", name)
	if not os.path.exists(path):
		return None
	with open(path) as f:
		return json.load(f)


def code(text):
	return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def picture(name, svg):
	with open(os.path.join(PICTURES, name), "w") as f:
		f.write(svg)
	return f"![{name.removesuffix('.svg')}](perf/{name})\n"


def beside_linux(arch):
	result = load(f"perf_linux_{arch}.json")
	if not result:
		return ""
	text = f"\n## {arch}: beside Linux {beside.linux.VERSION}\n\n`make perf-linux ARCH={arch}`, " \
		f"QEMU -cpu {qemu.MEASURED_CPUS[arch]}, the same root file system and the same static program.\n"
	if "instructions" in result:
		text += instructions(arch, result["instructions"])
	if "start" in result:
		text += "\nInstructions from the start of the machine, firmware included, to the first " \
			f"program's, build {result['start']['build']}:\n\n" + \
			code(beside.start_table(result["start"]["systems"]))
	return text + (walls(arch, result["wall"]) if "wall" in result else "")


def instructions(arch, part):
	systems, build = part["systems"], part["build"]
	programs = load(f"perf_linux_{arch}_debian.json")
	for system in beside.SYSTEMS if programs else ():
		systems[system] |= programs["instructions"]["systems"][system]
	ours, theirs = systems["futura"], systems["linux"]
	text = "\n" + ratios(f"ratio-{arch}.svg", f"Instructions, Futura by Linux ({arch})",
		((row, figures["p50"], theirs[row]["p50"]) for row, figures in ours.items() if row in theirs))
	text += f"\nInstructions, p50, build {build}"
	if programs:
		text += "; python3 and gcc are Debian's, by `tools/perf linux --debian`, build " \
			f"{programs['instructions']['build']}"
	return text + ":\n\n" + code(beside.instructions_table(systems))


def walls(arch, part):
	text = ""
	for cpus, rows in part["cpus"].items():
		if cpus == "1":
			text += "\n" + ratios(f"wall-{arch}.svg", f"Wall time, Futura by Linux ({arch})",
				((row, s["futura"][0], s["linux"][0]) for row, s in rows.items() if len(s) == 2))
		text += f"\nWall time of plain TCG, {cpus} CPU, build {part['build']}, p50 of each run, " \
			f"median and spread of {part['runs']} alternating runs:\n\n" + code(beside.wall_table(rows))
	return text


def ratios(name, title, rows):
	"""The chart of (row, ours, theirs), worst first."""
	pairs = sorted(((row, beside.ratio(ours, theirs)) for row, ours, theirs in rows),
		key=lambda pair: -pair[1])
	return picture(name, chart.ratios(title, pairs))


def own_rows(arch):
	path = measure.baseline_path(arch)
	if not os.path.exists(path):
		return ""
	with open(path) as f:
		return f"\n## {arch}: every path and row\n\n`make perf-baseline ARCH={arch}`\n\n" + \
			code(measure.table(json.load(f)))


def how_it_grows(arch):
	result = load(f"growth-{arch}.json")
	if not result:
		return ""
	curves = result["curves"]
	return f"\n## {arch}: how operations grow\n\n`make perf-growth ARCH={arch}`, build " \
		f"{result['build']}; instructions, p50. The curves are explained in " \
		"[perf/growth.md](perf/growth.md).\n\n" + code(growth.table(curves, result["limits"])) + \
		"\n" + picture(f"growth-{arch}.svg", chart.growth(f"growth ({arch})", "instructions", curves))


def findings():
	lines = []
	for path in sorted(glob.glob(os.path.join(PICTURES, "*.md"))):
		with open(path) as f:
			title = f.readline().lstrip("# ").strip()
		if os.path.basename(path) != "README.md":
			lines.append(f"* [{title}](perf/{os.path.basename(path)})\n")
	return "\n## Findings\n\n" + "".join(lines)


def write():
	text = HEAD + findings()
	for section in (beside_linux, how_it_grows, own_rows):
		text += "".join(section(arch) for arch in qemu.ARCHES)
	with open(PAGE, "w") as f:
		f.write(text)
	return PAGE
