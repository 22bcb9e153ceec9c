"""Token and certificate: made once, private, refused when others may read them."""

import os
import ssl
import stat
import subprocess
from pathlib import Path

import pytest

from telephony.errors import ConfigError
from telephony.journal.agent.keys import Keys, keys_in, make_keys, read_tokens, server_tls


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return keys_in(tmp_path / "keys")


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_what_is_missing_is_made_and_the_rest_left(keys: Keys) -> None:
    old = os.umask(0)
    try:
        assert make_keys(keys.token.parent, ["pbx.example", "10.0.0.5", "::1"]) == [
            *keys[:1],
            keys.certificate,
            keys.key,
        ]
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in keys]
    assert modes == [0o600, 0o644, 0o600]
    assert len(read_tokens(keys.token)[0]) == 32
    server_tls(keys)
    before = [path.read_bytes() for path in keys]
    assert make_keys(keys.token.parent, ["other.example"]) == []
    assert [path.read_bytes() for path in keys] == before
    keys.token.unlink()
    assert make_keys(keys.token.parent, ["other.example"]) == [keys.token]
    assert keys.token.read_bytes() != before[0]


def test_the_certificate_names_the_machine_and_can_sign_nothing(keys: Keys) -> None:
    make_keys(keys.token.parent, ["pbx.example", "10.0.0.5"], days=30)
    told = subprocess.run(
        ["openssl", "x509", "-in", keys.certificate, "-noout", "-text", "-checkend", str(29 * 86_400)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DNS:pbx.example, IP Address:10.0.0.5" in told
    assert "CA:FALSE" in told
    assert "Certificate will not expire" in told


@pytest.mark.parametrize("name", ["", "a b", "x,DNS:evil.example", "a\nb", "-x", "http://pbx"])
def test_a_name_that_is_none(keys: Keys, name: str) -> None:
    with pytest.raises(ConfigError, match="is no host name and no address"):
        make_keys(keys.token.parent, [name])


def test_no_openssl(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="apt install openssl"):
        make_keys(keys.token.parent, ["pbx.example"])


# --- reading ----------------------------------------------------------------------------------------------


def test_one_token_or_two(tmp_path: Path) -> None:
    one, two = "a" * 32, "b" * 16
    assert read_tokens(write(tmp_path / "token", one)) == [one]
    assert read_tokens(write(tmp_path / "token", f"{one}\n{two}\n")) == [one, two]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused(keys: Keys, mode: int) -> None:
    make_keys(keys.token.parent, ["127.0.0.1"])
    keys.token.chmod(mode)
    with pytest.raises(ConfigError, match=f"others may read it .mode {mode:o}.. Say: chmod 600"):
        read_tokens(keys.token)
    keys.key.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        server_tls(keys)


@pytest.mark.parametrize("text", ["", "\n", "short", "a" * 65, "令牌" * 16, "a" * 20 + "!"])
def test_a_token_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        read_tokens(write(tmp_path / "token", text))


def test_files_that_are_not_there(keys: Keys) -> None:
    for read in (lambda: read_tokens(keys.token), lambda: server_tls(keys)):
        with pytest.raises(ConfigError, match="`zhitong journal-agent init` makes it"):
            read()


def test_a_key_that_is_anothers(keys: Keys, tmp_path: Path) -> None:
    make_keys(keys.token.parent, ["127.0.0.1"])
    other = keys_in(tmp_path / "other")
    make_keys(other.token.parent, ["127.0.0.1"])
    keys.key.write_bytes(other.key.read_bytes())
    with pytest.raises(ConfigError, match="no pair"):
        server_tls(keys)


def test_old_versions_of_tls_are_off(keys: Keys) -> None:
    make_keys(keys.token.parent, ["127.0.0.1"])
    assert server_tls(keys).minimum_version >= ssl.TLSVersion.TLSv1_2
