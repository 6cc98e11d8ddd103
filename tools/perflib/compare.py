# SPDX-License-Identifier: MPL-2.0
"""What moved since the baseline, and the last commit that touched the code on that path."""
import subprocess

import qemu
from perflib import measure

ALLOWED = 0.05		# part of the old figure
# Less than this is a tick of ARM64's counter, 16 instructions: it cannot be measured.
LEAST = 16
# The disk answers from a thread of QEMU's own, sometimes before its driver sleeps and sometimes after.
VARYING = ("block.",)

# Where a row's instructions are, by the beginning of its name; the longest that fits counts.
PATHS = {
	"": ("kernel", "posix", "services"),
	"call.": ("kernel/entry.c", "kernel/arch"),
	"event.": ("kernel/event.c", "kernel/sched.c", "kernel/arch"),
	"fault.": ("kernel/space.c", "kernel/vmo.c", "kernel/ptab.c", "kernel/arch"),
	"file.": ("services/ramfsd", "lib/files"),
	"futex.": ("kernel/futex.c", "kernel/sched.c", "kernel/arch"),
	"handle.": ("kernel/handle.c", "kernel/object.c", "kernel/arch"),
	"ipc.": ("kernel/ipc.c", "kernel/fastpath.c", "kernel/port.c", "kernel/arch"),
	"irq.": ("kernel/irq.c", "kernel/sched.c", "kernel/arch"),
	"map.": ("kernel/space.c", "kernel/mapping.c", "kernel/ptab.c", "kernel/arch"),
	"ring.": ("lib/futura", "kernel/event.c"), "stub.": ("lib/futura", "tools/fipc", "kernel/ipc.c"),
	"task.": ("kernel/task.c", "kernel/space.c", "kernel/vmo_tree.c"),
	"getppid": ("posix/core", "kernel/arch"), "clock": ("posix/vdso", "posix/time"),
	"read": ("posix/files",), "pread": ("posix/files",), "pwrite": ("posix/files", "services/ramfsd"),
	"open": ("posix/files", "lib/files", "services/ramfsd", "kernel"),
	"stat": ("posix/files", "lib/files", "services/ramfsd", "kernel"),
	"create": ("posix/files", "lib/files", "services/ramfsd", "kernel"),
	"list": ("posix/files", "lib/files", "services/ramfsd"),
	"mmap": ("posix/mm", "kernel"), "malloc": ("posix/mm", "kernel"),
	"fork": ("posix/process", "services/posixd", "kernel"),
	"vfork": ("posix/process", "posix/exec", "services/posixd", "kernel"),
	"pipe": ("posix/ipc", "kernel"), "unix": ("posix/ipc", "kernel"), "scm": ("posix/ipc", "kernel"),
	"signal": ("posix/signal", "kernel/arch"), "poll": ("posix/ipc",), "epoll": ("posix/ipc",),
	"thread": ("posix/process", "posix/thread", "kernel"), "futex": ("posix/thread", "kernel"),
	"sh": ("apps/sh", "posix", "kernel"), "pipeline": ("apps", "posix", "kernel"),
	"untar": ("apps/utils", "posix/files", "services/ramfsd"), "sort": ("apps/utils",),
}


def paths_of(row):
	return PATHS[max((name for name in PATHS if row.startswith(name)), key=len)]


def last_commit(row):
	done = subprocess.run(["git", "-C", qemu.ROOT, "log", "-1", "--format=%h %s", "--",
		*paths_of(row)], capture_output=True, text=True)
	return done.stdout.strip() or "no commit"


def moved(old, new):
	"""[(row, percentile, before, now)] of what is out of bounds; None where a row is missing."""
	found = []
	for row in {**old["rows"], **new["rows"]}:
		if row.startswith(VARYING):
			continue
		before, now = old["rows"].get(row), new["rows"].get(row)
		if before is None or now is None:
			found.append((row, "row", before and before["p50"], now and now["p50"]))
			continue
		for p in measure.PERCENTILES:
			if abs(now[p] - before[p]) > max(ALLOWED * before[p], LEAST):
				found.append((row, p, before[p], now[p]))
	return found


def text(changes):
	lines = [f"{'row':28} {'':4} {'baseline':>12} {'now':>12} {'moved':>8}  last commit on that path"]
	for row, p, before, now in changes:
		part = "" if not before or now is None else f"{(now - before) / before:+8.1%}"
		figures = " ".join(f"{'none' if v is None else format(v, ','):>12}" for v in (before, now))
		lines.append(f"{row:28} {p:4} {figures} {part:>8}  {last_commit(row)}")
	return "\n".join(lines) + "\n"
