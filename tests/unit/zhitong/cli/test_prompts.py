"""``zhitong prompts``, as a person meets it. The sounds themselves: tests/unit/dialplans/speech."""

import json
from pathlib import Path

import pytest

from dialplans.prompts import sentences
from telephony.errors import LabError
from tests.unit.dialplans.speech.test_check import a_wav
from tests.unit.zhitong.cli.conftest import Terminal
from zhitong.cli import prompts


@pytest.fixture
def sounds(terminal: Terminal) -> Path:
    folder = terminal.folder / "sounds"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of placeholders without a synthesiser."""
    folder = tmp_path / "set"
    for sentence in sentences():
        for language in sentence.spoken:
            a_wav(folder / language / f"{sentence.sound}.wav", 0.2)
    monkeypatch.setattr(prompts, "spoken", lambda _told: folder)
    return folder


def test_build_then_everything_can_be_played(terminal: Terminal, sounds: Path) -> None:
    said = terminal.zhitong("prompts", "check", sounds)
    assert said.status == 1
    assert f"zhitong prompts build {sounds}" in said.out
    built = terminal.zhitong("prompts", "build", sounds)
    assert built.status == 0
    assert "已写入" in built.out
    checked = terminal.zhitong("prompts", "check", sounds)
    assert checked.status == 0
    assert "0 are own" in checked.out


def test_the_site_s_own_folder_is_taken_when_none_is_named(terminal: Terminal, sounds: Path) -> None:
    with terminal.site_file.open("a", encoding="utf-8") as site:
        site.write(f'\n[pbx.folders]\ndata = "{sounds.parent}"\n')
    assert terminal.zhitong("prompts", "build").status == 0
    assert (sounds / "zh/zt/closed.wav").exists()


def test_recordings_are_brought_and_listed(terminal: Terminal, sounds: Path, tmp_path: Path) -> None:
    terminal.zhitong("prompts", "build", sounds)
    a_wav(tmp_path / "mine" / "closed.wav", 1.5)
    said = terminal.zhitong("prompts", "import", tmp_path / "mine", "--sounds", sounds)
    assert said.status == 0
    assert "已导入 1 句" in said.out
    assert "notice" in said.out
    rows = {row["id"]: row for row in json.loads(terminal.zhitong("prompts", "list", sounds, "--json").out)}
    assert rows["closed"]["source"] == "own"
    assert rows["closed"]["seconds"] == 1.5
    assert rows["full"]["source"] == "placeholder"
    assert rows["n2"]["sound"] == "digits/2"
    table = terminal.zhitong("prompts", "list", sounds).out
    assert "自有 own" in table
    assert "您好，现在不是服务时间" in table


def test_a_bad_recording_is_said_in_words(terminal: Terminal, sounds: Path, tmp_path: Path) -> None:
    a_wav(tmp_path / "mine" / "closed.wav", 1.5, channels=2)
    said = terminal.zhitong("prompts", "import", tmp_path / "mine", "--sounds", sounds)
    assert said.status == 1
    assert "stereo" in said.err
    assert "sox ORIGINAL -r 8000 -b 16 -c 1 closed.wav" in said.err
    assert not (sounds / "zh").exists()


def test_slips_are_told(terminal: Terminal, sounds: Path) -> None:
    assert "no such folder" in terminal.zhitong("prompts", "build", sounds / "nowhere").err
    assert "'fr' is not allowed" in terminal.zhitong("prompts", "list", sounds, "--language", "fr").err


def test_no_voice_and_no_way_to_fetch_one(terminal: Terminal, sounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoken(_told: object) -> Path:
        raise LabError("no network")

    monkeypatch.setattr(prompts, "spoken", spoken)
    said = terminal.zhitong("prompts", "build", sounds)
    assert said.status == 1
    assert "no network" in said.err
