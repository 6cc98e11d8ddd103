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
RUNS = re.compile(rb"[\x80-\xff]+|[\x00-\x7f]+")
HEAD, HEAD_SIZE = 0xff, 4
KINDS = b"boex"
BEGIN = b"futura-exec 2"
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


def packed_size(n):
	"""How many bytes of the console, each with seven bits, hold n of a frame."""
	return (8 * n + 6) // 7


def pack(data):
	bits = int.from_bytes(data, "little")
	return bytes(0x80 | bits >> 7 * i & 0x7f for i in range(packed_size(len(data))))


def unpack(text, n):
	bits = int("".join(f"{b & 0x7f:07b}" for b in reversed(text)) or "0", 2)
	return (bits & (1 << 8 * n) - 1).to_bytes(n, "little")


def frame(kind, data):
	n = len(data)
	return bytes([HEAD, 0x80 | ord(kind), 0x80 | n >> 7, 0x80 | n & 0x7f]) + pack(data)


class Decoder:
	"""Takes the console's bytes as they come; gives (kind, bytes) of frames. What is outside of
	frames has the kind None: it is the kernel's."""

	def __init__(self):
		self.high, self.begun = b"", False

	def feed(self, data):
		for run in RUNS.findall(data):
			if run[0] < 0x80:
				yield None, run
				continue
			self.high += run
			if self.begun or self._begin():
				yield from self._frames()

	def _begin(self):
		begin = frame("b", BEGIN)
		at = self.high.find(begin)
		self.begun = at >= 0
		self.high = self.high[at + len(begin):] if self.begun else self.high[-len(begin):]
		return self.begun

	def _frames(self):
		while (n := self._size()) is not None:
			if len(self.high) < HEAD_SIZE + packed_size(n):
				return
			kind = chr(self.high[1] & 0x7f)
			text = self.high[HEAD_SIZE:HEAD_SIZE + packed_size(n)]
			self.high = self.high[HEAD_SIZE + packed_size(n):]
			if n > 0:
				yield kind, unpack(text, n)

	def _size(self):
		"""How much the frame holds that stands first, when what is no frame has been left out."""
		while self.high:
			at = self.high.find(HEAD)
			self.high = self.high[at:] if at >= 0 else b""
			if len(self.high) < HEAD_SIZE:
				return None
			if self.high[1] & 0x7f in KINDS:
				return (self.high[2] & 0x7f) << 7 | self.high[3] & 0x7f
			self.high = self.high[1:]
		return None

	def end(self):
		"""What there is of a frame that was cut off: kind and bytes."""
		n = self._size() if self.begun else None
		if n is None:
			return None, b""
		text = self.high[HEAD_SIZE:]
		return chr(self.high[1] & 0x7f), unpack(text, len(text) * 7 // 8)


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
		if self.status is not None:
			return self.status
		kind, cut_off = self.decoder.end()
		if kind in ("o", "e"):
			self._take(kind, cut_off)
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
