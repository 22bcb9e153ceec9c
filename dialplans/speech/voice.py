"""A synthesiser of speech: eSpeak NG, as a program."""

import os
import subprocess
from collections.abc import Mapping

import msgspec

from dialplans.speech.pcm import for_the_line, read_wave, wave_of
from telephony.errors import ConfigError

_VOICES = {"zh": "cmn", "en": "en-us"}
"""eSpeak's voice for each language of ours."""

_WORDS_A_MINUTE = 160
_PATIENCE_S = 60


class Voice(msgspec.Struct, frozen=True):
    """How to start eSpeak NG: the argument list before its own arguments, and what to add to the environment."""

    command: tuple[str, ...]
    environ: Mapping[str, str] = {}

    def version(self) -> str:
        """Which eSpeak it is. Raises ``ConfigError`` when it cannot be run."""
        said = self._run("--version").decode(errors="replace")
        return said.partition(" Data at")[0].strip()

    def settings(self, language: str) -> str:
        """What else decides how it says things."""
        return f"{_VOICES[language]} {_WORDS_A_MINUTE}"

    def say(self, words: str, language: str) -> bytes:
        """A WAV file of these words as a telephone line carries them: 8 kHz, 16 bit, mono, trimmed, at one level.

        Raises ``ConfigError`` when eSpeak cannot be run, or says nothing.
        """
        told = self._run("-v", _VOICES[language], "-s", str(_WORDS_A_MINUTE), "--stdout", "--", words)
        samples = for_the_line(*read_wave(told))
        if not samples:
            raise ConfigError(f"eSpeak NG says nothing for {words!r}: is its voice {_VOICES[language]!r} installed?")
        return wave_of(samples)

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                [*self.command, *arguments],
                capture_output=True,
                check=False,
                timeout=_PATIENCE_S,
                env={**os.environ, **self.environ},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"eSpeak NG ({self.command[-1]}) cannot be run: {error}") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise ConfigError(f"eSpeak NG ({self.command[-1]}) failed: {said or done.returncode}")
        return done.stdout
