"""What a check found: where, what, and what to do about it."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    ERROR = "error"  # calls will be lost, refused or misled
    WARNING = "warning"  # it works, but not as somebody would expect


class Finding(msgspec.Struct, frozen=True, order=True):
    """One finding. ``where`` is ``file:line``, a file, or a path in site.toml."""

    where: str
    what: str
    remedy: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        return f"{self.where}: {self.level}: {self.what} {self.remedy}".rstrip()
