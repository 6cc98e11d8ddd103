#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Drives the shell over a pseudo-terminal: editing, history, completion, job control, resize."""

import os
import signal
import sys
import tempfile
import time

import pexpect

SHELL = os.path.abspath(sys.argv[1])
CASES = []


def case(function):
    CASES.append(function)
    return function


class Session:
    """One interactive shell in an empty home directory."""

    def __init__(self, term="xterm", options=(), home=None):
        self.home = home or tempfile.mkdtemp(prefix="sh-prompt-")
        env = {"HOME": self.home, "TERM": term, "PATH": "/usr/bin:/bin", "PS1": "<%> ",
               "LC_ALL": "C.UTF-8"}
        self.child = pexpect.spawn(SHELL, list(options), env=env, cwd=self.home, timeout=10,
                                   encoding="utf-8", dimensions=(24, 80))
        self.child.expect_exact("<%> ")

    def keys(self, text):
        self.child.send(text)

    def output(self, line):
        """Types a line; what the command printed, up to the next prompt."""
        self.keys(line + "\r")
        return self.result()

    def result(self):
        """What came after the marker that every tested command prints."""
        self.child.expect(r"(?:\r\n|2004l)\[\[([^\r\n]*?)\]\]\r\n")
        text = self.child.match.group(1)
        self.child.expect_exact("<%> ")
        return text

    def close(self):
        self.child.close(force=True)


def show(expression):
    """A command whose output is found, but whose echo is not."""
    return f"printf '[[%s]'']\\n' \"{expression}\""


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


@case
def a_line_is_run(s):
    expect(s.output(show("hello")), "hello")


@case
def left_arrow_and_insert(s):
    s.keys("printf '[[%s]'']\\n' ac\x1b[Db\r")
    expect(s.result(), "abc")


@case
def home_end_and_delete(s):
    s.keys("xprintf '[[%s]'']\\n' a\x1b[H\x1b[3~\x1b[Fb\r")
    expect(s.result(), "ab")


@case
def control_w_u_and_y(s):
    s.keys("one two\x17\x15" + "printf '[[%s]'']\\n' \x19\r")
    expect(s.result(), "one")


@case
def word_motion_and_case(s):
    s.keys("printf '[[%s]'']\\n' abc\x1bb\x1bu\r")
    expect(s.result(), "ABC")


@case
def transpose(s):
    s.keys("printf '[[%s]'']\\n' ba\x14\r")
    expect(s.result(), "ab")


@case
def undo(s):
    s.keys("printf '[[%s]'']\\n' a\x17\x1f\r")
    expect(s.result(), "a")


@case
def wide_characters(s):
    s.keys("printf '[[%s]'']\\n' 日本\x1b[D語\x7fé\r")
    expect(s.result(), "日é本")


@case
def up_arrow_brings_back(s):
    s.output(show("first"))
    s.keys("\x1b[A\r")
    expect(s.result(), "first")


@case
def control_r_searches(s):
    s.output(show("needle"))
    s.output(show("hay"))
    s.keys("\x12need\r")
    expect(s.result(), "needle")


@case
def a_suggestion_is_taken_with_right(s):
    s.output(show("suggested"))
    s.keys("prin\x1b[C\r")
    expect(s.result(), "suggested")


@case
def last_argument_with_meta_dot(s):
    s.output(show("x") + " last")
    s.keys("printf '[[%s]'']\\n' \x1b.\r")
    expect(s.result(), "last")


@case
def control_c_drops_the_line(s):
    s.keys("printf '[[%s]'']\\n' no\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_continued_line(s):
    s.keys("if true\r")
    s.child.expect_exact("> ")
    s.keys("\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("ok")), "ok")


@case
def a_syntax_error_gives_the_prompt_back(s):
    s.keys("fi\r")
    s.child.expect("syntax error")
    s.child.expect_exact("<%> ")
    expect(s.output(show("$?")), "2")


@case
def bracketed_paste_does_not_run(s):
    s.keys("\x1b[200~printf '[[%s]'']\\n' \\\na\x1b[201~")
    time.sleep(0.2)
    s.keys("\r")
    expect(s.result(), "a")


@case
def multi_line_commands_are_one_entry(s):
    s.keys("for i in 1\r")
    s.child.expect_exact("> ")
    s.keys("do printf '[[%s]'']\\n' $i; done\r")
    expect(s.result(), "1")
    s.keys("\x1b[A\r")
    expect(s.result(), "1")


@case
def completes_a_command(s):
    s.keys("readon\t\x15" + show("ok") + "\r")
    expect(s.result(), "ok")
    s.keys("f_unique_name() { printf '[[%s]'']\\n' done; }\r")
    s.child.expect_exact("<%> ")
    s.keys("f_uni\t\r")
    expect(s.result(), "done")


@case
def completes_a_file_with_quotes(s):
    open(os.path.join(s.home, "a file"), "w").close()
    s.keys("printf '[[%s]'']\\n' a\t\r")
    expect(s.result(), "a file")


@case
def completes_a_directory_and_goes_on(s):
    os.makedirs(os.path.join(s.home, "dir/sub"))
    s.keys("printf '[[%s]'']\\n' d\ts\t\r")
    expect(s.result(), "dir/sub/")


@case
def completes_a_variable(s):
    s.keys("unique_var=5\r")
    s.child.expect_exact("<%> ")
    s.keys("printf '[[%s]'']\\n' $unique_v\t\r")
    expect(s.result(), "5")


@case
def lists_on_the_second_tab(s):
    for name in ("list1", "list2"):
        open(os.path.join(s.home, name), "w").close()
    s.keys("echo li\t\t\t")
    s.child.expect("list1 +list2")
    s.keys("\x03")
    s.child.expect_exact("<%> ")


@case
def vi_mode_edits(s):
    s.keys("set -o vi\r")
    s.child.expect_exact("<%> ")
    s.keys("printf '[[%s]'']\\n' abd\x1b")
    time.sleep(0.2)
    s.keys("xAc\x1b")
    time.sleep(0.2)
    s.keys("0")
    s.keys("$a!\r")
    expect(s.result(), "abc!")


@case
def vi_deletes_and_puts(s):
    s.keys("set -o vi\r")
    s.child.expect_exact("<%> ")
    s.keys("printf '[[%s]'']\\n' one two\x1b")
    time.sleep(0.2)
    s.keys("bdwu\r")
    s.child.expect(r"\[\[one\]\]\r\n\[\[two\]\]")


@case
def a_job_is_stopped_and_continued(s):
    s.keys("sleep 30\r")
    time.sleep(0.4)
    s.keys("\x1a")
    s.child.expect("Stopped")
    s.child.expect_exact("<%> ")
    s.keys("jobs\r")
    s.child.expect(r"\[1\] \+ Stopped +sleep 30")
    s.child.expect_exact("<%> ")
    s.keys("fg\r")
    time.sleep(0.3)
    s.keys("\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_pipeline(s):
    s.keys("sleep 30 | sleep 31\r")
    time.sleep(0.4)
    s.keys("\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_loop(s):
    s.keys("while :; do sleep 0.1; done\r")
    time.sleep(0.5)
    s.keys("\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("ok")), "ok")


@case
def control_c_ends_a_loop_of_builtins(s):
    s.keys("while :; do :; done\r")
    time.sleep(0.4)
    s.keys("\x03")
    s.child.expect_exact("<%> ")
    expect(s.output(show("ok")), "ok")


@case
def a_background_job_is_reported(s):
    s.keys("sleep 0.1 &\r")
    s.child.expect(r"\[1\] \d+")
    s.child.expect_exact("<%> ")
    time.sleep(0.4)
    s.keys("\r")
    s.child.expect(r"\[1\] . Done")


@case
def wait_and_kill_by_job(s):
    s.keys("sleep 30 &\r")
    s.child.expect_exact("<%> ")
    s.keys("kill %1; wait %1; printf '[[%s]'']\\n' $?\r")
    expect(s.result(), "143")


@case
def raw_modes_of_a_killed_program_are_undone(s):
    s.keys("sh -c 'stty -echo raw; kill -9 $$'\r")
    s.child.expect_exact("<%> ")
    s.keys("stty -a | tr ' ;' '\\n\\n' | grep -c '^-echo$\\|^-icanon$'; " + show("end") + "\r")
    s.child.expect(r"0\r\n\[\[end\]\]")


@case
def resize_is_noticed(s):
    s.child.setwinsize(24, 20)
    s.keys("printf '[[%s]'']\\n' " + "x" * 60 + "\r")
    s.child.expect(r"\[\[(x+)\]\]")
    expect(len(s.child.match.group(1)), 60)


@case
def end_of_input_leaves(s):
    s.keys("\x04")
    s.child.expect(pexpect.EOF)


@case
def history_is_kept_in_the_file(s):
    s.output(show("kept"))
    s.child.kill(signal.SIGKILL)
    s.child.wait()
    t = Session(home=s.home)
    try:
        t.keys("\x1b[A\r")
        expect(t.result(), "kept")
    finally:
        t.close()


@case
def random_control_c_never_loses_the_prompt(s):
    for i in range(30):
        s.keys("echo $((1+1)) | cat; for i in 1 2 3; do /bin/true; done\r")
        time.sleep(0.003 * i)
        s.keys("\x03")
        time.sleep(0.05)
    time.sleep(0.3)
    s.keys("\x15\r")
    expect(s.output(show("alive")), "alive")


def dumb_terminal():
    s = Session(term="dumb")
    try:
        expect(s.output(show("plain")), "plain")
    finally:
        s.close()


def main():
    name = os.environ.get("NAME", "")
    passed = failed = 0
    for function in CASES + [dumb_terminal]:
        if name and name not in function.__name__:
            continue
        try:
            if function is dumb_terminal:
                function()
            else:
                s = Session()
                try:
                    function(s)
                finally:
                    s.close()
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
