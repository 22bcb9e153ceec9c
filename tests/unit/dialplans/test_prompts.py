"""The sentences: all there in both languages, and a slip in their file is told by its key."""

from pathlib import Path

import pytest

from dialplans.prompts import SENTENCES_FILE, sentences, sound_of
from dialplans.speech.check import named_in
from telephony.errors import ConfigError
from telephony.site import site

SITE_TABLES = Path(site.__file__).parent

ROW = 'zh = "您好。"\nen = "Hello."\nwhen = "always"\n'


def test_every_sentence_has_chinese_words() -> None:
    for sentence in sentences():
        assert all("一" <= character <= "鿿" or character in "，。、" for character in sentence.words["zh"]), sentence


def test_a_sentence_is_a_sound_of_ours_and_a_number_word_is_where_asterisk_looks() -> None:
    sounds = {sentence.id: sentence.sound for sentence in sentences()}
    assert sounds["closed"] == sound_of("closed") == "zt/closed"
    assert sounds["n10"] == "digits/10"
    assert sounds["minute"] == "minute"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[closed\n", "prompts.toml"),
        ("[closed]\n" + ROW + 'font = "x"\n', "font"),
        ("[closed]\n" + ROW.replace('"您好。"', '""'), "zh"),
        ('["../closed"]\n' + ROW, "key"),
        ("[closed]\n" + ROW + 'file = "../../x"\n', "file"),
        ("[closed]\n" + ROW + "[shut]\n" + ROW + 'file = "zt/closed"\n', "shut and closed"),
    ],
)
def test_a_slip_is_told(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"prompts\.toml") as told:
        sentences(text)
    assert said in str(told.value)


def test_every_sentence_that_anything_names_is_written() -> None:
    """In a template, a view, or a default of site.toml."""
    root = SENTENCES_FILE.parent
    sources = [*(root / "templates").rglob("*.j2"), *(root / "views").glob("*.py"), *SITE_TABLES.glob("*.py")]
    named = {each.sound for path in sources for each in named_in(path.name, path.read_text(encoding="utf-8"))}
    ours = {sound for sound in named if sound.startswith("zt/")}
    assert {"zt/closed", "zt/position", "zt/wait_about", "zt/liang"} <= ours
    assert ours <= {sentence.sound for sentence in sentences()}
