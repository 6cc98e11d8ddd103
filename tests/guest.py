# SPDX-License-Identifier: MPL-2.0
"""A running guest: its console to talk to, and the verdict of its log."""
import os
import re
import sys
import tempfile

import pexpect
from pexpect.popen_spawn import PopenSpawn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
import qemu  # noqa: E402  (found through the path above)
from qmp import Qmp  # noqa: E402

# Limits catch hangs, they measure nothing. FUTURA_PATIENCE=3 triples them for a busy machine.
PATIENCE = float(os.environ.get("FUTURA_PATIENCE", "1"))
BOOT_SECONDS = 120
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")


class GuestError(AssertionError):
	"""The guest did not do what the test waited for. Shows the end of its log."""

	def __init__(self, why, log):
		tail = "\n".join("  | " + line for line in log.splitlines()[-40:])
		super().__init__(f"{why}; the log ends with:\n{tail or '  (nothing)'}")


class Guest:
	def __init__(self, timeout=BOOT_SECONDS, **options):
		self.timeout = timeout * PATIENCE
		self.folder = tempfile.TemporaryDirectory(prefix="futura-test-")
		options.setdefault("qmp", os.path.join(self.folder.name, "qmp"))
		self.machine = qemu.Machine(log=os.path.join(self.folder.name, "log"), **options)
		command = self.machine.command()
		# Pipes, no pseudo-terminal: the guest's line discipline is the only one.
		self.process = PopenSpawn(command, timeout=self.timeout, encoding="utf-8",
			codec_errors="replace")
		self._qmp = None

	@property
	def log(self):
		"""All the guest has printed so far, without terminal escapes."""
		text = open(self.machine.log, errors="replace", newline="").read() \
			if os.path.exists(self.machine.log) else ""
		if not text and isinstance(self.process.before, str):
			text = self.process.before	# QEMU's own complaint
		return ESCAPES.sub("", text).replace("\r\n", "\n")

	def expect(self, pattern, timeout=None):
		"""Wait for the regular expression on the console; returns the match."""
		try:
			# -1: the time that was given to PopenSpawn; None would be for ever.
			self.process.expect(pattern, timeout * PATIENCE if timeout else -1)
		except pexpect.TIMEOUT:
			raise GuestError(f"waited in vain for {pattern!r}", self.log) from None
		except pexpect.EOF:
			raise GuestError(f"ended before {pattern!r}", self.log) from None
		return self.process.match

	def send(self, text):
		self.process.send(text)

	def send_line(self, text):
		self.process.send(text + "\r")

	def run(self, command, answer, prompt):
		"""Type a command; its answer comes, and then the prompt."""
		self.send_line(command)
		self.expect(answer)
		self.expect(prompt)

	def wait(self, timeout=None):
		"""Wait until the machine is off; returns the status on the log's closing line."""
		try:
			self.process.expect(pexpect.EOF, timeout * PATIENCE if timeout else -1)
		except pexpect.TIMEOUT:
			raise GuestError("did not power off in time", self.log) from None
		self.process.wait()
		status = qemu.exit_status(self.log)
		if status is None:
			raise GuestError("ended without a closing `futura: exit N`", self.log)
		return status

	@property
	def qmp(self):
		"""QEMU's machine protocol: screenshots, keys, pausing, resetting."""
		if self._qmp is None:
			self._qmp = Qmp(self.machine.qmp)
		return self._qmp

	def close(self):
		if self._qmp is not None:
			self._qmp.close()
		self.process.proc.kill()
		self.process.proc.wait()
		self.process.proc.stdin.close()
		self.folder.cleanup()
