# SPDX-License-Identifier: MPL-2.0
"""Each program of tests/posix: first on this machine's Linux, then in Futura; every case passes on
both, so the outputs are equal. missing.list has the cases that Futura cannot do yet."""
import glob
import os
import re
import subprocess

import bundle
import guest
import pytest
import results

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FUTURA = os.path.join(ROOT, "tools/futura")
PROGRAMS = sorted(os.path.basename(p)[:-2] for p in glob.glob(os.path.join(HERE, "*.c")))
PROGRAMS.remove("check")
SECONDS = 300


def program(arch, name):
	return os.path.join(ROOT, "build", arch, "tests-posix", name)


@pytest.fixture(scope="session")
def built():
	"""built(arch) makes the programs, once."""
	done = set()

	def build(arch):
		if arch not in done:
			subprocess.run(["make", "-s", "-C", ROOT, f"ARCH={arch}", "posix-programs"],
				check=True)
			done.add(arch)

	return build


def need_personality(arch):
	"""Skip where the bundle has no posixd to start programs with."""
	with open(guest.qemu.built(arch, "bundle.cpio"), "rb") as f:
		if "bin/posixd" not in bundle.read(f.read()):
			pytest.skip("the bundle holds no posixd")


def missing():
	"""{program: its cases that Futura cannot do yet}, from missing.list."""
	found = {}
	with open(os.path.join(HERE, "missing.list"), encoding="utf-8") as f:
		for line in f:
			if line.strip() and not line.startswith("#"):
				name, case = line.split()[:2]
				found.setdefault(name, set()).add(case)
	return found


def cases(name):
	"""The cases that Futura is to pass; none: all."""
	left_out = missing().get(name)
	if not left_out:
		return []
	with open(os.path.join(HERE, f"{name}.c"), encoding="utf-8") as f:
		every = re.findall(r"^TEST\((\w+)\)", f.read(), re.M)
	unknown = left_out - set(every)
	assert not unknown, f"missing.list names cases that {name}.c has not: {unknown}"
	return [c for c in every if c not in left_out]


def judge(done, record_property):
	"""Count the cases of one run as tests, and fail if one failed or the list is incomplete."""
	text = done.stdout.decode(errors="replace")
	r = results.parse(text)
	record_property("guest_tests", (len(r.passed), len(r.failed) + len(r.broken)))
	if r.complaints or done.returncode != 0:
		words = "; ".join(r.complaints) or f"exit status {done.returncode}"
		raise guest.GuestError(words, text + done.stderr.decode(errors="replace"))


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("arch", [guest.qemu.host_arch()])
def test_on_linux(name, arch, built, record_property, tmp_path):
	if os.geteuid() != 0:
		pytest.skip("changing users and roots needs root")
	built(arch)
	judge(subprocess.run([program(arch, name)], stdin=subprocess.DEVNULL, capture_output=True,
		timeout=SECONDS, cwd=tmp_path), record_property)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("cpus", [1, 4])
def test_on_futura(name, arch, cpus, built, record_property):
	need_personality(arch)
	built(arch)
	limit = SECONDS * guest.PATIENCE
	judge(subprocess.run([FUTURA, "exec", "--arch", arch, "--cpus", str(cpus),
		"--timeout", str(limit), "--add", f"{program(arch, name)}:/t/{name}",
		"--", f"/t/{name}", *cases(name)],
		stdin=subprocess.DEVNULL, capture_output=True), record_property)


def test_the_first_program_sees_every_processor_and_the_day(arch):
	need_personality(arch)
	done = subprocess.run([FUTURA, "exec", "--arch", arch, "--cpus", "4", "--steady", "--timeout",
		str(60 * guest.PATIENCE), "--", "sh", "-c", "nproc; date +%Y; sleep 1; nproc; date +%Y"],
		stdin=subprocess.DEVNULL, capture_output=True, text=True)
	assert done.stdout.split() == ["4", "2024", "4", "2024"], done.stderr
