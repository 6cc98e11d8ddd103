# SPDX-License-Identifier: MPL-2.0
"""One command in a guest: what it is told in the bundle, and what it says in frames on the console.

docs/exec.md describes both."""
import os
import re
import selectors
import signal
import subprocess
import sys
import time

import qemu

TIMED_OUT = 124
MARKER = re.compile(rb"\x1e<futura-exec 1>\r?\n")
FRAME = re.compile(rb"\x1e([oexk])([0-9A-Fa-f]{4})")
FRAME_HEAD = 6
ENDING_SECONDS = 10		# how long a machine may take to turn itself off after the command's end

ENVIRONMENT = {"HOME": "/root", "LOGNAME": "root", "USER": "root", "SHELL": "/bin/sh", "TERM": "dumb",
	"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def conf(command, environment, folder):
	"""The text of exec.conf."""
	lines = [("arg", text) for text in command]
	lines += [("env", f"{name}={value}") for name, value in environment.items()]
	lines.append(("cwd", folder))
	return b"".join(f"{word} ".encode() + _escape(text) + b"\n" for word, text in lines)


def _escape(text):
	if "\0" in text:
		raise ValueError(f"{text!r}: no argument can hold a zero byte")
	return os.fsencode(text).replace(b"\\", b"\\\\").replace(b"\n", b"\\n")


def environment(settings):
	"""The command's environment: ours, then what `--env NAME=VALUE` adds or replaces."""
	result = dict(ENVIRONMENT)
	for text in settings:
		name, separator, value = text.partition("=")
		if not separator or not name:
			raise ValueError(f"--env {text}: expected NAME=VALUE")
		result[name] = value
	return result


class Decoder:
	"""Takes the console's bytes as they come; gives (kind, bytes) of frames. What is outside of
	frames has the kind None: it is the kernel's."""

	def __init__(self):
		self.rest, self.begun = b"", False

	def feed(self, data):
		self.rest += data
		while self.rest:
			part = self._frame() if self.begun else self._before()
			if part is None:
				return
			if part[1]:
				yield part

	def _before(self):
		m = MARKER.search(self.rest)
		if m:
			text, self.rest, self.begun = self.rest[:m.start()], self.rest[m.end():], True
			return None, text
		# The marker may have begun at the end.
		at = self.rest.rfind(b"\x1e")
		return self._outside(at if at >= 0 and len(self.rest) - at < 24 else len(self.rest))

	def _frame(self):
		if self.rest[0] != 0x1e:
			at = self.rest.find(b"\x1e")
			return self._outside(at if at >= 0 else len(self.rest))
		if len(self.rest) < FRAME_HEAD:
			return None
		m = FRAME.match(self.rest)
		if not m:		# the kernel printed this byte
			return self._outside(1)
		end = FRAME_HEAD + int(m[2], 16)
		if len(self.rest) < end:
			return None
		body, self.rest = self.rest[FRAME_HEAD:end], self.rest[end:]
		return m[1].decode(), body

	def _outside(self, n):
		if n == 0:
			return None
		text, self.rest = self.rest[:n], self.rest[n:]
		return None, text

	def end(self):
		"""What is left when no more comes: a frame that was cut off."""
		rest, self.rest = self.rest, b""
		return rest


class Run:
	"""A machine that runs one command."""

	def __init__(self, machine, verbose):
		self.verbose = verbose
		self.decoder, self.log = Decoder(), b""
		self.status = None
		self.process = subprocess.Popen(machine.command(), stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE)

	def wait(self, timeout):
		"""Show the command's output until the machine is off. Returns the status for ours."""
		deadline = time.monotonic() + timeout if timeout else None
		try:
			in_time = self._read(deadline)
		finally:
			self.process.kill()
			self.process.wait()
		for kind, data in self.decoder.feed(b""):
			self._take(kind, data)
		cut_off = self.decoder.end()
		if self.status is not None:
			return self.status
		if cut_off and self.decoder.begun:
			self._take("o", cut_off[FRAME_HEAD:])
		else:
			self.log += cut_off
		self._complain("" if in_time else f"stopped after {timeout:g} s")
		return qemu.NO_STATUS if in_time else TIMED_OUT

	def _read(self, deadline):
		"""Read until the console ends; False if the deadline comes first."""
		out = self.process.stdout
		os.set_blocking(out.fileno(), False)
		with selectors.DefaultSelector() as selector:
			selector.register(out, selectors.EVENT_READ)
			while True:
				left = deadline and deadline - time.monotonic()
				if left is not None and left <= 0:
					return False
				if not selector.select(left):
					continue
				data = out.read(1 << 16)
				if not data:
					return True
				had = self.status
				for kind, part in self.decoder.feed(data):
					self._take(kind, part)
				if had is None and self.status is not None:
					ending = time.monotonic() + ENDING_SECONDS
					deadline = min(deadline, ending) if deadline else ending

	def _take(self, kind, data):
		if kind == "o":
			write(1, data)
		elif kind == "e":
			write(2, data)
		elif kind == "x":
			self.status = int(data) & 0xff
		else:
			self.log += data
			if self.verbose:
				write(2, data)

	def _complain(self, why):
		"""Show what the kernel said, unless that was shown as it came."""
		text = "" if self.verbose else \
			re.sub(r"[^\n\t -~]", "", self.log.decode(errors="replace")).strip() + "\n"
		why = why or "the machine ended before the command did"
		write(2, f"{text}futura: {why}\n".encode())


def write(fd, data):
	view = memoryview(data)
	while view:
		view = view[os.write(fd, view):]


def run(machine, timeout, verbose):
	"""Run a machine whose bundle holds exec.conf; returns the command's status."""
	try:
		return Run(machine, verbose).wait(timeout)
	except FileNotFoundError:
		sys.exit(f"futura: there is no {machine.command()[0]}: run `make setup`")
	except BrokenPipeError:
		return 128 + signal.SIGPIPE
	except KeyboardInterrupt:
		return 128 + signal.SIGINT
