# SPDX-License-Identifier: MPL-2.0
"""The rows in a machine: Futura, or Linux in the same one. What they print comes back as text."""
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import compose
import execute
import qemu

ROWS = "/usr/bin/rows"


class Failed(Exception):
	"""The guest did not do what was asked; holds its log."""


class Late(Failed):
	"""The guest was not done in time; `text` is what its command had printed."""
	def __init__(self, seconds, raw):
		super().__init__(f"not done after {seconds} s: {raw[-2000:]!r}")
		self.text = split(raw)["o"].decode(errors="replace")


@dataclass
class Wish:
	"""What to run, and on what machine."""
	arch: str
	command: list
	icount: bool = True
	cpus: int = 1
	mem: str = "512M"
	debian: list = field(default_factory=list)
	add: list = field(default_factory=list)		# HOST:GUEST, besides the rows
	extra: list = field(default_factory=list)	# for QEMU
	append: str = ""
	timeout: float = 3600


@dataclass
class Outcome:
	text: str
	seconds: float
	log: str = ""


def rows_program(arch):
	return qemu.built(arch, "bench-linux/rows")


def sources(wish):
	"""What tools/compose.py takes: a root file system that holds the rows."""
	return SimpleNamespace(arch=wish.arch, root="", debian=wish.debian,
		add=[f"{rows_program(wish.arch)}:{ROWS}", *wish.add])


def machine(wish, **boot):
	return qemu.Machine(arch=wish.arch, cpus=wish.cpus, mem=wish.mem, icount=wish.icount,
		cpu=qemu.MEASURED_CPUS[wish.arch], extra=wish.extra, **boot)


def run(command, timeout):
	start = time.monotonic()
	try:
		done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			timeout=timeout)
	except subprocess.TimeoutExpired as e:
		raise Late(timeout, e.stdout or b"") from None
	return done.stdout, time.monotonic() - start


def split(raw):
	"""What came over the console, by kind: output, errors, exit status, and the log under None."""
	parts = {"o": b"", "e": b"", "x": b"", None: b""}
	for kind, data in execute.Decoder().feed(raw):
		parts[kind] = parts.get(kind, b"") + data
	return parts


def futura(wish):
	"""Run wish.command in Futura."""
	environment = execute.environment([])
	with tempfile.TemporaryDirectory(prefix="futura-perf-") as folder:
		bundle = compose.boot_bundle(sources(wish), qemu.built(wish.arch, "bundle.cpio"), folder,
			**{"exec.conf": execute.conf(wish.command, environment, "/")})
		m = machine(wish, bundle=bundle, append=f"{wish.append} run=exec".strip())
		raw, seconds = run(m.command(), wish.timeout)
	parts = split(raw)
	if parts["x"] != b"0":
		raise Failed((parts["e"] + parts[None]).decode(errors="replace")[-2000:])
	return Outcome(parts["o"].decode(), seconds, parts[None].decode(errors="replace"))


def memory_in_use(wish, text):
	"""KiB of the machine's memory that were not to be had when the rows began."""
	size = int(wish.mem[:-1]) << {"M": 10, "G": 20}[wish.mem[-1]]
	return size - int(re.search(r"^memory (\d+) KiB available$", text, re.M)[1])


def parse(text):
	"""{row: {p50, p90, p99, max, mean, times}} of what the rows printed."""
	found = {}
	for line in text.splitlines():
		words = line.split()
		if len(words) == 8 and words[0] == "row" and words[2].isdigit():
			found[words[1]] = dict(zip(("p50", "p90", "p99", "max", "mean", "times"),
				map(int, words[2:])))
	return found
