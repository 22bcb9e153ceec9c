"""An Asterisk for a hotline: laid below a root, updated, and never over one of another origin."""

import subprocess
from pathlib import Path

import pytest

from telephony.errors import LabError
from zhitong.lab.installed import HOME, install
from zhitong.lab.tree import Tree

_LIBRARIES = "usr/lib/x86_64-linux-gnu"


def a_tree(folder: Path, name: str, says: str) -> Tree:
    """A tree whose loader is a shell script that says how it was started."""
    root = folder / name
    for path in (
        f"{_LIBRARIES}/asterisk/modules",
        "usr/share/asterisk/sounds/en",
        "usr/share/asterisk/moh",
        "usr/sbin",
    ):
        (root / path).mkdir(parents=True)
    (root / "usr/share/asterisk/sounds/en/beep.gsm").write_bytes(b"x")
    (root / "usr/share/asterisk/moh/music.wav").write_bytes(b"x")
    (root / f"{_LIBRARIES}/asterisk/modules/app_queue.so").write_bytes(b"x")
    loader = root / "usr/lib64/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text(f'#!/bin/sh\necho "{says}" "$OPENSSL_MODULES" "$@"\n', encoding="utf-8")
    loader.chmod(0o755)
    return Tree(root, loader, root / _LIBRARIES)


def said(root: Path) -> str:
    program = [str(root / "usr/sbin/asterisk"), "-rx", "core show version"]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


def test_the_program_and_the_folders_of_site_toml_lead_to_the_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    done = install(a_tree(tmp_path, "asterisk-1", "one"), root)
    assert (done.tree, done.before) == ("asterisk-1", None)
    tree = root / HOME / "asterisk-1"
    started = said(root).split()
    assert started[:2] == ["one", f"{tree}/{_LIBRARIES}/ossl-modules"]
    assert f"{tree}/usr/sbin/asterisk -rx core show version" in said(root)
    assert (root / "usr/lib/x86_64-linux-gnu/asterisk/modules/app_queue.so").is_file()
    assert (root / "usr/share/asterisk/sounds/en/beep.gsm").is_file()
    assert (root / "usr/share/asterisk/moh/music.wav").is_file()


def test_an_update_keeps_what_the_site_added_and_the_version_before(tmp_path: Path) -> None:
    root = tmp_path / "root"
    install(a_tree(tmp_path, "asterisk-1", "one"), root)
    spoken = root / "usr/share/asterisk/sounds/en/zt"
    spoken.mkdir(parents=True)
    (spoken / "closed.wav").write_bytes(b"x")
    done = install(a_tree(tmp_path, "asterisk-2", "two"), root)
    assert (done.tree, done.before) == ("asterisk-2", "asterisk-1")
    assert said(root).startswith("two ")
    assert (spoken / "closed.wav").is_file()
    assert (root / "usr/share/asterisk/sounds/en/beep.gsm").is_file()
    assert not (root / HOME / "asterisk-2/usr/share/asterisk/sounds/en/zt").exists()
    assert (root / HOME / "asterisk-1").is_dir()


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tree = a_tree(tmp_path, "asterisk-1", "one")
    install(tree, root)
    assert install(tree, root).before is None
    assert said(root).startswith("one ")


@pytest.mark.parametrize(
    "place", ["usr/sbin/asterisk", "usr/share/asterisk/sounds", "usr/lib/x86_64-linux-gnu/asterisk/modules/a"]
)
def test_an_asterisk_of_another_origin_is_left_alone(tmp_path: Path, place: str) -> None:
    root = tmp_path / "root"
    (root / place).parent.mkdir(parents=True)
    (root / place).write_text("theirs", encoding="utf-8")
    with pytest.raises(LabError, match="of another Asterisk"):
        install(a_tree(tmp_path, "asterisk-1", "one"), root)
    assert (root / place).read_text(encoding="utf-8") == "theirs"
    assert not (root / HOME / "current").exists()
