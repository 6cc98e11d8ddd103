# SPDX-License-Identifier: MPL-2.0
"""Boot bundles: what goes in comes out, by the measure of GNU cpio."""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def mkimage(*args):
	return subprocess.run([os.path.join(ROOT, "tools/mkimage"), *map(str, args)],
		capture_output=True, text=True)


def names(archive):
	return subprocess.run(["cpio", "-t", "--quiet"], stdin=open(archive), capture_output=True,
		text=True, check=True).stdout.split()


def test_files_folders_and_links_are_packed(tmp_path):
	(tmp_path / "d").mkdir()
	(tmp_path / "d/file").write_text("hello")
	(tmp_path / "d/link").symlink_to("file")
	out = tmp_path / "x.cpio"
	assert mkimage("-o", out, f"/etc/deep={tmp_path / 'd'}", "bin/sh=/bin/sh").returncode == 0
	assert names(out) == ["bin", "bin/sh", "etc", "etc/deep", "etc/deep/file", "etc/deep/link"]
	subprocess.run(["cpio", "-i", "--quiet", "--no-absolute-filenames"], stdin=open(out),
		cwd=tmp_path, check=True)
	assert (tmp_path / "etc/deep/file").read_text() == "hello"
	assert os.readlink(tmp_path / "etc/deep/link") == "file"
	assert os.access(tmp_path / "bin/sh", os.X_OK)


def test_the_same_input_gives_the_same_bytes(tmp_path):
	for name in ("a", "b"):
		mkimage("-o", tmp_path / name, "x=/etc/os-release", "bin/true=/bin/true")
	assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_bad_input_is_refused_with_a_reason(tmp_path):
	out = tmp_path / "x"
	for pair in ("nothing", "a/../b=/bin/true", "a=/no/such/file", "a=/dev/null"):
		done = mkimage("-o", out, pair)
		assert done.returncode == 1 and done.stderr.startswith("mkimage: "), pair
	assert "given twice" in mkimage("-o", out, "a=/bin/true", "a=/etc/os-release").stderr
