"""The lab's own voice: every sentence is spoken, and Asterisk finds it beside the sounds it came with."""

import wave

import pytest

from dialplans.prompts import sentences
from dialplans.sounds import find_sound, sound_seconds
from zhitong.lab.programs import Tools

pytestmark = pytest.mark.acceptance


def test_every_sentence_is_among_the_sounds_of_the_lab_s_asterisk(tools: Tools) -> None:
    sounds = tools.asterisk.data / "sounds"
    for sentence in sentences():
        for language in sentence.spoken:
            path = find_sound(sounds, sentence.sound, language)
            assert path == sounds / language / f"{sentence.sound}.wav", sentence
            with wave.open(str(path)) as file:
                assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            # Chinese at 160 words a minute: a syllable takes a fifth of a second, pauses besides.
            heard, syllables = sound_seconds(path), len(sentence.words["zh"])
            assert language != "zh" or 0.1 * syllables < heard < 0.3 + 0.4 * syllables, (sentence, heard)


def test_what_asterisk_came_with_is_still_there(tools: Tools) -> None:
    sounds = tools.asterisk.data / "sounds"
    for name in ("beep", "silence/1", "digits/1", "queue-thankyou"):
        found = find_sound(sounds, name, "en")
        assert found is not None
        assert sound_seconds(found) > 0
    assert any((tools.asterisk.data / "moh").iterdir())
    assert (tools.asterisk.data / "documentation").is_dir()
