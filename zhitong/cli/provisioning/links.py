"""Links at which a phone finds its settings: made for one agent and one model, gone after a while.

Kept in ``phones.json`` in the var directory, mode 0600, and there by the SHA-256 of their tokens: who can read the file
can still fetch nothing.
"""

import contextlib
import fcntl
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dialplans.handsets.files import MODELS
from telephony.config import Site
from telephony.errors import ConfigError
from telephony.files import write_private
from telephony.places import var_of

_TOKEN_BYTES = 32
"""256 bits: not to be guessed, however many guesses a second are let through."""
ROOT = "/p/"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One link. Times are seconds since 1970. ``mac``: only under the names that this phone asks for. ``once``: gone
    after the first fetch."""

    digest: str
    number: str
    model: str
    by: str
    made_at: int
    expires_at: int
    mac: str | None = None
    once: bool = False
    fetched: int = 0

    def names(self) -> tuple[str, ...]:
        """The file names that are served below it."""
        model = MODELS[self.model]
        if self.mac is None or model.by_mac is None:
            return (model.name,)
        return (model.by_mac.format(mac=self.mac),)


class Links:
    """The links in a file. Every change is written whole, under a lock, so that command and server share them."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock

    def make(
        self, number: str, model: str, by: str, *, hours: float, mac: str | None = None, once: bool = False
    ) -> str:
        """A new link; returns its token, which is kept nowhere."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), int(self._clock())
        link = Link(
            digest=_digest(token),
            number=number,
            model=model,
            by=by,
            made_at=now,
            expires_at=now + int(hours * 3600),
            mac=mac,
            once=once,
        )
        with self._changing() as links:
            links.append(link)
        return token

    def find(self, token: str) -> Link | None:
        """The link of this token; None where there is none, or none any more."""
        digest = _digest(token)
        found = [link for link in self.all() if secrets.compare_digest(link.digest, digest)]
        return found[0] if found else None

    def used(self, link: Link) -> bool:
        """Note that it was fetched; False when it is over by now: then nothing may be given away."""
        with self._changing() as links:
            for at, each in enumerate(links):
                if each.digest == link.digest:
                    links[at] = msgspec.structs.replace(each, fetched=each.fetched + 1)
                    if each.once:
                        del links[at]
                    return True
        return False

    def revoke(self, number: str | None) -> int:
        """Take back the links of this agent, or all; returns how many there were."""
        with self._changing() as links:
            stays = [link for link in links if number is not None and link.number != number]
            gone = len(links) - len(stays)
            links[:] = stays
        return gone

    def all(self) -> list[Link]:
        """Those that are not over, in the order they were made."""
        now = self._clock()
        return [link for link in self._read() if link.expires_at > now]

    def _read(self) -> list[Link]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Link])
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError as error:
            raise ConfigError(f"{self._path} is damaged ({error}). Delete it, and make the links anew.") from error

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Link]]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            links = self.all()  # those that are over are forgotten with the next change
            yield links
            write_private(self._path, msgspec.json.encode(links).decode())


def links_of(site_file: Path, site: Site) -> Path:
    """The file of the links."""
    return var_of(site_file, site) / "phones.json"


def address_of(site: Site, model: str, token: str, mac: str | None = None) -> str:
    """What is typed into the phone. With ``mac``: the folder, since the phone adds the name itself.

    Raises ConfigError where the site does not say at which address phones reach `zhitong phones serve`.
    """
    if site.phones.url is None:
        raise ConfigError(
            "site.toml does not say where phones fetch their settings: add [phones] url, such as "
            '"https://pbx.example:5049"'
        )
    folder = f"{site.phones.url}{ROOT}{token}/"
    return folder if mac is not None and MODELS[model].by_mac else folder + MODELS[model].name


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
