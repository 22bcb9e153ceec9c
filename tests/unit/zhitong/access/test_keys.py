"""The keys of tokens, as their file changes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from telephony.errors import ConfigError
from telephony.secrets import ensure_secrets, read_secrets, renew_token_key, with_figures_key, with_token_key
from zhitong.access.keys import LOOK_S, KeyFile


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_key_is_made_when_it_is_needed_first_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    ensure_secrets(path, ["1001"])
    made = dict(await KeyFile(path).current())
    assert len(made) == 1
    assert [len(key) for key in made.values()] == [32], "as many bytes as the hash of HS256 has, RFC 7518 §3.2"
    assert dict(await KeyFile(path).current()) == made
    assert ensure_secrets(path, ["1001", "1002"]).tokens == made == with_token_key(path).tokens
    assert path.stat().st_mode & 0o777 == 0o600


async def test_another_key_is_taken_up_without_a_restart(tmp_path: Path) -> None:
    path, clock = tmp_path / "secrets.toml", Clock()
    ensure_secrets(path, [])
    keys = KeyFile(path, clock)
    before = await keys.current()
    renew_token_key(path, keep_last=True)
    assert await keys.current() == before
    clock.now += LOOK_S
    assert await keys.current() == read_secrets(path).tokens != before


async def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "secrets.toml", Clock()
    with pytest.raises(ConfigError):
        await KeyFile(path).current()
    ensure_secrets(path, [])
    keys = KeyFile(path, clock)
    before = await keys.current()
    for text in ("not TOML", ""):
        path.write_text(text)
        clock.now += LOOK_S
        assert await keys.current() == before
    path.unlink()
    clock.now += LOOK_S
    assert await keys.current() == before


def test_processes_that_start_at_once_have_one_key_and_lose_none_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    ensure_secrets(path, [])
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(with_token_key if each % 2 else with_figures_key, path) for each in range(40)]
    tokens = {tuple(each.result().tokens) for each in made} - {()}
    figures = {each.result().figures for each in made} - {None}
    assert len(tokens) == len(figures) == 1
    assert (tuple(read_secrets(path).tokens), read_secrets(path).figures) == (tokens.pop(), figures.pop())


def test_the_newest_key_signs_whatever_the_clock_says(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    ensure_secrets(path, [])
    newest = [max(renew_token_key(path, keep_last=True).tokens) for _ in range(20)]
    assert newest == sorted(set(newest))
