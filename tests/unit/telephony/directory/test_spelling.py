"""Another process says how texts sound."""

import sys

import pytest

from telephony.directory import spelling
from telephony.directory.sounds import sounded
from telephony.errors import DirectoryError


async def test_texts_come_back_as_they_sound() -> None:
    asked = [("曾经理", True), ("曾经理", False), ("人社局\n", False), ("", False)]
    told = await spelling.spell(asked)
    assert told == {text: sounded(text[0], name=text[1]) for text in asked}
    assert "zeng" in told["曾经理", True]


async def test_a_process_that_fails_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DirectoryError, match="How the directory's texts sound"):
        await spelling.spell([("社", False)])
