# SPDX-License-Identifier: MPL-2.0
"""tools/futura exec on guests of a few instructions, which say in frames what a program would."""
import os
import subprocess
import sys

import pytest
from test_guest import tiny  # noqa: F401  (a fixture)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import bundle  # noqa: E402  (found through the path above)
import execute  # noqa: E402

FUTURA = os.path.join(ROOT, "tools/futura")
BEGIN = execute.frame("b", execute.BEGIN)
ERROR = execute.frame("e", b"!")
EVERY = bytes(range(256)) * 60		# as much as a frame can hold, nearly
# The kernel's words may stand anywhere; another's with high bytes before frames and between them.
STREAM = "grün\r\n".encode() + BEGIN[:3] + b"boot\n" + BEGIN[3:] + execute.frame("o", b"a\x1eb") \
	+ b"kernel\n" + ERROR[:2] + b"x" + ERROR[2:5] + b"y\n" + ERROR[5:] + execute.frame("o", b"") \
	+ "zwölf".encode() + b"\xff\x81"  + execute.frame("o", EVERY) \
	+ execute.frame("x", b"3") + b"left" + execute.frame("o", b"cut off")[:-2]


def octal(data):
	return "".join(f"\\{b:03o}" for b in data)


def decode(pieces):
	d = execute.Decoder()
	found = {}
	for piece in pieces:
		for kind, data in d.feed(piece):
			found[kind] = found.get(kind, b"") + data
	return found, d.end()


def test_frames_are_told_from_the_kernels_words_however_they_arrive():
	whole = decode([STREAM])
	assert whole == ({None: b"grn\r\nboot\nkernel\nxy\nzwlfleft", "o": b"a\x1eb" + EVERY, "e": b"!",
		"x": b"3"}, ("o", b"cut o"))
	assert decode([bytes([b]) for b in STREAM]) == whole
	for at in range(0, len(STREAM), 7):
		assert decode([STREAM[:at], STREAM[at:]]) == whole


def test_any_text_survives_exec_conf():
	text = execute.conf(["a b", "", "c\\n\nd"], {"N": "v=w"}, "/x")
	assert text == b"arg a b\narg \narg c\\\\n\\nd\nenv N=v=w\ncwd /x\n"
	with pytest.raises(ValueError, match="zero byte"):
		execute.conf(["a\0"], {}, "/")


@pytest.fixture
def empty_bundle(tmp_path):
	with open(tmp_path / "empty.cpio", "wb") as f:
		bundle.write(f, {})
	return str(tmp_path / "empty.cpio")


def run(arch, kernel, bundle_path, *options):
	return subprocess.run([FUTURA, "exec", "--arch", arch, "--kernel", kernel,
		"--bundle", bundle_path, *options], stdin=subprocess.DEVNULL, capture_output=True)


def test_output_and_status_pass_through(tiny, empty_bundle, arch):  # noqa: F811
	kernel = tiny(r"boot\n" + octal(BEGIN + execute.frame("o", b"hi\n") + execute.frame("e", b"e\n")
		+ execute.frame("x", b"7")) + r"bye\n")
	done = run(arch, kernel, empty_bundle, "--timeout", "60", "--", "x")
	assert (done.returncode, done.stdout, done.stderr) == (7, b"hi\n", b"e\n")
	done = run(arch, kernel, empty_bundle, "--verbose", "--", "x")
	assert (done.returncode, done.stdout, done.stderr) == (7, b"hi\n", b"boot\ne\nbye\n")


def test_a_machine_that_ends_early_shows_what_it_said(tiny, empty_bundle, arch):  # noqa: F811
	kernel = tiny(r"boot\n" + octal(BEGIN + execute.frame("o", b"hi")) + r"panic: alas\n")
	done = run(arch, kernel, empty_bundle, "--timeout", "60", "--", "x")
	assert (done.returncode, done.stdout) == (125, b"hi")
	assert b"panic: alas" in done.stderr and b"ended before the command did" in done.stderr


def test_a_command_that_hangs_is_ended(tiny, empty_bundle, arch):  # noqa: F811
	kernel = tiny(r"boot\n" + octal(BEGIN + execute.frame("o", b"hi")), "hang")
	done = run(arch, kernel, empty_bundle, "--timeout", "3", "--", "x")
	assert (done.returncode, done.stdout) == (124, b"hi")
	assert b"stopped after 3 s" in done.stderr


@pytest.mark.parametrize("options, complaint", [
	([], "no command given"),
	(["--add", "x", "--", "x"], "expected HOST:GUEST"),
	(["--add", "/no/such:/x", "--", "x"], "there is no /no/such"),
	(["--root", "/no/such", "--", "x"], "/no/such"),
	(["--env", "x", "--", "x"], "expected NAME=VALUE"),
	(["--stdin", "/no/such", "--", "x"], "/no/such"),
	(["--icount", "--cpus", "2", "--", "x"], "one processor"),
])
def test_bad_options_are_told(empty_bundle, options, complaint):
	done = run("x86_64", "/dev/null", empty_bundle, *options)
	assert done.returncode == 125 and complaint in done.stderr.decode()


def test_the_bundle_holds_command_input_and_root(tmp_path, empty_bundle):
	import argparse
	import compose
	import root
	(tmp_path / "f").write_bytes(b"z" * 5000)
	args = argparse.Namespace(root="", debian=[], add=[f"{tmp_path}/f:/opt/"], arch="x86_64")
	path = compose.boot_bundle(args, empty_bundle, str(tmp_path),
		**{"exec.conf": b"arg x\n", "exec.stdin": b"in"})
	data = open(path, "rb").read()
	files = {name: bytes(content) for name, (_, content) in bundle.read(data).items()}
	assert (files["exec.conf"], files["exec.stdin"]) == (b"arg x\n", b"in")
	assert data.find(b"z" * 5000) % 4096 == 0, "pages of the root image are pages of the bundle"
	(tmp_path / "out.tar").write_bytes(files["root.tar"])
	with open(tmp_path / "spool", "w+b") as spool:
		tree = root.Tree(spool)
		root.add_source(tree, str(tmp_path / "out.tar"))
		assert tree.text("opt/f") == "z" * 5000
