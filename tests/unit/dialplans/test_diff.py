"""What stands in a folder against what would be rendered."""

from pathlib import Path

import pytest

from dialplans.diff import Change, diff
from dialplans.render import Mode, write
from tests.unit.dialplans.sites import BASE, rendered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, rendered())
    return tmp_path


def test_a_folder_just_written_does_not_differ(folder: Path) -> None:
    assert diff(folder, rendered()) == []


def test_a_change_is_shown_from_what_is_there_to_what_would_be(folder: Path) -> None:
    (change,) = diff(folder, rendered(BASE + "timeout_s = 33"))
    assert (change.name, change.change) == ("queues.conf", Change.CHANGED)
    assert "-timeout = 20" in change.lines
    assert "+timeout = 33" in change.lines


def test_new_and_missing_files_are_named(folder: Path) -> None:
    (folder / "rtp.conf").unlink()
    (change,) = diff(folder, rendered())
    assert (change.name, change.change) == ("rtp.conf", Change.ADDED)


def test_a_stale_file_of_ours_is_named_and_others_are_passed_over(tmp_path: Path) -> None:
    files = rendered(mode=Mode.INCLUDE)
    write(tmp_path, files)
    (tmp_path / "zhitong-old.conf").write_text("[x]\n", encoding="utf-8")
    (tmp_path / "sip.conf").write_text("[y]\n", encoding="utf-8")
    (change,) = diff(tmp_path, files)
    assert (change.name, change.change) == ("zhitong-old.conf", Change.REMOVED)


def test_no_secret_is_shown_and_yet_its_change_is_told(folder: Path) -> None:
    files = rendered()
    old = "a" * 32
    files["manager.conf"] = files["manager.conf"].replace(old, "b" * 32)
    (change,) = diff(folder, files)
    assert change.lines == ("a secret differs",)
    files["pjsip.conf"] = files["pjsip.conf"].replace("username = 1001", "username = 1009")
    lines = "\n".join(line for each in diff(folder, files) for line in each.lines)
    assert "username = 1009" in lines
    assert "phone0000" not in lines
    assert old not in lines
