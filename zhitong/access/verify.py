"""Whether an audit log is as it was written: each chain of a folder, line by line, and its end, as far as is known."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from telephony.errors import AuditError
from zhitong.access.chain import BEGINS, MAX_LINE, Broken, Entry, Place, entry_of
from zhitong.access.trail import read_head, segments

VERIFIED = "audit verify"
"""The deed of a verification: its details name how far each chain had come, which later ones are held to."""


class Fault(msgspec.Struct, frozen=True):
    """Something that is not as it was written. ``line`` counts from 1 in ``file``; 0: it is the whole file."""

    file: str
    line: int
    what: str


class Verdict(msgspec.Struct, frozen=True):
    """Of one chain. ``faults`` in the order of the file, the first ones. ``torn``: bytes of a last line that a kill cut
    off; nobody was told that it was written, so it is no fault."""

    chain: str
    lines: int
    head: Place
    faults: tuple[Fault, ...]
    torn: int = 0

    @property
    def whole(self) -> bool:
        return not self.faults


MAX_FAULTS = 20


def chains(folder: Path) -> list[Path]:
    """The folders of the chains."""
    return sorted(each for each in folder.glob("*") if each.is_dir()) if folder.is_dir() else []


def verify(folder: Path) -> list[Verdict]:
    """Every chain; those too that an earlier verification had seen and that are gone. Raises AuditError when a file
    cannot be read."""
    known = _anchors(folder)
    found = {each.name: _Reading(each, known.get(each.name)).verdict() for each in chains(folder)}
    for name in sorted(known.keys() - found.keys()):
        gone = Fault(name, 0, f"the chain is gone; at the last verification it had {known[name].n} lines")
        found[name] = Verdict(name, 0, Place(), (gone,))
    return list(found.values())


def entries(folder: Path) -> Iterator[tuple[str, Entry]]:
    """Every line that can be read with the name of its chain, chain after chain; whether these are whole or not."""
    for chain in chains(folder):
        for file in segments(chain):
            for _, raw in _lines(file):
                try:
                    yield chain.name, entry_of(raw.rstrip(b"\n"))
                except Broken:
                    continue


def _anchors(folder: Path) -> Mapping[str, Place]:
    """How far each chain had come when it was verified last."""
    found: dict[str, Place] = {}
    for _, entry in entries(folder):
        if entry.deed == VERIFIED:
            for name, (n, digest) in entry.details.get("heads", {}).items():
                if n >= found.get(name, Place()).n:
                    found[name] = Place(n, digest)
    return found


class _Reading:
    """One chain, read from its first line to its last."""

    def __init__(self, folder: Path, anchor: Place | None) -> None:
        self._folder, self._anchor, self._head = folder, anchor, read_head(folder)
        self._at, self._lines, self._torn = Place(), 0, 0
        self._passed: dict[int, str] = {}
        self._faults: list[Fault] = []

    def verdict(self) -> Verdict:
        files = segments(self._folder)
        for file in files:
            self._read(file, is_last=file == files[-1])
        self._hold_to_head(files[-1] if files else self._folder / "000001.jsonl")
        self._hold_to_anchor()
        return Verdict(self._folder.name, self._lines, self._at, tuple(self._faults[:MAX_FAULTS]), self._torn)

    def _fault(self, file: Path, line: int, what: str) -> None:
        self._faults.append(Fault(f"{self._folder.name}/{file.name}", line, what))

    def _read(self, file: Path, *, is_last: bool) -> None:
        for number, raw in _lines(file):
            if not raw.endswith(b"\n"):
                if is_last and len(raw) <= MAX_LINE:
                    self._torn = len(raw)
                else:
                    self._fault(file, number, "is no line of this log")
                continue
            self._lines += 1
            try:
                self._take(file, number, entry_of(raw[:-1]))
            except Broken as broken:
                self._fault(file, number, str(broken))
                self._at = Place(self._at.n + 1, "")  # what follows tells whether more than this line is amiss

    def _take(self, file: Path, number: int, entry: Entry) -> None:
        wanted = self._at.n + 1
        if entry.n > wanted:
            self._fault(file, number, f"lines were removed before it: it is {entry.n}, {wanted} should stand here")
        elif entry.n < wanted:
            self._fault(file, number, f"was put in or moved: it is {entry.n}, {wanted} should stand here")
        elif self._at.hash and entry.prev != self._at.hash:
            self._fault(file, number, "does not follow the line before it")
        if entry.n == 1:
            self._hold_seals(file, number, entry)
        self._at = entry.place
        if entry.n in {each.n for each in (self._head, self._anchor) if each is not None}:
            self._passed[entry.n] = entry.hash

    def _hold_seals(self, file: Path, number: int, entry: Entry) -> None:
        seals = entry.details.get("seals", {}) if entry.deed == BEGINS else {}
        for name, digest in seals.items():
            sealed = self._folder.parent.parent / name
            if not sealed.exists():
                self._fault(sealed, 0, "is gone, and was there when this log began")
            elif hashlib.sha256(sealed.read_bytes()).hexdigest() != digest:
                self._fault(sealed, 0, "was changed since this log began")

    def _hold_to_head(self, last: Path) -> None:
        if self._head is None:
            self._fault(last, 0, "there is no head beside it: how far it had come is not known")
        elif self._head.n > self._at.n:
            missing = self._head.n - self._at.n
            self._fault(last, 0, f"was cut off: {missing} of {self._head.n} lines are missing at its end")
        elif self._passed.get(self._head.n) != self._head.hash and not self._faults:
            self._fault(last, 0, f"is not the one that was written: line {self._head.n} has another hash in the head")

    def _hold_to_anchor(self) -> None:
        anchor = self._anchor
        if anchor is not None and self._passed.get(anchor.n) != anchor.hash and not self._faults:
            what = f"is not the one that was verified before: line {anchor.n} had another hash then"
            self._fault(self._folder, 0, what)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with file.open("rb") as opened:
            yield from enumerate(opened, 1)
    except OSError as error:
        raise AuditError(f"{file}: cannot be read: {error.strerror}.") from error
