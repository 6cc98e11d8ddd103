# SPDX-License-Identifier: MPL-2.0
"""The shell at Futura's console: the cases that run over a pseudo-terminal of this machine too."""
import os
import sys

import pexpect

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../apps/sh/test"))
import prompt_cases  # noqa: E402

OUTER = "outer> "


class GuestSession(prompt_cases.Session):
	"""A shell started by another one, which is there again when it ends."""
	PATIENCE = 4

	def __init__(self, guest):
		self.child = guest.process
		self.keys("cd $(mktemp -d)\r")
		self.child.expect_exact(OUTER)
		self.start()

	def start(self, term="xterm"):
		self.keys(f"HOME=$PWD TERM={term} LC_ALL=C.UTF-8 PS1='{prompt_cases.PS1}' fush\r")
		self.started()

	def resize(self, rows, columns):
		self.command(f"stty rows {rows} columns {columns}")

	def ended(self):
		self.child.expect_exact(OUTER)

	def close(self):
		# A line that comes close behind the Control-C may end with it: a plain terminal gives the
		# shell the line first, and then the signal.
		self.keys("\x03")
		self.prompt()
		self.keys("\x15stty rows 24 columns 80; exit\r")
		self.ended()


class Console:
	"""A machine that several cases use; after one that failed there is another."""

	def __init__(self):
		self.guest = None

	def get(self, boot, arch):
		if self.guest is None:
			self.guest = boot(arch=arch, append="run=login shell=/bin/sh")
			self.guest.expect("[#$] ")
			self.guest.send_line("TERM=dumb PS1='out''er> ' exec sh -i")
			self.guest.expect(OUTER)
		return self.guest


def test_prompt(boot, arch, record_property):
	"""All cases in one boot, as they are many and short."""
	console, failed, passed = Console(), [], 0
	for function in prompt_cases.CASES:
		try:
			s = GuestSession(console.get(boot, arch))
			function(s)
			if function.__name__ != "end_of_input_leaves":
				s.close()
			passed += 1
		except (AssertionError, pexpect.ExceptionPexpect) as e:
			failed.append(f"{function.__name__}: {str(e).splitlines()[0]} {console.guest.log[-400:]!r}")
			console.guest = None
	record_property("guest_tests", (passed, len(failed)))
	assert not failed, "\n".join(failed)
