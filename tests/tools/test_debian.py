# SPDX-License-Identifier: MPL-2.0
"""What is done in place of Debian's maintainer scripts."""
import marshal
import os
import py_compile
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import debian  # noqa: E402  (found through the path above)
import debian_setup  # noqa: E402
import root  # noqa: E402

SCRIPT = r"""#!/bin/sh
if [ "$1" = configure ]; then
	update-alternatives --quiet --install /usr/bin/pager pager /usr/bin/less 77 \
		--slave /usr/share/man/man1/pager.1.gz pager.1.gz /usr/share/man/man1/less.1.gz || true
	update-alternatives --install /usr/bin/$x $x /usr/bin/y 5
fi
"""


@pytest.fixture
def tree(tmp_path):
	with open(tmp_path / "spool", "w+b") as spool:
		yield root.Tree(spool)


def test_alternatives_are_read_out_of_a_script():
	assert debian_setup.alternatives_of(SCRIPT) == [(77, [
		("/usr/bin/pager", "pager", "/usr/bin/less"),
		("/usr/share/man/man1/pager.1.gz", "pager.1.gz", "/usr/share/man/man1/less.1.gz")])]


def test_the_alternative_of_highest_priority_that_is_there_wins(tree):
	scripts = [f"update-alternatives --install /usr/bin/awk awk /usr/bin/{name} {priority}\n"
		for name, priority in (("mawk", 5), ("gawk", 10), ("absent", 99))]
	tree.add_data("usr/bin/mawk", b"m")
	tree.add_data("usr/bin/gawk", b"g")
	debian_setup.alternatives(tree, scripts)
	assert tree.text("usr/bin/awk") == "g"
	assert tree.find("usr/bin/awk", follow=False).info.linkname == "/etc/alternatives/awk"


def test_what_a_java_lists_is_installed(tree):
	tree.add_data("usr/lib/jvm/j/bin/java", b"java")
	tree.add_data("usr/lib/jvm/.j.jinfo", b"name=j\npriority=17\n\nhl java /usr/lib/jvm/j/bin/java\n"
		b"jdkhl javac /usr/lib/jvm/j/bin/javac\n")
	debian_setup.alternatives(tree, [])
	assert tree.text("usr/bin/java") == "java"
	assert tree.find("usr/bin/javac", follow=False) is None


def test_programs_that_log_in_have_their_pam_files(tree):
	debian_setup.pam(tree)
	assert tree.find("etc/pam.d/common-auth") is None
	tree.add_data("usr/share/pam/common-auth", b"a template")
	debian_setup.pam(tree)
	for kind in ("account", "auth", "password", "session"):
		text = tree.text(f"etc/pam.d/common-{kind}")
		assert text.startswith(f"{kind}\t[") and f"{kind}\trequisite pam_deny.so\n" in text
	assert tree.find("etc/pam.d/common-session-noninteractive") is not None


def test_bytecode_is_what_python_itself_would_make(tree, tmp_path):
	(tmp_path / "m.py").write_text("x = 1\n")
	os.utime(tmp_path / "m.py", (1000, 1000))
	version = f"3.{sys.version_info.minor}"
	tree.add_data(f"usr/bin/python{version}", b"")
	tree.add_data(f"usr/lib/python{version}/bad.py", b"no python")
	tree.add_host(tmp_path / "m.py", f"usr/lib/python{version}/m.py")
	debian_setup.bytecode(tree)
	py_compile.compile(tmp_path / "m.py", tmp_path / "m.pyc", f"/usr/lib/python{version}/m.py")
	made = [n for n in tree.nodes if n.endswith(".pyc")]
	assert len(made) == 1
	ours, theirs = tree.find(made[0]).read(), (tmp_path / "m.pyc").read_bytes()
	assert ours[:16] == theirs[:16] and marshal.loads(ours[16:]) == marshal.loads(theirs[16:])


@pytest.mark.parametrize("name", ["", "--option", "../x", "A", "a;b"])
def test_what_is_no_packages_name_is_refused(name):
	with pytest.raises(ValueError, match="no name of a package"):
		debian.root_image([name], "x86_64")
