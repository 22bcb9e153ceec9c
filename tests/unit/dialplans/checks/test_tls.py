"""Certificates and keys that Asterisk could not load."""

import subprocess
from pathlib import Path

import pytest

from dialplans.check import check_site
from telephony.config import parse_site
from tests.unit.dialplans.sites import BASE


def made(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ("-subj", "/CN=pbx.example", "-days", "2", "-keyout", str(key), "-out", str(cert))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True, capture_output=True
    )
    return cert, key


def found(folder: Path, cert: Path, key: Path, *, here: bool = True) -> list[tuple[str, str]]:
    text = f'{BASE}[sip]\ntransports = ["udp", "tls"]\ntls_cert = "{cert}"\ntls_key = "{key}"\n'
    findings = check_site(parse_site(text), sounds=folder if here else None)
    return [(each.where, each.what) for each in findings if each.rule == "tls-files"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def pair(folder: Path) -> tuple[Path, Path]:
    return made(folder, "one")


def test_a_pair_that_goes_together_is_right(folder: Path, pair: tuple[Path, Path]) -> None:
    assert found(folder, *pair) == []


def test_each_fault_is_named_at_its_key(folder: Path, pair: tuple[Path, Path]) -> None:
    cert, key = pair
    absent, (_, other) = folder / "none.pem", made(folder, "two")
    ((where, what),) = found(folder, absent, key)
    assert (where, "No such file" in what) == ("site.toml: sip.tls_cert", True)
    ((where, what),) = found(folder, cert, cert)
    assert (where, "holds no private key" in what) == ("site.toml: sip.tls_key", True)
    ((where, what),) = found(folder, key, key)
    assert (where, "holds no certificate" in what) == ("site.toml: sip.tls_cert", True)
    ((where, what),) = found(folder, cert, other)
    assert (where, "does not go with" in what) == ("site.toml: sip.tls_key", True)


def test_a_pbx_on_another_machine_has_its_files_there(folder: Path) -> None:
    assert found(folder, folder / "none.pem", folder / "none.key", here=False) == []
