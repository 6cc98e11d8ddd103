# SPDX-License-Identifier: MPL-2.0
"""A person at the console: typing, editing, ending and suspending programs."""
import pytest

PROMPT = r"[#$] "


@pytest.fixture
def session(boot):
	def start(arch, **options):
		g = boot(arch=arch, append="run=login shell=/bin/sh", **options)
		g.expect(PROMPT)
		# Plain lines: what is tested here is the terminal, not the shell's editor.
		g.send_line("TERM=dumb PS1='r''eady> ' exec sh -i")
		g.expect("ready> ")
		return g

	return start


def run(g, command, answer):
	g.run(command, answer, "ready> ")


def start_sleep(g):
	"""What is typed before the shell has given the terminal away goes to the shell."""
	g.send_line("sh -c 'echo sleeping; exec sleep 1000'")
	g.expect(r"\nsleeping\r\n")


def test_commands_answer(session, arch):
	g = session(arch)
	run(g, "echo $((6 * 7))", r"\n42\r\n")
	run(g, "ls / | head -1", r"\nbin\r\n")
	run(g, "tty; test -t 0 && echo terminal", r"/dev/console\r\nterminal\r\n")


def test_characters_edit_the_line(session, arch):
	g = session(arch)
	g.send_line("cat")
	g.send("wrong\x15abx\x7fc\r")	# control-U, backspace
	g.expect(r"\nabc\r\n")
	g.send("\x04")
	g.expect("ready> ")


def test_control_c_ends_a_program_and_not_the_shell(session, arch):
	g = session(arch)
	start_sleep(g)
	g.send("\x03")
	g.expect("ready> ")
	run(g, "echo still here", r"\nstill here\r\n")


def test_a_suspended_program_can_be_continued(session, arch):
	g = session(arch)
	start_sleep(g)
	g.send("\x1a")
	g.expect("ready> ")
	run(g, "jobs", "(?i)stopped")
	run(g, "bg; jobs", "(?i)running")
	run(g, "kill %1; wait; echo gone", r"\ngone\r\n")
