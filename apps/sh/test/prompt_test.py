#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Drives the shell over a pseudo-terminal of this machine through all of prompt_cases.py."""

import os
import signal
import sys
import tempfile

import pexpect

import prompt_cases

SHELL = os.path.abspath(sys.argv[1])


class HostSession(prompt_cases.Session):
    def __init__(self):
        self.home = tempfile.TemporaryDirectory(prefix="sh-prompt-")
        self.start()

    def start(self, term="xterm"):
        env = {"HOME": self.home.name, "TERM": term, "PATH": "/usr/bin:/bin", "PS1": prompt_cases.PS1,
               "LC_ALL": "C.UTF-8"}
        self.child = pexpect.spawn(SHELL, env=env, cwd=self.home.name, timeout=30,
                                   encoding="utf-8", dimensions=(24, 80))
        self.started()

    def resize(self, rows, columns):
        self.child.setwinsize(rows, columns)

    def ended(self):
        self.child.expect(pexpect.EOF)
        self.child.wait()

    def close(self):
        self.child.close(force=True)
        self.home.cleanup()


def run(function):
    s = HostSession()
    try:
        function(s)
    finally:
        s.close()


def main():
    # What was ignored when a shell started stays so for its programs: it starts here as from a terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    name = os.environ.get("NAME", "")
    passed = failed = 0
    for function in prompt_cases.CASES:
        if name and name not in function.__name__:
            continue
        try:
            run(function)
            passed += 1
        except (AssertionError, pexpect.ExceptionPexpect) as e:
            failed += 1
            text = str(e).splitlines()
            before = [l for l in text if l.startswith(("buffer", "before"))]
            print(f"FAIL prompt.{function.__name__}: {text[0][:200]} {' '.join(before)[:300]}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
