"""What every bench is given, and what it gives back."""

from collections.abc import Callable
from typing import Any

import msgspec
from rich.table import Table

Say = Callable[[str, str], None]
"""Tells people, in Chinese and in English, what is being measured now."""


class Effort(msgspec.Struct, frozen=True):
    """``rounds`` of about ``seconds`` each, for everything that is raced."""

    rounds: int = 7
    seconds: float = 1.0


class Section(msgspec.Struct, frozen=True):
    """``figures`` become keys of report.json, ``table`` is for people; ``wrong`` says why neither may be believed."""

    figures: dict[str, Any]
    table: Table
    wrong: str = ""


Bench = Callable[[Effort, Say], Section]
