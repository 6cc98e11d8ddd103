# SPDX-License-Identifier: MPL-2.0
"""File systems beside each other on the same disk: FuturaFS in Futura, ext4 and f2fs in Debian's
Linux. Instructions are counted by tools/perflib/count.c, what reached the disk by QEMU."""
import os
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass

import compose
import execute
import qemu
from perflib import guest, images, linux, profile
from qmp import Qmp

PROGRAM = "/usr/bin/storage"
MAKERS = {
	"futurafs": [os.path.join(qemu.ROOT, "build/tools/mkfutfs"), "--size", "{size}", "{image}"],
	"ext4": ["mkfs.ext4", "-q", "{image}"],
	"f2fs": ["mkfs.f2fs", "-q", "{image}"],
}
# What Linux loads, each after what it depends on. The first three compute checksums.
MODULES = ("crc32c_generic", "crc32c-intel", "crc32_generic", "virtio_pci", "virtio_blk", "ext4", "f2fs")
# In the order in which the program does them.
PHASES = ("create", "write", "read-cold", "read-warm", "overwrite-1", "overwrite-64", "untar", "walk-cold",
	"walk-warm", "delete-tree", "delete-files")
COUNTED = {"wr_bytes": "written", "rd_bytes": "read", "wr_operations": "writes",
	"flush_operations": "flushes"}


@dataclass
class Sizes:
	disk: str = "2G"
	mem: str = "2G"
	files: int = 10_000
	mib: int = 256
	syncs: int = 1000
	copies: int = 4
	percent: int = 0

	def options(self):
		return ["-p", str(self.percent), "-f", str(self.files), "-m", str(self.mib), "-s", str(self.syncs), "-c", str(self.copies)]


class Counts:
	"""Between QEMU's plugin, which stops at each mark, and its machine protocol."""

	def __init__(self, qmp_path):
		self.path, self.phases, self.began = qmp_path, [], None
		self.from_plugin, self.plugin_out = os.pipe()
		self.plugin_in, self.to_plugin = os.pipe()

	def plugin(self):
		path = os.path.join(qemu.ROOT, "build/host/perf/count.so")
		return ["-plugin", f"{path},out={self.plugin_out},in={self.plugin_in}"]

	def descriptors(self):
		return self.plugin_out, self.plugin_in

	def start(self):
		for fd in self.descriptors():
			os.close(fd)
		thread = threading.Thread(target=self._serve, daemon=True)
		thread.start()
		return thread

	def _serve(self):
		machine = None
		with os.fdopen(self.from_plugin) as marks:
			for line in marks:
				machine = machine or Qmp(self.path)
				mark, instructions = map(int, line.split())
				self._marked(mark, instructions, _disk(machine))
				os.write(self.to_plugin, b"g")
		os.close(self.to_plugin)

	def _marked(self, mark, instructions, disk):
		now = {"instructions": instructions, **disk}
		if mark == 1:
			self.began = now
		else:
			self.phases.append({what: n - self.began[what] for what, n in now.items()})


def _disk(machine):
	for device in machine.command("query-blockstats"):
		if device.get("node-name") == "disk0":
			return {ours: device["stats"][theirs] for theirs, ours in COUNTED.items()}
	raise guest.Failed("QEMU has no disk0")


def source_tar(folder):
	"""This repository's last commit: the tree that is unpacked."""
	path = os.path.join(folder, "source.tar")
	with open(path, "wb") as f:
		subprocess.run(["git", "-C", qemu.ROOT, "archive", "HEAD"], stdout=f, check=True)
	return path


def image(system, size, folder):
	path = os.path.join(folder, "disk")
	with open(path, "wb") as f:
		f.truncate(int(size[:-1]) << {"M": 20, "G": 30}[size[-1]])
	subprocess.run([word.format(image=path, size=size) for word in MAKERS[system]],
		stdout=subprocess.DEVNULL, check=True)
	return path


def wish(arch, sizes, folder):
	program = qemu.built(arch, "bench-linux/storage")
	return guest.Wish(arch, [PROGRAM, *sizes.options()], mem=sizes.mem, timeout=3 * 3600,
		add=[f"{program}:{PROGRAM}", f"{source_tar(folder)}:/source.tar"])


def futura_boot(w, folder):
	command = [*w.command, "futurafs"]
	made = compose.boot_bundle(guest.sources(w), qemu.built(w.arch, "bundle.cpio"), folder,
		**{"exec.conf": execute.conf(command, execute.environment([]), "/")})
	return {"bundle": made, "append": "run=exec"}


def linux_boot(w, folder, system):
	for n, path in enumerate(linux.modules(w.arch, MODULES)):
		w.add.append(f"{path}:/modules/{n:02}-{os.path.basename(path)}")
	archive = os.path.join(folder, "initramfs")
	linux.initramfs(linux.root_tar(w, folder), archive)
	return {"kernel": linux.kernel(w.arch, linux.FULL), "bundle": archive,
		"append": f"console={linux.CONSOLES[w.arch]} {linux.OPTIONS} rdinit={PROGRAM} -- --init "
			f"{' '.join(w.command[1:])} {system}"}


def machine(w, system, sizes, folder, extra, **more):
	"""Time passes while the machine waits: were it to jump to the next timer instead, what is
	written after some seconds would be written in the first wait for the disk."""
	boot = futura_boot(w, folder) if system == "futurafs" else linux_boot(w, folder, system)
	return qemu.Machine(arch=w.arch, mem=w.mem, cpu=qemu.MEASURED_CPUS[w.arch],
		disks=[image(system, sizes.disk, folder)], extra=["-icount", "shift=0", *extra], **boot, **more)


def profiled(arch, sizes, phase, limit):
	"""Where the instructions of one of FuturaFS's phases go, by function."""
	plugin = os.path.join(qemu.ROOT, "build/host/perf/follow.so")
	with tempfile.TemporaryDirectory(prefix="futura-storage-") as folder:
		w = wish(arch, sizes, folder)
		m = machine(w, "futurafs", sizes, folder,
			["-plugin", f"{plugin},out={folder},limit={limit},only={PHASES.index(phase) + 1}"])
		guest.run(m.command(), w.timeout)
		known = images.built(os.path.join(qemu.ROOT, "build", arch), arch,
			qemu.built(arch, "bench-linux/storage"))
		return profile.load(folder, known, 1)


def run(arch, system, sizes):
	"""{phase: {instructions, written, read, writes, flushes}}"""
	with tempfile.TemporaryDirectory(prefix="futura-storage-") as folder:
		w = wish(arch, sizes, folder)
		counts = Counts(os.path.join(folder, "qmp"))
		m = machine(w, system, sizes, folder, counts.plugin(), qmp=counts.path)
		text = _watch(m, counts, w.timeout)
	names = re.findall(r"^phase (\S+)", text, re.M)
	if not names or len(names) != len(counts.phases):
		raise guest.Failed(f"{system} did not end: {text[-2000:]}")
	return dict(zip(names, counts.phases))


def raw(arch, path, mib):
	"""MiB/s of reads of 1 MiB in order from the disk, with time as it is: (Futura, Linux)."""
	with tempfile.TemporaryDirectory(prefix="futura-storage-") as folder:
		ours = qemu.Machine(arch=arch, cpu=qemu.MEASURED_CPUS[arch], disks=[path],
			bundle=qemu.built(arch, "bundle.cpio"), append=f"run=blk rate block.0 {mib}")
		w = guest.Wish(arch, [PROGRAM, "-m", str(mib)], add=[f"{qemu.built(arch, 'bench-linux/storage')}:{PROGRAM}"])
		theirs = qemu.Machine(arch=arch, mem=w.mem, cpu=qemu.MEASURED_CPUS[arch], disks=[path],
			**linux_boot(w, folder, "raw"))
		return tuple(_rate(m) for m in (ours, theirs))


def _rate(machine):
	text = guest.run(machine.command(), 600)[0].decode(errors="replace")
	found = re.search(r"(\d+) MiB/s", text)
	if not found:
		raise guest.Failed(f"nothing was read: {text[-2000:]}")
	return int(found[1])


def _watch(machine, counts, timeout):
	process = subprocess.Popen(machine.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
		pass_fds=counts.descriptors())
	thread = counts.start()
	try:
		raw = process.communicate(timeout=timeout)[0]
	finally:
		process.kill()
	thread.join()
	parts = guest.split(raw)
	return (parts["o"] + parts["e"] + parts[None]).decode(errors="replace").replace("\r", "")


def table(result):
	"""A line a phase and system."""
	lines = [f"{'phase':14} {'system':14} {'instructions':>15} {'written KiB':>12} {'writes':>8} "
		f"{'flushes':>8} {'read KiB':>10}"]
	for phase in next(iter(result.values())):
		for system, phases in result.items():
			p = phases.get(phase)
			if p:
				lines.append(f"{phase:14} {system:14} {p['instructions']:15,} {p['written'] // 1024:12,} "
					f"{p['writes']:8,} {p['flushes']:8,} {p['read'] // 1024:10,}")
	return "\n".join(lines) + "\n"
