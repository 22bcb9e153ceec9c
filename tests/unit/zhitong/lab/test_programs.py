"""Which Asterisk and which SIPp are run."""

from pathlib import Path

import pytest

from telephony.errors import LabError
from zhitong.lab import programs
from zhitong.lab.programs import find_asterisk, find_sipp, find_tools
from zhitong.lab.tree import Tree


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """An Asterisk and a SIPp of the person's own."""
    for name in ("asterisk", "sipp"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="ascii")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "res_pjsip.so").touch()
    (tmp_path / "data" / "sounds").mkdir(parents=True)
    return {
        "ZHITONG_ASTERISK": str(tmp_path / "asterisk"),
        "ZHITONG_ASTERISK_MODULES": str(tmp_path / "modules"),
        "ZHITONG_ASTERISK_DATA": str(tmp_path / "data"),
        "ZHITONG_SIPP": str(tmp_path / "sipp"),
    }


@pytest.fixture(autouse=True)
def no_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sounds as they come with Asterisk; tests/integration/lab/test_speech.py has ours."""
    monkeypatch.setattr(programs, "with_speech", lambda data, *_: data)


@pytest.fixture
def no_fetching(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: object) -> Tree:
        raise AssertionError("nothing may be fetched here")

    monkeypatch.setattr(programs, "fetch", fetch)


@pytest.mark.usefixtures("no_fetching")
def test_programs_of_one_s_own_are_taken_as_they_are(own: dict[str, str], tmp_path: Path) -> None:
    tools = find_tools(environ=own)
    assert tools.asterisk.program.command == [str(tmp_path / "asterisk")]
    assert tools.asterisk.modules == tmp_path / "modules"
    assert tools.asterisk.data == tmp_path / "data"
    assert tools.sipp.command == [str(tmp_path / "sipp")]
    assert tools.sipp.environ == {}


@pytest.mark.usefixtures("no_fetching")
@pytest.mark.parametrize("key", ["ZHITONG_ASTERISK", "ZHITONG_SIPP"])
def test_a_program_that_is_not_there_is_named_with_its_key(own: dict[str, str], key: str) -> None:
    with pytest.raises(LabError, match=f"{key}=/nowhere/program"):
        find_tools(environ={**own, key: "/nowhere/program"})


@pytest.mark.usefixtures("no_fetching")
@pytest.mark.parametrize("key", ["ZHITONG_ASTERISK_MODULES", "ZHITONG_ASTERISK_DATA"])
def test_a_directory_without_what_must_be_in_it_is_named(own: dict[str, str], key: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabError, match=key):
        find_asterisk(environ={**own, key: str(tmp_path / "empty")})


def test_the_fetched_tree_is_run_with_its_own_c_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(tmp_path, tmp_path / "usr/lib64/ld-linux-x86-64.so.2", tmp_path / "usr/lib/x86_64-linux-gnu")
    monkeypatch.setattr(programs, "fetch", lambda *_: tree)
    asterisk, sipp = find_asterisk(environ={}), find_sipp(environ={})
    assert asterisk.program.command[0] == str(tree.loader)
    assert asterisk.program.command[-1] == str(tmp_path / "usr/sbin/asterisk")
    assert str(tree.libraries) in sipp.command
    assert asterisk.modules == tree.libraries / "asterisk/modules"
    assert set(sipp.environ) == {"GCONV_PATH", "OPENSSL_MODULES"}
