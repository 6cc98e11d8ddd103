# SPDX-License-Identifier: MPL-2.0
"""A QEMU machine that runs Futura: its command line, and how its log tells the guest's status."""
import json
import os
import re
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARCHES = ("x86_64", "arm64")
MACHINES = {"x86_64": ("q35", "pc"), "arm64": ("virt",)}
KERNELS = {"x86_64": "kernel.elf", "arm64": "kernel.img"}
QEMUS = {"x86_64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}

# pauth-impdef: QEMU's quick substitute for the architected pointer authentication cipher.
CPUS = {"x86_64": "max", "arm64": "max,pauth-impdef=on"}
# What instruction counts are measured on. Without ERMS, Linux copies as it does on old machines
# too; with it, TCG charges one instruction for each byte of `rep movsb`.
MEASURED_CPUS = {"x86_64": "max,-erms", "arm64": "cortex-a72"}

UEFI = "/usr/share/ovmf/OVMF.fd"

# How a disk may be attached: PCI, or (arm64) registers in memory, new and legacy.
DISKS = {"pci": "virtio-blk-pci", "mmio": "virtio-blk-device", "legacy": "virtio-blk-device"}

# When the guest says nothing of its end, or nothing ends it.
NO_STATUS = 125


def host_arch():
	machine = os.uname().machine
	return {"aarch64": "arm64"}.get(machine, machine)


def built(arch, name):
	"""The path of something that make built for `arch`."""
	return os.path.join(ROOT, "build", arch, name)


def exit_status(log):
	"""The N of the closing line `futura: exit N`, or None if the log does not end with one.

	Only the kernel prints it, last, before it turns the machine off. A program's unfinished
	line may stand before it."""
	lines = log.replace("\r", "\n").rstrip().splitlines()
	m = re.search(r"futura: exit (\d+)$", lines[-1]) if lines else None
	return int(m[1]) if m else None


def split_disk(disk):
	"""The image, how it is attached, and whether it is read-only, of IMAGE[:HOW[,ro]]."""
	image, colon, how = disk.rpartition(":")
	how, _, only = how.partition(",")
	if colon and how in DISKS and only in ("", "ro"):
		return image, how, only == "ro"
	return disk, "pci", False


@dataclass
class Machine:
	arch: str = field(default_factory=host_arch)
	machine: str = ""		# pc, q35 or virt
	cpus: int = 1
	mem: str = "256M"
	cpu: str = ""			# QEMU's name of the processor model
	gic: int = 3			# arm64: version of the interrupt controller
	el: int = 1			# arm64: exception level the kernel starts at
	kernel: str = ""
	bundle: str = ""		# "none": start without one
	append: str = ""
	iso: str = ""			# start from this CD image instead of `kernel`
	firmware: str = "bios"		# x86_64 with an ISO: bios or uefi
	icount: bool = False		# one instruction is one nanosecond: runs repeat exactly
	gdb: str = ""			# where to wait for a debugger, such as tcp::1234
	qmp: str = ""			# path of a socket for QEMU's machine protocol
	log: str = ""			# file that gets a copy of the serial output
	monitor: bool = False		# share the terminal with QEMU's monitor (Ctrl-A c)
	disks: list = field(default_factory=list)	# IMAGE[:pci|:mmio|:legacy[,ro]]
	extra: list = field(default_factory=list)

	def __post_init__(self):
		if self.arch not in ARCHES:
			raise ValueError(f"no such architecture: {self.arch}")
		self.machine = self.machine or MACHINES[self.arch][0]
		if self.machine not in MACHINES[self.arch]:
			raise ValueError(f"{self.arch} has no machine {self.machine}")
		if self.iso and self.arch != "x86_64":
			raise ValueError("CD images are for x86_64")
		if self.icount:
			self.cpu = self.cpu or MEASURED_CPUS[self.arch]
		self.cpu = self.cpu or CPUS[self.arch]
		self.kernel = self.kernel or built(self.arch, KERNELS[self.arch])
		self.bundle = self.bundle or built(self.arch, "bundle.cpio")

	def command(self):
		return [QEMUS[self.arch], *self._hardware(), *self._console(), *self._boot(),
			*self._disks(), *self._observers(), *self.extra]

	def _hardware(self):
		options = [self.machine, "accel=tcg", "memory-backend=ram"]
		if self.arch == "arm64":
			options += [f"gic-version={self.gic}",
				f"virtualization={'on' if self.el == 2 else 'off'}"]
			if self.icount:
				options += ["dtb-randomness=off"]	# -seed does not reach it
		args = ["-nodefaults", "-no-user-config", "-machine", ",".join(options),
			"-cpu", self.cpu, "-smp", str(self.cpus), "-m", self.mem,
			# Not reserved: a machine may have more memory than this host, if it
			# does not touch it.
			"-object", f"memory-backend-ram,id=ram,size={self.mem},reserve=off",
			"-display", "none", "-nic", "none", "-no-reboot"]
		if self.arch == "x86_64":
			args += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
		return args

	def _console(self):
		chardev = "stdio,id=console,signal=off"
		if self.monitor:
			chardev += ",mux=on"
		if self.log:
			chardev += f",logfile={self.log}"
		args = ["-chardev", chardev, "-serial", "chardev:console"]
		return args + (["-mon", "chardev=console"] if self.monitor else [])

	def _boot(self):
		if self.iso:
			uefi = ["-bios", UEFI] if self.firmware == "uefi" else []
			return ["-cdrom", self.iso, *uefi]
		args = ["-kernel", self.kernel]
		if self.bundle != "none":
			args += ["-initrd", self.bundle]
		return args + (["-append", self.append] if self.append else [])

	def _disks(self):
		"""Raw images; disk N says that its serial number is `diskN`."""
		args = []
		for n, disk in enumerate(self.disks):
			image, how, only = split_disk(disk)
			node = {"driver": "raw", "node-name": f"disk{n}", "discard": "unmap",
				"read-only": only, "file": {"driver": "file", "filename": image}}
			args += ["-blockdev", json.dumps(node),
				"-device", f"{DISKS[how]},drive=disk{n},serial=disk{n}"]
			if how == "mmio":
				args += ["-global", "virtio-mmio.force-legacy=false"]
		return args

	def _observers(self):
		# Runs repeat exactly: what the guest takes for random is the same too, and time
		# passes by instructions alone; where the guest idles it jumps to the next timer.
		# The calendar begins at the same day.
		args = ["-icount", "shift=0,sleep=off", "-seed", "1",
			"-rtc", "base=2024-01-01T00:00:00,clock=vm"] if self.icount else []
		if self.gdb:
			args += ["-gdb", self.gdb, "-S"]
		if self.qmp:
			args += ["-qmp", f"unix:{self.qmp},server=on,wait=off"]
		return args
