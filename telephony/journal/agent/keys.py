"""What the agent is known by and knows others by: a certificate with its key, and a token. One folder holds them.

The certificate is signed by itself, and the bridge trusts it and no other: no authority, no public name is needed. The
program ``openssl`` makes it. A certificate of your own authority does as well, under the same file names.
"""

import ipaddress
import os
import re
import ssl
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from telephony.errors import ConfigError
from telephony.files import write_private, write_whole
from telephony.secrets import generate

DAYS = 3650
_TOKEN = re.compile(r"[A-Za-z0-9]{16,64}")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_OPENSSL_S = 30

# CA:FALSE and the key usages, so that strict verifiers (Python 3.13's default) take it, and it can sign nothing.
_REQUEST = """\
[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = zhitong journal-agent
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


class Keys(NamedTuple):
    """The three files."""

    token: Path
    certificate: Path
    key: Path


def keys_in(folder: Path) -> Keys:
    """Where they lie in this folder."""
    return Keys(folder / "token", folder / "agent.crt", folder / "agent.key")


def make_keys(folder: Path, names: Sequence[str], days: int = DAYS) -> list[Path]:
    """Makes what is missing, and says what it made. ``names``: host names and addresses by which the bridge reaches the
    agent. Raises ConfigError."""
    keys, made = keys_in(folder), []
    if not keys.token.exists():
        write_private(keys.token, generate() + "\n")
        made.append(keys.token)
    if not keys.certificate.exists() or not keys.key.exists():
        _make_certificate(keys, names, days)
        made += [keys.certificate, keys.key]
    return made


def _make_certificate(keys: Keys, names: Sequence[str], days: int) -> None:
    request = _REQUEST.format(names=", ".join(_alternative(name) for name in names))
    with tempfile.TemporaryDirectory(prefix="zhitong-") as name:  # 0700
        folder = Path(name)
        (folder / "request").write_text(request, encoding="utf-8")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-sha256", "-nodes")
        files = ("-config", f"{folder}/request", "-keyout", f"{folder}/key", "-out", f"{folder}/certificate")
        _openssl("req", "-x509", *curve, "-days", str(days), *files)
        write_private(keys.key, (folder / "key").read_text(encoding="ascii"))
        write_whole(keys.certificate, (folder / "certificate").read_text(encoding="ascii"))


def _alternative(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        if not _HOST.fullmatch(name):
            raise ConfigError(f"{name!r} is no host name and no address.") from None
        return f"DNS:{name}"


def _openssl(*words: str) -> None:
    try:
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=_OPENSSL_S, check=False)
    except FileNotFoundError:
        raise ConfigError("There is no program openssl to make a certificate with. Say: apt install openssl") from None
    if done.returncode:
        raise ConfigError(f"openssl could not make a certificate: {done.stderr.strip()[-300:]}")


# --- using them -------------------------------------------------------------------------------------------


def read_tokens(path: Path) -> list[str]:
    """The tokens in this file, one a line; two while one takes the other's place. Raises ConfigError, also when others
    may read the file."""
    _refuse_open_file(path)
    tokens = path.read_text(encoding="ascii", errors="replace").split()
    if not tokens:
        raise ConfigError(f"{path}: holds no token. Delete it, and `zhitong journal-agent init` makes a new one.")
    if any(not _TOKEN.fullmatch(token) for token in tokens):
        raise ConfigError(f"{path}: a token is 16 to 64 letters and digits, one a line.")
    return tokens


def server_tls(keys: Keys) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate. Raises ConfigError, also when others may read the key."""
    _refuse_open_file(keys.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(keys.certificate, keys.key)
    except OSError as error:  # ssl.SSLError is one, too
        why = "certificate and key are no pair in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"{keys.certificate} and {keys.key.name}: {why}.") from error
    return context


def _refuse_open_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file. `zhitong journal-agent init` makes it.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise ConfigError(f"{path}: others may read it (mode {mode:o}). Say: chmod 600 {path}")
