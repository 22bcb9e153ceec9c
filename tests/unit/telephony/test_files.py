"""A file is written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from telephony.files import write_private, write_whole


def test_a_file_and_its_folder_appear_with_the_text(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file.conf"
    write_whole(path, "张三\r\n;\n")
    assert path.read_bytes() == "张三\r\n;\n".encode()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_what_was_asked_for(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        write_whole(tmp_path / "public", "x")
        write_private(tmp_path / "private", "x")
        (tmp_path / "open").write_text("x")
        (tmp_path / "open").chmod(0o666)
        write_private(tmp_path / "open", "y")
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"public": 0o644, "private": 0o600, "open": 0o600}


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_who_has_it_open_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    with path.open() as file:
        write_whole(path, "new")
        assert file.read() == "old"
    assert path.read_text() == "new"
