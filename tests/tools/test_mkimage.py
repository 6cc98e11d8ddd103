# SPDX-License-Identifier: MPL-2.0
"""Boot bundles: what goes in comes out, by the measure of GNU cpio."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import bundle  # noqa: E402  (found through the path above)


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


def test_data_of_a_page_or_more_starts_at_a_page(tmp_path):
	sizes = (0, 1, 3, 4095, 4096, 4097, 9000, 70000)
	files = {f"dir/{'n' * (size % 97)}{size}": os.urandom(size) for size in sizes}
	for name, data in files.items():
		(tmp_path / name.replace("/", "_")).write_bytes(data)
	out = tmp_path / "x.cpio"
	pairs = [f"{name}={tmp_path / name.replace('/', '_')}" for name in files]
	assert mkimage("-o", out, *pairs).returncode == 0
	archive = out.read_bytes()
	for name, data in files.items():
		if len(data) >= 4096:
			assert archive.find(data) % 4096 == 0, name
	assert sorted(names(out)) == sorted([*files, "dir"])
	assert {n: bytes(d) for n, (_, d) in bundle.read(archive).items() if d} == \
		{n: d for n, d in files.items() if d}


def test_what_is_no_archive_is_told():
	for junk in (b"", b"junk" * 100, b"070701" + b"0" * 50):
		try:
			bundle.read(junk)
			raise AssertionError("read without complaint")
		except ValueError as e:
			assert "not a boot bundle" in str(e)
