"""Where a sound lies and how long it lasts, by the formats' own arithmetic."""

import wave
from pathlib import Path

import pytest

from dialplans.menu import menu_seconds
from dialplans.sounds import find_sound, prompts_of, sound_seconds
from telephony.config import parse_site
from telephony.errors import ConfigError
from tests.unit.dialplans.sites import BASE, FULL


@pytest.mark.parametrize(
    ("name", "size", "seconds"),
    [
        ("a.gsm", 33 * 50, 1.0),
        ("a.ulaw", 8000, 1.0),
        ("a.alaw", 4000, 0.5),
        ("a.sln", 16000, 1.0),
        ("a.sln16", 32000, 1.0),
        ("a.g722", 8000, 1.0),
        ("a.g729", 10 * 100, 1.0),
        ("a.WAV", 60 + 65 * 25, 1.0),
    ],
)
def test_a_file_without_a_header_lasts_by_its_size(tmp_path: Path, name: str, size: int, seconds: float) -> None:
    (tmp_path / name).write_bytes(b"\0" * size)
    assert sound_seconds(tmp_path / name) == pytest.approx(seconds)


@pytest.mark.parametrize(("name", "rate"), [("a.wav", 8000), ("a.wav16", 16000)])
def test_a_wave_lasts_by_its_header(tmp_path: Path, name: str, rate: int) -> None:
    with wave.open(str(tmp_path / name), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"\0\0" * (rate * 3 // 2))
    assert sound_seconds(tmp_path / name) == pytest.approx(1.5)


def test_a_wave_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(ConfigError, match=r"a\.wav: it is something else, not a WAV file"):
        sound_seconds(tmp_path / "a.wav")


def put(path: Path, size: int = 1650) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0" * size)
    return path


def test_the_language_goes_before_its_family_none_and_english(tmp_path: Path) -> None:
    english = put(tmp_path / "en" / "custom" / "a.gsm")
    assert find_sound(tmp_path, "custom/a", "zh_CN") == english
    plain = put(tmp_path / "custom" / "a.gsm")
    assert find_sound(tmp_path, "custom/a", "zh_CN") == plain
    family = put(tmp_path / "zh" / "custom" / "a.gsm")
    assert find_sound(tmp_path, "custom/a", "zh_CN") == family
    exact = put(tmp_path / "zh_CN" / "custom" / "a.gsm")
    assert find_sound(tmp_path, "custom/a", "zh_CN") == exact
    assert find_sound(tmp_path, "custom/a", "en") == english
    assert find_sound(tmp_path, "custom/a", "fr") == plain


def test_what_is_no_sound_is_no_sound(tmp_path: Path) -> None:
    put(tmp_path / "en" / "a.txt")
    put(tmp_path / "en" / "ab.gsm")
    (tmp_path / "en" / "a.gsm").mkdir()
    assert find_sound(tmp_path, "a", "en") is None
    assert find_sound(tmp_path, "nowhere/a", "en") is None


def test_a_menu_lasts_as_long_as_its_prompts_together(tmp_path: Path) -> None:
    put(tmp_path / "en" / "beep.gsm", 33 * 10)
    put(tmp_path / "vm-goodbye.ulaw", 12000)
    assert menu_seconds(parse_site(FULL), tmp_path) == pytest.approx(0.2 + 1.5)


def test_without_a_menu_there_is_nothing_to_hear(tmp_path: Path) -> None:
    assert menu_seconds(parse_site(BASE), tmp_path) == 0


def test_a_prompt_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the prompt 'beep' has no file below"):
        menu_seconds(parse_site(FULL), tmp_path)


def test_every_sound_of_a_site_is_listed_with_its_key() -> None:
    named = dict(prompts_of(parse_site(FULL)))
    assert named["prompts.signed_in"] == "zt/signed_in"
    assert named["baseline.prompts[1]"] == "vm-goodbye"
    assert len(named) == 14 + 2
