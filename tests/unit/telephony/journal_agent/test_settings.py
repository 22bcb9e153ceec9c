"""How a site names its journal agent, and where its logs are read then."""

from pathlib import Path

import pytest

from telephony.config import Site, parse_site
from telephony.errors import ConfigError
from telephony.journal.agent.keys import keys_in, make_keys
from telephony.journal.files import LocalLogs
from telephony.journal.remote import RemoteLogs
from telephony.journal.source import logs_of
from telephony.secrets import ensure_secrets, planned_secrets, read_secrets

BASE = 'name = "x"\nhotline = ["12345"]\n[[queue]]\nname = "q"\n'
TOKEN = "t" * 32


def site(**keys: str) -> Site:
    """With these keys in ``[pbx.journal]``; ``log`` is Asterisk's log folder."""
    log = keys.pop("log", "nowhere")
    table = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return parse_site(f'{BASE}[pbx.folders]\nlog = "{log}"\n[pbx.journal]\n{table}')


@pytest.mark.parametrize(
    "url", ["https://pbx", "https://pbx.example:5048", "https://10.0.0.5:1", "https://[::1]:5048", "https://[fe80::1]"]
)
def test_an_address(url: str) -> None:
    assert site(url=url).pbx.journal.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pbx",
        "http://pbx",
        "https://",
        "https://pbx/",
        "https://pbx/v1",
        "https://a@pbx",
        "https://pbx:",
        "https://p x",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match=r"pbx\.journal\.url"):
        site(url=url)


def test_the_logs_are_read_where_they_are(tmp_path: Path) -> None:
    assert logs_of(site(), None) is None
    local = logs_of(site(log=str(tmp_path)), TOKEN)
    assert isinstance(local, LocalLogs)
    assert local.folder == tmp_path
    make_keys(tmp_path / "keys", ["127.0.0.1"])
    certificate = str(keys_in(tmp_path / "keys").certificate)
    named = site(url="https://127.0.0.1", tls_cert=certificate, log=str(tmp_path))
    assert isinstance(logs_of(named, TOKEN), RemoteLogs), "who names an agent means it, though a folder is there"


def test_an_agent_without_its_token_or_certificate(tmp_path: Path) -> None:
    named = site(url="https://127.0.0.1", tls_cert=str(tmp_path / "none.crt"))
    with pytest.raises(ConfigError, match=r'secrets\.toml: journal: .* as journal = "…"'):
        logs_of(named, None)
    with pytest.raises(ConfigError, match=r"pbx\.journal\.tls_cert: .*none\.crt cannot be read: No such file"):
        logs_of(named, TOKEN)


def test_the_token_stays_when_phones_get_their_passwords(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    ensure_secrets(file, ["1001"])
    file.write_text(f'journal = "{TOKEN}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert planned_secrets(file, ["1002"]).journal == TOKEN
    assert ensure_secrets(file, ["1001", "1002"]).journal == TOKEN
    kept = read_secrets(file)
    assert (kept.journal, set(kept.phones)) == (TOKEN, {"1001", "1002"})
    assert TOKEN not in repr(kept)
