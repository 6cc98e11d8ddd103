# SPDX-License-Identifier: MPL-2.0
"""Linux beside us: Debian's kernel in the same machine, on the same root file system, with the same
program as its first process."""
import os
import tarfile
import tempfile

import bundle
import compose
import debian
import qemu
import stat
from perflib import guest

# Pinned, so that the figures stay comparable. The package of the kernel itself, which
# linux-image-cloud-amd64 and -arm64 stand for.
VERSION = "6.1.192-2"
PACKAGES = {arch: f"linux-image-6.1.0-56-cloud-{name}" for arch, name in debian.ARCHES.items()}
# No mitigations: TCG has no such flaws, and Futura has none either.
OPTIONS = "quiet mitigations=off nopti panic=-1 rdinit=" + guest.ROWS
CONSOLES = {"x86_64": "ttyS0", "arm64": "ttyAMA0"}


def kernel(arch):
	"""The path of the kernel's image; fetched unless it is there."""
	folder = os.path.join(qemu.ROOT, "build/debian", arch)
	path = os.path.join(folder, f"vmlinuz-{VERSION}")
	if os.path.exists(path):
		return path
	os.makedirs(folder, exist_ok=True)
	apt = debian.Apt(os.path.join(folder, "apt"), debian.ARCHES[arch])
	apt.update()
	wanted = [f"{PACKAGES[arch]}={VERSION}"]
	chosen = [c for c in apt.resolve(wanted) if c[0] == PACKAGES[arch]]
	apt.fetch(wanted, chosen)
	deb = os.path.join(apt.archives, debian.deb_name(*chosen[0]))
	process, tar = debian._deb_tar("--fsys-tarfile", deb)
	for member in tar:
		if os.path.basename(member.name).startswith("vmlinuz-"):
			with open(f"{path}.{os.getpid()}", "wb") as f:
				f.write(tar.extractfile(member).read())
	debian._finish(process, deb)
	os.rename(f"{path}.{os.getpid()}", path)
	return path


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
			append=f"console={CONSOLES[wish.arch]} {OPTIONS} {wish.append} -- --init {arguments}")
		raw, seconds = guest.run(m.command(), wish.timeout)
	text = raw.decode(errors="replace").replace("\r\n", "\n")
	if "row " not in text and "absent " not in text:
		raise guest.Failed(f"Linux measured nothing: {text[-2000:]}")
	return guest.Outcome(text, seconds, text)
