"""A folder of sounds through its life: placeholders, recordings of the city's own, an upgrade, another build."""

from pathlib import Path

import pytest

from dialplans.prompts import sentences
from dialplans.speech.installed import Laid, clips, folder_of_sounds, lay, take
from telephony.errors import ConfigError
from tests.unit.dialplans.speech.test_check import a_wav

TEXT = """
[closed]
zh = "关了"
en = "Closed"
when = "always"
[full]
zh = "满了"
en = "Full"
when = "always"
[n1]
zh = "一"
en = "one"
when = "numbers"
file = "digits/1"
only = "zh"
"""
THREE = sentences(TEXT)


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    for index, name in enumerate(("zh/zt/closed", "zh/zt/full", "zh/digits/1", "en/zt/closed", "en/zt/full")):
        a_wav(folder / f"{name}.wav", 0.1 + index / 10)
    return folder


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    (tmp_path / "sounds").mkdir()
    return tmp_path / "sounds"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    folder = tmp_path / "recorded"
    a_wav(folder / "closed.wav", 2.0)
    a_wav(folder / "n1.wav", 0.7)
    (folder / "README.txt").write_text("by the city")
    return folder


def sources(sounds: Path, language: str = "zh") -> dict[str, str]:
    return {clip.sentence.id: clip.source.value for clip in clips(sounds, THREE, [language])}


def test_placeholders_are_laid_where_asterisk_looks_for_them(spoken: Path, sounds: Path) -> None:
    assert set(sources(sounds).values()) == {"missing"}
    assert lay(spoken, sounds, THREE) == Laid(written=5, unchanged=0, own=0)
    assert sources(sounds) == {"closed": "placeholder", "full": "placeholder", "n1": "placeholder"}
    assert sources(sounds, "en") == {"closed": "placeholder", "full": "placeholder"}
    assert (sounds / "zh/digits/1.wav").read_bytes() == (spoken / "zh/digits/1.wav").read_bytes()
    assert lay(spoken, sounds, THREE) == Laid(written=0, unchanged=5, own=0)


def test_own_recordings_take_their_place_and_outlive_every_build(spoken: Path, sounds: Path, recorded: Path) -> None:
    lay(spoken, sounds, THREE)
    taken = take(recorded, sounds, THREE, "zh")
    assert taken.brought == ("closed", "n1")
    assert taken.lacking == ("full",)
    assert taken.passed_over == ("README.txt",)
    assert sources(sounds) == {"closed": "own", "full": "placeholder", "n1": "own"}
    assert sources(sounds, "en") == {"closed": "placeholder", "full": "placeholder"}
    a_wav(spoken / "zh/zt/full.wav", 3.0)  # a newer voice says it otherwise
    a_wav(spoken / "zh/zt/closed.wav", 3.0)
    assert lay(spoken, sounds, THREE) == Laid(written=1, unchanged=2, own=2)
    assert {clip.sentence.id: clip.seconds for clip in clips(sounds, THREE, ["zh"])} == {
        "closed": pytest.approx(2.0),
        "full": pytest.approx(3.0),
        "n1": pytest.approx(0.7),
    }


def test_recordings_may_come_before_any_placeholder(spoken: Path, sounds: Path, recorded: Path) -> None:
    take(recorded, sounds, THREE, "zh")
    assert sources(sounds) == {"closed": "own", "full": "missing", "n1": "own"}
    assert lay(spoken, sounds, THREE) == Laid(written=3, unchanged=0, own=2)


def test_a_file_that_somebody_put_there_by_hand_is_their_own(spoken: Path, sounds: Path) -> None:
    lay(spoken, sounds, THREE)
    a_wav(sounds / "zh/zt/closed.wav", 2.0)
    assert lay(spoken, sounds, THREE).own == 1
    assert sources(sounds)["closed"] == "own"


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("shut.wav", {}, "there is no sentence 'shut' in zh"),
        ("full.wav", {"rate": 44_100}, "44100 Hz"),
        ("full.wav", {"channels": 2}, "stereo"),
        ("full.wav", {"seconds": 0}, "holds no sound"),
        ("full.mp3", {}, "sox full.mp3 -r 8000 -b 16 -c 1 full.wav"),
    ],
)
def test_one_bad_recording_and_nothing_is_brought(
    sounds: Path, recorded: Path, name: str, form: dict[str, int], said: str
) -> None:
    a_wav(recorded / name, **{"seconds": 1, **form})
    before = sources(sounds)
    with pytest.raises(ConfigError, match="Nothing was brought") as told:
        take(recorded, sounds, THREE, "zh")
    assert said in str(told.value)
    assert name in str(told.value)
    assert sources(sounds) == before


def test_a_word_that_a_language_does_not_have_cannot_be_brought(sounds: Path, recorded: Path) -> None:
    with pytest.raises(ConfigError, match="no sentence 'n1' in en"):
        take(recorded, sounds, THREE, "en")


def test_folders_that_are_not_there_or_empty(sounds: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        folder_of_sounds(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no such folder"):
        take(tmp_path / "nowhere", sounds, THREE, "zh")
    with pytest.raises(ConfigError, match=r"no \.wav files there"):
        take(sounds, sounds, THREE, "zh")


def test_what_cannot_be_played_is_told(spoken: Path, sounds: Path) -> None:
    lay(spoken, sounds, THREE)
    (sounds / "zh/zt/closed.wav").write_bytes(b"ID3")
    a_wav(sounds / "zh/zt/full.wav", 0)
    faults = {clip.sentence.id: clip.fault for clip in clips(sounds, THREE, ["zh"])}
    assert "an MP3" in faults["closed"]
    assert "holds no sound" in faults["full"]
    assert faults["n1"] == ""


def test_a_damaged_list_of_placeholders_is_named(spoken: Path, sounds: Path) -> None:
    lay(spoken, sounds, THREE)
    (sounds / "zh/zt/placeholders.json").write_text("{")
    with pytest.raises(ConfigError, match=r"placeholders\.json: damaged"):
        list(clips(sounds, THREE))
