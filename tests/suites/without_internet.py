#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Finds which cases of Python's tests want Internet sockets: on Linux, as root, in the very packages
that run.py takes, they fail or never end if such sockets are refused, and else do not. Writes
their names to internet.list: run.py leaves them out, for Futura has no such sockets yet."""
import argparse
import os
import subprocess
import sys
import tempfile

import output
from run import HERE, SUITES

sys.path.insert(0, os.path.join(HERE, "../../tools"))
import debian  # pylint: disable=wrong-import-position

LIST = os.path.join(HERE, "internet.list")
# The mounts and processes go with the name spaces.
INSIDE = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" sh /suite "$@"'


def cases(root, module, ignore, seconds, preload):
	"""({case: whether it passed}, what did not end or None)"""
	with open(os.path.join(root, "internet"), "w", encoding="utf-8") as f:
		f.writelines(line + "\n" for line in ignore)
	done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-c", INSIDE, root, module],
		env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "SUITE_SECONDS": str(seconds), **preload},
		stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace", check=False)
	lines = done.stdout.splitlines()
	_, _, _, failed = next(output.python(lines))
	seen = {m[1]: True for m in map(output.CASE.match, lines) if m}
	seen.update((f.lstrip("?"), False) for f in failed if f != "?")
	return seen, next((f[1:] for f in failed if f[0] == "?"), None)


def want_internet(root, module, seconds):
	"""Names of the module's cases that want Internet sockets, and all of its cases' names."""
	found, stuck = set(), ""
	while stuck is not None:
		allowed, stuck = cases(root, module, sorted(found), seconds, {})
		if stuck in ("", *found):
			sys.exit(f"{module} does not end on Linux")
		found |= {stuck} - {None}	# tells nothing: AF_VSOCK without anybody at the other end
	stuck = ""
	while stuck is not None:
		refused, stuck = cases(root, module, sorted(found), seconds, {"LD_PRELOAD": "/without_internet.so"})
		new = {c for c, passed in refused.items() if not passed and allowed.get(c, True)} - found
		if stuck is not None and not new:
			sys.exit(f"{module} does not end without Internet sockets, though no case fails")
		found |= new
		print(f"{module}: {len(found)} of {len(allowed)}", file=sys.stderr)
	return found, set(allowed)


def patterns(found, every):
	"""A shorter list that says the same: a class that goes whole is named once."""
	short = set()
	for case in found:
		whole = case.rpartition(".")[0] + "."
		if case not in every:
			short.add(case + ".*")	# setUpClass
		elif all(c in found for c in every if c.startswith(whole)):
			short.add(whole + "*")
		else:
			short.add(case)
	return short


def write(module, found, every):
	"""Puts the module's cases into the list, in place of those that it had."""
	with open(LIST, encoding="utf-8") as f:
		lines = {line.rstrip("\n") for line in f}
	lines = {line for line in lines if line[:2] != "# " and not line.startswith((f"test.{module}.", f"#{module}:"))}
	lines |= patterns(found, every) | ({f"#{module}: {len(found)} of {len(every | found)}"} if found else set())
	with open(LIST, "w", encoding="utf-8") as f:
		f.write("# SPDX-License-Identifier: MPL-2.0\n# Made by without_internet.py: cases of Python's "
			"tests that want Internet sockets.\n")
		f.writelines(line + "\n" for line in sorted(lines))


def main():
	p = argparse.ArgumentParser(description=__doc__)
	p.add_argument("--seconds", type=int, default=300, help="when a module counts as not to end")
	p.add_argument("modules", nargs="*", default=[m for m in SUITES["python"][4] if m != "test_sqlite_files"])
	a = p.parse_args()
	with tempfile.TemporaryDirectory() as root:
		subprocess.run(["tar", "-xf", debian.root_image(SUITES["python"][0].split(","), "x86_64"), "-C", root], check=True)
		subprocess.run(["cc", "-shared", "-fPIC", "-o", f"{root}/without_internet.so", f"{HERE}/without_internet.c"], check=True)
		subprocess.run(["cp", f"{HERE}/python.sh", f"{root}/suite"], check=True)
		for d in ("proc", "dev"):
			os.makedirs(os.path.join(root, d), exist_ok=True)
		for module in a.modules:
			write(module, *want_internet(root, module, a.seconds))


if __name__ == "__main__":
	main()
