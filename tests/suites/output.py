# SPDX-License-Identifier: MPL-2.0
"""Reads what python.sh and stress.sh print. Each reader yields (item, run, skipped, [failed]); the
last of the failed is `?NAME` if the item did not come to its end: NAME is where it stood."""
import re

# A case's whole name stands in parentheses: "test_x (test.test_os.Class.test_x) ... ok". What the case
# prints may come before its result.
CASE = re.compile(r"(?:\w+) \((test\.[\w.]+)\)")
FAILED = re.compile(r"(?:ERROR|FAIL): \w+ \((test\.[\w.]+)\)")
RESULT = re.compile(r"(?:.*\.\.\. )?(ok|ERROR|FAIL|expected failure|skipped .*)$")
RAN = re.compile(r"Ran (\d+) tests? in ")
SKIPPED = re.compile(r"(?:OK|FAILED) \(.*\bskipped=(\d+)")
NOT_RUN = {3, 4}	# stress-ng's: lacks a resource; is not implemented here


def python(lines):
	ran, skipped, failed, at, over = 0, 0, set(), "", False
	for line in lines:
		if m := FAILED.match(line):
			failed.add(m[1])
			continue
		if m := CASE.match(line):
			at = m[1]
		if at and (m := RESULT.match(line)):
			if m[1] in ("ERROR", "FAIL"):
				failed.add(at)
			at = ""
		if m := RAN.match(line):
			ran, over = int(m[1]), True
		elif m := SKIPPED.match(line):
			skipped = int(m[1])
		elif line.startswith("item "):
			yield line.split()[1], ran, skipped, sorted(failed) + ([] if over else ["?" + at])
			ran, skipped, failed, at, over = 0, 0, set(), "", False


def stress(lines):
	ran, skipped, failed = 0, 0, []
	for line in lines:
		if line.startswith("stressor "):
			_, name, status = line.split()
			ran += 1
			skipped += int(status) in NOT_RUN
			if status == "137":
				failed.append("?" + name)
			elif status != "0" and int(status) not in NOT_RUN:
				failed.append(name)
		elif line.startswith("item "):
			yield line.split()[1], ran, skipped, failed
			ran, skipped, failed = 0, 0, []
