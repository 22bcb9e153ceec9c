"""Cells that have been measured, kept on disk: a run of the whole grid that was killed goes on where it was."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench.dispatch.grid import WINDOWS_S, Cell
from bench.dispatch.hall import Played

FOLDER = Path("var/bench/cells")
_CODE = ("telephony", "dialplans", "zhitong/lab", "bench/dispatch")
_SUFFIXES = {".py", ".j2", ".toml"}


class _Kept(msgspec.Struct, frozen=True):
    code: str
    played: Played


class Cells:
    """``code`` names what was measured: a cell that was measured with other code is measured again."""

    def __init__(self, folder: Path = FOLDER, code: str = "") -> None:
        self._folder = folder
        self._code = code or fingerprint(Path(__file__).resolve().parents[2])

    def keep(self, played: Iterable[Played]) -> None:
        """Each in a file of its own, whole or not at all. What may not be believed is not kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for each in played:
            if not each.wrong:
                part = self._path(each.cell).with_suffix(".part")
                part.write_bytes(msgspec.json.encode(_Kept(self._code, each)))
                part.replace(self._path(each.cell))

    def of(self, cell: Cell) -> Played | None:
        """This cell, if it is there as it would be measured now."""
        try:
            kept = msgspec.json.decode(self._path(cell).read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError):
            return None
        same = kept.code == self._code and kept.played.cell == cell and kept.played.window_s == WINDOWS_S[cell.talk_s]
        return kept.played if same else None

    def forget(self, cells: Iterable[Cell]) -> None:
        """The run is over: the next one measures anew."""
        for cell in cells:
            self._path(cell).unlink(missing_ok=True)

    def _path(self, cell: Cell) -> Path:
        return self._folder / f"{cell.name}.json"


def fingerprint(root: Path) -> str:
    """Of the source that is measured, and of what measures it."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted(path for path in (root / folder).rglob("*") if path.suffix in _SUFFIXES):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
