# SPDX-License-Identifier: MPL-2.0
"""The messages of one operation, in order and decoded: by the kernel's own trace.

The trace shows what was sent; as it turns the fast path off, what each stretch costs is counted apart,
by tools/perflib/follow.c, in a run without it."""
import os
import re
import sys
import tempfile
from importlib.machinery import SourceFileLoader

import compose
import execute
import qemu
from perflib import guest

sys.dont_write_bytecode = True
trace = SourceFileLoader("trace", os.path.join(qemu.ROOT, "tools/trace")).load_module()

WINDOW = re.compile(r"window (\d+) (\d+)")
SECONDS = 20	# of the guest's time: enough for any row
KINDS = {"messages": ("send", "answer", "fault", "upcall"), "all": trace.KINDS}


def record(wish, row, times):
	"""What a traced run of the row printed, and the kernel's log with the trace."""
	command = [guest.ROWS, "-t", "-n", str(times), row]
	with tempfile.TemporaryDirectory(prefix="futura-perf-") as folder:
		bundle = compose.boot_bundle(guest.sources(wish), qemu.built(wish.arch, "bundle.cpio"), folder,
			**{"exec.conf": execute.conf(command, execute.environment([]), "/")})
		m = guest.machine(wish, bundle=bundle,
			append=f"run=tracedump {SECONDS} {(1 << len(trace.KINDS)) - 1} exec")
		raw, _ = guest.run(m.command(), wish.timeout)
	parts = guest.split(raw)
	return parts["o"].decode(errors="replace"), parts[None].decode(errors="replace")


def entries(said, log):
	"""(names, entries of the last repetition)."""
	window = WINDOW.search(said)
	if not window:
		raise guest.Failed(f"the row was not measured: {said}{log[-2000:]}")
	names = trace.Names()
	found = trace.load(log.encode(), names)
	names.learn(found)
	start, end = map(int, window.groups())
	if found and found[0].time > start:
		raise guest.Failed("the operation is longer than the kernel's trace")
	return names, [e for e in found if start <= e.time <= end], start


def text(recorded, kinds):
	"""A line for each entry: instructions since the operation began and since the line before."""
	names, found, start = entries(*recorded)
	wanted = {trace.KINDS.index(k) for k in KINDS[kinds]}
	lines = [f"{'at':>9} {'after':>8}  who{'':17} what"]
	before = start
	for e in found:
		if e.kind in wanted:
			lines.append(f"{e.time - start:9,} {e.time - before:8,}  {names.thread(e.thread):20} "
				f"{trace.describe(e, names)}")
			before = e.time
	return "\n".join(lines) + "\n"
