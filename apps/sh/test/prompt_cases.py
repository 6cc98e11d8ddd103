# SPDX-License-Identifier: MPL-2.0
"""What a person does at the prompt: editing, history, completion, job control, resize. A case is given
a session with an interactive shell in an empty home directory; prompt_test.py has those of this
machine, tests/system/test_prompt.py those inside Futura."""

import re
import time

import pexpect

CASES = []


def case(function):
    CASES.append(function)
    return function


# Each line's prompt has a number of its own: the editor draws it anew with every key, and what is drawn
# late of one prompt is not the next one.
PS1 = "<$((n+=1))%> "
PROMPT = r"<(\d+)%> "
# What a command printed, and not what was typed: the editor has left the line.
START = r"(?:\r\n|2004l)"


class Session:
    """What every session can do. One has a pexpect spawn as `child`, and says how to start."""

    PATIENCE = 1    # for pauses in which something is to happen

    def started(self):
        """A shell was started, which counts its prompts from one."""
        self.seen = 0
        self.prompt()

    def prompt(self, timeout=-1):
        """Waits for a prompt that was not there yet, and gives what was printed before it."""
        text = ""
        while True:
            self.child.expect(PROMPT, timeout)
            text += self.child.before
            number = int(self.child.match.group(1))
            if number > self.seen:
                self.seen = number
                return text

    def keys(self, text):
        self.child.send(text)

    def begin(self, line):
        """Types a line whose command says that it runs: now the terminal is its own."""
        self.keys(line + "\r")
        self.child.expect(START + "running\r\n")

    def command(self, line):
        """Types a line; what it printed, among what was drawn while it was typed."""
        self.keys(line + "\r")
        return self.prompt()

    def output(self, line):
        """Types a line; what the command printed, up to the next prompt."""
        self.keys(line + "\r")
        return self.result()

    def result(self):
        """What came after the marker that every tested command prints."""
        self.child.expect(START + r"\[\[([^\r\n]*?)\]\]\r\n")
        text = self.child.match.group(1)
        self.prompt()
        return text

    def interrupt(self):
        """Control-C until there is a prompt. One that comes when a command has just ended, and the
        terminal is still its group's, reaches nobody, with any shell."""
        for _ in range(5):
            self.keys("\x03")
            try:
                self.prompt(timeout=5 * self.PATIENCE)
                return
            except pexpect.TIMEOUT:
                pass
        raise AssertionError("Control-C does not end it")

    def pause(self, seconds):
        time.sleep(seconds * self.PATIENCE)


def show(expression):
    """A command whose output is found, but whose echo is not."""
    return f"printf '[[%s]'']\\n' \"{expression}\""


# A command that says that it runs, and does so until it is ended.
LASTS = "sh -c 'echo running; exec sleep 300'"


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
    s.prompt()
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_continued_line(s):
    s.keys("if true\r")
    s.child.expect(r"[\r\nJ]> ")
    s.keys("\x03")
    s.prompt()
    expect(s.output(show("ok")), "ok")


@case
def a_syntax_error_gives_the_prompt_back(s):
    s.keys("fi\r")
    s.child.expect("syntax error")
    s.prompt()
    expect(s.output(show("$?")), "2")


@case
def arguments_set_before_an_error_stay(s):
    s.command("set -- a b c")
    s.command("set -- x y; : ${nope?no}")
    expect(s.output(show("$*")), "x y")
    s.command("f() { set -- l m; : ${nope?no}; }; f a b")
    expect(s.output(show("$*")), "x y")


@case
def bracketed_paste_does_not_run(s):
    s.keys("\x1b[200~printf '[[%s]'']\\n' \\\na\x1b[201~")
    s.pause(0.2)
    s.keys("\r")
    expect(s.result(), "a")


@case
def multi_line_commands_are_one_entry(s):
    s.keys("for i in 1\r")
    s.child.expect(r"[\r\nJ]> ")
    s.keys("do printf '[[%s]'']\\n' $i; done\r")
    expect(s.result(), "1")
    s.keys("\x1b[A\r")
    expect(s.result(), "1")


@case
def completes_a_command(s):
    s.keys("readon\t\x15" + show("ok") + "\r")
    expect(s.result(), "ok")
    s.keys("f_unique_name() { printf '[[%s]'']\\n' done; }\r")
    s.prompt()
    s.keys("f_uni\t\r")
    expect(s.result(), "done")


@case
def completes_a_file_with_quotes(s):
    s.command(": >'a file'")
    s.keys("printf '[[%s]'']\\n' a\t\r")
    expect(s.result(), "a file")


@case
def completes_a_directory_and_goes_on(s):
    s.command("mkdir -p dir/sub")
    s.keys("printf '[[%s]'']\\n' d\ts\t\r")
    expect(s.result(), "dir/sub/")


@case
def completes_a_variable(s):
    s.keys("unique_var=5\r")
    s.prompt()
    s.keys("printf '[[%s]'']\\n' $unique_v\t\r")
    expect(s.result(), "5")


@case
def lists_on_the_second_tab(s):
    s.command(": >list1; : >list2")
    s.keys("echo li\t\t\t")
    s.child.expect("list1 +list2")
    s.keys("\x03")
    s.prompt()


@case
def vi_mode_edits(s):
    s.keys("set -o vi\r")
    s.prompt()
    s.keys("printf '[[%s]'']\\n' abd\x1b")
    s.pause(0.2)
    s.keys("xAc\x1b")
    s.pause(0.2)
    s.keys("0")
    s.keys("$a!\r")
    expect(s.result(), "abc!")


@case
def vi_deletes_and_puts(s):
    s.keys("set -o vi\r")
    s.prompt()
    s.keys("printf '[[%s]'']\\n' one two\x1b")
    s.pause(0.2)
    s.keys("bdwu\r")
    s.child.expect(r"\[\[one\]\]\r\n\[\[two\]\]")
    s.prompt()


@case
def a_job_is_stopped_and_continued(s):
    s.begin("sh -c 'trap \"echo again\" CONT; echo running; while :; do sleep 0.1; done'")
    s.keys("\x1a")
    s.child.expect("Stopped")
    s.prompt()
    s.keys("jobs\r")
    s.child.expect(r"\[1\] \+ Stopped +sh -c 'trap")
    s.prompt()
    s.keys("fg\r")
    s.child.expect(r"\nagain\r\n")
    s.keys("\x03")
    s.prompt()
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_pipeline(s):
    s.keys(f"{LASTS.replace(';', ' >&2;')} | {LASTS}\r")
    s.child.expect(START + "running\r\nrunning\r\n")
    s.keys("\x03")
    s.prompt()
    expect(s.output(show("$?")), "130")


@case
def control_c_ends_a_loop(s):
    s.begin("echo running; while :; do sleep 0.1; done")
    s.interrupt()
    expect(s.output(show("ok")), "ok")


@case
def control_c_ends_a_loop_of_builtins(s):
    s.begin("echo running; while :; do :; done")
    s.keys("\x03")
    s.prompt()
    expect(s.output(show("ok")), "ok")


@case
def a_background_job_is_reported(s):
    s.keys("sleep 0.1 &\r")
    s.child.expect(r"\[1\] \d+")
    s.prompt()
    for _ in range(100):
        if re.search(r"\[1\] . Done", s.command("")):
            return
        s.pause(0.1)
    raise AssertionError("nothing is told of its end")


@case
def wait_and_kill_by_job(s):
    s.command("sleep 30 &")
    s.keys("kill %1; wait %1; printf '[[%s]'']\\n' $?\r")
    expect(s.result(), "143")


@case
def raw_modes_of_a_killed_program_are_undone(s):
    s.keys("sh -c 'stty -echo raw; kill -9 $$'\r")
    s.prompt()
    s.keys("stty -a | tr ' ;' '\\n\\n' | grep -c '^-echo$\\|^-icanon$'; " + show("end") + "\r")
    s.child.expect(r"0\r\n\[\[end\]\]")
    s.prompt()


@case
def resize_is_noticed(s):
    s.resize(24, 20)
    s.keys("printf '[[%s]'']\\n' " + "x" * 60 + "\r")
    s.child.expect(r"\[\[(x+)\]\]")
    expect(len(s.child.match.group(1)), 60)
    s.prompt()


@case
def end_of_input_leaves(s):
    s.keys("\x04")
    s.ended()


@case
def history_is_kept_in_the_file(s):
    s.output(show("kept"))
    s.keys("kill -9 $$\r")
    s.ended()
    s.start()
    s.keys("\x1b[A\x1b[A\r")
    expect(s.result(), "kept")


@case
def random_control_c_never_loses_the_prompt_or_a_later_command(s):
    for i in range(30):
        s.keys("echo $((1+1)) | cat; for i in 1 2 3; do /bin/true; done\r")
        time.sleep(0.003 * i)
        s.keys("\x03")
        s.prompt()
        s.pause(0.1)    # there may be two: the line's, which the Control-C then drops
        s.keys("\x15")
        expect(s.output(show(i)), str(i))


@case
def a_dumb_terminal_gets_plain_lines(s):
    s.keys("exit\r")
    s.ended()
    s.start(term="dumb")
    expect(s.output(show("plain")), "plain")
