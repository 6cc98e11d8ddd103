# SPDX-License-Identifier: MPL-2.0
"""The driver tried on guests of a few instructions: a run passes only if it says so and ends."""
import os
import subprocess

import guest
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
FUTURA = os.path.join(HERE, "../../tools/futura")
TRIPLES = {"x86_64": "x86_64-unknown-none-elf", "arm64": "aarch64-unknown-none-elf"}


@pytest.fixture
def tiny(tmp_path, arch):
	"""tiny(message, end) -> path of a kernel that prints the message, then ends so."""
	def make(message, end="off"):
		elf = tmp_path / "tiny.elf"
		subprocess.run(["clang-19", f"--target={TRIPLES[arch]}", "-c", "-o", f"{elf}.o",
			f'-DMESSAGE="{message}"', f"-DEND={end}",
			os.path.join(HERE, f"tiny_{arch}.S")], check=True)
		subprocess.run(["ld.lld-19", "-e", "start", "--image-base=0x200000",
			"-o", elf, f"{elf}.o"], check=True)
		if arch == "arm64":
			subprocess.run(["llvm-objcopy-19", "-O", "binary", elf], check=True)
		return str(elf)

	return make


def run(arch, kernel, *options):
	return subprocess.run([FUTURA, "run", "--arch", arch, "--kernel", kernel, "--bundle", "none",
		*options], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_the_status_of_the_guest_is_the_status_of_the_command(tiny, arch):
	kernel = tiny(r"hello\r\nfutura: exit 7\r\n")
	done = run(arch, kernel, "--timeout", "60")
	assert (done.returncode, done.stdout.splitlines()[0]) == (7, "hello")


def test_power_off_without_a_word_fails(tiny, arch):
	assert run(arch, tiny(r"hello\n")).returncode == 125
	assert run(arch, tiny(r"futura: exit 0\nand more\n")).returncode == 125


def test_a_crash_fails(tiny, arch):
	assert run(arch, tiny(r"hello\n", "crash")).returncode == 125


def test_a_guest_that_hangs_is_stopped_even_if_it_said_exit(tiny, arch):
	done = run(arch, tiny(r"futura: exit 0\n", "hang"), "--timeout", "3")
	assert done.returncode == 125 and "stopped after 3 s" in done.stderr


def test_a_kernel_that_is_missing_is_named():
	done = run("x86_64", "/no/such/kernel")
	assert done.returncode == 125 and "/no/such/kernel" in done.stderr


def test_guests_can_be_talked_to(tiny, arch, boot):
	g = boot(arch=arch, kernel=tiny(r"name? ", "hang"), bundle="none")
	assert g.expect(r"(\w+)\? ")[1] == "name"
	assert g.qmp.command("query-status")["status"] == "running"
	with pytest.raises(guest.GuestError, match="did not power off"):
		g.wait(timeout=0.5)


def test_waiting_for_what_never_comes_shows_the_log(tiny, arch, boot):
	g = boot(arch=arch, kernel=tiny(r"something else\n"), bundle="none")
	with pytest.raises(guest.GuestError, match="something else"):
		g.expect("login:", timeout=30)


def test_a_log_of_guest_tests_is_judged(tiny, arch, guest_tests):
	log = r"plan 2\nok a.x\nok a.y\nfutura: exit 0\n"
	assert guest_tests(arch=arch, kernel=tiny(log), bundle="none").passed == ["a.x", "a.y"]
