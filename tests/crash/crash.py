#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Power cuts of a running system: a workload on a scratch volume, the machine killed at a chosen
moment (also inside the cleaner), then fsck, another boot, and a look at what was promised."""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tools"))
sys.dont_write_bytecode = True
import compose  # noqa: E402  (found through the path above)
import execute  # noqa: E402
import qemu  # noqa: E402

TOOLS = os.path.join(qemu.ROOT, "build/tools")
CUT = b"fsd: the power fails in the cleaner"	# services/fsd/volume.c says so


class Crash(Exception):
	pass


class Work(execute.Run):
	"""The workload's machine; it is killed after `promises` of them, or when fsd says so."""

	def __init__(self, machine, promises):
		super().__init__(machine, False)
		self.promises, self.left, self.text, self.is_cut = {}, promises, b"", False

	def _take(self, kind, data):
		if kind == "o":
			*lines, self.text = (self.text + data).split(b"\n")
			for line in lines:
				self.promise(line)
		elif kind is None:
			self.log += data
			if CUT in self.log:
				self.cut()
		else:
			super()._take(kind, data)

	def _complain(self, why):
		if not self.is_cut:
			super()._complain(why)

	def promise(self, line):
		if not re.fullmatch(rb"\d+ \d+", line):
			raise Crash(f"the workload says: {line.decode(errors='replace')}")
		file, version = line.split()
		self.promises[int(file)] = int(version)
		self.left -= 1
		if self.left == 0:
			self.cut()

	def cut(self):
		self.is_cut = True
		self.process.kill()


def machine(arch, image, append, bundle):
	return qemu.Machine(arch=arch, append=f"mount=vda:/data {append} run=exec".replace("  ", " "),
		bundle=bundle, disks=[image])


def bundle(arch, folder, command, name):
	where = os.path.join(folder, name)
	os.makedirs(where)
	args = SimpleNamespace(root=None, debian=[], arch=arch,
		add=[f"{os.path.join(qemu.ROOT, 'build', arch, 'tests-posix/work')}:/work"])
	conf = execute.conf(command, execute.ENVIRONMENT, "/")
	return compose.boot_bundle(args, qemu.built(arch, "bundle.cpio"), where, **{"exec.conf": conf})


def tool(*command):
	done = subprocess.run(command, capture_output=True, text=True)
	if done.returncode != 0:
		raise Crash(f"{' '.join(command)}: {done.stdout}{done.stderr}")
	return done.stdout


def one(arch, seed, in_cleaner, folder, timeout):
	rng = random.Random(seed)
	image = os.path.join(folder, "scratch.img")
	tool(f"{TOOLS}/mkfutfs", image, "--size", "16M")
	append, promises = "", rng.randint(1, 120)
	if in_cleaner:
		append, promises = f"futurafs.test_crash_compact={rng.randint(1, 300)}", 400
	work = Work(machine(arch, image, append, bundle(arch, folder, ["/work", "/data", str(seed)],
		"work")), promises)
	work.wait(timeout)
	if not work.is_cut:
		raise Crash("the machine ended before its power failed")
	said = tool(f"{TOOLS}/fsck.futfs", "--device", image, "--dry-run")
	if " 0 problems" not in said:
		raise Crash(said)
	known = [str(n) for pair in sorted(work.promises.items()) for n in pair]
	look = bundle(arch, folder, ["/work", "/data", "check", *known], "check")
	status = execute.Run(machine(arch, image, "", look), False).wait(timeout)
	if status != 0:
		raise Crash(f"promises were broken: status {status}")
	tool(f"{TOOLS}/fsck.futfs", "--device", image, "--dry-run")
	return sum(1 for _ in work.promises), "in the cleaner" if in_cleaner else f"after {promises}"


def main():
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--arch", choices=qemu.ARCHES, default=qemu.host_arch())
	parser.add_argument("--rounds", type=int, default=6)
	parser.add_argument("--seed", type=int, default=1, help="the first round's; then counted up")
	parser.add_argument("--timeout", type=float, default=120, help="seconds for each machine")
	args = parser.parse_args()
	for seed in range(args.seed, args.seed + args.rounds):
		with tempfile.TemporaryDirectory(prefix="futura-crash-") as folder:
			try:
				files, when = one(args.arch, seed, seed % 2 == 0, folder, args.timeout)
			except Crash as e:
				print(f"futfs_crash_gc: FAIL: seed {seed}: {e}")
				sys.exit(1)
		print(f"seed {seed}: cut {when}, {files} files whole", flush=True)
	print("futfs_crash_gc: PASS")


if __name__ == "__main__":
	main()
