"""What a check found: where, what, and what to do about it."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    ERROR = "error"  # calls will be lost, refused or misled; or somebody gets in
    WARNING = "warning"  # it works, but not as somebody would expect


class Finding(msgspec.Struct, frozen=True, order=True):
    """One finding. ``where`` is ``file:line``, a file, or a path in site.toml; ``rule`` its name in the table of
    rules (``dialplans.checks.table``), which stays the same from version to version."""

    where: str
    what: str
    remedy: str
    level: Level = Level.ERROR
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.level}: {self.what} {self.remedy}".rstrip()
