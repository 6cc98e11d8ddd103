# SPDX-License-Identifier: MPL-2.0
"""Addresses in a log get their names, wherever the kernel was put."""
import importlib.machinery
import importlib.util
import os
import subprocess

import pytest

SYMBOLIZE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/symbolize")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = """int g(int x);
__attribute__((noinline)) int g(int x)
{
	return x * 3;
}
void _start(void);
void _start(void)
{
	g(4);
	g(5);
}
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory):
	folder = tmp_path_factory.mktemp("elf")
	(folder / "t.c").write_text(SOURCE)
	for command in (
			"clang-19 --target=x86_64-unknown-none-elf -g -O1 -ffreestanding -fPIE -c t.c",
			"ld.lld-19 -pie --no-dynamic-linker -o t.elf t.o"):
		subprocess.run(command.split(), cwd=folder, check=True)
	return folder / "t.elf"


def symbol(elf, name):
	for line in subprocess.run(["llvm-nm-19", elf], capture_output=True,
			text=True).stdout.splitlines():
		if line.endswith(f" {name}"):
			return int(line.split()[0], 16)
	raise KeyError(name)


def symbolize(elf, log):
	return subprocess.run([os.path.join(ROOT, "tools/symbolize"), "--kernel", elf], input=log,
		capture_output=True, text=True, check=True).stdout.splitlines()


def test_addresses_are_named_relative_to_the_base(elf):
	base = 0xffffffff90000000
	log = f"kernel base {base:#x}\npc {base + symbol(elf, 'g'):#x}\nat nothing 0x1234567\n"
	lines = symbolize(elf, log)
	assert "<- g" in lines[1] and "t.c:" in lines[1]
	assert lines[2] == "at nothing 0x1234567"


def test_the_base_may_be_told_as_a_distance(elf):
	# The test's file is linked at 0, so that a distance is an address: only move() can tell.
	loader = importlib.machinery.SourceFileLoader("symbolize", SYMBOLIZE)
	module = importlib.util.module_from_spec(importlib.util.spec_from_loader("symbolize", loader))
	loader.exec_module(module)
	image = module.Image(elf)
	image.start, image.end = 0xffffffff80000000, 0xffffffff80010000
	for told in (0x12340000, 0xffffffff92340000):
		image.move(told)
		assert image.base == 0xffffffff92340000


def test_a_return_address_means_the_call_before_it(elf):
	# Just behind g's last byte, where another function may begin.
	address = symbol(elf, "_start")
	line, = symbolize(elf, f"backtrace {address:016x}\n")
	assert "_start" not in line
	line, = symbolize(elf, f"pc {address:016x}\n")
	assert "_start" in line


def test_a_file_that_is_no_elf_is_refused(tmp_path):
	(tmp_path / "x").write_text("no")
	done = subprocess.run([os.path.join(ROOT, "tools/symbolize"), "--kernel", tmp_path / "x"],
		capture_output=True, text=True, input="")
	assert done.returncode == 1 and "no 64-bit ELF" in done.stderr


def test_a_place_in_a_program_is_looked_up_beside_the_kernel(elf):
	(elf.parent / "bin").mkdir()
	(elf.parent / "bin/echo").symlink_to(elf)
	line = f"init: `e` ended by fault 1 at pc 0x7 (bin/echo + {symbol(elf, 'g'):#x}), address 0x10"
	lines = symbolize(elf, f"{line}\n{line.replace('echo', 'absent')}\n")
	assert "<- g" in lines[0] and "t.c:" in lines[0]
	assert "<-" not in lines[1]
