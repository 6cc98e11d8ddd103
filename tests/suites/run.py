#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Runs public test suites inside Futura, as Debian packages them, and keeps their results in
results.list, from which docs/linux-abi.md has its table. known.list has the cause of what fails;
a failure that is not there makes this command fail."""
import argparse
import os
import subprocess
import sys

import output

HERE = os.path.dirname(os.path.abspath(__file__))
FUTURA = os.path.join(HERE, "../../tools/futura")
RESULTS = os.path.join(HERE, "results.list")
KNOWN = os.path.join(HERE, "known.list")

SUITES = {
	# name: (packages, script, its reader, seconds for one item or stressor, items)
	"python": ("python3,libpython3.11-testsuite,procps,netbase", "python.sh", output.python, 1200,
		["test_os", "test_posix", "test_subprocess", "test_threading", "test_signal",
			"test_mmap", "test_socket", "test_select", "test_selectors", "test_asyncio",
			"test_multiprocessing_fork", "test_fcntl", "test_pty", "test_tempfile",
			"test_shutil", "test_sqlite_files"]),
	"stress-ng": ("stress-ng,procps", "stress.sh", output.stress, 60,
		["os", "vm", "pipe", "filesystem", "scheduler"]),
}


# With several processors these run with --steady: they have limits of time, which a slow host exceeds.
# All others run on threads of the host, as only so two processors do something at once.
LONG = {"test_subprocess", "test_threading", "test_socket", "test_selectors", "test_asyncio",
	"test_multiprocessing_fork"}


def known():
	"""{(item, case)} of those that have a cause."""
	with open(KNOWN, encoding="utf-8") as f:
		return {tuple(line.split(" ", 2)[:2]) for line in f
			if line.strip() and not line.startswith("#")}


def read_results():
	"""{(suite, item, arch, cpus): (run, skipped, [failed])}."""
	found = {}
	if os.path.exists(RESULTS):
		for line in open(RESULTS, encoding="utf-8"):
			if not line.startswith("#"):
				suite, item, arch, cpus, run, skipped, *failed = line.split()
				found[suite, item, arch, int(cpus)] = int(run), int(skipped), failed
	return found


def write_results(results):
	with open(RESULTS, "w", encoding="utf-8") as f:
		f.write("# SPDX-License-Identifier: MPL-2.0\n# Made by `make posix-suites`: suite, "
			"item, architecture, processors, cases run, of these skipped, names that "
			"failed\n# (`?NAME`: it did not end, and stood there).\n")
		for key, (run, skipped, failed) in sorted(results.items()):
			f.write(" ".join(map(str, (*key, run, skipped, *failed))) + "\n")


def copied(lines, path):
	"""The lines, written to the file as they come."""
	with open(path, "a", encoding="utf-8") as f:
		for line in lines:
			f.write(line)
			f.flush()
			yield line


def machines(suite, items, cpus):
	"""[(its option, items)]: a machine for each."""
	if suite == "stress-ng":
		# It works for a second of time, whatever is done in it: that would be a minute of ours.
		return [([], items)]
	if cpus == 1:
		return [(["--icount"], items)]
	return [([], [i for i in items if i not in LONG]),
		(["--steady"], [i for i in items if i in LONG])]


def run(suite, items, arch, cpus, a):
	"""Yields (item, run, skipped, [failed]) as they come."""
	for option, part in machines(suite, items, cpus):
		if part:
			yield from run_machine(suite, part, option, arch, cpus, a)


def run_machine(suite, items, option, arch, cpus, a):
	packages, script, reader, each, _ = SUITES[suite]
	command = [FUTURA, "exec", "--arch", arch, "--cpus", str(cpus), *option,
		"--mem", "2G", "--timeout", str(a.timeout), "--debian", packages,
		"--add", f"{HERE}/{script}:/suite", "--add", f"{HERE}/internet.list:/internet",
		"--add", f"{HERE}/test_sqlite_files.py:/usr/lib/python3.11/test/test_sqlite_files.py",
		"--env", f"SUITE_SECONDS={each}", "--cwd", "/tmp", "--", "sh", "/suite", *items]
	guest = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
	yield from reader(copied(guest.stdout, a.log))
	guest.wait()


def main():
	p = argparse.ArgumentParser(description=__doc__)
	p.add_argument("--arch", action="append", choices=("x86_64", "arm64"))
	p.add_argument("--cpus", action="append", type=int)
	p.add_argument("--suite", action="append", choices=sorted(SUITES))
	p.add_argument("--timeout", type=int, default=3600, help="seconds for one machine")
	p.add_argument("--log", default=os.devnull, help="file for all that the guest says, as it comes")
	p.add_argument("items", nargs="*", help="only these modules or classes")
	a = p.parse_args()
	causes, bad = known(), 0
	for suite in a.suite or SUITES:
		items = [i for i in SUITES[suite][4] if not a.items or i in a.items]
		for arch in (a.arch or ("x86_64", "arm64")) if items else ():
			for cpus in a.cpus or (1, 4):
				left = set(items)
				for item, count, skipped, failed in run(suite, items, arch, cpus, a):
					left.discard(item)
					results = read_results()
					results[suite, item, arch, cpus] = count, skipped, failed
					write_results(results)
					new = [f for f in failed if (item, f) not in causes]
					bad += len(new)
					print(f"{suite} {item}, {arch}, {cpus} CPUs: {count} run, {skipped} "
						f"skipped, {len(failed)} failed{': ' if new else ''}{' '.join(new)}",
						flush=True)
				bad += len(left)
				if left:
					print(f"{suite}, {arch}, {cpus} CPUs: no answer: {' '.join(sorted(left))}")
	sys.exit(bad > 0)


if __name__ == "__main__":
	main()
