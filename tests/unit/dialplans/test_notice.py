"""The notice as it is rendered, and measured on disk."""

from pathlib import Path

import pytest

from dialplans.notice import Voice, spoken
from dialplans.parse import settings
from telephony.config import parse_site
from telephony.errors import ConfigError
from tests.integration.dialplans.telling import write_tone
from tests.unit.dialplans.sites import BASE, FULL, TOLD, TOLD_WHOLE, apps, plan, rendered

PLAIN = (
    BASE
    + 'max_wait_s = 300\n[[queue]]\nname = "duty"\nmax_wait_s = 0\nmusic = "city"\n'
    + "[recording]\non = true\nkeep_days = 9\n[notice]\non = true\n"
)
SITE = parse_site(PLAIN)


def tone(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tone(path, 300, seconds)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tone(tmp_path / "sounds" / "zh" / "zt" / "notice.wav", 3.25)
    tone(tmp_path / "sounds" / "en" / "silence" / "10.wav", 10)
    return tmp_path


def test_it_lasts_as_long_as_its_sounds_together(data: Path) -> None:
    tone(data / "sounds" / "zh" / "zt" / "greeting.wav", 1.5)
    both = parse_site(PLAIN + 'sounds = ["zt/greeting", "zt/notice"]\n')
    files = (f"{data}/sounds/zh/zt/greeting", f"{data}/sounds/zh/zt/notice")
    assert spoken(both, data).voices == (Voice("zh", "zh", files, 4750),)


def test_the_language_is_that_of_the_file(data: Path) -> None:
    tone(data / "sounds" / "en" / "zt" / "notice.wav", 2)
    (data / "sounds" / "zh" / "zt" / "notice.wav").unlink()
    (voice,) = spoken(SITE, data).voices
    assert (voice.channel, voice.language) == ("zh", "en")


def test_each_language_that_a_route_gives_has_a_voice(data: Path) -> None:
    tone(data / "sounds" / "en" / "zt" / "notice.wav", 2)
    routed = '[[route]]\nnumbers = ["{}"]\nqueues = {{ hotline = 1 }}\nlanguage = "{}"\n'
    site = parse_site(PLAIN + routed.format("12346", "en") + routed.format("12347", "en"))
    voices = [(voice.channel, voice.language, voice.length_ms) for voice in spoken(site, data).voices]
    assert voices == [("zh", "zh", 3250), ("en", "en", 2000)]


def test_without_its_sound_nothing_is_rendered(data: Path) -> None:
    (data / "sounds" / "zh" / "zt" / "notice.wav").unlink()
    with pytest.raises(ConfigError, match="'zt/notice' of the notice has no file"):
        spoken(SITE, data)


def test_music_follows_for_as_long_as_anybody_waits(data: Path) -> None:
    for name in ("b", "a"):
        tone(data / "moh" / f"{name}.wav", 60)
    tone(data / "moh" / "city" / "only.wav", 5)
    (data / "moh" / "readme.txt").touch()
    limited = parse_site(PLAIN.replace("max_wait_s = 0", "max_wait_s = 300"))
    music = spoken(limited, data).music
    pieces = [f"{data}/moh/a", f"{data}/moh/b"]
    assert music["default"] == tuple(pieces * 3)  # 300 s, 120 s each time
    assert music["city"] == (f"{data}/moh/city/only",)  # the last piece goes on by itself


def test_without_music_there_is_silence_and_never_the_notice_again(data: Path) -> None:
    assert spoken(SITE, data).music["default"] == (f"{data}/sounds/en/silence/10",)


def test_each_music_has_a_class_that_begins_with_the_notice() -> None:
    conf = rendered(TOLD)["musiconhold.conf"]
    entries = {
        name: [each.value for each in settings(conf) if (each.section, each.key) == (f"zt-notice-{name}", "entry")]
        for name in ("default", "city", "default-en")
    }
    assert entries == {
        "default": ["/srv/sounds/zh/zt/notice", "/srv/moh/a", "/srv/moh/b"],
        "city": ["/srv/sounds/zh/zt/notice", "/srv/c"],
        "default-en": ["/srv/sounds/en/zt/notice", "/srv/moh/a", "/srv/moh/b"],
    }
    assert "zt-notice" not in rendered(TOLD_WHOLE)["musiconhold.conf"]


@pytest.mark.parametrize("text", [BASE, FULL])
def test_who_is_told_nothing_waits_as_before(text: str) -> None:
    files = rendered(text)
    assert "zt-notice" not in files["extensions.conf"] + files["musiconhold.conf"]
    assert "Queue(hotline,ct${ZT_TONE},,,600)" in apps(plan(files)["zt-queue-hotline"]["s"])


def test_the_queue_plays_what_it_is_told_and_a_transfer_never_the_notice() -> None:
    ways = plan(rendered(TOLD))
    steps = apps(ways["zt-queue-hotline"]["s"])
    wait = "Queue(hotline,ct${ZT_TONE}m(${ZT_MOH}),,,600,,,,${ZT_POSITION})"
    assert steps.index("Gosub(zt-notice,s,1(city))") < steps.index(wait)
    assert "Set(ZT_TELL=)" in apps(ways["zt-transfer"]["queue-hotline"])


def test_the_right_to_send_messages_is_given_where_messages_are_sent() -> None:
    with_messages = rendered(TOLD + "message = true\n")["manager.conf"]
    assert "write = reporting,originate,call,agent,message\n" in with_messages
    assert "message" not in next(
        line for line in rendered(TOLD)["manager.conf"].splitlines() if line.startswith("write = ")
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TOLD + "sounds = []\n", "notice.sounds: at least one"),
        (BASE + "[notice]\non = true\n", "notice.sounds: zt/notice says that the call is recorded"),
        (TOLD + "whole = true\n", "notice.whole: callers of trunk carrier hear nothing"),
    ],
)
def test_a_notice_that_would_not_be_true_or_not_heard_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_site(text)
