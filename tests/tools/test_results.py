# SPDX-License-Identifier: MPL-2.0
"""The judges judged: what a log must hold for a guest run to count as passed."""
import conftest
import qemu
import results


def test_a_full_list_passes():
	r = results.parse("noise\nplan 2\nok event.a\r\n[  0.1] chatter\nok event.b\n")
	assert r.passed == ["event.a", "event.b"] and r.complaints == []


def test_a_list_shorter_than_its_plan_fails():
	assert results.parse("plan 3\nok a\nok b\n").complaints == ["planned 3 tests, 2 reported"]


def test_a_list_without_plan_fails():
	assert results.parse("ok a\n").broken


def test_a_test_reported_twice_fails():
	assert "a reported twice" in results.parse("plan 2\nok a\nok a\n").broken


def test_a_failure_keeps_its_reason():
	assert results.parse("plan 1\nnot ok handle.x: expected 3, got 4\n").failed == \
		["handle.x: expected 3, got 4"]


def test_exit_status_is_the_last_line():
	assert qemu.exit_status("hello\r\nfutura: exit 0\r\n") == 0
	assert qemu.exit_status("$ futura: exit 7\n\n") == 7


def test_exit_status_in_the_middle_does_not_count():
	assert qemu.exit_status("futura: exit 0\nthen more\n") is None
	assert qemu.exit_status("") is None
	assert qemu.exit_status("futura: exit\n") is None


class Report:
	def __init__(self, outcome, inner=None):
		self.outcome = outcome
		self.user_properties = [] if inner is None else [("guest_tests", inner)]


def test_guest_tests_are_counted_one_by_one():
	assert conftest.count([Report("passed"), Report("passed", (5, 0))]) == (6, 0)


def test_a_crash_among_guest_tests_is_a_failure():
	assert conftest.count([Report("failed", (5, 0)), Report("failed")]) == (5, 2)
