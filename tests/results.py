# SPDX-License-Identifier: MPL-2.0
"""Results of tests that ran inside the guest, from the lines they print:

plan N             once, first: N tests follow
ok NAME            one passed
not ok NAME: why   one failed

A list that is shorter or longer than its plan, or names a test twice, is itself a failure."""
import re
from dataclasses import dataclass, field

LINE = re.compile(r"^(?:plan (?P<plan>\d+)|ok (?P<ok>\S+)|not ok (?P<bad>[^\s:]+):? *(?P<why>.*))$")


@dataclass
class Results:
	plan: int | None = None
	passed: list = field(default_factory=list)
	failed: list = field(default_factory=list)	# "NAME: why"
	broken: list = field(default_factory=list)	# what is wrong with the list itself

	@property
	def complaints(self):
		return self.failed + self.broken


def parse(log):
	r = Results()
	seen = set()
	for line in log.splitlines():
		m = LINE.match(line.strip())
		if not m:
			continue
		if m["plan"]:
			if r.plan is not None:
				r.broken.append("the plan is given twice")
			r.plan = int(m["plan"])
			continue
		name = m["ok"] or m["bad"]
		if name in seen:
			r.broken.append(f"{name} reported twice")
		seen.add(name)
		if m["ok"]:
			r.passed.append(name)
		else:
			r.failed.append(f"{name}: {m['why'] or 'no reason given'}")
	if r.plan is None:
		r.broken.append("no line `plan N`: nothing tells how many tests there should be")
	elif r.plan != len(seen):
		r.broken.append(f"planned {r.plan} tests, {len(seen)} reported")
	return r
