"""Secrets: generated, private, kept, and never shown."""

import os
import re
import stat
import tomllib
from pathlib import Path

import pytest

from telephony.errors import ConfigError
from telephony.secrets import LENGTH, Secrets, ensure_secrets, generate, read_secrets, with_figures_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "secrets.toml"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def test_a_secret_has_32_letters_and_digits_and_is_new_each_time() -> None:
    made = {generate() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch("[A-Za-z0-9]{32}", secret) for secret in made)
    assert LENGTH == 32


def test_the_file_is_made_with_a_secret_for_everyone(file: Path) -> None:
    secrets = ensure_secrets(file, ["1001", "1002", "desk-7.b"])
    assert set(secrets.phones) == {"1001", "1002", "desk-7.b"}
    assert len({secrets.ami, *secrets.phones.values()}) == 4
    assert read_secrets(file) == secrets


def test_only_the_owner_may_read_it_whatever_the_umask(file: Path) -> None:
    old = os.umask(0)
    try:
        ensure_secrets(file, ["1001"])
        ensure_secrets(file, ["1001", "1002"])
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secrets.toml"]


def test_a_second_time_nothing_changes_and_the_file_is_not_touched(file: Path) -> None:
    first = ensure_secrets(file, ["1001"])
    before = file.stat()
    assert ensure_secrets(file, ["1001"]) == first
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert file.stat().st_ino == before.st_ino


def test_new_phones_are_added_and_old_ones_keep_theirs(file: Path) -> None:
    first = ensure_secrets(file, ["1001"])
    second = ensure_secrets(file, ["1002"])
    assert second.ami == first.ami
    assert second.phones["1001"] == first.phones["1001"]
    assert set(second.phones) == {"1001", "1002"}


def test_a_carriers_password_stays_as_it_was_typed(file: Path) -> None:
    written(file, f'ami = "{"a" * 32}"\n[trunks]\ncarrier = "p@ss,w0rd#=!"\n')
    assert ensure_secrets(file, ["1001"]).trunks == {"carrier": "p@ss,w0rd#=!"}
    assert tomllib.loads(file.read_text(encoding="utf-8"))["trunks"] == {"carrier": "p@ss,w0rd#=!"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_others_may_read_is_refused_with_the_remedy(file: Path, mode: int) -> None:
    ensure_secrets(file, ["1001"])
    file.chmod(mode)
    with pytest.raises(ConfigError, match=r"others may read it \(mode 6..\)\. Say: chmod 600 "):
        read_secrets(file)
    with pytest.raises(ConfigError, match="chmod 600"):
        ensure_secrets(file, ["1002"])


HIDDEN = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f'ami = "{HIDDEN};"',
        f'ami = "{HIDDEN}',
        f'ami = "{HIDDEN}{HIDDEN}"\n[phones]\n1001 = "{HIDDEN} "',
        f'ami = "{HIDDEN}{HIDDEN}"\n[phones]\n"10;01" = "{HIDDEN}{HIDDEN}"',
        f'ami = "{HIDDEN}{HIDDEN}"\n[trunks]\ncarrier = "{HIDDEN}\\n[x]"',
        f'ami = "{HIDDEN}{HIDDEN}"\n[trunks]\ncarrier = "{HIDDEN};x"',
        f'ami = "{HIDDEN}{HIDDEN}"\n[trunks]\ncarrier = "{HIDDEN}\\\\"',
        f'ami = "{HIDDEN}{HIDDEN}"\nextra = "{HIDDEN}"',
        f'{HIDDEN} = "x"',
    ],
)
def test_a_wrong_file_is_refused_and_no_secret_is_shown(file: Path, text: str) -> None:
    written(file, text)
    with pytest.raises(ConfigError) as caught:
        read_secrets(file)
    shown = f"{caught.value!r} {caught.value.__cause__!r}"
    assert str(file) in shown
    assert HIDDEN not in shown.replace(f"{HIDDEN}: there is no such key", "")


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.toml: cannot be read: No such file"):
        read_secrets(file)


def test_no_repr_shows_a_secret() -> None:
    secrets = Secrets(ami=HIDDEN * 2, phones={"1001": HIDDEN * 2}, trunks={"carrier": HIDDEN})
    assert HIDDEN not in f"{secrets!r} {secrets} {[secrets]}"


def test_the_key_of_the_figures_is_made_once_and_kept(file: Path) -> None:
    before = ensure_secrets(file, ["1001"])
    assert before.figures is None
    first = with_figures_key(file)
    assert first.figures is not None
    assert (first.ami, first.phones) == (before.ami, before.phones)
    assert with_figures_key(file) == read_secrets(file) == first
    assert ensure_secrets(file, ["1001", "1002"]).figures == first.figures
    assert first.figures not in repr(first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
