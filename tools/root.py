# SPDX-License-Identifier: MPL-2.0
"""Root images: a tree of files, put together from folders and archives, written as one tar.

The tar is POSIX's pax format. It differs from any other in three promises, on which the guest's
file server relies (docs/exec.md):

* the data of each regular file of at least a page starts at a multiple of PAGE from the tar's
  start, so that its pages can be shared. The gap is made by a pax `comment` record before the member;
* directories come before what they hold, and every parent is there;
* a hard link comes after the file it names.

Owners and modes are numbers in the tar: putting an image together needs no privilege."""
import os
import stat
import tarfile

from bundle import PAGE, padding

BLOCK = tarfile.BLOCKSIZE
MOST_LINKS = 40			# symbolic links followed in one path, as Linux has it


class Node:
	"""A file: its tar header, and where its data lies: (path of a host file, offset)."""

	def __init__(self, info, source=None):
		self.info, self.source = info, source

	def read(self, n=None):
		with open(self.source[0], "rb") as f:
			f.seek(self.source[1])
			return f.read(self.info.size if n is None else n)


def _info(name, kind, mode, **fields):
	info = tarfile.TarInfo(name)
	info.type, info.mode = kind, mode
	for key, value in fields.items():
		setattr(info, key, value)
	return info


class Tree:
	"""What a root image holds. Paths have no leading slash. `spool` is a file that takes the data
	of what comes from archives, and must live as long as the tree."""

	def __init__(self, spool):
		self.nodes = {}
		self.spool = spool

	# -- looking --

	def resolve(self, path, follow=False):
		"""The path with symbolic links in its parents (and, with `follow`, at its end) followed."""
		todo = [p for p in path.split("/") if p not in ("", ".")][::-1]
		done, links = [], 0
		while todo:
			part = todo.pop()
			if part == "..":
				done = done[:-1]
				continue
			here = "/".join([*done, part])
			node = self.nodes.get(here)
			if node is None or not node.info.issym() or not (todo or follow):
				done.append(part)
				continue
			links += 1
			if links > MOST_LINKS:
				raise ValueError(f"{path}: too many symbolic links")
			target = node.info.linkname
			if target.startswith("/"):
				done = []
			todo += [p for p in target.split("/") if p not in ("", ".")][::-1]
		return "/".join(done)

	def find(self, path, follow=True):
		"""The node at `path`, or None."""
		return self.nodes.get(self.resolve(path, follow))

	def text(self, path):
		"""The text of a regular file, or None if there is none."""
		node = self.find(path)
		if node is None or not node.info.isreg():
			return None
		return node.read().decode(errors="replace")

	# -- adding --

	def _add(self, path, info, source=None):
		path = self.resolve(path)
		if not path:
			return
		old = self.nodes.get(path)
		if old is not None and info.isdir() and self._is_directory(path):
			if old.info.issym():	# such as /bin of a merged /usr
				return
		elif old is not None and old.info.isdir() and not info.isdir() and \
				any(name.startswith(path + "/") for name in self.nodes):
			raise ValueError(f"/{path} is a directory already, with something in it")
		self._add_parents(path)
		info.name = path
		self.nodes[path] = Node(info, source)

	def _is_directory(self, path):
		node = self.find(path)
		return node is not None and node.info.isdir()

	def _add_parents(self, path):
		parts = path.split("/")[:-1]
		for i in range(1, len(parts) + 1):
			parent = "/".join(parts[:i])
			node = self.nodes.get(parent)
			if node is None:
				self.nodes[parent] = Node(_info(parent, tarfile.DIRTYPE, 0o755))
			elif not node.info.isdir():
				raise ValueError(f"/{parent} is no directory, /{path} cannot be in it")

	def add_directory(self, path, mode=0o755):
		self._add(path, _info(path, tarfile.DIRTYPE, mode))

	def add_link(self, path, target):
		self._add(path, _info(path, tarfile.SYMTYPE, 0o777, linkname=target))

	def add_data(self, path, data, mode=0o644, **fields):
		offset = self.spool.seek(0, os.SEEK_END)
		self.spool.write(data)
		self.spool.flush()
		info = _info(path, tarfile.REGTYPE, mode, size=len(data), **fields)
		self._add(path, info, (self.spool.name, offset))

	def add_tar(self, tar, keep=lambda path: True, plain=""):
		"""Add the members of an open tarfile of which keep(path) says so. `plain` is the path of
		the tar if it is a plain file: then the data stays there."""
		for member in tar:
			path = os.path.normpath(member.name).lstrip("/")
			if path == "." or path.startswith("..") or not keep(path):
				continue
			if member.islnk():
				member.linkname = self.resolve(os.path.normpath(member.linkname).lstrip("/"))
			source = None
			if member.isreg():
				source = (plain, member.offset_data) if plain and not member.issparse() \
					else self._spool(tar.extractfile(member))
			elif not (member.isdir() or member.issym() or member.islnk() or
					member.ischr() or member.isblk() or member.isfifo()):
				raise ValueError(f"{path}: a tar member of unknown type {member.type!r}")
			self._add(path, _clean(member), source)

	def _spool(self, data):
		offset = self.spool.seek(0, os.SEEK_END)
		while chunk := data.read(1 << 20):
			self.spool.write(chunk)
		self.spool.flush()
		return self.spool.name, offset

	def add_host(self, host, guest):
		"""Add a file, link or folder of this machine, with all below it, at path `guest`."""
		seen = {}
		self._add_host(os.path.realpath(host), guest.strip("/"), seen)

	def _add_host(self, host, guest, seen):
		st = os.lstat(host)
		info = _clean(_host_info(host, st, guest))
		source = (host, 0) if info.isreg() else None
		if info.isreg() and st.st_nlink > 1:
			first = seen.setdefault((st.st_dev, st.st_ino), self.resolve(guest))
			if first != self.resolve(guest):
				info.type, info.linkname, info.size = tarfile.LNKTYPE, first, 0
				source = None
		self._add(guest, info, source)
		if info.isdir():
			for name in sorted(os.listdir(host)):
				self._add_host(os.path.join(host, name), f"{guest}/{name}".strip("/"), seen)

	# -- writing --

	def write(self, f):
		"""Write the image to the file `f`."""
		at = 0
		links = [n for _, n in sorted(self.nodes.items()) if n.info.islnk()]
		others = [n for _, n in sorted(self.nodes.items()) if not n.info.islnk()]
		for node in others + links:
			at += f.write(header(node.info, at))
			if node.source:
				at += _copy(node, f)
				at += f.write(b"\0" * padding(at, BLOCK))
		f.write(b"\0" * (2 * BLOCK + padding(at + 2 * BLOCK, PAGE)))


def _clean(info):
	"""The header with only what a guest knows of: numbers for owners, whole seconds."""
	info.uname = info.gname = ""
	info.mtime = int(info.mtime)
	info.pax_headers = {}
	if not info.isreg():
		info.size = 0
	return info


def _host_info(host, st, name):
	"""A header from stat's result. What belongs to whom runs this belongs to root in the guest."""
	kinds = {stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE,
		stat.S_IFLNK: tarfile.SYMTYPE, stat.S_IFCHR: tarfile.CHRTYPE,
		stat.S_IFBLK: tarfile.BLKTYPE, stat.S_IFIFO: tarfile.FIFOTYPE}
	kind = kinds.get(stat.S_IFMT(st.st_mode))
	if kind is None:
		raise ValueError(f"{host}: a socket cannot be put into an image")
	info = _info(name, kind, stat.S_IMODE(st.st_mode), size=st.st_size, mtime=st.st_mtime,
		uid=0 if st.st_uid == os.getuid() else st.st_uid,
		gid=0 if st.st_gid == os.getgid() else st.st_gid)
	if kind == tarfile.SYMTYPE:
		info.linkname = os.readlink(host)
	if kind in (tarfile.CHRTYPE, tarfile.BLKTYPE):
		info.devmajor, info.devminor = os.major(st.st_rdev), os.minor(st.st_rdev)
	return info


def header(info, at):
	"""The header of a member at offset `at`, made longer where its data must start at a page."""
	def encode(comment):
		info.pax_headers = {"comment": comment} if comment is not None else {}
		return info.tobuf(tarfile.PAX_FORMAT)

	head = encode(None)
	if not info.isreg() or info.size < PAGE or (at + len(head)) % PAGE == 0:
		return head
	# The record itself needs a block or two. A comment longer by whole blocks lengthens it by as
	# many, and its own length's further digits may take one more: then a little less does.
	gap = padding(at + len(encode("")), PAGE)
	for less in (0, 8):
		head = encode("-" * max(gap - less, 0))
		if (at + len(head)) % PAGE == 0:
			return head
	raise AssertionError(f"{info.name}: no comment leads to a page")


def _copy(node, f):
	"""Copy a file's data, exactly as much as its header says."""
	left = node.info.size
	with open(node.source[0], "rb") as data:
		data.seek(node.source[1])
		while left and (chunk := data.read(min(left, 1 << 20))):
			left -= f.write(chunk)
	if left:
		raise ValueError(f"{node.source[0]} became shorter while it was read")
	return node.info.size


def _is_compressed(path):
	try:
		tarfile.open(path, "r:").close()
		return False
	except tarfile.ReadError:
		return True


def add_source(tree, path):
	"""Add a root given by a user: a folder, or a tar archive however compressed."""
	if os.path.isdir(path):
		tree.add_host(path, "")
		return
	try:
		with tarfile.open(path) as tar:
			tree.add_tar(tar, plain="" if _is_compressed(path) else path)
	except tarfile.TarError:
		raise ValueError(f"{path} is neither a folder nor a tar archive") from None
