# SPDX-License-Identifier: MPL-2.0
"""A person at the console of a Debian system: programs that own the screen, and job control."""
import argparse
import time

import compose
import guest
import pytest

PACKAGES = ["bash", "coreutils", "less", "vim-tiny", "procps", "python3"]
SCREEN_SECONDS = 1	# until a program that draws has drawn: it says nothing when it is done


@pytest.fixture
def bash(boot, tmp_path):
	def start(arch, **options):
		base = guest.qemu.built(arch, "bundle.cpio")
		args = argparse.Namespace(arch=arch, debian=PACKAGES, root=None, add=[])
		bundle = compose.boot_bundle(args, base, str(tmp_path))
		g = boot(arch=arch, bundle=bundle, mem="512M", append="run=login shell=/bin/bash", **options)
		g.expect(r"[#$] ")
		# Without the marks that a terminal program would take for pasting.
		g.send_line("bind 'set enable-bracketed-paste off'; PS1='r''eady> '")
		g.expect("ready> ")
		return g

	return start


def run(g, command, answer):
	g.run(command, answer, "ready> ")


def test_the_console_has_its_name(bash, arch):
	g = bash(arch)
	run(g, "tty; tty < /dev/console", r"\n/dev/console\r\n/dev/console\r\n")


def test_bash_edits_and_remembers(bash, arch):
	g = bash(arch)
	run(g, "echo one $((6 * 7))", r"\none 42\r\n")
	g.send("\x1b[A")		# the line again
	g.expect("echo one")
	g.send("\x7f\x7f\x7f3))\r")	# its end anew: 6 * 3
	g.expect(r"\none 18\r\n")
	g.expect("ready> ")
	g.send("ls /etc/hostn\t\r")
	g.expect(r"\n/etc/hostname\r\n")


def test_vim_writes_what_was_typed(bash, arch):
	g = bash(arch)
	g.send_line("vim.tiny /tmp/f")
	g.expect(r'"/tmp/f" \[New')	# not the command's echo: it has the terminal
	g.send("ihello\rworld\x1b")
	time.sleep(SCREEN_SECONDS)
	g.send(":wq\r")
	g.expect("ready> ")
	run(g, "cat /tmp/f", r"\nhello\r\nworld\r\n")


def test_less_pages(bash, arch):
	g = bash(arch)
	g.send_line("seq 1000 | less")
	g.expect(r"\n:")	# it waits for keys
	g.send("G")
	g.expect("1000")
	g.send("q")
	g.expect("ready> ")


def test_top_shows_itself(bash, arch):
	g = bash(arch)
	g.send_line("top")
	g.expect("PID USER")
	g.expect("bash")
	g.send("q")
	g.expect("ready> ")


def test_python_answers(bash, arch):
	g = bash(arch)
	g.send_line("python3")
	g.expect(">>> ")
	g.send_line("6 * 7")
	g.expect(r"\n42\r\n")
	g.send("while True: pass\r\r")
	g.expect(r"\.\.\. ")
	time.sleep(SCREEN_SECONDS)
	g.send("\x03")
	g.expect("KeyboardInterrupt")
	g.expect(">>> ")
	g.send("\x04")
	g.expect("ready> ")


def test_bash_controls_jobs(bash, arch):
	g = bash(arch)
	g.send_line("sh -c 'echo sleeping; exec sleep 1000'")
	g.expect(r"\nsleeping\r\n")
	g.send("\x1a")
	g.expect("Stopped")
	g.expect("ready> ")
	run(g, "bg", "sleep")
	run(g, "jobs", "Running")
	g.send_line("fg")
	g.expect(r"\nsh -c")
	time.sleep(SCREEN_SECONDS)
	g.send("\x03")
	g.expect("ready> ")
	run(g, "jobs; echo none", r"\nnone\r\n")
