"""Files put where a PBX reads them, and put back."""

import asyncio
from pathlib import Path

import pytest

from dialplans.render import Mode
from telephony.config import Site, parse_site
from telephony.errors import ConfigError
from zhitong.cli.deploying import Before, Target, deployed, may_write, must_answer, place, target_of

SITE = """
name = "某市12345"
hotline = ["12345"]
[[queue]]
name = "hotline"
[[trunk]]
name = "carrier"
hosts = ["203.0.113.10"]
"""


def site(more: str = "") -> Site:
    return parse_site(SITE + more)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_passwords_are_for_their_owner_and_in_a_shared_folder_for_its_group(tmp_path: Path) -> None:
    files = {"pjsip.conf": "a", "manager.conf": "b", "queues.conf": "c"}
    place(tmp_path / "own", files)
    assert modes(tmp_path / "own") == {"pjsip.conf": 0o600, "manager.conf": 0o600, "queues.conf": 0o644}
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2770)
    place(tmp_path / "shared", files)
    assert modes(tmp_path / "shared") == {"pjsip.conf": 0o640, "manager.conf": 0o640, "queues.conf": 0o644}


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    place(tmp_path, {"queues.conf": "a", "pjsip.conf": "b"})
    first = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    place(tmp_path, {"queues.conf": "a", "pjsip.conf": "c"})
    changed = [path.name for path in tmp_path.iterdir() if path.stat().st_ino != first[path.name]]
    assert changed == ["pjsip.conf"]


def test_put_back_is_text_mode_and_absence(tmp_path: Path) -> None:
    old, new, gone = (tmp_path / name for name in ("old", "new", "gone"))
    for path in (old, gone):
        path.write_bytes(b"\xff as it was")
        path.chmod(0o640)
    before = Before([old, new, gone])
    old.write_text("changed")
    new.write_text("new")
    gone.unlink()
    before.put_back()
    assert old.read_bytes() == gone.read_bytes() == b"\xff as it was"
    assert modes(tmp_path) == {"old": 0o640, "gone": 0o640}


async def test_a_failure_after_the_files_puts_them_back(tmp_path: Path) -> None:
    (tmp_path / "queues.conf").write_text("before\n")
    with pytest.raises(asyncio.CancelledError):  # Ctrl-C, too
        async with deployed(Target(tmp_path, Mode.NEW, None), {"queues.conf": "after\n", "new.conf": "x"}) as found:
            assert [difference.name for difference in found] == ["new.conf", "queues.conf"]
            assert (tmp_path / "queues.conf").read_text() == "after\n"
            raise asyncio.CancelledError
    assert (tmp_path / "queues.conf").read_text() == "before\n"
    assert not (tmp_path / "new.conf").exists()


def test_where_files_go(tmp_path: Path) -> None:
    site_file = tmp_path / "site.toml"
    assert target_of(site_file, site()) == Target(tmp_path / "var" / "asterisk", Mode.NEW, None)
    include = site('[pbx.deploy]\nmode = "include"\n')
    assert target_of(site_file, include) == Target(tmp_path / "var" / "include", Mode.INCLUDE, None)
    here = site('[pbx.deploy]\nfolder = "/etc/asterisk"\nmode = "include"\n')
    socket = Path("/var/run/asterisk/asterisk.ctl")
    assert target_of(site_file, here) == Target(Path("/etc/asterisk"), Mode.INCLUDE, socket)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (None, False),
        ("[global]\n", False),
        ("[global]\n;#include zhitong-pjsip.conf\n", False),
        ("[global]\n;\n#include zhitong-pjsip.conf\n", True),
        ('#include "zhitong-pjsip.conf"\n', True),
    ],
)
def test_phones_of_an_existing_pbx_are_ours_when_it_includes_them(tmp_path: Path, text: str | None, ours: bool) -> None:
    if text is not None:
        (tmp_path / "pjsip.conf").write_text(text)
    assert Target(tmp_path, Mode.INCLUDE, None).phones_are_ours is ours
    assert Target(tmp_path, Mode.NEW, None).phones_are_ours


async def test_nobody_at_the_socket_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--no-reload"):
        await must_answer(tmp_path / "asterisk.ctl")


def test_a_folder_to_be_made_below_one_that_may_be_written(tmp_path: Path) -> None:
    may_write(tmp_path / "a" / "b")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="Nothing was changed"):
        may_write(tmp_path / "file" / "asterisk")
