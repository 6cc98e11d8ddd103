# SPDX-License-Identifier: MPL-2.0
"""Root images: what GNU tar reads out of them, and what docs/exec.md promises to the guest."""
import io
import os
import random
import subprocess
import sys
import tarfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import root  # noqa: E402  (found through the path above)


@pytest.fixture
def tree(tmp_path):
	with open(tmp_path / "spool", "w+b") as spool:
		yield root.Tree(spool)


def written(tree, path):
	with open(path, "wb") as f:
		tree.write(f)
	return path


def members(path):
	with tarfile.open(path, "r:") as tar:
		return {m.name: m for m in tar}


def check_promises(path):
	seen = set()
	with tarfile.open(path, "r:") as tar:
		for m in tar:
			parent = os.path.dirname(m.name)
			assert not parent or parent in seen, f"{m.name} before its parent"
			assert not m.islnk() or m.linkname in seen, f"{m.name} before its file"
			assert not m.isreg() or m.size < 4096 or m.offset_data % 4096 == 0, m.name
			seen.add(m.name)
	assert os.path.getsize(path) % 4096 == 0


def test_files_of_every_size_and_name_start_at_pages(tree, tmp_path):
	choose = random.Random(1)
	files = {}
	for i in range(300):
		# Names of 100 and more bytes, and ones that are not ASCII, need pax records of their own.
		name = f"d{i}/" + "é" * choose.randrange(3) + "n" * choose.randrange(1, 250)
		files[name] = choose.randbytes(choose.choice((0, 1, 511, 4095, 4096, 4097, 9999)))
		tree.add_data(name, files[name])
	path = written(tree, tmp_path / "x.tar")
	check_promises(path)
	with tarfile.open(path, "r:") as tar:
		assert {m.name: tar.extractfile(m).read() for m in tar if m.isreg()} == files


def test_gnu_tar_reads_back_a_folder(tree, tmp_path):
	source = tmp_path / "source"
	(source / "sub").mkdir(parents=True)
	(source / "sub/big").write_bytes(b"x" * 10000)
	os.link(source / "sub/big", source / "again")
	(source / "link").symlink_to("sub/big")
	(source / "tool").write_text("#!/bin/sh\n")
	(source / "tool").chmod(0o4755)
	os.mkfifo(source / "fifo")
	tree.add_host(source, "/opt/it")
	path = written(tree, tmp_path / "x.tar")
	check_promises(path)
	out = tmp_path / "out"
	out.mkdir()
	subprocess.run(["tar", "-xpf", path, "-C", out], check=True)
	assert (out / "opt/it/again").samefile(out / "opt/it/sub/big")
	assert (out / "opt/it/again").read_bytes() == b"x" * 10000
	assert os.readlink(out / "opt/it/link") == "sub/big"
	assert (out / "opt/it/tool").stat().st_mode & 0o7777 == 0o4755
	assert (out / "opt/it/fifo").is_fifo()
	assert all(m.uid == m.gid == 0 for m in members(path).values())


def test_devices_and_owners_need_no_privilege(tree, tmp_path):
	data = io.BytesIO()
	with tarfile.open(fileobj=data, mode="w") as tar:
		info = tarfile.TarInfo("./dev/null")
		info.type, info.devmajor, info.devminor, info.uid = tarfile.CHRTYPE, 1, 3, 7
		tar.addfile(info)
	data.seek(0)
	with tarfile.open(fileobj=data) as tar:
		tree.add_tar(tar)
	m = members(written(tree, tmp_path / "x.tar"))["dev/null"]
	assert m.ischr() and (m.devmajor, m.devminor, m.uid) == (1, 3, 7)


def test_what_goes_through_a_link_lands_behind_it(tree, tmp_path):
	tree.add_directory("usr/bin")
	tree.add_link("bin", "usr/bin")
	tree.add_data("bin/sh", b"shell", 0o755)
	tree.add_directory("bin")
	assert tree.find("bin", follow=False).info.issym()
	assert tree.text("/bin/sh") == "shell" and "usr/bin/sh" in tree.nodes
	tree.add_link("a", "b")
	tree.add_link("b", "a")
	with pytest.raises(ValueError, match="too many symbolic links"):
		tree.add_data("a/x", b"")


def test_later_files_replace_earlier_ones_but_no_full_folder(tree, tmp_path):
	tree.add_data("etc/name", b"one")
	tree.add_data("etc/name", b"two")
	assert tree.text("etc/name") == "two"
	with pytest.raises(ValueError, match="with something in it"):
		tree.add_data("etc", b"")
	with pytest.raises(ValueError, match="no directory"):
		tree.add_data("etc/name/below", b"")


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:xz"])
def test_a_tar_of_a_user_is_laid_out_anew(tree, tmp_path, mode):
	(tmp_path / "f").write_bytes(b"y" * 5000)
	with tarfile.open(tmp_path / "user.tar", mode) as tar:
		tar.add(tmp_path / "f", "./deep/down/f")
	root.add_source(tree, str(tmp_path / "user.tar"))
	path = written(tree, tmp_path / "x.tar")
	check_promises(path)
	with tarfile.open(path) as tar:
		assert tar.extractfile("deep/down/f").read() == b"y" * 5000


def test_what_is_no_root_is_told(tree, tmp_path):
	(tmp_path / "junk").write_bytes(b"junk" * 1000)
	with pytest.raises(ValueError, match="neither a folder nor a tar"):
		root.add_source(tree, str(tmp_path / "junk"))
