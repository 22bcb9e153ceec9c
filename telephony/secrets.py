"""The site's secrets: ``secrets.toml``, mode 0600, beside the database; outside git and outside site.toml.

Ours are generated, never typed: the AMI secret, a SIP password for each phone, the key that signs the daily figures,
the keys that sign people's tokens. A carrier's password for a trunk that registers is the carrier's: a person writes it
into ``[trunks]``; and so is the token of the journal agent, which is made on the PBX's machine, the value of
``journal``, and the password of the site's Redis, the value of ``redis``.
"""

import contextlib
import fcntl
import re
import secrets
import stat
import string
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from telephony.errors import ConfigError
from telephony.files import write_private
from telephony.texts import Account, Word, text
from telephony.toml import parse, read_text

LENGTH = 32
"""Characters of a generated secret: 190 bits."""

_NAMED = re.compile(r"k[0-9]{13}\Z")
"""A name that we gave to a key of tokens: ``k`` and the milliseconds since 1970 when it was made."""

_ALPHABET = string.ascii_letters + string.digits

Generated = Annotated[str, text("[A-Za-z0-9]{16,64}", "16 to 64 letters and digits; delete the line for a new one")]
Given = Annotated[
    str,
    text(r"""[!#-:<-Z^-~]{1,128}""", """1 to 128 visible ASCII characters, without space ; " \\ [ ]"""),
]


class Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What secrets.toml says. Its repr shows no secret, so that none reaches a log."""

    ami: Generated
    phones: dict[Account, Generated] = {}
    trunks: dict[Word, Given] = {}
    journal: Generated | None = None
    figures: Generated | None = None
    redis: Given | None = None
    tokens: dict[Word, Generated] = {}
    """The keys that sign people's tokens, by their names (``kid``). The last in the order of names signs; those before
    it are good for what they have signed."""

    def __repr__(self) -> str:
        return f"Secrets(ami=…, phones={len(self.phones)}, trunks={len(self.trunks)})"


def generate() -> str:
    """A new secret of ``LENGTH`` letters and digits, safe in every file and URL."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def read_secrets(path: Path) -> Secrets:
    """The secrets of this file. Raises ``ConfigError`` if others may read the file or a value is not allowed."""
    _refuse_open_file(path)
    return parse(read_text(path), Secrets, str(path), secret=True)


def ensure_secrets(path: Path, phones: Iterable[str]) -> Secrets:
    """The secrets of this file, with those that are missing generated and written (the file too, mode 0600).

    Secrets of phones that are not named stay, so that a phone that comes back keeps its password.
    """
    known, wanted = _known_and_wanted(path, phones)
    if wanted != known:
        write_private(path, _toml(wanted))
    return wanted


def forget_phones(path: Path, phones: Iterable[str]) -> None:
    """Take the passwords of these phones out of the file, so that whoever has such a phone next gets one anew.

    Raises ConfigError as ``read_secrets``, and OSError when the file cannot be written.
    """
    known, gone = read_secrets(path), set(phones)
    kept = {name: secret for name, secret in known.phones.items() if name not in gone}
    if kept != known.phones:
        write_private(path, _toml(msgspec.structs.replace(known, phones=kept)))


def renew(path: Path, phones: Iterable[str], *, ami: bool) -> None:
    """Make the passwords of these phones anew, and with ``ami`` the AMI secret. The old ones are gone.

    Raises ConfigError as ``read_secrets``, and OSError when the file cannot be written.
    """
    known = read_secrets(path)
    made = dict(known.phones) | {name: generate() for name in phones}
    write_private(path, _toml(msgspec.structs.replace(known, ami=generate() if ami else known.ami, phones=made)))


def with_figures_key(path: Path) -> Secrets:
    """The secrets of this file, with the key that signs the daily figures: generated and written if there is none.

    Raises ConfigError as ``read_secrets``, and OSError when the key cannot be written.
    """
    known = read_secrets(path)
    if known.figures is not None:
        return known
    with _alone(path):
        known = read_secrets(path)
        wanted = msgspec.structs.replace(known, figures=known.figures or generate())
        write_private(path, _toml(wanted))
    return wanted


def with_token_key(path: Path) -> Secrets:
    """The secrets of this file, with a key that signs tokens: generated and written if there is none.

    Raises ConfigError as ``read_secrets``, and OSError when the key cannot be written.
    """
    known = read_secrets(path)
    if known.tokens:
        return known
    with _alone(path):
        known = read_secrets(path)
        return known if known.tokens else _with_new_token_key(path, known, {})


def renew_token_key(path: Path, *, keep_last: bool) -> Secrets:
    """Have a new key sign from now on. With ``keep_last`` tokens of the one before hold until they expire; without,
    every token there is is void at once.

    Raises ConfigError as ``read_secrets``, and OSError when the file cannot be written.
    """
    with _alone(path):
        known = read_secrets(path)
        last = dict(sorted(known.tokens.items())[-1:]) if keep_last else {}
        return _with_new_token_key(path, known, last)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of processes that start at once each finds the keys that the others made."""
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _with_new_token_key(path: Path, known: Secrets, kept: Mapping[str, str]) -> Secrets:
    after = (int(name[1:]) + 1 for name in known.tokens if _NAMED.match(name))  # whatever the clock does
    name = f"k{max(time.time_ns() // 1_000_000, *after, 0)}"
    wanted = msgspec.structs.replace(known, tokens={**kept, name: generate()})
    write_private(path, _toml(wanted))
    return wanted


def planned_secrets(path: Path, phones: Iterable[str]) -> Secrets:
    """What ``ensure_secrets`` would return, with nothing written: what it generates is gone afterwards."""
    return _known_and_wanted(path, phones)[1]


def _known_and_wanted(path: Path, phones: Iterable[str]) -> tuple[Secrets | None, Secrets]:
    known = read_secrets(path) if path.exists() else None
    wanted = Secrets(
        ami=known.ami if known else generate(),
        phones=_with_missing(known.phones if known else {}, phones),
        trunks=known.trunks if known else {},
        journal=known.journal if known else None,
        figures=known.figures if known else None,
        redis=known.redis if known else None,
        tokens=known.tokens if known else {},
    )
    return known, wanted


def _with_missing(known: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return dict(known) | {name: generate() for name in names if name not in known}


def _refuse_open_file(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise ConfigError(f"{path}: cannot be read: No such file. `zhitong dialplan render` makes it.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise ConfigError(f"{path}: others may read it (mode {mode:o}). Say: chmod 600 {path}")


def _toml(all_of_it: Secrets) -> str:
    # Names and secrets are held to letters, digits and marks that need no escape in a TOML string.
    lines = ["# Generated. Keep it private; delete a line of [phones] to have that password made anew.", ""]
    lines += [f'ami = "{all_of_it.ami}"']
    lines += [f'journal = "{all_of_it.journal}"'] if all_of_it.journal else []
    lines += [f'figures = "{all_of_it.figures}"'] if all_of_it.figures else []
    lines += [f'redis = "{all_of_it.redis}"'] if all_of_it.redis else []
    tables = [("phones", all_of_it.phones), ("trunks", all_of_it.trunks)]
    tables += [("tokens", all_of_it.tokens)] if all_of_it.tokens else []
    for name, table in tables:
        lines += ["", f"[{name}]", *(f'"{key}" = "{value}"' for key, value in sorted(table.items()))]
    return "\n".join([*lines, ""])
