# SPDX-License-Identifier: MPL-2.0
"""Linux beside us: Debian's kernel in the same machine, on the same root file system, with the same
program as its first process."""
import os
import re
import tarfile
import tempfile

import bundle
import compose
import debian
import qemu
import stat
from perflib import guest

# Pinned, so that the figures stay comparable. The packages of the kernels themselves, which
# linux-image-cloud-amd64, linux-image-amd64 and their like stand for: the first is small, the
# second has all file systems.
VERSION = "6.1.192-2"
CLOUD, FULL = "cloud-", ""
PACKAGE = "linux-image-6.1.0-56-"
# No mitigations: TCG has no such flaws, and Futura has none either.
OPTIONS = "quiet mitigations=off nopti panic=-1"
CONSOLES = {"x86_64": "ttyS0", "arm64": "ttyAMA0"}


def package(arch, flavour):
	"""The path of the package; fetched unless it is there."""
	folder = os.path.join(qemu.ROOT, "build/debian", arch)
	os.makedirs(folder, exist_ok=True)
	apt = debian.Apt(os.path.join(folder, "apt"), debian.ARCHES[arch])
	name = f"{PACKAGE}{flavour}{debian.ARCHES[arch]}"
	path = os.path.join(apt.archives, debian.deb_name(name, VERSION, debian.ARCHES[arch]))
	if not os.path.exists(path):
		apt.update()
		wanted = [f"{name}={VERSION}"]
		apt.fetch(wanted, [c for c in apt.resolve(wanted) if c[0] == name])
	return path


def files(deb, name):
	"""(path, bytes) of the package's files of which `name` says that they are wanted."""
	process, tar = debian._deb_tar("--fsys-tarfile", deb)
	for member in tar:
		if member.isfile() and name(os.path.basename(member.name)):
			yield member.name, tar.extractfile(member).read()
	debian._finish(process, deb)


def _save(path, data):
	with open(f"{path}.{os.getpid()}", "wb") as f:
		f.write(data)
	os.rename(f"{path}.{os.getpid()}", path)


def kernel(arch, flavour=CLOUD):
	"""The path of the kernel's image."""
	path = os.path.join(qemu.ROOT, "build/debian", arch,
		f"vmlinuz-{VERSION}" + ("" if flavour == CLOUD else "-full"))
	if not os.path.exists(path):
		for _, data in files(package(arch, flavour), lambda name: name.startswith("vmlinuz-")):
			_save(path, data)
	return path


def modules(arch, wanted):
	"""Paths of the full kernel's modules with these names, each behind those that it needs. What
	this architecture does not have, or has built in, is left out."""
	folder = os.path.join(qemu.ROOT, "build/debian", arch, f"modules-{VERSION}")
	if not os.path.exists(folder):
		os.makedirs(f"{folder}.{os.getpid()}")
		for path, data in files(package(arch, FULL), lambda name: name.endswith(".ko")):
			name = os.path.basename(path).replace("-", "_")
			with open(os.path.join(f"{folder}.{os.getpid()}", name), "wb") as f:
				f.write(data)
		os.rename(f"{folder}.{os.getpid()}", folder)
	ordered = []
	for name in wanted:
		_add_module(folder, name, ordered)
	return ordered


def _add_module(folder, name, ordered):
	path = os.path.join(folder, name.replace("-", "_") + ".ko")
	if path in ordered or not os.path.exists(path):
		return
	with open(path, "rb") as f:
		needs = re.search(rb"\0depends=([^\0]*)\0", f.read())
	for other in needs[1].decode().split(",") if needs and needs[1] else ():
		_add_module(folder, other, ordered)
	ordered.append(path)


def initramfs(tar_path, output):
	"""Write what the tar holds as the cpio archive that Linux starts from."""
	kinds = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK}
	with tarfile.open(tar_path) as tar, open(output, "wb") as f:
		for inode, member in enumerate(tar, 1):
			if not (member.isdir() or member.issym() or member.isfile() or member.islnk()):
				continue
			kind = kinds.get(member.type, stat.S_IFREG)
			data = member.linkname.encode() if member.issym() else \
				tar.extractfile(member).read() if kind == stat.S_IFREG else b""
			_member(f, inode, member.name, kind | member.mode & 0o7777, data)
		_member(f, 0, bundle.TRAILER, 0, b"")


def _member(f, inode, name, mode, data):
	"""Names without the filling that our own bundles have: Linux takes at most PATH_MAX."""
	name = name.encode() + b"\0"
	fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
	head = bundle.MAGIC + b"".join(b"%08X" % field for field in fields) + name
	f.write(head + b"\0" * bundle.padding(len(head), 4))
	f.write(data + b"\0" * bundle.padding(len(data), 4))


def root_tar(wish, folder):
	members = bundle.read(open(qemu.built(wish.arch, "bundle.cpio"), "rb").read())
	path = os.path.join(folder, "root.tar")
	compose.write_root(guest.sources(wish), members[compose.ROOT_IMAGE][1], folder, path)
	return path


def run(wish):
	"""Run the rows in Linux: wish.command without its first word are their arguments."""
	arguments = " ".join(wish.command[1:])
	with tempfile.TemporaryDirectory(prefix="futura-perf-") as folder:
		archive = os.path.join(folder, "initramfs")
		initramfs(root_tar(wish, folder), archive)
		m = guest.machine(wish, kernel=kernel(wish.arch), bundle=archive,
			append=f"console={CONSOLES[wish.arch]} {OPTIONS} rdinit={guest.ROWS} {wish.append} -- --init {arguments}")
		raw, seconds = guest.run(m.command(), wish.timeout)
	text = raw.decode(errors="replace").replace("\r\n", "\n")
	if "row " not in text and "absent " not in text:
		raise guest.Failed(f"Linux measured nothing: {text[-2000:]}")
	return guest.Outcome(text, seconds, text)
