"""The cache of spoken sentences, with a synthesiser that beeps: what is said once is not said again."""

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dialplans.prompts import sentences
from dialplans.speech.placeholders import placeholders
from dialplans.speech.voice import Voice
from telephony.errors import ConfigError

BEEPER = """#!{python}
import pathlib, struct, sys
here = pathlib.Path(__file__)
if sys.argv[1:] == ["--version"]:
    print("beeper", (here.parent / "version").read_text())
    raise SystemExit
with (here.parent / "said").open("a", encoding="utf-8") as said:
    said.write(sys.argv[-1] + "\\n")
data = struct.pack("<4000h", *([3000, -3000] * 2000))
if sys.argv[-1] == "silence":
    data = bytes(8000)
head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0x7FFFF024, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16,
                   b"data", 0x7FFFF000)
sys.stdout.buffer.write(head + data)
"""

TWO = """
[closed]
zh = "关了"
en = "Closed"
when = "always"
[n1]
zh = "一"
en = "one"
when = "numbers"
file = "digits/1"
only = "zh"
"""


@pytest.fixture
def beeper(tmp_path: Path) -> Path:
    program = tmp_path / "beeper"
    program.write_text(BEEPER.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "version").write_text("1", encoding="ascii")
    return program


Build = Callable[[str], Path]


@pytest.fixture
def build(beeper: Path, tmp_path: Path) -> Build:
    return lambda text: placeholders(tmp_path / "cache", Voice((str(beeper),)), sentences(text))


def said(beeper: Path) -> list[str]:
    return (beeper.parent / "said").read_text(encoding="utf-8").split("\n")[:-1]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_set_holds_each_language_s_sounds_by_the_names_asterisk_asks_for(build: Build, beeper: Path) -> None:
    folder = build(TWO)
    assert files(folder) == {"zh/zt/closed.wav", "zh/digits/1.wav", "en/zt/closed.wav"}
    assert sorted(said(beeper)) == sorted(["关了", "Closed", "一"])
    assert stat.S_IMODE((folder / "zh/zt/closed.wav").stat().st_mode) == 0o644


def test_nothing_is_said_twice_and_a_changed_sentence_alone_is_said_anew(build: Build, beeper: Path) -> None:
    first = build(TWO)
    assert build(TWO) == first
    assert len(said(beeper)) == 3
    second = build(TWO.replace("关了", "下班了"))
    assert second != first
    assert said(beeper)[3:] == ["下班了"]
    assert files(first) == files(second)
    (beeper.parent / "version").write_text("2", encoding="ascii")
    build(TWO)
    assert len(said(beeper)) == 7


def test_a_synthesiser_that_says_nothing_or_is_not_there(build: Build, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="says nothing for 'silence'"):
        build(TWO.replace("Closed", "silence"))
    with pytest.raises(ConfigError, match="cannot be run"):
        placeholders(tmp_path / "cache", Voice(("/nowhere/espeak-ng",)), sentences(TWO))
    with pytest.raises(ConfigError, match="failed"):
        placeholders(tmp_path / "cache", Voice(("/bin/false",)), sentences(TWO))


def test_a_set_that_was_interrupted_is_made_whole(build: Build, tmp_path: Path) -> None:
    folder = build(TWO)
    half = tmp_path / "cache" / ".build-1"
    folder.rename(half)
    assert files(build(TWO)) == files(half)
