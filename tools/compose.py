# SPDX-License-Identifier: MPL-2.0
"""What a machine boots: the bundle that make built, with another root image or more files in it."""
import mmap
import os

import bundle
import debian
import root

ROOT_IMAGE = "root.tar"


def add_root_options(p):
	p.add_argument("--root", metavar="DIR|TAR",
		help="the guest's root file system, instead of the one that make built")
	p.add_argument("--debian", action="append", default=[], metavar="PKG[,PKG...]",
		help="a root file system of these Debian packages and what they depend on")
	p.add_argument("--add", action="append", default=[], metavar="HOST:GUEST",
		help="put this file or folder into the root file system there")


def _add_files(tree, pairs):
	for pair in pairs:
		host, separator, guest = pair.rpartition(":")
		if not separator or not host or not guest.startswith("/"):
			raise ValueError(f"--add {pair}: expected HOST:GUEST, and GUEST starts with a slash")
		if not os.path.lexists(host):
			raise ValueError(f"--add {pair}: there is no {host}")
		if guest.endswith("/") and not os.path.isdir(host):
			guest += os.path.basename(host)
		tree.add_host(host, guest)


def write_root(args, built, folder, output):
	"""Write the root image that the options describe. `built` are the bytes of the one that is
	taken where they name none, or None; `folder` is for what is needed meanwhile."""
	system = debian_image(args)
	with open(os.path.join(folder, "spool"), "w+b") as spool:
		tree = root.Tree(spool)
		for path, target in _given(args, "link", "GUEST:TARGET"):
			tree.add_link(path, target)
		for path, mode in _given(args, "folder", "GUEST:MODE"):
			tree.add_directory(path, int(mode, 8))
		for path in getattr(args, "package", ()):
			debian.take(tree, path, args.take)
		if system:
			root.add_source(tree, system)
		if args.root:
			root.add_source(tree, args.root)
		if not system and not args.root and built is not None:
			path = os.path.join(folder, "built.tar")
			with open(path, "wb") as f:
				f.write(built)
			root.add_source(tree, path)
		_add_files(tree, args.add)
		with open(output, "wb") as f:
			tree.write(f)


def _given(args, name, form):
	"""The pairs that the options --NAME of tools/mkroot give."""
	for pair in getattr(args, name, ()):
		path, separator, value = pair.partition(":")
		if not separator or not path or not value:
			raise ValueError(f"--{name} {pair}: expected {form}")
		yield path, value


def debian_image(args):
	packages = [p for text in args.debian for p in text.split(",") if p]
	return debian.root_image(packages, args.arch) if packages else None


def root_image(args, built, folder):
	"""The path of the root image that the options ask for, made in `folder` if there is none yet;
	None if the bundle's own, `built`, will do."""
	if not args.root and not args.add:
		return debian_image(args)
	path = os.path.join(folder, ROOT_IMAGE)
	write_root(args, built, folder, path)
	return path


def boot_bundle(args, base, folder, **extra):
	"""The path of a bundle: that at `base`, with the root image that the options ask for and the
	`extra` files. It is `base` itself if nothing changes."""
	members = bundle.read(_file_bytes(base))
	built = members.get(ROOT_IMAGE)
	image = root_image(args, built and built[1], folder)
	if image is None and not extra:
		return base
	members.update({name: bundle.regular(data) for name, data in extra.items()})
	if image is not None:
		members[ROOT_IMAGE] = bundle.regular(_file_bytes(image))
	path = os.path.join(folder, "bundle.cpio")
	with open(path, "wb") as out:
		bundle.write(out, members)
	return path


def _file_bytes(path):
	with open(path, "rb") as f:
		return memoryview(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ))
