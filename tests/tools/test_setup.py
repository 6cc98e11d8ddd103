# SPDX-License-Identifier: MPL-2.0
"""Setting up a machine: lists are read strictly, and archive entries derived from those there."""
import importlib.machinery
import importlib.util
import os

import pytest

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../mk/setup")
loader = importlib.machinery.SourceFileLoader("setup", PATH)
setup = importlib.util.module_from_spec(importlib.util.spec_from_loader("setup", loader))
loader.exec_module(setup)

MAIN = {"Types": "deb", "URIs": "http://archive.example/debian", "Suites": "bookworm",
	"Components": "main"}
SECURITY = {"Types": "deb", "URIs": "http://archive.example/debian-security",
	"Suites": "bookworm-security", "Components": "main"}


def test_our_own_list_is_well_formed():
	install, in_root = setup.wanted(setup.LIST)
	assert len(install) > 20
	assert all(name.count(":") == 1 for name, _ in in_root)


def test_packages_of_the_root_image_are_told_apart(tmp_path):
	(tmp_path / "list").write_text("a 1\nb:arm64 2:3-1 root # why\n")
	assert setup.wanted(tmp_path / "list") == ([("a", "1")], [("b:arm64", "2:3-1")])
	assert setup.archive("b:arm64", "2:3-1").endswith("/b_2%3a3-1_arm64.deb")


def test_another_use_of_a_package_is_refused(tmp_path):
	(tmp_path / "list").write_text("a 1 boot\n")
	with pytest.raises(SystemExit, match="list:1"):
		setup.wanted(tmp_path / "list")


def test_a_line_without_a_version_is_refused(tmp_path):
	(tmp_path / "list").write_text("# good\nclang-19\n")
	with pytest.raises(SystemExit, match="list:2"):
		setup.wanted(tmp_path / "list")


def test_upstream_is_the_version_without_packaging():
	assert setup.upstream("1:19.1.7-3~deb12u1") == "19.1.7"
	assert setup.upstream("4.0.33-1+really4.0.32-1") == "4.0.33-1+really4.0.32"


def test_a_machine_with_the_main_archive_only_gets_security_and_sources():
	assert setup.extra_sources([MAIN], "bookworm") == [
		{**MAIN, "Types": "deb-src"}, {**SECURITY, "Types": "deb deb-src"}]


def test_what_is_there_is_not_added_again():
	known = [{**MAIN, "Types": "deb deb-src"}, {**SECURITY, "Types": "deb deb-src"}]
	assert setup.extra_sources(known, "bookworm") == []


def test_other_archives_are_left_alone():
	other = {"Types": "deb", "URIs": "http://other.example", "Suites": "stable",
		"Components": "main"}
	assert all(s["URIs"] != other["URIs"] for s in setup.extra_sources([MAIN, other], "bookworm"))


def test_a_machine_without_an_archive_is_told():
	with pytest.raises(SystemExit, match="no source for bookworm"):
		setup.extra_sources([], "bookworm")
