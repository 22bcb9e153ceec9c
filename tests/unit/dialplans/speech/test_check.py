"""What of a site's sounds would not be heard: missing, empty, or not what their name says."""

import wave
from pathlib import Path

import pytest

from dialplans.findings import Level
from dialplans.prompts import sentences
from dialplans.sounds import sound_seconds
from dialplans.speech.check import file_prompts, named_in, site_prompts
from telephony.config import parse_site
from telephony.errors import ConfigError
from tests.unit.dialplans.sites import BASE

SITE = parse_site(BASE)


def a_wav(path: Path, seconds: float = 0.5, *, rate: int = 8000, channels: int = 1, width: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(round(rate * seconds) * channels * width))


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """All sentences, in Chinese."""
    for sentence in sentences():
        a_wav(tmp_path / "zh" / f"{sentence.sound}.wav")
    return tmp_path


def test_nothing_is_wrong_where_all_sentences_are(sounds: Path) -> None:
    assert site_prompts(SITE, sounds) == []
    assert file_prompts(SITE, {"queues.conf": "announce-position = yes\nqueue-thereare = zt/position"}, sounds) == []


def test_a_recording_whose_copy_was_cut_off_is_none(sounds: Path) -> None:
    file = sounds / "zh/zt/closed.wav"
    file.write_bytes(file.read_bytes()[:3000])
    (finding,) = site_prompts(SITE, sounds)
    assert (finding.where, finding.level) == ("site.toml: prompts.closed", Level.ERROR)
    assert "it is cut off: 5044 bytes of its sound are missing" in finding.what


def test_who_writes_to_a_pipe_cannot_know_the_length(sounds: Path) -> None:
    file = sounds / "zh/zt/closed.wav"
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + b"\xff\xff\xff\xff" + whole[44:])
    assert site_prompts(SITE, sounds) == []


def test_a_sentence_that_is_missing_is_named_with_its_key_and_how_to_bring_it(sounds: Path) -> None:
    (sounds / "zh/zt/closed.wav").unlink()
    (finding,) = site_prompts(SITE, sounds)
    assert (finding.where, finding.level) == ("site.toml: prompts.closed", Level.ERROR)
    assert "'zt/closed' has no file" in finding.what
    assert f"zhitong prompts build {sounds}" in finding.remedy


def test_a_city_s_own_sound_that_is_missing_cannot_be_built(sounds: Path) -> None:
    (finding,) = site_prompts(parse_site(BASE + '[prompts]\nfull = "custom/full"\n'), sounds)
    assert finding.where == "site.toml: prompts.full"
    assert "bring the file" in finding.remedy


def test_sentences_that_were_never_spoken_are_one_finding(tmp_path: Path) -> None:
    (finding,) = site_prompts(SITE, tmp_path)
    assert "14 sentences have no file" in finding.what
    assert "zhitong prompts build" in finding.remedy


def test_a_sentence_in_another_language_is_not_there(sounds: Path) -> None:
    (sounds / "zh/zt/closed.wav").unlink()
    a_wav(sounds / "en/zt/closed.wav")
    (finding,) = site_prompts(SITE, sounds)
    assert (finding.where, finding.level) == ("site.toml: prompts.closed", Level.ERROR)
    a_wav(sounds / "zt/closed.wav")  # one that is good for every language
    assert site_prompts(SITE, sounds) == []


def test_what_the_files_name_is_found_with_file_and_line(sounds: Path) -> None:
    plan = "[zt-x]\n same => n,Playback(zt/transferring&silence/1&${ARG1})\n same => n,Gosub(zt-say,s,1(zt/closed))\n"
    (sounds / "zh/zt/transferring.wav").unlink()
    found = file_prompts(SITE, {"extensions.conf": plan}, sounds)
    assert [each.where for each in found] == ["extensions.conf:2", "extensions.conf:2"]
    assert {"'silence/1'" in each.what or "'zt/transferring'" in each.what for each in found} == {True}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("exten => 1,1,Playback(a&custom/b,noanswer)", ["a", "custom/b"]),
        ("exten => 1,1,Background(${X}&c)", ["c"]),
        ("exten => 1,1,Gosub(zt-say,s,1(zt/closed)) ; zt/old", ["zt/closed"]),
        ("queue-youarenext = zt/position_next", ["zt/position_next"]),
        ("exten => 1,1,Goto(zt-queue-x,s,1)", []),
        ("sound = /var/lib/zt/closed", []),
        ('exten => 1,1,GotoIf($["${DB(zt/closure)}"="on"]?a)', []),
        ("exten => 1,1,Set(X=${DB_DELETE(zt/closure)})", []),
    ],
)
def test_names_are_read_off_a_line(line: str, names: list[str]) -> None:
    assert [each.sound for each in named_in("f", line)] == names


@pytest.mark.parametrize("line", ["announce-position = yes", "announce-position=limit", "exten => 1,1,SayNumber(5)"])
def test_who_says_a_number_needs_its_words(line: str, sounds: Path) -> None:
    (sounds / "zh/digits/20.wav").unlink()
    (finding,) = file_prompts(SITE, {"f": line}, sounds)
    assert "'digits/20'" in finding.what
    english = parse_site('language = "en"\n' + BASE)
    assert file_prompts(english, {"f": line}, sounds) == []
    assert file_prompts(SITE, {"f": "announce-position = no"}, sounds) == []


MP3 = b"ID3\x03\x00" + bytes(100)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (MP3, "it is an MP3"),
        (b"\xff\xfb\x90\x00", "it is an MP3"),
        (b"OggS", "it is an Ogg file"),
        (b"hello", "it is something else"),
    ],
)
def test_what_is_no_wave_is_named_for_what_it_is(sounds: Path, content: bytes, said: str) -> None:
    (sounds / "zh/zt/closed.wav").write_bytes(content)
    (finding,) = site_prompts(SITE, sounds)
    assert finding.where == "site.toml: prompts.closed"
    assert said in finding.what
    assert "sox ORIGINAL -r 8000 -b 16 -c 1 closed.wav" in finding.what


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"rate": 44_100}, "44100 Hz, 16 bit, mono, not 8000 Hz, 16 bit, mono"),
        ({"rate": 16_000}, "16000 Hz"),
        ({"channels": 2}, "stereo"),
        ({"width": 1}, "8 bit"),
    ],
)
def test_a_wave_of_another_form_is_told_with_what_it_should_be(sounds: Path, form: dict[str, int], said: str) -> None:
    path = sounds / "zh/zt/closed.wav"
    a_wav(path, 0.5, **form)
    (finding,) = site_prompts(SITE, sounds)
    assert said in finding.what


def test_a_wave_of_another_encoding_and_an_empty_one(sounds: Path) -> None:
    path = sounds / "zh/zt/closed.wav"
    content = bytearray(path.read_bytes())
    content[20] = 6  # A-law in a WAV
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="0x0006, not PCM"):
        sound_seconds(path)
    a_wav(path, 0)
    (finding,) = site_prompts(SITE, sounds)
    assert "holds no sound" in finding.what


def test_a_wave_of_16_khz_has_a_name_of_its_own(tmp_path: Path) -> None:
    a_wav(tmp_path / "a.wav", 0.5, rate=16_000)
    (tmp_path / "a.wav").rename(tmp_path / "a.wav16")
    assert sound_seconds(tmp_path / "a.wav16") == pytest.approx(0.5)
