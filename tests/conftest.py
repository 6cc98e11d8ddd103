# SPDX-License-Identifier: MPL-2.0
"""What every pytest file here can use: the `boot` fixture, NAME, and one closing count."""
import fnmatch
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest  # noqa: E402
import results  # noqa: E402


def pytest_addoption(parser):
	parser.addoption("--arch", action="append", help="architecture to test (default: both)")
	parser.addoption("--name", default="", help="run only tests whose name contains this")


def pytest_generate_tests(metafunc):
	own = " ".join(str(m.args[0]) for m in metafunc.definition.iter_markers("parametrize"))
	if "arch" in metafunc.fixturenames and "arch" not in own:
		metafunc.parametrize("arch", metafunc.config.option.arch or guest.qemu.ARCHES)


def is_wanted(item, name):
	return item.get_closest_marker("guest_tests") or fnmatch.fnmatch(item.nodeid, f"*{name}*")


def arch_of(item, default):
	return item.callspec.params.get("arch", default) if hasattr(item, "callspec") else default


def pytest_collection_modifyitems(config, items):
	name = config.option.name
	arches = config.option.arch or guest.qemu.ARCHES
	items[:] = [i for i in items if is_wanted(i, name) and arch_of(i, arches[0]) in arches]


@pytest.fixture
def boot():
	"""boot(arch=..., cpus=..., mem=..., ...) starts a guest (the options are those of
	tools/qemu.py); all are stopped when the test ends."""
	guests = []

	def start(**options):
		guests.append(guest.Guest(**options))
		return guests[-1]

	yield start
	for g in guests:
		g.close()


@pytest.fixture
def guest_tests(boot, request, record_property):
	"""guest_tests(...) boots, lets the guest run its list of tests to the end and judges it;
	each of the guest's tests counts as one."""
	def run(**options):
		g = boot(**options)
		status = g.wait()
		r = results.parse(g.log)
		record_property("guest_tests", (len(r.passed), len(r.failed) + len(r.broken)))
		if r.complaints:
			raise guest.GuestError("; ".join(r.complaints), g.log)
		if status != 0:
			raise guest.GuestError(f"every test passed, yet the exit status is {status}",
				g.log)
		return r

	return run


def count(reports):
	"""(passed, failed) of a list of reports; an item that ran guest tests counts as those."""
	passed = failed = 0
	for report in reports:
		inner = dict(report.user_properties).get("guest_tests")
		good, bad = inner or (0, 0)
		if report.outcome == "failed":
			bad = max(bad, 1)
		elif inner is None:
			good = 1
		passed, failed = passed + good, failed + bad
	return passed, failed


def pytest_unconfigure(config):
	"""The closing line that `make test` adds up. Failing to set up or to collect counts too."""
	reporter = config.pluginmanager.get_plugin("terminalreporter")
	if reporter is None:
		return
	stats = reporter.stats
	done = stats.get("passed", []) + stats.get("failed", [])
	calls = [r for r in done if r.when == "call"]
	passed, failed = count(calls)
	failed += len(stats.get("error", [])) + len(
		[r for r in stats.get("failed", []) if r.when != "call"])
	reporter.write_line(f"{passed} passed, {failed} failed")


def pytest_sessionfinish(session, exitstatus):
	# NAME may well match nothing in one area; `make test` notices if it matches nowhere.
	if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.option.name:
		session.exitstatus = pytest.ExitCode.OK
